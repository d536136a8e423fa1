"""Thermodynamics of the modern Hopfield network at exponential load (energy: networks/modern.py; docs/theory/modern_statistics).

    H = -(1/lam) ln sum_mu exp(lam xi_mu . x),   K = exp(alpha N),   norm(xi)**2 = N (Gaussian patterns: on average)

A random-energy argument.  The overlap u = xi . x / N of a random pattern with a state of norm sqrt(N) is u or more with probability exp(-N rate(u)).
With its Legendre transform g(y) = max_u [y u - rate(u)], reached at u = tilt(y), and the largest overlap that any of K patterns has,
rate(largest) = alpha,

    sum over the patterns of exp(lam N u) = exp(N phi),   phi(alpha, lam) = alpha + g(lam), condensed (alpha < rate(tilt)): lam largest(alpha)

A probe at overlap u0 with one pattern is retrieved by one update if lam u0 > phi.  At temperature T = 1/b, and with `state` the same functions for
a random *state* and one given pattern,

    one well        F(m) = -max(m, m_c) + T rate(m), m_c = phi/lam:  overlap m = tilt(b), f = -T g(b), if m > m_c
    paramagnet      energy = f = -m_c
    all wells       f = -T (alpha + g(b)); Gaussian patterns: T alpha + T g(b) of the lengths that exist (`wells`)

Entropies are counted from the uniform measure of the states (the sphere; +-1: without ln 2).  Euclidean states: x = xi + sqrt(T) z in a well, and
m_c = phi(alpha, lam sqrt(1+T))/lam; entropies count volume.
Source: H. Ramsauer et al., arXiv:2008.02217; after C. Lucibello, M. Mezard, Phys. Rev. Lett. 132 077301 (2024), arXiv:2304.14964; derived anew.
"""
import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammaln, ive, xlog1py

from ..params import ParameterError, choose

SOLVER = "modern"        # the file in meanfield/ that solves these equations
REQUIRED = ("alpha", "T", "lam")
OPTIONAL = {"ensemble": "spherical", "space": None, "N": None}
UNKNOWNS = ("T", "alpha")
TIGHT = {"xtol": 1e-15, "rtol": 1e-14}
SPACES = {"spherical": ("sphere", "euclidean"), "gaussian": ("sphere", "euclidean"), "binary": ("binary",)}   # derived; the default first


class Overlaps(NamedTuple):
    """Large deviations of one overlap: rate(u), slope(u) = rate', tilt(y) = g', growth(y) = g, largest(alpha), gap(y) = y - g(y) without
    cancellation, and finite(y, N) = ln E exp(y N u)/N."""

    rate: object
    slope: object
    tilt: object
    growth: object
    largest: object
    gap: object
    finite: object


# ---- a direction on the sphere

def sphere_tilt(y):
    return 1.0 if y == math.inf else 2 * y / (1 + math.hypot(1, 2 * y))


def sphere_growth(y):
    return y * sphere_tilt(y) - math.log1p(y * sphere_tilt(y)) / 2      # 1/(1 - u**2) = 1 + y u


def sphere_gap(y):
    return sphere_tilt(y) / (1 + sphere_tilt(y)) + math.log1p(y * sphere_tilt(y)) / 2


def sphere_finite(y, N):
    """ln [Gamma(N/2) (2/(y N))**(N/2-1) I_{N/2-1}(y N)] / N."""
    if N == 1:
        return math.log(math.cosh(y))
    x, order = y * N, N / 2 - 1
    scaled = ive(order, x)
    if scaled > 1e-280:
        return (gammaln(N / 2) + order * math.log(2 / x) + math.log(scaled) + x) / N
    # Bessel functions underflow: the integral over u = sin(angle), a narrow peak for these N
    angle = math.asin(sphere_tilt(y)) + np.linspace(-1, 1, 4001) * min(1.0, 40 / math.sqrt(N))
    angle = angle[np.abs(angle) < math.pi / 2]
    log = (N - 2) * np.log(np.cos(angle)) + x * np.sin(angle)
    whole = math.log(np.sum(np.exp(log - log.max())) * (angle[1] - angle[0])) + log.max()
    return (whole + gammaln(N / 2) - gammaln((N - 1) / 2) - math.log(math.pi) / 2) / N


