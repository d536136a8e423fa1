"""The ansatz of one-step replica symmetry breaking: retrieval, and the glass with m = 0.

* Retrieval at T > 0 is followed over the load as a curve (`branch`): it leaves the replica-symmetric branch on the AT line with a
  known theta, and it ends at its first maximum of alpha, the spinodal.  At T = 0 it starts from a lower load, cooled down from its
  AT temperature (`cool`).  A root is the retrieval state if and only if its m lies between two neighbors on that curve.
* The glass of P >= 3 depends on T/sqrt(alpha) alone.  Where it appears with theta = 1 and no linear term is in the noise, q0 = 0.
  A linear term, or continuous growth from a q**2 term, makes q0 > 0 (`mixed`): found on a curve from its birth to T = 0.
* The glass of P = 2 has q0 > 0 and grows continuously; it is found once per load and cooled or warmed.

Formulas: equations/ (`cluster...`); unknowns and Newton's method: onestep_newton.py; limits and sources: docs/theory/rsb.
"""
import functools
import itertools
import math
from types import SimpleNamespace

import numpy as np
from scipy.optimize import brentq

from ..params import ParameterError, choose
from . import glass, rs
from .averages import GAUSS, X_WEIGHTS, X, Z, response
from .edges import at_loads, at_temperatures, broken_loads, retrieval_interval
from .onestep_newton import CHI, LOAD, SPLIT, M, Unresolved, Y, absent, jacobian, measured, newton, residuals, state
from .solution import Solution

NAME = "1rsb"
ONSET = 0.05                                # split/(1-q) of the first solution off the AT line
RESOLVED = 1e-3                             # split/(1-q1) below which theta is lost in rounding, about eps/split**2
TWO_FACED = "theta -> 1 and q0 -> q1 are the replica-symmetric solution"


# ---- where breaking begins: the AT line

def at_onset(network, e, alpha, T):
    """(m, q, chi, theta): the replica-symmetric retrieval state on the AT line and the breakpoint that emerges there."""
    x = rs.retrieval(e, alpha, T)
    if not x.exists:
        x = rs.at_fold(e, alpha, T)
    h = e.signal * e.P / 2 * x.m ** (e.P - 1)
    w = x.w + (e.sites.spread * h) ** 2
    means, shares, scale = h * np.array(e.sites.place)[:, None], np.array(e.sites.weight)[:, None], math.sqrt(w)
    if w <= T * T:
        y, weights = ((means + scale * Z) / T).ravel(), (shares * GAUSS).ravel()
    else:
        y = np.concatenate([-X, X])
        weights = T * np.tile(X_WEIGHTS, 2) * (shares * np.exp(-((T * y - means) ** 2) / (2 * w))).sum(axis=0) / (scale * math.sqrt(2 * math.pi))
    ratio = np.exp(-2 * np.abs(y))
    sech2 = 4 * ratio / (1 + ratio) ** 2
    about = SimpleNamespace(q=1 - T * x.chi, chi=x.chi, mixed=weights @ ((1 - sech2) * sech2**2), sixth=weights @ sech2**3)
    return x.m, about.q, x.chi, network.breakpoint_at_onset(about, e, alpha, T)


def first_off(network, e, alpha, T, cool):
    """The solution with a small split next to the point (alpha, T) of the AT line: at the same T, or (`cool`) at the same load.

    Returns the vector of five unknowns, the last ln alpha or ln T.  To first order q0 + (1-theta) split stays the symmetric q.
    """
    m, _, chi, theta = at_onset(network, e, alpha, T)
    share = ONSET
    while share > 1e-4:
        split = share * T * chi
        z = np.array([m, math.log(chi - theta * split / T), math.log(split), math.log(theta / T), math.log(T if cool else alpha)])

        def f(z):
            here = math.exp(min(z[LOAD], 50.0))
            return residuals(network, e, "retrieval", z, *((alpha, here) if cool else (here, T)))

        try:
            z = newton(f, z, (M, CHI, Y, LOAD))[0]
            if cool and z[LOAD] < math.log(T):
                return z
            if not cool and tangent(f, z, np.zeros(4))[0][LOAD] > 0:    # not yet beyond the end of the branch
                return z
        except Unresolved:
            pass
        share /= 5
    raise Unresolved("the one-step solution is too close to the replica-symmetric one to be told apart")


# ---- retrieval at one temperature as a curve over the load

