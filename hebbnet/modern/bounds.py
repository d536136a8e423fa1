"""Theorems on the retrieval of well separated patterns, with their constants, as functions.

Delta_i = min over j != i of (x_i.x_i - x_i.x_j), M the largest norm of a pattern, K their number, S_i the ball norm(x - x_i) <= 1/(lam K M):

    Delta_i >= 2/(lam K) + ln(2 (K-1) K lam M**2)/lam      =>     f maps S_i into itself, where it contracts to a fixed point x_i*

They bound errors and are no estimates: the capacity theorem lies many orders of magnitude below the measured capacity.
Source: Ramsauer et al. (2021) arXiv:2008.02217, theorems 3 to 5, and the constants of their proofs, derived again; docs/theory/modern.md.
"""
import math
from typing import NamedTuple

import numpy as np
from scipy.special import lambertw

from ..params import Parameter, count
from . import streaming
from .streaming import pieces, source

LAM = Parameter(name="lam", symbol=r"\lambda", meaning=streaming.LAM.meaning, kind=float, low=0, above=True)
NORM = Parameter(name="M", symbol="M", meaning="largest norm of a pattern", kind=float, low=0, above=True)
RADIUS = Parameter(name="k", symbol="k", meaning="radius of the sphere of patterns in units of sqrt(N - 1)", kind=float, low=0, above=True)
FAILURE = Parameter(name="p", symbol="p", meaning="probability of failure", kind=float, low=0, high=1, above=True)
BLOCK = 2**23   # products of patterns that are held at a time


def separation(patterns, *, chunk=None):
    """Delta_i = x_i.x_i - max over j != i of x_i.x_j of patterns (K, N): (K,) float64, inf for K = 1.  O(K**2 N)."""
    patterns = source(patterns)
    K, xp, kind = patterns.shape[0], streaming.namespace(patterns), np.dtype(np.float64)
    rows = max(1, min(K, streaming.PIECE // patterns.shape[1], chunk or K, BLOCK // min(K, 2**12)))
    delta, start = xp.empty(K), 0
    for x in pieces(patterns, kind, xp, rows):
        nearest, other = xp.full(len(x), -xp.inf), 0
        for y in pieces(patterns, kind, xp, max(1, min(BLOCK // len(x), streaming.PIECE // patterns.shape[1]))):
            with np.errstate(invalid="ignore", over="ignore"):   # refused below
                z = x @ y.T
            own = xp.arange(max(start, other), min(start + len(x), other + len(y)))
            z[own - start, own - other] = -xp.inf
            nearest, other = xp.maximum(nearest, z.max(axis=1)), other + len(y)
        with np.errstate(invalid="ignore", over="ignore"):
            delta[start:start + len(x)] = (x**2).sum(axis=1) - nearest
        start += len(x)
    if K > 1 and not bool(xp.isfinite(delta).all()):
        streaming.refuse(patterns, xp.empty(0), xp)
    return delta


def separation_bound(lam, K, M):
    """Separation that the theorems ask for, 2/(lam K) + ln(2 (K-1) K lam M**2)/lam; -inf for K = 1."""
    lam, K, M = LAM.check(lam), count("K", K), NORM.check(M)
    return 2 / (lam * K) + math.log(2 * (K - 1) * K * lam * M * M) / lam if K > 1 else -math.inf


def well_separated(patterns, lam, *, chunk=None):
    """Which patterns (K, N) are separated by at least `separation_bound`: (K,) bool."""
    patterns = source(patterns)
    xp = streaming.namespace(patterns)
    square = max(float((x**2).sum(axis=1).max()) for x in pieces(patterns, np.dtype(np.float64), xp, chunk))
    return separation(patterns, chunk=chunk) >= separation_bound(lam, patterns.shape[0], math.sqrt(square))


def sphere_radius(lam, K, M):
    """Radius 1/(lam K M) of the balls S_i."""
    return 1 / (LAM.check(lam) * count("K", K) * NORM.check(M))


def retrieval_bound(lam, K, M, delta, r):
    """Largest norm(f(x) - x_i) after one update, 2 (K-1) e^(-lam (Delta_i - 2 r M)) M, for x and x_i* within r of x_i; delta, r: numbers or
    arrays."""
    return 2 * (count("K", K) - 1) * _suppression(lam, M, delta, r) * M


def fixed_point_bound(lam, K, M, delta):
    """Largest norm(x_i - x_i*), 2 e (K-1) M e^(-lam Delta_i), where the fixed point lies within 1/(2 lam M) of the pattern."""
    return 2 * math.e * (count("K", K) - 1) * _suppression(lam, M, delta, 0.0) * M


def convergence_bound(lam, K, M, delta, r, sharp=False):
    """Largest norm(f(x) - x_i*)/norm(x - x_i*), 2 lam K M**2 (K-1) e^(-lam (Delta_i - 2 r M)), for x and x_i* within r of x_i.

    sharp: with 4 in place of 2 K, from J = lam Cov_p.
    """
    return (4 if sharp else 2 * K) * LAM.check(lam) * M**2 * (count("K", K) - 1) * _suppression(lam, M, delta, r)


def _suppression(lam, M, delta, r):
    """e^(-lam (delta - 2 r M)), inf where it overflows."""
    with np.errstate(over="ignore"):
        return np.exp(-LAM.check(lam) * (np.asarray(delta, float) - 2 * np.asarray(r, float) * NORM.check(M)))[()]


class Capacity(NamedTuple):
    """The capacity theorem: at least `number` = sqrt(p) c**((N-1)/4) random patterns are stored, with probability 1 - p.

    c = b/W0(e^(a + ln b)), a = 2/(N-1) (1 + ln(2 lam k**2 p (N-1))), b = 2 k**2 lam/5; `applies`: whether c >= (2/sqrt(p))**(4/(N-1)), that is
    number >= 2.
    """

    number: float
    c: float
    a: float
    b: float
    applies: bool


def capacity_bound(lam, k, N, p):
    """`Capacity` of patterns drawn uniformly from the sphere of radius M = k sqrt(N - 1) in N >= 2 dimensions.

    A bound to hold experiments against, far below what is stored.  ParameterError for arguments outside their domains.
    """
    lam, k, p, N = LAM.check(lam), RADIUS.check(k), FAILURE.check(p), count("N", N, low=2)
    a = 2 / (N - 1) * (1 + math.log(2 * lam * k * k * p * (N - 1)))
    b = 2 * k * k * lam / 5
    exponent = a + math.log(b)
    # W0(e^x) ~ x - ln x far beyond where e^x overflows: solve w + ln w = x by Newton's rule
    w = float(lambertw(math.exp(exponent)).real) if exponent < 500 else exponent - math.log(exponent)
    for _ in range(5 if exponent >= 500 else 0):
        w -= (w + math.log(w) - exponent) / (1 + 1 / w)
    c = b / w
    number = math.sqrt(p) * math.exp(min((N - 1) / 4 * math.log(c), 700))
    return Capacity(number, c, a, b, c >= (2 / math.sqrt(p)) ** (4 / (N - 1)))
