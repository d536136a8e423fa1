"""The retrieval solutions of one temperature as an explicit curve alpha(m), and Newton's method on top of it.

At fixed T and m the overlap equation m = E tanh(y/T) has one root w, because E tanh falls with the noise w; then
chi = E sech^2(y/T)/T and the load is w divided by the noise per unit load.  So all solutions with overlap m at temperature T are
one number alpha(m), without any iteration that could pick a wrong branch.  From alpha = 0 at the overlap m0 of a single pattern
alpha(m) rises as m falls, up to its first maximum: the end of the retrieval branch (spinodal).  A solution of the equations at
given (alpha, T) is the retrieval state if and only if its m lies between that fold and m0.

With examples tanh is averaged over v too and m is the overlap E v tanh (equations/__init__.py): all of the above holds as it stands.
"""
import math
from typing import NamedTuple

import numpy as np
from numba import njit

from .averages import site_response

SCAN = 24          # points at which the slope of alpha(m) is looked at to find the first maximum
STEPS = 80
BEHIND = 3         # loads of a map from which the next state is extrapolated


class Numbers(NamedTuple):
    """`Equations` as compiled code takes them.

    modes (n, 2): strength and multiplicity; place, weight, signed (sites,) and spread: the distribution of v; top = E|v|, the largest overlap;
    y_fold: h/T at the spinodal of a single pattern.
    """

    P: int
    signal: float
    kernel: np.ndarray
    modes: np.ndarray
    place: np.ndarray
    weight: np.ndarray
    signed: np.ndarray
    spread: float
    top: float
    y_fold: float


@njit(cache=True, nogil=True, error_model="numpy")
def crosstalk_of(q, chi, T, e):
    """(w, dw/dchi) per unit load: the noise variance and its derivative along q = 1 - T chi."""
    w = slope = 0.0
    for j in range(e.kernel.size - 1, 0, -1):       # Horner for xi' and xi''
        slope = slope * q + w
        w = w * q + j * e.kernel[j]
    slope *= -T
    for j in range(len(e.modes)):
        a = e.modes[j, 0]
        gap = 1 - a * chi
        each = e.modes[j, 1] * (a / gap) ** 2
        w += each * q
        slope += each * (2 * a * q / gap - T)
    return w, slope


@njit(cache=True, nogil=True, error_model="numpy")
def crosstalk(chi, T, e):
    """`crosstalk_of` where 1 - T chi does not cancel."""
    return crosstalk_of(1 - T * chi, chi, T, e)


@njit(cache=True, nogil=True, error_model="numpy")
def field(m, e):
    """h(m), per unit of v."""
    return e.signal * e.P / 2 * m ** (e.P - 1)


@njit(cache=True, nogil=True, error_model="numpy")
def averages(h, w, T, e):
    return site_response(h, w, T, e.place, e.weight, e.signed, e.spread)


@njit(cache=True, nogil=True)
def inverse_erf(m):
    """x with erf(x) = m for 0 <= m < 1, to a few digits or better: Winitzki's form and two Newton steps."""
    b = math.log1p(-m * m)
    a = 4.33 + b / 2
    x = math.sqrt(math.sqrt(a * a - b / 0.147) - a)
    for _ in range(2):
        x -= (math.erf(x) - m) * math.exp(x * x) * math.sqrt(math.pi) / 2
    return x


@njit(cache=True, nogil=True, error_model="numpy")
def noise_at(m, h, T, e, guess, close):
    """w with E v tanh((h v + sqrt(w) z)/T) = m, for 0 < m < its value at w = 0; NaN if there is none.

    Newton on inverse_erf(E v tanh/top)**-2, for v = 1 and T = 0 exactly linear in w, inside a bracket that only shrinks, from `guess`
    if that is in it, until a step is below `close` (relative): what is left is about its square.
    """
    target = 1 / inverse_erf(m / e.top) ** 2
    low, high = 0.0, 2 * (h / m) ** 2 / math.pi          # from erf(x) < 2 x/sqrt(pi) and E v**2 = 1
    w = min(max(h * h * target / 2 - 2 * T * T / math.pi, 1e-3 * high), 0.999 * high)
    if low < guess < high:
        w = guess
    for _ in range(STEPS):
        value, _, chi_h, _, _, _, _ = averages(h, w, T, e)
        if value == m:
            return w
        if value > m:
            low = w
        else:
            high = w
        x = inverse_erf(value / e.top) if value < e.top else math.inf
        step = (target - 1 / (x * x)) / (-math.sqrt(math.pi) * math.exp(x * x) / x**3 * chi_h / 2 / e.top)
        if abs(step) <= close * w:
            return w + step
        w += step
        if not (low < w < high):
            w = (low + high) / 2 if low > 0 else high / 8
    return w


