"""Lines of the phase diagram: where a branch ends, loses against the m = 0 phase, or loses replica symmetry.

Each line is a function `line(point) -> Roots` of a `Point`, the problem with one unknown; `boundary` adds the Solution there.
A new line is one more function in LINES.
"""
import math
import sys
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from .. import equations
from ..observables import describe
from ..params import ParameterError, Params, check, choose, nearest
from . import edges, glass, onestep, onestep_lines, rs
from .averages import response
from .edges import TINY, at_loads, at_temperatures, sign_changes
from .search import least_integer, monotonic_root
from .solution import Solution
from .solving import ansatz_named, own_solver

ROOTS = 2          # length of the dimension `root` where lines are written as arrays
HIGHEST_FIELD = 1e6   # of the line m = q without noise in the examples: T = P/2e-6 there
UNRESOLVED = "no transition found: alpha is too small for the free energies to differ in double precision; raise alpha"


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """One line of the phase diagram at one point: `value` of the unknown (highest root; of multitasking with M unknown the lowest), `values`
    (all, ascending), NaN and () if there is none; `solution` is the state at `value`; `status` says in a sentence what was found.
    float(boundary) is `value`."""

    network: str
    which: str
    ansatz: str
    unknown: str
    params: Params           # the given ones, without the unknown
    value: float
    values: tuple
    solution: Solution = field(repr=False)
    converged: bool
    status: str

    def __float__(self):
        return self.value

    @property
    def roots(self):
        """The highest `ROOTS` of `values`, ascending, padded with NaN; array (ROOTS,)."""
        out = np.full(ROOTS, np.nan)
        out[:min(ROOTS, len(self.values))] = self.values[-ROOTS:]
        return out


class Point(NamedTuple):
    """A line's problem: equations, the unknown's name, alpha or T as given (the other is None), and whether one step is broken."""

    e: object
    network: object          # the module in equations/
    unknown: str
    alpha: float
    T: float
    broken: bool = False     # ansatz "1rsb"

    def at(self, value):
        """(alpha, T) with the unknown at `value`."""
        return (value if self.unknown == "alpha" else self.alpha), (value if self.unknown == "T" else self.T)


def retrieval_state(p, alpha, T):
    if p.broken:
        return onestep_lines.retrieval(p.network, p.e, alpha, T)
    return edges.retrieval_or_end(p.e, alpha, T), rs


def symmetric_state(p, alpha, T):
    return edges.retrieval_or_end(p.e, alpha, T), rs


def end_state(p, alpha, T):
    """The last retrieval state at T; alpha is on the spinodal."""
    if p.broken and alpha > 0 and T < onestep_lines.meeting(p.network, p.e):
        _, module, state, _ = onestep_lines.largest_load(p.network, p.e, T)
        return state, module
    return rs.at_fold(p.e, alpha, T), rs


def paramagnet_state(p, alpha, T):
    return rs.paramagnet(p.e, alpha, T), rs


class Roots(NamedTuple):
    """`values` ascending, a sentence, and how to find the (State, module of its ansatz) at (alpha, T) of the highest."""

    values: tuple
    status: str
    state: object = retrieval_state
    branch: str = "retrieval"


# ---- the end of the retrieval branch

def too_hot(T, top):
    return f"no retrieval at T = {T:.10g} at any load: it ends at T = {top:.10g} for a single pattern; lower T"


