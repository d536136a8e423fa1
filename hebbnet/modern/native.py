"""native.c as kernels of the streaming softmax: float32, C-contiguous arrays."""
import ctypes

import numpy as np

from ..compiled import address, aligned, library

LAYOUT = 1       # of the arguments of native.c
ROWS = 240       # most rows of a block: a multiple of every tile's
BLOCK = 2**17    # entries of a block of patterns, which the second cache holds
LEAST = 96       # rows of a block: its sums are added to those of the blocks before

LIBRARY = library("hebbnet.modern._native", LAYOUT)
if LIBRARY is not None:
    _array, _number, _float = ctypes.c_void_p, ctypes.c_int64, ctypes.c_float
    LIBRARY.hebbnet_one_pass.argtypes = [_array, _number, _number, _array, _float, _array, _array, _array, _array]
    LIBRARY.hebbnet_batch.argtypes = [_array, _number, _number, _array, _number, _float, _array, _array, _array, _array, _number]
    LIBRARY.hebbnet_one_pass.restype = LIBRARY.hebbnet_batch.restype = None


def one_pass(x, states, strength, m, s, v):
    """Advance the sums of few states (B, N) over the rows x (K, N), all of them read once per state."""
    scratch = aligned((2, x.shape[1] + 32), np.float32)
    for b in range(len(states)):
        LIBRARY.hebbnet_one_pass(address(x), *x.shape, address(states[b]), strength, address(m[b:]), address(s[b:]), address(v[b]), address(scratch))


def batch(x, states, strength, m, s, v):
    """Advance the sums of many states (B, N) over the rows x (K, N), up to 64 states at a time."""
    N = x.shape[1]
    rows = min(ROWS, max(LEAST, BLOCK // N))
    for start in range(0, len(states), 64):
        part = states[start:start + 64]
        B, groups = len(part), -(-len(part) // 16)
        columns, z = aligned((N, 16 * groups), np.float32), aligned((rows, 16 * groups), np.float32)
        top, total, sums = aligned(16 * groups, float), aligned(16 * groups, float), aligned((N, 16 * groups), float)
        columns[:, :B] = part.T
        top[:] = -np.inf
        top[:B], total[:B], sums[:, :B] = m[start:start + B], s[start:start + B], v[start:start + B].T
        LIBRARY.hebbnet_batch(address(x), len(x), N, address(columns), groups, strength, *map(address, (top, total, sums, z)), rows)
        m[start:start + B], s[start:start + B], v[start:start + B] = top[:B], total[:B], sums[:, :B].T
