"""Averages over a neuron's Gaussian field y = h + sqrt(w) z at temperature T, exact in the limit T -> 0.

Everything is written for quantities that stay finite at T = 0, so that T = 0 needs no code of its own:

    m = E tanh(y/T),   chi = E sech^2(y/T) / T = (1 - q)/T,   fourth = E sech^4(y/T) / T,
    log_cosh = T E ln 2cosh(y/T),   entropy = E [ln 2cosh(y/T) - (y/T) tanh(y/T)]

Two rules, each used where it converges exponentially (docs/theory/dense, "Numerics"):

* sqrt(w) <= T: the trapezoid in z.  The nearest pole of the integrand is at |Im z| = (pi/2) T / sqrt(w) >= pi/2.
* sqrt(w) > T: the limit T = 0 in closed form plus what tanh lacks to a sign, a function of x = |y|/T alone that dies as exp(-2x).
  It is integrated by a Gauss-Legendre rule in x, where the Gaussian is smooth.  Gauss-Hermite would miss this kink.
"""
import math

import numpy as np
from numba import njit

from .elementary import FAST, exp, expm1, log1p

# trapezoid in z.  The narrower the field the farther its pole, and the wider the step; |z| leaves room for the tilt of E exp(-2 y/T)
WIDEST = np.array([0.3, 0.5, 0.7, 1.0])                         # sqrt(w)/T up to which each of the grids is good
SIZES = np.array([32, 48, 64, 96])                              # their points: multiples of 16, for SIMD
_steps = np.array([0.59, 0.41, 0.3175, 0.2325])[:, None]
GRIDS = _steps * (np.arange(96) - (SIZES[:, None] - 1) / 2)     # (4, 96), used up to SIZES
SHARES = _steps * np.exp(-GRIDS**2 / 2) / math.sqrt(2 * math.pi)
Z, GAUSS = GRIDS[-1], SHARES[-1]                                # the finest, good for all

# Gauss-Legendre in t, x = |y|/T = -8 ln(1 - t (1 - exp(-20/8))) from 0 to 20: dense near 0, where all of a Gaussian of width 1 counts.
# Weights are 2/((1 - t**2) P'(t)**2) once more, ten times as exact as those of leggauss.
_order = 40
_nodes, _last = np.polynomial.legendre.leggauss(_order)[0], [0] * _order + [1]
_slope = np.polynomial.legendre.legval(_nodes, np.polynomial.legendre.legder(_last))
_left = 1 + (_nodes + 1) / 2 * math.expm1(-20 / 8)
X = -8 * np.log(_left)
X_WEIGHTS = -4 * math.expm1(-20 / 8) / _left * 2 / ((1 - _nodes**2) * _slope**2)
_E = np.exp(-2 * X)
MISSING = X_WEIGHTS * 2 * _E / (1 + _E)                         # 1 - tanh
SECH2 = X_WEIGHTS * 4 * _E / (1 + _E) ** 2
SECH4 = X_WEIGHTS * 16 * _E**2 / (1 + _E) ** 4
LOG = X_WEIGHTS * np.log1p(_E)                                  # ln 2cosh x - x
FREE_SPIN = LOG + X_WEIGHTS * 2 * X * _E / (1 + _E)             # ln 2cosh x - x tanh x


