"""The k-step recursion for a neuron's field: free energies f_i from the inside out, field densities P_i from the outside in.

    f_{k+1}(h) = T ln 2cosh(h/T)       (T = 0: |h|)
    f_i(h) = (1/y_i) ln E_z exp[y_i f_{i+1}(h + sqrt(D_i) z)],    D_i = w_i - w_{i-1},    i = k ... 1
    P_0 = N(mean, w_0),    P_i(h) = exp[y_i f_{i+1}(h)] E_z [P_{i-1} exp(-y_i f_i)](h - sqrt(D_i) z)

All are kept on one uniform grid h = step * j.  The f_i are even, and |f_i'| -> 1 far out, so F = f - |h| and g = 1 - f' are
stored for h >= 0: both are smooth, and constant beyond the grid.  Exponentials of y|h| never appear alone, only folded into the
Gaussian weights, so nothing overflows however large y h is.  The innermost step starts from a kink (T = 0) or nearly so, and is
done at each grid point in closed form plus a one-dimensional quadrature; the others are trapezoidal sums of positive terms,
which converge exponentially (docs/theory/krsb, "Numerics").  The densities stop at P_{k-1}: averages over P_k are averages of
the innermost step over P_{k-1}.
"""
import math

import numpy as np
from numba import njit

from .averages import FREE_SPIN, GAUSS, LOG, MISSING, SECH2, SECH4, X_WEIGHTS, X, Z

REACH = 8.5                 # Gaussians are cut at this many standard deviations: exp(-REACH**2/2) is below rounding


@njit(cache=True, nogil=True, error_model="numpy")
def innermost(y, D, T, step, n):
    """The step i = k on the grid; array (6, n+1): F, g, and the averages in the tilted measure over the inner field x of

    f_{k+1}(x) - f_k(h),   sech^2(x/T)/T,   sech^4(x/T)/T,   entropy ln 2cosh(x/T) - (x/T) tanh(x/T) of a free spin.
    """
    out = np.empty((6, n + 1))
    width, theta = math.sqrt(D), y * T
    for j in range(n + 1):
        h = step * j
        if h > y * D + REACH * width + 20 * T:                 # the kink is out of reach
            out[:, j] = 0.0
            out[0, j], out[2, j] = y * D / 2, y * D / 2
            continue
        if width <= T:                                         # the integrand is smooth in z
            total = wrong = value = sech2 = sech4 = entropy = 0.0
            for i in range(Z.size):
                x = h + width * Z[i]
                e = math.exp(-2 * abs(x) / T)
                log = math.log1p(e)
                p = GAUSS[i] * math.exp(theta * ((abs(x) - h) / T + log))
                s = 4 * e / (1 + e) ** 2
                total += p
                wrong += p * 2 * (e if x > 0 else 1.0) / (1 + e)
                value += p * (abs(x) - h + T * log)
                sech2 += p * s
                sech4 += p * s * s
                entropy += p * (log + 2 * abs(x) / T * e / (1 + e))
            out[0, j] = math.log(total) / y
            out[1, j] = wrong / total
            out[2, j] = value / total - out[0, j]
            out[3, j], out[4, j], out[5, j] = sech2 / total / T, sech4 / total / T, entropy / total
            continue
        # T = 0 in closed form, all relative to exp(y**2 D/2 + y h)
        up, down = (h + y * D) / width, (y * D - h) / width
        peak = 2 * math.exp(-up * up / 2) / math.sqrt(2 * math.pi * D)
        right = math.erfc(-up / math.sqrt(2.0)) / 2
        left = math.exp(-2 * y * h) * math.erfc(-down / math.sqrt(2.0)) / 2
        total, wrong = right + left, 2 * left
        value = y * D * total + h * (right - left) + D * peak
        sech2, sech4, entropy = peak, 0.0, 0.0
        if T > 0:                                              # what tanh lacks to a sign, a function of x = |field|/T alone
            sech2 = 0.0
            for i in range(X.size):
                a = (T * X[i] - h) / width - y * width
                b = (T * X[i] + h) / width - y * width
                r = math.exp(-a * a / 2) / math.sqrt(2 * math.pi * D) * T
                s = math.exp(-b * b / 2 - 2 * y * h) / math.sqrt(2 * math.pi * D) * T
                e = math.exp(-2 * X[i])
                log = math.log1p(e)
                tilt = math.exp(theta * log)
                more = math.expm1(theta * log) * X_WEIGHTS[i]
                total += more * (r + s)
                wrong += tilt * MISSING[i] * (r - s) + 2 * more * s
                value += (more * T * X[i] + tilt * T * LOG[i]) * (r + s)
                sech2 += tilt * SECH2[i] * (r + s)
                sech4 += tilt * SECH4[i] * (r + s)
                entropy += tilt * FREE_SPIN[i] * (r + s)
            sech2, sech4 = sech2 / T, sech4 / T
        out[0, j] = y * D / 2 + math.log(total) / y
        out[1, j] = wrong / total
        out[2, j] = value / total - h - out[0, j]
        out[3, j], out[4, j], out[5, j] = sech2 / total, sech4 / total, entropy / total
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def tilted_gauss(y, D, step):
    """exp(y x) times the Gaussian of variance D on the grid, array (2R+1,), x = step * (-R ... R): wide enough for the tilt."""
    R = int(math.ceil((y * D + REACH * math.sqrt(D)) / step))
    out = np.empty(2 * R + 1)
    for d in range(-R, R + 1):
        x = step * d
        out[d + R] = math.exp(y * x - x * x / (2 * D)) * step / math.sqrt(2 * math.pi * D)
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def outward(F, g, y, D, step, points):
    """One step of the recursion, f_{i+1} -> f_i: F, g, and the tilted average of f_{i+1} minus f_i at the first `points` fields."""
    n = F.size - 1
    weight = tilted_gauss(y, D, step)
    R = weight.size // 2
    source = np.empty((3, points + 2 * R))                      # p = exp[y (f - h)], p g and p (f - h), from h = -R step on
    for i in range(source.shape[1]):
        j = i - R
        a = min(abs(j), n)
        f = F[a] + (2 * step * abs(j) if j < 0 else 0.0)
        p = math.exp(y * f)
        source[0, i], source[1, i], source[2, i] = p, p * (2 - g[a] if j < 0 else g[a]), p * f
    total, wrong, value = np.zeros(points), np.zeros(points), np.zeros(points)
    for d in range(weight.size):
        w, x = weight[d], weight[d] * step * (d - R)
        p, q, f = source[0, d:d + points], source[1, d:d + points], source[2, d:d + points]
        for j in range(points):
            total[j] += w * p[j]
            wrong[j] += w * q[j]
            value[j] += w * f[j] + x * p[j]
    F_out = np.log(total) / y
    return F_out, wrong / total, value / total - F_out


