"""NVIDIA's run-time compiler from its wheel, which needs no GPU: CUDA C to machine code for a given architecture."""
import ctypes
import functools
import importlib.util
import pathlib


@functools.cache
def library():
    """The library of the wheel nvidia-cuda-nvrtc-cu12, or None."""
    spec = importlib.util.find_spec("nvidia.cuda_nvrtc") if importlib.util.find_spec("nvidia") else None
    found = [path for folder in (spec.submodule_search_locations if spec else ()) for path in pathlib.Path(folder).rglob("libnvrtc.so.*")]
    return ctypes.CDLL(str(min(found, key=lambda path: len(path.name)))) if found else None


def compiled(source, options, architecture):
    """The machine code, bytes of an ELF file, and the assembly (PTX) before it; RuntimeError with the compiler's log where it refuses."""
    nvrtc, program = library(), ctypes.c_void_p()
    options = [f"--gpu-architecture={architecture}", "--std=c++17", *options]
    nvrtc.nvrtcCreateProgram(ctypes.byref(program), source.encode(), b"sweeps.cu", 0, None, None)
    failed = nvrtc.nvrtcCompileProgram(program, len(options), (ctypes.c_char_p * len(options))(*(o.encode() for o in options)))
    found = {kind: output(nvrtc, kind, program) for kind in (["ProgramLog"] if failed else ["CUBIN", "PTX"])}
    nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    if failed:
        raise RuntimeError(found["ProgramLog"].decode())
    return found["CUBIN"], found["PTX"].decode()


def output(nvrtc, kind, program):
    size = ctypes.c_size_t()
    getattr(nvrtc, f"nvrtcGet{kind}Size")(program, ctypes.byref(size))
    out = ctypes.create_string_buffer(size.value)
    getattr(nvrtc, f"nvrtcGet{kind}")(program, out)
    return out.raw
