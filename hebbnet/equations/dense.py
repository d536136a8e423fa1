"""Replica-symmetric mean-field equations of the dense Hebbian network (docs/theory/dense).

    H = -P!/(2 N**(P-1)) sum_mu sum over i1 < ... < iP of xi s ... xi s,     K = alpha (2/P!) N**(P-1), P = 2: K = alpha N

    m = E tanh(y/T),   q = E tanh(y/T)**2,   y = h + sqrt(w) z,   h = (P/2) m**(P-1),   chi = (1 - q)/T

P >= 3: each of the very many other patterns acts weakly, so their energies are a Gaussian field of covariance N xi(q), and

    w = xi'(q),     xi(q) = (alpha/2) q**P;   with repeated indices kept, lower powers of q are added (`kernel`).

P = 2 (Amit-Gutfreund-Sompolinsky): the K = alpha N other overlaps are Gaussian modes that respond to the state,

    w = alpha r,    r = q/(1 - chi)**2,       only where chi < 1.

All formulas below use chi instead of (1 - q)/T and hold at T = 0 as they stand.
Source: Gardner (1987) J. Phys. A 20 3453; Amit, Gutfreund, Sompolinsky (1987) Ann. Phys. 173 30; Albanese et al. (2021)
arXiv:2111.12997.
"""
import functools
import math
from fractions import Fraction

import numpy as np

from ..params import ParameterError, choose
from . import Equations, _examples

REQUIRED = ("P", "alpha", "T")
OPTIONAL = {"N": None, "self_interaction": False, "rectified": False, "learning": "storage", "r": None, "M": None, "rho": None, "form": None}
UNKNOWNS = ("T", "alpha", "rho", "M")


def BRANCHES(P):
    """Names of the branches that `solve` accepts as `start`."""
    return ("retrieval", "glass", "paramagnet") if P == 2 else ("retrieval", "paramagnet")


def power_in_products(P, N):
    """B[j] with M**P = sum_j B[j] j! e_j for M the sum of N signs, e_j their elementary symmetric polynomial: exact integers.

    From M j! e_j = (j+1)! e_{j+1} + j (N-j+1) (j-1)! e_{j-1}.
    """
    B = [1]
    for _ in range(P):
        higher = [0, *B]                                  # j! e_j -> (j+1)! e_{j+1}
        for j in range(1, len(B)):
            higher[j - 1] += j * (N - j + 1) * B[j]
        B = higher
    return B


def kernel(P, self_interaction=False, N=None):
    """Coefficients of xi(q)/alpha = sum_j c_j q**j for P >= 3; array (P+1,).

    N = None is the limit: c_P = 1/2 and, with repeated indices, c_j = [C(P,j) (P-j-1)!!]**2 j!/(2 P!) for j = P-2, P-4, ... >= 1.
    A finite N gives the variance of H over patterns, exact factor by factor: c_j = B_j**2 j! N(N-1)...(N-j+1) / (2 P! N**P) with
    M**P = sum_j B_j j! e_j (distinct indices: B_P = 1 alone, a factor (1 - 1/N)...(1 - (P-1)/N)).  j = 0 is a constant energy.
    """
    c = np.zeros(P + 1)
    if N is not None:
        B = power_in_products(P, N)
    for j in range(P, 0, -2) if self_interaction else (P,):
        if N is None:
            pairings = math.comb(P, j) * math.prod(range(P - j - 1, 0, -2))
            c[j] = Fraction(pairings**2 * math.factorial(j), 2 * math.factorial(P))
        else:
            c[j] = Fraction(B[j] ** 2 * math.factorial(j) * math.perm(N, j), 2 * math.factorial(P) * N**P)
    return c


def signal(P, self_interaction=False, N=None):
    """Factor of the condensed pattern's energy -(1/2) m**P: 1, for distinct indices at finite N (1 - 1/N)...(1 - (P-1)/N)."""
    return 1.0 if N is None or self_interaction else float(Fraction(math.perm(N, P), N**P))


resolve = _examples.resolved


def unknowns(given):
    """Names of which `boundary` needs all but one, for the parameters given so far (a mapping, not validated)."""
    if given.get("learning", "storage") == "storage":
        return "T", "alpha"
    return "T", "alpha", "rho" if "rho" in given or "r" not in given else "M"


