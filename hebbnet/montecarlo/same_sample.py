"""Mean field on one drawn sample of diluted patterns: the network's own N sites instead of the average over patterns.

    s_i = tanh(h_i / T),   h_i = scale sum_mu W_mu,i X_mu,   X_mu = sum_i W_mu,i s_i   (T = 0: the sign, 0 where h_i = 0)

A Monte Carlo run of the same sample differs from its theory by the sample noise, of order 1/sqrt(N); from this fixed point by the thermal
noise and by terms of order K/N, which the interaction of a neuron with itself makes too.
Source: the self-consistency equations of low storage, D. Amit, H. Gutfreund, H. Sompolinsky (1985) Phys. Rev. A 32 1007, before
their average over the patterns.
"""
import math
from typing import NamedTuple

import numpy as np
from numba import njit

from ..params import ParameterError, check_seed, count
from ..patterns import FAST, Diluted
from .overlaps import of_examples
from .sampling import MonteCarlo


class SameSample(NamedTuple):
    """m (K,) = |m_mu| of the archetypes in descending order; n (K,) of the same ones, times the sign of m_mu, or None for storage; energy per
    neuron, with the terms i = j; residual: largest change of an overlap per neuron in the last step."""

    m: np.ndarray
    n: np.ndarray | None
    energy: float
    converged: bool
    residual: float
    iterations: int


def same_sample(network="multitasking", *, seed=0, sample=0, start="hierarchical", damping=0.5, tolerance=1e-10, iterations=10_000, patterns=None,
                examples=None, labels=None, **params):
    """The fixed point of the mean-field equations on one sample, by damped iteration from the start: a `SameSample`.

    Parameters of the network (d, T, N, K or alpha, learning, r, M), `start`, `seed` and the user's `patterns` or `examples` with `labels` as in
    `simulate`, whose disorder sample number `sample` it is; damping in [0, 1): the part of the old overlaps that is kept.  Raises ParameterError.
    """
    task = MonteCarlo(network, start=start, chains=1, disorder=1, patterns=patterns, examples=examples, labels=labels)
    seed, sample, iterations = check_seed(seed), count("sample", sample, 0), count("iterations", iterations)
    if not 0 <= damping < 1:
        raise ParameterError(f"damping = {damping!r}: expected a number from 0 to 1, 1 excluded", "damping")
    point = task.check(params)
    problem = task.problem(point, sample=sample, seed=seed)
    stored = problem.patterns
    if not isinstance(stored, Diluted):
        raise ParameterError(f"network = {network!r}: this is for diluted patterns; expected 'multitasking'", "network")
    state, N = task.initial(problem, seed), stored.N
    s, x, new = state.spins[0].astype(float), state.overlaps[0].astype(float), np.empty(stored.S)
    residual, done = math.inf, 0
    while done < iterations and residual > tolerance:
        align(stored.rows, x, problem.scale, point.T, s, new)
        residual = np.abs(new - x).max() / N / (1 if stored.rows is stored.archetypes else point.M)
        x, done = damping * x + (1 - damping) * new, done + 1
    start, column, value = stored.archetypes
    m = np.bincount(column, value * np.repeat(s, np.diff(start)), stored.K) / N
    order = np.argsort(-np.abs(m), kind="stable")
    n = None if stored.rows is stored.archetypes else of_examples(new.reshape(stored.K, -1), point) / N * np.where(m < 0, -1, 1)
    return SameSample(np.abs(m)[order], None if n is None else n[order], -problem.scale * float(new @ new) / (2 * N),
                      bool(residual <= tolerance), float(residual), done)


@njit(**FAST)
def align(rows, x, scale, T, s, new):
    """s (N,) in the field of the overlaps x (S,), and the overlaps `new` of it."""
    new[:] = 0
    for i in range(s.size):
        h = 0.0
        for k in range(rows.start[i], rows.start[i + 1]):
            h += rows.value[k] * x[rows.column[k]]
        s[i] = math.tanh(scale * h / T) if T > 0 else np.sign(h)
        for k in range(rows.start[i], rows.start[i + 1]):
            new[rows.column[k]] += rows.value[k] * s[i]
