"""A stand-in for the module cupy, without a GPU: what hebbnet.modern uses of it and nothing else, on arrays as strict as cupy's, with its kernels run
as C (cuda_twin.py).

cupy's arrays are no NumPy arrays, have no __array_namespace__ (version 14), and refuse to become NumPy arrays or to be mixed with them unless asked.
"""
import types

import cuda_twin
import numpy as np
from cuda_twin import Array, unwrapped, wrapped

CREATE = ("arange", "empty", "full", "zeros")
UPLOAD = ("asarray", "ascontiguousarray")
COMPUTE = ("amax", "any", "cumsum", "exp", "expm1", "isfinite", "log", "log1p", "matmul", "maximum", "mean", "minimum", "sort", "sqrt", "stack",
           "sum", "swapaxes", "where", "zeros_like")


class Cupy(types.ModuleType):
    """order: of the threads of a block, as in cuda_twin.Twin; launches: names of the kernels that have run."""

    ndarray, inf = Array, np.inf

    def __init__(self, order=5):
        super().__init__("cupy")
        self.order, self.launches = order, []

    def __getattr__(self, name):
        if name in CREATE:
            return lambda *a, **k: wrapped(np.asarray(getattr(np, name)(*a, **k)))
        if name in UPLOAD:
            return lambda x, **k: wrapped(getattr(np, name)(x.array if isinstance(x, Array) else x, **k))
        if name in COMPUTE:
            return lambda *a, **k: wrapped(getattr(np, name)(*strictly(a), **{key: unwrapped(v) for key, v in k.items()}))
        raise AttributeError(name)

    def RawModule(self, code, options=()):
        assert isinstance(code, str) and isinstance(options, tuple)

        def function(name):
            def launch(grid, block, args, *, shared_mem=0):
                assert all(isinstance(a, (Array, np.int64)) for a in args) and shared_mem <= 48 * 1024 and isinstance(args, tuple)
                cuda_twin.run(code, name, options, *grid, *block, shared_mem, args, self.order)
                self.launches.append(name)
            return launch
        return types.SimpleNamespace(get_function=function)


def strictly(arguments):
    """Arrays of the device, of which there is at least one, and Python's numbers."""
    flat = [a for part in arguments for a in (part if isinstance(part, (list, tuple)) else [part])]
    if not any(isinstance(a, Array) for a in flat) or any(isinstance(a, np.ndarray) for a in flat):
        raise TypeError(f"cupy takes its own arrays, got {[type(a).__name__ for a in flat]}")
    return unwrapped(arguments)
