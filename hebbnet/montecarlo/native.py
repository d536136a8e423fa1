"""native.c and narrow.c as kernels of the compiled engine: which problems it takes, and their chains in its form.

Numba's kernels take the rest, and everything where the library is not there (compiled.py), with the same spins.
"""
import ctypes
import math
from functools import partial
from statistics import NormalDist

import numpy as np
from numba import njit

from ..compiled import address, aligned, library
from .attempts import FAST, RARE, fill_sweeps
from .forms import Form

LAYOUT = 7         # of what passes between here and native.h; a library built from an older source is not used
SMALL = 256        # neurons below which an overlap is one byte, the index of a table in registers
MOST_BYTES = 7     # of an entry: sums stay far inside 64 bits
MOST_KEPT = 4      # bytes of a kept value
HIGHEST = 7        # degree of a polynomial that 32 bits give up to 2**28
CUBES = 1024       # neurons below which a 16-bit integer holds 32 (c + 1)
WORDS = 2**14      # neurons below which one holds an overlap
NARROW_TABLE = 64  # entries that narrow.c looks up in registers
LISTED = 0.25      # patterns expected outside the range of the bytes, were all overlaps random
BATCH = 2**18      # attempts whose random numbers are held at a time
NEAREST = 2**14    # bytes of kept values that stay in the nearest cache
# Acceptances (measured crossovers): below which values of B are kept, beside tables of as many bytes, while they stay in the nearest cache and
# beyond, beside tables of more bytes, and beside cubes; below which one reading of them serves two attempts
FEW, PAIRS = {"near": 0.15, "far": 0.1, "more": 0.25, "cubes": 0.27}, {"near": 0.05, "far": 0.3}
# and above which numba's kernels are as fast, for want of another way in C: beside its polynomials; narrow.c with a table beside int32, and others
MOST_FLIPS = {"kept": 0.7, "narrow": 0.2, "narrow, int32": 0.3, "narrow, others": 0.5}

LIBRARY = library("hebbnet.montecarlo._native", LAYOUT)
NARROW = library("hebbnet.montecarlo._native", LAYOUT, narrow=True)   # of AVX2 or NEON


class _Problem(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p if kind == "array" else kind) for name, kind in [
        ("bits", "array"), ("rows", "array"), *[(name, ctypes.c_int64) for name in ("N", "S", "words", "stride")],
        ("fields", "array"), ("tables", "array"),
        ("missing", "array"), *[(name, ctypes.c_int64) for name in ("planes", "base", "low", "high", "size", "a", "b")],
        ("denominator", ctypes.c_double), *[(name, "array") for name in ("lookup", "polynomial", "beyond", "shares")],
        *[(name, ctypes.c_int64) for name in ("depth", "unit", "offset", "first", "last", "length", "degree", "shift")], ("few", ctypes.c_double),
        ("rare", ctypes.c_int64), ("pairs", ctypes.c_int64)]]


class _Past(ctypes.Structure):
    _fields_ = [(name, ctypes.c_void_p) for name in ("fields", "known", "changes", "spins")]


class _Record(ctypes.Structure):
    _fields_ = [(name, ctypes.c_int64) for name in ("every", "times", "done")] + [(name, ctypes.c_void_p) for name in ("spins", "overlaps")]


def takes(problem):
    """Which kernel in C has this problem's law, or None; +-1 rows and exact fields.

    "bytes": N < 256;  "words": P = 2;  "cubes": P = 4;  "kept", "narrow": any law, where flips are few.
    """
    form = problem.form
    if not isinstance(form, Form) or not form.exact:
        return None
    N, S = problem.patterns.N, problem.patterns.S
    if LIBRARY is None:
        usable = NARROW is not None and S < 2**25 and N < WORDS and factor(form.fields) is None
        return "narrow" if usable and kept(form.fields, S, False) else None
    if N >= SMALL and factor(form.fields) is not None:
        return "words" if N < WORDS and S * N < 2**30 else None
    if S >= 2**27 or N >= WORDS or kept(form.fields, S, N < SMALL) is None:
        return None
    if N < SMALL:
        return "bytes"
    return "cubes" if N < CUBES and form.kernel != "table" and form.odd and len(form.coefficients) == 2 else "kept"


def factor(fields):
    """k where D(c) = k c, else None."""
    N = len(fields)
    k = int(fields[-1]) // max(N - 1, 1)
    return k if (fields == k * np.arange(-(N - 1), N, 2)).all() else None


