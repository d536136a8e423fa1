"""The retrieval solutions of one temperature as an explicit curve alpha(m), and Newton's method on top of it.

At fixed T and m the overlap equation m = E tanh(y/T) has one root w, because E tanh falls with the noise w; then
chi = E sech^2(y/T)/T and the load is w divided by the noise per unit load.  So all solutions with overlap m at temperature T are
one number alpha(m), without any iteration that could pick a wrong branch.  From alpha = 0 at the overlap m0 of a single pattern
alpha(m) rises as m falls, up to its first maximum: the end of the retrieval branch (spinodal).  A solution of the equations at
given (alpha, T) is the retrieval state if and only if its m lies between that fold and m0.
"""
import math

import numpy as np
from numba import njit

from .averages import response

SCAN = 24          # points at which the slope of alpha(m) is looked at to find the first maximum
STEPS = 80


@njit(cache=True, nogil=True, error_model="numpy")
def crosstalk(chi, T, kernel, soft):
    """(w, dw/dchi) per unit load: the noise variance and its derivative along q = 1 - T chi."""
    q = 1 - T * chi
    w = slope = 0.0
    for j in range(kernel.size - 1, 0, -1):         # Horner for xi' and xi''
        slope = slope * q + w
        w = w * q + j * kernel[j]
    slope *= -T
    if soft > 0:
        gap = 1 - chi
        w += soft * q / gap**2
        slope += soft * (2 * q / gap - T) / gap**2
    return w, slope


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
def noise_at(m, h, T):
    """w with E tanh((h + sqrt(w) z)/T) = m, for 0 < m < tanh(h/T); NaN if there is none.

    Newton on inverse_erf(E tanh)**-2, at T = 0 exactly linear in w, inside a bracket that only shrinks.
    """
    target = 1 / inverse_erf(m) ** 2
    low, high = 0.0, h * h * target
    w = max(h * h * target / 2 - 2 * T * T / math.pi, 1e-3 * high)
    for _ in range(STEPS):
        value, _, chi_h, _, _ = response(h, w, T)
        if value == m:
            return w
        if value > m:
            low = w
        else:
            high = w
        x = inverse_erf(value) if value < 1 else math.inf
        step = (target - 1 / (x * x)) / (-math.sqrt(math.pi) * math.exp(x * x) / x**3 * chi_h / 2)
        new = w + step
        if not (low < new < high):
            new = (low + high) / 2 if low > 0 else w / 8
        if abs(new - w) <= 1e-15 * w:
            return new
        w = new
    return w


@njit(cache=True, nogil=True, error_model="numpy")
def load_at(m, T, P, signal, kernel, soft):
    """(alpha, d ln alpha/dm, chi) of the solution with overlap m; alpha = NaN where there is none."""
    h = signal * P / 2 * m ** (P - 1)
    if T > 0 and math.tanh(h / T) <= m:
        return math.nan, math.nan, math.nan
    w = noise_at(m, h, T)
    _, chi, chi_h, chi_w, _ = response(h, w, T)
    unit, unit_chi = crosstalk(chi, T, kernel, soft)
    h_m = h * (P - 1) / m
    w_m = 2 * (1 - chi * h_m) / chi_h
    chi_m = chi_h * h_m + chi_w * w_m
    return w / unit, w_m / w - unit_chi * chi_m / unit, chi


@njit(cache=True, nogil=True, error_model="numpy")
def curve_root(target, a, fa, b, fb, T, P, signal, kernel, soft):
    """Ridders' method for m in [a, b] with alpha(m) = target; target < 0: for the maximum of alpha(m)."""
    m = a
    for _ in range(STEPS):
        middle = (a + b) / 2
        alpha, slope, _ = load_at(middle, T, P, signal, kernel, soft)
        fm = slope if target < 0 else alpha - target
        if fm == 0:
            return middle
        m = middle + (middle - a) * math.copysign(1.0, fa - fb) * fm / math.sqrt(fm * fm - fa * fb)
        alpha, slope, _ = load_at(m, T, P, signal, kernel, soft)
        f = slope if target < 0 else alpha - target
        if f == 0:
            return m
        if (fm < 0) != (f < 0):
            a, fa, b, fb = middle, fm, m, f
        elif (fa < 0) != (f < 0):
            b, fb = m, f
        else:
            a, fa = m, f
        if abs(b - a) <= 4e-16 * abs(m):
            break
    return m


@njit(cache=True, nogil=True, error_model="numpy")
def single_pattern(T, P, signal, y_fold):
    """(upper, lower) overlaps of one pattern, m = tanh(h(m)/T); NaN if only m = 0 is left.  m = tanh y, h(tanh y)/y = T."""
    if T == 0:
        return 1.0, 0.0
    scale = signal * P / 2
    if P == 2:
        top = scale                                 # h(tanh y)/y at y -> 0
    else:
        top = scale * math.tanh(y_fold) ** (P - 1) / y_fold
    if T >= top:
        return math.nan, math.nan
    upper = lower = 0.0
    for side in range(2):
        outer = scale / T if side == 0 else 0.0     # h/y < T there
        inner = y_fold
        for _ in range(200):
            y = (outer + inner) / 2
            if y == outer or y == inner:
                break
            if scale * math.tanh(y) ** (P - 1) > T * y:
                inner = y
            else:
                outer = y
        if side == 0:
            upper = math.tanh(inner)
        elif P > 2:
            lower = math.tanh(inner)
    return upper, lower


