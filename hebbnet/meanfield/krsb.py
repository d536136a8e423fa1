"""The ansatz of k-step replica symmetry breaking: retrieval and m = 0 glass for every k >= 1, at T > 0 and T = 0.

Equations in levels.py, the recursion behind them in recursion.py, limits and tests in docs/theory/krsb.  A solution with k steps
starts from that with k - 1, the first from replica symmetry at T = 0; T > 0 is followed from T = 0 or started the same way.
Source: Parisi, J. Phys. A 13 L115 (1980); Crisanti, Amit, Gutfreund, Europhys. Lett. 2 337 (1986); Steffan, Kuhn, Z. Phys. B 95
249 (1994).
"""
import functools
import math

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from ..equations import dense
from ..equations.dense import derivatives, poly
from ..params import ParameterError, Params, choose, count
from . import edges, glass, onestep, onestep_lines, rs
from .averages import response
from .levels import (
    FINEST,
    REACH,
    WEAK,
    State,
    Unresolved,
    averages,
    crosstalk,
    differences,
    newton,
    pack,
    shifted,
    signal,
    stiffness,
    tangent,
    unpack,
)
from .solution import Solution

NAME = "krsb"
DIMS = {"q": ("level",), "crosstalk": ("level",), "y": ("step",), "theta": ("step",)}    # of the order parameters that are arrays


# ---- starting points

def first_steps(e, m, alpha, chi):
    """Guesses for k = 1 at T = 0 from the replica-symmetric chi at the same m and alpha.

    The breaking smears the kink over 1/y and shares chi out between the levels; the constants are rounded from solved cases.
    """
    stiff = stiffness(e, alpha, 1.0, chi)
    for share, strength in ((0.3, 1.5), (0.7, 0.5), (0.3, 1.0), (0.7, 1.5)):
        y = strength / (stiff * chi)
        yield State(m, alpha, 0.0, np.array([(1 - share) * chi / y]), share * chi, np.array([y]))


def split(x):
    """Guesses with one step more: sqrt(q_k - q_i) and the product of y with its local mean, read off between the old steps."""
    k, last = x.y.size, x.T * x.chi
    s = np.sqrt(x.gaps - last)
    product = x.y * (s[1:] + s[:-1]) / 2
    if k == 1:
        guesses = [(s[0] * np.array([a, b, 0.0]), product * np.array([c, d])) for a, b, c, d in ((1.03, 0.4, 1.25, 0.85), (1.1, 0.5, 1, 1))]
    else:
        guesses = [(np.interp(np.arange(k + 2) / (k + 1), np.arange(k + 1) / k, s),
                    np.interp((np.arange(k + 1) + 0.5) / (k + 1), (np.arange(k) + 0.5) / k, product))]
    for new, product in guesses:
        y = product / ((new[1:] + new[:-1]) / 2)
        yield x._replace(gap=(new**2 + last)[:-1], chi=x.chi * (k / (k + 1)) ** 1.4 if x.T == 0 else x.chi, y=y)


def first_success(e, guesses, free):
    """The solution from the first guess that leads to one."""
    for guess in guesses:
        try:
            return newton(e, newton(e, guess, free, hold=True), free)
        except Unresolved as failure:
            last = failure
    raise last


def heat(e, x, T, free):
    """The solution at T, followed from that at x.T with the last two as predictor."""
    before, step = None, (T - x.T) / 2
    while x.T < T:
        step = min(step, T - x.T)
        guess = x
        if before is not None:
            v = pack(x, free)
            guess = unpack(v + step / (x.T - before.T) * (v - pack(before, free)), x, free)
        try:
            before, x = x, newton(e, guess._replace(T=x.T + step), free)
            step *= 1.5
        except Unresolved:
            step /= 3
            if step < 1e-3 * T:
                raise
    return x


# ---- the retrieval branch: the curve alpha(m) from its maximum, the spinodal, to m = 1

def climb(e, x):
    """The maximum of alpha(m), by secants of its slope; x lies near it."""
    x, previous = newton(e, x, "alpha"), None
    for _ in range(40):
        along = tangent(e, x)
        slope, reach = along[-1], 0.3 * (1 - x.m)
        if previous is None:
            dm = math.copysign(reach / 6, slope)
        else:
            dm = -slope * (x.m - previous[0]) / (slope - previous[1])
            dm = math.copysign(min(abs(dm), reach), dm)
        if abs(slope * dm) < 1e-13 or abs(dm) < 1e-9:            # what is left to gain in ln alpha
            return x
        previous = (x.m, slope)
        x = newton(e, shifted(x, along, dm), "alpha")
    raise Unresolved("the maximum of alpha(m) was not found")


