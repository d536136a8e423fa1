"""Lines of modern Hopfield networks at exponential load, solved for T or alpha (docs/theory/modern_statistics).

    spinodal   a well stops being a minimum: its overlap is m_c.  T = 0 and alpha left out: the load that one update of a probe retrieves, from
               the pattern itself, from `overlap`, or from the pattern with noise `sigma`; `patterns` "typical" (default) or "all"
    union      all wells together balance the paramagnet
    single     one well balances the paramagnet
"""
import math

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from .. import equations
from ..equations.modern import TIGHT
from ..params import PARAMETERS, ParameterError, Params, check, choose, nearest
from . import modern

PROBE = {"overlap": None, "sigma": None, "patterns": "typical"}     # of the spinodal at T = 0


def spinodal(module, e, given, unknown):
    """(value or None, sentence)."""
    if unknown == "T":
        m_c = e.m_c(given.alpha, 0.0)
        if e.space == "euclidean":
            return hottest(lambda T: module.end(e, T) - given.alpha, 1e-9, 1e6, given.alpha, module.end(e, 0.0))
        if m_c < 1:
            slope = e.state.slope(m_c)
            return (1 / slope if slope > 0 else math.inf), "converged"
        if given.alpha < module.end(e, 0.0):
            return 0.0, "converged: retrieved by the sign rule at T = 0 only"
        return None, f"no retrieval at alpha = {given.alpha:.10g} at any temperature: it ends at alpha = {module.end(e, 0.0):.10g}; lower alpha"
    if given.T > 0:
        return module.end(e, given.T), "converged"
    if given.get("N") is not None:
        return finite_size(e, given), "converged: uncondensed"
    if given.get("sigma") is not None:
        stretch = math.sqrt(1 + given.sigma**2)
        return e.load(1 / stretch, e.lam * stretch), "converged"
    if given.patterns == "all":
        return module.basin_of_all(e, given.get("overlap")), "converged: all patterns"
    return module.basin(e, 1.0 if given.get("overlap") is None else given.overlap), "converged"


def finite_size(e, given):
    """lam u0 - ln E exp(lam N u)/N; ParameterError where the noise is condensed."""
    u = 1.0 if given.get("overlap") is None else given.overlap
    if u <= e.noise.tilt(e.lam):
        limit = e.noise.tilt(e.lam)
        raise ParameterError(f"N = {given.N} with overlap = {u:.10g}, lam = {e.lam:.10g}: for overlaps up to {limit:.10g} a few patterns make up the "
                             "noise (condensed), where the formula of a finite size is not derived; leave N out", "N")
    return max(e.lam * u - e.noise.finite(e.lam, given.N), 0.0)


def union(module, e, given, unknown):
    """(value or None, sentence).

    balance = ln Z/N of all wells minus that of the paramagnet.  Where the noise is condensed it vanishes at b = lambda_c = rate'(largest), without
    a jump; else it is 0 at b = lam, falls, and comes back: the second root, at lower temperature, is the transition.
    """
    def balance(alpha, b):
        return e.wells(alpha, b) - b * e.m_c(alpha, 0.0)

    onset = e.noise.rate(e.noise.tilt(e.lam))             # the noise is condensed below this alpha
    if unknown == "T":
        if given.alpha == 0:
            return math.inf, "converged: a single pattern has no rival"
        if given.alpha <= onset:
            return 1 / e.noise.slope(e.noise.largest(given.alpha)), "converged: continuous, the noise is condensed"
        if e.m_c(given.alpha, 0.0) >= e.deepest(given.alpha):
            return None, f"no wells at alpha = {given.alpha:.10g} at any temperature: they end at alpha = {last(e, onset):.10g}; lower alpha"
        high = 2 * e.lam
        while balance(given.alpha, high) <= 0:
            high *= 2
        low = minimize_scalar(lambda b: balance(given.alpha, b), bounds=(e.lam, high), method="bounded").x
        return 1 / brentq(lambda b: balance(given.alpha, b), low, high, **TIGHT), "converged: first order"
    if given.T == 0:
        return last(e, onset), "converged: first order"
    b = 1 / given.T
    if b <= e.lam:
        return e.noise.rate(e.noise.tilt(b)), "converged: continuous, the noise is condensed"
    return fall(lambda alpha: balance(alpha, b), onset), "converged: first order"


def last(e, onset):
    """The alpha at which no energy of a pattern is below that of the noise."""
    if e.ensemble != "gaussian":
        return e.load(1.0)
    return fall(lambda alpha: e.deepest(alpha) - e.m_c(alpha, 0.0), onset)


def fall(f, start):
    """The root of an f that is positive at `start` and falls."""
    high = 2 * start
    while f(high) > 0:
        high *= 2
    return brentq(f, start, high, **TIGHT) if f(start) > 0 else start


def single(module, e, given, unknown):
    """(value or None, sentence)."""
    if unknown == "alpha":
        return e.load(1.0 if given.T == 0 else given.T * e.state.growth(1 / given.T)), "converged"
    if given.alpha == 0:
        return math.inf, "converged: a single pattern has no rival"
    m_c = e.m_c(given.alpha, 0.0)
    if m_c >= 1:
        return None, f"no wells at alpha = {given.alpha:.10g} at any temperature: they end at alpha = {e.load(1.0):.10g}; lower alpha"
    value = brentq(lambda log: e.state.growth(math.exp(log)) * math.exp(-log) - m_c, -40, 300, **TIGHT)
    return math.exp(-value), "converged"