@njit(cache=True, nogil=True, error_model="numpy")
def fold(T, P, signal, kernel, soft, y_fold):
    """(alpha, m, chi, m0): the end of the retrieval branch at temperature T and its start, the overlap m0 at alpha = 0.

    All NaN where even a single pattern is not retrieved.
    """
    m0, lower = single_pattern(T, P, signal, y_fold)
    if math.isnan(m0):
        return math.nan, math.nan, math.nan, math.nan
    above, f_above = math.nan, math.nan
    s = 1.0
    for i in range(SCAN + 8):
        # a few points close to m0, where P is large, then even steps down
        s = 1 - 0.25 ** (8 - i) * 0.5 / SCAN if i < 8 else 1 - (i - 7.5) / SCAN
        m = lower + (m0 - lower) * s
        alpha, slope, chi = load_at(m, T, P, signal, kernel, soft)
        if math.isnan(slope) or math.isinf(slope):
            continue
        if slope > 0:
            if math.isnan(above):
                return alpha, m, chi, m0            # the branch is shorter than rounding
            m = curve_root(-1.0, m, slope, above, f_above, T, P, signal, kernel, soft)
            alpha, slope, chi = load_at(m, T, P, signal, kernel, soft)
            return alpha, m, chi, m0
        above, f_above = m, slope
    return math.nan, math.nan, math.nan, m0


@njit(cache=True, nogil=True, error_model="numpy")
def newton(m, chi, alpha, T, P, signal, kernel, soft):
    """(m, chi, w, residual, iterations) from a starting point; the residual of chi is relative."""
    residual, w = math.inf, 0.0
    for step in range(1, STEPS):
        unit, unit_chi = crosstalk(chi, T, kernel, soft)
        h = signal * P / 2 * m ** (P - 1)
        w = alpha * unit
        new_m, new_chi, chi_h, chi_w, _ = response(h, w, T)
        r, s = new_m - m, new_chi - chi
        last, residual = residual, max(abs(r), abs(s) / max(new_chi, 1e-300))
        if residual <= 1e-15 or (residual < 1e-12 and residual > last / 4):
            return new_m, new_chi, w, residual, step
        h_m, w_chi = h * (P - 1) / m, alpha * unit_chi
        a, b = new_chi * h_m - 1, chi_h / 2 * w_chi
        c, d = chi_h * h_m, chi_w * w_chi - 1
        det = a * d - b * c
        dm, dchi = (b * s - d * r) / det, (c * r - a * s) / det
        m = min(m + dm, (1 + m) / 2 if m < 1 else 1.0)
        chi = max(chi + dchi, chi / 4)
        if not (m > 0 and (soft == 0 or chi < 1)):
            return m, chi, w, math.inf, step
    return m, chi, w, residual, STEPS


@njit(cache=True, nogil=True, error_model="numpy")
def retrieve(alpha, T, P, signal, kernel, soft, end):
    """(m, chi, w, residual, iterations) of the retrieval state, given `end` = fold(T); all NaN where there is none."""
    top, m_fold, _, m0 = end
    if not alpha <= top:
        return math.nan, math.nan, math.nan, math.nan, 0
    unit, _ = crosstalk(0.0, T, kernel, soft)
    chi = response(signal * P / 2, alpha * unit, T)[1]
    if soft > 0:
        chi = min(chi, 0.5)
    x = newton(m0, chi, alpha, T, P, signal, kernel, soft)
    if x[3] < 1e-11 and x[0] >= m_fold:
        return x
    root = m0 if alpha == 0 else m_fold
    if 0 < alpha < top:
        root = curve_root(alpha, m_fold, top - alpha, m0, -alpha, T, P, signal, kernel, soft)
    chi = (1 - m0 * m0) / T if alpha == 0 else load_at(root, T, P, signal, kernel, soft)[2]
    y = newton(root, chi, alpha, T, P, signal, kernel, soft)
    if y[3] < 1e-11 and abs(y[0] - root) < 1e-3 * (m0 - m_fold) + 1e-9:
        return y[0], y[1], y[2], y[3], x[4] + y[4]
    # at the fold itself Newton's matrix is singular: the curve is the answer
    unit, _ = crosstalk(chi, T, kernel, soft)
    h = signal * P / 2 * root ** (P - 1)
    w = alpha * unit
    new_m, new_chi, _, _, _ = response(h, w, T)
    return root, chi, w, max(abs(new_m - root), abs(new_chi - chi) / max(new_chi, 1e-300)), x[4] + y[4]


@njit(cache=True, nogil=True, error_model="numpy")
def retrieval_map(alpha, T, P, signal, kernel, soft, y_fold):
    """(m, chi, w, residual, iterations) on the grid alpha x T, array (5, alphas, Ts), and fold(T), array (4, Ts)."""
    out = np.empty((5, alpha.size, T.size))
    ends = np.empty((4, T.size))
    for k in range(T.size):
        end = fold(T[k], P, signal, kernel, soft, y_fold)
        ends[0, k], ends[1, k], ends[2, k], ends[3, k] = end
        for j in range(alpha.size):
            x = retrieve(alpha[j], T[k], P, signal, kernel, soft, end)
            out[0, j, k], out[1, j, k], out[2, j, k], out[3, j, k], out[4, j, k] = x
    return out, ends