@functools.lru_cache(maxsize=1024)
def fold(e, T, k):
    """The end of the retrieval branch at T: the `State` of largest alpha.  Unresolved where there is none with k steps."""
    if T > 0:
        hottest, _ = rs.single_pattern_spinodal(e)
        if T >= hottest:
            raise Unresolved(f"no retrieval at T = {T:.10g}: it ends at T = {hottest:.10g} even for a single pattern; lower T")
        alpha = rs.fold(e, T)[0]
        if symmetric(e, alpha, T, rs.at_fold(e, alpha, T)):
            raise Unresolved(f"at T = {T:.10g} replica symmetry is stable up to the end of the branch, alpha = {alpha:.10g}; "
                             "take ansatz='rs'")
    if k > 1:
        try:
            return climb(e, first_success(e, split(fold(e, T, k - 1)), "alpha"))
        except Unresolved:
            if T == 0:
                raise
    if T > 0:
        return climb(e, heat(e, fold(e, 0.0, k), T, "alpha"))
    alpha, m, chi, *_ = rs.fold(e, 0.0)
    return climb(e, first_success(e, first_steps(e, m, alpha, chi), "alpha"))


def symmetric(e, alpha, T, state):
    """Whether the replica-symmetric `state` is stable (de Almeida-Thouless)."""
    fourth = response(signal(e, state), state.w, T)[4]
    return stiffness(e, alpha, 1 - T * state.chi, state.chi) * fourth <= T


@functools.lru_cache(maxsize=1024)
def retrieval(e, alpha, T, k):
    """The `State` of the retrieval branch."""
    if alpha == 0:
        raise Unresolved("at alpha = 0 there is no noise to break replica symmetry; take ansatz='rs'")
    plain = rs.retrieval(e, alpha, T)
    if plain.exists:
        if T > 0 and symmetric(e, alpha, T, plain):
            raise Unresolved(f"at alpha = {alpha:.10g}, T = {T:.10g} replica symmetry is stable; take ansatz='rs'")
        *_, rough = first_steps(e, plain.m, alpha, plain.chi)    # would the grid end before the load is reached?
        if (signal(e, plain) + REACH * math.sqrt(plain.w)) / max(math.pi / (2 * k * rough.y[0]), 1.1 * T) > FINEST / 4:
            raise Unresolved(WEAK)
    end = fold(e, T, k)
    if not alpha <= end.alpha:
        raise Unresolved(f"no retrieval at alpha = {alpha:.10g}, T = {T:.10g}: with k = {k} the branch ends at the load "
                         f"alpha = {end.alpha:.10g} (spinodal); lower alpha")
    if k > 1:                                                    # the states beyond the maximum, of smaller m, are not the branch
        try:
            x = first_success(e, split(retrieval(e, alpha, T, k - 1)), "m")
            if x.m > end.m:
                return x
        except Unresolved:
            pass
    x, dm = end, 0.1 * (1 - end.m)
    along = tangent(e, x)
    while True:
        try:
            close = math.log(alpha / x.alpha) / along[-1] if x is not end else math.inf       # a Newton step in m to the given load
            if close < 2 * dm:
                return newton(e, shifted(x, along, close)._replace(alpha=alpha), "m")
            x = newton(e, shifted(x, along, dm), "alpha")
            along, dm = tangent(e, x), min(2 * dm, 0.3 * (1 - x.m))
        except Unresolved:
            dm /= 4
            if dm < 1e-4 * (1 - x.m):
                raise


# ---- the glass, m = 0

