"""What compiled kernels have in common: how a flip is decided, the fields they remember, and their random numbers, a sweep at a time (twin of
streams.attempts and problem.thresholds)."""
from typing import NamedTuple

import numpy as np
from numba import njit

from .. import streams
from ..patterns import log
from .problem import HALF

FAST = dict(cache=True, nogil=True, error_model="numpy")
FIELD_RULE, FLIP_RULE = range(2)
LOGIT, COIN, MINUS_LOG, KEEP = range(4)   # how a threshold is drawn
RARE = 4   # flips in a sweep below which fields are remembered: one is used again with probability exp(-flips)


class Past(NamedTuple):
    """Fields found since a chain's last flip, which outlive a call: a chain that comes back with the spins with which it left still has them.

    fields (C, 2, N): as they were when `known` (C, N) many changes had been, the second a bound from above where the first is one from below;
    changes (C,): flips so far, from 1 on; recent (C,): flips of the last sweep; spins (C, N): with which each chain left; rare: flips in a sweep
    below which fields are remembered.
    """

    fields: np.ndarray
    known: np.ndarray
    changes: np.ndarray
    recent: np.ndarray
    spins: np.ndarray
    rare: int

    @classmethod
    def none(cls, C, N, rare):
        return cls(np.zeros((C, 2, N)), np.zeros((C, N), np.int64), np.ones(C, np.int64), np.zeros(C, np.int64), np.zeros((C, N), np.int8), rare)


@njit(**FAST)
def decide(rule, h, s, limit):
    if rule == FIELD_RULE:
        return np.int8(1) if h > limit else np.int8(-1)
    return np.int8(-s) if s * h <= limit else np.int8(s)


@njit(**FAST)
def begin(past, chain, spins):
    """Changes so far.  Nothing is known of other spins than those with which the chain left."""
    for i in range(spins.size):
        if past.spins[chain, i] != spins[i]:
            return past.changes[chain] + 1
    return past.changes[chain]


@njit(**FAST)
def end(past, chain, spins, changes, recent):
    past.recent[chain] = recent
    if changes != past.changes[chain]:
        past.changes[chain] = changes
        past.spins[chain] = spins


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
