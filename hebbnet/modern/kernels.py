"""Compiled kernels of the streaming softmax, for numpy arrays of one float type.

Each advances the running sums of B states over the rows x_mu of one more piece of the patterns,

    m (B,) largest z_mu = x_mu.state so far,    s (B,) = sum_mu w_mu,    v (B, N) = sum_mu w_mu x_mu,      w_mu = e^(lam (z_mu - m)),

which float64 holds; sums over a block of rows are of the patterns' type.  lam multiplies differences, which are never positive, so that no lam
overflows.  The exponential is ours, because the library's, called number by number, keeps a loop from being vectorized:
e^x = 2^k e^r with |r| <= ln(2)/2, a series, relative error 2e-7 in float32 and 4e-16 in float64.
"""
from math import factorial

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

FAST = dict(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
# sums in any order; NaN and infinity keep their meaning, so that a bad entry shows in the result
ANY_ORDER = dict(FAST, fastmath={"reassoc", "contract", "nsz"})

ROWS = 64   # rows of a block of `one_pass`: read from memory once, used twice
# of a type: least argument; log2(e); 3/2 2^(bits of the fraction), adding which rounds to an integer; ln 2 in two parts, the first short; 1/j!
EXP = {np.dtype(kind): (kind(least), kind(np.log2(np.e)), kind(1.5 * 2.0**fraction), kind(high), kind(low),
                        tuple(kind(1 / factorial(j)) for j in range(terms)))
       for kind, least, high, low, fraction, terms in [
           (np.float32, -87.0, 0.693359375, -2.12194440054690583e-4, 23, 7),
           (np.float64, -708.0, 6.93147180369123816490e-01, 1.90821492927058770002e-10, 52, 14)]}


@intrinsic
def two_to(typing, n):
    """2^k of n = k + 3/2 2^fraction, whose lowest bits are those of k: moved to the exponent of 1.0."""
    fraction, one = (23, 127 << 23) if n == types.float32 else (52, 1023 << 52)

    def code(context, builder, signature, args):
        whole = ir.IntType(64 if fraction == 52 else 32)
        shifted = builder.shl(builder.bitcast(args[0], whole), ir.Constant(whole, fraction))
        return builder.bitcast(builder.add(shifted, ir.Constant(whole, one)), args[0].type)

    return n(n), code


@njit(**FAST)
def exponential(x, exp):
    """e^x for x <= 80 (float32) or 700 (float64); at most e^least below the least argument; NaN of NaN."""
    least, log2e, whole, high, low, series = exp
    y = x if not x < least else least
    n = y * log2e + whole
    k = n - whole
    r = (y - k * high) - k * low
    p = series[-1]
    for j in range(len(series) - 2, -1, -1):
        p = p * r + series[j]
    return p * two_to(n)


@njit(**ANY_ORDER)
def one_pass(x, states, lam, exp, m, s, v):
    """Advance the sums of few states (B, N) over rows x (K, N), each of which is read from memory once."""
    K, N = x.shape
    z, part = np.empty(ROWS, x.dtype), np.empty(N, x.dtype)
    for start in range(0, K, ROWS):
        rows = min(ROWS, K - start)
        for b in range(states.shape[0]):
            products(x, start, rows, states, b, z)
            top = m[b]
            for k in range(rows):
                top = top if z[k] <= top else z[k]   # NaN is kept
            if top != m[b]:
                rescale(lam, m, top, b, s, v)
            s[b] += weights(z, rows, x.dtype.type(top), lam, exp)
            for i in range(N):
                part[i] = 0
            add_rows(x, start, rows, z, part)
            for i in range(N):
                v[b, i] += part[i]


@njit(**ANY_ORDER)
def products(x, start, rows, states, b, z):
    """z[k] = x[start + k].states[b], four rows at a time."""
    N, whole = x.shape[1], rows - rows % 4
    for k in range(0, whole, 4):
        j = start + k
        z0 = z1 = z2 = z3 = x.dtype.type(0)
        for i in range(N):
            z0 += x[j, i] * states[b, i]
            z1 += x[j + 1, i] * states[b, i]
            z2 += x[j + 2, i] * states[b, i]
            z3 += x[j + 3, i] * states[b, i]
        z[k], z[k + 1], z[k + 2], z[k + 3] = z0, z1, z2, z3
    for k in range(whole, rows):
        z0 = x.dtype.type(0)
        for i in range(N):
            z0 += x[start + k, i] * states[b, i]
        z[k] = z0


@njit(**FAST)
def rescale(lam, m, top, b, s, v):
    """m[b] becomes top."""
    factor = np.exp(lam * (m[b] - top)) if m[b] > -np.inf else 0.0
    m[b] = top
    s[b] *= factor
    for i in range(v.shape[1]):
        v[b, i] *= factor


@njit(**ANY_ORDER)
def weights(z, rows, top, lam, exp):
    """z[:rows] becomes w; the sum of it."""
    total = z.dtype.type(0)
    for k in range(rows):
        z[k] = exponential(lam * (z[k] - top), exp)
    for k in range(rows):
        total += z[k]
    return total


@njit(**ANY_ORDER)
def add_rows(x, start, rows, w, part):
    """part += sum_k w[k] x[start + k], four rows at a time."""
    N, whole = x.shape[1], rows - rows % 4
    for k in range(0, whole, 4):
        w0, w1, w2, w3 = w[k], w[k + 1], w[k + 2], w[k + 3]
        j = start + k
        for i in range(N):
            part[i] += (w0 * x[j, i] + w1 * x[j + 1, i]) + (w2 * x[j + 2, i] + w3 * x[j + 3, i])
    for k in range(whole, rows):
        for i in range(N):
            part[i] += w[k] * x[start + k, i]


@njit(**ANY_ORDER)
def block(z, lam, exp, m, s, v):
    """Advance m and s (B,) over z (R, B), which becomes w, and stretch v to the new m; v is then short of sum_mu w_mu x_mu of these rows."""
    R, B = z.shape
    top, total = np.empty(B, z.dtype), np.zeros(B, z.dtype)
    for b in range(B):
        top[b] = m[b]
    for k in range(R):
        for b in range(B):
            top[b] = top[b] if z[k, b] <= top[b] else z[k, b]
    for b in range(B):
        if top[b] != m[b]:
            rescale(lam, m, np.float64(top[b]), b, s, v)
    for k in range(R):
        for b in range(B):
            z[k, b] = exponential(lam * (z[k, b] - top[b]), exp)
            total[b] += z[k, b]
    for b in range(B):
        s[b] += total[b]


@njit(**ANY_ORDER)
def add(v, part):
    for b in range(v.shape[0]):
        for i in range(v.shape[1]):
            v[b, i] += part[b, i]