def spinodal(p):
    """The end of the retrieval branch (docs/theory/dense, "Numerics", and rsb)."""
    if p.unknown == "alpha":
        top = rs.single_pattern_spinodal(p.e)[0]
        if p.T > top:
            return Roots((), too_hot(p.T, top))
        if p.T == top:
            return Roots((0.0,), "converged", end_state)
        if not p.broken:
            return Roots((rs.fold(p.e, p.T)[0],), "converged", end_state)
        load, _, _, status = onestep_lines.largest_load(p.network, p.e, p.T)
        return Roots((load,), status, end_state)
    family = onestep_lines if p.broken else edges
    roots = family.spinodal_temperatures(*((p.network, p.e) if p.broken else (p.e,)), p.alpha)
    if roots:
        status = "converged" if len(roots) == 1 else "converged: re-entrant, retrieval lives between the roots"
        if p.broken and roots[-1] >= onestep_lines.meeting(p.network, p.e):
            status += "; the upper root is replica symmetric and stable" if len(roots) > 1 else ": replica symmetric and stable there"
        return Roots(roots, status, end_state)
    T, load = zip(*onestep_lines.shape(p.network, p.e)) if p.broken else edges.spinodal_shape(p.e)
    top = max(load)
    return Roots((), f"no retrieval at alpha = {p.alpha:.10g} at any temperature: the largest load is alpha = {top:.10g}, "
                     f"at T = {T[load.index(top)]:.10g}; lower alpha")


def retrieval_interval(p):
    """(lowest, highest) temperature of retrieval at p.alpha, None where there is none."""
    return onestep_lines.interval(p.network, p.e, p.alpha) if p.broken else edges.retrieval_interval(p.e, p.alpha)


# ---- the transition between retrieval and the m = 0 phase

def advantage(p, alpha, T):
    """Free energy of the m = 0 phase minus that of retrieval: positive where retrieval is the phase."""
    zero, found = (onestep_lines.free_energy(p.network, p.e, alpha, T, *state) for state in (
        onestep_lines.zero_phase(p.network, p.e, alpha, T, p.broken), retrieval_state(p, alpha, T)))
    return zero - found


def transition(p):
    """Equal free energies of retrieval, in the ansatz, and the m = 0 phase: the paramagnet down to its freezing temperature, below
    it the glass, for P >= 3 that of one step of breaking (theta < 1), for P = 2 that of the ansatz."""
    if p.e.P == 2 and (p.alpha == 0 or p.T == 1):
        return Roots((1.0 if p.unknown == "T" else 0.0,), "converged: continuous transition of a single pattern",
                     lambda p, alpha, T: (rs.at_fold(p.e, alpha, T), rs))
    return transition_temperature(p) if p.unknown == "T" else transition_load(p)


def unresolved(p):
    """A sentence where a free energy that the transition needs is not known."""
    glassy = None if p.e.soft else onestep.spin_glass(p.network, p.e, 1.0, 0.0)
    return UNRESOLVED if glassy is None or glassy.exists else f"no transition found: {glassy.status}; take another N, or none"


def transition_temperature(p):
    interval = retrieval_interval(p)
    if interval is None:
        return spinodal(p)
    low, high = interval
    freezing = 0.0 if p.e.soft else rs.freezing_temperature(p.e, p.alpha)
    # the paramagnet does not reach T = 0; a glass does
    bottom = max(low, freezing) if freezing > 0 else max(low, 0.0 if p.e.soft else 1e-3 * high)
    grid = np.linspace(bottom, high, 25) if bottom < high else np.array([])
    if freezing > low:
        grid = np.concatenate([np.linspace(low, min(freezing, high), 7 if p.broken else 13)[:None if grid.size == 0 else -1], grid])
    roots, values = sign_changes(lambda T: advantage(p, p.alpha, T), grid)
    if roots:
        return Roots(roots, "converged" if len(roots) == 1 else "converged: re-entrant, the phase changes at each root")
    if np.isnan(values).any() or (p.e.soft and values[0] > 0):
        return Roots((), unresolved(p))
    if values[0] > 0:
        return Roots((), "no transition: retrieval has the lower free energy up to the end of its branch")
    return Roots((), f"no transition at alpha = {p.alpha:.10g}: the m = 0 phase, a glass at low T, has the lower free energy at every T; "
                     f"lower alpha")


