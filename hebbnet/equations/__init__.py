"""Wing 2, what: the self-consistency equations, one file per network, found by file name.

A file `NAME.py` here makes the network NAME known to the theory.  It holds

* `REQUIRED` and `OPTIONAL`: its control parameters; `UNKNOWNS`: those that `boundary` can solve for;
* `BRANCHES(P)`: the branches of the equations; `check_branch(start, P)` refuses all others and says why;
* `build(params) -> Equations`: signal and noise as numbers that the compiled solvers in meanfield/ understand;
* `noise`, `free_energy`, `energy`, `entropy`, `replicon`: formulas of the state, of numbers or arrays.
"""
import importlib
import pkgutil
from dataclasses import dataclass

from ..params import choose


@dataclass(frozen=True)
class Equations:
    """Signal and noise of a neuron's field h + sqrt(w) z; kernel and soft are per unit of load.

        h = signal (P/2) m**(P-1),    w = alpha [sum_j j kernel[j] q**(j-1) + soft q/(1 - chi)**2],    chi = (1 - q)/T
    """

    P: int
    signal: float
    kernel: tuple    # coefficients of xi(q)/alpha
    soft: float      # 1 where the other patterns respond as Gaussian modes (P = 2), else 0


def names():
    """Names of the networks that the theory knows, in alphabetical order."""
    return sorted(m.name for m in pkgutil.iter_modules(__path__) if not m.name.startswith("_"))


def get(name):
    """The module with the equations of the network `name`; ParameterError with the nearest valid name if there is none."""
    return importlib.import_module(f"{__name__}.{choose('network', name, names())}")
