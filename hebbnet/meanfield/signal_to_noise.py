"""One step of the dynamics from the archetype: signal against noise, and how many examples of what quality it takes.

All neurons are updated once, in parallel and at T = 0, from s = xi^1.  With x^a_i = xi_i eta^a_i, u_i = (1/(r M)) sum_a x^a_i, N -> infinity:

    field of neuron i = (P/2) (r**2/R)**(P/2) xi_i [u_i + sqrt(X) z_i],       m = E sign(u + sqrt(X) z) = E erf(u/sqrt(2 X))

The signal is the own archetype, sum over distinct other neurons -> (r N)**(P-1)/(P-1)!.  The noise is the sum of the other archetypes: the
variance of each is binom(N-1, P-1) times E of the product of its two weights, R**P (supervised, the weights are means) or, over pairs of
examples, [1 + (M-1) r**(2P)]/M (unsupervised).  In units of the signal, with R = r**2 (1 + rho),

    X = load                                storage                           load = K (P-1)!/N**(P-1) = 2 alpha/P
    X = load (1 + rho)**P                   supervised                        rho = (1 - r**2)/(M r**2)
    X = load (1 + rho_P)                    unsupervised                      rho_P = (1 - r**(2P))/(M r**(2P))

E u = 1, E u**2 = 1 + rho: where u is Gaussian (many examples), m = erf(1/sqrt(2 (rho + X))).  No step needs an even P.
At finite N the exact count of interactions is had with load = K/binom(N-1, P-1).
Source: derived here; the regimes are those of Agliari et al., Dense Hebbian neural networks, arXiv:2212.00606 (supervised) and 2211.14067
(unsupervised), whose prefactors have not been compared.
"""
import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import erf

from ..params import PARAMETERS, Parameter, ParameterError, choose, nearest
from .solving import own_solver

LOAD = Parameter(name="load", symbol=r"\lambda", meaning="K (P-1)!/N^(P-1)", kind=float, low=0)
THRESHOLD = Parameter(name="threshold", symbol=r"\Theta", meaning="the overlap asked for is erf(threshold)", kind=float, low=0, above=True)
GROWTH = Parameter(name="b", symbol="b", meaning="exponent of the number of archetypes, K = N^b", kind=float, low=0)
MULTIPLE = Parameter(name="M_r2", symbol="M r^2", meaning="examples in units of 1/r^2, so that M = M_r2/r^2", kind=float, low=0, above=True)
EXAMPLES = ("supervised", "unsupervised")
DETECTED = 1 / math.sqrt(2)   # the default threshold: erf(1/sqrt(2)) = 0.683
SMALLEST = 1e-30   # quality at which a search for a lower limit gives up


def one_step(network, *, P=None, load=None, learning="storage", r=None, M=None, form="binomial", N=None, **own):
    """Overlap with the archetype after one parallel update of all neurons at T = 0, from the archetype itself.

    "exponential" takes N, one of K, alpha, lam (default 1) and `overlap`, that of the starting state (default 1): meanfield/modern.py.

    network: "dense", any P >= 2; load: K (P-1)!/N**(P-1); learning: "storage", without r and M, or "supervised", "unsupervised" from M
    examples of quality r; form: of the mean of the examples, "binomial" (exact, M whole; M even: u = 0 has no sign without noise and
    counts 0) or "gaussian" (limit of many examples, any M >= 1).  N, unsupervised only: adds the leading correction of a finite size,
    (P-1)**2 (1 - r**2)/(N M r**4) to rho, for each example of the own archetype has a weight that fluctuates by
    (P-1) sqrt((1 - r**2)/N)/r; it is the leading one for small r, and small where N r**2 >> (P-1)**2.

    Returns a float in [0, 1].  Equations: this module's docstring.  Raises ParameterError on values outside their domains.
    """
    solver = own_solver(network)
    if hasattr(solver, "one_step"):
        given = {"P": P, "load": load, "r": r, "M": M, "N": N, **own}
        return solver.one_step(network, **{name: value for name, value in given.items() if value is not None})
    for name in own:
        raise ParameterError(f"{network!r} has no parameter {name!r} here.{nearest(name, ('P', 'load', 'learning', 'r', 'M', 'form', 'N'))}", name)
    P, load, learning = _common(network, P, load, learning, ("storage", *EXAMPLES))
    if learning == "storage":
        for name, value in (("r", r), ("M", M)):
            if value is not None:
                raise ParameterError(f"{name} = {value!r} with learning = 'storage': the archetypes are stored without examples; leave r and M "
                                     f"out or take learning = {' or '.join(map(repr, EXAMPLES))}", name)
    elif r is None or M is None:
        name = "r" if r is None else "M"
        raise ParameterError(f"learning = {learning!r} needs {name}: {PARAMETERS[name].meaning}", name)
    form = choose("form", form, PARAMETERS["form"].choices)
    r, M = (1.0, 1.0) if learning == "storage" else (PARAMETERS["r"].check(r), PARAMETERS["M"].check(M))
    rho, noise = noises(P, load, learning, r, M)
    if N is not None:
        if learning != "unsupervised":
            raise ParameterError(f"N = {N!r} with learning = {learning!r}: the correction of a finite size is derived for learning = "
                                 "'unsupervised' only; leave N out", "N")
        N = PARAMETERS["N"].check(N)
        if N < P:
            raise ParameterError(f"N = {N} with P = {P}: an interaction needs at least P neurons; raise N", "N")
        noise += (P - 1) ** 2 * rho / N / r / r
    if form == "gaussian":
        total = rho + noise
        return float(erf(1 / math.sqrt(2 * total))) if total else 1.0
    if M != int(M):
        raise ParameterError(f"M = {M:g} with form = 'binomial': expected a whole number of examples; or take form = 'gaussian'", "M")
    u, weight = mean_of_examples(r, int(M))
    return float(weight @ (erf(u / math.sqrt(2 * noise)) if noise else np.sign(u)))