def transition_load(p):
    top = rs.single_pattern_spinodal(p.e)[0]
    if p.T >= top:
        return Roots((), too_hot(p.T, top))
    largest = onestep_lines.largest_load(p.network, p.e, p.T)[0] if p.broken else rs.fold(p.e, p.T)[0]
    grid = np.linspace(0, largest, 13 if p.broken and (p.T == 0 or p.e.soft) else 25)
    if p.e.soft or p.T == 0:
        grid[0] = 1e-6 * grid[1]                        # at alpha = 0 there is no glass, and no paramagnet at T = 0
    roots, values = sign_changes(lambda alpha: advantage(p, alpha, p.T), grid)
    if roots:
        return Roots(roots, "converged")
    if np.isnan(values).any():
        return Roots((), unresolved(p))
    if values[0] < 0:
        return Roots((), f"no transition at T = {p.T:.10g}: the m = 0 phase has the lower free energy at every load; lower T")
    return Roots((), "no transition: retrieval has the lower free energy up to the end of its branch")


# ---- the de Almeida-Thouless line

def at(p):
    """lambda = 1 on the replica-symmetric retrieval branch, for every ansatz: there breaking begins."""
    if p.unknown == "T":
        if p.alpha == 0:
            return Roots((), "no AT line at alpha = 0: without noise replica symmetry is stable at every T")
        interval = edges.retrieval_interval(p.e, p.alpha)
        if interval is None:
            return spinodal(p._replace(broken=False))
        roots, unstable = at_temperatures(p.network, p.e, p.alpha)
        if roots:
            return Roots(roots, "converged", symmetric_state)
        if not unstable and interval[0] == 0:
            return Roots((), f"T_AT underflows at alpha = {p.alpha:.10g}: below {TINY:g}, but never zero; raise alpha")
        return Roots((), f"no AT line at alpha = {p.alpha:.10g}: lambda - 1 keeps its sign on the whole retrieval branch")
    if p.T == 0:
        return Roots((), "no AT line at T = 0: replica symmetry is unstable there for every alpha > 0")
    top = rs.single_pattern_spinodal(p.e)[0]
    if p.T >= top:
        return Roots((), too_hot(p.T, top))
    roots = at_loads(p.network, p.e, p.T)
    if roots:
        return Roots(roots, "converged", symmetric_state)
    return Roots((), f"no AT line at T = {p.T:.10g}: retrieval is replica symmetric and stable up to the end of its branch")


# ---- glass temperatures of the m = 0 phase

def static_glass(p):
    """Where the m = 0 phase freezes: P = 2 T_g = 1 + sqrt(alpha), P >= 3 T_K sqrt(alpha); continuous where the kernel has it.

    In a random field (odd P with repeated indices), which has q > 0 at every T: where that phase breaks replica symmetry.
    """
    if p.e.soft:
        if p.unknown == "T":
            return Roots((1 + math.sqrt(p.alpha),), "converged", paramagnet_state, "paramagnet")
        if p.T < 1:
            return Roots((), f"no static glass transition at T = {p.T:.10g}: below T = 1 the m = 0 phase is a glass at every "
                             f"alpha > 0")
        return Roots(((p.T - 1) ** 2,), "converged", paramagnet_state, "paramagnet")
    found = glass.temperatures(p.e.kernel)
    before = f" from {found.static_q0:.10g}" if found.static_q0 else ""
    kind = f"discontinuous, q jumps{before} to {found.static_q:.10g}" if found.jumps else f"continuous{before and f', at q = {found.static_q:.10g}'}"
    return _scaled(p, found.static, f"converged: {kind}", found.static_q, found.static_q0)


def dynamic_glass(p):
    """Where the m = 0 phase of P >= 3 breaks into many metastable states: T_d sqrt(alpha)."""
    if p.e.soft:
        raise ParameterError("which = 'dynamic_glass' with P = 2: the glass grows continuously, at 'static_glass'; "
                             "P >= 3 has both", "which")
    found = glass.temperatures(p.e.kernel)
    if math.isnan(found.dynamic):
        return Roots((), "no dynamic glass transition: the glass grows continuously, at 'static_glass'")
    return _scaled(p, found.dynamic, f"converged: q jumps to {found.dynamic_q:.10g}", found.dynamic_q, found.dynamic_q0)


