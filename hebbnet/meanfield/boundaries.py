"""Lines of the phase diagram: where a branch ends, loses against the m = 0 phase, or loses replica symmetry.

Each line is a function `line(point) -> Roots` of a `Point`, the problem with one unknown; `boundary` adds the Solution there.
A new line is one more function in LINES.
"""
import functools
import math
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from .. import equations
from ..observables import describe
from ..params import ParameterError, Params, check, choose, nearest
from . import glass, rs
from .solution import Solution
from .solving import ansatz_named

ROOTS = 2          # length of the dimension `root` where lines are written as arrays
NEEDS_GLASS = ("below the static glass temperature the m = 0 phase is a glass that breaks replica symmetry (1RSB), which "
               "ansatz='rs' does not describe")
UNRESOLVED = "no transition found: alpha is too small for the free energies to differ in double precision; raise alpha"
TINY = 1e-300      # lowest temperature that is looked at when T is the unknown


@dataclass(frozen=True, kw_only=True)
class Boundary:
    """One line of the phase diagram at one point: `value` of the unknown (highest root), `values` (all, ascending), NaN and () if
    there is none; `solution` is the state at `value`; `status` says in a sentence what was found.  float(boundary) is `value`."""

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
    """A line's problem: equations, the unknown's name, and alpha or T as given (the other is None)."""

    e: object
    network: object          # the module in equations/
    unknown: str
    alpha: float
    T: float

    def at(self, value):
        """(alpha, T) with the unknown at `value`."""
        return (self.alpha, value) if self.unknown == "T" else (value, self.T)


class Roots(NamedTuple):
    """`values` ascending, a sentence, and the state at (alpha, T) of the highest."""

    values: tuple
    status: str
    state: object = rs.retrieval
    branch: str = "retrieval"


# ---- the end of the retrieval branch

@functools.lru_cache
def spinodal_shape(e):
    """(T, alpha_M) arrays: ends and extrema of the curve alpha_M(T), which is monotonic in between."""
    top = rs.single_pattern_spinodal(e)[0]
    T = np.linspace(0, top, 49)

    def load(t):
        reach = rs.fold(e, t)[0] if t < top else 0.0
        return 0.0 if math.isnan(reach) else reach

    a = [load(t) for t in T]
    shape = [(0.0, a[0])]
    for i in range(1, len(T) - 1):
        for sign in (1, -1):                       # maximum, minimum
            if sign * (a[i] - a[i - 1]) > 0 and sign * (a[i] - a[i + 1]) >= 0:
                t = minimize_scalar(lambda t, sign=sign: -sign * load(t), bracket=(T[i - 1], T[i], T[i + 1]), tol=1e-9).x
                shape.append((t, load(t)))
    shape.append((top, 0.0))
    return tuple(zip(*shape))


def spinodal_temperatures(e, alpha):
    """Temperatures with alpha_M(T) = alpha, ascending."""
    T, load = spinodal_shape(e)
    if alpha == 0:
        return (T[-1],)

    def excess(t):
        reach = rs.fold(e, t)[0] if t < T[-1] else 0.0
        return (0.0 if math.isnan(reach) else reach) - alpha       # NaN: the branch is shorter than rounding

    roots = []
    for i in range(len(T) - 1):
        a, b = load[i] - alpha, load[i + 1] - alpha
        if a == 0:
            roots.append(T[i])
        elif a * b < 0:
            roots.append(brentq(excess, T[i], T[i + 1], **rs.TIGHT))
    return tuple(sorted(set(roots)))


def too_hot(T, top):
    return f"no retrieval at T = {T:.10g} at any load: it ends at T = {top:.10g} for a single pattern; lower T"


def spinodal(p):
    """The end of the retrieval branch (docs/theory/dense, "Numerics")."""
    if p.unknown == "alpha":
        top = rs.single_pattern_spinodal(p.e)[0]
        if p.T > top:
            return Roots((), too_hot(p.T, top))
        load = rs.fold(p.e, p.T)[0] if p.T < top else 0.0
        return Roots((load,), "converged", rs.at_fold)
    roots = spinodal_temperatures(p.e, p.alpha)
    if roots:
        status = "converged" if len(roots) == 1 else "converged: re-entrant, retrieval lives between the roots"
        return Roots(roots, status, rs.at_fold)
    T, load = spinodal_shape(p.e)
    top = max(load)
    return Roots((), f"no retrieval at alpha = {p.alpha:.10g} at any temperature: the largest load is alpha = {top:.10g}, "
                     f"at T = {T[load.index(top)]:.10g}; lower alpha")