def example_threshold(network, *, P, load, r, learning, threshold=DETECTED):
    """Smallest real M >= 1 with which one step (`one_step`, form "gaussian") gives m >= erf(threshold), a float.

    The condition is rho + X <= tau = 1/(2 threshold**2) (1/sqrt(2): tau = 1, m = 0.683), and M = (1 - r**2)/(r**2 rho) at its root:

        supervised:    rho + load (1 + rho)**P = tau
        unsupervised:  M = [(1 - r**2)/r**2 + load (1 - r**(2P))/r**(2P)]/(tau - load)

    Raises ParameterError for load >= tau, which no number of examples can reach, and on values outside their domains.
    """
    P, load, learning = _common(network, P, load, learning, EXAMPLES)
    r, tau = PARAMETERS["r"].check(r), 1 / (2 * THRESHOLD.check(threshold) ** 2)
    _reachable(load, tau, threshold)
    rho, noise = noises(P, load, learning, r, 1.0)
    if learning == "unsupervised":
        return max(1.0, (rho + noise - load) / (tau - load))
    return max(1.0, rho / _largest_entropy(P, load, tau))


def detectable_quality(network, *, P, N, b, learning, M=None, M_r2=None, threshold=DETECTED, crosstalk_only=False):
    """Smallest quality r of the examples with which one step gives m >= erf(threshold), for K = N**b archetypes: a float, 0 for "any".

    Either M, the number of examples, or M_r2 = M r**2, which lets it grow as 1/r**2 (form "gaussian").  The condition is
    rho + X <= tau = 1/(2 threshold**2) at load = (P-1)! N**(b-P+1); with crosstalk_only X <= tau alone: the other archetypes do not hide
    what the examples show, however little that is.  N is any number >= 2, and corrections of a finite N are left out: they are small
    where N r**2 >> (P-1)**2 (unsupervised), N M r**2 >> (P-1)**2 (supervised).

    How r falls with N: `scaling_exponents`.  Raises ParameterError where no quality suffices, and on values outside their domains.
    """
    N = Parameter(name="N", symbol="N", meaning="number of neurons", kind=float, low=2).check(N)
    P, b, learning = _common(network, P, b, learning, EXAMPLES, GROWTH)
    if (M is None) == (M_r2 is None):
        raise ParameterError(f"M = {M!r}, M_r2 = {M_r2!r}: give one of them, the number of examples or M r**2", "M")
    fixed = None if M is None else PARAMETERS["M"].check(M)
    multiple = None if M_r2 is None else MULTIPLE.check(M_r2)
    load = math.exp(min(math.lgamma(P) - (P - 1 - b) * math.log(N), 700))
    tau = 1 / (2 * THRESHOLD.check(threshold) ** 2)
    _reachable(load, tau, threshold)

    def excess(log_r):
        """Noise over what it may be, as a logarithm: falls as r grows."""
        r = math.exp(log_r)
        rho, noise = noises(P, load, learning, r, fixed or multiple / r**2)
        total = noise if crosstalk_only else rho + noise
        return min(math.log(total / tau), 1e3) if total else -1e3

    lowest = math.log(SMALLEST)
    return 0.0 if excess(lowest) <= 0 else math.exp(brentq(excess, lowest, 0.0, xtol=1e-14))


