"""Counter-based random numbers: Philox4x32-10, a pure function of where a number is used.

    words = philox(counter, key),   counter = (stream | block, sweep, chain, sample),   key = 64 bits

Nothing has a state: the same coordinates give the same number in every engine, on every device, in any order, after any
restart.  Source: Salmon et al. (2011) Proc. SC11, doi 10.1145/2063384.2063405; the tests hold the published vectors.

A random decision compares an exact integer with a float64 threshold drawn beforehand.  The logarithm in the thresholds is ours
(`log`, only + - * / and bit operations), because the last bits of library logarithms differ between NumPy, numba and CUDA.
docs/theory/conventions.md, "Randomness and exactness".
"""
import hashlib
import json
from enum import IntEnum

import numpy as np


class Stream(IntEnum):
    """Every use of random numbers in hebbnet; the top 4 bits of the first counter word."""

    PATTERN = 0   # bits of the stored patterns: block = neuron // 128, sweep = pattern, chain = 0
    START = 1     # starting spins
    SWEEP = 2     # one block per attempted flip: threshold (2 words), site (2 words)
    SWAP = 3      # exchange of neighboring temperatures: block = pair, sweep = number of the swap, chain = replica
    EXAMPLE = 4   # noise of the examples: block = neuron // 4, sweep = archetype, chain = example
    STRATUM = 5   # which neuron takes which quantile of a stratified archetype: block = neuron
    DILUTION = 6  # which entries of diluted patterns are zero: block = neuron // 4, sweep = pattern, chain = 0
    NORMAL = 7    # Gaussian entries of real patterns: block = neuron // 4, sweep = pattern, chain = 0; centers of clusters: chain = 1
    MOVE = 8      # Gaussian numbers of moves of continuous states: block = neuron // 4, sweep, chain; of their starts: sweep = 2**32 - 1
    OVERLAP = 9   # overlaps with a probe, drawn without patterns: sweep = chunk, chain = probe


BLOCK_BITS = 28   # low bits of the first counter word: the block (attempt) within the stream
MULTIPLIER_0, MULTIPLIER_1 = 0xD2511F53, 0xCD9E8D57
WEYL_0, WEYL_1 = 0x9E3779B9, 0xBB67AE85
ROUNDS = 10


def philox(counter, key):
    """Philox4x32-10 of counter = four (broadcastable) arrays of 32-bit words under key = two 32-bit words.

    Returns four uint64 arrays that hold 32-bit words.
    """
    low = np.uint64(0xFFFFFFFF)
    shift = np.uint64(32)
    c0, c1, c2, c3 = np.broadcast_arrays(*(np.asarray(c, np.uint64) for c in counter))
    k0, k1 = int(key[0]), int(key[1])
    for _ in range(ROUNDS):
        p0 = c0 * np.uint64(MULTIPLIER_0)
        p1 = c2 * np.uint64(MULTIPLIER_1)
        c0, c1, c2, c3 = (p1 >> shift) ^ c1 ^ np.uint64(k0), p1 & low, (p0 >> shift) ^ c3 ^ np.uint64(k1), p0 & low
        k0, k1 = (k0 + WEYL_0) & 0xFFFFFFFF, (k1 + WEYL_1) & 0xFFFFFFFF
    return c0, c1, c2, c3


def disorder_key(seed):
    """Key of everything that belongs to the disorder: depends on the seed only, so loads and temperatures share patterns."""
    return np.array([seed & 0xFFFFFFFF, seed >> 32], np.uint64)


def point_key(seed, point):
    """Key of the dynamics at one grid point: neighboring points must not share their random numbers."""
    digest = hashlib.sha256(json.dumps([seed, point], sort_keys=True).encode()).digest()
    return np.frombuffer(digest[:8], "<u4").astype(np.uint64)


def first_word(stream, block):
    return (np.uint64(stream) << np.uint64(BLOCK_BITS)) | np.asarray(block, np.uint64)


def attempts(key, sweep, chain, sample, N):
    """Numbers for the N attempted flips of one sweep: odd integers n (u = n / 2**53 uniform in (0, 1)) and sites.

    Returns n (N,) float64 and sites (N,) int64.  The bias of a site is below 2**-32 for N < 2**31.
    """
    w0, w1, w2, w3 = philox((first_word(Stream.SWEEP, np.arange(N)), sweep, chain, sample), key)
    n = odd(w0, w1)
    sites = (w3 * np.uint64(N) + ((w2 * np.uint64(N)) >> np.uint64(32))) >> np.uint64(32)
    return n, sites.astype(np.int64)


def swaps(key, first, count, replicas, pairs, sample):
    """Numbers for `count` swaps from number `first` on: odd integers n (count, replicas, pairs) float64, u = n / 2**53."""
    number, replica = np.arange(first, first + count)[:, None, None], np.arange(replicas)[:, None]
    w0, w1, _, _ = philox((first_word(Stream.SWAP, np.arange(pairs)), number, replica, sample), key)
    return odd(w0, w1)


def odd(w0, w1):
    """Odd integers n < 2**53 in float64 from two 32-bit words."""
    return ((w0 | (w1 << np.uint64(32))) >> np.uint64(12)).astype(np.float64) * 2 + 1


# ln 2 in two parts (the first exact when multiplied by an exponent) and the series 2 atanh(s) = 2 s (1 + s^2/3 + s^4/5 + ...)
LN2_HIGH = 6.93147180369123816490e-01
LN2_LOW = 1.90821492927058770002e-10
SERIES = tuple(1.0 / (2 * k + 1) for k in range(11))
MANTISSA = (1 << 52) - 1
ONE = 1023 << 52
SQRT2 = 1.4142135623730951


def log(x):
    """Natural logarithm of x > 0 (float64 array), the same bits in every engine; relative error below 1e-15."""
    bits = np.ascontiguousarray(x, np.float64).view(np.int64)
    exponent = (bits >> 52) - 1023
    f = ((bits & MANTISSA) | ONE).view(np.float64)
    large = f > SQRT2
    f = np.where(large, f * 0.5, f)
    e = (exponent + large).astype(np.float64)
    s = (f - 1.0) / (f + 1.0)
    z = s * s
    p = np.full_like(z, SERIES[10])
    for k in range(9, -1, -1):
        p = p * z + SERIES[k]
    return e * LN2_HIGH + (2.0 * s * p + e * LN2_LOW)


WHOLE = 9007199254740992.0   # 2**53


def logit(n):
    """ln(u / (1 - u)) for u = n / 2**53, n an odd integer in float64."""
    return log(n) - log(WHOLE - n)


def minus_log(n):
    """-ln u for u = n / 2**53."""
    return log(np.full_like(n, WHOLE)) - log(n)