@functools.lru_cache(maxsize=1024)
def frozen(e, alpha, T, k):
    """The `State` with m = 0.  For P >= 3 it depends on T/sqrt(alpha) only; whether q_0 = 0, see onestep.unmixed."""
    if alpha == 0:
        raise Unresolved("no glass at alpha = 0: there is no noise; raise alpha")
    if not e.soft and alpha != 1:
        unit, scale = frozen(e, 1.0, T / math.sqrt(alpha), k), math.sqrt(alpha)
        return unit._replace(alpha=alpha, T=T, chi=unit.chi / scale, y=unit.y / scale)
    jumps = not e.soft and glass.temperatures(e.kernel).jumps
    if T > 0:
        freezing = rs.freezing_temperature(e, alpha)
        if T >= freezing:
            raise Unresolved(f"no glass at T = {T:.10g}: the m = 0 phase freezes at T = {freezing:.10g}; lower T")
        if k > 1 and not e.soft and replicon(e, frozen(e, alpha, T, 1)) >= 0:
            raise Unresolved(f"at T = {T:.10g} the glass of one step is stable (above the Gardner temperature); take k = 1")
        if k > 1 and not (e.soft or jumps):
            if T > 0.95 * freezing:
                raise Unresolved(f"at T = {T:.10g}, within 5 % of T_g = {freezing:.10g}, several steps differ by less than Newton's method "
                                 "separates; take k = 1 or lower T")
            try:
                return first_success(e, split(frozen(e, alpha, T, k - 1)), "")
            except Unresolved:
                pass
        return heat(e, frozen(e, alpha, 0.0, k), T, "")
    if k == 1 and (jumps or not e.soft and any(e.kernel[:-1])):
        one = onestep.state(*(onestep.frozen if onestep.unmixed(e) else onestep.mixed)(dense, e, 0.0))
        return newton(e, State(0.0, 1.0, 0.0, np.array([one.split]), one.chi, np.array([one.y])), "")
    if k == 1:
        chi = rs.spin_glass(e, alpha, 0.0).chi if e.soft else math.sqrt(2 / math.pi / (alpha * poly(derivatives(e)[0], 1.0)))
        return first_success(e, first_steps(e, 0.0, alpha, chi), "")
    x = frozen(e, alpha, 0.0, k - 1)
    if not jumps:
        return first_success(e, split(x), "")
    # clusters are stable against each other, q_0 and y_1 stay; what lies within a state is broken further
    inner = first_steps(e, 0.0, alpha, x.chi) if k == 2 else split(x._replace(gap=x.gap[1:], y=x.y[1:]))
    return first_success(e, (i._replace(gap=np.append(x.gap[0], i.gap), y=np.append(x.y[0], i.y)) for i in inner), "")


# ---- from states to quantities

def replicon(e, x):
    """1 - lambda of the innermost level, -inf at T = 0; negative: k steps are not enough."""
    fourth = averages(e, x)[5]
    return 1 - stiffness(e, x.alpha, 1 - x.T * x.chi, x.chi) * fourth / x.T if x.T > 0 else -math.inf


def thermodynamics(e, x):
    """(free energy, entropy, replicon), per neuron.

    P >= 3:  -f = E_0 f_1 - signal (P-1)/2 m**P - (1/2) sum_i y_i [g(q_i) - g(q_{i-1})] + [xi(1) - xi(q_k) - (1-q_k) xi'(q_k)]/(2T)
    P = 2:   -f = E_0 f_1 - m**2/2 - alpha/2 - (alpha/2) [T ln C_k + sum_i ln(C_{i-1}/C_i)/y_i - q_0/C_0]
                  - (alpha/2) [r_k chi + sum_i y_i (r_i q_i - r_{i-1} q_{i-1})]
    S = E_k [ln 2cosh(h/T) - (h/T) tanh(h/T)] - (alpha-dependent part), the explicit dependence on T only, as f is stationary.
    """
    _, _, _, value, _, fourth, entropy = averages(e, x)
    q, first = 1 - x.gaps, derivatives(e)[0]
    dg = x.alpha * (differences(np.append(0.0, first), x.gaps) - differences(e.kernel, x.gaps))
    inner = x.alpha / 2 * x.chi**2 * poly(derivatives(e)[3], q[-1])
    f = -value + e.signal * (e.P - 1) / 2 * x.m**e.P + np.sum(x.y * dg) / 2 - x.T * inner
    entropy -= inner
    if e.soft:
        C, r, _ = crosstalk(x)
        f += x.alpha / 2 * (1 + x.T * math.log(C[-1]) + np.sum(np.log(C[:-1] / C[1:]) / x.y) - q[0] / C[0]
                            + r[-1] * x.chi + np.sum(x.y * np.diff(r * q)))
        entropy -= x.alpha / 2 * (math.log(C[-1]) + x.chi / C[-1])
    lam = stiffness(e, x.alpha, q[-1], x.chi) * fourth / x.T if x.T > 0 else math.inf
    return float(f), float(entropy), 1 - lam


def solution(name, branch, params, e, x, k, status):
    """`Solution` of a State, or of None (NaN) where there is none."""
    T = params.T
    order = {"m": math.nan, "q": np.full(k + 1, math.nan), "y": np.full(k, math.nan), "theta": np.full(k, math.nan), "chi": math.nan}
    f = s = lam = math.nan
    if x is not None:
        order = {"m": x.m, "q": 1 - x.gaps, "y": x.y, "theta": T * x.y, "chi": x.chi}
        f, s, lam = thermodynamics(e, x)
    if e.soft:
        order["crosstalk"] = np.full(k + 1, math.nan) if x is None else crosstalk(x)[1]
    return Solution(network=name, ansatz=NAME, branch=branch, params=params, order=order,
                    free_entropy=-f / T if T > 0 else f if math.isnan(f) else math.inf, free_energy=f, energy=f + T * s, entropy=s,
                    replicon=lam, converged=x is not None, residual=math.nan if x is None else float(x.residual),
                    iterations=0 if x is None else x.iterations, status=status)


