"""The softmax average of patterns, f = sum_mu p_mu x_mu with p = softmax(lam X state), in one pass over the patterns, whatever holds them.

Running sums over pieces of the patterns (`Sums`) make it exact for pieces of any size, and memory independent of K.  NumPy arrays go through
compiled kernels (kernels.py; native.py in float32, where it is there), one pass for few states and two matrix products per block of rows for many;
cupy's through the same on the GPU (device.py).
"""
import sys
from typing import NamedTuple

import numpy as np

from ..params import Parameter, ParameterError, count
from . import device, kernels, native

LAM = Parameter(name="lam", symbol=r"\lambda", meaning="inverse temperature of the log-sum-exp; it multiplies inner products", kind=float, low=0)
PIECE = 2**23    # entries of a piece that is read, converted or generated at a time
SMALL = 800_000  # scalar products times N of a small matrix product
FEW = 4          # up to so many states one pass that forms no matrix product is the faster one


class Sums(NamedTuple):
    """m (B,) = max_mu z_mu, z_mu = x_mu.state;  s (B,) = sum_mu w_mu, w_mu = e^(lam (z_mu - m));  v (B, N) = sum_mu w_mu x_mu."""

    m: np.ndarray
    s: np.ndarray
    v: np.ndarray


def namespace(*arrays):
    """cupy where one of the arrays is on a GPU, else NumPy."""
    cupy = sys.modules.get("cupy")
    return cupy if cupy is not None and any(isinstance(array, cupy.ndarray) for array in arrays) else np


def source(patterns):
    """`patterns` as something with a shape (K, N), a dtype and rows by slices: arrays, memory maps, HDF5 datasets, `patterns.Ensemble`."""
    if not (hasattr(patterns, "shape") and hasattr(patterns, "dtype") and hasattr(patterns, "__getitem__")):
        try:
            patterns = np.asarray(patterns)
        except ValueError:
            raise ParameterError("patterns is a ragged sequence: expected an array (K, N), one pattern per row", "patterns") from None
    if len(patterns.shape) != 2 or 0 in patterns.shape:
        raise ParameterError(f"patterns has shape {tuple(patterns.shape)}: expected (K, N), one pattern per row, K >= 1 and N >= 1", "patterns")
    if np.dtype(patterns.dtype).kind not in "iufb":
        raise ParameterError(f"patterns has type {patterns.dtype}: expected real numbers", "patterns")
    return patterns


def check(patterns, state, lam):
    """(patterns, states (B, N), shape of the batch, lam, namespace); ParameterError where they do not fit.

    Computed in float32 where patterns and states are (float32, or one of them and integers of at most 16 bits), else in float64.
    """
    patterns, lam = source(patterns), LAM.check(lam)
    xp = namespace(state, patterns)
    state = xp.asarray(state)
    N = patterns.shape[1]
    if state.ndim < 1 or state.shape[-1] != N:
        raise ParameterError(f"state has shape {tuple(state.shape)}: expected (..., N) with N = {N}, as the patterns have", "state")
    if np.dtype(state.dtype).kind not in "iufb":
        raise ParameterError(f"state has type {state.dtype}: expected real numbers", "state")
    kind = np.result_type(patterns.dtype, state.dtype)
    states = state.reshape(-1, N).astype(np.float32 if kind == np.float32 else np.float64)
    if not bool(xp.isfinite(states).all()):
        bad = np.argwhere(~np.isfinite(_numpy(states)))[0]
        raise ParameterError(f"state holds {float(states[tuple(bad)])} in row {bad[0]}, entry {bad[1]}: expected finite numbers", "state")
    return patterns, states, state.shape[:-1], lam, xp


def pieces(patterns, kind, xp, chunk=None, narrow=False):
    """Arrays (rows, N) of type `kind`, at most `chunk` rows at a time; an array that can be used as it is comes whole unless told otherwise.

    narrow: whether 8-bit integers can."""
    K, N = patterns.shape
    if narrow and patterns.dtype == np.int8:
        kind = patterns.dtype
    if chunk is None:
        usable = isinstance(patterns, np.ndarray) if xp is np else namespace(patterns) is xp
        usable = usable and patterns.dtype == kind and patterns.flags.c_contiguous and not isinstance(patterns, np.memmap)
        chunk = K if usable else max(1, PIECE // N)
    for start in range(0, K, count("chunk", chunk)):
        yield xp.ascontiguousarray(xp.asarray(patterns[start:start + chunk], dtype=kind))


def sums(patterns, states, lam, xp, chunk=None, largest=None):
    """`Sums` of states (B, N) over the rows of `patterns`; largest: a list that gets the largest norm(x)**2.  ParameterError for NaN or infinity."""
    B, N = states.shape
    total = Sums(xp.full(B, -xp.inf), xp.zeros(B), xp.zeros((B, N)))
    square = 0.0
    for x in pieces(patterns, states.dtype, xp, chunk, narrow=xp is not np):
        with np.errstate(invalid="ignore", over="ignore"):   # refused below
            if B:
                advance_numpy(x, states, lam, total) if xp is np else device.advance(x, states, lam, total, xp)
            if largest is not None:
                square = max(square, largest_square(x, xp))
    if not bool(xp.isfinite(total.v).all() and xp.isfinite(total.s).all() and np.isfinite(square)):
        refuse(patterns, states, xp, chunk)
    if largest is not None:
        largest.append(square)
    return total


def largest_square(x, xp):
    """max_mu norm(x_mu)**2 of one piece, in float64."""
    step = max(1, (2**18 if xp is np else 2**24) // x.shape[1])
    return float(xp.stack([(x[a:a + step].astype(np.float64) ** 2).sum(axis=1).max() for a in range(0, len(x), step)]).max())


def advance_numpy(x, states, lam, total):
    """Advance `total` over one piece x (rows, N) by compiled kernels."""
    kind = x.dtype.type
    about, strength = kernels.POWER[x.dtype], kind(min(lam * np.log2(np.e), np.finfo(kind).max))
    B, N = states.shape
    if kind is np.float32 and native.LIBRARY is not None:
        (native.one_pass if B <= FEW else native.batch)(x, states, strength, *total)
        return
    if B <= FEW:
        kernels.one_pass(x, states, strength, about, *total)
        return
    small = SMALL // (N * B)   # rows of a product that BLAS makes without packing its matrices
    rows = min(small, 2048) if small >= 128 else max(256, min(1024, 2**19 // N))
    columns, z, part = np.ascontiguousarray(states.T), np.empty((rows, B), kind), np.empty((B, N), kind)
    for start in range(0, len(x), rows):
        piece = x[start:start + rows]
        w = np.matmul(piece, columns, out=z[:len(piece)])
        kernels.block(w, strength, about, *total)
        np.matmul(w.T, piece, out=part)
        kernels.add(total.v, part)


def refuse(patterns, states, xp, chunk=None):
    """ParameterError that says which pattern is not finite, or that products overflow."""
    start = 0
    for x in pieces(patterns, states.dtype, xp, chunk or max(1, PIECE // patterns.shape[1])):
        bad = ~xp.isfinite(x)
        if bool(bad.any()):
            row, entry = np.argwhere(_numpy(bad))[0].tolist()
            raise ParameterError(f"patterns[{start + row}, {entry}] = {float(x[row, entry])}: expected finite numbers", "patterns")
        start += len(x)
    raise ParameterError(f"patterns and state have inner products or norms beyond the largest {states.dtype} number: scale them down", "patterns")


def _numpy(array):
    return array.get() if hasattr(array, "get") else np.asarray(array)
