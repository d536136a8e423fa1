"""native.c as a kernel of the compiled engine: which problems it takes, and their chains in its form.

Numba's kernels take the rest, and everything where the library is not there (compiled.py), with the same spins.
"""
import ctypes

import numpy as np
from numba import njit

from ..compiled import address, library
from .forms import Form

FAST = dict(cache=True, nogil=True, error_model="numpy")

LAYOUT = 1         # of what passes between here and native.c; a library built from an older source is not used
SMALL = 256        # neurons below which an overlap is one byte, the index of a table in registers
MOST_BYTES = 7     # of an entry: sums stay far inside 64 bits
CUBES = 1024       # neurons below which a 16-bit integer holds 32 (c + 1)
BATCH = 2**18      # attempts whose random numbers are held at a time


class _Problem(ctypes.Structure):
    _fields_ = [("bits", ctypes.c_void_p), ("N", ctypes.c_int64), ("S", ctypes.c_int64), ("words", ctypes.c_int64), ("tables", ctypes.c_void_p),
                ("planes", ctypes.c_int64), ("base", ctypes.c_int64), ("a", ctypes.c_int64), ("b", ctypes.c_int64), ("denominator", ctypes.c_double)]


LIBRARY = library("hebbnet.montecarlo._native", LAYOUT)


def takes(problem):
    """Which kernel of native.c has this problem's law ("bytes", "words" or "cubes"), or None: +-1 rows, exact fields, and D odd."""
    form = problem.form
    if LIBRARY is None or not isinstance(form, Form) or not form.exact or (form.fields[::-1] != -form.fields).any():
        return None
    N, S = problem.patterns.N, problem.patterns.S
    if N < SMALL:
        return "bytes" if planes(form.fields) <= MOST_BYTES and S < 2**27 else None
    if factor(form.fields) is not None:
        return "words" if N < 2**14 and S * N < 2**30 else None
    return "cubes" if N < CUBES and form.kernel != "table" and len(form.coefficients) == 2 else None


def factor(fields):
    """k where D(c) = k c, else None."""
    N = len(fields)
    k = int(fields[-1]) // max(N - 1, 1)
    return k if (fields == k * np.arange(-(N - 1), N, 2)).all() else None


def planes(fields):
    return max(1, (int(fields.max() - fields.min()).bit_length() + 7) // 8)


class Kernel:
    """A problem as native.c wants it; name: "bytes", "words" or "cubes"."""

    def __init__(self, problem, name):
        self.problem, self.name, patterns, form = problem, name, problem.patterns, problem.form
        N, S = patterns.N, patterns.S
        self.words = -(-S // 64)
        up = np.ones((N, 64 * self.words), bool)
        up[:, :S] = patterns.rows[:, :S] > 0
        self.bits = np.packbits(up, axis=1, bitorder="little")
        count, base, a, b, denominator = 0, 0, 0, 0, float(form.denominator)
        if name == "bytes":
            count, base = planes(form.fields), int(form.fields.min())
        elif name == "words":
            denominator *= factor(form.fields)
        else:
            (b, a), denominator = form.coefficients, 1.0   # of the field times its denominator
        self.tables = np.zeros((2, max(count, 1), SMALL), np.uint8)
        for s in (-1, 1):   # u = (X + N)/2, c = X - s; entries that no state reaches stay 0
            for plane in range(count):
                self.tables[(s + 1) // 2, plane, np.arange(N) + (s > 0)] = ((form.fields - base) >> (8 * plane)) & 255
        self.struct = _Problem(self.bits.ctypes.data, N, S, self.words, self.tables.ctypes.data, count, base, a, b, denominator)
        self.call = getattr(LIBRARY, f"hebbnet_{name}")
        self.call.restype = None

        self.call.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, *4 * [ctypes.c_void_p], ctypes.c_int, *2 * [ctypes.c_void_p]]
        self.random = problem.order == "random" and problem.dynamics != "parallel"
        self.room = {}   # (chains, sweeps) -> arrays for them and their addresses: short calls are many

    def advance(self, state, sweeps, rule, fill):
        """Advance `state` in place; flips made (C,).  fill(first, limits, sites): random numbers for limits (C, sweeps, N), sites the same."""
        C, N = state.spins.shape
        flips, step = np.zeros(C, np.int64), max(1, BATCH // (C * N))
        for first in range(state.sweep, state.sweep + sweeps, step):
            count = min(step, state.sweep + sweeps - first)
            if (C, count) not in self.room:
                self.room = {(C, count): self.arrays(C, count, N)}
            (overlaps, limits, sites, following), addresses = self.room[C, count]
            pack(state.overlaps, state.spins, self.struct.S, self.name == "bytes", overlaps)
            fill(first, limits, sites)
            self.call(ctypes.addressof(self.struct), C, count, address(state.spins), *addresses[:3 if self.random else 2],
                      *() if self.random else (None,), rule, addresses[3] if self.problem.dynamics == "parallel" else None, address(flips))
            unpack(overlaps, self.struct.S, self.name == "bytes", N, state.overlaps)
        return flips

    def arrays(self, C, count, N):
        new = (np.empty((C, 64 * self.words), np.uint8 if self.name == "bytes" else np.int16), np.empty((C, count, N)),
               np.empty((C, count, N) if self.random else (C, 1, 1), np.int64), np.empty(N, np.int8))
        return new, [address(array) for array in new]


@njit(**FAST)
def pack(X, spins, S, small, overlaps):
    """Overlaps as native.c has them, and those of the patterns of all +1 that fill the last register."""
    for c in range(len(spins)):
        total, N = 0, spins.shape[1]
        for i in range(N):
            total += spins[c, i]
        if small:
            for mu in range(S):
                overlaps[c, mu] = (np.int32(X[c, mu]) + N) >> 1
        else:
            for mu in range(S):
                overlaps[c, mu] = X[c, mu]
        overlaps[c, S:] = (total + N) >> 1 if small else total


@njit(**FAST)
def unpack(overlaps, S, small, N, X):
    for c in range(len(X)):
        if small:
            for mu in range(S):
                X[c, mu] = 2 * np.int32(overlaps[c, mu]) - N
        else:
            for mu in range(S):
                X[c, mu] = overlaps[c, mu]