@njit(cache=True, nogil=True, error_model="numpy")
def right_half(P, F_in, F_out, y, weight, step):
    """P_i for h >= 0 from P_{i-1} (2n+1,) on the whole grid; F_in, F_out: f_{i+1}, f_i less |h|."""
    n = F_in.size - 1
    R = weight.size // 2
    source = np.zeros(n + 1 + 2 * R)
    for i in range(source.size):
        j = i - R
        if abs(j) <= n:
            source[i] = P[j + n] * math.exp(-y * (F_out[abs(j)] + (2 * step * abs(j) if j < 0 else 0.0)))
    out = np.zeros(n + 1)
    for d in range(weight.size):                               # field before the step: h - step (R - d) seen from h
        w = weight[weight.size - 1 - d]
        a = source[d:d + n + 1]
        for j in range(n + 1):
            out[j] += w * a[j]
    return out * np.exp(y * F_in)


@njit(cache=True, nogil=True, error_model="numpy")
def inward(P, F_in, F_out, y, D, step):
    """One step of the densities, P_{i-1} -> P_i; arrays (2n+1,)."""
    n = F_in.size - 1
    weight = tilted_gauss(y, D, step)
    out = np.empty(2 * n + 1)
    out[n:] = right_half(P, F_in, F_out, y, weight, step)
    out[:n + 1] = right_half(P[::-1].copy(), F_in, F_out, y, weight, step)[::-1]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def from_point(F_in, F_out, y, D, step):
    """P_1 (2n+1,) from P_0 concentrated at h = 0: `inward` without its sum."""
    n = F_in.size - 1
    weight = tilted_gauss(y, D, step)
    R = weight.size // 2
    out = np.zeros(2 * n + 1)
    for j in range(min(n, R) + 1):
        out[n + j] = weight[R + j] / step * math.exp(y * (F_in[j] - F_out[0]))
        out[n - j] = out[n + j]
    return out


@njit(cache=True, nogil=True, error_model="numpy")
def recursion(mean, w, D, y, T, step, n):
    """Averages of the k-step solution: P_0 has this mean and variance w, the steps have variances D (k,), breakpoints y (k,).
    w = 0 (and mean = 0, a glass with q_0 = 0) puts P_0 at the field 0.

    Returns (miss, gaps (k,), gains (k,), value, chi, fourth, entropy): 1 - E_0 f_1', 1 - E_i f_{i+1}'**2, the gains
    E_i f_{i+1} - E_{i-1} f_i, which are small and hence never a difference of averages, E_0 f_1, and E_k of sech^2/T, sech^4/T
    and the entropy of a free spin in the field.
    """
    k = y.size
    F, g, gain = np.empty((k, n + 1)), np.empty((k, n + 1)), np.empty((k, n + 1))      # of f_1 ... f_k
    inner = innermost(y[k - 1], D[k - 1], T, step, n)
    F[k - 1], g[k - 1], gain[k - 1] = inner[0], inner[1], inner[2]
    for i in range(k - 2, -1, -1):
        points = 1 if i == 0 and w == 0 else n + 1
        F[i, :points], g[i, :points], gain[i, :points] = outward(F[i + 1], g[i + 1], y[i], D[i], step, points)
    P = np.zeros(2 * n + 1)
    if w == 0:
        P[n] = 1 / step
    else:
        for j in range(-n, n + 1):
            P[j + n] = math.exp(-((step * j - mean) ** 2) / (2 * w)) / math.sqrt(2 * math.pi * w)
    miss = value = chi = fourth = entropy = 0.0
    gaps, gains = np.zeros(k), np.zeros(k)
    for i in range(k):
        if i == 1 and w == 0:
            P = from_point(F[i], F[i - 1], y[i - 1], D[i - 1], step)
        elif i > 0:
            P = inward(P, F[i], F[i - 1], y[i - 1], D[i - 1], step)
        reach = 0 if i == 0 and w == 0 else n
        for j in range(-reach, reach + 1):
            a = abs(j)
            p = P[j + n] * step
            gaps[i] += p * g[i, a] * (2 - g[i, a])
            gains[i] += p * gain[i, a]
            if i == 0:
                miss += p * (2 - g[i, a] if j < 0 else g[i, a])
                value += p * (step * a + F[i, a])
            if i == k - 1:
                chi += p * inner[3, a]
                fourth += p * inner[4, a]
                entropy += p * inner[5, a]
    return miss, gaps, gains, value, chi, fourth, entropy