class Load(NamedTuple):
    """A solution on the curve: alpha, d ln alpha/dm, chi, w and dw/dm at the overlap m."""

    alpha: float
    slope: float
    chi: float
    w: float
    w_m: float
    m: float


NOWHERE = Load(*(math.nan,) * 6)
ROUNDING, ROUGH = 1e-9, 1e-4      # last step of noise_at: its square is what is left


@njit(cache=True, nogil=True, error_model="numpy")
def load_at(m, T, e, near, close):
    """`Load` of the solution with overlap m; NaN where there is none.  near: one that is known, from which w is extrapolated."""
    h = field(m, e)
    if T > 0 and averages(h, 0.0, T, e)[0] <= m:
        return NOWHERE
    w = noise_at(m, h, T, e, near.w + near.w_m * (m - near.m), close)
    _, chi, chi_h, chi_w, _, gain, _ = averages(h, w, T, e)
    if len(e.modes) and chi >= 1:                        # the Gaussian modes of P = 2 have no such solution
        return NOWHERE
    unit, unit_chi = crosstalk(chi, T, e)
    h_m = h * (e.P - 1) / m
    w_m = 2 * (1 - gain * h_m) / chi_h
    chi_m = chi_h * h_m + chi_w * w_m
    return Load(w / unit, w_m / w - unit_chi * chi_m / unit, chi, w, w_m, m)


@njit(cache=True, nogil=True, error_model="numpy")
def curve_root(target, a, fa, b, fb, T, e, near):
    """`Load` at m in [a, b] with alpha(m) = target; target < 0: at the maximum of alpha(m).

    Chandrupatla's method (Adv. Eng. Softw. 28 145 (1997)): inverse quadratic steps where they are safe, else bisection.
    """
    c, fc, part = b, fb, 0.5
    for _ in range(STEPS):
        m = a + part * (b - a)
        near = load_at(m, T, e, near, ROUNDING)
        if math.isnan(near.alpha):                       # above the branch
            f = -1.0 if target < 0 else -target
        else:
            f = near.slope if target < 0 else near.alpha - target
        if (f < 0) == (fa < 0):
            c, fc = a, fa
        else:
            c, fc, b, fb = b, fb, a, fa
        a, fa = m, f
        least = 1e-13 * abs(m) / abs(b - a)
        if fa == 0 or least > 0.5:
            break
        x, y = (a - b) / (c - b), (fa - fb) / (fc - fb)
        part = 0.5
        if 1 - math.sqrt(1 - x) < y < math.sqrt(x):
            part = fa / (fb - fa) * fc / (fb - fc) + (c - a) / (b - a) * fa / (fc - fa) * fb / (fc - fb)
        part = min(1 - least, max(least, part))
    return near