def build(params):
    """`Equations` of one set of parameters; ParameterError where they do not fit together or finite-N factors are not known."""
    params = resolve(params)
    P, N, repeated = params.P, params.N, params.self_interaction
    if params.rectified:
        raise ParameterError("rectified = True: there is no theory of the rectified network here, whose noise has a random field (every power of q); "
                             "leave it out, or take hebbnet.flip_error for one step", "rectified")
    learned = {}
    if params.learning != "storage":
        learned = {"sites": _examples.sites(params), "examples": (params.r, params.M, params.rho, params.learning == "unsupervised")}
    if P == 2:
        if N is not None:
            raise ParameterError(f"N = {N} with P = 2: finite-size factors are derived for P >= 3 only; leave N out", "N")
        return Equations(P=2, signal=1.0, kernel=(0.0,), modes=_examples.modes(params), **learned)   # repeated indices: a constant energy
    if N is not None and N < P:
        raise ParameterError(f"N = {N} with P = {P}: an interaction needs at least P neurons; raise N", "N")
    factor = _examples.crosstalk_factor(params) if params.learning == "unsupervised" else 1.0
    return Equations(P=P, signal=signal(P, repeated, N), kernel=tuple((factor * kernel(P, repeated, N)).tolist()), **learned)


# ---- formulas of the state x: x.m, x.q, x.chi and the averages x.log_cosh = T E ln 2cosh(y/T), x.spin_entropy, x.fourth;
# ---- numbers or arrays, T = 0 included

@functools.lru_cache
def derivatives(e):
    """Polynomials in q, ascending, per unit load: xi', xi'', [xi(1) - xi(q)]/(1-q), [xi(1) - xi(q) - (1-q) xi'(q)]/(1-q)**2."""
    c, j = np.array(e.kernel), np.arange(len(e.kernel))
    first, second = (j * c)[1:], (j * (j - 1) * c)[2:]
    tail = np.cumsum(c[::-1])[::-1]                       # tail[k] = sum of c_j over j >= k
    return tuple(p if p.size else np.zeros(1) for p in (first, second, tail[1:], np.arange(1, j.size - 1) * tail[2:]))


def poly(coefficients, q):
    """Horner's rule: for single numbers many times faster than numpy's."""
    value = 0 * q
    for c in reversed(coefficients.tolist()):
        value = value * q + c
    return value


def noise(x, e, alpha):
    """Variance w of the field, the crosstalk of all other patterns."""
    return alpha * (poly(derivatives(e)[0], x.q) + x.q * response_of_modes(x.chi, e, 2))


def response_of_modes(chi, e, power):
    """sum over the Gaussian modes of P = 2 of multiplicity (strength/(1 - strength chi))**power; 0 without modes."""
    return sum(multiplicity * (strength / (1 - strength * chi)) ** power for strength, multiplicity in e.modes)


def free_energy(x, e, alpha, T):
    """f = -T A per neuron.

    P >= 3:  A = E ln 2cosh(y/T) - (P-1) m**P/(2T) + [xi(1) - xi(q) - (1-q) xi'(q)]/(2 T**2)
    P = 2:   A = E ln 2cosh(y/T) - m**2/(2T) - alpha/(2T) - (alpha/2) [ln(1-chi) - q/(T (1-chi))] - (alpha/2) r chi/T

    With several modes the terms in alpha are a sum over them, of the same terms for interactions that are `strength` times as strong.
    """
    f = -x.log_cosh + e.signal * (e.P - 1) / 2 * x.m**e.P - alpha * T / 2 * x.chi**2 * poly(derivatives(e)[3], x.q)
    for a, multiplicity in e.modes:
        chi = a * x.chi
        f = f + alpha / 2 * multiplicity * (a + T * np.log1p(-chi) - a * x.q * (1 - 2 * chi) / (1 - chi) ** 2)
    return f


def energy(x, e, alpha):
    """U = -dA/dbeta.  P >= 3: -m**P/2 - [xi(1) - xi(q)]/T;  P = 2: -m**2/2 + alpha/2 [1 - q/(1-chi)**2 - (1-q)/(1-chi)]."""
    u = -e.signal / 2 * x.m**e.P - alpha * x.chi * poly(derivatives(e)[2], x.q)
    for a, multiplicity in e.modes:
        chi = a * x.chi
        u = u + alpha / 2 * multiplicity * a * (1 - x.q / (1 - chi) ** 2 - (1 - x.q) / (1 - chi))
    return u


def entropy(x, e, alpha):
    """S = A + U/T, written without differences of large numbers: at T = 0 it is -xi''(1) chi**2/4 (P >= 3)."""
    s = x.spin_entropy - alpha / 2 * x.chi**2 * poly(derivatives(e)[3], x.q)
    for a, multiplicity in e.modes:
        chi = a * x.chi
        s = s - alpha / 2 * multiplicity * (np.log1p(-chi) + chi / (1 - chi))
    return s


