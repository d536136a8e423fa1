"""What an engine is given: a finite network, a dynamics, and the coordinates of its random numbers."""
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from .. import streams
from ..patterns import Diluted, Patterns, Real, sparse_overlaps
from . import continuous
from .forms import Continuous, Form, LogSum, Pairs, Symmetric, polynomials

# Every dynamics is "exact integer field h_i against a threshold drawn beforehand":
#   heat-bath        s_i = +1 iff h_i > -T logit(u) / (2 scale)           T = 0: the sign of h_i, a coin where h_i = 0
#   metropolis       flip iff s_i h_i <= -T ln(u) / (2 scale)             T = 0: flip unless the energy rises
#   zero-temperature flip iff s_i h_i < 0                                 a zero field keeps the spin
#   parallel         heat-bath of all neurons at once (Little)
# Real states: montecarlo/continuous.py, "metropolis" and "langevin".
DYNAMICS = ("heat-bath", "metropolis", "zero-temperature", "parallel")
ORDERS = ("random", "systematic")
CHUNK = 2**12    # rows whose overlaps are computed at a time
HALF = 0.5    # thresholds at T = 0: below the smallest nonzero integer


@dataclass(frozen=True)
class Problem:
    """One disorder sample and how to sample it.  T: one temperature, or an array (C,) of one per chain.

    form: None for mean-field dynamics, which has no integers (`plefka`).
    """

    patterns: Patterns | Diluted | Real
    form: Form | Symmetric | Pairs | LogSum | Continuous | None
    scale: float
    T: float | np.ndarray
    dynamics: str
    order: str
    key: np.ndarray
    sample: int

    @property
    def attempts(self):
        """Attempted moves in a sweep."""
        return 1 if isinstance(self.form, Continuous) else self.patterns.N

    def units(self, chains):
        """T denominator / (2 scale) of each chain, (chains,): temperatures in the kernel's integers."""
        return np.array(np.broadcast_to(self.T, chains) * self.form.denominator / (2 * self.scale), float)

    def begin(self, spins):
        """`State` of chains with these spins (C, N) int8, or real states float64, no sweep done."""
        if isinstance(self.form, Continuous):
            return State(spins, spins @ self.patterns.archetypes.T, 0, continuous.widths(self, len(spins)))
        if isinstance(self.form, Pairs):
            X = np.zeros((len(spins), self.patterns.S), np.int64)
            sparse_overlaps(self.patterns.rows, spins, X)
            return State(spins, X, 0)
        if not isinstance(self.form, Symmetric):
            return State(spins, overlaps(self.patterns, spins), 0)
        rows, kind = self.patterns.rows, self.form.carried
        E = polynomials((W.astype(kind) * s[:, None] for W, s in zip(rows, spins.T)), (len(spins), rows.shape[1]), self.form.P, kind)
        return State(spins, np.ascontiguousarray(E.swapaxes(0, 1)), 0)


class State(NamedTuple):
    """C chains of one sample; all that a checkpoint needs.  Engines change the arrays in place.

    spins (C, N) int8, float64 for real states; overlaps (C, S) integer (float64), X_mu = sum_i xi_mu,i s_i, or for rows of other integers
    (C, P, S) with the polynomials E_1, ..., E_P of every row (`forms.Symmetric`); sweep: sweeps done so far; step (C,): width of the moves of
    real states, which stays with its temperature.
    """

    spins: np.ndarray
    overlaps: np.ndarray
    sweep: int
    step: np.ndarray | None = None

    def arrays(self):
        """What there is, by name; on the host."""
        return {name: host(value) for name, value in self._asdict().items() if value is not None}


def restored(state, saved):
    """`State` of the arrays of a checkpoint; `state`: of the same chains at their start, for types and shapes."""
    for name, array in state.arrays().items():
        if name != "sweep":
            array[...] = saved[name]
    return state._replace(sweep=int(saved["sweep"]))


def host(array):
    """`array` for NumPy: engines may keep the arrays of a State on a device, from which get() copies them."""
    return array.get() if hasattr(array, "get") else array


def overlaps(patterns, spins):
    """X (C, S padded) as int16, or int32 for N >= 2**15 - 1, whose kernels need the room."""
    kind = np.int16 if patterns.N < 2**15 - 1 else np.int32
    X, s = np.empty((len(spins), patterns.rows.shape[1]), kind), spins.astype(np.float32)
    for start in range(0, X.shape[1], CHUNK):   # sums of fewer than 2**24 signs are exact in float32, and only its products are fast
        X[:, start:start + CHUNK] = s @ patterns.rows[:, start:start + CHUNK].astype(np.float32)
    return X


def thresholds(dynamics, n, unit):
    """Thresholds in the kernel's integers for the uniform numbers n / 2**53; the numba engine has a twin under test."""
    if dynamics == "zero-temperature":
        return np.full(len(n), -HALF)
    if dynamics == "metropolis":
        return unit * streams.minus_log(n)
    if unit == 0:
        return np.where(n > streams.WHOLE / 2, -HALF, HALF)
    return -unit * streams.logit(n)
