"""What the fixed points of the log-sum-exp network are: measures of their weights, and exact ones of symmetric patterns.

Equidistant patterns, n of norm R with pairwise overlap q R**2: the weights obey p = softmax(J p), J = lam R**2 (1 - q), the mean-field equation of
the n-state Potts model.  Nested ones, C clusters of n patterns with overlap q within a cluster and 0 between: three kinds of weights seen from a
stored pattern, B = lam R**2.
Source: derived here; docs/theory/modern.md.
"""
import functools
import math
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.optimize import brentq, minimize_scalar

from ..params import Parameter, ParameterError, count
from . import streaming

ROUNDING = 1e-12   # by which a sum of weights may miss the level, so that K equal weights count ceil(level K)
SPLIT = 1e-6       # weights that differ by less are equal

COUPLING = Parameter(name="J", symbol="J", meaning="lam R^2 (1 - q)", kind=float, low=0)
STRENGTH = Parameter(name="B", symbol="B", meaning="lam R^2", kind=float, low=0)
OVERLAP = Parameter(name="q", symbol="q", meaning="overlap of two patterns of a cluster, in units of R^2", kind=float, low=0, high=1)


def k90(weights, level=0.9):
    """Smallest number of weights (..., K) that sum to at least `level`: an int or an array (...).

    The measure of metastability: 1 where one pattern is retrieved, ceil(0.9 K) where all weigh the same.  Say where the weights were taken: at the
    first softmax, as in studies of attention heads, or at the fixed point, which differs much.  ParameterError for weights that are not finite
    or negative, or whose sum differs from 1 by more than 1e-4.
    """
    p, xp = _weights(weights)
    level = Parameter(name="level", symbol="", meaning="sum of the weights counted", kind=float, low=0, high=1, above=True).check(level)
    total = xp.cumsum(-xp.sort(-p, axis=-1), axis=-1)
    rounding = ROUNDING if np.dtype(xp.asarray(weights).dtype) != np.float32 else 1e-6
    number = xp.minimum((total < level * total[..., -1:] - rounding).sum(axis=-1) + 1, p.shape[-1])
    return number if number.ndim else int(number)


def head_class(k, K):
    """Class of k = `k90` among K patterns: "I" (global, k > K/2), "II" (k > K/8), "III" (k > K/32) or "IV" (few patterns); a string or an array."""
    K = count("K", K)
    k = np.asarray(k)
    if k.dtype.kind not in "iu" or (k < 1).any() or (k > K).any():
        raise ParameterError(f"k = {k.tolist()!r:.60}: expected integers from 1 to K = {K}", "k")
    name = np.array(["I", "II", "III", "IV"])[(2 * k <= K).astype(int) + (8 * k <= K) + (32 * k <= K)]
    return name if name.ndim else str(name)


def state_class(weights):
    """What a fixed point with these weights (..., K) is: "single" where one weight exceeds 1/2, "global" where the participation number
    1/sum p**2 exceeds K/2, else "metastable", the average of a subset; a string or an array (...).  Errors: as `k90`."""
    p, xp = _weights(weights)
    wide = streaming._numpy(1 / (p**2).sum(axis=-1) > p.shape[-1] / 2)
    name = np.where(streaming._numpy(p.max(axis=-1)) > 0.5, "single", np.where(wide, "global", "metastable"))
    return name if name.ndim else str(name)


class Equidistant(NamedTuple):
    """J = lam R**2 (1 - q) at which, for n equidistant patterns, single-pattern states appear (`spinodal`), have the energy of the uniform state
    (`transition`), and the uniform state becomes unstable (`uniform`); in between the two coexist."""

    spinodal: float
    transition: float
    uniform: float


def equidistant(n):
    """`Equidistant` of n >= 2 patterns: min_y y (e^y + n - 1)/(e^y - 1), 2 (n-1) ln(n-1)/(n-2), and n; all 2 for n = 2."""
    n = count("n", n, low=2)
    if n == 2:
        return Equidistant(2.0, 2.0, 2.0)
    return Equidistant(float(_needed(_marginal(n), n)), 2 * (n - 1) * math.log(n - 1) / (n - 2), float(n))


