"""Random numbers of the compiled kernels, a sweep at a time: twin of streams.attempts and problem.thresholds."""
import numpy as np
from numba import njit

from .. import streams
from ..patterns import log
from .problem import HALF

FAST = dict(cache=True, nogil=True, error_model="numpy")
LOGIT, COIN, MINUS_LOG, KEEP = range(4)   # how a threshold is drawn

M0, M1 = np.uint64(streams.MULTIPLIER_0), np.uint64(streams.MULTIPLIER_1)
W0, W1 = np.uint64(streams.WEYL_0), np.uint64(streams.WEYL_1)
LOW, WORD = np.uint64(0xFFFFFFFF), np.uint64(32)
STREAM = np.uint64(int(streams.Stream.SWEEP) << streams.BLOCK_BITS)
ROUNDS = streams.ROUNDS
WHOLE, LN2_HIGH, LN2_LOW = streams.WHOLE, streams.LN2_HIGH, streams.LN2_LOW


@njit(**FAST)
def draw_sweep(key, sweep, chain, sample, draw, unit, random, limits, sites, work):
    """Thresholds `limits` (N,) and, where `random`, `sites` (N,) of one sweep.  work (2, N): scratch."""
    N = limits.size
    n = work[0]
    for a in range(N):
        c0, c1, c2, c3 = STREAM | np.uint64(a), np.uint64(sweep), np.uint64(chain), np.uint64(sample)
        k0, k1 = key[0], key[1]
        for _ in range(ROUNDS):
            p0, p1 = c0 * M0, c2 * M1
            c0, c1, c2, c3 = (p1 >> WORD) ^ c1 ^ k0, p1 & LOW, (p0 >> WORD) ^ c3 ^ k1, p0 & LOW
            k0, k1 = (k0 + W0) & LOW, (k1 + W1) & LOW
        n[a] = np.float64(np.int64((c0 | (c1 << WORD)) >> np.uint64(12))) * 2.0 + 1.0
        if random:
            sites[a] = np.int64((c3 * np.uint64(N) + ((c2 * np.uint64(N)) >> WORD)) >> WORD)
    if draw == KEEP:
        limits[:] = -HALF
    elif draw == COIN:
        for a in range(N):
            limits[a] = -HALF if n[a] > WHOLE / 2 else HALF
    elif draw == MINUS_LOG:
        whole = 53.0 * LN2_HIGH + (2.0 * 0.0 + 53.0 * LN2_LOW)
        log(n, work[1])
        for a in range(N):
            limits[a] = unit * (whole - n[a])
    else:
        for a in range(N):
            limits[a] = WHOLE - n[a]
        log(n, work[1])
        log(limits, work[1])
        for a in range(N):
            limits[a] = -unit * (n[a] - limits[a])


@njit(**FAST)
def fill_sweeps(key, first, sample, offset, draws, units, random, limits, sites, work):
    """`limits` and, where `random`, `sites` (C, sweeps, N) of all chains.  work (2, N): scratch."""
    for chain in range(limits.shape[0]):
        for k in range(limits.shape[1]):
            site = sites[chain, k if random else 0]
            draw_sweep(key, first + k, offset + chain, sample, draws[chain], units[chain], random, limits[chain, k], site, work)
