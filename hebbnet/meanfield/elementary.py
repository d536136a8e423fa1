"""exp, expm1, log1p, erfc and sums of products without branches or calls, so that compilers make SIMD code of loops over them.

To a few 1e-16 (relative); erfc to 2e-15 as far as exp(-x**2) is not zero.

The loops that call them allow sums to be reordered (FAST); the functions themselves must not be, and say so: numba hands the caller's flags on.
"""
import math

import numpy as np
from numba import njit

FAST = {"reassoc", "contract", "nsz", "arcp"}            # of fastmath; NaN and infinity keep their meaning

_SHIFT = 1.5 * 2.0**52                                   # x + _SHIFT is x rounded to an integer, in the lowest bits
_PER_LN2 = 1 / math.log(2)
_HIGH, _LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10      # ln 2, the first part with trailing zeros
_C = tuple(1 / math.factorial(k) for k in range(14))
_D = tuple(1 / (2 * k + 1) for k in range(16))
# exp(x**2) erfc(x) in powers of t = (x - 3)/(x + 3), from its Chebyshev series (after J. L. Schonfelder, Math. Comp. 32 1232 (1978))
_Q = (
    0.17900115118138996, -0.32623356004303644, 0.24560380171232726, -0.15011593650084654, 0.07166583719815157, -0.024392499316826917,
    0.004269136329574221, 0.0007077464161369134, -0.0005970619166482283, 4.5255455972329074e-05, 6.405637095980165e-05, -1.286116774232076e-05,
    -7.97745375760794e-06, 2.1218568423294364e-06, 1.2508572335122541e-06, -2.972782959631279e-07, -2.320136940092794e-07, 3.238389487720839e-08,
    4.4091453237287747e-08, -1.7224392307220836e-09, -6.996042527391528e-09, -8.365905097263794e-11, 6.39052805592391e-10)


@njit(cache=True, nogil=True, error_model="numpy", fastmath=False)
def _split(x):
    """(2**k, q) with exp(x) = 2**k (1 + q), |q| < 0.42."""
    n = x * _PER_LN2 + _SHIFT
    k = n - _SHIFT
    r = (x - k * _HIGH) - k * _LOW
    q = r * (1 + r * (_C[2] + r * (_C[3] + r * (_C[4] + r * (_C[5] + r * (_C[6] + r * (_C[7] + r * (_C[8] + r * (
        _C[9] + r * (_C[10] + r * (_C[11] + r * (_C[12] + r * _C[13]))))))))))))
    scale = np.int64((np.float64(n).view(np.int64) + 1023) << 52).view(np.float64)
    return scale, q


@njit(cache=True, nogil=True, error_model="numpy", fastmath=False)
def exp(x):
    """exp(x) for x < 709."""
    scale, q = _split(x)
    return 0.0 if x < -708.0 else scale + scale * q


@njit(cache=True, nogil=True, error_model="numpy", fastmath=False)
def expm1(x):
    """exp(x) - 1 for x < 709."""
    scale, q = _split(x)
    return -1.0 if x < -708.0 else (scale - 1) + scale * q


@njit(cache=True, nogil=True, error_model="numpy", fastmath=False)
def log1p(e):
    """ln(1 + e) for 0 <= e <= 1: 2 artanh(e/(2 + e))."""
    t = e / (2 + e)
    u = t * t
    return 2 * t * (1 + u * (_D[1] + u * (_D[2] + u * (_D[3] + u * (_D[4] + u * (_D[5] + u * (_D[6] + u * (_D[7] + u * (_D[8] + u * (
        _D[9] + u * (_D[10] + u * (_D[11] + u * (_D[12] + u * (_D[13] + u * (_D[14] + u * _D[15])))))))))))))))


@njit(cache=True, nogil=True, error_model="numpy", fastmath=False)
def erfc_scaled(x):
    """exp(x**2) erfc(x) for x >= 0."""
    t = (x - 3) / (x + 3)
    q = _Q[22]
    for k in range(21, -1, -1):
        q = q * t + _Q[k]
    return q


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def add(out, factor, a):
    """out += factor a."""
    for i in range(a.size):
        out[i] += factor * a[i]


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def dot(a, b):
    """sum of a b."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i]
    return total


@njit(cache=True, nogil=True, error_model="numpy", fastmath=FAST)
def dot3(a, b, c):
    """sum of a b c."""
    total = 0.0
    for i in range(a.size):
        total += a[i] * b[i] * c[i]
    return total
