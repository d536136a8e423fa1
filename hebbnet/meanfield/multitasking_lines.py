"""Lines of the multitasking network (docs/theory/multitasking): each is one function `line(given, unknown, size) -> Line`.

Which parameters a line needs and which one it is solved for stands in LINES.  A line that is not derived for what is given refuses.
"""
import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from .. import equations
from ..params import PARAMETERS, ParameterError, Params, check, choose, count, nearest
from . import multitasking as states
from .edges import sign_changes
from .multitasking_search import COMPLETE

NETWORK = "multitasking"
TIGHT = {"xtol": 1e-15, "rtol": 1e-14}


class Line(NamedTuple):
    """`values` ascending, a sentence, the one of them that is `value`, and state(value) -> Solution."""

    values: tuple
    status: str
    value: float = math.nan
    state: object = None


def _line(values, status, state, value=None):
    values = tuple(float(v) for v in values)
    return Line(values, status, values[-1] if value is None else float(value), state)


def _at(given, **changes):
    """(Params, Diluted) of `given` with some parameters changed."""
    module = equations.get(NETWORK)
    params = module.resolve(Params({**dict.fromkeys((*module.REQUIRED, *module.OPTIONAL)), "learning": "storage", **given, **changes}))
    return params, module.build(params)


def _paramagnet(given, **changes):
    params, e = _at(given, **changes)
    return states.solution(NETWORK, "paramagnet", params, e, states.averages(e, params.T, np.zeros(e.K)), 0.0, 0)


def _mixture(given, size, **changes):
    params, e = _at(given, **changes)
    return states.solution(NETWORK, "pure" if size == 1 else "symmetric", params, e, *states.mixture(e, params.T, size))


def mode(given, size, **changes):
    """Smallest eigenvalue, in the space of all K patterns, of the state with `size` equal overlaps."""
    params, e = _at(given, **changes)
    return states.lowest_mode(e, states.mixture(e, params.T, size)[0])


def ergodic(given, unknown, size):
    """T_c = 1 - d, for storage and learning: above it all overlaps vanish."""
    K = given.K or 1
    return _line([1 - given.d], "converged", lambda T: _paramagnet(given, K=K, T=T))


def pure(given, unknown, size):
    """T_P, where the other patterns condense beside a pure state: it is stable above, up to T_c (with examples there may be more roots)."""
    module, K = equations.get(NETWORK), max(given.K or 2, 2)
    if given.d == 0:
        return Line((), "no line at d = 0: no neuron is left free by the first pattern, and the pure state is stable at every T < 1")
    if given.learning == "storage":
        if given.d >= 2 / 3:
            return Line((), f"no line at d = {given.d:.10g}: the pure state is unstable at every T for d >= 2/3; lower d")
        x = brentq(lambda x: module.pure_end(x)[0] - given.d, 1e-3, 2 / given.d, **TIGHT)
        values = [module.pure_end(x)[1]]
    else:
        values = _mode_roots(given, 1, K)
        if not values:
            return Line((), f"no line at d = {given.d:.10g}: the pure state keeps its stability at every T < T_c")
    return _line(values, "converged", lambda T: _mixture(given, 1, K=K, T=T))


def symmetric(given, unknown, size):
    """T_S, where `n` equal overlaps (default: all K) lose stability; several where they are stable in between."""
    if given.K < 2:
        raise ParameterError(f"K = {given.K} with which = 'symmetric': a mixture needs at least two patterns", "K")
    values = _mode_roots(given, size, given.K)
    if not values:
        return Line((), f"no line at d = {given.d:.10g}: {size} equal overlaps keep their stability at every T < T_c")
    status = "converged" if len(values) == 1 else "converged: stability changes at each root"
    return _line(values, status, lambda T: _mixture(given, size, T=T))


def _mode_roots(given, size, K):
    scan = (1 - given.d) * np.concatenate([np.geomspace(1e-3, 0.1, 15), np.linspace(0.12, 0.98, 44), [0.99, 0.999]])
    return sign_changes(lambda T: mode(given, size, K=K, T=T), scan)[0]


