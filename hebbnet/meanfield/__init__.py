"""Wing 2, how: solvers of the self-consistency equations, their branches, stability and phase boundaries.

averages.py   Gaussian averages, right down to T = 0
curve.py      the retrieval solutions of one temperature as a curve alpha(m); Newton on top of it (compiled)
glass.py      glass temperatures of the m = 0 phase
rs.py         the replica-symmetric ansatz: states and their thermodynamics
solving.py    solve, solve_map;   boundaries.py  boundary, phase_diagram;   tasks.py  what a Study runs
"""
from .boundaries import Boundary, boundary, phase_diagram
from .solution import Solution
from .solving import solve, solve_map
from .tasks import Lines, MeanField

__all__ = ["Boundary", "Lines", "MeanField", "Solution", "boundary", "phase_diagram", "solve", "solve_map"]
