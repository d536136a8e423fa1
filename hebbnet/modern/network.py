"""The log-sum-exp network: energy, update, retrieval; functions of arrays.

    E(x) = -lse(lam, X x) + norm(x)**2/2 + ln(K)/lam + M**2/2,      lse(lam, z) = ln(sum_mu e^(lam z_mu))/lam,      M = max_mu norm(x_mu)
    f(x) = X^T p,     p = softmax(lam X x)

X holds the patterns as rows.  grad E = x - f(x), and E(f(x)) <= E(x) - norm(f(x) - x)**2/2: the update is a descent without a step size.
lam = 0 is the limit E = norm(x - mean)**2/2 + ..., f = the mean of the patterns.
Source: Ramsauer et al. (2021) arXiv:2008.02217, eqs. (2), (3); docs/theory/modern.md.
"""
from typing import NamedTuple

import numpy as np

from ..params import Parameter, ParameterError, count
from ..patterns import memory_limit
from . import streaming
from .streaming import check, pieces, sums

TOLERANCE = {np.dtype(np.float64): 1e-13, np.dtype(np.float32): 1e-6}
SHALLOW = 0.1   # lam M norm(x) below which the log-sum-exp is summed as ln(1 + mean(e^z - 1))


class Retrieval(NamedTuple):
    """Where the update led from a batch of states (..., N).

    state (..., N); energy (...) of it, total; weights (..., K), the softmax p at it, None where they were not asked for; iterations (...),
    updates made; converged (...), whether the last one moved the state by at most the tolerance.  For a single state (N,) energy, iterations and
    converged are a float, an int and a bool.
    """

    state: np.ndarray
    energy: np.ndarray
    weights: np.ndarray | None
    iterations: np.ndarray
    converged: np.ndarray


def energy(patterns, state, lam, *, chunk=None):
    """E of states (..., N): a float or an array (...), total, not per neuron; at least 0.

    patterns (K, N): an array, a memory map, a `patterns.Ensemble`, or anything with a shape, a dtype and rows by slices; read once, `chunk`
    rows at a time.  ParameterError for lam < 0, shapes that do not fit, and entries that are not finite.
    """
    patterns, states, shape, lam, xp = check(patterns, state, lam)
    return _shaped(_energy(patterns, states, lam, xp, chunk), shape)


def update(patterns, state, lam, *, chunk=None):
    """f(x) of states (..., N): an array (..., N), float32 where patterns and states are, else float64.

    Patterns and errors: as `energy`.  An empty batch (0, N) gives one.
    """
    patterns, states, shape, lam, xp = check(patterns, state, lam)
    return _update(patterns, states, lam, xp, chunk).reshape(*shape, patterns.shape[1])


def weights(patterns, state, lam, *, chunk=None):
    """p = softmax(lam X x) of states (..., N): an array (..., K) of the type of `update`.  Patterns and errors: as `energy`."""
    patterns, states, shape, lam, xp = check(patterns, state, lam)
    K, B = patterns.shape[0], len(states)
    need, limit = K * B * states.dtype.itemsize, memory_limit()
    if need > limit:
        raise ParameterError(f"weights of {B} states on K = {K:,} patterns take {need / 1e9:,.1f} GB, this machine can hold {limit / 1e9:,.1f} GB: "
                             "take fewer states at a time, or weights=False", "weights")
    p, start = xp.empty((B, K), states.dtype), 0
    for x in pieces(patterns, states.dtype, xp, chunk):
        with np.errstate(invalid="ignore", over="ignore"):
            p[:, start:start + len(x)] = states @ x.T
        start += len(x)
    if not bool(xp.isfinite(p).all()):
        streaming.refuse(patterns, states, xp, chunk)
    if B:
        p -= p.max(axis=1, keepdims=True)
        with np.errstate(over="ignore"):
            p *= min(lam, float(np.finfo(p.dtype).max))
        xp.exp(p, out=p)
        p /= p.sum(axis=1, keepdims=True, dtype=np.float64).astype(p.dtype)
    return p.reshape(*shape, K)