def retrieval_interval(e, alpha):
    """(lowest, highest) temperature of the retrieval branch at this load, None where there is none."""
    roots = spinodal_temperatures(e, alpha)
    if not roots:
        return None
    return (0.0 if alpha <= spinodal_shape(e)[1][0] else roots[0]), roots[-1]


def retrieval_or_end(e, alpha, T):
    """The retrieval state, at the end of its branch too."""
    state = rs.retrieval(e, alpha, T)
    return state if state.exists else rs.at_fold(e, alpha, T)


def value_of(p, name, state, alpha, T):
    return rs.quantities(p.network, p.e, alpha, T, state.m, state.chi, state.w)[name].item()


def sign_changes(f, grid):
    """Roots of f between neighbors of `grid` (ascending), by Brent's method to rounding; zeros at grid points count."""
    values = [f(x) for x in grid]
    roots = [x for x, v in zip(grid, values) if v == 0]
    for a, b, fa, fb in zip(grid, grid[1:], values, values[1:]):
        if fa * fb < 0:
            roots.append(brentq(f, a, b, xtol=1e-300, rtol=1e-15))
    return tuple(sorted(roots)), values


# ---- the transition between retrieval and the m = 0 phase

def advantage(p, alpha, T):
    """Free energy of the m = 0 phase minus that of retrieval: positive where retrieval is the phase."""
    frozen = p.e.soft and alpha > 0 and T < rs.freezing_temperature(p.e, alpha)
    zero_phase = (rs.spin_glass if frozen else rs.paramagnet)(p.e, alpha, T)
    return (value_of(p, "free_energy", zero_phase, alpha, T)
            - value_of(p, "free_energy", retrieval_or_end(p.e, alpha, T), alpha, T))


def transition(p):
    """Equal free energies of retrieval and the m = 0 phase: P = 2 the glass (or the paramagnet above it) in the same ansatz,
    P >= 3 the paramagnet down to the static glass temperature.  Below that the m = 0 phase breaks replica symmetry, and
    nothing is returned."""
    if p.e.P == 2 and (p.alpha == 0 or p.T == 1):
        return Roots((1.0 if p.unknown == "T" else 0.0,), "converged: continuous transition of a single pattern", rs.at_fold)
    return transition_temperature(p) if p.unknown == "T" else transition_load(p)


def transition_temperature(p):
    interval = retrieval_interval(p.e, p.alpha)
    if interval is None:
        return spinodal(p)
    low, high = interval
    freezing = 0.0 if p.e.soft else rs.freezing_temperature(p.e, p.alpha)
    if freezing >= high:
        return Roots((), f"no transition above T = {freezing:.10g}: {NEEDS_GLASS}")
    lowest = 0.0 if p.e.soft else 1e-3 * high          # the paramagnet does not reach T = 0
    roots, values = sign_changes(lambda T: advantage(p, p.alpha, T), np.linspace(max(low, freezing, lowest), high, 25))
    if roots:
        return Roots(roots, "converged")
    if np.isnan(values).any() or (p.e.soft and values[0] > 0):
        return Roots((), UNRESOLVED)
    if values[0] > 0:
        return Roots((), "no transition: retrieval has the lower free energy up to the end of its branch")
    if p.e.soft:
        return Roots((), f"no transition at alpha = {p.alpha:.10g}: the glass has the lower free energy at every T; lower alpha")
    return Roots((), f"no transition at alpha = {p.alpha:.10g} for T >= {freezing:.10g}: {NEEDS_GLASS}; lower alpha")


def transition_load(p):
    top = rs.single_pattern_spinodal(p.e)[0]
    if p.T >= top:
        return Roots((), too_hot(p.T, top))
    largest = rs.fold(p.e, p.T)[0]
    frozen = math.inf if p.e.soft else (p.T / glass.temperatures(p.e.kernel).static) ** 2
    if frozen == 0:
        return Roots((), f"no transition at T = 0: {NEEDS_GLASS}; raise T")
    grid = np.linspace(0, min(largest, frozen), 25)
    if p.e.soft:
        grid[0] = 1e-6 * grid[1]                        # at alpha = 0 there is no glass
    roots, values = sign_changes(lambda alpha: advantage(p, alpha, p.T), grid)
    if roots:
        return Roots(roots, "converged")
    if np.isnan(values).any():
        return Roots((), UNRESOLVED)
    if values[0] < 0:
        return Roots((), f"no transition at T = {p.T:.10g}: the m = 0 phase has the lower free energy at every load; lower T")
    if frozen < largest:
        return Roots((), f"no transition at T = {p.T:.10g} up to alpha = {frozen:.10g}, where T is the static glass temperature: "
                         f"{NEEDS_GLASS}; raise T")
    return Roots((), "no transition: retrieval has the lower free energy up to the end of its branch")