def equidistant_weight(n, J):
    """Weight on its pattern of the single-pattern state of n equidistant patterns: a float, NaN below the spinodal, where there is none."""
    n, J = count("n", n, low=2), COUPLING.check(J)
    if J < equidistant(n).spinodal:
        return math.nan
    lowest = 0.0 if n == 2 else _marginal(n)
    y = brentq(lambda y: J - _needed(y, n), max(lowest, 1e-9), J + 1, xtol=1e-15) if J > _needed(max(lowest, 1e-9), n) else lowest
    return 1 / (1 + (n - 1) * math.exp(-y))


def _needed(y, n):
    """J at which y = ln(p/p_other) is a solution: of y = J (p - p_other)."""
    return y * (1 + n * math.exp(-y) / -math.expm1(-y))


def _marginal(n):
    return minimize_scalar(lambda y: _needed(y, n), bounds=(1e-9, 2 * math.log(n) + 3), method="bounded", options={"xatol": 1e-12}).x


class Nested(NamedTuple):
    """B = lam R**2 above which, from a stored pattern of nested ones, the update ends in the average of its cluster (`cluster`) and in the pattern
    alone (`single`), and above which the average of all is unstable (`uniform`)."""

    cluster: float
    single: float
    uniform: float


def nested(C, n, q):
    """`Nested` of C clusters of n patterns with overlap q; found by bisection of the exact iteration, to 1e-8.  ParameterError for q outside [0, 1),
    C < 2 or n < 2."""
    return _transitions(*_nested(C, n, q))


@functools.lru_cache
def _transitions(C, n, q):
    high = 4 * max(math.log(C * n) + 3, C * n) / (1 - q)

    def above(other):
        low, top = 0.0, high
        while top - low > 1e-9 * top:
            middle = (low + top) / 2
            p = _settle(C, n, q, middle)
            low, top = (low, middle) if p[0] - p[other] > SPLIT else (middle, top)
        return top

    return Nested(above(2), above(1), C * n / (1 + (n - 1) * q))


def nested_weights(C, n, q, B):
    """(pattern, sibling, other): weight on a stored pattern, on each other one of its cluster, and on each of the rest, where the update ends that
    starts from it; sums to 1 with multiplicities 1, n - 1 and (C - 1) n.  Errors: as `nested`."""
    C, n, q = _nested(C, n, q)
    return tuple(_settle(C, n, q, STRENGTH.check(B)).tolist())


def nested_patterns(C, n, q, norm=None):
    """The patterns themselves, (C n, N) float64 with N = C (n + 1), one cluster after another: R (sqrt(q) e_c + sqrt(1-q) e_(c, i)).

    norm: R, by default sqrt(N).  Errors: as `nested`.
    """
    C, n, q = _nested(C, n, q)
    N = C * (n + 1)
    rows = np.zeros((C, n, N))
    for c in range(C):
        rows[c, :, c] = math.sqrt(q)
        rows[c, np.arange(n), C + c * n + np.arange(n)] = math.sqrt(1 - q)
    return rows.reshape(C * n, N) * (math.sqrt(N) if norm is None else norm)


@njit(cache=True)
def _settle(C, n, q, B):
    """The three weights after the iteration from a stored pattern has come to rest."""
    z, p = np.array([1.0, q, 0.0]), np.ones(3)
    for _ in range(2_000_000):
        w = np.exp(B * (z - z.max()))
        new = w / (w[0] + (n - 1) * w[1] + (C - 1) * n * w[2])
        moved = np.abs(new - p).max()
        p = new
        z = np.array([p[0] + q * (n - 1) * p[1], q * p[0] + (1 + q * (n - 2)) * p[1], (1 + (n - 1) * q) * p[2]])
        if moved < 1e-15:
            break
    return p


def _nested(C, n, q):
    C, n, q = count("C", C, low=2), count("n", n, low=2), OVERLAP.check(q)
    if q == 1:
        raise ParameterError("q = 1: the patterns of a cluster are one and the same; expected q < 1", "q")
    return C, n, q


def _weights(weights):
    xp = streaming.namespace(weights)
    p = xp.asarray(weights)
    if p.ndim < 1 or p.shape[-1] == 0 or np.dtype(p.dtype).kind != "f":
        raise ParameterError(f"weights has shape {tuple(p.shape)} and type {p.dtype}: expected (..., K), real numbers", "weights")
    p = p.astype(np.float64)
    if p.size and (not bool(xp.isfinite(p).all()) or bool((p < 0).any()) or bool((abs(p.sum(axis=-1) - 1) > 1e-4).any())):
        raise ParameterError("weights holds rows that are no distribution: expected finite numbers >= 0 that sum to 1, as softmax gives", "weights")
    return p, xp