def retrieve(patterns, state, lam, *, tolerance=None, max_steps=10_000, weights=True, chunk=None):
    """Update states (..., N) to a fixed point: a `Retrieval`.

    A state stops when an update moves it by norm(f(x) - x) <= tolerance * M (1e-13, in float32 1e-6), each on its own, whatever its batch;
    `converged` is False for those that max_steps updates did not bring there, as near a spinodal, where the contraction is slow.
    weights: whether to return the softmax (..., K) at the end.  Patterns and errors: as `energy`.
    """
    patterns, states, shape, lam, xp = check(patterns, state, lam)
    max_steps = count("max_steps", max_steps, low=0)
    tolerance = Parameter(name="tolerance", symbol="", meaning="largest move of a state that has converged, in units of M", kind=float,
                          low=0).check(TOLERANCE[np.dtype(states.dtype)] if tolerance is None else tolerance)
    B, states = len(states), states.copy()
    steps, converged, active = np.zeros(B, int), np.zeros(B, bool), np.arange(B)
    largest = []
    for _ in range(max_steps):
        if not len(active):
            break
        new = _update(patterns, states[active], lam, xp, chunk, None if largest else largest)
        moved = streaming._numpy(xp.sqrt(((new - states[active]) ** 2).sum(axis=1, dtype=np.float64)))
        states[active] = new
        steps[active] += 1
        converged[active] = moved <= tolerance * np.sqrt(largest[0])
        active = active[~converged[active]]
    final = states.reshape(*shape, patterns.shape[1])
    p = softmax(patterns, final, lam, chunk=chunk) if weights else None
    return Retrieval(final, _shaped(_energy(patterns, states, lam, xp, chunk), shape), p, _shaped(steps, shape), _shaped(converged, shape))


softmax = weights   # inside `retrieve` the name says whether


def jacobian(patterns, state, lam):
    """J = lam Cov_p(x), the derivative of the update at states (..., N): (..., N, N), symmetric and positive semidefinite.

    A fixed point is a minimum of E where the largest eigenvalue of J is below 1.  Errors: as `energy`.
    """
    p = weights(patterns, state, lam)
    patterns, states, shape, lam, xp = check(patterns, state, lam)
    N, total = patterns.shape[1], 0.0
    mean = _update(patterns, states, lam, xp, None)
    p, start = p.reshape(len(states), -1), 0
    for x in pieces(patterns, states.dtype, xp, max(1, 2**22 // N // max(1, len(states)))):
        apart = x[None] - mean[:, None]
        total = total + xp.matmul((apart * p[:, start:start + len(x), None]).swapaxes(1, 2), apart)
        start += len(x)
    return (lam * total).reshape(*shape, N, N)


def _update(patterns, states, lam, xp, chunk, largest=None):
    total = sums(patterns, states, lam, xp, chunk, largest)
    return (total.v / total.s[:, None]).astype(states.dtype)


def _energy(patterns, states, lam, xp, chunk):
    """(B,) float64.  lse - ln(K)/lam, the exponential mean of the overlaps, is taken as one: for small lam its parts are large."""
    largest = []
    total = sums(patterns, states, lam, xp, chunk, largest)
    K, square = patterns.shape[0], largest[0]
    length = xp.sqrt((states.astype(np.float64) ** 2).sum(axis=1))
    reach = lam * np.sqrt(square) * length
    mean = total.m + xp.log(total.s / K) / lam if lam > 0 else total.m
    shallow = reach < SHALLOW
    if bool(shallow.any()):
        flat = states[shallow]
        sum_z, sum_e = xp.zeros(len(flat)), xp.zeros(len(flat))
        for x in pieces(patterns, np.dtype(np.float64), xp, chunk or max(1, streaming.PIECE // max(patterns.shape[1], len(flat)))):
            z = flat.astype(np.float64) @ x.T
            sum_z, sum_e = sum_z + z.sum(axis=1), sum_e + xp.expm1(lam * z).sum(axis=1)
        mean[shallow] = xp.where(reach[shallow] > 1e-16, xp.log1p(sum_e / K) / (lam or 1.0), sum_z / K)
    return (length**2 + square) / 2 - mean


def _shaped(values, shape):
    """(B,) in the shape of the batch; a Python number for a single state."""
    return values.reshape(shape) if shape else values[0].item()