def sphere_mean(y, N):
    """E u exp(y N u) / E exp(y N u) = I_{N/2}(y N)/I_{N/2-1}(y N): the overlap of one well of N neurons."""
    if N == 1:
        return math.tanh(y)
    x, order = y * N, N / 2 - 1
    if ive(order, x) > 1e-280:
        return float(ive(order + 1, x) / ive(order, x))
    ratio = 0.0
    for k in range(int(x) + 60, 0, -1):                   # Gauss's continued fraction, from far out
        ratio = 1 / (2 * (order + k) / x + ratio)
    return ratio


# ---- a mean of N fair signs

def binary_growth(y):
    return math.log1p(2 * math.sinh(y / 2) ** 2) if y < 1 else y + math.log1p(math.exp(-2 * y)) - math.log(2)


def binary_rate(u):
    return float(xlog1py(1 + u, u) + xlog1py(1 - u, -u)) / 2


def binary_largest(alpha):
    if alpha >= math.log(2):
        return 1.0
    if alpha == 0:
        return 0.0
    return math.tanh(brentq(lambda x: x * math.tanh(x) - binary_growth(x) - alpha, 0, 40, **TIGHT))


SPHERE = Overlaps(lambda u: math.inf if u >= 1 else -math.log1p(-u * u) / 2, lambda u: math.inf if u >= 1 else u / (1 - u * u), sphere_tilt,
                  sphere_growth, lambda alpha: math.sqrt(-math.expm1(-2 * alpha)), sphere_gap, sphere_finite)
GAUSSIAN = Overlaps(lambda u: u * u / 2, lambda u: u, lambda y: y, lambda y: y * y / 2, lambda alpha: math.sqrt(2 * alpha), lambda y: y - y * y / 2,
                    lambda y, N: y * y / 2)
BINARY = Overlaps(binary_rate, lambda u: math.inf if u >= 1 else math.atanh(u), math.tanh, binary_growth, binary_largest,
                  lambda y: math.log(2) - math.log1p(math.exp(-2 * y)), lambda y, N: binary_growth(y))
ENSEMBLES = {"spherical": SPHERE, "gaussian": GAUSSIAN, "binary": BINARY}


@dataclass(frozen=True)
class System:
    """What is solved: overlaps of the other patterns (`noise`) and of the states with one (`state`), lam, and where states live."""

    noise: Overlaps
    state: Overlaps
    lam: float
    ensemble: str
    space: str

    def phi(self, alpha, lam):
        if self.condensed(alpha, lam):
            return lam * self.noise.largest(alpha)
        return alpha + self.noise.growth(lam)

    def condensed(self, alpha, lam):
        """Whether few patterns dominate the sum; at equality both formulas agree."""
        return alpha < self.noise.rate(self.noise.tilt(lam))

    def m_c(self, alpha, T):
        """Overlap that a well must have to be one."""
        stretch = math.sqrt(1 + T) if self.space == "euclidean" else 1.0
        return self.phi(alpha, self.lam * stretch) / self.lam

    def load(self, u, lam=None):
        """The alpha with lam u = phi(alpha, lam): below it a probe at overlap u is retrieved; 0 for u <= 0, inf where every load is."""
        lam = self.lam if lam is None else lam
        if u <= 0:
            return 0.0
        if u <= self.noise.tilt(lam):
            return self.noise.rate(u)
        return max(self.noise.gap(lam) - lam * (1 - u), 0.0)

    def overlap(self, T):
        """Overlap of a well with its pattern."""
        return 1.0 if T == 0 or self.space == "euclidean" else self.state.tilt(1 / T)

    def deepest(self, alpha):
        """The largest norm(xi)/sqrt(N): the energy of the lowest pattern is -deepest per neuron in a state of norm sqrt(N)."""
        return math.sqrt(longest(alpha)) if self.ensemble == "gaussian" else 1.0

    def wells(self, alpha, b):
        """alpha + g(b) of the states in all wells together, ln Z/N; Gaussian patterns: max over their lengths r = norm(xi)**2/N of
        alpha - (r - 1 - ln r)/2 + g(b sqrt(r)), among those that exist, where the first two terms are not negative."""
        if self.ensemble != "gaussian":
            return alpha + self.state.growth(b)
        if (b * b - math.log1p(b * b)) / 2 <= alpha:      # r = 1 + b**2
            return alpha + b * b / 2
        return self.state.growth(b * self.deepest(alpha))