# ---- the de Almeida-Thouless line

def at(p):
    """lambda = 1 on the retrieval branch, solved in logarithms: T_AT is exponentially small at small loads."""
    e = p.e

    def log_lambda(alpha, T):
        size = 1 - value_of(p, "replicon", retrieval_or_end(e, alpha, T), alpha, T)
        return math.log(size) if size > 1e-300 else -math.inf

    if p.unknown == "T":
        if p.alpha == 0:
            return Roots((), "no AT line at alpha = 0: without noise replica symmetry is stable at every T")
        interval = retrieval_interval(e, p.alpha)
        if interval is None:
            return spinodal(p)
        low, high = interval
        grid = np.linspace(low, high, 33)
        if low == 0:
            grid = np.concatenate([np.geomspace(TINY, grid[1], 33), grid[2:]])
        roots, values = sign_changes(lambda T: _finite(log_lambda(p.alpha, T)), grid)
        if roots:
            return Roots(roots, "converged")
        if values[0] < 0 and low == 0:
            return Roots((), f"T_AT underflows at alpha = {p.alpha:.10g}: below {TINY:g}, but never zero; raise alpha")
        return Roots((), f"no AT line at alpha = {p.alpha:.10g}: lambda - 1 keeps its sign on the whole retrieval branch")
    if p.T == 0:
        return Roots((), "no AT line at T = 0: replica symmetry is unstable there for every alpha > 0")
    top = rs.single_pattern_spinodal(e)[0]
    if p.T >= top:
        return Roots((), too_hot(p.T, top))
    largest = rs.fold(e, p.T)[0]
    grid = np.concatenate([largest * np.geomspace(1e-4, 1 / 32, 17), np.linspace(0, largest, 33)[2:]])
    roots, _ = sign_changes(lambda alpha: _finite(log_lambda(alpha, p.T)), grid)
    if roots:
        return Roots(roots, "converged")
    return Roots((), f"no AT line at T = {p.T:.10g}: retrieval is replica symmetric and stable up to the end of its branch")


def _finite(x):
    return max(x, -700.0)          # where lambda underflows; keeps the sign for Brent's method


# ---- glass temperatures of the m = 0 phase

def static_glass(p):
    """Where the m = 0 phase freezes: P = 2 T_g = 1 + sqrt(alpha), P >= 3 T_K sqrt(alpha); continuous where the kernel has it."""
    if p.e.soft:
        if p.unknown == "T":
            return Roots((1 + math.sqrt(p.alpha),), "converged", rs.paramagnet, "paramagnet")
        if p.T < 1:
            return Roots((), f"no static glass transition at T = {p.T:.10g}: below T = 1 the m = 0 phase is a glass at every "
                             f"alpha > 0")
        return Roots(((p.T - 1) ** 2,), "converged", rs.paramagnet, "paramagnet")
    found = glass.temperatures(p.e.kernel)
    kind = "continuous" if found.static_q == 0 else f"discontinuous, q jumps to {found.static_q:.10g}"
    return _scaled(p, found.static, f"converged: {kind}")


def dynamic_glass(p):
    """Where the m = 0 phase of P >= 3 breaks into many metastable states: T_d sqrt(alpha)."""
    if p.e.soft:
        raise ParameterError("which = 'dynamic_glass' with P = 2: the glass grows continuously, at 'static_glass'; "
                             "P >= 3 has both", "which")
    found = glass.temperatures(p.e.kernel)
    if math.isnan(found.dynamic):
        return Roots((), "no dynamic glass transition: the glass grows continuously, at 'static_glass'")
    return _scaled(p, found.dynamic, f"converged: q jumps to {found.dynamic_q:.10g}")


def _scaled(p, temperature, status):
    value = temperature * math.sqrt(p.alpha) if p.unknown == "T" else (p.T / temperature) ** 2
    return Roots((value,), status, rs.paramagnet, "paramagnet")


LINES = {line.__name__: line for line in (spinodal, transition, at, static_glass, dynamic_glass)}


