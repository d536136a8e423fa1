"""Wing 2, how: solvers of the self-consistency equations, their branches, stability and phase boundaries.

averages.py, nested.py  Gaussian averages, one and two deep, right down to T = 0
curve.py      the symmetric retrieval solutions of one temperature as a curve alpha(m); Newton on top of it (compiled)
edges.py      where symmetric retrieval ends and where its symmetry breaks;   glass.py  glass temperatures of the m = 0 phase
rs.py, onestep.py, krsb.py  the ansatz with no, one and k steps of replica symmetry breaking: states and their thermodynamics
onestep_newton.py  the one-step equations and Newton's method;   onestep_lines.py  lines with one step
complexity.py  the number of metastable glass states
polynomial.py  one step of polynomial networks
signal_to_noise.py, thresholds.py  one step from the archetype; how many examples it takes;   search.py  where a condition begins to hold
multitasking.py, multitasking_averages.py, multitasking_search.py  several condensed patterns: states, the averages behind them, where descents begin
multitasking_lines.py, multitasking_steps.py  their lines, signal to noise;   elementary.py  exp and the like for SIMD loops
solving.py    solve, solve_map;   boundaries.py  boundary, phase_diagram;   tasks.py  what a Study runs
"""
from .boundaries import Boundary, boundary, phase_diagram
from .complexity import complexity
from .multitasking import state_class, states
from .multitasking_steps import hierarchical_one_step, hierarchical_threshold
from .polynomial import error_free_load, flip_error, load_of_error
from .sequences import Capacities, extrapolate, sk_ground_state
from .signal_to_noise import detectable_quality, example_threshold, one_step, scaling_exponents
from .solution import Solution
from .solving import solve, solve_map
from .tasks import Complexity, Lines, MeanField
from .thresholds import learning_threshold

__all__ = ["Boundary", "Capacities", "Complexity", "Lines", "MeanField", "Solution", "boundary", "complexity", "detectable_quality",
           "error_free_load", "example_threshold", "extrapolate", "flip_error",
           "hierarchical_one_step", "hierarchical_threshold", "learning_threshold", "load_of_error", "one_step",
           "phase_diagram", "scaling_exponents", "sk_ground_state", "solve", "solve_map", "state_class", "states"]
