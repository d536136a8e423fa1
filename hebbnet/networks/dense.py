"""Dense Hebbian network: every group of P distinct neurons is coupled by sum_mu xi_mu ... xi_mu.

    H(s) = -P!/(2 N**(P-1)) sum_mu e_P(X_mu),   e_P = sum over i1 < ... < iP of xi s ... xi s,   X_mu = sum_i xi_i s_i

Repeated indices are left out; with self_interaction they are kept, H = -(N/2) sum_mu (X_mu/N)**P, and the energy is counted from
its mean over uniform spins.  P = 2 is the Hopfield model, where both are the same.
Load: K = alpha N for P = 2, K = alpha (2/P!) N**(P-1) for P >= 3, rounded, at least 1.

Learning, P even: the network sees M examples eta of each archetype (`patterns.learn`), and with R = r**2 + (1 - r**2)/M

    supervised      H(s) = -P!/(2 N**(P-1) R**(P/2)) sum_mu e_P of the numbers etabar_i s_i,   etabar = the mean of the M examples
    unsupervised    H(s) = -P!/(2 N**(P-1) R**(P/2) M) sum_mu sum_a e_P(X_mu,a),   X_mu,a = sum_i eta_i s_i

Source: Gardner (1987) J. Phys. A 20 3453; Albanese et al. (2021) arXiv:2111.12997; learning: Agliari et al. (2022) arXiv:2212.00606
and arXiv:2211.14067; docs/theory/conventions.md.
"""
from functools import lru_cache
from math import comb, factorial, nan

from .. import patterns
from ..params import ParameterError

REQUIRED = ("P", "N", "T")
OPTIONAL = {"self_interaction": False}
LEARNING = {"learning": "storage", "r": None, "M": None, "stratified": False}
LARGEST_P = 8


def law(X, params):
    """e_P(X), or X**P minus its mean over uniform spins, as an exact integer; works on int and on int64 arrays."""
    if params.self_interaction:
        return X ** params.P - mean_power(params.P, params.N)
    previous, current = 1 + 0 * X, X
    for k in range(1, params.P):
        previous, current = current, (X * current - (params.N - k + 1) * previous) // (k + 1)
    return current


def scale(params):
    if params.self_interaction:
        return 1 / (2 * params.N ** (params.P - 1))
    return factorial(params.P) / (2 * params.N ** (params.P - 1)) / normalization(params)


def normalization(params):
    """What the energy of the stored integer rows is divided by: M R**(P/2), for rows that are sums of M examples (M R**(1/2))**P."""
    learning = params.get("learning", "storage")
    if learning == "storage":
        return 1.0
    R = params.r**2 + (1 - params.r**2) / params.M
    return params.M * R ** (params.P // 2) if learning == "unsupervised" else params.M**params.P * R ** (params.P // 2)


def crosstalk(params, chi):
    """Mean square v of a coupling, the coefficient of s_i1 ... s_iP in H, over the disorder; without repeated neurons.

    Times the number of couplings this is the variance of the energy of random spins.  Unsupervised: the M examples of an archetype agree in
    P neurons with r**(2 P).  P = 2: the whole series of the response chi = (1-q)/T, one term for each eigenvalue of what is stored of an
    archetype (R-transform of a Wishart matrix); nan beyond its pole.  docs/plefka.md.
    """
    P, K, N = params.P, params.K, params.N
    if P == 2:
        modes = [(1, 1.0)]
        if params.get("learning", "storage") == "unsupervised":
            rest = 1 - params.r**2
            modes.append((params.M - 1, rest / (rest + params.M * params.r**2)))
        terms = [times * weight**2 / (1 - weight * chi) if weight * chi < 1 else nan for times, weight in modes]
        return K / N**2 * sum(terms)
    kept = 1.0
    if params.get("learning", "storage") == "unsupervised":
        R = params.r**2 + (1 - params.r**2) / params.M
        kept = (1 + (params.M - 1) * params.r ** (2 * P)) / (params.M * R**P)
    return K * kept * (factorial(P) / (2 * N ** (P - 1))) ** 2


def check_learning(params):
    """ParameterError where the network cannot learn from examples."""
    if params.P % 2:
        raise ParameterError(f"P = {params.P} with learning = {params.learning!r}: odd P with learning from examples is not derived; take "
                             "an even P", "P")
    if params.self_interaction:
        raise ParameterError(f"self_interaction = True with learning = {params.learning!r}: not derived; leave self_interaction out",
                             "self_interaction")


def load(params):
    if params.P == 2:
        return max(1, round(params.alpha * params.N))
    return max(1, round(params.alpha * 2 / factorial(params.P) * params.N ** (params.P - 1)))


def draw(params, seed, sample):
    return patterns.random(params.K, params.N, seed=seed, sample=sample)


@lru_cache
def mean_power(P, N):
    """E (s_1 + ... + s_N)**P over independent fair signs, an integer: cumulants of a sum add up."""
    cumulants, moments = [0], [1]
    for n in range(1, P + 1):
        one_sign = (n + 1) % 2
        cumulants.append(one_sign - sum(comb(n - 1, k - 1) * cumulants[k] * ((n - k + 1) % 2) for k in range(1, n)))
        moments.append(sum(comb(n - 1, k - 1) * N * cumulants[k] * moments[n - k] for k in range(1, n + 1)))
    return moments[P]
