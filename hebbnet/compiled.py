"""The package's C kernels, shared libraries that are built with it where there is a compiler (setup.py).

Everything runs without them, on numba's kernels; HEBBNET_NATIVE=0 switches them off, HEBBNET_NATIVE=avx2 those that need more than AVX2.
"""
import ctypes
import os
from importlib import util

import numpy as np

ALIGNED = 64   # bytes of a register


def library(module, layout, narrow=False):
    """The shared library of `module`, or None where it was not built, is of another layout (an older source), cannot run here, or is switched off.

    narrow: for the kernels that need no more than AVX2 or NEON.
    """
    found = util.find_spec(module)
    if found is None or os.environ.get("HEBBNET_NATIVE") in ("0", "" if narrow else "avx2"):
        return None
    try:
        loaded = ctypes.CDLL(found.origin)
    except OSError:
        return None
    probe = getattr(loaded, "hebbnet_narrow_layout" if narrow else "hebbnet_layout", None)
    return loaded if probe and probe() == layout else None


def address(array):
    """Of an array's first entry."""
    return array.__array_interface__["data"][0]


def aligned(shape, kind):
    """Zeros that begin at whole registers."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    room = np.zeros(size + ALIGNED, np.uint8)
    first = -address(room) % ALIGNED
    return room[first:first + size].view(kind).reshape(shape)