def hottest(f, low, high, alpha, limit):
    """The T at which a falling f vanishes."""
    if f(low) <= 0:
        return None, f"no retrieval at alpha = {alpha:.10g} at any temperature: it ends at alpha = {limit:.10g}; lower alpha"
    if f(high) > 0:
        return math.inf, f"converged: beyond T = {high:g}"
    return math.exp(brentq(lambda log: f(math.exp(log)), math.log(low), math.log(high), **TIGHT)), "converged"


LINES = {"spinodal": spinodal, "union": union, "single": single}


def problem(network, which, ansatz, params, k=None):
    """(module, validated given parameters, unknown); ParameterError if what is given does not fit the line."""
    modern.refuse_ansatz(ansatz, k)
    module = equations.get(network)
    choose("which", which, LINES)
    params = {name: value for name, value in params.items() if value is not None}
    known = [*module.REQUIRED, *module.OPTIONAL, *(PROBE if which == "spinodal" else ())]
    for name in params:
        if name not in known:
            raise ParameterError(f"{network!r} has no parameter {name!r} for the line {which!r}.{nearest(name, known)}", name)
    left_out = [name for name in module.UNKNOWNS if name not in params]
    if len(left_out) != 1:
        what = "T and alpha are missing" if left_out else "both are given"
        raise ParameterError(f"{which!r} is solved for the one parameter left out, T or alpha: {what}; give one of them", "T")
    unknown = left_out[0]
    required = [name for name in module.REQUIRED if name != unknown]
    given = check(network, params, required=required, optional={**module.OPTIONAL, **(PROBE if which == "spinodal" else {})})
    resolved = module.resolve(Params({**given, unknown: 0.0}))
    given = Params({name: value for name, value in resolved.items() if name != unknown})
    euclidean = given.get("space") == "euclidean"
    if which != "spinodal" and euclidean:
        raise ParameterError(f"space = 'euclidean' with which = {which!r}: this line is not derived for it; expected 'spinodal'", "space")
    if which != "spinodal" and given.N is not None:
        raise ParameterError(f"N = {given.N} with which = {which!r}: no formula of a finite size is derived for it; leave N out", "N")
    if which == "spinodal":
        check_probe(network, given, unknown)
    return module, given, unknown


def check_probe(network, given, unknown):
    """ParameterError where the probe of one update is not what the formulas are for."""
    for name, default in {**PROBE, "N": None}.items():
        if given[name] != default and (unknown == "T" or given["T"] > 0):
            raise ParameterError(f"{name} = {given[name]!r} with {'T left out' if unknown == 'T' else f'T = {given.T:g}'}: one update of a probe is "
                                 "at T = 0 and solved for alpha; leave it out or give T=0", name)
    if given.overlap is not None and given.overlap <= 0:
        raise ParameterError(f"overlap = {given.overlap:g}: expected a number > 0 and <= 1; a probe without overlap is not retrieved at any load",
                             "overlap")
    if given.sigma is not None:
        if given.get("ensemble", "binary") == "binary":
            raise ParameterError(f"sigma = {given.sigma:g} with {'exponential networks' if network == 'exponential' else 'binary patterns'}: "
                                 "Gaussian noise takes the probe off +-1; give its overlap instead", "sigma")
        for name in ("overlap", "N"):
            if given[name] is not None:
                raise ParameterError(f"{name} = {given[name]!r} with sigma = {given.sigma:g}: expected one of them", name)
        if given.patterns == "all":
            raise ParameterError("patterns = 'all' with sigma: derived for a typical pattern only; leave patterns out", "patterns")
    if given.N is not None and (given.patterns == "all" or network == "exponential"):
        what = "the sign rule" if network == "exponential" else "patterns = 'all'"
        raise ParameterError(f"N = {given.N} with {what}: the formula of a finite size is derived for a typical pattern of 'modern'; leave N "
                             "out", "N")


def boundary(network, which, *, ansatz="rs", k=None, **params):
    """`Boundary` of one line; see boundaries.boundary."""
    from .boundaries import Boundary

    module, given, unknown = problem(network, which, ansatz, params, k)
    e = module.build(Params({**given, unknown: 0.0}))
    value, status = LINES[which](module, e, given, unknown)
    values = () if value is None else (float(value),)
    value = values[0] if values else math.nan
    full = module.resolve(Params({**dict.fromkeys([*module.REQUIRED, *module.OPTIONAL]), **given, unknown: value, "N": None}))
    plain = math.isfinite(value)
    if plain:                                             # a line that is the end of the wells has the last one before it
        solution = modern.state(network, module, full, "retrieval")
        if not solution.converged:
            inside = {"alpha": full.alpha * (1 - 1e-12)} if unknown == "alpha" else {"T": full["T"] * (1 - 1e-12)}
            solution = modern.state(network, module, full.replace(**inside), "retrieval")
    else:
        solution = modern.blank(network, full, "retrieval", status)
    return Boundary(network=network, which=which, ansatz=ansatz, unknown=unknown, params=given, value=value, values=values,
                    solution=solution, converged=bool(values), status=status)


def axis(params):
    """(axis, unknown, lines) of a phase diagram over an array of alpha or of T, with the other left out."""
    arrays = [name for name, value in params.items() if np.ndim(value) == 1]
    others = [name for name in ("alpha", "T") if params.get(name) is None]
    if len(arrays) != 1 or len(others) != 1 or arrays[0] not in ("alpha", "T"):
        raise ParameterError(f"the phase diagram needs exactly one of T, alpha as a 1-D array and the other left out; got "
                             f"{', '.join(params) or 'none'}, of which {' and '.join(arrays) or 'none'} as arrays", "T")
    for value in np.asarray(params[arrays[0]], float):
        PARAMETERS[arrays[0]].check(value)
    return arrays[0], others[0], tuple(LINES)
