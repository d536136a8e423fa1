"""One step of the multitasking network from its hierarchical state: signal against noise, and how many examples it takes.

All neurons are updated once at T = 0 from s = xi^mu where mu is the first pattern that is not zero (a coin where all are); then
n_mu = (1-d) d**(mu-1)/(1 + rho), the noise of Gaussian examples has E over the xi of one neuron, and

    m_mu = E xi_mu erf(h/sqrt(2 rho sum_nu (n_nu xi_nu)**2)),   h = sum_nu n_nu xi_nu                                      (counted="all")
    m_mu ~ (1-d) d**(mu-1) erf(1/sqrt(2 [rho + (1 + rho) g_mu])),   g_mu = d**2 (1 - d**(2 (K-mu)))/(1 + d)                (counted="level")

the second from two moments of the field of those neurons alone whose first pattern is mu.  Neurons of other patterns that change sides add to
m_mu for mu > 1.  For N -> infinity supervised and unsupervised learning are the same: the field noise of the latter has variance
O(K/(N M r**4)).  Source: docs/theory/multitasking, derived there.
"""
import math

import numpy as np
from scipy.optimize import brentq
from scipy.special import erf

from .. import equations
from ..params import PARAMETERS, ParameterError, Params, choose
from . import multitasking
from .signal_to_noise import DETECTED, THRESHOLD


def _gap(K, d, level):
    return d * d * (1 - d ** (2 * (K - level))) / (1 + d)


def hierarchical_one_step(*, K, d, r, M, counted="all"):
    """Overlaps (K,) with the archetypes after one parallel update at T = 0 from the hierarchical state of K archetypes of dilution d.

    r, M: quality and number of the examples of each; their mean is taken as Gaussian.  counted: "all" neurons, exact for N -> infinity, or
    "level", those whose first archetype is mu, from two moments of their field.  Equations: this module's docstring.
    Raises ParameterError on values outside their domains.
    """
    K, d, r, M = (PARAMETERS[name].check(value) for name, value in (("K", K), ("d", d), ("r", r), ("M", M)))
    rho = (1 - r * r) / (M * r * r)
    module = equations.get("multitasking")
    start = module.hierarchy(K, d)
    if choose("counted", counted, ("all", "level")) == "level":
        noise = np.array([rho + (1 + rho) * _gap(K, d, level) for level in range(1, K + 1)])
        with np.errstate(divide="ignore"):
            return start * erf(1 / np.sqrt(2 * noise))
    blank = dict.fromkeys((*module.REQUIRED, *module.OPTIONAL))
    e = module.build(Params({**blank, "K": K, "d": d, "learning": "supervised", "rho": rho, "form": "gaussian"}))
    return multitasking.averages(e, 0.0, start).m


def hierarchical_threshold(*, K, d, r, level=1, threshold=DETECTED, exact=False):
    """Smallest real M >= 1 with which one step gives an overlap of (1-d) d**(level-1) erf(threshold) with archetype `level`, a float.

    From two moments, M = (1 - r**2)/r**2 (1 + g)/(1/(2 threshold**2) - g), g_level as above; exact=True, level 1 only, from the exact
    overlap of one step.  A criterion and not a transition: overlaps fall smoothly with the noise.
    Raises ParameterError where no number of examples suffices, and on values outside their domains.
    """
    K, d, r = (PARAMETERS[name].check(value) for name, value in (("K", K), ("d", d), ("r", r)))
    level, threshold = PARAMETERS["K"].check(level), THRESHOLD.check(threshold)
    if level > K:
        raise ParameterError(f"level = {level} with K = {K}: expected a level from 1 to K", "level")
    g, tau = _gap(K, d, level), 1 / (2 * threshold**2)
    if exact and level > 1:
        raise ParameterError(f"exact = True with level = {level}: neurons of other levels add to its overlap, so that only level 1 is compared",
                             "level")
    if not exact:
        if g >= tau:
            raise ParameterError(f"threshold = {threshold:g}: the other levels alone hide level {level} at d = {d:g}, which needs g = {g:.6g} < "
                                 f"1/(2 threshold**2) = {tau:.6g}; lower the threshold or d", "threshold")
        return max(1.0, (1 - r * r) / r**2 * (1 + g) / (tau - g))
    wanted, one = (1 - d) * erf(threshold), (1 - r * r) / r**2

    def excess(log_rho):
        return hierarchical_one_step(K=K, d=d, r=1 / math.sqrt(1 + math.exp(log_rho)), M=1.0)[0] - wanted

    low, high = math.log(1e-9), math.log(1e9)
    if excess(low) <= 0:
        raise ParameterError(f"threshold = {threshold:g}: even from infinitely many examples one step stays below (1-d) erf(threshold) at d = {d:g}; "
                             "lower the threshold or d", "threshold")
    return max(1.0, one / math.exp(brentq(excess, low, high, xtol=1e-13)))