def replicon(x, e, alpha, T):
    """1 - lambda, de Almeida-Thouless: lambda = xi''(q) E sech**4/T**2, P = 2: alpha E sech**4/(T (1-chi))**2.  T = 0: -inf."""
    stiffness = alpha * (poly(derivatives(e)[1], x.q) + response_of_modes(x.chi, e, 2))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = np.where(np.equal(stiffness, 0), 0.0, np.where(np.equal(T, 0), np.inf, x.fourth / T))
        return 1 - np.where(ratio == 0, 0.0, stiffness * ratio)


def overlaps(x, e):
    """{"m": overlap with the archetype, "n": with the mean of its examples, n = (r/R) sum etabar s/N}; x.archetype = E tanh."""
    if e.examples is None:
        return {"m": x.m}
    return {"m": x.archetype, "n": x.m / math.sqrt(1 + e.examples[2])}


def example_mode(x, e):
    """1 - lambda of the direction in which one example of the retrieved archetype wins over the others (unsupervised learning).

    lambda = P (P-1) m**(P-2) (chi - R x.gain)/(2 R (M-1)),  R = r**2 (1 + rho),  x.gain = E v**2 sech**2/T;  m is the overlap with v.
    """
    r, M, rho, _ = e.examples
    if M == 1:
        return 1 + 0 * x.m
    R = r * r * (1 + rho)
    return 1 - e.P * (e.P - 1) / 2 * x.m ** (e.P - 2) * (x.chi - R * x.gain) / (R * (M - 1))


def check_branch(start, P):
    """`start` if it is a branch for this P; ParameterError otherwise."""
    if isinstance(start, str) and start == "glass" and P != 2:
        raise ParameterError(f"start = 'glass' with P = {P}: for P >= 3 the replica-symmetric solution m = 0, q != 0 is not a "
                             f"phase; expected one of {', '.join(BRANCHES(P))}", "start")
    return choose("start", start, BRANCHES(P))


# ---- one step of replica symmetry breaking (docs/theory/rsb): x.q0, x.q1, x.split = q1 - q0, x.T, x.chi = (1-q1)/T, x.y =
# ---- theta/T and averages of meanfield/nested.py: x.log_weight = E ln W/y - y gap/2, x.spin_entropy, x.fourth, x.spread

@functools.lru_cache
def _nodes(size):
    return list(zip(*(each.tolist() for each in np.polynomial.legendre.leggauss(size))))


def less_log(x):
    """x - ln(1 + x) for x >= 0, without cancellation."""
    if x > 0.1:
        return x - math.log1p(x)
    return sum((-x) ** k / k for k in range(2, 18))


def modes(x, strength=1.0):
    """(D1, D2): what remains of a Gaussian mode's stiffness within a cluster and between clusters (P = 2)."""
    return 1 - strength * x.chi, 1 - strength * (x.chi + x.y * x.split)


def cluster_crosstalk(x, e):
    """(r0, r1): the crosstalk of the modes between clusters and within a cluster (P = 2)."""
    between = within = 0.0
    for a, multiplicity in e.modes:
        d1, d2 = modes(x, a)
        between += multiplicity * a * a * x.q0 / d2**2
        within += multiplicity * a * a * x.split / (d1 * d2)
    return between, between + within