def scaling_exponents(P, b, learning):
    """Powers of one step for small r and large N, K = N**b: a dict of floats.

    * "examples": M ~ r**x, examples needed at K ~ N**(P-1), whatever b: -2 supervised, -2P unsupervised
    * "quality": r ~ N**x where the crosstalk of the other archetypes equals the signal, at fixed M: -(P-1-b)/(2P), from
      load (1 + rho)**P = O(1), r ~ M**(-1/2), and load rho_P = O(1), r ~ M**(-1/(2P))
    * "quality_at_floor": r ~ N**x with M ~ r**-2 examples, the fewest that show the archetype at all: rho = O(1), so that supervised
      learning has no lower limit (-inf) and unsupervised has load rho_P ~ load r**(2-2P) = O(1), -(P-1-b)/(2P-2)

    With b < P-1 synapses are spared, and poorer examples are detected the larger the network.  ParameterError unless 0 <= b <= P-1.
    """
    P, b, learning = _common("dense", P, b, learning, EXAMPLES, GROWTH)
    spare = P - 1 - b
    supervised = learning == "supervised"
    return {"examples": -2.0 if supervised else -2.0 * P, "quality": -spare / (2 * P),
            "quality_at_floor": -math.inf if supervised else -spare / (2 * P - 2)}


def noises(P, load, learning, r, M):
    """(rho, X): variance of u and of the noise of the other archetypes, in units of the signal squared; inf where they overflow."""
    with np.errstate(over="ignore"):
        rho, rho_P = np.expm1(np.array([-2.0, -2.0 * P]) * math.log(r)) / M
        many = 1 + rho_P if learning == "unsupervised" else (1 + rho) ** P    # storage: r = 1, rho = 0
    return float(rho), float(load * many) if load else 0.0


def mean_of_examples(r, M):
    """(u, weight), 1-D: u = (2k - M)/(r M) with the probabilities of k ~ Binomial(M, (1+r)/2), but for tails below 1e-30."""
    if r == 1:
        return np.ones(1), np.ones(1)
    p = (1 + r) / 2
    far = 12 * math.sqrt(M * p * (1 - p)) + 80           # 80: the Poisson tail where r is close to 1
    k = np.arange(max(0, math.floor(M * p - far)), min(M, math.ceil(M * p + far)) + 1, dtype=float)
    ratio = np.log((M - k[:-1]) / k[1:] * (1 + r) / (1 - r))   # of neighbors: no factorials, exact for any M
    log_weight = np.append(0.0, np.cumsum(ratio))
    weight = np.exp(log_weight - log_weight.max())
    return (2 * k - M) / (r * M), weight / weight.sum()


def _largest_entropy(P, load, tau):
    """Root rho of rho + load (1 + rho)**P = tau, load < tau: the left side rises, and either term alone bounds the root."""
    if load == 0:
        return tau
    above = 2 * min(tau - load, (tau / load) ** (1 / P) - 1)
    return brentq(lambda rho: rho + load * (1 + rho) ** P - tau, 0.0, above, xtol=1e-300, rtol=1e-15)


def _common(network, P, value, learning, learnings, domain=LOAD):
    choose("network", network, ("dense",))
    P, value = PARAMETERS["P"].check(P), domain.check(value)
    if domain is GROWTH and value > P - 1:
        raise ParameterError(f"b = {value:g} with P = {P}: expected at most P - 1 = {P - 1}, beyond which the load grows with N", "b")
    return P, value, choose("learning", learning, learnings)


def _reachable(load, tau, threshold):
    if load > tau * (1 - 1e-12):                         # 1/(2 threshold**2) is rounded
        raise ParameterError(f"load = {load:g}: even from infinitely many examples one step stays below m = erf({threshold:g}) = "
                             f"{erf(threshold):.6g}, which needs load < 1/(2 threshold**2) = {tau:g}; lower the load or the threshold", "load")