BRANCHES = {"retrieval": retrieval, "glass": frozen}


def check_branch(start, e):
    """ParameterError if `start` is no branch of the k-step equations."""
    if start == "paramagnet":
        raise ParameterError("start = 'paramagnet' with ansatz = 'krsb': the paramagnet is replica symmetric; take ansatz='rs'", "start")
    choose("start", start, BRANCHES)


def check_storage(e):
    """ParameterError for learning from examples."""
    if e.examples:
        raise ParameterError("ansatz = 'krsb' with learning from examples: the k-step equations are written for learning='storage'; take "
                             "ansatz='1rsb'", "ansatz")


def solve(name, network, branch, params, *, k):
    """The state of a branch with k steps of replica symmetry breaking: a `Solution`.

    name, network: the network and its module in equations/; branch: "retrieval" or "glass" (m = 0); params: validated, with
    alpha and T; k: a whole number >= 1.  Order parameters: m, q (k+1,), y and theta = y T (k,), chi = (1 - q_k)/T and for P = 2
    crosstalk r (k+1,).  Where there is no such state it holds NaN and `status` says why.  ParameterError for another k or branch.
    """
    k = count("k", k)
    e = network.build(params)
    check_branch(branch, e)
    check_storage(e)
    try:
        x = BRANCHES[branch](e, params.alpha, params.T, k)
    except Unresolved as why:
        return solution(name, branch, params, e, None, k, _sentence(why, k))
    return solution(name, branch, params, e, x, k, "converged")


def _sentence(why, k):
    text = str(why)
    return text if ";" in text else f"no solution with k = {k} was found: {text}; take a smaller k"


# ---- lines

def spinodal(e, T, k):
    """(alpha, State) at the end of the retrieval branch; at T = 0 alpha is the capacity.  Unresolved, with a sentence, if none."""
    x = fold(e, T, k)
    return x.alpha, x


def advantage(e, alpha, T, k):
    """Free energy of the glass minus that of retrieval."""
    try:
        zero = frozen(e, alpha, T, k)
    except Unresolved:
        zero = frozen(e, alpha, T, 1)
    return thermodynamics(e, zero)[0] - thermodynamics(e, retrieval(e, alpha, T, k))[0]


def transition(e, T, k):
    """(alpha, State) where retrieval and the glass have equal free energies, both with k steps; Unresolved if there is none.

    Where one step is exact for the glass (P >= 3, above its Gardner temperature) the glass has one.
    """
    top = fold(e, T, k).alpha

    floor = (edges.at_loads(dense, e, T) or (0.0,))[-1] if T > 0 else 0.0       # below, retrieval is replica symmetric
    if floor > 0:
        x = edges.retrieval_or_end(e, floor, T)
        found = rs.free_energy(dense, e, floor, T, x)
        if thermodynamics(e, frozen(e, floor, T, 1))[0] <= found:
            raise Unresolved(f"at T = {T:.10g} the transition lies below alpha = {floor:.10g}, where retrieval is replica symmetric; take "
                             "ansatz='1rsb'")
    low = max(0.95 * top, (top + floor) / 2)
    while advantage(e, low, T, k) <= 0:
        top, low = low, max(0.9 * low, (low + floor) / 2)
    alpha = brentq(lambda alpha: advantage(e, alpha, T, k), low, top, xtol=1e-14, rtol=1e-14)
    return alpha, retrieval(e, alpha, T, k)


# ---- the same lines with T as the unknown

NEAR_MEETING = 0.9      # part of the temperature where breaking ends on the spinodal, up to which several steps are told apart


@functools.lru_cache
def shape(e, k):
    """((T, alpha) ...) of the end of retrieval with k steps, from T = 0 up to where they are resolved, monotonic in between."""
    grid = np.linspace(0.0, NEAR_MEETING * onestep_lines.meeting(dense, e), 6).tolist()
    loads = [fold(e, T, k).alpha for T in grid]
    top = int(np.argmax(loads))
    if 0 < top < len(grid) - 1:
        T = float(minimize_scalar(lambda T: -fold(e, T, k).alpha, bounds=(grid[top - 1], grid[top + 1]), method="bounded",
                                  options={"xatol": 1e-4 * grid[top]}).x)
        grid.append(T)
        loads.append(fold(e, T, k).alpha)
    return tuple(sorted(zip(grid, loads)))


