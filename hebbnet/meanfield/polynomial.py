"""One step of the polynomial network (Krotov, Hopfield) from a stored pattern: how many of its spins flip, and the loads up to which few do.

    E = -sum_mu F(xi_mu.s),   F(x) = x**P or max(x, 0)**P,         s_i -> sign sum_mu [F(xi_mu,i + h_mu,i) - F(-xi_mu,i + h_mu,i)]

h_mu,i = sum over j != i of xi_mu,j s_j: repeated indices are kept (network dense, self_interaction=True, for any scale of E).  From s = xi^1 the own
pattern gives the signal N**P - (N-2)**P, and each other one a noise of mean zero and variance E [F(h+1) - F(h-1)]**2, h a sum of N - 1 signs, so
that for K patterns, Gaussian noise, and in the limit N -> infinity with (2P-3)!! = E z**(2P-2)

    P_err = erfc(signal/sqrt(2 (K-1) variance))/2  ->  erfc(sqrt(N**(P-1)/(2 K (2P-3)!!)))/2

Rectified, half of the patterns are silent: half the variance, twice the load.  One step says nothing about the next ones (P = 2: 0.15 N patterns
for 0.5 % errors, but retrieval ends at 0.138 N).
Source: Krotov, Hopfield (2016) arXiv:1606.01164, eqs. (5) to (8); exact variance, rectified, and the factor of all patterns derived here.
"""
import math

import numpy as np
from scipy.special import erfc, erfcinv, gammaln

from ..params import PARAMETERS, Parameter, ParameterError, choose

ERROR = Parameter(name="error", symbol=r"P_\mathrm{err}", meaning="probability that a spin of a stored pattern flips", kind=float, low=0, high=0.5,
                  above=True, below=True)
PATTERNS = Parameter(name="K", symbol="K", meaning="number of stored patterns", kind=float, low=1)


def flip_error(P, N, K, *, rectified=False, variance="exact"):
    """Probability that a spin of a stored pattern flips in one step at T = 0: a float.

    K: a number of patterns, whole or not; variance: of the noise of one pattern, "exact" for N neurons (binomial sum; the noise still counts as
    Gaussian, which it is for large K), or "asymptotic", N -> infinity.  Equations: this module's docstring.  ParameterError outside the domains.
    """
    P, N, K, rectified = _checked(P, N, rectified, K)
    if choose("variance", variance, ("exact", "asymptotic")) == "asymptotic":
        return float(erfc(math.sqrt(N ** (P - 1) / (2 * K * _noise(P, rectified)))) / 2)
    if K == 1:
        return 0.0
    # in units of N**P
    signal = -math.expm1(P * math.log1p(-2 / N)) if N > 2 else 1.0
    up = np.arange(N)   # of N - 1 fair signs
    weight = np.exp(gammaln(N) - gammaln(up + 1) - gammaln(N - up) - (N - 1) * math.log(2))
    h = (2 * up - (N - 1)) / N
    upper, lower = ((np.maximum(x, 0) if rectified else x) ** P for x in (h + 1 / N, h - 1 / N))
    return float(erfc(signal / math.sqrt(2 * (K - 1) * (weight @ (upper - lower) ** 2))) / 2)


def load_of_error(P, N, error, *, rectified=False):
    """Number of patterns K = N**(P-1)/((2P-3)!! z**2) at which P_err is `error` for large N, z its Gaussian quantile: a float (rectified: twice)."""
    P, N, _, rectified = _checked(P, N, rectified)
    return N ** (P - 1) / (_noise(P, rectified) * 2 * float(erfcinv(2 * ERROR.check(error))) ** 2)


def error_free_load(P, N, *, patterns="one", rectified=False):
    """Number of patterns below which the spins of one given pattern, or of all patterns, are all stable with high probability: a float.

    K = N**(P-1)/(2 (2P-3)!! ln N) for "one"; all K patterns have N**(P-1) times as many spins, which costs a factor P (rectified: twice K).
    """
    P, N, _, rectified = _checked(P, N, rectified)
    return N ** (P - 1) / (2 * _noise(P, rectified) * math.log(N)) / (P if choose("patterns", patterns, ("one", "all")) == "all" else 1)


def _noise(P, rectified):
    """(2P-3)!!, half of it where rectified."""
    return math.prod(range(2 * P - 3, 0, -2)) / (2 if rectified else 1)


def _checked(P, N, rectified, K=1):
    N = PARAMETERS["N"].check(N)
    if N < 2:
        raise ParameterError(f"N = {N}: expected at least 2 neurons", "N")
    return PARAMETERS["P"].check(P), N, PATTERNS.check(K), PARAMETERS["rectified"].check(rectified)