def cluster(x, e, alpha):
    """(w0, gap, pull): variance of the field common to all clusters, variance within them, and the pull of the noise on theta.

    P >= 3:  w0 = xi'(q0),  gap = xi'(q1) - xi'(q0),  pull = integral of (1-q) xi''(q) from q0 to q1
    P = 2:   w0 = alpha r0 = alpha q0/D2**2,  gap = alpha (r1 - r0) = alpha (q1-q0)/(D1 D2),
             pull = T chi gap + alpha [D1/D2 - 1 - ln(D1/D2)]/y**2

    The equation for theta is E[y <phi> - ln W]/y**2 = (gap - pull)/2.
    """
    first, second, _, _ = derivatives(e)
    w0, gap, pull, rest, split = poly(first, float(x.q0)), 0.0, 0.0, float(x.T * x.chi), float(x.split)
    for node, weight in _nodes(e.P // 2 + 2):              # exact for these polynomials, without differences of xi
        below = rest + split * (1 - node) / 2              # 1 - q, to relative accuracy
        stiffness = split * weight / 2 * poly(second, 1 - below)
        gap, pull = gap + stiffness, pull + stiffness * below
    for a, multiplicity in e.modes:
        d1, d2 = modes(x, a)
        ratio = a * x.y * x.split / d2                     # D1/D2 - 1
        apart = multiplicity * a * a * x.split / (d1 * d2)
        w0, gap = w0 + multiplicity * a * a * x.q0 / d2**2, gap + apart
        pull = pull + x.T * x.chi * apart + multiplicity * less_log(ratio) / x.y**2
    return alpha * w0, alpha * gap, alpha * pull


def cluster_free_energy(x, e, alpha, T):
    """f = -T A per neuron, with g(q) = q xi'(q) - xi(q) and u = (h + sqrt(w0) z0 + sqrt(gap) z1)/T.

    P >= 3:  A = E ln E cosh**theta(u)/theta + ln 2 - (P-1) m**P/(2T) + [xi(1) - xi'(q1) + (1-theta) g(q1) + theta g(q0)]/(2 T**2)
    P = 2:   A = E ln E cosh**theta(u)/theta + ln 2 - m**2/(2T) - alpha/(2T)
                 - (alpha/2) [(1 - 1/theta) ln D1 + ln(D2)/theta - q0/(T D2)] - alpha/(2 T**2) [r1 (1-q1) + theta (r1 q1 - r0 q0)]
    """
    f = -x.log_weight + e.signal * (e.P - 1) / 2 * x.m**e.P - alpha * T / 2 * x.chi**2 * poly(derivatives(e)[3], x.q1)
    if not e.soft:
        return f - x.y / 2 * cluster(x, e, alpha)[2]
    for a, multiplicity in e.modes:
        d1, d2 = modes(x, a)
        between = math.log1p(a * x.y * x.split / d2) / x.y     # ln(D1/D2)/y
        f += alpha / 2 * multiplicity * (a + T * math.log1p(-a * x.chi) - between - a * x.q0 / d2 + a * x.q0 * (1 - d2) / d2**2
                                         + a * x.split / (d1 * d2) * a * x.chi * (1 - x.y * T))
    return f


def cluster_energy(x, e, alpha):
    """U.  P >= 3: -m**P/2 - [xi(1) - xi(q1)]/T - y [xi(q1) - xi(q0)];  P = 2: -m**2/2 + (alpha/2) [1 - r1 - (1-q1)/D1]."""
    _, _, tail, _ = derivatives(e)
    u = -e.signal / 2 * x.m**e.P - alpha * x.chi * poly(tail, x.q1)
    if not e.soft:
        return u - alpha * x.y * ((1 - x.q0) * poly(tail, x.q0) - (1 - x.q1) * poly(tail, x.q1))
    for a, multiplicity in e.modes:
        d1, d2 = modes(x, a)
        u += alpha / 2 * multiplicity * a * (1 - x.q0 / d2**2 - x.split / (d1 * d2) - (1 - x.q1) / d1)
    return u


def cluster_replicons(x, e, alpha, T):
    """(1 - lambda1, 1 - lambda0), of fluctuations within and between clusters.

    lambda1 = xi''(q1) E<sech**4>/T**2,  lambda0 = xi''(q0) E[1 - <t2> + theta (<t2> - <t>**2)]**2/T**2;  P = 2: xi'' -> alpha/D**2.
    """
    second = derivatives(e)[1]
    inner, outer = poly(second, x.q1), poly(second, x.q0)
    for a, multiplicity in e.modes:
        d1, d2 = modes(x, a)
        inner, outer = inner + multiplicity * (a / d1) ** 2, outer + multiplicity * (a / d2) ** 2
    return (1 - alpha * inner * x.fourth / T if T > 0 else -math.inf), 1 - alpha * outer * x.spread


def breakpoint_at_onset(x, e, alpha, T):
    """theta where one step of breaking bifurcates from the symmetric state x: x.q, x.chi, E t**2 sech**4 and E sech**6.

    theta = [4 E t**2 sech**4 + xi''' T**4/xi''**3]/(2 E sech**6);  P = 2: 2 E t**2 sech**4/[E sech**6 + (1-chi)**3 T**3/alpha**2].
    """
    second = derivatives(e)[1]
    if e.soft:
        cubic = alpha * response_of_modes(x.chi, e, 3) / (alpha * response_of_modes(x.chi, e, 2)) ** 3
        return 2 * x.mixed / (x.sixth + cubic * T**3)
    stiffness, third = alpha * poly(second, x.q), alpha * poly(second[1:] * np.arange(1, second.size), x.q) if second.size > 1 else 0.0
    return (4 * x.mixed + third * T**4 / stiffness**3) / (2 * x.sixth)