@njit(cache=True, nogil=True, error_model="numpy")
def single_pattern(T, e):
    """(upper, lower) overlaps of one pattern, m = F(h(m)/T); NaN if only m = 0 is left.  m = F(y) = E v tanh(y v), h(F(y))/y = T."""
    if T == 0:
        return e.top, 0.0
    hottest = e.signal if e.P == 2 else field(averages(e.y_fold, 0.0, 1.0, e)[0], e) / e.y_fold    # P = 2: at y -> 0
    if T >= hottest:
        return math.nan, math.nan
    ends = np.zeros(2)
    for side in range(2 if e.P > 2 else 1):
        unit = T if side == 0 else 1.0                        # x = y unit: at low T the upper end has a finite h, the lower one a finite y
        outer, inner = field(e.top, e) if side == 0 else 0.0, e.y_fold * unit      # h/y < T at the outer end
        x = outer if side == 0 else inner / 2
        for _ in range(200):                                  # Newton in logarithms, in which both ends are straight lines
            m, _, _, _, _, gain, _ = averages(x, 0.0, unit, e)
            excess = math.log(field(m, e) * unit / (T * x))
            if excess > 0:
                inner = x
            else:
                outer = x
            new = x * math.exp(-excess / ((e.P - 1) * x * gain / m - 1))
            if not (min(inner, outer) < new < max(inner, outer)):
                new = (inner + outer) / 2
            if abs(new - x) <= 4e-16 * x:
                break
            x = new
        ends[side] = averages(x, 0.0, unit, e)[0]
    return ends[0], ends[1]


@njit(cache=True, nogil=True, error_model="numpy")
def fold(T, e):
    """(alpha, m, chi, m0, alpha1, m1): the end of the retrieval branch at temperature T and its start, the overlap m0 at alpha = 0.

    All NaN where even a single pattern is not retrieved.  alpha1, m1: where m jumps down on the way.  That happens for P = 2 and few
    examples, when the neurons whose examples nearly cancel are lost to the noise first: alpha(m) then has a second, higher maximum.
    Elsewhere the jump is the end, and a second maximum belongs to states that do not retrieve (docs/theory/examples).

    For P = 2 and an even number of few examples, which cancel at some neurons, the branch begins where chi = 1, below m0: however small
    the load, other patterns condense in those neurons.
    """
    m0, lower = single_pattern(T, e)
    end = first = math.nan, math.nan, math.nan
    if math.isnan(m0):
        return math.nan, math.nan, math.nan, math.nan, math.nan, math.nan
    above, before = NOWHERE, m0
    s = 1.0
    for i in range(SCAN + 8):
        # a few points close to m0, where P is large, then even steps down
        s = 1 - 0.25 ** (8 - i) * 0.5 / SCAN if i < 8 else 1 - (i - 7.5) / SCAN
        m = lower + (m0 - lower) * s
        at = load_at(m, T, e, above, ROUGH)
        if math.isnan(at.slope) or math.isinf(at.slope):
            before = m
            continue
        if at.slope > 0 and not (above.slope > 0):
            if not math.isnan(above.m):
                top = curve_root(-1.0, at.m, at.slope, above.m, above.slope, T, e, above)
            elif len(e.modes) and before < m0:     # it begins below m0, at chi = 1
                top = curve_root(-1.0, at.m, at.slope, before, -1.0, T, e, at)
            else:                                  # the branch is shorter than rounding
                at = load_at(at.m, T, e, at, ROUNDING)
                return at.alpha, at.m, at.chi, m0, at.alpha, at.m
            if math.isnan(first[0]):
                first = end = top.alpha, top.m, top.chi
            elif top.alpha > end[0]:
                end = top.alpha, top.m, top.chi
            if len(e.modes) == 0 or e.place.size == 1:
                break
        above = at
    return end[0], end[1], end[2], m0, first[0], first[1]


@njit(cache=True, nogil=True, error_model="numpy")
def newton(m, chi, alpha, T, e):
    """(m, chi, w, residual, iterations) from a starting point; the residual of chi is relative."""
    residual, w = math.inf, 0.0
    for step in range(1, STEPS):
        unit, unit_chi = crosstalk(chi, T, e)
        h = field(m, e)
        w = alpha * unit
        new_m, new_chi, chi_h, chi_w, _, gain, _ = averages(h, w, T, e)
        r, s = new_m - m, new_chi - chi
        last, residual = residual, max(abs(r), abs(s) / max(new_chi, 1e-300))
        if residual <= 1e-15 or (residual < 1e-12 and residual > last / 4):
            return new_m, new_chi, w, residual, step
        h_m, w_chi = h * (e.P - 1) / m, alpha * unit_chi
        a, b = gain * h_m - 1, chi_h / 2 * w_chi
        c, d = chi_h * h_m, chi_w * w_chi - 1
        det = a * d - b * c
        dm, dchi = (b * s - d * r) / det, (c * r - a * s) / det
        m = min(m + dm, (e.top + m) / 2 if m < e.top else e.top)
        chi = max(chi + dchi, chi / 4)
        if not (m > 0 and (len(e.modes) == 0 or chi < 1)):
            return m, chi, w, math.inf, step
    return m, chi, w, residual, STEPS


