"""The CPU twin of `cupy_engine.Device`: the kernels compiled as C (cuda_twin.h), and arrays as strict as cupy's about what is where."""
import ctypes
import functools
import pathlib
import shutil
import subprocess
import tempfile
import threading

import numpy as np

from hebbnet.montecarlo import cupy_engine

HEADER = pathlib.Path(__file__).with_name("cuda_twin.h")
COMPILER = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
FAULTS = {1: "threads have diverged", 2: "a write beyond shared memory", 3: "a sum of a warp beyond 32 bits", 4: "a matrix at an odd address"}


class Array(np.lib.mixins.NDArrayOperatorsMixin):
    """An array on the device: NumPy's functions work on it, mixing it with an array of the host or turning it into one by accident does not."""

    def __init__(self, array):
        self.array = array

    def get(self):
        return self.array.copy()

    def __array__(self, *args, **kwargs):
        raise TypeError("implicit conversion of an array of the device: use get()")

    def __array_ufunc__(self, ufunc, method, *inputs, **options):
        return wrapped(getattr(ufunc, method)(*unwrapped(inputs), **{k: unwrapped(v) for k, v in options.items()}))

    def __array_function__(self, function, types, args, options):
        return wrapped(function(*unwrapped(args), **{k: unwrapped(v) for k, v in options.items()}))

    def __getitem__(self, index):
        return wrapped(self.array[index])

    def __setitem__(self, index, value):
        self.array[index] = unwrapped(value)

    def __len__(self):
        return len(self.array)

    def __getattr__(self, name):
        if name not in ("shape", "dtype", "ndim", "size", "nbytes", "T", "reshape", "astype", "max", "min", "sum", "mean", "copy"):
            raise AttributeError(name)
        value = getattr(self.array, name)
        return (lambda *a, **k: wrapped(value(*unwrapped(a), **k))) if callable(value) and name != "dtype" else wrapped(value)


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

    def launch(self, *launch):
        with self.lock:   # the library has one block at a time
            self.locked_launch(*launch)

    def locked_launch(self, name, options, blocks, threads, shared, arguments):
        library = compiled(cupy_engine.source(name), options)
        ctypes.c_int.in_dll(library, "twin_order").value = self.order
        arrays = [a.array for a in arguments if isinstance(a, Array)]
        assert all(a.flags.c_contiguous for a in arrays) and shared <= self.shared and threads <= 1024
        words = [a.array.ctypes.data if isinstance(a, Array) else int(a) for a in arguments]
        fault = library.twin_launch(ctypes.cast(getattr(library, name), ctypes.c_void_p), blocks, threads, shared,
                                    (ctypes.c_int64 * len(words))(*words), len(words))
        assert not fault, FAULTS[fault]
        self.launches.append((name, blocks, threads, shared))


@functools.cache
def compiled(source, options):
    """Kernels with these options, as a library."""
    with tempfile.TemporaryDirectory() as folder:   # once loaded, the library needs no file
        path, code = pathlib.Path(folder) / "kernels.so", pathlib.Path(folder) / "kernels.c"
        code.write_text(source)
        subprocess.run([COMPILER, "-std=gnu11", "-O2", "-ffp-contract=off", "-fPIC", "-shared", "-w", *options, "-include", HEADER, code,
                        "-o", path, "-lm"], check=True)
        return ctypes.CDLL(path)