def hierarchical(given, unknown, size):
    """d_c, where the hierarchical state (1-d) d**(mu-1) of storage ends at T = 0: 1 - 2d + d**K = 0."""
    module = equations.get(NETWORK)
    if given.K < 3:
        return Line((1.0,), "converged: for K < 3 the hierarchical state is stable at T = 0 for every d < 1", 1.0)
    value = brentq(lambda d: module.least_field(given.K, d), 0.5, (2 / given.K) ** (1 / (given.K - 1)), **TIGHT)

    def last(value):                                      # at d_c itself a field vanishes
        return _hierarchy(given, value * (1 - 1e-9))
    return _line([value], "converged: the hierarchical state is stable below; `solution` is the last one before it", last)


def _hierarchy(given, d):
    params, e = _at(given, d=d)
    n = equations.get(NETWORK).hierarchy(e.K, d)
    a = states.averages(e, 0.0, n)
    return states.solution(NETWORK, "hierarchical", params, e, a, float(np.abs(a.drive - n).max()), 0)


def ground_state(given, unknown, size):
    """d*, where another state takes over from the hierarchical one as the ground state, T = 0: before that one ends."""
    if given.K < 3:
        return Line((), f"no line at K = {given.K}: the hierarchical state is the ground state at every d")
    end = hierarchical(given, unknown, size).value

    def excess(d):
        """Energy of the hierarchical state minus the lowest energy found."""
        _, e = _at(given, d=d)
        a = states.averages(e, 0.0, equations.get(NETWORK).hierarchy(e.K, d))
        found = states.minima(e, 0.0, lowest=True)
        return states.free_energy(e, a) - states.free_energy(e, found[0][0])

    low, high = 0.5, end * (1 - 1e-9)
    if excess(high) <= 1e-13:
        return Line((), "no other state of lower energy was found up to d_c")
    while high - low > 1e-11:
        middle = (low + high) / 2
        low, high = (low, middle) if excess(middle) > 1e-13 else (middle, high)
    status = "converged" if given.K <= COMPLETE else "converged: an upper bound, as the search for states of lower energy may have missed some"
    return _line([high], status, lambda d: _hierarchy(given, d))


def multicritical(given, unknown, size):
    """d_m = 2/(3 (1 + rho)**2): just below T_c the stable state is pure for d < d_m and symmetric for d > d_m."""
    d = equations.get(NETWORK).multicritical(given.rho or 0.0)
    return _line([d], "converged: just below T_c the state is pure for smaller d and symmetric for larger d",
                 lambda d: _paramagnet(given, K=1, d=d, T=1 - d))


def parallel(given, unknown, size):
    """rho_S, above which K equal overlaps are stable because the noise of the data blurs ties; as a number of examples the other way."""
    if given.K < 2:
        raise ParameterError(f"K = {given.K} with which = 'parallel': it takes at least two patterns", "K")
    if given.T >= 1 - given.d:
        raise ParameterError(f"T = {given.T:g} with which = 'parallel': no overlap is left at T >= 1 - d = {1 - given.d:g}; lower T", "T")
    one = (1 - given.r**2) / given.r**2 if unknown == "M" else 1.0          # rho M
    if given.get("form") == "binomial":
        return _parallel_count(given, one)
    scan = np.concatenate([np.geomspace(1e-3, 1, 60), np.geomspace(1.1, 30, 24)])
    given = Params({**given, "form": "gaussian", "M": None, "r": None})
    roots = sign_changes(lambda rho: mode(given, given.K, rho=rho), scan)[0]
    if not roots:
        return Line((), f"no line at d = {given.d:.10g}, T = {given.T:.10g}: equal overlaps do not change their stability for rho from 0.001 to 30")
    status = "converged" if len(roots) == 1 else "converged: equal overlaps are metastable between lower roots"
    if unknown == "rho":
        return _line(roots, status, lambda rho: _mixture(given, given.K, rho=rho))
    counts = sorted(one / rho for rho in roots)
    return _line(counts, status, lambda M: _mixture(given, given.K, rho=one / M), counts[0])