def spinodal_temperatures(e, alpha, k):
    """[(T, State) ...], ascending, at the ends of retrieval at this load where they are broken; Unresolved if there are none."""
    points, roots = shape(e, k), []
    for (a, left), (b, right) in zip(points, points[1:]):
        if left == alpha:
            roots.append(a)
        elif (left - alpha) * (right - alpha) < 0:
            roots.append(brentq(lambda T: fold(e, T, k).alpha - alpha, a, b, xtol=1e-12, rtol=1e-10))
    if roots:
        return [(T, fold(e, T, k)) for T in roots]
    hot, largest = points[-1][0], max(load for _, load in points)
    if alpha > max(largest, onestep_lines.shape(dense, e)[-1][1]):
        raise Unresolved(f"no retrieval at alpha = {alpha:.10g}: its end reaches alpha = {largest:.10g} with k = {k}; lower alpha")
    raise Unresolved(f"at alpha = {alpha:.10g} no end of retrieval lies below T = {hot:.10g}; above, replica symmetry is stable or k steps are not "
                     "told apart, and ansatz='1rsb' differs by less than 1e-6")


def transition_temperatures(e, alpha, k):
    """[(T, State) ...], ascending, where both free energies are equal and retrieval is broken; Unresolved if there are none."""
    top = min(fold(e, 0.0, k).alpha, onestep_lines.shape(dense, e)[0][1])
    if not 0 < alpha < top:
        raise Unresolved(f"the transition with T as the unknown is followed from T = 0, where retrieval ends at alpha = {top:.10g} (given: "
                         f"{alpha:.10g}); lower alpha, or give T")
    onset = edges.at_temperatures(dense, e, alpha)[0]
    if not onset or onset[-1] < 1e-100:
        raise Unresolved(f"at alpha = {alpha:.10g} replica symmetry breaks below T = 1e-100 only; take ansatz='rs'")
    grid = np.linspace(0.0, NEAR_MEETING * onset[-1], 5)
    values = [advantage(e, alpha, T, k) for T in grid]
    roots = [brentq(lambda T: advantage(e, alpha, T, k), a, b, xtol=1e-9 * b) for a, b, left, right in zip(grid, grid[1:], values, values[1:])
             if left * right < 0]
    if not roots:
        lower = "retrieval" if values[-1] > 0 else "the m = 0 phase"
        raise Unresolved(f"no transition at alpha = {alpha:.10g} below T = {grid[-1]:.10g}, next to where retrieval becomes replica symmetric: "
                         f"{lower} has the lower free energy; take ansatz='1rsb' for higher T")
    return [(T, retrieval(e, alpha, T, k)) for T in roots]


LINES = {"spinodal": (spinodal, spinodal_temperatures), "transition": (transition, transition_temperatures)}


def line(name, network, which, given, *, k):
    """(value, `Solution` there, status): a line of the phase diagram at given T or alpha, NaN and a sentence where it does not exist.

    which: "spinodal" or "transition"; given: validated parameters without the unknown, alpha or T.  With T as the unknown the value is
    the highest where replica symmetry is broken.  ParameterError for other lines, and for k other than a whole number >= 1.
    """
    values, found, status = roots(name, network, which, given, k=k)
    return values[-1] if values else math.nan, found, status


def roots(name, network, which, given, *, k):
    """As `line`, with all values, ascending."""
    k = count("k", k)
    if which not in LINES:
        raise ParameterError(f"which = {which!r} with ansatz = 'krsb': expected one of {', '.join(LINES)}", "which")
    unknown = "alpha" if given.get("alpha") is None else "T"
    if given.get("alpha" if unknown == "T" else "T") is None or (unknown == "T" and given.get("T") is not None):
        raise ParameterError("lines with ansatz = 'krsb' are solved for alpha or T: give exactly one of them", unknown)
    e = network.build(given)
    loads, temperatures = LINES[which]
    try:
        points = [loads(e, given["T"], k)] if unknown == "alpha" else temperatures(e, given["alpha"], k)
        status = "converged" if len(points) == 1 else "converged: re-entrant, the phase changes at each root"
    except Unresolved as why:
        points, status = [], _sentence(why, k)
    value, x = points[-1] if points else (math.nan, None)
    return (tuple(float(v) for v, _ in points), solution(name, "retrieval", Params({**given, unknown: float(value)}), e, x, k, status), status)
