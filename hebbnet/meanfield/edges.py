"""Edges of replica-symmetric retrieval: the end of the branch over the (alpha, T) plane, and the line where the symmetry breaks."""
import functools
import math

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from . import rs

TINY = 1e-300      # lowest temperature that is looked at when T is the unknown


# ---- the end of the branch

@functools.lru_cache
def spinodal_shape(e):
    """(T, alpha_M) arrays: ends and extrema of the curve alpha_M(T), which is monotonic in between."""
    top = rs.single_pattern_spinodal(e)[0]
    T = np.linspace(0, top, 49)

    def load(t):
        reach = rs.fold(e, t)[0] if t < top else 0.0
        return 0.0 if math.isnan(reach) else reach

    a = [load(t) for t in T]
    shape = [(0.0, a[0])]
    for i in range(1, len(T) - 1):
        for sign in (1, -1):                       # maximum, minimum
            if sign * (a[i] - a[i - 1]) > 0 and sign * (a[i] - a[i + 1]) >= 0:
                t = minimize_scalar(lambda t, sign=sign: -sign * load(t), bracket=(T[i - 1], T[i], T[i + 1]), tol=1e-9).x
                shape.append((t, load(t)))
    shape.append((top, 0.0))
    return tuple(zip(*shape))


def spinodal_temperatures(e, alpha):
    """Temperatures with alpha_M(T) = alpha, ascending."""
    T, load = spinodal_shape(e)
    if alpha == 0:
        return (T[-1],)

    def excess(t):
        reach = rs.fold(e, t)[0] if t < T[-1] else 0.0
        return (0.0 if math.isnan(reach) else reach) - alpha       # NaN: the branch is shorter than rounding

    roots = []
    for i in range(len(T) - 1):
        a, b = load[i] - alpha, load[i + 1] - alpha
        if a == 0:
            roots.append(T[i])
        elif a * b < 0:
            roots.append(brentq(excess, T[i], T[i + 1], **rs.TIGHT))
    return tuple(sorted(set(roots)))


def retrieval_interval(e, alpha):
    """(lowest, highest) temperature of the retrieval branch at this load, None where there is none."""
    roots = spinodal_temperatures(e, alpha)
    if not roots:
        return None
    return (0.0 if alpha <= spinodal_shape(e)[1][0] else roots[0]), roots[-1]


def retrieval_or_end(e, alpha, T):
    """The retrieval state, at the end of its branch too."""
    state = rs.retrieval(e, alpha, T)
    return state if state.exists else rs.at_fold(e, alpha, T)


def sign_changes(f, grid):
    """Roots of f between neighbors of `grid` (ascending), by Brent's method to rounding; zeros at grid points count."""
    values = [f(x) for x in grid]
    roots = [x for x, v in zip(grid, values) if v == 0]
    for a, b, fa, fb in zip(grid, grid[1:], values, values[1:]):
        if fa * fb < 0:
            roots.append(brentq(f, a, b, xtol=1e-300, rtol=1e-15))
    return tuple(sorted(roots)), values


# ---- the de Almeida-Thouless line, solved in logarithms: T_AT is exponentially small at small loads

def log_lambda(network, e, alpha, T):
    size = 1 - rs.replicon(network, e, alpha, T, retrieval_or_end(e, alpha, T))
    return max(math.log(size), -700.0) if size > 1e-300 else -700.0       # keeps the sign for Brent's method


@functools.lru_cache(maxsize=4096)
def at_temperatures(network, e, alpha):
    """(roots ascending, whether retrieval is unstable at the lowest temperature looked at); the branch must exist at alpha > 0."""
    low, high = retrieval_interval(e, alpha)
    grid = np.linspace(low, high, 33)
    if low == 0:
        grid = np.concatenate([np.geomspace(TINY, grid[1], 33), grid[2:]])
    roots, values = sign_changes(lambda T: log_lambda(network, e, alpha, T), grid)
    return roots, values[0] > 0


def broken_loads(network, e, T):
    """((low, high), ...): loads at 0 < T < the spinodal of a single pattern between which retrieval breaks replica symmetry.

    The last `high` is inf where the symmetry stays broken up to the end of the branch.  With examples there may be a stable end beyond.
    """
    roots = [*at_loads(network, e, T), math.inf]
    return tuple(zip(roots[::2], roots[1::2]))


@functools.lru_cache(maxsize=4096)
def at_loads(network, e, T):
    """Loads with lambda = 1 at 0 < T < the spinodal of a single pattern, ascending."""
    largest = rs.fold(e, T)[0]
    grid = np.concatenate([largest * np.geomspace(1e-4, 1 / 32, 17), np.linspace(0, largest, 33)[2:]])
    return sign_changes(lambda alpha: log_lambda(network, e, alpha, T), grid)[0]