def gardner(p):
    """Where the one-step glass of P >= 3 becomes unstable against more steps: T_G sqrt(alpha); lambda1 = 1."""
    temperature, x = onestep_lines.gardner(p.network, p.e)

    def state(p, alpha, T):
        if alpha == 0:
            return onestep.absent("no glass at alpha = 0"), onestep
        return x._replace(chi=x.chi / math.sqrt(alpha), y=x.y / math.sqrt(alpha)), onestep

    return Roots(_scaled(p, temperature, "", 0, 0).values, "converged: below, one step of breaking is unstable itself", state, "glass")


def _scaled(p, temperature, status, q, q0):
    """A glass temperature that grows as sqrt(alpha); the state there is the paramagnet, with ansatz "1rsb" the glass born there."""
    value = temperature * math.sqrt(p.alpha) if p.unknown == "T" else (p.T / temperature) ** 2
    if p.broken and q > q0 and value > 0:
        return Roots((value,), status, lambda p, alpha, T: (onestep_lines.newborn_glass(T, q, q0), onestep), "glass")
    return Roots((value,), status, paramagnet_state, "paramagnet")


# ---- the line on which replica symmetry is exact

def nishimori(p):
    """m = q: the mean of a neuron's field over its temperature equals its variance (docs/theory/examples, "The m = q line").

    Storage: T = alpha.  Gaussian examples: with a the mean field over T everything is explicit,

        m = q = E tanh(a + sqrt(a) z),  n = [m + rho a (1 - m)]/(1 + rho),  T = kappa n**(P-1)/a,  alpha = (2/P) (a - rho a**2) T**2/q**(P-1)

    from a = 1/rho, where alpha = 0, down to where lambda = (P-1) (1 - rho a) (a/q) E sech**4 = 1;  kappa = (P/2) (1 + rho)**(P/2 - 1).
    """
    check_nishimori(p.e)
    P, rho = p.e.P, 0.0 if p.e.examples is None else p.e.examples[2]
    kappa = P / 2 * (1 + rho) ** (P / 2 - 1)

    def place(a):
        q = response(a, a, 1.0)[0]
        T = kappa * ((q + rho * a * (1 - q)) / (1 + rho)) ** (P - 1) / a
        return 2 / P * a * (1 - rho * a) * T * T / q ** (P - 1), T

    def margin(a):
        q, _, _, _, fourth = response(a, a, 1.0)
        return (P - 1) * (1 - rho * a) * a / q * fourth - 1

    start = 1 / rho if rho > 0 else HIGHEST_FIELD
    end = brentq(margin, 1e-6, start, xtol=1e-15, rtol=1e-14)
    known, other = (p.alpha, 1) if p.unknown == "T" else (p.T, 0)
    grid = np.geomspace(end, start, 129)
    fields, _ = sign_changes(lambda a: place(a)[1 - other] - known, grid)
    if fields:
        return Roots(tuple(sorted(place(a)[other] for a in fields)), "converged: replica symmetry is exact there", symmetric_state)
    (first, cold), (last, hot) = place(start), place(end)
    return Roots((), f"the line m = q runs from alpha = {first:.10g}, T = {cold:.10g} to alpha = {last:.10g}, T = {hot:.10g}, where replica "
                     f"symmetry becomes unstable; it does not reach {'alpha' if p.unknown == 'T' else 'T'} = {known:.10g}")


def check_nishimori(e):
    """ParameterError where the line m = q is not known to mean anything."""
    exact_examples = e.examples is not None and e.sites.spread == 0 and len(e.sites.place) > 1
    if e.soft or any(e.kernel[:-1]) or e.kernel[-1] != 0.5 or exact_examples:
        raise ParameterError("which = 'nishimori': the line m = q is derived for P >= 3 with distinct indices and N left out, for storage and for "
                             "supervised learning with form='gaussian'", "which")


LINES = {line.__name__: line for line in (spinodal, transition, at, nishimori, static_glass, dynamic_glass, gardner)}
OF_RETRIEVAL = ("spinodal", "transition", "at")        # lines that depend on the dataset


# ---- rho or M as the unknown: the line's load, as a function of the dataset, has to reach the load given

MOST_EXAMPLES = 10**7


