"""Stored patterns: random ones, drawn as a function of (seed, sample, pattern, neuron), noisy examples of them, and the user's own.

Networks of spins keep +-1 patterns (`Patterns`, `Diluted`); modern networks read real ones, drawn a chunk at a time (`Ensemble`).

Learning from examples: of each archetype xi the network sees M examples eta_i = xi_i chi_i only, P(chi = +-1) = (1 +- r)/2.

`rows` is kept neuron by neuron, (N, S padded) with zero columns at the end: a flip attempt then reads one contiguous row.  Diluted
patterns, most of whose entries may be zero, are kept without the zeros (`Sparse`).
"""
import os
from dataclasses import dataclass
from math import factorial
from typing import NamedTuple

import numpy as np
from numba import njit

from . import streams
from .params import Parameter, ParameterError, check_seed, choose, count

PAD = 64   # columns are padded to a multiple of this: whole vectors, no scalar remainder
CHUNK = 2**20   # random blocks drawn at a time, to bound temporary memory
LARGEST_SUM = 2**15 - 1   # examples that can be added up in 16 bits


@dataclass(frozen=True)
class Patterns:
    """What a network has stored, and what it is to retrieve.

    rows (N, S padded): what the energy sees; entry [i, mu] belongs to neuron i, and is zero for mu >= S.  int8 +-1, or for supervised
    learning the sum of M examples, int16 for M > 127.  archetypes (K, N) int8, the condensed one first: the rows themselves unless
    the network learns from examples.  examples (M, N) int8: those of the condensed archetype; None where archetypes are stored.
    """

    rows: np.ndarray
    S: int
    archetypes: np.ndarray
    examples: np.ndarray | None = None

    @property
    def K(self):
        return len(self.archetypes)

    @property
    def N(self):
        return self.rows.shape[0]

    @property
    def padding(self):
        return self.rows.shape[1] - self.S


def stored(rows, K):
    """`Patterns` whose archetypes are the rows themselves, (N, K padded) int8."""
    return Patterns(rows, K, rows[:, :K].T)


