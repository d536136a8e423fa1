"""Exponential network: binary states and patterns, the sign rule of sum exp (energy: networks/exponential.py; docs/theory/modern_statistics).

    H = -sum_mu exp(lam xi_mu . s);   at T = 0 both H and -(1/lam) ln sum exp give   s_i = sign sum_mu sinh(lam xi_i) exp(lam h_i)

h_i is the overlap without neuron i.  At T > 0 the energy is -(1/lam) ln sum exp, which is extensive: the network `modern` with ensemble="binary".
At T = 0 the terms of the other patterns have random signs, so that their sum is the root of the sum of squares, exp(N phi(alpha, 2 lam)/2), and

    a typical pattern is corrected from overlap u0 if   2 lam u0 > phi(alpha, 2 lam);      all patterns:   alpha < I(u0)/2 besides.

Source: M. Demircigil et al., J. Stat. Phys. 168, 288 (2017), arXiv:1702.01929 (all patterns); the typical pattern is derived here.
"""
import math

from . import modern
from .modern import BRANCHES, SOLVER, UNKNOWNS, check_branch, energy, entropy, free_energy, replicon  # noqa: F401  (of T > 0)

REQUIRED = ("alpha", "T")
OPTIONAL = {"lam": 1.0, "N": None}


def resolve(params):
    """`params` as they are."""
    return params


def build(params):
    """`System` of one set of parameters."""
    return modern.System(modern.BINARY, modern.BINARY, params.lam, "binary", "binary")


def basin(e, u):
    """The alpha below which a typical pattern is corrected from overlap u."""
    return e.load(u, 2 * e.lam)


def basin_of_all(e, u):
    """The same for all patterns at once, one random probe at overlap u (None: 1) each."""
    u = 1.0 if u is None else u
    return min(basin(e, u), e.noise.rate(u) / 2)


def end(e, T):
    """The alpha at which the wells of temperature T end."""
    return basin(e, 1.0) if T == 0 else modern.end(e, T)


def flip_error(lam, N, K, overlap=1.0):
    """(P_right, P_wrong): the chance that a neuron that is right, or wrong, in a probe at this overlap is wrong after one parallel step, T = 0.

        P = erfc(S/sqrt(2 V))/2,   S = exp(lam (N u -+ 1)),   V = (K-1) cosh(2 lam)**(N-1),   both over sinh(lam)

    with the exact variance of the K - 1 other terms, taken as Gaussian: far tails are heavier where few of them dominate (u < tanh 2 lam).
    """
    if K == 1:
        return 0.0, 0.0
    scale = (math.log(K - 1) + (N - 1) * modern.binary_growth(2 * lam)) / 2
    return tuple(math.erfc(math.exp(min(lam * (N * overlap + own) - scale, 300.0)) / math.sqrt(2)) / 2 for own in (-1, 1))