WEIGHT = np.array([4.0, 1.0, 1.0, 1.0, 1.0])     # of the components in the length of a step


def tangent(f, z, r=None):
    """(t, J): unit vector along the curve of solutions, towards larger splits and lower m, and the matrix of derivatives at z.

    r = f(z) allows for cheaper, less accurate derivatives.
    """
    J = jacobian(f, z, range(5), r)
    t = np.linalg.svd(J / WEIGHT)[2][-1]
    return (-t if t[M] > 0 else t), J


def advance(f, z, t, J, ds):
    """The solution at length ds from z along its tangent t: Newton's method in the plane perpendicular to t, from derivatives J."""
    start = z + ds * t / WEIGHT
    return newton(lambda v: np.append(f(v), t @ (WEIGHT * (v - start))), start, range(5), 25, np.vstack([J, t * WEIGHT]))[0]


def summit(f, z, t, J, ds):
    """The solution within length ds of z at which alpha is largest."""
    def rise(s, exact=False):
        new = advance(f, z, t, J, s)
        return tangent(f, new, None if exact else np.zeros(4))[0][LOAD]

    s, ends = brentq(rise, 0.0, ds, xtol=1e-6 * ds, rtol=1e-6), (0.0, ds)
    near = min(max(s * 0.99, ends[0]), ends[1])
    here, there = rise(s, True), rise(near, True)
    for _ in range(3):                                   # secant steps with accurate derivatives
        if here in (0.0, there):
            break
        s, near = s - here * (s - near) / (here - there), s
        here, there = rise(s, True), here
        if abs(s - near) < 1e-9 * ds:
            break
    return advance(f, z, t, J, s)


def dissolved(f, z, t, J, ds, T):
    """The solution within length ds of z at which theta = 1: the clusters dissolve."""
    def excess(s):
        return (advance(f, z, t, J, s) if s > 0 else z)[Y] + math.log(T)

    return advance(f, z, t, J, brentq(excess, 0.0, ds))


@functools.lru_cache(maxsize=1024)
def branch(network, e, T):
    """Solutions (n, 5) from the AT line (T = 0: from half the symmetric capacity) to the end of the branch, by ascending load.

    Unresolved where replica symmetry is stable up to the end of the branch.
    """
    def f(z):
        return residuals(network, e, "retrieval", z, math.exp(min(z[LOAD], 50.0)), T)

    end = rs.fold(e, T)
    if end[4] < end[0]:
        raise Unresolved("with so few examples m jumps within the retrieval phase of P = 2, which the one-step solver does not follow; take "
                         "ansatz='rs' or form='gaussian'")
    if T == 0:
        alpha = end[0] / 2
        z = np.append(cool(network, e, alpha)[0], math.log(alpha))
    else:
        roots = at_loads(network, e, T)
        if not roots:
            raise Unresolved("replica symmetry is stable up to the end of the branch")
        theta = at_onset(network, e, roots[0], T)[3]
        if theta >= 1:
            raise Unresolved(f"breaking does not set in continuously (theta = {theta:.6g} > 1 on the AT line), and a discontinuous onset is not "
                             "followed")
        z = first_off(network, e, roots[0], T, cool=False)
    points, ds = [z], 0.3
    t, J = tangent(f, z, np.zeros(4))
    for _ in range(80):
        if ds < 1e-6:
            break
        try:
            new = advance(f, z, t, J, ds)
        except Unresolved:
            ds /= 2
            continue
        ahead, there = tangent(f, new, np.zeros(4))
        if ahead @ t < 0.8:                              # a sharp turn: another branch, or too long a step
            ds /= 2
        elif ahead[LOAD] <= 0 or T * math.exp(new[Y]) >= 1:
            last = summit(f, z, t, J, ds) if ahead[LOAD] <= 0 else new
            return np.array([*points, dissolved(f, z, t, J, ds, T) if T * math.exp(last[Y]) >= 1 else last])
        else:
            points.append(new)
            z, t, J, ds = new, ahead, there, min(1.6 * ds, 1.5)
    raise Unresolved("the retrieval branch could not be followed to its end")


