"""Stored patterns: random ones, drawn as a function of (seed, sample, pattern, neuron), and the user's own.

`rows` is kept neuron by neuron, (N, K_padded) int8 with zero columns at the end: a flip attempt then reads one contiguous row.
"""
import os
from dataclasses import dataclass

import numpy as np

from . import streams
from .params import ParameterError

PAD = 64   # columns are padded to a multiple of this: whole vectors, no scalar remainder
CHUNK = 2**20   # random blocks drawn at a time, to bound temporary memory


@dataclass(frozen=True)
class Patterns:
    """K patterns of N neurons.  rows (N, K padded) int8: entry [i, mu] is xi_i^mu, zero for mu >= K."""

    rows: np.ndarray
    K: int

    @property
    def archetypes(self):
        """(K, N) int8, a view."""
        return self.rows[:, :self.K].T

    @property
    def N(self):
        return self.rows.shape[0]

    @property
    def padding(self):
        return self.rows.shape[1] - self.K


def padded(K):
    return -(-K // PAD) * PAD


def memory_limit():
    """Bytes that patterns may take: 80 % of this machine's memory."""
    return 0.8 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_memory(K, N, origin):
    """ParameterError when K patterns of N int8 neurons do not fit; `origin` says which parameters gave K."""
    need, limit = padded(K) * N, memory_limit()
    if need > limit or K >= 2**31:
        raise ParameterError(f"{origin} gives K = {K:,} patterns ({need / 1e9:,.1f} GB at one byte per entry); this machine can hold "
                             f"{limit / 1e9:,.1f} GB and at most 2**31 patterns: lower alpha, N or P", "alpha")


def random(K, N, *, seed, sample):
    """K patterns of N independent fair +-1 entries.

    Entry (mu, i) depends on (seed, sample, mu, i) only: patterns of a lower load or a smaller network are a part of those of a
    larger one.
    """
    rows = np.zeros((N, padded(K)), np.int8)
    key = streams.disorder_key(seed)
    blocks = streams.first_word(streams.Stream.PATTERN, np.arange(-(-N // 128)))
    step = max(1, CHUNK // len(blocks))
    for start in range(0, K, step):
        mu = np.arange(start, min(start + step, K))
        words = philox_words(blocks, mu, sample, key)
        bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")[:, :N]
        rows[:, start:start + len(mu)] = (2 * bits.astype(np.int8) - 1).T
    return Patterns(rows, K)


def philox_words(blocks, mu, sample, key):
    """(len(mu), 4 len(blocks)) uint32 little-endian words: the bits of the patterns mu."""
    w = streams.philox((blocks[None, :], mu[:, None], 0, sample), key)
    return np.ascontiguousarray(np.stack(w, axis=-1).reshape(len(mu), -1).astype("<u4"))


def given(array):
    """The user's patterns, an array (K, N) of +-1 of any numeric type, as `Patterns`."""
    array = np.asarray(array)
    if array.ndim != 2 or 0 in array.shape:
        raise ParameterError(f"patterns has shape {array.shape}: expected (K, N), one pattern per row", "patterns")
    K, N = array.shape
    check_memory(K, N, f"patterns of shape {array.shape}")
    rows = np.zeros((N, padded(K)), np.int8)
    rows[:, :K] = signs("patterns", array).T
    return Patterns(rows, K)


def signs(name, array):
    """`array` as int8, refused unless every entry is exactly +1 or -1."""
    array = np.asarray(array)
    if array.dtype.kind not in "iuf":
        raise ParameterError(f"{name} has type {array.dtype}: expected numbers, every entry +1 or -1", name)
    bad = (array != 1) & (array != -1)
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        raise ParameterError(f"{name}{list(where)} = {array[where]}: expected every entry +1 or -1 (map 0/1 data with 2 x - 1); "
                             f"{int(bad.sum())} of {array.size} entries are not", name)
    return array.astype(np.int8)
