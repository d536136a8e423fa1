"""Overlaps with archetypes and examples that are measured, (C,) for the C chains of a state, per neuron."""
import numpy as np

MEASURED = ("n", "m_example")   # by `examples`, where the network learns from them
CHUNK = 2**12                   # archetypes whose overlaps are computed at a time
ENTRIES = 2**22                 # entries of archetypes that are turned into float64 at a time


def condensed(problem, state):
    """m: overlap with the condensed archetype."""
    if problem.patterns.examples is None:
        return state.overlaps[:, 0] / problem.patterns.N
    return state.spins @ problem.patterns.archetypes[0].astype(np.int64) / problem.patterns.N


def largest_other(problem, state):
    """m_other: largest absolute overlap with another archetype; NaN if there is none."""
    K, N = problem.patterns.K, problem.patterns.N
    if K == 1:
        return np.full(len(state.spins), np.nan)
    if problem.patterns.examples is None:   # two passes instead of abs(): no temporary of the size of X
        X = state.overlaps[:, 1:K]
        return np.maximum(X.max(axis=1), -X.min(axis=1).astype(int)) / N
    largest, spins = 0, state.spins.astype(np.float32)   # sums of signs are exact in float32
    for start in range(1, K, CHUNK):
        X = spins @ problem.patterns.archetypes[start:start + CHUNK].T.astype(np.float32)
        largest = np.maximum(largest, np.abs(X).max(axis=1))
    return largest.astype(float) / N


def examples(problem, state, params):
    """n = (r/R) sum_i etabar_i s_i / N of the condensed archetype, and the largest absolute overlap with one of its examples."""
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