@functools.lru_cache(maxsize=1024)
def cool(network, e, alpha):
    """(z, residual, iterations): retrieval at T = 0 and this load, followed down from its AT temperature."""
    roots = at_temperatures(network, e, alpha)[0] if retrieval_interval(e, alpha) else ()
    if not roots or roots[-1] < 1e-100:
        raise Unresolved(f"at alpha = {alpha:.10g} replica symmetry is broken below T = 1e-100 only, and differs by less than rounding "
                         f"from the symmetric solution")
    last = first_off(network, e, alpha, roots[-1], cool=True)
    known = [(math.exp(last[LOAD]), last[:LOAD])]
    goal, iterations = 0.6 * known[0][0], 0
    while True:
        z = extrapolated(known, goal)
        try:
            z, residual, steps = newton(lambda v, T=goal: residuals(network, e, "retrieval", v, alpha, T), z, range(4))
        except Unresolved:
            goal = (known[-1][0] + goal) / 2
            if known[-1][0] - goal < 1e-3 * known[0][0]:
                raise Unresolved(f"at alpha = {alpha:.10g} the one-step solution could not be followed from its AT line to T = 0") from None
            continue
        iterations += steps
        if goal == 0:
            return z, residual, iterations
        known.append((goal, z))
        goal = 0.0 if goal < 0.25 * known[0][0] else goal / 2


def extrapolated(known, T):
    """Starting point at T from the last two of `known`, pairs (T, z)."""
    if len(known) < 2:
        return known[-1][1].copy()
    (a, u), (b, v) = known[-2:]
    return v + (v - u) * (T - b) / (b - a)


def end_of_branch(network, e, T):
    """(alpha, State) of the spinodal."""
    z = branch(network, e, T)[-1]
    r = residuals(network, e, "retrieval", z, math.exp(z[LOAD]), T)
    return math.exp(z[LOAD]), state(z, np.abs(r).max(), 0, "converged: end of the retrieval branch")


def on_branch(network, e, alpha, T):
    """(z, residual, iterations): the solution at load alpha, which must lie on `branch`."""
    points = branch(network, e, T)
    log = math.log(alpha)

    def f(z):
        return residuals(network, e, "retrieval", z, alpha, T)

    after = int(np.searchsorted(points[:, LOAD], log))
    if after == 0 and T == 0:
        return cool(network, e, alpha)
    if after == 0:                                       # next to the AT line the split is proportional to the distance
        onset = at_loads(network, e, T)[0]
        m, _, chi, theta = at_onset(network, e, onset, T)
        first = points[0]
        part = (alpha - onset) / (math.exp(first[LOAD]) - onset)
        start = np.array([m, math.log(chi), 0.0, math.log(theta / T)]) * (1 - part) + first[:LOAD] * part
        start[SPLIT] = first[SPLIT] + math.log(part)
        high, low = m, first[M]
    else:
        a, b = points[after - 1], points[min(after, len(points) - 1)]
        part = (log - a[LOAD]) / (b[LOAD] - a[LOAD]) if b[LOAD] > a[LOAD] else 1.0
        if after == len(points) - 1:                     # the last stretch turns around: m goes as a square root
            part = 1 - math.sqrt(max(1 - part, 0.0))
        start = (a + part * (b - a))[:LOAD]
        high, low = a[M], b[M]
    try:
        z, residual, steps = newton(f, start, range(4))
        if low - 1e-9 <= z[M] <= high + 1e-12 or after == 0:
            return z, residual, steps
    except Unresolved:
        if after == 0:
            raise

    def along(z):
        return residuals(network, e, "retrieval", z, math.exp(min(z[LOAD], 50.0)), T)

    # Newton's matrix is singular at the end of the branch: the curve decides
    t, J = tangent(along, a)
    length = t @ (WEIGHT * (b - a))
    ds = brentq(lambda s: advance(along, a, t, J, s)[LOAD] - log if s < length else b[LOAD] - log, 0.0, length, xtol=1e-14, rtol=1e-14)
    z = advance(along, a, t, J, ds)
    return z[:LOAD], np.abs(f(z)).max(), 0