def kept(fields, S, looked_up):
    """(B at X = -N, -N+2, ..., N; unit of its differences; and `span`: how many bytes hold nearly all of S values, entries of a table in registers
    where they are looked_up, and from which u = (X + N)/2 to which); None where four bytes do not, or no polynomial gives values not looked_up.

    The value of B at the ends, of which the field uses one part only, is that of their neighbors.
    """
    N = len(fields)
    B = np.empty(N + 1, np.int64)
    B[1:-1] = fields[1:] + fields[:-1]
    B[0], B[-1] = (B[1], B[-2]) if N > 1 else (0, 0)
    if not looked_up and np.diff(B[1:-1], HIGHEST + 1).any():
        return None
    unit = max(1, int(np.gcd.reduce(B - B[0])))
    found = span(B // unit, S, MOST_KEPT, looked_up)
    return found and (B, unit, *found)


def span(values, S, most, looked_up):
    """(bytes, entries, first, last): the fewest bytes, and then entries of a table (64 or 128; looked_up), that hold the differences of values, at
    equally spaced overlaps symmetric about 0, in a symmetric range outside which at most LISTED of S random overlaps are expected, and the widest
    such range; None if `most` bytes do not do."""
    n = len(values) - 1
    half = n // 2
    left, right = values[half::-1], values[n - half:]   # outwards from the middle
    widths = np.maximum.accumulate(np.maximum(left, right)) - np.minimum.accumulate(np.minimum(left, right))
    needed = -NormalDist().inv_cdf(min(0.5, LISTED / (2 * S))) * np.sqrt(n)
    for count in range(1, most + 1):
        first = half + 1 - int(np.searchsorted(widths, min(2 ** (8 * count), 2**28 if most == MOST_KEPT else 2**62)))
        for size in (64, 128) if looked_up else (n + 1,):
            start = max(first, -(-(n + 1 - size) // 2))
            if start == 0 or n - 2 * start >= needed:
                return count, size, start, n - start
    return None


def table(values, first, last, planes, size, N):
    """Bytes (planes, 128) of values[first ... last], the entry of u at u mod size, and what it says for every u = 0 ... N."""
    entries = np.zeros(128, np.int64)
    inside = np.arange(first, last + 1)
    entries[inside % size] = values[inside]
    entries &= 2 ** (8 * planes) - 1
    return np.array([entries >> (8 * k) & 255 for k in range(planes)], np.uint8), entries[np.arange(N + 1) % size]


def polynomial(values):
    """Coefficients int32 (degree + 1,) of the polynomial through values at 0, 1, ..., times 2**shift and modulo 2**32; its degree; shift.

    From Newton's forward differences c_k: the value times degree! is the polynomial sum_k c_k degree!/k! t (t - 1) ... (t - k + 1) of integers, and
    the odd part of degree! has an inverse modulo 2**32.
    """
    leading, rest = [], values
    while rest.any():
        leading.append(int(rest[0]))
        rest = np.diff(rest)
    degree = max(0, len(leading) - 1)
    scale = math.factorial(degree)
    shift = (scale & -scale).bit_length() - 1
    inverse = pow(scale >> shift, -1, 2**32)
    found, falling = np.zeros(degree + 1, object), np.array([1], object)
    for k, c in enumerate(leading):
        found[:k + 1] += c * scale // math.factorial(k) * falling
        falling = np.convolve(falling, np.array([-k, 1], object))   # times t - k
    return np.array([c * inverse % 2**32 for c in found], np.uint32).astype(np.int32), degree, shift


class Kernel:
    """A problem as native.c wants it; name: "bytes", "words", "cubes", "kept" or "narrow".  most: the acceptance up to which it is worth it."""

    def __init__(self, problem, name, remember=True):
        self.problem, self.name, patterns, form = problem, name, problem.patterns, problem.form
        N, S = patterns.N, patterns.S
        self.small = name == "bytes"
        self.words = -(-S // 64)
        self.most = MOST_FLIPS.get(name, np.inf)
        up = np.zeros((N, 64 * self.words), bool)
        up[:, :S] = patterns.rows[:, :S] > 0
        self.struct = _Problem(N=N, S=S, words=self.words, stride=patterns.rows.shape[1], denominator=form.denominator)
        self.arrays = {"fields": form.fields}
        if name == "narrow":
            self.arrays["rows"] = patterns.rows
            up = up.reshape(N, self.words, 8, 8).swapaxes(2, 3)
        self.arrays["bits"] = np.packbits(up.reshape(N, -1), axis=1, bitorder="little")
        if name == "words":
            self.struct.denominator *= factor(form.fields)
        else:
            self.keep(form.fields, np.sum(patterns.rows[:, :S] > 0, axis=1))
        if name == "narrow" and "lookup" in self.arrays:
            self.most = MOST_FLIPS["narrow, int32" if form.kernel == "int32" else "narrow, others"]
        elif name in ("kept", "narrow") and form.kernel == "table":
            self.most = np.inf
        self.struct.few, self.struct.rare = np.inf, RARE if remember else 0   # flips of a sweep; no other way
        if name == "cubes":
            self.struct.b, self.struct.a = form.coefficients   # of the field times its denominator
            self.struct.few = FEW["cubes"] * N
        near = "near" if 64 * self.words * self.struct.depth <= NEAREST else "far"
        if self.small and self.look_up(form.fields):
            self.struct.few = FEW["more" if self.struct.planes > self.struct.depth else near] * N
        self.struct.pairs = int(PAIRS[near] * N)
        if problem.dynamics == "parallel":   # values are made anew once in a sweep, whatever flips
            self.most = self.struct.few = np.inf
            self.struct.pairs = N + 1
        if name == "narrow":   # has no sums of two rows, and need not look for fields found along
            self.struct.pairs = 0
        for field, array in self.arrays.items():
            setattr(self.struct, field, address(array))
        self.call = getattr(LIBRARY or NARROW, f"hebbnet_{name}")
        self.call.restype = None
        self.call.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, *4 * [ctypes.c_void_p], ctypes.c_int, *7 * [ctypes.c_void_p]]
        self.random = problem.order == "random" and problem.dynamics != "parallel"
        self.clear()

    def clear(self):
        """Scratch of its own, for a copy that another thread uses."""
        self.bytes, self.listed = aligned(64 * self.words * max(1, self.struct.depth), np.uint8), np.empty(self.struct.S, np.int64)
        self.chains(0)

    def chains(self, C):
        """Room for what is known of C chains; nothing is."""
        N = self.struct.N
        self.recent, self.flips, self.work = np.zeros(C, np.int64), np.zeros(C, np.int64), np.empty((2, N))
        self.past = {"fields": np.zeros((C, N), np.int64), "known": np.zeros((C, N), np.int64), "changes": np.ones(C, np.int64),
                     "spins": np.zeros((C, N), np.int8)}
        self.found = _Past(**{name: address(array) for name, array in self.past.items()})
        self.room = {}   # sweeps -> call and arrays: short calls are many

    def keep(self, fields, ups):
        """The tables of B."""
        N, s = len(fields), self.struct
        narrow = self.name == "narrow"
        found = kept(fields, s.S, True) if N < SMALL else None
        in_table = found is not None and (self.small or found[3] <= NARROW_TABLE)
        if not in_table:
            found = kept(fields, s.S, False)
        B, s.unit, s.depth, s.length, s.first, s.last = found
        if not in_table:
            s.first, s.last = max(s.first, 1), min(s.last, N - 1)   # B at the ends is no polynomial's
        s.offset = int(B[s.first:s.last + 1].min())
        values = (B - s.offset) // s.unit
        if self.small:
            self.arrays["lookup"], seen = table(values, s.first, s.last, s.depth, s.length, N)
        else:
            seen = np.where((np.arange(N + 1) >= s.first) & (np.arange(N + 1) <= s.last), values, 0)
            inside = seen[s.first:s.last + 1]
            if in_table:
                entries = np.pad(inside, (0, NARROW_TABLE - len(inside)))
                self.arrays["lookup"] = np.array([entries >> (8 * k) & 255 for k in range(s.depth)], np.uint8)
            else:
                self.arrays["polynomial"], s.degree, s.shift = polynomial(inside)
        self.arrays |= {"beyond": values - seen, "shares": 2 * ups - s.S if narrow else s.offset * ups}

    def look_up(self, fields):
        """The tables of D, entry u for X = 2 u - N; False if D is not odd or too large."""
        N, s = len(fields), self.struct
        found = (fields[::-1] == -fields).all() and span(fields, s.S, MOST_BYTES, True)
        if not found:
            return False
        s.planes, s.size, first, last = found
        s.low, s.high = (first + 1, last) if first or s.size < N + 1 else (0, N)   # c = X -+ 1 is inside for both spins
        s.base = int(fields[first:last + 1].min())
        tables, missing = np.empty((2, s.planes, 128), np.uint8), np.zeros((2, N + 1), np.int64)
        for k in range(2):
            values = np.concatenate([fields, fields[-1:]] if k == 0 else [fields[:1], fields])   # no state reaches the entry that is filled up
            tables[k], seen = table(values - s.base, s.low, s.high, s.planes, s.size, N)
            missing[k] = values - s.base - seen
        self.arrays |= {"tables": tables, "missing": missing}
        return True

    def advance(self, state, sweeps, rule, draws, units, offset, seen=None):
        """Advance `state` in place; flips made (C,).  draws, units (C,): how thresholds are drawn; offset: index of the first chain; seen: as in
        numba_engine.Engine.advance."""
        C, N = state.spins.shape
        record = raw = None
        if seen:
            times = len(seen.spins) // C
            raw = self.overlaps(len(seen.spins))
            record = _Record(sweeps // times, times, 0, address(seen.spins), address(raw))
        step = max(1, BATCH // (C * N))
        if len(self.recent) != C:
            self.chains(C)
        self.flips[:] = 0
        for first in range(state.sweep, state.sweep + sweeps, step):
            count = min(step, state.sweep + sweeps - first)
            if count not in self.room:   # at most two: a long run, and what is left of it
                self.room = {**dict(list(self.room.items())[-1:]), count: self.call_of(C, count, N, rule)}
            call, spins, overlaps, limits, sites, _ = self.room[count]
            pack(state.overlaps, state.spins, self.struct.S, self.small, spins, overlaps)
            fill_sweeps(self.problem.key, first, self.problem.sample, offset, draws, units, self.random, limits, sites, self.work)
            if seen:
                record.done = first - state.sweep
            call(seen and ctypes.addressof(record))
            unpack(spins, overlaps, self.struct.S, self.small, state.spins, state.overlaps)
        if seen:
            unpack(seen.spins, raw, self.struct.S, self.small, seen.spins, seen.overlaps)
        return self.flips.copy()

    def overlaps(self, C):
        """Room for those of C chains, as native.c has them."""
        return aligned((C, 64 * self.words), np.uint8 if self.small else np.int16)

    def call_of(self, C, count, N, rule):
        """The call for so many chains and sweeps, and the arrays it uses: their addresses cost more than a short run."""
        spins, overlaps = np.empty((C, N), np.int8), self.overlaps(C)
        limits, sites = np.empty((C, count, N)), np.empty((C, count, N) if self.random else (C, 1, 1), np.int64)
        following = np.empty(N, np.int8) if self.problem.dynamics == "parallel" else None
        arrays = [spins, overlaps, limits, sites if self.random else None], [following, self.flips, self.recent], [self.bytes, self.listed]
        before, after, scratch = [[array if array is None else address(array) for array in some] for some in arrays]
        call = partial(self.call, ctypes.addressof(self.struct), C, count, *before, rule, *after, ctypes.addressof(self.found), *scratch)
        return call, spins, overlaps, limits, sites, following   # kept, with what has its address


@njit(**FAST)
def pack(X, s, S, small, spins, overlaps):
    """Spins, and overlaps as native.c has them, with those of the patterns of all -1 that fill the last register."""
    for c in range(len(spins)):
        total, N = 0, spins.shape[1]
        for i in range(N):
            spins[c, i] = s[c, i]
            total -= s[c, i]
        if small:
            for mu in range(S):
                overlaps[c, mu] = (np.int32(X[c, mu]) + N) >> 1
        else:
            for mu in range(S):
                overlaps[c, mu] = X[c, mu]
        overlaps[c, S:] = (total + N) >> 1 if small else total


@njit(**FAST)
def unpack(spins, overlaps, S, small, s, X):
    for c in range(len(X)):
        N = spins.shape[1]
        for i in range(N):
            s[c, i] = spins[c, i]
        if small:
            for mu in range(S):
                X[c, mu] = 2 * np.int32(overlaps[c, mu]) - N
        else:
            for mu in range(S):
                X[c, mu] = overlaps[c, mu]