def excess_load(p, which):
    """Load of a line at this T minus the load given; -alpha where the line has none because retrieval is lost at any load.

    Where retrieval is the phase up to the end of its branch, that end takes the place of the transition.
    """
    at_this = p._replace(unknown="alpha", alpha=None)
    roots = LINES[which](at_this)
    if not roots.values and which == "transition":
        end = spinodal(at_this)
        if end.values and advantage(at_this, end.values[-1] * (1 - 1e-9), p.T) > 0:
            roots = end
    return (roots.values[-1] if roots.values else 0.0) - p.alpha


def dataset_roots(p, which, given, unknown):
    """(Roots, Point at the highest) of a line with rho or M as the unknown.

    The load of each line falls with rho, and grows with M in the Gaussian form; the exact form is not monotonic for small M and asks
    for the smallest M from which on the given load is reached.
    """
    def point(value):
        return p._replace(e=p.network.build(Params({**given, unknown: value})))

    def excess(value):
        return excess_load(point(value), which)

    storage = excess_load(p._replace(e=p.network.build(stored(given))), which)
    if storage <= 0:
        return Roots((), f"{which} is at alpha = {storage + p.alpha:.10g} even without any noise in the examples (rho = 0); lower alpha"), p
    if unknown == "M" and given.form != "gaussian":
        M = least_integer(lambda M: excess(float(M)) >= 0, 1 / given.r**2, MOST_EXAMPLES)
        if M == math.inf:
            return Roots((), f"not reached with {MOST_EXAMPLES:,} examples; raise r or lower alpha"), p
        status = f"converged: alpha = {p.alpha:.10g} is below this line for every whole number of examples from M = {M} on"
        return Roots((M,), status), point(float(M))
    if unknown == "M":
        start, low, high, rising = 10 * (1 - given.r**2) / given.r**2 + 1, 1e-6, float(MOST_EXAMPLES), True
    else:
        start, low, high, rising = 0.3, 1e-9, 1e9, False
    value = monotonic_root(excess, start, low, high, rising)
    if math.isinf(value):
        kept = (value < 0) == rising
        return Roots((), f"alpha = {p.alpha:.10g} is {'below' if kept else 'above'} this line for every {unknown} from {low:g} to {high:g}"), p
    if abs(excess(value)) > 1e-6 * p.alpha:
        return Roots((), f"the line jumps over alpha = {p.alpha:.10g} at {unknown} = {value:.10g}"), p
    return Roots((value,), "converged", symmetric_state if which == "at" else retrieval_state), point(value)


def stored(given):
    """The same network without noise in its examples."""
    return Params({**given, "learning": "storage", "r": None, "M": None, "rho": None, "form": None})


TRIAL = {"rho": 0.1, "M": 2.0}       # stands for a dataset that is solved for where parameters are checked


def check_line(network, which, ansatz, params, k=None):
    """ParameterError where the line `which` of `network` cannot be solved for with these parameters."""
    (own_solver(network, "_lines") or sys.modules[__name__]).problem(network, which, ansatz, params, k)


def lines_of(network):
    """The lines of `network` by name."""
    return (own_solver(network, "_lines") or sys.modules[__name__]).LINES


def problem(network, which, ansatz, params, k=None):
    """(module, validated given parameters, unknown, Point); ParameterError if not exactly one unknown is left out.

    Where rho or M is the unknown the Point has the equations of some value of it.
    """
    method = ansatz_named(ansatz, k)[0]
    module = equations.get(network)
    choose("which", which, LINES)
    known = [*module.REQUIRED, *module.OPTIONAL]
    for name in params:
        if name not in known:
            raise ParameterError(f"{network!r} has no parameter {name!r} here.{nearest(name, known)}", name)
    unknowns = module.unknowns(params)
    left_out = [name for name in unknowns if params.get(name) is None]
    if len(left_out) != 1:
        names = " or ".join(unknowns)
        what = f"{' and '.join(left_out)} are missing" if left_out else f"{'both' if len(unknowns) == 2 else 'all'} are given"
        raise ParameterError(f"{which!r} is solved for the one parameter left out, {names}: {what}; give all but one", unknowns[0])
    unknown = left_out[0]
    given = check(network, params, required=[name for name in module.REQUIRED if name != unknown], optional=module.OPTIONAL)
    whole = module.resolve(Params({**given, **({unknown: TRIAL[unknown]} if unknown in TRIAL else {})}))
    if unknown not in TRIAL:
        given = whole
    elif which not in OF_RETRIEVAL:
        raise ParameterError(f"which = {which!r} with {unknown} left out: this line is solved for T or alpha; {', '.join(OF_RETRIEVAL)} also for "
                             f"{unknown}", "which")
    point = Point(module.build(whole), module, unknown, given.get("alpha"), given.get("T"), method is onestep)
    if which == "gardner":
        onestep_lines.gardner(module, point.e)              # refuses where the line does not exist
    elif which == "nishimori":
        check_nishimori(point.e)
    elif point.e.soft and which == "dynamic_glass":
        dynamic_glass(point)
    return module, given, unknown, point