def retrieval(network, e, alpha, T):
    """State of the branch connected to m = 1, where it breaks replica symmetry."""
    hottest, _ = rs.single_pattern_spinodal(e)
    if T >= hottest:
        return absent(rs.retrieval(e, alpha, T).status)
    if alpha == 0:
        return absent("no breaking at alpha = 0: without noise replica symmetry is stable at every T; take ansatz='rs'")
    largest = rs.fold(e, T)[0]
    onset = 0.0
    if T > 0:
        broken = broken_loads(network, e, T)
        if not broken and not alpha <= largest:
            return absent(rs.retrieval(e, alpha, T).status)
        if not any(low < alpha < high for low, high in broken) and not (broken and alpha > largest):
            where = "is stable up to the end of the branch"
            if broken:
                low, high = broken[0]
                where = f"breaks only above alpha = {low:.10g}" + (f" and below {high:.10g}" if high < math.inf else "")
            return absent(f"replica symmetry is stable at alpha = {alpha:.10g}, T = {T:.10g} (at this T it {where}); take ansatz='rs'")
        onset = broken[0][0]
    near = f", alpha being {alpha / onset - 1:.1e} above its value on the AT line" if onset else ""
    try:
        if T > 0 or alpha >= largest / 2:
            top = math.exp(branch(network, e, T)[-1, LOAD])
            if alpha > top:
                return absent(f"no retrieval at alpha = {alpha:.10g}, T = {T:.10g}: at this T the branch ends at the load alpha = {top:.10g} "
                              f"(one-step spinodal); lower alpha, or see boundary('spinodal', ansatz='1rsb')")
            z, residual, steps = on_branch(network, e, alpha, T)
        else:
            z, residual, steps = cool(network, e, alpha)
    except Unresolved as why:
        return absent(f"no one-step solution found: {why}{near}; take ansatz='rs'")
    x = checked(state(z, residual, steps), T, near)
    if x.exists and x.split < RESOLVED * T * x.chi:
        return absent(f"too close to the AT line: q1 - q0 is {x.split / (T * x.chi):.1e} of 1 - q1, which does not resolve theta; "
                      f"take ansatz='rs', whose free energy is the same to rounding")
    return x


def checked(x, T, near=""):
    """The state, unless it is the replica-symmetric one in disguise.  near: where the AT line is, for the status."""
    if not x.split > 1e-7 * (T * x.chi + x.split):
        return absent(f"Newton's method fell back onto the replica-symmetric solution q0 = q1{near}; take ansatz='rs'")
    if not x.y * T < 1:
        return absent(f"the solution found has theta = {x.y * T:.6g}, outside 0 < theta < 1: {TWO_FACED}; take ansatz='rs'")
    return x


# ---- the glass, m = 0

def unmixed(e):
    """Whether q0 = 0 throughout the glass: it appears with q1 > 0, and no linear term of the noise lifts q0."""
    return not e.soft and e.kernel[1] == 0 and glass.temperatures(e.kernel).jumps


def static(e):
    """`GlassTemperatures` of a kernel whose glass has q0 = 0; ParameterError for the others."""
    if not unmixed(e):
        raise ParameterError("self_interaction: this needs a glass with q0 = 0, which a noise with several powers of q does not have for "
                             f"P = {e.P}; choose self_interaction=False or even P >= 6", "self_interaction")
    return glass.temperatures(e.kernel)


def overlap_at(network, e, y, T, chi):
    """(ln chi, residual) of the glass q0 = 0 at unit load and given theta/T, starting from chi; Unresolved if there is none."""
    z = np.array([0.0, math.log(chi), 0.0, math.log(y)])

    def f(z):
        return residuals(network, e, "frozen", z, 1.0, T)[:1]

    for _ in range(8):                                   # iteration first: from small chi it rises to the largest overlap
        r = f(z)
        if not np.isfinite(r).all():
            raise Unresolved("no glass at this theta")
        z[CHI] += r[0]
    z, residual, _ = newton(f, z, (CHI,))
    return z[CHI], residual


def chi_at_theta_one(e, T, q):
    """(1 - q)/T of the glass with overlap q, theta = 1 at unit load, also where 1 - q is below rounding: E sech**2 of u = v + sqrt(v) z."""
    v = np.polynomial.Polynomial(e.kernel).deriv()(q) / T**2
    return response(v, v, 1.0)[1] / T


@functools.lru_cache(maxsize=4096)
def frozen(network, e, T):
    """(z, residual, iterations): the glass with q0 = 0 at unit load, 0 <= T < T_K."""
    top = glass.temperatures(e.kernel)
    known = [(top.static, np.array([0.0, math.log(chi_at_theta_one(e, top.static, top.static_q)), 0.0, -math.log(top.static)]))]
    goal, iterations = T, 0
    while True:
        try:
            z, residual, steps = newton(lambda v, t=goal: residuals(network, e, "frozen", v, 1.0, t), extrapolated(known, goal), (CHI, Y))
        except Unresolved:
            goal = (known[-1][0] + goal) / 2
            if known[-1][0] - goal < 1e-4:
                raise
            continue
        iterations += steps
        if goal == T:
            z[SPLIT] = math.log(1 - T * math.exp(z[CHI]))
            return z, residual, iterations
        known.append((goal, z))
        goal = T


