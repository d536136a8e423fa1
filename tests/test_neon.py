"""The kernel of narrow.c for NEON, which other machines run in an emulator: the spins are numba's.  On ARM tests/test_engines.py has it."""
import pathlib
import shutil
import subprocess

import numpy as np
import pytest
from networks import problem, state

from hebbnet.montecarlo import native, numba_engine
from hebbnet.montecarlo.problem import State, overlaps

COMPILER = shutil.which("aarch64-linux-gnu-gcc")
EMULATOR = shutil.which("qemu-aarch64") or shutil.which("qemu-aarch64-static")
pytestmark = [pytest.mark.skipif(None in (COMPILER, EMULATOR), reason="no aarch64-linux-gnu-gcc or qemu-aarch64 (Debian: qemu-user)"),
              pytest.mark.skipif(native.NARROW is None, reason="no kernel of narrow.c here, whose place the emulated one takes")]
NUMBERS = ["N", "S", "words", "stride", "depth", "unit", "offset", "first", "last", "rare", "degree", "shift"]
ARRAYS = ["rows", "fields", "lookup", "polynomial", "beyond", "shares", "bits"]
# with tables and without, of one to three bytes
CASES = [(3, 100, 300, "random"), (4, 20, 7, "random"), (4, 100, 3000, "pattern"), (5, 40, 130, "random"), (6, 100, 640, "pattern"),
         (4, 200, 1000, "pattern"), (6, 250, 70, "pattern"), (6, 300, 90, "random"), (4, 1000, 200, "pattern"), (4, 1024, 128, "random")]


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    folder = pathlib.Path(__file__).parent
    path = tmp_path_factory.mktemp("neon") / "neon"
    subprocess.run([COMPILER, "-O3", "-ffp-contract=off", "-Wall", "-Wextra", "-Werror", "-static", f"-I{pathlib.Path(native.__file__).parent}",
                    str(folder / "neon_main.c"), "-o", str(path)], check=True)
    return path


def emulated(kernel, program):
    """`kernel` with its calls made by the program."""
    call_of = kernel.call_of

    def emulated_call_of(C, count, N, rule):
        _, spins, X, limits, sites, following = call_of(C, count, N, rule)

        def call(seen):
            assert seen is None
            s, empty = kernel.struct, np.zeros(0)
            numbers = np.array([*[getattr(s, name) for name in NUMBERS], C, count, rule])
            given = [numbers, np.array([s.denominator]), *[kernel.arrays.get(name, empty) for name in ARRAYS],
                     limits, sites if kernel.random else empty, empty if following is None else following]
            changed = [spins, X, kernel.flips, kernel.recent, *kernel.past.values()]
            text = b"".join(np.int64(array.nbytes).tobytes() + np.ascontiguousarray(array).tobytes() for array in given + changed)
            answer = subprocess.run([EMULATOR, str(program)], input=text, stdout=subprocess.PIPE, check=True).stdout
            for array in changed:
                array[...] = np.frombuffer(answer[:array.nbytes], array.dtype).reshape(array.shape)
                answer = answer[array.nbytes:]
            assert not answer
        return call, spins, X, limits, sites, following
    kernel.call_of = emulated_call_of


@pytest.mark.parametrize("dynamics, order", [("heat-bath", "random"), ("metropolis", "systematic"), ("parallel", "random")])
@pytest.mark.parametrize("P, N, K, start", CASES)
def test_the_neon_kernel_makes_the_same_flips(monkeypatch, program, P, N, K, start, dynamics, order):
    monkeypatch.setattr(native, "LIBRARY", None)
    p = problem(P, N, K, T=0.5 if start == "random" else 0.3, dynamics=dynamics, order=order)
    spins = np.repeat(p.patterns.archetypes[:1].astype(np.int8), 2, axis=0)
    first = state(p) if start == "random" else State(spins, overlaps(p.patterns, spins), 0)
    ends = []
    for C in (True, False):
        engine = numba_engine.Engine(p, matrix=False, C=C)
        if C:
            assert engine.native.name == "narrow"
            engine.native.most = np.inf
            emulated(engine.native, program)
        now, flips = first._replace(spins=first.spins.copy(), overlaps=first.overlaps.copy()), 0
        for sweeps in (2, 1, 3):
            now, more = engine.advance(now, sweeps)
            flips = flips + more
        ends.append((now.spins, now.overlaps[:, :K], flips))
    for one, other in zip(*ends):
        np.testing.assert_array_equal(one, other)
