"""exp, expm1, log1p and sums of products without branches or calls, so that compilers turn loops over them into SIMD code; to a few 1e-16 (relative).

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