def longest(alpha):
    """The largest norm(xi)**2/N of exp(alpha N) Gaussian patterns: (r - 1 - ln r)/2 = alpha."""
    return brentq(lambda r: (r - 1 - math.log(r)) / 2 - alpha, 1, 2 + 4 * alpha + 4 * math.sqrt(alpha), **TIGHT)


def BRANCHES(many=None):
    """Names of the branches that `solve` accepts as `start`, the default first."""
    return "retrieval", "paramagnet"


def check_branch(start, params):
    """`start`, the default for None; ParameterError for another name, and for the paramagnet of Euclidean states."""
    start = choose("start", BRANCHES()[0] if start is None else start, BRANCHES())
    if start == "paramagnet" and params.get("space") == "euclidean":
        raise ParameterError("start = 'paramagnet' with space = 'euclidean': not derived; expected 'retrieval'", "start")
    return start


def resolve(params):
    """`params` with the space filled in; ParameterError where it is not derived for this ensemble."""
    spaces = SPACES[params.ensemble]
    space = spaces[0] if params.space is None else params.space
    if space not in spaces:
        raise ParameterError(f"space = {space!r} with ensemble = {params.ensemble!r}: the theory is derived for states in "
                             f"{' or '.join(map(repr, spaces))}", "space")
    return params.replace(space=space)


def build(params):
    """`System` of one set of parameters."""
    params = resolve(params)
    return System(ENSEMBLES[params.ensemble], BINARY if params.space == "binary" else SPHERE, params.lam, params.ensemble, params.space)


def basin(e, u):
    """The alpha below which one update from overlap u retrieves a given pattern."""
    return e.load(u)


def basin_of_all(e, u):
    """The same for all patterns at once, one random probe each; u = None: the patterns themselves are the probes.

    exp(alpha N) probes find the one whose nearest other pattern is u away: rate(u) = 2 alpha.  A pattern as its own probe has no such luck, but
    Gaussian patterns differ in length: the shortest has the signal lam r, and of a pair with xi . xi' >= norm(xi)**2 one is lost.
    """
    if u is not None:
        return min(e.load(u), e.noise.rate(u) / 2)
    if e.ensemble != "gaussian":
        return e.load(1.0)
    return min(shortest_pattern(e), math.log(2) / 4)


def shortest_pattern(e):
    """The alpha at which the shortest Gaussian pattern, (r - 1 - ln r)/2 = alpha, has lam r = phi(alpha, lam sqrt(r)).

    With r = 1 - e this is monotonic: the signal falls and the noise rises with alpha.
    """
    def excess(r):
        alpha = (r - 1 - math.log(r)) / 2
        return e.lam * r - e.phi(alpha, e.lam * math.sqrt(r))

    r = brentq(excess, 1e-12, 1 - 1e-12, **TIGHT)
    return (r - 1 - math.log(r)) / 2


def end(e, T):
    """The alpha at which the wells of temperature T end: their overlap is m_c."""
    if e.space == "euclidean":
        stretch = math.sqrt(1 + T)
        return e.load(1 / stretch, e.lam * stretch)
    return e.load(e.overlap(T))


# ---- one state: x.m, x.T, x.alpha, x.N and the branch

def free_energy(x, e):
    """f per neuron: -T g(b) in a well, -m_c in the paramagnet; Euclidean -1/2 - (T/2) ln(2 pi T).  T = 0: the energy."""
    if x.branch == "paramagnet" or x.T == 0:
        return energy(x, e)
    if e.space == "euclidean":
        return -0.5 - x.T / 2 * math.log(2 * math.pi * x.T)
    return -x.T * (e.state.growth(1 / x.T) if x.N is None else e.state.finite(1 / x.T, x.N))


def energy(x, e):
    """H/N: -m in a well, -m_c in the paramagnet; Euclidean -m + (1 + T)/2."""
    if x.branch == "paramagnet":
        return -x.m_c
    return -x.m + (0.5 * (1 + x.T) if e.space == "euclidean" else 0.0)


def entropy(x, e):
    """-rate(m) in a well, 0 in the paramagnet."""
    if x.branch == "paramagnet":
        return 0.0
    if x.T == 0:
        return -math.log(2) if e.space == "binary" else -math.inf
    return (energy(x, e) - free_energy(x, e)) / x.T


def replicon(x, e):
    """None: nothing is averaged with replicas."""
    return None
