"""The streaming softmax of cupy arrays: one pass over the patterns for few states, two matrix products per block of rows for many.

The kernels are CUDA C in softmax.cu, compiled when they are first needed.  Nothing waits for the GPU.  Matrix products are cuBLAS's, in float32 or
float64 as the states are, unless the user has told cupy otherwise (CUPY_TF32=1 rounds the factors of float32 products to 11 bits).  docs/gpu.md.

Not yet run on a GPU: the kernels are compiled for them, and run in tests as C on the CPU (tests/cupy_twin.py).
"""
import functools
import math
import pathlib

import numpy as np

SOURCE = pathlib.Path(__file__).with_name("softmax.cu")
THREADS, WARP = 256, 32
FEW = 4                  # up to so many states have a pass over the patterns each
SHARED = 8 * THREADS     # bytes of shared memory for what a block adds up
LOAD = 16                # bytes that a thread reads at once, at most
WORDS = {1: "char", 2: "short", 4: "int", 8: "int2", 16: "int4"}
NARROW = 2**13           # bytes of a state, beyond which a thread cannot keep its part of it in registers
AHEAD = 32               # entries of rows that are on the way for a thread at once, in registers
BLOCKS = 1024            # of a pass over many patterns: some for each of the processors of any card
LONGEST = 256            # rows that one group of threads adds up in the patterns' type
LOGITS = 2**23           # of a block of rows: they stay in the cache of the card between the two products
FEWEST, MOST = 512, 2**15   # rows of such a block, whose weights are one thread block's for each state


def advance(x, states, lam, total, xp):
    """Advance `streaming.Sums` over one piece x (rows, N) of the patterns, of the type of `states` (B, N) or int8."""
    B, N = states.shape
    kind = np.dtype(states.dtype)
    bits = int(np.float64(min(lam, np.finfo(kind).max)).view(np.int64))
    if B <= FEW and N * kind.itemsize <= NARROW:
        return one_pass(x, states, bits, total, xp)
    rows = min(MOST, max(FEWEST, LOGITS // B))
    for start in range(0, len(x), rows):
        block(x[start:start + rows].astype(kind, copy=False), states, bits, total, xp)


def block(x, states, bits, total, xp):
    """The same for many states and a block of rows, whose logits are given back to the memory pool at the end."""
    (B, N), options, factor = states.shape, of_type(np.dtype(states.dtype)), xp.empty(len(states))
    z = xp.ascontiguousarray(states @ x.T)
    launch(xp, "weigh", options, B, z, len(x), bits, total.m, total.s, factor)
    launch(xp, "stretch", options, -(-B * N // THREADS), xp.ascontiguousarray(z @ x), factor, total.v, B, N)


def one_pass(x, states, bits, total, xp):
    """The same for few states, of which each reads all rows once."""
    (K, N), B, kind, size = x.shape, len(states), np.dtype(states.dtype), np.dtype(x.dtype).itemsize
    vector = math.gcd(LOAD, N * size, x.data.ptr) // size   # entries that stand at a multiple of their bytes in every row
    lanes = min(WARP, 2 ** math.ceil(math.log2(max(1, N / vector / 2))))
    loads = -(-N // (vector * lanes))
    ahead = max(1, min(4, AHEAD // (loads * vector)))
    groups = THREADS // lanes
    parts = max(1, min(-(-K // (groups * ahead)), max(BLOCKS, -(-K // (groups * LONGEST)))))
    options = (*of_type(kind), "-DROW=" + {1: "signed char", 4: "float", 8: "double"}[size], f"-DWORD={WORDS[vector * size]}", f"-DN={N}",
               f"-DVECTOR={vector}", f"-DLANES={lanes}", f"-DLOADS={loads}", f"-DROWS={ahead}")
    tops, totals, sums, fresh = xp.empty((B, parts), kind), xp.empty((B, parts), kind), xp.empty((B, parts, N), kind), xp.empty((2, B))
    launch(xp, "one_pass", options, B * parts, x, xp.ascontiguousarray(states), K, bits, B, parts, tops, totals, sums,
           shared=max(SHARED, (N + 1) * kind.itemsize))
    launch(xp, "combine", options, B * -(-N // 32), tops, totals, sums, B, parts, bits, total.m, total.s, total.v, fresh)
    total.m[...], total.s[...] = fresh[0], fresh[1]


def of_type(kind):
    """Compile options of every kernel."""
    real, exp = {np.dtype(np.float32): ("float", "expf"), np.dtype(np.float64): ("double", "exp")}[kind]
    return f"-DREAL={real}", f"-DEXP={exp}", f"-DMINUS_INFINITY={np.float64(-np.inf).view(np.int64)}LL", f"-DTHREADS={THREADS}"


def launch(xp, name, options, blocks, *arguments, shared=SHARED):
    kernel(xp, name, options)((blocks,), (THREADS,), tuple(a if isinstance(a, xp.ndarray) else np.int64(a) for a in arguments), shared_mem=shared)


@functools.cache
def kernel(xp, name, options):
    return xp.RawModule(code=SOURCE.read_text(), options=options).get_function(name)
