"""Dense Hebbian network: every group of P distinct neurons is coupled by sum_mu xi_mu ... xi_mu.

    H(s) = -P!/(2 N**(P-1)) sum_mu e_P(X_mu),   e_P = sum over i1 < ... < iP of xi s ... xi s,   X_mu = sum_i xi_i s_i

Repeated indices are left out; with self_interaction they are kept, H = -(N/2) sum_mu (X_mu/N)**P, and the energy is counted from
its mean over uniform spins.  P = 2 is the Hopfield model, where both are the same.  With repeated indices this is the polynomial network of
Krotov and Hopfield, and may be rectified, H = -(N/2) sum_mu max(X_mu/N, 0)**P: -xi is then not stored beside xi, the noise variance of the other
patterns is half of it, and the mean is taken off to the nearest integer of the law.
Load: K = alpha N for P = 2, K = alpha (2/P!) N**(P-1) for P >= 3, rounded, at least 1.

Learning, P even: the network sees M examples eta of each archetype (`patterns.learn`), and with R = r**2 + (1 - r**2)/M

    supervised      H(s) = -P!/(2 N**(P-1) R**(P/2)) sum_mu e_P of the numbers etabar_i s_i,   etabar = the mean of the M examples
    unsupervised    H(s) = -P!/(2 N**(P-1) R**(P/2) M) sum_mu sum_a e_P(X_mu,a),   X_mu,a = sum_i eta_i s_i

Source: Gardner (1987) J. Phys. A 20 3453; Albanese et al. (2021) arXiv:2111.12997; Krotov, Hopfield (2016) arXiv:1606.01164; learning:
Agliari et al. (2022) arXiv:2212.00606 and arXiv:2211.14067; docs/theory/conventions.md.
"""
from functools import lru_cache
from math import comb, factorial, nan

from .. import patterns
from ..params import ParameterError, Params

REQUIRED = ("P", "N", "T")
OPTIONAL = {"self_interaction": False, "rectified": False}
LEARNING = {"learning": "storage", "r": None, "M": None, "stratified": False}
LARGEST_P = 8
LARGEST_POWER = 20   # with repeated indices; beyond 53 bits local fields are float64


def law(X, params):
    """e_P(X), or X**P or 2 max(X, 0)**P minus its mean over uniform spins, as an exact integer; on int, and on int64 arrays while it fits."""
    if params.get("rectified", False):
        return (X + abs(X)) ** params.P // 2 ** (params.P - 1) - mean_absolute_power(params.P, params.N)
    if params.self_interaction:
        return X ** params.P - mean_power(params.P, params.N)
    previous, current = 1 + 0 * X, X
    for k in range(1, params.P):
        previous, current = current, (X * current - (params.N - k + 1) * previous) // (k + 1)
    return current


def scale(params):
    if params.self_interaction:
        return 1 / ((4 if params.get("rectified", False) else 2) * params.N ** (params.P - 1))
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


def check(params):
    """`params` without `rectified` where it is False, so that its random numbers are those of before there was one; ParameterError where they do
    not go together."""
    P, N, repeated = params.P, params.N, params.self_interaction
    if params.rectified and not repeated:
        raise ParameterError("rectified = True without self_interaction: powers of the overlap are rectified, say self_interaction=True", "rectified")
    largest = LARGEST_POWER if repeated else LARGEST_P
    if P > largest or (P > N and not repeated):
        raise ParameterError(f"P = {P} with N = {N}: a simulation takes P from 2 to {largest}{'' if repeated else ', and N >= P'}", "P")
    return params if params.rectified else Params({name: value for name, value in params.items() if name != "rectified"})


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


@lru_cache
def mean_absolute_power(P, N):
    """E abs(s_1 + ... + s_N)**P over independent fair signs, rounded to an integer; exact for even P."""
    if P % 2 == 0:
        return mean_power(P, N)
    total, ways = 0, 1
    for k in range((N + 1) // 2):   # k signs -1: the sum N - 2k > 0 as often as its opposite
        total += ways * (N - 2 * k) ** P
        ways = ways * (N - k) // (k + 1)
    return (2 * total + 2 ** (N - 1)) // 2**N
