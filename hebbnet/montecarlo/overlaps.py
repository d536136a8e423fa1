"""Overlaps with archetypes and examples that are measured, per neuron: of the condensed archetype (`One`) or of several (`Several`).

A recorder is made before thermalization and called with (t, times, state): of the n measurements of the C chains those from t on, as many as
`times`, whose states lie beside each other (pieces.Seen).  An engine may keep a state, and the arrays of patterns that stand beside it here, on a
device: what has one number per chain is computed there.
"""
import numpy as np
from numba import njit
from scipy.special import softmax

from ..patterns import FAST, Diluted, sparse_overlaps
from .forms import Continuous, LogSum
from .problem import host

# where the network learns from examples, has several condensed patterns, or takes the logarithm of a sum over patterns
MEASURED = ("n", "m_example", "retrieved", "m_max", "virial")
CHUNK = 2**12      # archetypes whose overlaps are computed at a time
ENTRIES = 2**22    # entries of archetypes that are turned into float64 at a time
LOST = 0.5         # a chain has left the retrieval state when its late overlap (n where there are examples) is below this fraction of the first
LARGEST = 32       # overlaps that are kept of many, unless told otherwise
HELD = 0.5         # a pattern is retrieved when its overlap on its own sites is above this fraction of the largest possible


def recorder(problem, params, state, n, *, wanted, series, largest):
    if isinstance(problem.patterns, Diluted):
        return Several(problem, params, state, n, series, largest)
    return One(problem, params, state, n, "m_other" in wanted)