@njit(cache=True, nogil=True, error_model="numpy")
def retrieve(alpha, T, e, end, m, chi):
    """(m, chi, w, residual, iterations) of the retrieval state, given `end` = fold(T); all NaN where there is none.

    m, chi: a guess, from which Newton's method is tried first; NaN: none, it begins at the top of the branch.
    """
    top, m_fold, _, m0, ledge, m_ledge = end
    if not alpha <= top:
        return math.nan, math.nan, math.nan, math.nan, 0
    low, rest, high, lack = m_ledge, ledge - alpha, m0, -alpha
    if alpha > ledge:                              # beyond the jump
        low, rest, high, lack = m_fold, top - alpha, m_ledge, ledge - alpha
    steps = 0
    if low < m < m0:
        x = newton(m, chi, alpha, T, e)
        if x[3] < 1e-11 and x[0] >= low:
            return x
        steps = x[4]
    unit, _ = crosstalk(0.0, T, e)
    chi = averages(field(e.top, e), alpha * unit, T, e)[1]
    x = newton(m0, min(chi, 0.5) if len(e.modes) else chi, alpha, T, e)
    steps += x[4]
    if x[3] < 1e-11 and x[0] >= low:
        return x[0], x[1], x[2], x[3], steps
    if alpha == 0:
        root, chi = m0, averages(field(m0, e), 0.0, T, e)[1]
    else:
        at = curve_root(alpha, low, rest, high, lack, T, e, NOWHERE) if rest > 0 else load_at(low, T, e, NOWHERE, ROUNDING)
        root, chi = at.m, at.chi
    y = newton(root, chi, alpha, T, e)
    steps += y[4]
    if y[3] < 1e-11 and abs(y[0] - root) < 1e-3 * (high - low) + 1e-9:
        return y[0], y[1], y[2], y[3], steps
    # at the fold itself Newton's matrix is singular: the curve is the answer
    unit, _ = crosstalk(chi, T, e)
    w = alpha * unit
    new_m, new_chi, _, _, _, _, _ = averages(field(root, e), w, T, e)
    return root, chi, w, max(abs(new_m - root), abs(new_chi - chi) / max(new_chi, 1e-300)), steps


@njit(cache=True, nogil=True, error_model="numpy")
def retrieval_map(alpha, T, e):
    """(m, chi, w, residual, iterations) on the grid alpha x T, array (5, alphas, Ts), and fold(T), array (6, Ts).

    Newton's method begins at what the last loads (BEHIND) extrapolate to.
    """
    out = np.empty((5, alpha.size, T.size))
    ends = np.empty((6, T.size))
    last = np.empty(BEHIND, np.int64)
    for k in range(T.size):
        end = fold(T[k], e)
        ends[0, k], ends[1, k], ends[2, k], ends[3, k], ends[4, k], ends[5, k] = end
        known = 0
        for j in range(alpha.size):
            m = chi = 0.0
            for i in last[:known]:
                weight = 1.0
                for other in last[:known]:
                    if other != i:
                        weight *= (alpha[j] - alpha[other]) / (alpha[i] - alpha[other])
                m += weight * out[0, i, k]
                chi += weight * out[1, i, k]
            x = retrieve(alpha[j], T[k], e, end, m, max(chi, out[1, last[0], k] / 2) if known else math.nan)
            out[0, j, k], out[1, j, k], out[2, j, k], out[3, j, k], out[4, j, k] = x
            if not math.isnan(x[0]):
                last[1:] = last[:-1].copy()
                last[0] = j
                known = min(known + 1, BEHIND)
    return out, ends