def _parallel_count(given, one):
    """The line in whole numbers M: where the stability of K equal overlaps is not that of M - 1; the last is the border of many examples."""
    most = (2 * equations.get(NETWORK).MOST_FIELDS) ** (1 / given.K) - 2
    where = f"at d = {given.d:.10g}, T = {given.T:.10g}, r = {given.r:.10g}"
    if given.T == 0:
        return Line((), f"no line {where}: the means of two archetypes' examples are equal with some probability, and at T = 0 these ties make "
                        "equal overlaps unstable for every number of examples; raise T, or take form='gaussian'")

    def stable(M):
        return mode(given, given.K, M=M, form="binomial") > 0

    smooth = parallel(Params({**given, "form": None}), "M", None).values
    end = 1.25 * max(smooth, default=one)
    tried = [M for M in range(1, 33) if M <= max(end, 32)]
    while tried[-1] < end or (smooth and stable(tried[-1])):
        tried.append(math.ceil(1.1 * tried[-1]))
        if tried[-1] > most:
            return Line((), f"no answer {where}: more than {int(most)} examples are too many to sum over; take form='gaussian'")
    values, before = [], stable(1)
    for low, high in zip(tried, tried[1:]):
        if stable(high) != before:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if stable(middle) == before else (low, middle)
            values.append(high)
            before = not before
    if not values and before:
        return Line((), f"no line {where}: equal overlaps are stable for every number of examples")
    if not values:
        return Line((), f"no line {where}: equal overlaps are unstable for every number of examples, whose means are too coarse for this "
                        "temperature to blur; raise T, or take form='gaussian'")
    last = "stable" if before else "unstable"
    status = f"converged: equal overlaps change their stability at each root, and are {last} from the last one on"
    return _line(values, status, lambda M: _mixture(given, given.K, M=M if before else M - 1, form="binomial"))


def spinodal(given, unknown, size):
    """alpha_c for K = alpha N, where the pure state ends; replica symmetric."""
    alpha, _ = states.largest_load(given.d, given.T)
    if alpha == 0:
        return Line((), f"no pure state at d = {given.d:.10g}, T = {given.T:.10g} at any load; lower d or T")
    module = equations.get(NETWORK)
    inside = alpha * (1 - 1e-12)
    params = module.resolve(Params({**given, "alpha": alpha}))

    def last(_):
        return states.crowded_solution(NETWORK, params, module.build(params), states.crowded(inside, given.d, given.T))
    return _line([alpha], "converged", last)


class Needs(NamedTuple):
    line: object
    unknowns: tuple           # solved for
    needed: tuple             # parameters that must be given
    learning: bool = True     # whether examples are allowed
    cold: bool = False        # derived for T = 0 only


LINES = {
    "ergodic": Needs(ergodic, ("T",), ("d",)),
    "pure": Needs(pure, ("T",), ("d",)),
    "symmetric": Needs(symmetric, ("T",), ("d", "K")),
    "hierarchical": Needs(hierarchical, ("d",), ("K", "T"), learning=False, cold=True),
    "ground_state": Needs(ground_state, ("d",), ("K", "T"), learning=False, cold=True),
    "multicritical": Needs(multicritical, ("d",), ()),
    "parallel": Needs(parallel, ("rho", "M"), ("K", "d", "T")),
    "spinodal": Needs(spinodal, ("alpha",), ("d", "T"), learning=False),
}