def boundary(network, which, *, ansatz="rs", k=None, **params):
    """One line of the phase diagram at one point; the parameter left out is the one solved for: T, alpha or, with examples, rho or M.

    which: "spinodal" (end of the retrieval branch; T = 0: the capacity), "transition" (free energies of retrieval and the m = 0
    phase are equal), "at" (retrieval loses replica symmetry), "nishimori" (m = q), "static_glass", "dynamic_glass", "gardner" (of the
    m = 0 phase).  With M left out and form="binomial" (default) the value is a whole number: from it on the given load is reached.
    ansatz: "rs", "1rsb" or "krsb" with k steps ("2rsb" is k = 2) names the retrieval state; where replica symmetry is stable "1rsb"
    gives the symmetric value and says so.
    "multitasking" has lines of its own (docs/theory/multitasking): "ergodic", "pure", "symmetric" (keyword n: how many equal overlaps, default
    K), solved for T; "hierarchical", "ground_state", "multicritical" for d; "parallel" for rho, or with r given
    for M (form="gaussian", the default, a real number; "binomial" whole numbers from which on another side of the line holds); for K = alpha N
    "spinodal" for alpha.  The m = 0 phase is the paramagnet above its freezing temperature, below it the glass
    with one step of breaking (P = 2: in the same ansatz).

    "modern" and "exponential": "spinodal", "union", "single" for T or alpha (docs/theory/modern_statistics); "spinodal" at T=0 is the load that
    one update retrieves, from `overlap`, with Gaussian noise `sigma`, of `patterns` "typical" or "all", of N neurons.

    Returns a `Boundary`.  Where the line does not exist `value` is NaN, `converged` False and `status` says why.
    Raises ParameterError for unknown names, values outside their domain, and none or two unknowns.  Equations: docs/theory/dense, rsb.
    """
    lines = own_solver(network, "_lines")
    if lines:
        return lines.boundary(network, which, ansatz=ansatz, k=k, **params)
    method, steps = ansatz_named(ansatz, k)
    module, given, unknown, point = problem(network, which, ansatz, params, k)
    if steps and which in method.LINES:
        method.check_storage(point.e)
        values, found, status = method.roots(network, module, which, given, **steps)
        return Boundary(network=network, which=which, ansatz=ansatz, unknown=unknown, params=given, value=values[-1] if values else math.nan,
                        values=values, solution=found, converged=bool(values) and found.converged, status=status)
    try:
        if unknown in TRIAL:
            roots, point = dataset_roots(point, which, given, unknown)
        else:
            roots = LINES[which](point)
    except onestep.Unresolved as why:
        roots = Roots((), f"no one-step solution found: {why}")
    value = float(roots.values[-1]) if roots.values else math.nan
    full = Params({**given, unknown: value})
    solver = rs if steps else method                     # the other lines are the same for every number of steps
    state = solver.absent(roots.status)
    if roots.values:
        state, solver = roots.state(point, *point.at(value))
        full = module.resolve(full)
    found = solver.solution(network, module, roots.branch, full, state, point.e)
    ok = bool(roots.values) and (found.converged or roots.branch == "paramagnet")
    return Boundary(network=network, which=which, ansatz=ansatz, unknown=unknown, params=given, value=value,
                    values=tuple(float(v) for v in roots.values), solution=found, converged=ok,
                    status=found.status if roots.values and not ok else roots.status)