def spin_glass(network, e, alpha, T):
    """State with m = 0, q1 > q0."""
    if alpha == 0:
        return absent("no glass at alpha = 0: a single pattern makes no noise; raise alpha")
    freezing = rs.freezing_temperature(e, alpha)
    if e.soft:
        if T >= freezing:
            return absent(rs.spin_glass(e, alpha, T).status)
        try:
            z, residual, steps = continuous(network, e, alpha, T)
        except Unresolved as why:
            return absent(f"the glass was not found: {why}; move T away from T_g = {freezing:.10g} or take ansatz=rs")
        return checked(state(z, residual, steps), T)
    jumps = glass.temperatures(e.kernel).jumps
    if T >= freezing * (1 - 1e-9):
        if not jumps:
            return absent(f"no glass at T = {T:.10g}: the m = 0 phase is replica symmetric above T_g = {freezing:.10g}; lower T or take "
                          f"start='paramagnet' with ansatz='rs'")
        return absent(f"no glass at T = {T:.10g}: above the static glass temperature T_K = {freezing:.10g} theta would exceed 1, and the "
                      f"equilibrium m = 0 phase is the paramagnet; lower T, take start='paramagnet' with ansatz='rs'"
                      + (", or see complexity() for its metastable states up to T_d" if unmixed(e) else ""))
    scale, known = math.sqrt(alpha), unmixed(e)
    if too_close(e, alpha, T):
        return absent(f"too close to T_g = {freezing:.10g}: within {nearest(e):.0e} of it theta is lost in rounding; lower T, or take "
                      f"start='paramagnet' with ansatz='rs', whose free energy is the same to 1e-7")
    try:
        z, residual, steps = (frozen if known else mixed)(network, e, T / scale)
    except Unresolved as why:
        return absent(f"the glass was not found: {why}")
    x = state(z, residual, steps)
    x = x._replace(chi=x.chi / scale, y=x.y / scale)
    return x if known else checked(x, T)


# ---- the glass with q0 > 0 of a noise with several powers of q, at unit load

def nearest(e):
    """Relative distance to T_g within which theta is not resolved: its error is about eps/q1**2 over the small overlaps next to it."""
    return 3e-3 if glass.temperatures(e.kernel).static_q == 0 else 1e-4


def too_close(e, alpha, T):
    """Whether T is below the temperature where the glass of P >= 3 begins to grow, but within `nearest` of it."""
    return not glass.temperatures(e.kernel).jumps and T > rs.freezing_temperature(e, alpha) * (1 - nearest(e))


def growing(network, e):
    """[(T, z) ...], descending, of the glass that grows continuously: T is solved for given split, which rises from small values.

    In a random field theta starts at its value on the AT line.  Without one (a q**2 term) q0, q1 and theta start at zero, as in the
    SK model: q0 = q1/3, T = T_g (1 - q1), and theta 2/3 of the largest x on Parisi's line q(x) = x/(2 + xi''' T_g**4/xi''**3/q/2).
    """
    top = glass.temperatures(e.kernel)
    q, T = top.static_q, top.static
    split = 0.0015 if q == 0 else 0.01 * (1 - q)
    found = []

    def f(z):
        return residuals(network, e, "glass", z, 1.0, math.exp(z[LOAD]))

    def overlaps(z):                                     # with ln q0 in place of ln chi all begin as powers of the split
        return np.array([0.0, math.log(1 - math.exp(z[LOAD] + z[CHI]) - math.exp(z[SPLIT])), *z[SPLIT:]])

    while not found or found[-1][LOAD] > math.log(0.8 * T):
        if len(found) > 1:
            u, v = overlaps(found[-2]), overlaps(found[-1])
            z = v + (v - u) * (math.log(split) - v[SPLIT]) / (v[SPLIT] - u[SPLIT])
            z[CHI] = math.log(1 - math.exp(z[CHI]) - math.exp(z[SPLIT])) - z[LOAD]
        elif q > 0:
            chi, theta = (1 - q) / T, at_freezing(network, e)
            z = np.array([0.0, math.log(chi - theta * split / T), math.log(split), math.log(theta / T), math.log(T)])
        else:
            quartic = 24 * e.kernel[4] if len(e.kernel) > 4 else 0.0          # xi'''/q
            theta = (2 + quartic / T**2 / 2) * split
            z = np.array([0.0, -math.log(T), math.log(split), math.log(theta / T), math.log(T * (1 - 1.5 * split))])
        z = newton(f, z, (CHI, Y, LOAD))[0]
        if not z[LOAD] < (found[-1][LOAD] if found else math.log(T)):
            raise Unresolved("it grows continuously and then jumps, and states beyond the jump are not followed")
        found.append(z)
        split *= 1.3
    return [(math.exp(z[LOAD]), z[:LOAD]) for z in found]