def problem(network, which, ansatz, params, k=None):
    """(the line, given parameters, unknown, size of the mixture) ; ParameterError if what is given does not fit the line."""
    states.refuse_ansatz(ansatz, k)
    module, needs = equations.get(network), LINES[choose("which", which, LINES)]
    params = {name: value for name, value in params.items() if value is not None}
    size = params.pop("n", None)
    known = (*module.REQUIRED, *module.OPTIONAL)
    for name in params:
        if name not in known:
            raise ParameterError(f"{network!r} has no parameter {name!r} here.{nearest(name, known)}", name)
    unknown = needs.unknowns[0]
    if which == "parallel" and "r" in params:
        unknown = "M"
    allowed = {*needs.needed, "K" if which != "spinodal" else "T", "learning", "r", "M", "rho", "form"} - {unknown}
    for name in params:
        if name not in allowed:
            what = "is solved for it; leave it out" if name == unknown else "does not depend on it; leave it out"
            raise ParameterError(f"{name} = {params[name]!r} with which = {which!r}: this line {what}", name)
    optional = {name: value for name, value in module.OPTIONAL.items() if name not in (*needs.needed, unknown)}
    given = check(network, params, required=needs.needed, optional={"K": None, **optional} if "K" not in needs.needed else optional)
    if needs.cold and given["T"] > 0:
        raise ParameterError(f"T = {given['T']:g} with which = {which!r}: this line is derived for T = 0", "T")
    if not needs.learning and given.learning != "storage":
        raise ParameterError(f"learning = {given.learning!r} with which = {which!r}: this line is derived for learning = 'storage'", "learning")
    if which == "parallel":
        if given.learning == "storage":
            raise ParameterError("learning = 'storage' with which = 'parallel': this line is about the noise of examples; take "
                                 "learning = 'supervised'", "learning")
        if given.get("form") == "binomial" and unknown == "rho":
            raise ParameterError("form = 'binomial' with which = 'parallel': the exact form depends on r and M one by one; give r, to solve for M",
                                 "form")
        if unknown == "M" and given.get("rho") is not None:
            raise ParameterError(f"rho = {given.rho} with which = 'parallel': it is solved for rho, or for M with r given", "rho")
    else:
        given = _dataset(module, given)
    if given.get("K"):                                     # refuses more patterns than can be summed over
        known = given if which != "parallel" else {"K": given.K, "d": given.d}
        module.build(Params({**dict.fromkeys((*module.REQUIRED, *module.OPTIONAL)), "d": 0.5, "learning": "storage", **known, "alpha": None}))
    if size is not None and which != "symmetric":
        raise ParameterError(f"n = {size!r} with which = {which!r}: only 'symmetric' takes the number n of equal overlaps", "n")
    size = given.get("K") if size is None else count("n", size)
    if which == "symmetric" and not 1 <= size <= given.K:
        raise ParameterError(f"n = {size} with K = {given.K}: expected at most K patterns in the mixture", "n")
    return needs, given, unknown, size


def _dataset(module, given):
    """`given` with rho and form filled in, as far as a dataset is given."""
    full = module._examples.dataset(Params({**dict.fromkeys(("r", "M", "rho", "form")), **given}))
    return Params({**given, **{name: full[name] for name in ("r", "M", "rho", "form")}})


def boundary(network, which, *, ansatz="rs", k=None, **params):
    """`Boundary` of one line; see boundaries.boundary."""
    from .boundaries import Boundary

    needs, given, unknown, size = problem(network, which, ansatz, params, k)
    found = needs.line(given, unknown, size)
    values, value = found.values, found.value
    state = found.state(found.value) if found.state else None
    if state is None:
        blank = Params({**dict.fromkeys(PARAMETERS), **given, "K": given.get("K") or 1})
        state = states.absent(network, which, blank, found.status)
    ok = bool(values)
    return Boundary(network=network, which=which, ansatz=ansatz, unknown=unknown, params=given, value=value, values=values, solution=state,
                    converged=ok, status=found.status)


def axis(params):
    """(axis, unknown, lines) of a phase diagram over an array of dilutions d: in T, rho or M for K patterns, in alpha for K = alpha N."""
    arrays = [name for name, value in params.items() if np.ndim(value) == 1]
    few, cold = (params.get(name) is not None for name in ("K", "T"))
    if arrays == ["d"] and few and not cold:
        return "d", "T", ("ergodic", "pure", "symmetric")
    if arrays == ["d"] and few and params.get("learning", "storage") != "storage":
        return "d", "rho" if params.get("r") is None else "M", ("parallel",)
    if arrays == ["d"] and cold and not few:
        return "d", "alpha", ("spinodal",)
    raise ParameterError("the phase diagram of 'multitasking' needs d as a 1-D array, and K without T (lines in T), or K, T and learning (in rho, "
                         f"with r in M), or T without K (in alpha); got {', '.join(params) or 'none'}, of which "
                         f"{' and '.join(arrays) or 'none'} as arrays", "d")
