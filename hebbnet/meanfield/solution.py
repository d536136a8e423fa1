"""What a solver hands back: one state of one branch, with its thermodynamics and a sentence about how it was found."""
from dataclasses import dataclass

import numpy as np

from ..observables import describe
from ..params import Params

THERMODYNAMICS = ("free_entropy", "free_energy", "energy", "entropy", "replicon", "replicon0", "lowest_mode", "example_mode")
BOOKKEEPING = ("state_class", "converged", "residual", "iterations", "status")


@dataclass(frozen=True, kw_only=True)
class Solution:
    """One solution of the self-consistency equations; quantities per neuron, definitions in docs/theory/dense, rsb, multitasking.

    The order parameters are attributes too: `m`, with examples `n`, `q`, `chi` = (1 - q)/T (its limit at T = 0) and for P = 2 `crosstalk`; with
    ansatz "1rsb" `m`, `q0`, `q1`, `theta`, `y` = theta/T, `chi` = (1 - q1)/T and for P = 2 `crosstalk` = r1, `crosstalk0` = r0.
    multitasking with K: `m` and with examples `n` are arrays (K,), `q`; `lowest_mode` is the smallest eigenvalue of the Hessian of f, and
    `example_mode` an array (K,). T = 0: free_energy = energy, free_entropy = inf, replicon = -inf unless alpha = 0. Where the branch does
    not exist, `converged` is False, `status` says where it ends, and every quantity is NaN.
    """

    network: str
    ansatz: str
    branch: str
    params: Params
    order: dict             # order parameters by name
    free_entropy: float
    free_energy: float
    energy: float
    entropy: float
    replicon: float | None  # 1 - lambda; positive: stable against (more) replica symmetry breaking; 1RSB: within clusters
    converged: bool
    residual: float
    iterations: int
    status: str
    replicon0: float | None = None   # 1RSB: the same between clusters; None: this ansatz has none
    example_mode: float | np.ndarray | None = None   # unsupervised learning: positive where no single example wins; supervised: NaN
    lowest_mode: float | None = None   # multitasking: positive where the state is locally stable
    state_class: str | None = None     # multitasking: what kind of state it is (meanfield/multitasking.py, CLASSES)

    def __getattr__(self, name):
        order = object.__getattribute__(self, "__dict__").get("order", {})
        if name in order:
            return order[name]
        raise AttributeError(f"this solution has no {name!r}; its order parameters are {', '.join(order)}")

    def quantities(self):
        """All numbers and the status by name."""
        names = [name for name in (*THERMODYNAMICS, *BOOKKEEPING) if getattr(self, name) is not None]
        return {**self.order, **{name: getattr(self, name) for name in names}}

    def dims(self, name):
        """Dimensions of a quantity: () for a scalar, ("level",) for overlaps and ("step",) for breakpoints of ansatz "krsb", ("pattern",)."""
        if self.lowest_mode is not None:
            return () if np.ndim(self.quantities().get(name, 0.0)) == 0 else ("pattern",)
        size = np.size(self.order.get(name, 0.0))
        return () if np.ndim(self.order.get(name, 0.0)) == 0 else ("level",) if size == np.size(self.order["q"]) else ("step",)

    def to_dataset(self):
        """xarray.Dataset of all quantities, labeled, with the parameters as scalar coordinates."""
        import xarray as xr

        given = {name: value for name, value in self.params.items() if value is not None}
        return xr.Dataset({name: (self.dims(name), value, describe(name)) for name, value in self.quantities().items()},
                          coords={name: ((), value, describe(name)) for name, value in given.items()},
                          attrs={"network": self.network, "ansatz": self.ansatz, "branch": self.branch})