def at_freezing(network, e):
    """theta at which the random-field state at unit load starts to break, on its AT line."""
    top = glass.temperatures(e.kernel)
    q, T = top.static_q, top.static
    t = np.tanh(math.sqrt(np.polynomial.Polynomial(e.kernel).deriv()(q)) / T * Z)
    sech2 = 1 - t * t
    about = SimpleNamespace(q=q, chi=(1 - q) / T, mixed=GAUSS @ (t * t * sech2**2), sixth=GAUSS @ sech2**3)
    return network.breakpoint_at_onset(about, e, 1.0, T)


STRETCHES = 24                              # of the temperature axis, for the curve from which single states are found


@functools.lru_cache
def curve(network, e):
    """((T, z) ...) by descending T, from where the glass with q0 > 0 appears to T = 0, at unit load."""
    top = glass.temperatures(e.kernel)
    if top.jumps:
        born = [0.0, math.log((1 - top.static_q) / top.static), math.log(top.static_q - top.static_q0), -math.log(top.static)]
        known = [(top.static, np.array(born))]
    else:
        known = growing(network, e)
    goals = [T for T in np.linspace(top.static, 0, STRETCHES + 1) if T < known[-1][0] - 1e-3 * top.static]
    while goals:
        T = goals[0]
        try:
            z = newton(lambda v, t=T: residuals(network, e, "glass", v, 1.0, t), extrapolated(known, T), (CHI, SPLIT, Y))[0]
        except Unresolved:
            goals.insert(0, (known[-1][0] + T) / 2)
            if known[-1][0] - goals[0] < 1e-4 * top.static:
                raise
            continue
        known.append((goals.pop(0), z))
    return tuple(known)


@functools.lru_cache(maxsize=4096)
def mixed(network, e, T):
    """(z, residual, iterations): the glass with q0 > 0 at unit load, 0 <= T < its freezing temperature."""
    points = curve(network, e)
    top = glass.temperatures(e.kernel)
    after = sum(t > T for t, _ in points)
    if after == 0:                                       # next to T_g the split is proportional to the distance
        first, z = points[0]
        part = (top.static - T) / (top.static - first)
        q1 = top.static_q + part * (1 - first * math.exp(z[CHI]) - top.static_q)
        log = math.log(part)
        theta = z[Y] + log if top.static_q == 0 else part * z[Y] + (1 - part) * math.log(at_freezing(network, e) / top.static)
        starts = [np.array([0.0, math.log((1 - q1) / T), z[SPLIT] + log, theta])]
    else:
        (a, u), (b, v) = points[after - 1], points[min(after, len(points) - 1)]
        starts = [u + (v - u) * ((a - T) / (a - b) if a > b else 0.0), v, u]
    for start in starts:                                 # next to T_g the matrix is nearly singular, and one start may fail
        try:
            return newton(lambda v: residuals(network, e, "glass", v, 1.0, T), start, (CHI, SPLIT, Y))
        except Unresolved as failure:
            last = failure
    raise last


# ---- the glass of P = 2

@functools.lru_cache(maxsize=1024)
def halfway(network, e, alpha):
    """(T, z): the continuous glass at half its freezing temperature, from a coarse search around the replica-symmetric one."""
    T = rs.freezing_temperature(e, alpha) / 2
    x = rs.spin_glass(e, alpha, T)
    if not x.exists:
        raise Unresolved(x.status)
    q, starts = 1 - T * x.chi, []
    for share, theta in itertools.product((0.1, 0.2, 0.35, 0.5, 0.7), (0.05, 0.1, 0.2, 0.3, 0.45)):
        z = np.array([0.0, math.log(max(x.chi - theta * share * q / T, 1e-300)), math.log(share * q), math.log(theta / T)])
        size = np.abs(residuals(network, e, "glass", z, alpha, T)).max()
        if np.isfinite(size):
            starts.append((size, tuple(z)))
    for _, z in sorted(starts):
        try:
            found = newton(lambda v: residuals(network, e, "glass", v, alpha, T), np.array(z), (CHI, SPLIT, Y))[0]
        except Unresolved:
            continue
        q1, split = 1 - T * math.exp(found[CHI]), math.exp(found[SPLIT])
        if 1e-6 < split < q1 - 1e-6 and T * math.exp(found[Y]) < 1:
            return T, found
    raise Unresolved("no one-step solution with 0 < q0 < q1")