def line_entries(which, found, dims=()):
    """{name: (dims, array)} of one or more `Boundary` on the line `which`: the value, all roots, and the status."""
    pick = (lambda values: np.array(values)) if dims else (lambda values: np.array(values[0]))
    return {which: (dims, pick([b.value for b in found])),
            f"{which}_roots": ((*dims, "root"), pick([b.roots for b in found])),
            f"{which}_status": (dims, pick([b.status for b in found]))}


def phase_diagram(network, *, ansatz="rs", k=None, **params):
    """All lines over one axis: give alpha, T, rho or M as a 1-D array and leave out the one that is solved for.

    Returns an xarray.Dataset over (axis,): `spinodal`, `transition`, `at`, `nishimori`, `static_glass`, `dynamic_glass`, `gardner` (highest
    root, NaN where there is none; definitions and ansatz as in `boundary`), each with `..._roots` (axis, root), all roots ascending
    padded with NaN, and `..._status`, a sentence. "multitasking" takes d as the array, with K (lines in T), K, T and learning (in rho; with
    r in M) or T (in alpha). "modern" and "exponential" take T or alpha as the array.  Lines that are not derived for these parameters are
    NaN and their status says so.
    Raises ParameterError as `boundary` does.
    """
    module = equations.get(network)
    own = own_solver(network, "_lines")
    if own:
        axis, unknown, wanted = own.axis(params)
        fixed = {name: value for name, value in params.items() if name != axis}
        grid = np.asarray(params[axis], float)
        return _diagram(network, ansatz, k, wanted, axis, grid, fixed, fixed, unknown)
    axes = [name for name in (*module.UNKNOWNS, "r") if np.ndim(params.get(name)) == 1]
    unknowns = module.unknowns(params)
    if len(axes) != 1 or sum(params.get(name) is None for name in unknowns) != 1:
        got = ", ".join(f"{name} with {np.ndim(params[name])} axes" for name in (*module.UNKNOWNS, "r") if name in params)
        raise ParameterError(f"phase_diagram needs exactly one of {', '.join(unknowns)} as a 1-D array and one left out; got {got or 'none'}",
                             unknowns[0])
    axis = axes[0]
    fixed = {name: value for name, value in params.items() if name != axis}
    grid = np.asarray(params[axis], float)
    for value in grid:
        _, given, unknown, _ = problem(network, "spinodal", ansatz, {**fixed, axis: value}, k)
    return _diagram(network, ansatz, k, LINES, axis, grid, fixed, given, unknown)


def _diagram(network, ansatz, k, lines, axis, grid, fixed, given, unknown):
    """Dataset of `lines` over the values `grid` of `axis`."""
    import xarray as xr

    data = {}
    for which in lines:
        try:
            found = [boundary(network, which, ansatz=ansatz, k=k, **fixed, **{axis: value}) for value in grid]
            data.update(line_entries(which, found, (axis,)))
        except ParameterError as refused:                  # a line that these parameters do not have
            data.update({which: (axis, np.full(grid.size, np.nan)),
                         f"{which}_roots": ((axis, "root"), np.full((grid.size, ROOTS), np.nan)),
                         f"{which}_status": (axis, np.full(grid.size, str(refused)))})
    given = {name: value for name, value in given.items() if name != axis and value is not None}
    dataset = xr.Dataset(data, coords={axis: (axis, grid, describe(axis)), "root": ("root", np.arange(ROOTS), describe("root"))}
                         | {name: ((), value, describe(name)) for name, value in given.items()},
                         attrs={"network": network, "ansatz": ansatz, "unknown": unknown} | ({} if k is None else {"k": k}))
    for name in data:
        dataset[name].attrs.update(describe(name))
        if not name.endswith("_status"):
            dataset[name].attrs["units"] = describe(unknown)["units"]
    return dataset
