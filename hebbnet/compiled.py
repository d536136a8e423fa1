"""The package's C kernels, shared libraries that are built with it where there is a compiler (setup.py).

Everything runs without them, on numba's kernels; HEBBNET_NATIVE=0 switches them off.
"""
import ctypes
import os
from importlib import util


def library(module, layout):
    """The shared library of `module`, or None where it was not built, is of another layout (an older source), cannot run here, or is switched off."""
    found = util.find_spec(module)
    if os.environ.get("HEBBNET_NATIVE") == "0" or found is None:
        return None
    try:
        loaded = ctypes.CDLL(found.origin)
    except OSError:
        return None
    return loaded if hasattr(loaded, "hebbnet_layout") and loaded.hebbnet_layout() == layout else None


def address(array):
    """Of an array's first entry."""
    return array.__array_interface__["data"][0]