@functools.lru_cache(maxsize=4096)
def continuous(network, e, alpha, T):
    """(z, residual, iterations): the glass that grows continuously, q0 > 0 (q0 = 0 is stationary too, with a lower energy)."""
    anchor, z = halfway(network, e, alpha)
    known, goal, iterations = [(anchor, z)], T, 0
    while True:
        try:
            z, residual, steps = newton(lambda v, t=goal: residuals(network, e, "glass", v, alpha, t), extrapolated(known, goal),
                                        (CHI, SPLIT, Y))
        except Unresolved:
            goal = (known[-1][0] + goal) / 2
            if abs(known[-1][0] - goal) < 1e-3 * anchor:
                raise
            continue
        iterations += steps
        if goal == T:
            return z, residual, iterations
        known.append((goal, z))
        goal = T


BRANCHES = {"retrieval": retrieval, "glass": spin_glass}


def check_branch(start, e):
    """ParameterError if `start` is no branch of the one-step equations."""
    if start == "paramagnet":
        raise ParameterError("start = 'paramagnet' with ansatz = '1rsb': the paramagnet is replica symmetric; take ansatz='rs'", "start")
    choose("start", start, BRANCHES)


# ---- from states to quantities

def quantities(network, e, alpha, T, x):
    """Order parameters and thermodynamics of a State by name."""
    names = ("m", *(("n",) if e.examples else ()), "q0", "q1", "chi", "y", "theta", *(("crosstalk", "crosstalk0") if e.soft else ()))
    about = measured(network, e, x.m, x.chi, x.split, x.y, alpha, T) if x.exists else None
    if about is None:
        return {**dict.fromkeys(names, math.nan),
                **dict.fromkeys(("free_entropy", "free_energy", "energy", "entropy", "replicon", "replicon0"), math.nan)}
    out = {**network.overlaps(about, e), "q0": about.q0, "q1": about.q1, "chi": x.chi, "y": x.y, "theta": T * x.y}
    if e.soft:
        out["crosstalk0"], out["crosstalk"] = network.cluster_crosstalk(about, e)
    f = float(network.cluster_free_energy(about, e, alpha, T))
    inner, outer = network.cluster_replicons(about, e, alpha, T)
    return {**out, "free_entropy": -f / T if T > 0 else math.inf, "free_energy": f, "energy": float(network.cluster_energy(about, e, alpha)),
            "entropy": float(network.entropy(SimpleNamespace(spin_entropy=about.spin_entropy, chi=x.chi, q=about.q1), e, alpha)),
            "replicon": float(inner), "replicon0": float(outer)}


def unstable(x, values):
    """The status, with a sentence where one step is not the end of it."""
    wrong = [name for name, key in (("within clusters", "replicon"), ("between clusters", "replicon0")) if values[key] < 0]
    if not x.exists or not wrong:
        return x.status
    return (f"{x.status}, but one step of breaking is unstable itself (fluctuations {' and '.join(wrong)}): its values are approximations; "
            f"ansatz='krsb' adds steps")


def solution(name, network, branch, params, x, e):
    """`Solution` of one state at one point."""
    values = quantities(network, e, params.alpha, params.T, x)
    status = unstable(x, values)
    order = {key: float(values.pop(key)) for key in ("m", "n", "q0", "q1", "chi", "y", "theta", "crosstalk", "crosstalk0") if key in values}
    return Solution(network=name, ansatz=NAME, branch=branch, params=params, order=order, **values,
                    converged=x.exists and x.residual < rs.CONVERGED, residual=x.residual, iterations=x.iterations, status=status)


def solve(name, network, branch, params):
    """A state of a branch with one step of replica symmetry breaking: a `Solution`; see `solve` in solving.py."""
    e = network.build(params)
    check_branch(branch, e)
    return solution(name, network, branch, params, BRANCHES[branch](network, e, params.alpha, params.T), e)