@njit(cache=True, nogil=True, error_model="numpy")
def grid(ratio):
    """Row of GRIDS for sqrt(w)/T = ratio <= 1."""
    k = 0
    while WIDEST[k] < ratio and k < 3:
        k += 1
    return k


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def response(h, w, T):
    """(m, chi, dchi/dh, dchi/dw, fourth) of a field of mean h and variance w >= 0 at temperature T >= 0.

    By parts dm/dh = chi and dm/dw = (dchi/dh)/2.
    """
    m = chi = chi_h = chi_w = fourth = 0.0
    if w == 0.0 and T == 0.0:
        return np.sign(h), 0.0, 0.0, 0.0, 0.0
    if w == 0.0:
        e = math.exp(-2 * abs(h) / T)
        t, s = math.tanh(h / T), 4 * e / (1 + e) ** 2
        return t, s / T, -2 * t * s / T / T, (2 * s - 3 * s * s) / T / T / T, s * s / T
    if T == 0.0:
        chi = 2 * math.exp(-h * h / (2 * w)) / math.sqrt(2 * math.pi * w)
        return math.erf(h / math.sqrt(2 * w)), chi, -chi * h / w, chi * (h * h / w - 1) / (2 * w), chi * 2 / 3
    if w <= T * T:
        width = math.sqrt(w)
        k = grid(width / T)
        slope = 0.0
        for i in range(SIZES[k]):
            x = (h + width * GRIDS[k, i]) / T
            e = exp(-2 * abs(x))
            v = 1 / (1 + e)
            t, s = math.copysign((1 - e) * v, x), 4 * e * v * v
            m += SHARES[k, i] * t
            chi += SHARES[k, i] * s
            slope += SHARES[k, i] * t * s
            fourth += SHARES[k, i] * s * s
        return m, chi / T, -2 * slope / T / T, (2 * chi - 3 * fourth) / T / T / T, fourth / T
    narrow = -1 / (2 * w)
    for i in range(X.size):
        a, b = T * X[i] - h, T * X[i] + h
        right, left = exp(narrow * a * a), exp(narrow * b * b)
        both = right + left
        m += MISSING[i] * (right - left)
        chi += SECH2[i] * both
        chi_h += SECH2[i] * (a * right - b * left)
        chi_w += SECH2[i] * (a * a * right + b * b * left)
        fourth += SECH4[i] * both
    p = 1 / math.sqrt(2 * math.pi * w)
    return (math.erf(h / math.sqrt(2 * w)) - T * p * m, p * chi, p * chi_h / w, p * (chi_w / w - chi) / (2 * w), p * fourth)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def overlap(w, T):
    """q = E tanh(sqrt(w) z/T)**2, to relative accuracy where it is small."""
    if w > T * T or T == 0.0:
        return 1 - T * response(0.0, w, T)[1]
    q, width = 0.0, math.sqrt(w) / T
    k = grid(width)
    for i in range(SIZES[k]):
        e = expm1(-2 * abs(width * GRIDS[k, i]))
        t = e / (2 + e)
        q += SHARES[k, i] * t * t
    return q


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def potentials(h, w, T):
    """(log_cosh, entropy) of a field of mean h and variance w >= 0 at temperature T >= 0."""
    log_cosh = entropy = 0.0
    if w == 0.0 and T == 0.0:
        return abs(h), 0.0 if h != 0 else math.log(2.0)
    if w <= T * T:
        width = math.sqrt(w)
        k = grid(width / T)
        for i in range(SIZES[k]):
            x = abs(h + width * GRIDS[k, i]) / T
            e = exp(-2 * x)
            log = log1p(e)
            log_cosh += SHARES[k, i] * (x + log)
            entropy += SHARES[k, i] * (log + 2 * x * e / (1 + e))
        return T * log_cosh, entropy
    narrow = -1 / (2 * w)
    for i in range(X.size):
        a, b = T * X[i] - h, T * X[i] + h
        both = exp(narrow * a * a) + exp(narrow * b * b)
        log_cosh += LOG[i] * both
        entropy += FREE_SPIN[i] * both
    p = 1 / math.sqrt(2 * math.pi * w)
    ground = h * math.erf(h / math.sqrt(2 * w)) + 2 * w * p * math.exp(-h * h / (2 * w))
    return ground + T * T * p * log_cosh, T * p * entropy


@njit(cache=True, nogil=True, error_model="numpy")
def site_response(h, w, T, place, weight, signed, spread):
    """(m, chi, dchi/dh, dchi/dw, fourth, dm/dh, archetype) of a field h v + sqrt(w) z: averages over v too, m = E v tanh.

    v = +-place with probability weight, blurred by a Gaussian of standard deviation `spread`; dm/dw = (dchi/dh)/2, dm/dh = E v**2
    sech**2/T.  The sign of v drops out of all of them but archetype = E tanh with the sign of v: P(v) - P(-v) is `signed`.
    """
    blur = spread * spread * h
    total = w + blur * h
    m = chi = chi_h = chi_w = fourth = gain = archetype = 0.0
    for k in range(place.size):
        c, p = place[k], weight[k]
        a, x, x_h, x_w, f = response(c * h, total, T)
        m += p * (c * a + blur * x)
        chi += p * x
        chi_h += p * (c * x_h + 2 * blur * x_w)
        chi_w += p * x_w
        fourth += p * f
        gain += p * (c * (c * x + blur * x_h) + spread * spread * x + blur * (c * x_h + 2 * blur * x_w))
        archetype += signed[k] * a
    return m, chi, chi_h, chi_w, fourth, gain, archetype


@njit(cache=True, nogil=True, error_model="numpy")
def site_potentials(h, w, T, place, weight, spread):
    """(log_cosh, entropy) of a field h v + sqrt(w) z."""
    log_cosh = entropy = 0.0
    for k in range(place.size):
        a, b = potentials(place[k] * h, w + (spread * h) ** 2, T)
        log_cosh += weight[k] * a
        entropy += weight[k] * b
    return log_cosh, entropy
