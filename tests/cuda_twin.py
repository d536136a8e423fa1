"""The CPU twin of `cupy_engine.Device`: the kernels compiled as C (cuda_twin.h), and arrays as strict as cupy's about what is where."""
import ctypes
import functools
import pathlib
import shutil
import subprocess
import tempfile
import threading
import types

import numpy as np

from hebbnet.montecarlo import cupy_engine

HEADER = pathlib.Path(__file__).with_name("cuda_twin.h")
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
FAULTS = {1: "threads have diverged", 2: "a write beyond shared memory", 3: "a sum of a warp beyond 32 bits", 4: "a matrix at an odd address"}


class Array(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on the device: NumPy's functions work on it, mixing it with an array of the host or turning it into one by accident does not.

    waits: how often the host has asked for a number, and so waited for the device."""

    waits = 0

    def __init__(self, array):
        self.array = array

    def get(self):
        Array.waits += 1
        return self.array.copy()

    def item(self):
        return self.get().item()

    def __bool__(self):
        return bool(self.get())

    def __float__(self):
        return float(self.get())

    def __int__(self):
        return int(self.get())

    @property
    def data(self):
        return types.SimpleNamespace(ptr=self.array.ctypes.data)

    def __array__(self, *args, **kwargs):
        raise TypeError("implicit conversion of an array of the device: use get()")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return wrapped(getattr(ufunc, method)(*unwrapped(inputs), **{k: unwrapped(v) for k, v in options.items()}))

    def __array_function__(self, function, types, args, options):
        return wrapped(function(*unwrapped(args), **{k: unwrapped(v) for k, v in options.items()}))

    def __getitem__(self, index):
        return wrapped(self.array[of_index(index)])

    def __setitem__(self, index, value):
        self.array[of_index(index)] = unwrapped(value)

    def __len__(self):
        return len(self.array)

    def __getattr__(self, name):
        if name not in ("shape", "dtype", "ndim", "size", "nbytes", "flags", "T", "reshape", "swapaxes", "astype", "max", "min", "sum", "mean",
                        "copy", "any", "all"):
            raise AttributeError(name)
        value = getattr(self.array, name)
        return (lambda *a, **k: wrapped(value(*unwrapped(a), **k))) if callable(value) and name != "dtype" else wrapped(value)


def of_index(index):
    """cupy takes arrays of the host as indices; it waits to know how many entries of a mask are true."""
    parts = [part.array if isinstance(part, Array) else part for part in (index if isinstance(index, tuple) else (index,))]
    Array.waits += any(isinstance(part, np.ndarray) and part.dtype == bool for part in parts)
    return tuple(parts)


def wrapped(value):
    return Array(np.asarray(value)) if isinstance(value, (np.ndarray, np.generic)) else value


def unwrapped(value):
    if isinstance(value, (tuple, list)):
        return type(value)(unwrapped(v) for v in value)
    if isinstance(value, np.ndarray) and value.ndim:
        raise TypeError("an array of the host among arrays of the device")
    return value.array if isinstance(value, Array) else value


class Twin:
    """order: in which the threads of a block run, 0 ascending, 1 descending, otherwise random with this seed; memory: free bytes."""

    def __init__(self, order=0, shared=227 * 1024, memory=2**33):
        self.order, self.shared, self.memory, self.sharing, self.lock = order, shared, memory, 1, threading.Lock()
        self.multiplies_bytes = True
        self.launches = []

    def asarray(self, array):
        return array if isinstance(array, Array) else Array(np.array(array, order="C"))

    def zeros(self, shape, dtype):
        return Array(np.zeros(shape, dtype))

    def holds(self, array):
        return isinstance(array, Array)

    def free(self):
        return self.memory

    def apart(self, call, *arguments):
        return call(*arguments)

    def launch(self, name, options, blocks, threads, shared, arguments):
        assert shared <= self.shared
        with self.lock:   # the library has one block at a time
            run(cupy_engine.source(name), name, options, blocks, threads, shared, arguments, self.order)
            self.launches.append((name, blocks, threads, shared))


def run(source, name, options, blocks, threads, shared, arguments, order):
    """Launch a kernel of this source; arguments: `Array` and integers."""
    library = compiled(source, options)
    ctypes.c_int.in_dll(library, "twin_order").value = order
    assert all(a.array.flags.c_contiguous for a in arguments if isinstance(a, Array)) and threads <= 1024
    words = [a.array.ctypes.data if isinstance(a, Array) else int(a) for a in arguments]
    fault = library.twin_launch(ctypes.cast(getattr(library, name), ctypes.c_void_p), blocks, threads, shared,
                                (ctypes.c_int64 * len(words))(*words), len(words))
    assert not fault, FAULTS[fault]


@functools.cache
def compiled(source, options):
    """Kernels with these options, as a library."""
    with tempfile.TemporaryDirectory() as folder:   # once loaded, the library needs no file
        path, code = pathlib.Path(folder) / "kernels.so", pathlib.Path(folder) / "kernels.c"
        code.write_text(source)
        subprocess.run([COMPILER, "-std=gnu11", "-O2", "-ffp-contract=off", "-fPIC", "-shared", "-w", *options, "-include", HEADER, code,
                        "-o", path, "-lm"], check=True)
        return ctypes.CDLL(path)