def problem(network, which, ansatz, params):
    """(module, validated given parameters, unknown, Point); ParameterError if not exactly one unknown is left out."""
    ansatz_named(ansatz)
    module = equations.get(network)
    choose("which", which, LINES)
    known = [*module.REQUIRED, *module.OPTIONAL]
    for name in params:
        if name not in known:
            raise ParameterError(f"{network!r} has no parameter {name!r} here.{nearest(name, known)}", name)
    left_out = [name for name in module.UNKNOWNS if name not in params]
    if len(left_out) != 1:
        names = " or ".join(module.UNKNOWNS)
        what = f"{' and '.join(left_out)} are missing" if left_out else "both are given"
        raise ParameterError(f"{which!r} is solved for the one parameter left out, {names}: {what}; give all but one",
                             module.UNKNOWNS[0])
    unknown = left_out[0]
    given = check(network, params, required=[name for name in module.REQUIRED if name != unknown], optional=module.OPTIONAL)
    point = Point(module.build(given), module, unknown, given.get("alpha"), given.get("T"))
    if not point.e.soft and which in ("transition", "static_glass", "dynamic_glass"):
        glass.temperatures(point.e.kernel)                  # refuses kernels whose m = 0 glass is not derived
    elif point.e.soft and which == "dynamic_glass":
        dynamic_glass(point)
    return module, given, unknown, point


def boundary(network, which, *, ansatz="rs", **params):
    """One line of the phase diagram at one point; the parameter left out, T or alpha, is the one solved for.

    which: "spinodal" (end of the retrieval branch; T = 0: the capacity), "transition" (free energies of retrieval and the m = 0
    phase are equal), "at" (retrieval loses replica symmetry), "static_glass", "dynamic_glass" (of the m = 0 phase).

    Returns a `Boundary`.  Where the line does not exist `value` is NaN, `converged` False and `status` says why.
    Raises ParameterError for unknown names, values outside their domain, and none or two unknowns.  Equations: docs/theory/dense.
    """
    module, given, unknown, point = problem(network, which, ansatz, params)
    roots = LINES[which](point)
    value = float(roots.values[-1]) if roots.values else math.nan
    full = Params({**given, unknown: value})
    state = rs.absent(roots.status)
    if roots.values:
        alpha, T = point.at(value)
        state = roots.state(point.e, alpha, T)
        if not state.exists and roots.branch == "retrieval":          # the root coincides with the end of the branch
            state = rs.at_fold(point.e, alpha, T)
    found = rs.solution(network, module, roots.branch, full, state, point.e)
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


def phase_diagram(network, *, ansatz="rs", **params):
    """All lines over one axis: give alpha or T as a 1-D array, the other is solved for.

    Returns an xarray.Dataset over (axis,): `spinodal`, `transition`, `at`, `static_glass`, `dynamic_glass` (highest root, NaN
    where there is none), each with `..._roots` (axis, root), all roots ascending padded with NaN, and `..._status`, a sentence.
    Lines that are not derived for these parameters are NaN and their status says so.  Raises ParameterError as `boundary` does.
    """
    import xarray as xr

    module = equations.get(network)
    axes = [name for name in module.UNKNOWNS if np.ndim(params.get(name)) == 1]
    if len(axes) != 1 or any(name in params for name in module.UNKNOWNS if name != axes[0]):
        got = ", ".join(f"{name} with {np.ndim(params[name])} axes" for name in module.UNKNOWNS if name in params)
        raise ParameterError(f"phase_diagram needs exactly one of {', '.join(module.UNKNOWNS)} as a 1-D array and the other left "
                             f"out; got {got or 'neither'}", module.UNKNOWNS[0])
    axis = axes[0]
    fixed = {name: value for name, value in params.items() if name != axis}
    grid = np.asarray(params[axis], float)
    for value in grid:
        _, given, unknown, _ = problem(network, "spinodal", ansatz, {**fixed, axis: value})
    data = {}
    for which in LINES:
        try:
            found = [boundary(network, which, ansatz=ansatz, **fixed, **{axis: value}) for value in grid]
            data.update(line_entries(which, found, (axis,)))
        except ParameterError as refused:                  # a line that these parameters do not have
            data.update({which: (axis, np.full(grid.size, np.nan)),
                         f"{which}_roots": ((axis, "root"), np.full((grid.size, ROOTS), np.nan)),
                         f"{which}_status": (axis, np.full(grid.size, str(refused)))})
    given = {name: value for name, value in given.items() if name != axis and value is not None}
    dataset = xr.Dataset(data, coords={axis: (axis, grid, describe(axis)), "root": ("root", np.arange(ROOTS), describe("root"))}
                         | {name: ((), value, describe(name)) for name, value in given.items()},
                         attrs={"network": network, "ansatz": ansatz, "unknown": unknown})
    for name in data:
        dataset[name].attrs.update(describe(name))
        if not name.endswith("_status"):
            dataset[name].attrs["units"] = describe(unknown)["units"]
    return dataset