def padded(K):
    return -(-K // PAD) * PAD


def memory_limit():
    """Bytes that patterns may take: 80 % of this machine's memory."""
    return 0.8 * os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def check_memory(K, N, origin, *, learning="storage", M=1, P=2, chains=1, entry=1, cure="lower alpha, N or P"):
    """ParameterError when what is stored does not fit; `origin` says which parameters gave K.

    Storage: K patterns of N entries of `entry` bytes.  Learning from M examples of each: the rows besides, and what every one of the `chains`
    carries for each row, which is an overlap (unsupervised) or P numbers of 8 bytes (supervised).
    """
    need, limit, rows = padded(K) * N * entry, memory_limit(), K
    what = f"{K:,} patterns ({{:,.1f}} GB at {'one byte' if entry == 1 else f'{entry} bytes'} per entry)"
    if learning != "storage":
        rows = K * M if learning == "unsupervised" else K
        entry, carried = (1, 4) if learning == "unsupervised" else (1 if M <= 127 else 2, 8 * P)
        need += padded(rows) * (entry * N + carried * chains)
        what = f"{K:,} archetypes and {rows:,} rows that are learnt ({{:,.1f}} GB with what {chains} chains carry)"
        cure = "lower alpha, N, P, M or the number of chains"
    if need > limit or rows >= 2**31:
        raise ParameterError(f"{origin} gives K = {what.format(need / 1e9)}; this machine can hold {limit / 1e9:,.1f} GB and at most "
                             f"2**31 patterns: {cure}", "alpha")


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
    return stored(rows, K)


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
    return stored(rows, K)


# ---- examples ------------------------------------------------------------------------------------------------------------------

def learn(archetypes, learning, r, M, *, seed, sample, stratified=False):
    """`Patterns` that have learnt M random examples of quality r of each archetype of the `Patterns` given.

    learning: "supervised", one row per archetype, the sum of its examples; "unsupervised", one row per example, those of an archetype
    one after another.  chi_i of example a of archetype mu depends on (seed, sample, mu, a, i) only: both kinds of learning see the
    same examples, and fewer archetypes, examples or neurons are a part of more.  Its probability is right to 2**-33.
    stratified: the examples of archetype 1 have an exact histogram instead (`stratum`).
    """
    xi, K, N = archetypes.rows, archetypes.K, archetypes.N
    draw = streams.disorder_key(seed), sample, np.uint64(round((1 + r) * 2**31))
    first = np.zeros((N, M), np.int8)
    draw_examples(xi, 1, M, *draw, False, first)
    if stratified:
        first = xi[:, :1] * stratum(N, M, r, seed, sample)
    summed = learning == "supervised"
    rows = empty_rows(learning, K, M, N)
    draw_examples(xi, K, M, *draw, summed, rows)
    rows[:, :1 if summed else M] = first.sum(axis=1, keepdims=True) if summed else first
    return Patterns(rows, K if summed else K * M, archetypes.archetypes, first.T)


def empty_rows(learning, K, M, N):
    """Zero rows (N, S padded) of the integer type that holds what is learnt."""
    if learning == "unsupervised":
        return np.zeros((N, padded(K * M)), np.int8)
    return np.zeros((N, padded(K)), np.int8 if M <= 127 else np.int16)


_M0, _M1, _W0, _W1 = (np.uint64(w) for w in (streams.MULTIPLIER_0, streams.MULTIPLIER_1, streams.WEYL_0, streams.WEYL_1))
_LOW, _WORD, _ROUNDS = np.uint64(0xFFFFFFFF), np.uint64(32), streams.ROUNDS
_PATTERN, _EXAMPLE, _DILUTION = (np.uint64(int(s) << streams.BLOCK_BITS)
                                 for s in (streams.Stream.PATTERN, streams.Stream.EXAMPLE, streams.Stream.DILUTION))
FAST = dict(cache=True, nogil=True, error_model="numpy")


@njit(**FAST)
def fill_words(stream, mu, a, sample, key, w):
    """w[k, b] = word k of streams.philox((stream | b, mu, a, sample), key) for all blocks b.

    Philox stands here in full because a call for each block keeps the loop from being vectorized, which costs a factor of five.
    """
    for b in range(w.shape[1]):
        c0, c1, c2, c3 = stream | np.uint64(b), np.uint64(mu), np.uint64(a), np.uint64(sample)
        k0, k1 = key[0], key[1]
        for _ in range(_ROUNDS):
            p0, p1 = c0 * _M0, c2 * _M1
            c0, c1, c2, c3 = (p1 >> _WORD) ^ c1 ^ k0, p1 & _LOW, (p0 >> _WORD) ^ c3 ^ k1, p0 & _LOW
            k0, k1 = (k0 + _W0) & _LOW, (k1 + _W1) & _LOW
        w[0, b], w[1, b], w[2, b], w[3, b] = c0, c1, c2, c3


@njit(**FAST)
def draw_examples(xi, K, M, key, sample, threshold, summed, rows):
    """Put xi chi of M examples of each of K archetypes xi (N, >= K) into the zero `rows`: their sums, or one after another.

    chi = 1 where the 32-bit word of the stream is below the threshold.
    """
    N = xi.shape[0]
    blocks = (N + 3) // 4
    w, total = np.empty((4, blocks), np.uint64), np.empty((4, blocks), np.int16)
    for mu in range(K):
        total[:] = 0
        for a in range(M):
            fill_words(_EXAMPLE, mu, a, sample, key, w)
            if summed:
                for k in range(4):
                    for b in range(blocks):
                        total[k, b] += np.int16(1) if w[k, b] < threshold else np.int16(-1)
            else:
                for i in range(N):
                    rows[i, mu * M + a] = xi[i, mu] if w[i & 3, i >> 2] < threshold else -xi[i, mu]
        if summed:
            for i in range(N):
                rows[i, mu] = xi[i, mu] * total[i & 3, i >> 2]


def stratum(N, M, r, seed, sample):
    """chi (N, M) int8 of archetype 1 whose histogram over neurons of the number k of agreeing examples is the binomial one.

    The quantiles (j + 1/2)/N of Binomial(M, (1+r)/2) go to the neurons in random order, and which k examples agree is random too.
    """
    from scipy.special import bdtr

    key, neuron = streams.disorder_key(seed), np.arange(N)
    agreeing = np.searchsorted(bdtr(np.arange(M + 1), M, (1 + r) / 2), (np.arange(N) + 0.5) / N)
    order = np.argsort(streams.philox((streams.first_word(streams.Stream.STRATUM, neuron), 0, 0, sample), key)[0], kind="stable")
    words = streams.philox((streams.first_word(streams.Stream.EXAMPLE, neuron // 4)[:, None], 0, np.arange(M), sample), key)
    ranks = np.argsort(np.argsort(np.choose((neuron % 4)[:, None], words), axis=1, kind="stable"), axis=1)
    chi = np.empty((N, M), np.int8)
    chi[order] = np.where(ranks[order] < agreeing[:, None], 1, -1)
    return chi


def given_examples(array, labels=None, zeros=False):
    """The user's examples as int8 (K, M, N): an array of +-1 (zeros: and 0) of this shape, or (n, N) with a label (n,) for each.

    Classes are taken in the order of numpy.unique(labels) and must be equally large, which ParameterError says otherwise.
    """
    array = np.asarray(array)
    if labels is None:
        if array.ndim != 3 or 0 in array.shape:
            raise ParameterError(f"examples has shape {array.shape}: expected (K, M, N), M examples of each of K archetypes, or (n, N) "
                                 "together with labels (n,)", "examples")
        return np.ascontiguousarray(signs("examples", array, zeros))
    labels = np.asarray(labels)
    if array.ndim != 2 or 0 in array.shape or labels.shape != array.shape[:1]:
        raise ParameterError(f"labels has shape {labels.shape} and examples {array.shape}: expected (n,) and (n, N)", "labels")
    classes, which, counts = np.unique(labels, return_inverse=True, return_counts=True)
    if len(set(counts)) > 1:
        shown = ", ".join(f"{label}: {count}" for label, count in zip(classes[:8].tolist(), counts[:8].tolist()))
        raise ParameterError(f"labels has classes of different sizes ({shown}{', ...' if len(classes) > 8 else ''}): expected as many "
                             f"examples of each; keep {counts.min()} of each (datasets.Dataset.select(per_class={counts.min()}) does)", "labels")
    return signs("examples", array, zeros)[np.argsort(which, kind="stable")].reshape(len(classes), counts[0], -1)


def class_signs(examples):
    """Archetypes (K, N) int8 of examples (K, M, N): the sign of the mean of each class, ties +1."""
    return np.where(examples.sum(axis=1, dtype=np.int64) >= 0, 1, -1).astype(np.int8)


def quality(examples):
    """r estimated from examples (K, M, N), M > 1, where they are not zero: the mean of etabar**2 is R = r**2 + (1 - r**2)/M.

    ParameterError where R <= 1/M.
    """
    M = examples.shape[1]
    used = examples.any(axis=1)
    square = (np.mean(examples.mean(axis=1)[used] ** 2) * M - 1) / (M - 1) if M > 1 and used.any() else 0.0
    if square <= 0:
        raise ParameterError(f"r cannot be estimated from M = {M} examples of each archetype"
                             f"{f', which agree no more than chance (r**2 = {square:.2g})' if M > 1 else ''}: give r", "r")
    return float(np.sqrt(square))


def learn_given(archetypes, examples, learning):
    """As `learn`, from the user's examples (K, M, N) int8."""
    K, M, N = examples.shape
    rows = empty_rows(learning, K, M, N)
    if learning == "supervised":
        rows[:, :K] = examples.sum(axis=1, dtype=np.int16).T
        return Patterns(rows, K, archetypes.archetypes, examples[0])
    rows[:, :K * M] = examples.reshape(K * M, N).T
    return Patterns(rows, K * M, archetypes.archetypes, examples[0])


def signs(name, array, zeros=False):
    """`array` as int8, refused unless every entry is exactly +1 or -1, or 0 where zeros are allowed."""
    array, allowed = np.asarray(array), "-1, 0 or +1" if zeros else "+1 or -1"
    if array.dtype.kind not in "iuf":
        raise ParameterError(f"{name} has type {array.dtype}: expected numbers, every entry {allowed}", name)
    bad = (array != 1) & (array != -1) & ((array != 0) | (not zeros))
    if bad.any():
        where = tuple(int(i) for i in np.argwhere(bad)[0])
        cure = "" if zeros else " (map 0/1 data with 2 x - 1)"
        raise ParameterError(f"{name}{list(where)} = {array[where]}: expected every entry {allowed}{cure}; "
                             f"{int(bad.sum())} of {array.size} entries are not", name)
    return array.astype(np.int8)


# ---- diluted patterns ------------------------------------------------------------------------------------------------------------

class Sparse(NamedTuple):
    """Integer rows of N neurons without their zeros.

    The entries of neuron i are value[k] in columns column[k], ascending, for start[i] <= k < start[i + 1].  start (N + 1,) int64;
    column (entries,) uint32; value (entries,) int8 or int16, which may be zero for a sum of examples.
    """

    start: np.ndarray
    column: np.ndarray
    value: np.ndarray


@dataclass(frozen=True)
class Diluted:
    """What a network of diluted patterns has stored: `Patterns` without the zeros.

    rows: what the energy sees, S columns; archetypes: K columns of -1, +1, the rows themselves unless the network learns from examples.
    """

    rows: Sparse
    S: int
    archetypes: Sparse
    K: int

    @property
    def N(self):
        return len(self.rows.start) - 1

    def leading(self, last):
        """(N,) int8: the first nonzero entry of every neuron in archetypes 0 ... last, 0 where there is none."""
        start, column, value = self.archetypes
        if not len(value):
            return np.zeros(self.N, np.int8)
        first = np.minimum(start[:-1], len(value) - 1)   # a neuron without entries may begin at the end
        return np.where((start[1:] > start[:-1]) & (column[first] <= last), value[first], 0).astype(np.int8)


def sparse(array):
    """`Sparse` of integers (S, N)."""
    neuron, column = np.nonzero(array.T)
    start = np.concatenate([[0], np.cumsum(np.bincount(neuron, minlength=array.shape[1]))])
    return Sparse(start.astype(np.int64), column.astype(np.uint32), array[column, neuron])


def given_diluted(archetypes):
    """The user's archetypes (K, N) int8 of -1, 0, 1 as `Diluted`."""
    rows = sparse(archetypes)
    return Diluted(rows, len(archetypes), rows, len(archetypes))


def learn_given_diluted(archetypes, examples, learning):
    """`Diluted` that has learnt the user's examples (K, M, N) int8 of the archetypes of the `Diluted` given."""
    K, M, N = examples.shape
    if learning == "supervised":
        return Diluted(sparse(examples.sum(axis=1, dtype=np.int16)), K, archetypes.archetypes, K)
    return Diluted(sparse(examples.reshape(K * M, N)), K * M, archetypes.archetypes, K)


def diluted(K, N, d, *, seed, sample):
    """K patterns of N independent entries, 0 with probability d and else +-1 alike, as `Diluted`.

    Entry (mu, i) depends on (d, seed, sample, mu, i) only.  Its sign is that of `random`, which d = 0 gives back; patterns of more
    dilution have more zeros and agree elsewhere.  The probability of a zero is right to 2**-33.
    """
    draw = streams.disorder_key(seed), sample, np.uint64(round(d * 2**32))
    start = np.zeros(N + 1, np.int64)
    count_entries(K, *draw, start)
    np.cumsum(start, out=start)
    rows = Sparse(start, np.empty(start[-1], np.uint32), np.empty(start[-1], np.int8))
    draw_entries(K, *draw, rows)
    return Diluted(rows, K, rows, K)


@njit(**FAST)
def count_entries(K, key, sample, threshold, start):
    """start[i + 1] += the number of nonzero entries of neuron i."""
    N = start.size - 1
    w = np.empty((4, (N + 3) // 4), np.uint64)
    for mu in range(K):
        fill_words(_DILUTION, mu, 0, sample, key, w)
        for i in range(N):
            start[i + 1] += w[i & 3, i >> 2] >= threshold


@njit(**FAST)
def draw_entries(K, key, sample, threshold, rows):
    N = rows.start.size - 1
    w, bits = np.empty((4, (N + 3) // 4), np.uint64), np.empty((4, (N + 127) // 128), np.uint64)
    place = rows.start[:-1].copy()
    for mu in range(K):
        fill_words(_DILUTION, mu, 0, sample, key, w)
        fill_words(_PATTERN, mu, 0, sample, key, bits)
        for i in range(N):
            if w[i & 3, i >> 2] >= threshold:
                k = place[i]
                rows.column[k] = mu
                rows.value[k] = 2 * np.int8((bits[(i >> 5) & 3, i >> 7] >> np.uint64(i & 31)) & np.uint64(1)) - 1
                place[i] = k + 1


def learn_diluted(archetypes, learning, r, M, *, seed, sample):
    """`Diluted` that has learnt M random examples of quality r of each archetype of the `Diluted` given; as `learn`, with its examples."""
    xi, summed = archetypes.archetypes, learning == "supervised"
    draw = streams.disorder_key(seed), sample, np.uint64(round((1 + r) * 2**31))
    repeat = 1 if summed else M
    entries = repeat * len(xi.value)
    rows = Sparse(repeat * xi.start, np.empty(entries, np.uint32), np.empty(entries, np.int16 if summed and M > 127 else np.int8))
    draw_sparse_examples(xi, archetypes.K, M, *draw, summed, rows)
    return Diluted(rows, repeat * archetypes.K, xi, archetypes.K)


@njit(**FAST)
def draw_sparse_examples(xi, K, M, key, sample, threshold, summed, rows):
    """`draw_examples` of sparse archetypes."""
    N = xi.start.size - 1
    w, total = np.empty((4, (N + 3) // 4), np.uint64), np.empty(N, np.int16)
    place = xi.start[:-1].copy()   # the next entry of each neuron
    for mu in range(K):
        total[:] = 0
        for a in range(M):
            fill_words(_EXAMPLE, mu, a, sample, key, w)
            for i in range(N):
                chi = np.int16(1) if w[i & 3, i >> 2] < threshold else np.int16(-1)
                k = place[i]
                if summed:
                    total[i] += chi
                elif k < xi.start[i + 1] and xi.column[k] == mu:
                    rows.column[k * M + a] = mu * M + a
                    rows.value[k * M + a] = xi.value[k] * chi
        for i in range(N):
            k = place[i]
            if k < xi.start[i + 1] and xi.column[k] == mu:
                if summed:
                    rows.column[k] = mu
                    rows.value[k] = xi.value[k] * total[i]
                place[i] = k + 1


@njit(**FAST)
def sparse_overlaps(rows, spins, X):
    """X (C, S) += sum_i W_i s_i of integers spins (C, N)."""
    for chain in range(len(spins)):
        for i in range(spins.shape[1]):
            s = np.int64(spins[chain, i])
            for k in range(rows.start[i], rows.start[i + 1]):
                X[chain, rows.column[k]] += rows.value[k] * s


@njit(**FAST)
def sparse_sizes(rows, squares, largest, field):
    """squares (N,) += sum_mu W**2; largest (S,) += sum_i |W|; field (N,) += what |h_i| can reach, sum_mu |W| largest."""
    for i in range(squares.size):
        for k in range(rows.start[i], rows.start[i + 1]):
            W = np.int64(rows.value[k])
            squares[i] += W * W
            largest[rows.column[k]] += abs(W)
    for i in range(squares.size):
        for k in range(rows.start[i], rows.start[i + 1]):
            field[i] += abs(np.int64(rows.value[k])) * largest[rows.column[k]]


def check_sparse_memory(K, N, d, origin, *, learning="storage", M=1, chains=1):
    """As `check_memory`, for diluted patterns: 5 bytes for each nonzero entry of an archetype, as many (6 for M > 127) for each of what is
    learnt; for each neuron 8 for where its entries begin, again if something is learnt, 8 for their squares, and in every chain 5 for its spin
    and the sum of it over time; 8 for the overlap of every row in every chain."""
    entries = K * N * (1 - d)
    entries += 5 * entries**0.5   # what is drawn may be more than its mean
    learnt = {"storage": 0, "supervised": 5 if M <= 127 else 6, "unsupervised": 5 * M}[learning]
    rows = K * M if learning == "unsupervised" else K
    need, limit = entries * (5 + learnt) + N * ((24 if learnt else 16) + 5 * chains) + 8 * rows * chains, memory_limit()
    if need > limit or rows >= 2**31:
        raise ParameterError(f"{origin} gives K = {K:,} and {rows:,} rows ({need / 1e9:,.1f} GB for their nonzero entries and what {chains} chains "
                             f"carry); this machine can hold {limit / 1e9:,.1f} GB and at most 2**31 rows: lower K or alpha, N, M or the number "
                             "of chains, or raise d", "alpha")


# ---- real patterns ---------------------------------------------------------------------------------------------------------------

KINDS = ("spherical", "gaussian", "binary", "clustered")


@dataclass(frozen=True)
class Ensemble:
    """K random patterns of N real entries that are drawn where they are read: `e[a:b]`, `e[mu]`, `e[:]`, as an array (K, N) is.

    kind: "spherical", uniform on the sphere norm(xi)**2 = N; "gaussian", independent N(0, 1) entries; "binary", fair +-1, the patterns of
    `random`; "clustered", xi = sqrt(q) c + sqrt(1-q) z, c the Gaussian center of its cluster of `size` patterns, one after another, and z
    Gaussian, then stretched to norm(xi)**2 = N: the overlap of two patterns of a cluster is q on average, of others zero.
    Pattern mu depends on (seed, sample, mu) only (entry i on i besides, where the norm is not fixed), never on where a chunk begins, and
    has the same bits on every machine.  Entries of type `dtype`, float64 or float32 (rounded from float64).  Gaussian numbers stay below 6.8 in size.
    """

    kind: str
    K: int
    N: int
    seed: int = 0
    sample: int = 0
    size: int | None = None
    q: float | None = None
    dtype: np.dtype = np.float64

    def __post_init__(self):
        given = {"kind": choose("kind", self.kind, KINDS), "K": count("K", self.K), "N": count("N", self.N), "seed": check_seed(self.seed),
                 "sample": count("sample", self.sample, low=0), "dtype": np.dtype(self.dtype)}
        if given["K"] > 2**32 or given["sample"] >= 2**32:
            raise ParameterError(f"K = {self.K} and sample = {self.sample}: at most 2**32 patterns and samples have random numbers", "K")
        if given["dtype"] not in (np.float64, np.float32):
            raise ParameterError(f"dtype = {given['dtype']}: expected float64 or float32", "dtype")
        for name in ("size", "q"):
            if (getattr(self, name) is None) == (self.kind == "clustered"):
                raise ParameterError(f"{name} = {getattr(self, name)} with kind = {self.kind!r}: "
                                     f"{'needed' if self.kind == 'clustered' else 'only clustered patterns have it'}", name)
        if self.kind == "clustered":
            given["size"] = count("size", self.size)
            given["q"] = Parameter(name="q", symbol="q", meaning="mean overlap within a cluster", kind=float, low=0, high=1).check(self.q)
        for name, value in given.items():
            object.__setattr__(self, name, value)

    @property
    def shape(self):
        return self.K, self.N

    ndim = 2

    def __len__(self):
        return self.K

    def __getitem__(self, which):
        """Rows: an integer, a slice, or an array of integers."""
        mu = range(*which.indices(self.K)) if isinstance(which, slice) else np.atleast_1d(np.asarray(which))
        need, limit = len(mu) * (self.N * self.dtype.itemsize + 8), memory_limit()
        if need > limit:
            raise ParameterError(f"{len(mu):,} of the K = {self.K:,} patterns take {need / 1e9:,.1f} GB, this machine can hold "
                                 f"{limit / 1e9:,.1f} GB: read fewer rows at a time", "K")
        if isinstance(mu, range):
            mu = np.arange(mu.start, mu.stop, mu.step)
        elif mu.ndim != 1 or mu.dtype.kind not in "iu" or (mu < -self.K).any() or (mu >= self.K).any():
            raise IndexError(f"row {which!r} of {self.K} patterns: expected integers from {-self.K} to {self.K - 1}, or a slice")
        mu = mu % self.K
        rows = np.empty((len(mu), self.N), self.dtype)
        draw = streams.disorder_key(self.seed), np.uint64(self.sample), mu.astype(np.int64)
        if self.kind == "binary":
            draw_signs(*draw, rows)
        else:
            draw_normal(*draw, self.size or 0, self.q or 0.0, self.kind != "gaussian", rows)
        return rows[0] if np.ndim(which) == 0 and not isinstance(which, slice) else rows

    def __array__(self, dtype=None, copy=None):
        return self[:].astype(dtype or self.dtype, copy=False)


class Real:
    """Real patterns that a network has stored, with the names of `Patterns`: archetypes (K, N) float64, one contiguous row each.

    fixed: ParameterError unless norm(xi)**2 = N for every pattern.
    """

    examples = None

    def __init__(self, array, fixed=False):
        array = np.asarray(array)
        if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "iufb" or not np.isfinite(array).all():
            raise ParameterError(f"patterns has shape {array.shape} and type {array.dtype}: expected (K, N), finite numbers, one pattern per row",
                                 "patterns")
        self.archetypes = np.ascontiguousarray(array, dtype=np.float64)
        square = np.mean(self.archetypes**2, axis=1) if fixed else np.ones(1)
        worst = int(np.argmax(np.abs(square - 1)))
        if abs(square[worst] - 1) > 1e-6:
            raise ParameterError(f"patterns[{worst}] has norm**2 = {self.N * square[worst]:.6g} with N = {self.N}: ensemble = 'spherical' expects "
                                 "norm**2 = N (patterns.scaled stretches them so); ensemble = 'gaussian' takes patterns of any length", "patterns")

    @property
    def K(self):
        return self.archetypes.shape[0]

    S = K

    @property
    def N(self):
        return self.archetypes.shape[1]


def scaled(array, dtype=np.float64, centered=False):
    """The user's real patterns (K, N), such as gray images, stretched to norm(xi)**2 = N, which every threshold assumes: an array (K, N).

    centered: the mean of each pattern is taken off first.  ParameterError for entries that are not finite numbers and for patterns without a
    direction.
    """
    array = np.asarray(array)
    if array.ndim != 2 or 0 in array.shape or array.dtype.kind not in "iufb" or not np.isfinite(array).all():
        raise ParameterError(f"patterns has shape {array.shape} and type {array.dtype}: expected (K, N), finite numbers", "patterns")
    array = array.astype(float)
    if centered:
        array = array - array.mean(axis=1, keepdims=True)
    length = np.sqrt(np.mean(array**2, axis=1, keepdims=True))
    if (length == 0).any():
        what = "constant" if centered else "zero everywhere"
        raise ParameterError(f"patterns[{int(np.argmin(length))}] is {what} and has no direction; leave it out", "patterns")
    return (array / length).astype(dtype)


_NORMAL = np.uint64(int(streams.Stream.NORMAL) << streams.BLOCK_BITS)
_SIN = tuple((-1.0) ** k * (np.pi / 2) ** (2 * k + 1) / float(factorial(2 * k + 1)) for k in range(9))   # series of sin and cos (pi/2 f) in f**2
_COS = tuple((-1.0) ** k * (np.pi / 2) ** (2 * k) / float(factorial(2 * k)) for k in range(10))


@njit(**FAST)
def draw_signs(key, sample, mu, rows):
    """rows[k] = pattern mu[k] of `random`."""
    w = np.empty((4, (rows.shape[1] + 127) // 128), np.uint64)
    for k in range(len(rows)):
        fill_words(_PATTERN, mu[k], 0, sample, key, w)
        for i in range(rows.shape[1]):
            rows[k, i] = 2.0 * np.float64((w[(i >> 5) & 3, i >> 7] >> np.uint64(i & 31)) & np.uint64(1)) - 1.0


@njit(**FAST)
def draw_normal(key, sample, mu, size, q, fixed, rows):
    """rows[k] = Gaussian pattern mu[k]; of its cluster for size > 0; stretched to norm**2 = N where `fixed`."""
    N = rows.shape[1]
    blocks = (N + 3) // 4
    w, scratch = np.empty((4, blocks), np.uint64), np.empty((4, blocks))
    z, center, cluster = np.empty(4 * blocks), np.zeros(4 * blocks), -1
    for k in range(len(rows)):
        normal(_NORMAL, key, sample, mu[k], 0, w, scratch, z)
        if size > 0:
            if mu[k] // size != cluster:
                cluster = mu[k] // size
                normal(_NORMAL, key, sample, cluster, 1, w, scratch, center)
            for i in range(N):
                z[i] = np.sqrt(q) * center[i] + np.sqrt(1.0 - q) * z[i]
        stretch = 1.0
        if fixed:
            square = 0.0
            for i in range(N):
                square += z[i] * z[i]
            stretch = np.sqrt(N / square)
        for i in range(N):
            rows[k, i] = stretch * z[i]


@njit(**FAST)
def normal(stream, key, sample, mu, chain, w, scratch, z):
    """z (N padded to 4) = Gaussian numbers of a stream, two of two words (Box, Muller): + - * / and square roots only."""
    fill_words(stream, mu, chain, sample, key, w)
    radius, e, angle, other = scratch
    for pair in range(2):
        for b in range(radius.size):
            radius[b] = (np.float64(np.int64(w[2 * pair, b])) + 0.5) * 2.0**-32
            angle[b] = (np.float64(np.int64(w[2 * pair + 1, b])) + 0.5) * 2.0**-30   # in quarter turns
        log(radius, e)
        for b in range(radius.size):
            r = np.sqrt(-2.0 * radius[b])
            quarter = np.floor(angle[b] + 0.5)
            f = angle[b] - quarter
            g = f * f
            s, c = _SIN[8], _COS[9]
            for k in range(7, -1, -1):
                s = s * g + _SIN[k]
            for k in range(8, -1, -1):
                c = c * g + _COS[k]
            s *= f
            turn = np.int64(quarter) & 3
            odd = turn & 1 == 1
            r = -r if turn & 2 == 2 else r
            angle[b] = r * (-s if odd else c)
            other[b] = r * (c if odd else s)
        for b in range(radius.size):
            z[4 * b + 2 * pair], z[4 * b + 2 * pair + 1] = angle[b], other[b]


LN2_HIGH, LN2_LOW, SERIES, SQRT2 = streams.LN2_HIGH, streams.LN2_LOW, streams.SERIES, streams.SQRT2
MANTISSA, ONE = streams.MANTISSA, streams.ONE


@njit(**FAST)
def log(x, e):
    """streams.log of x, in place; e: scratch of the same length."""
    bits = x.view(np.int64)
    for a in range(bits.size):
        e[a] = np.float64((bits[a] >> 52) - 1023)
        bits[a] = (bits[a] & MANTISSA) | ONE
    for a in range(x.size):
        f = x[a]
        large = f > SQRT2
        f = f * 0.5 if large else f
        exponent = e[a] + 1.0 if large else e[a]
        s = (f - 1.0) / (f + 1.0)
        z = s * s
        p = SERIES[10]
        for k in range(9, -1, -1):
            p = p * z + SERIES[k]
        x[a] = exponent * LN2_HIGH + (2.0 * s * p + exponent * LN2_LOW)
