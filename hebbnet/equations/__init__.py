"""Wing 2, what: the self-consistency equations, one file per network, found by file name.

A file `NAME.py` here makes the network NAME known to the theory.  It holds

* `REQUIRED` and `OPTIONAL`: its control parameters; `UNKNOWNS`: those that `boundary` can solve for, `unknowns(given)`:
  those of which it needs all but one;
* `BRANCHES(P)`: the branches of the equations; `check_branch(start, P)` refuses all others and says why;
* `build(params) -> Equations`: signal and noise as numbers that the compiled solvers in meanfield/ understand, and
  `resolve(params)`: parameters filled in that follow from others;
* `noise`, `free_energy`, `energy`, `entropy`, `replicon`: formulas of the state, of numbers or arrays.

Where the equations are others than signal and noise, `SOLVER` names the file of meanfield/ that solves them (NAME.py and NAME_lines.py), and `build`
returns what that file takes.
"""
import functools
import importlib
import pkgutil
from dataclasses import dataclass

from ..params import choose
from ._examples import Sites

# Raised whenever the same task of the theory gives other numbers than in the release before; studies then compute their tasks anew
# instead of mixing both.  tests/test_old_files.py holds the numbers of past releases against it.
REVISION = 1


@dataclass(frozen=True)
class Equations:
    """Signal and noise of a neuron's field h v + sqrt(w) z; kernel and modes are per unit of load.

        h = signal (P/2) m**(P-1),   w = alpha [sum_j j kernel[j] q**(j-1) + sum_modes multiplicity strength**2 q/(1 - strength chi)**2],
        m = E v tanh,   q = E tanh**2,   chi = (1 - q)/T

    v is the value at this neuron of what is retrieved, in the gauge of the archetype: 1 where the archetype itself is stored, else the
    mean of its examples, scaled to E v**2 = 1, and m here is the overlap with that; `sites` says how v is
    distributed (equations/_examples.py).
    """

    P: int
    signal: float
    kernel: tuple                     # coefficients of xi(q)/alpha
    modes: tuple = ()                 # (strength, multiplicity) of the other patterns' Gaussian modes (P = 2)
    sites: Sites = Sites()
    examples: tuple | None = None     # (r, M, rho, whether each is stored by itself) behind v, None for storage

    @property
    def soft(self):
        """1 where the other patterns respond as Gaussian modes (P = 2), else 0."""
        return 1.0 if self.modes else 0.0


@functools.cache            # listing a folder takes as long as a solution
def names():
    """Names of the networks that the theory knows, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def get(name):
    """The module with the equations of the network `name`; ParameterError with the nearest valid name if there is none."""
    return importlib.import_module(f"{__name__}.{choose('network', name, names())}")