class One:
    """m, m_other, escaped, and what else the network has (`further`); `m` (C, n) is the series of diagnostics."""

    def __init__(self, problem, params, state, n, others):
        self.problem, self.params, self.others = problem, params, others
        C = len(state.spins)
        self.start = condensed(problem, state)
        self.learns = problem.patterns.examples is not None
        self.followed = examples(problem, state, params)["n"] if self.learns else self.start
        self.m, self.other, self.learnt = np.empty((C, n)), np.full((C, n), np.nan), {}

    def __call__(self, t, times, state):
        def put(series, value):
            series[:, t:t + times] = host(value).reshape(-1, times)

        put(self.m, condensed(self.problem, state))
        if self.others:
            put(self.other, largest_other(self.problem, state))
        for name, value in further(self.problem, state, self.params).items():
            put(self.learnt.setdefault(name, np.empty(self.m.shape)), value)

    def saved(self, t):
        """Arrays of the first t measurements, for a checkpoint."""
        return {"m": self.m[:, :t], "m_other": self.other[:, :t], **{f"learnt_{name}": x[:, :t] for name, x in self.learnt.items()}}

    def restore(self, t, saved):
        """Take up `saved(t)`."""
        self.m[:, :t], self.other[:, :t] = saved["m"], saved["m_other"]
        for name in saved:
            if name.startswith("learnt_"):
                self.learnt.setdefault(name.removeprefix("learnt_"), np.empty(self.m.shape))[:, :t] = saved[name]

    def averages(self):
        """name -> (C,) or (C, patterns)."""
        late = (self.learnt["n"] if self.learns else self.m)[:, self.m.shape[1] // 2:].mean(axis=1)
        return {"m": self.m.mean(axis=1), "m_other": self.other.mean(axis=1), **{name: x.mean(axis=1) for name, x in self.learnt.items()},
                "escaped": (np.abs(self.start) >= LOST) & (np.sign(self.start) * late < LOST * np.abs(self.followed))}

    def series(self):
        """name -> (C, n) or (C, patterns, n)."""
        return {"m": self.m, **self.learnt}


def ranked(problem, state, params):
    """m and n (C, patterns) of diluted patterns: |m_mu| in descending order, and n of the same patterns times the sign of m_mu.

    For parallel tempering, whose states wander between patterns: sorted at every measurement.
    """
    stored = problem.patterns
    learns = stored.rows is not stored.archetypes
    m = (archetype_sums(stored, state.spins) if learns else state.overlaps) / stored.N
    order = np.argsort(-np.abs(m), axis=1, kind="stable")
    found = {"m": np.abs(m)}
    if learns:
        found["n"] = of_examples(state.overlaps.reshape(*m.shape, -1), params) / stored.N * np.where(m < 0, -1, 1)
    return {name: np.take_along_axis(value, order, axis=1) for name, value in found.items()}


def archetype_sums(stored, spins):
    """sum_i xi_i s_i of integers spins (C, N) with the archetypes of `Diluted`, (C, K)."""
    X = np.zeros((len(spins), stored.K), np.int64)
    sparse_overlaps(stored.archetypes, spins, X)
    return X


class Several:
    """m, n and retrieved of diluted patterns, from the time averages of the spins; `m` (C, n) is the largest |m_mu| of each measurement.

    averages: m (C, largest) = |time average of m_mu| in descending order, NaN where there are fewer patterns; n of the same patterns,
    times the sign of m_mu; retrieved (C,): how many patterns hold their own sites (`own_sites`).  series: m of every pattern.
    """

    def __init__(self, problem, params, state, n, series, largest):
        self.problem, self.params = problem, params
        C, K = len(state.spins), problem.patterns.K
        self.largest = min(K, LARGEST) if largest is None else largest
        self.m, self.each = np.empty((C, n)), np.empty((C, K, n)) if series else None
        self.sums = np.zeros(state.spins.shape, np.int32)

    def __call__(self, t, times, state):
        stored = self.problem.patterns
        spins = host(state.spins)
        m = (host(state.overlaps) if stored.rows is stored.archetypes else archetype_sums(stored, spins)) / stored.N
        self.m[:, t:t + times] = np.abs(m).max(axis=1).reshape(-1, times)
        self.sums += spins.reshape(-1, times, stored.N).sum(axis=1, dtype=np.int32)
        if self.each is not None:
            self.each[:, :, t:t + times] = m.reshape(-1, times, stored.K).swapaxes(1, 2)

    def saved(self, t):
        """Arrays of the first t measurements, for a checkpoint."""
        return {"m": self.m[:, :t], "sums": self.sums, **({} if self.each is None else {"each": self.each[..., :t]})}

    def restore(self, t, saved):
        """Take up `saved(t)`."""
        self.m[:, :t], self.sums = saved["m"], saved["sums"]
        if self.each is not None:
            self.each[..., :t] = saved["each"]

    def averages(self):
        whole = self.m.shape[1] * self.problem.patterns.N
        m = archetype_sums(self.problem.patterns, self.sums) / whole
        order = np.argsort(-np.abs(m), axis=1, kind="stable")
        out = {"m": self.kept(np.abs(m), order)}
        rank = np.empty_like(order)
        np.put_along_axis(rank, order, np.arange(order.shape[1])[None], axis=1)
        held, size = np.zeros(m.shape, np.int64), np.zeros(m.shape, np.int64)
        own_sites(self.problem.patterns.archetypes, self.sums, rank, held, size)
        out["retrieved"] = np.sum(np.abs(held) > HELD * self.m.shape[1] * size, axis=1)
        if self.params.get("learning", "storage") != "storage":
            X = np.zeros((len(m), self.problem.patterns.S), np.int64)
            sparse_overlaps(self.problem.patterns.rows, self.sums, X)
            out["n"] = self.kept(of_examples(X.reshape(*m.shape, -1), self.params) / whole * np.where(m < 0, -1, 1), order)
        return out

    def kept(self, x, order):
        out = np.full((len(x), self.largest), np.nan)
        first = np.take_along_axis(x, order, axis=1)[:, :self.largest]
        out[:, :first.shape[1]] = first
        return out

    def series(self):
        return {"m": self.each}


@njit(**FAST)
def own_sites(archetypes, sums, rank, held, size):
    """Per rank (C, K): the number of sites whose nonzero entry of lowest rank is that pattern's, and sum of xi sums over them."""
    for chain in range(len(sums)):
        for i in range(sums.shape[1]):
            best, owner = rank.shape[1], np.int64(0)
            for k in range(archetypes.start[i], archetypes.start[i + 1]):
                place = rank[chain, archetypes.column[k]]
                if place < best:
                    best, owner = place, k
            if best < rank.shape[1]:
                size[chain, best] += 1
                held[chain, best] += archetypes.value[owner] * sums[chain, i]


def of_examples(X, params):
    """(r/R) sum_i etabar_i s_i of every archetype, from the overlaps X (..., rows of each archetype) with what is learnt."""
    return params.r / (params.r**2 + (1 - params.r**2) / params.M) * X.sum(axis=-1) / params.M


def condensed(problem, state):
    """m: overlap with the condensed archetype, (C,)."""
    if problem.patterns.examples is None:
        return state.overlaps[:, 0] / problem.patterns.N
    return state.spins @ problem.patterns.archetypes[0].astype(np.int64) / problem.patterns.N


def largest_other(problem, state):
    """m_other: largest absolute overlap with another archetype, (C,); NaN if there is none."""
    K, N = problem.patterns.K, problem.patterns.N
    if K == 1:
        return np.full(len(state.spins), np.nan)
    if problem.patterns.examples is None:   # two passes instead of abs(): no temporary of the size of X
        X = state.overlaps[:, 1:K]
        return np.maximum(X.max(axis=1).astype(float), -X.min(axis=1).astype(float)) / N
    largest, spins = 0, state.spins.astype(np.float32)   # sums of signs are exact in float32
    for start in range(1, K, CHUNK):
        X = spins @ problem.patterns.archetypes[start:start + CHUNK].T.astype(np.float32)
        largest = np.maximum(largest, np.abs(X).max(axis=1))
    return largest.astype(float) / N


def further(problem, state, params):
    """What a network has besides m and m_other, as name -> (C,): n and m_example of learning from examples, m_max and virial of log-sum-exp."""
    if problem.patterns.examples is not None:
        return examples(problem, state, params)
    if not isinstance(problem.form, LogSum | Continuous):
        return {}
    K, N = problem.patterns.K, problem.patterns.N
    out = {"m_max": state.overlaps[:, :K].max(axis=1) / N}
    if params.space == "euclidean":   # x . f(x) = sum_mu p_mu X_mu
        p = softmax(params.lam * state.overlaps, axis=1)
        out["virial"] = (np.sum(state.spins**2, axis=1) - np.sum(p * state.overlaps, axis=1)) / N
    return out


def examples(problem, state, params):
    """n = (r/R) sum_i etabar_i s_i / N of the condensed archetype, and the largest absolute overlap with one of its examples, (C,)."""
    X = problem.patterns.examples.astype(np.float32) @ state.spins.T.astype(np.float32)
    R = params.r**2 + (1 - params.r**2) / params.M
    return {"n": params.r / R * X.mean(axis=0, dtype=float) / params.N, "m_example": np.abs(X).max(axis=0).astype(float) / params.N}


def of_magnetizations(patterns, m, params):
    """The same overlaps of magnetizations m (C, N), as name -> (C,): m, m_other, and with examples n and m_example."""
    def largest(rows):
        if not len(rows):
            return np.full(len(m), np.nan)
        step = max(1, ENTRIES // patterns.N)
        return np.max([np.abs(m @ rows[k:k + step].T.astype(float)).max(axis=1) for k in range(0, len(rows), step)], axis=0) / patterns.N

    found = {"m": m @ patterns.archetypes[0].astype(float) / patterns.N, "m_other": largest(patterns.archetypes[1:])}
    if patterns.examples is None:
        return found
    R = params.r**2 + (1 - params.r**2) / params.M
    return {**found, "n": params.r / R * (m @ patterns.examples.mean(axis=0)) / patterns.N, "m_example": largest(patterns.examples)}
