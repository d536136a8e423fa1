"""Compiled kernels of the streaming softmax, for numpy arrays of one float type.

Each advances the running sums of B states over the rows x_mu of one more piece of the patterns,

    m (B,) largest z_mu = x_mu.state so far,    s (B,) = sum_mu w_mu,    v (B, N) = sum_mu w_mu x_mu,      w_mu = e^(lam (z_mu - m)),

which float64 holds; sums over a block of rows are of the patterns' type.  The strength log2(e) lam multiplies differences, which are never positive,
so that no lam overflows.  The power 2^x is ours, because the library's, called number by number, keeps a loop from being vectorized: 2^k times the
series of 2^f, |f| <= 1/2, with a relative error of 2e-7 in float32 and 4e-16 in float64.
"""
from math import factorial, log

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic

FAST = dict(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})
# sums in any order; NaN and infinity keep their meaning, so that a bad entry shows in the result
ANY_ORDER = dict(FAST, fastmath={"reassoc", "contract", "nsz"})

ROWS = 16     # rows of a block of `one_pass`: read from memory once, used twice from the nearest cache
FLUSH = 256   # rows whose weighted sum is kept in the patterns' type
GROUP = 16    # rows whose weights are added up in the patterns' type
# of a type: least exponent; 3/2 2^(bits of the fraction), adding which rounds to an integer; ln(2)**j/j!
POWER = {np.dtype(kind): (kind(least), kind(1.5 * 2.0**fraction), tuple(kind(log(2) ** j / factorial(j)) for j in range(terms)))
         for kind, least, fraction, terms in [(np.float32, -125.0, 23, 7), (np.float64, -1021.0, 52, 14)]}


@intrinsic
def scaled(typing, p, n):
    """p 2^k for n = k + 3/2 2^fraction, whose lowest bits are those of k: they are added to the exponent of p."""
    fraction = 23 if n == types.float32 else 52

    def code(context, builder, signature, args):
        p, n = (builder.bitcast(x, ir.IntType(64 if fraction == 52 else 32)) for x in args)
        return builder.bitcast(builder.add(p, builder.shl(n, ir.Constant(n.type, fraction))), args[0].type)

    return n(p, n), code


@njit(**FAST)
def power(x, about):
    """2^x for x up to 120 (float32) or 1000 (float64); that of the least exponent below it, NaN of NaN."""
    least, whole, series = about
    y = x if not x < least else least
    n = y + whole
    f = y - (n - whole)
    p = series[-1]
    for j in range(len(series) - 2, -1, -1):
        p = p * f + series[j]
    return scaled(p, n)


@njit(**ANY_ORDER)
def one_pass(x, states, strength, about, m, s, v):
    """Advance the sums of few states (B, N) over rows x (K, N), each of which is read from memory once."""
    K, (B, N) = x.shape[0], states.shape
    z, part, since = np.empty(ROWS, x.dtype), np.zeros((B, N), x.dtype), 0
    for start in range(0, K, ROWS):
        rows = min(ROWS, K - start)
        for b in range(B):
            top = m[b]
            for k in range(rows):   # row by row: memory is quickest when it is read in order
                total = x.dtype.type(0)
                for i in range(N):
                    total += x[start + k, i] * states[b, i]
                z[k] = total
                top = top if total <= top else total
            if top != m[b]:
                flush(part, b, v)
                rescale(strength, m, top, b, s, v)
            s[b] += weights(z, rows, x.dtype.type(top), strength, about)
            add_rows(x, start, rows, z, part, b)
        since += rows
        if since >= FLUSH or start + rows == K:
            since = 0
            for b in range(B):
                flush(part, b, v)


@njit(**ANY_ORDER)
def flush(part, b, v):
    """v[b] += part[b], which becomes zero."""
    for i in range(part.shape[1]):
        v[b, i] += part[b, i]
        part[b, i] = 0


@njit(**FAST)
def rescale(strength, m, top, b, s, v):
    """m[b] becomes top."""
    factor = np.exp2(strength * (m[b] - top)) if m[b] > -np.inf else 0.0
    m[b] = top
    s[b] *= factor
    for i in range(v.shape[1]):
        v[b, i] *= factor


@njit(**ANY_ORDER)
def weights(z, rows, top, strength, about):
    """z[:rows] becomes w; the sum of it."""
    total = z.dtype.type(0)
    for k in range(rows):
        z[k] = power(strength * (z[k] - top), about)
    for k in range(rows):
        total += z[k]
    return total


@njit(**ANY_ORDER)
def add_rows(x, start, rows, w, part, b):
    """part[b] += sum_k w[k] x[start + k], four rows at a time."""
    N, whole = x.shape[1], rows - rows % 4
    for k in range(0, whole, 4):
        w0, w1, w2, w3 = w[k], w[k + 1], w[k + 2], w[k + 3]
        j = start + k
        for i in range(N):
            part[b, i] += (w0 * x[j, i] + w1 * x[j + 1, i]) + (w2 * x[j + 2, i] + w3 * x[j + 3, i])
    for k in range(whole, rows):
        for i in range(N):
            part[b, i] += w[k] * x[start + k, i]


@njit(**ANY_ORDER)
def block(z, strength, about, m, s, v):
    """Advance m and s (B,) over z (R, B), which becomes w, and stretch v to the new m; v is then short of sum_mu w_mu x_mu of these rows."""
    R, B = z.shape
    top, total = np.empty(B, z.dtype), np.empty(B, z.dtype)
    for b in range(B):
        top[b] = m[b]
    for k in range(R):
        for b in range(B):
            top[b] = top[b] if z[k, b] <= top[b] else z[k, b]
    for b in range(B):
        if top[b] != m[b]:
            rescale(strength, m, np.float64(top[b]), b, s, v)
    for start in range(0, R, GROUP):   # a weight of order one would swallow many small ones that are added to it one by one
        for b in range(B):
            total[b] = 0
        for k in range(start, min(start + GROUP, R)):
            for b in range(B):
                z[k, b] = power(strength * (z[k, b] - top[b]), about)
                total[b] += z[k, b]
        for b in range(B):
            s[b] += total[b]


@njit(**ANY_ORDER)
def add(v, part):
    for b in range(v.shape[0]):
        for i in range(v.shape[1]):
            v[b, i] += part[b, i]
