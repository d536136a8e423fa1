"""The CUDA engine against the compiled one: random numbers, spins of every kernel, data of whole runs; and its kernels as machine code.

Every test of decisions runs on the CPU twin of the device (cuda_twin.py) and, marked `gpu`, on a real card.
"""
import dataclasses
import itertools
import struct
import sys
import threading
import types

import cuda_twin
import numpy as np
import nvrtc
import pytest
import test_engines
import test_learning_simulation as learning_tests
import test_modern_simulation as modern_tests
import test_multitasking_simulation as multitasking_tests
from networks import problem, state

import hebbnet as hn
from hebbnet import streams
from hebbnet.montecarlo import cupy_engine, forms, numba_engine
from hebbnet.montecarlo.problem import DYNAMICS, ORDERS, host, thresholds
from hebbnet.params import ParameterError

compiler = pytest.mark.skipif(not cuda_twin.COMPILER, reason="the CPU twin of the kernels needs a C compiler")
RANDOM_ORDER = 5   # of the threads of a block: a missing barrier shows


@pytest.fixture(params=[pytest.param("twin", marks=compiler), pytest.param("card", marks=pytest.mark.gpu)])
def device(request):
    return cuda_twin.Twin(RANDOM_ORDER) if request.param == "twin" else cupy_engine.shared_device()


def engine(p, device, *others, **options):
    return cupy_engine.Engine(p, *others, device=device, **options)


def temperature(dynamics, T):
    return 0.0 if dynamics == "zero-temperature" else T


def assert_same(p, begin, device, sweeps=2, **options):
    """The CUDA engine and the compiled one take the chains `begin(p)` to the same spins, with the same flips, overlaps and energies."""
    one, other = engine(p, device, **options), numba_engine.Engine(p)
    a, flips = one.advance(begin(p), sweeps)
    b, other_flips = other.advance(begin(p), sweeps)
    assert device.holds(a.spins) and device.holds(a.overlaps) and a.sweep == b.sweep
    np.testing.assert_array_equal(host(a.spins), b.spins)
    np.testing.assert_array_equal(flips, other_flips)
    np.testing.assert_array_equal(host(a.overlaps), b.overlaps)
    sums, want = one.energies(a), other.energies(b)
    np.testing.assert_array_equal(sums, want)
    assert sums.dtype == want.dtype
    return one, flips


# ---- random numbers ----------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("T, dynamics", [(0.7, "heat-bath"), (0.0, "heat-bath"), (0.7, "metropolis"), (0.0, "metropolis"), (0.0, "zero-temperature")])
def test_random_numbers_have_the_bits_of_the_cpu(T, dynamics, device):
    p = problem(4, 20, 8, T=T, dynamics=dynamics)
    plan, N, unit = cupy_engine.plan(p, state(p).overlaps, device.shared), 20_000, p.units(1)
    rule, draw = numba_engine.rules(p, unit)
    limits, sites, words = device.zeros(N, float), device.zeros(N, np.int64), device.zeros((N, 4), np.uint32)
    device.launch("numbers", plan.options, -(-N // plan.threads), plan.threads, 0, (
        device.asarray(p.key.astype(np.uint32)), 3, 4, 5, int(draw[0]), device.asarray(unit), N, limits, sites, words))
    want = streams.philox((streams.first_word(streams.Stream.SWEEP, np.arange(N)), 3, 4, 5), p.key)
    np.testing.assert_array_equal(words.get(), np.stack(want, axis=1))
    n, want_sites = streams.attempts(p.key, 3, 4, 5, N)
    np.testing.assert_array_equal(sites.get(), want_sites)
    np.testing.assert_array_equal(limits.get().view(np.int64), thresholds(dynamics, n, unit[0]).view(np.int64))


# ---- spins -------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("P, N, K, self_interaction, kernel", test_engines.CASES)
def test_same_spins_of_signs(P, N, K, self_interaction, kernel, device):
    for dynamics, order in itertools.product(DYNAMICS, ORDERS):
        p = problem(P, N, K, T=temperature(dynamics, 0.8), self_interaction=self_interaction, dynamics=dynamics, order=order)
        one, flips = assert_same(p, state, device)
        assert flips.sum() > 0 and (one.plan.items > 0) == (kernel == "int32")


@pytest.mark.parametrize("P, K", [(2, 2), (3, 2), (4, 2)])
def test_same_spins_at_zero_temperature_where_fields_vanish(P, K, device):
    for dynamics in DYNAMICS:
        assert_same(problem(P, 16, K, T=0.0, dynamics=dynamics), lambda p: state(p, chains=8), device)


@pytest.mark.parametrize("P, N, K, threads, items", [(4, 12, 33_000, None, 0), (4, 24, 1000, 32, 32), (4, 24, 1000, 256, 4), (4, 24, 3000, 64, 47),
                                                     (3, 24, 3000, 32, 0), (4, 24, 700, 1024, 1)])
def test_same_spins_with_every_shape_of_a_block(P, N, K, threads, items, device):
    p = problem(P, N, K, T=0.8)
    one, _ = assert_same(p, state, device, threads=threads)
    assert one.plan.items == items


@compiler
@pytest.mark.parametrize("P, N, K, shared", [(4, 30, 600, 4500), (4, 400, 50, 3650), (8, 300, 1000, 4000), (4, 12, 33_000, 5000)])
def test_same_spins_where_overlaps_do_not_fit_into_shared_memory(P, N, K, shared):
    one, _ = assert_same(problem(P, N, K, T=0.8), state, cuda_twin.Twin(RANDOM_ORDER, shared))
    assert "-DSHARED=0" in one.plan.options


@pytest.mark.parametrize("P, N, K, chains, planes", [(4, 20, 70, 3, 2), (4, 150, 2100, 70, 3), (2, 33, 40, 65, 1), (8, 30, 129, 2, 5),
                                                     (3, 129, 64, 1, 2), (2, 33_000, 3, 1, 3)])
def test_parallel_dynamics_as_matrix_products(P, N, K, chains, planes, device):
    """More and fewer chains, neurons and patterns than one block has, one and several parts of a sum, 32 and 64 bits."""
    p = problem(P, N, K, T=0.8, dynamics="parallel")
    one, flips = assert_same(p, lambda p: state(p, chains=chains), device)
    assert one.plan.planes == planes and flips.sum() > 0


def test_parallel_dynamics_without_matrix_products(device, monkeypatch):
    """On cards whose tensor cores have no bytes."""
    monkeypatch.setattr(device, "multiplies_bytes", False)
    for P, N, K in [(4, 20, 70), (8, 30, 40), (2, 9, 30)]:
        one, flips = assert_same(problem(P, N, K, T=0.8, dynamics="parallel"), state, device)
        assert one.plan.planes == 0 and flips.sum() > 0


@compiler
def test_parallel_dynamics_is_three_launches_a_sweep():
    twin, p = cuda_twin.Twin(RANDOM_ORDER), problem(4, 24, 70, dynamics="parallel")
    engine(p, twin).advance(state(p, chains=80), 5)
    assert [name for name, *_ in twin.launches] == 5 * ["overlaps", "fields", "choose"] + ["overlaps"]
    assert twin.launches[0][1] == 2 and twin.launches[2][1] == -(-80 * 24 // 256)


def test_same_spins_of_more_than_32767_neurons(device):
    """Overlaps in 32 bits, and more attempts in a sweep than random numbers in shared memory."""
    one, flips = assert_same(problem(2, 33_000, 3, T=0.8), lambda p: state(p, chains=1), device, sweeps=1)
    assert "-DSTATE=int" in one.plan.options and flips.sum() > 1000


@pytest.mark.parametrize("P, N, K, M, learning, kernel", learning_tests.CASES)
def test_same_spins_of_sums_of_examples(P, N, K, M, learning, kernel, device):
    r, T = (0.95, 0.05) if kernel == "ordered" else (0.6, 0.8)
    for dynamics, order in itertools.product(DYNAMICS, ORDERS):
        p = learning_tests.problem(learning, P, N, K, M, r=r, T=temperature(dynamics, T), dynamics=dynamics, order=order)
        assert p.form.kernel == kernel
        assert assert_same(p, learning_tests.state, device)[1].sum() > 0


def test_beyond_64_bits_local_fields_agree_to_their_rounding(device):
    """The stated tolerance: E_k in float64, made anew each sweep, differ from the CPU's by rounding; here no decision is that close."""
    p = learning_tests.problem("supervised", 8, 100, 6, 27, r=1.0, T=0.3)
    assert p.form.kernel == "rounded"
    one, other = engine(p, device), numba_engine.Engine(p)
    (a, flips), (b, _) = one.advance(learning_tests.state(p), 3), other.advance(learning_tests.state(p), 3)
    assert flips.sum() > 50
    np.testing.assert_array_equal(host(a.spins), b.spins)
    np.testing.assert_allclose(host(a.overlaps), b.overlaps, rtol=1e-9, atol=1e-9 * np.abs(b.overlaps).max())
    np.testing.assert_allclose(one.energies(a), other.energies(b), rtol=1e-9)


@pytest.mark.parametrize("learning", multitasking_tests.LEARNINGS)
@pytest.mark.parametrize("dynamics", DYNAMICS)
def test_same_spins_of_diluted_patterns(dynamics, learning, device):
    for order, M, K in itertools.product(ORDERS, (4, 150), (3, 90)):
        p = multitasking_tests.problem(learning, N=24, K=K, d=0.6, T=temperature(dynamics, 0.3), M=M if learning == "supervised" else 4,
                                       dynamics=dynamics, order=order)
        assert assert_same(p, multitasking_tests.state, device)[1].sum() > 0


@pytest.mark.parametrize("K, N, lam", [(1, 9, 1.0), (3, 12, 1.0), (70, 21, 0.4), (300, 16, 2.5), (600, 12, 10.0)])
def test_log_sum_decides_alike_and_energies_agree_to_their_rounding(K, N, lam, device):
    """The stated tolerance: fields differ by about 1e-15, so that a decision differs with a chance of about 1e-14."""
    for dynamics, order in itertools.product(DYNAMICS, ORDERS):
        p = modern_tests.binary_problem(modern_tests.stored(K, K, N), lam, temperature(dynamics, 0.6), dynamics, order)
        one, other = engine(p, device), numba_engine.Engine(p)
        begin = p.begin(np.random.default_rng(1).choice([-1, 1], (3, N)).astype(np.int8))
        want, flips = other.advance(begin._replace(spins=begin.spins.copy(), overlaps=begin.overlaps.copy()), 4)
        got, same_flips = one.advance(begin, 4)
        assert flips.sum() > 0
        np.testing.assert_array_equal(host(got.spins), want.spins)
        np.testing.assert_array_equal(flips, same_flips)
        np.testing.assert_allclose(one.energies(got), other.energies(want), rtol=1e-14)


# ---- chains and states -------------------------------------------------------------------------------------------------------------

def test_running_in_pieces_changes_nothing(device, monkeypatch):
    p = problem(4, 40, 60)
    whole, flips = numba_engine.Engine(p).advance(state(p), 12)
    monkeypatch.setattr(cupy_engine, "ATTEMPTS", 100)   # two sweeps per launch
    one, pieces, total = engine(p, device), state(p), 0
    for sweeps in (0, 5, 1, 6):
        pieces, some = one.advance(pieces, sweeps)
        total = total + some
    np.testing.assert_array_equal(whole.spins, pieces.spins.get())
    np.testing.assert_array_equal(flips, total)
    assert pieces.sweep == 12


def test_every_chain_has_its_own_temperature(device):
    p = dataclasses.replace(problem(4, 30, 50), T=np.array([0.0, 0.3, 0.9, 0.0, 5.0]))
    assert_same(p, lambda p: state(p, chains=5), device, sweeps=4)


@pytest.mark.parametrize("kind", ["signs", "parallel", "sums", "diluted"])
def test_several_problems_in_one_launch_are_each_as_alone(kind, device):
    """Samples, temperatures and keys differ; a launch has as many chains of each."""
    def one(sample, T, seed):
        if kind in ("signs", "parallel"):
            return problem(4, 24, 70, T=T, sample=sample, seed=seed, dynamics="parallel" if kind == "parallel" else "heat-bath")
        if kind == "sums":
            return learning_tests.problem("supervised", 4, 15, 20, 9, T=T, sample=sample, seed=seed)
        return multitasking_tests.problem(N=24, K=40, T=T, sample=sample, seed=seed)

    problems = [one(0, 0.5, 3), one(1, 0.5, 3), one(1, 0.9, 3), one(2, 0.0, 4)]
    starts = [p.begin(np.random.default_rng(k).choice([-1, 1], (3, p.patterns.N)).astype(np.int8)) for k, p in enumerate(problems)]
    together = starts[0]._replace(spins=np.concatenate([s.spins for s in starts]), overlaps=np.concatenate([s.overlaps for s in starts]))
    whole = engine(problems[0], device, *problems[1:])
    after, flips = whole.advance(together, 3)
    apart = [numba_engine.Engine(p).advance(s, 3) for p, s in zip(problems, starts)]
    np.testing.assert_array_equal(host(after.spins), np.concatenate([s.spins for s, _ in apart]))
    np.testing.assert_array_equal(flips, np.concatenate([f for _, f in apart]))
    np.testing.assert_array_equal(whole.energies(after), np.concatenate([numba_engine.Engine(p).energies(s) for p, (s, _) in zip(problems, apart)]))


@compiler
def test_samples_run_side_by_side(monkeypatch):
    twin = cuda_twin.Twin()
    monkeypatch.setattr(cupy_engine, "_devices", [twin])
    monkeypatch.setattr(cupy_engine, "SIDE_BY_SIDE", 3)
    meeting = threading.Barrier(3, timeout=60)   # nobody passes before three are there
    assert cupy_engine.side_by_side(lambda k: meeting.wait() >= 0 and (k, twin.sharing), 6) == [(k, 3) for k in range(6)]
    assert twin.sharing == 1
    with pytest.raises(ZeroDivisionError):
        cupy_engine.side_by_side(lambda k: 1 // k, 3)


@compiler
@pytest.mark.parametrize("dynamics, blocks", [("heat-bath", [3, 3, 1]), ("parallel", 3 * 10 * [1])])
def test_chains_that_do_not_fit_take_turns(dynamics, blocks):
    p = problem(4, 30, 50, dynamics=dynamics)
    want, flips = numba_engine.Engine(p).advance(state(p, chains=7), 3)
    plan = cupy_engine.plan(p, state(p).overlaps, 2**17)
    twin = cuda_twin.Twin(memory=int(3.9 * plan.state / cupy_engine.SPARE))
    twin.free = lambda: twin.memory if twin.launches or len(one.__dict__.get("table", ())) else 2**30   # rows are there before states
    one = engine(p, twin)
    got, other = one.advance(state(p, chains=7), 3)
    assert [launch[1] for launch in twin.launches] == blocks and isinstance(got.spins, np.ndarray)
    np.testing.assert_array_equal(got.spins, want.spins)
    np.testing.assert_array_equal(got.overlaps, want.overlaps)
    np.testing.assert_array_equal(other, flips)
    np.testing.assert_array_equal(one.energies(got), numba_engine.Engine(p).energies(want))
    with pytest.raises(ParameterError, match=r"K = 50 patterns of N = 30 neurons take .* GB on the GPU"):
        engine(p, cuda_twin.Twin(memory=100)).advance(state(p), 1)
    wide = modern_tests.binary_problem(modern_tests.stored(1, 2, 2000), 0.4)
    with pytest.raises(ParameterError, match="N = 2000: engine = 'cupy' counts the rows .* in 16 KiB"):
        engine(wide, cuda_twin.Twin(shared=2**14)).advance(wide.begin(np.ones((1, 2000), np.int8)), 1)
    starved = cuda_twin.Twin(memory=2**30)
    small = engine(p, starved)
    small.prepare(state(p))
    starved.memory = plan.state // 2
    with pytest.raises(ParameterError, match="one chain does not fit into the memory of the GPU"):
        small.advance(state(p), 1)


# ---- whole runs --------------------------------------------------------------------------------------------------------------------

@pytest.fixture
def opened(device, monkeypatch):
    """The device as the one that engine="cupy" opens."""
    monkeypatch.setattr(cupy_engine, "_devices", [device])
    return device


STORAGE = {"P": 4, "K": 12, "N": 20, "T": 0.5, "thermalize": 3, "measure": 12, "every": 2, "disorder": 2, "chains": 5, "seed": 8}


@pytest.mark.parametrize("change", [{}, {"P": 2, "chains": 1}, {"dynamics": "parallel", "thermalize": 0}, {"K": 1}, {"dynamics": "metropolis"},
                                    {"learning": "supervised", "r": 0.5, "M": 7}, {"learning": "unsupervised", "r": 0.5, "M": 3}])
def test_simulations_give_identical_data(change, opened):
    settings = {**STORAGE, **change}
    one, other = (hn.simulate("dense", engine=name, series=True, spins=True, **settings) for name in ("cupy", "numba"))
    assert one.identical(other)


@pytest.mark.parametrize("learning", multitasking_tests.LEARNINGS)
def test_simulations_of_diluted_patterns_give_identical_data(learning, opened):
    noise = {} if learning == "storage" else {"r": 0.5, "M": 3}
    one, other = (hn.simulate("multitasking", engine=name, learning=learning, series=True, **noise, **multitasking_tests.SMALL)
                  for name in ("cupy", "numba"))
    assert one.identical(other)


@pytest.mark.parametrize("change", [{}, {"dynamics": "metropolis", "T": [0, 0.4, 0.9]}, {"learning": "supervised", "r": 0.6, "M": 3},
                                    {"learning": "unsupervised", "r": 0.6, "M": 3}, {"swap_every": 2, "replicas": 3}])
def test_tempering_gives_identical_data(change, opened):
    settings = {"P": 4, "K": 6, "N": 14, "T": [0.3, 0.5, 0.8], "thermalize": 4, "measure": 12, "disorder": 2, "seed": 3, **change}
    one, other = (hn.temper("dense", engine=name, series=True, spins=True, **settings) for name in ("cupy", "numba"))
    assert one.identical(other) and one.swap_rate.sum() > 0


def test_simulations_of_log_sum_agree(opened):
    settings = {"lam": 0.3, "N": 14, "K": 20, "T": 0.5, "ensemble": "binary", "thermalize": 3, "measure": 12, "disorder": 2, "chains": 4, "seed": 8}
    one, other = (hn.simulate("modern", engine=name, series=True, spins=True, **settings) for name in ("cupy", "numba"))
    np.testing.assert_array_equal(one.spins, other.spins)
    for name in ("m", "m_other", "m_max", "energy", "acceptance"):
        np.testing.assert_allclose(one[name], other[name], rtol=1e-13)
    with pytest.raises(ParameterError, match="engine = 'cupy' with real states") as error:
        hn.simulate("modern", engine="cupy", **{**settings, "ensemble": "spherical"})
    assert error.value.parameter == "engine"


@pytest.mark.parametrize("learning", ["storage", "supervised"])
def test_tempering_of_diluted_patterns_gives_identical_data(learning, opened):
    noise = {} if learning == "storage" else {"r": 0.5, "M": 3}
    settings = {"K": 3, "d": 0.4, "N": 20, "T": [0.1, 0.3, 0.6], "thermalize": 4, "measure": 12, "disorder": 2, "seed": 3,
                "learning": learning, **noise}
    one, other = (hn.temper("multitasking", engine=name, series=True, spins=True, **settings) for name in ("cupy", "numba"))
    assert one.identical(other) and one.swap_rate.sum() > 0


@compiler
def test_tempering_stays_on_the_device_where_its_chains_fit(monkeypatch):
    twin = cuda_twin.Twin(RANDOM_ORDER)
    monkeypatch.setattr(cupy_engine, "_devices", [twin])
    settings = {"P": 4, "K": 60, "N": 14, "T": [0.3, 0.5, 0.8, 1.0], "thermalize": 40, "measure": 60, "every": 20, "swap_every": 2, "disorder": 1,
                "seed": 3}
    want = hn.temper("dense", **settings)
    assert hn.temper("dense", engine="cupy", **settings).identical(want)
    counts = {name: sum(launch[0] == name for launch in twin.launches) for name in ("sweeps", "energies", "exchange", "follow")}
    assert counts == {"sweeps": 50, "energies": 51, "exchange": 50, "follow": 50} and want.round_trips.sum() > 0
    monkeypatch.setattr(cupy_engine.Engine, "capacity", lambda self: 3)
    twin.launches.clear()
    assert hn.temper("dense", engine="cupy", **settings).identical(want)
    assert {launch[:2] for launch in twin.launches if launch[0] == "sweeps"} == {("sweeps", 3), ("sweeps", 2)}


# ---- what is missing ---------------------------------------------------------------------------------------------------------------

def test_without_cupy_one_line_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr(cupy_engine, "_devices", [])
    with pytest.raises(ParameterError, match=r"^engine = 'cupy': cupy is not installed .*pip install 'hebbnet\[gpu\]'.*NVIDIA GPU") as error:
        hn.simulate("dense", engine="cupy", **STORAGE)
    assert error.value.parameter == "engine" and "\n" not in str(error.value)


@pytest.mark.parametrize("count, message", [(0, "cupy finds no NVIDIA GPU"), (None, r"no GPU can be used \(driver is too old\)")])
def test_without_a_gpu_one_line_says_so(count, message, monkeypatch):
    class CUDARuntimeError(RuntimeError):
        pass

    def devices():
        if count is None:
            raise CUDARuntimeError("driver is too old")
        return count

    runtime = types.SimpleNamespace(getDeviceCount=devices, CUDARuntimeError=CUDARuntimeError)
    monkeypatch.setitem(sys.modules, "cupy", types.SimpleNamespace(cuda=types.SimpleNamespace(runtime=runtime)))
    monkeypatch.setattr(cupy_engine, "_devices", [])
    with pytest.raises(ParameterError, match=rf"^engine = 'cupy': {message}.*pip install 'hebbnet\[gpu\]'") as error:
        hn.temper("dense", engine="cupy", P=4, K=6, N=14, T=[0.3, 0.5])
    assert error.value.parameter == "engine" and "\n" not in str(error.value)


# ---- plans and machine code --------------------------------------------------------------------------------------------------------

def variants():
    """(name, plan) of every kernel and shape of a block."""
    shared = 227 * 1024
    for P, N, K, self_interaction, kernel in test_engines.CASES:
        p = problem(P, N, K, self_interaction=self_interaction)
        yield f"{kernel}-P{P}-N{N}-K{K}", cupy_engine.plan(p, state(p).overlaps, shared)
    for P, N, K, threads in [(4, 100, 25_000, None), (4, 100, 25_000, 1024), (4, 12, 33_000, None), (2, 33_000, 3, None)]:
        p = problem(P, N, K)
        yield f"signs-P{P}-N{N}-K{K}-{threads}", cupy_engine.plan(p, state(p).overlaps, shared, threads)
    for P, N, K, M, learning, kernel in [*learning_tests.CASES, (8, 100, 6, 27, "supervised", "rounded")]:
        p = learning_tests.problem(learning, P, N, K, M, r=0.95)
        yield f"{learning}-{kernel}-P{P}-M{M}", cupy_engine.plan(p, learning_tests.state(p).overlaps, shared)
    p = modern_tests.binary_problem(modern_tests.stored(1, 70, 21), 0.4)
    yield "log_sum", cupy_engine.plan(p, p.begin(np.ones((1, 21), np.int8)).overlaps, shared)
    for learning, M in (("storage", 4), ("supervised", 150), ("unsupervised", 4)):
        p = multitasking_tests.problem(learning, M=M)
        yield f"diluted-{learning}", cupy_engine.plan(p, multitasking_tests.state(p).overlaps, shared)


def structure(plan):
    """The compile options that change the code and not its numbers."""
    options = dict(o.removeprefix("-D").split("=") for o in plan.options)
    return *(options[name] for name in ("FORM", "NARROW", "SHARED", "STATE", "ROW", "SUMS_ORDERED")), plan.items > 32, plan.items > 0


@pytest.mark.skipif(nvrtc.library() is None, reason="nvidia-cuda-nvrtc-cu12 is not installed")
@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_every_kernel_compiles_to_machine_code(architecture):
    source, kinds = cupy_engine.source("sweeps"), {structure(plan): plan for _, plan in variants()}
    assert {kind[0] for kind in kinds} == {"INT32", "FLOAT64", "TABLE", "TABLE_ORDERED", "PRODUCTS", "ORDERED", "ROUNDED", "PAIRS", "LOG_SUM"}
    for kind, plan in kinds.items():
        code, assembly = nvrtc.compiled(source, [cupy_engine.UNFUSED, *plan.options], architecture)
        assert code[:4] == b"\x7fELF" and struct.unpack_from("<H", code, 18)[0] == 190   # EM_CUDA
        assert all(b".text." + name in code for name in (b"sweeps", b"energies", b"exchange", b"follow", b"numbers"))
        assert "div.rn.f64" in assembly
        assert ("fma.rn.f64" in assembly) == (kind[0] == "LOG_SUM")   # there in the library's exp and log, whose bits nothing depends on


@pytest.mark.skipif(nvrtc.library() is None, reason="nvidia-cuda-nvrtc-cu12 is not installed")
@pytest.mark.parametrize("architecture", ["sm_75", "sm_80", "sm_90"])
@pytest.mark.parametrize("P, N, planes", [(4, 20, 2), (4, 100, 3), (8, 30, 5), (2, 33_000, 3)])
def test_matrix_products_compile_to_machine_code(P, N, planes, architecture):
    p = problem(P, N, 3, dynamics="parallel")
    plan = cupy_engine.plan(p, state(p).overlaps, 227 * 1024)
    code, assembly = nvrtc.compiled(cupy_engine.source("overlaps"), [cupy_engine.UNFUSED, *plan.product_options], architecture)
    assert plan.planes == planes and all(b".text." + name.encode() in code for name in cupy_engine.PRODUCTS)
    assert "wmma.mma.sync.aligned.row.col.m16n16k16.s32.s8.s8.s32" in assembly and "fma.rn.f64" not in assembly
    assert ".local" not in assembly   # registers hold what a thread has


@pytest.mark.parametrize("P, N, self_interaction", [(2, 9, False), (4, 20, False), (4, 21, True), (8, 30, False)])
def test_digits_of_the_products_make_twice_the_field(P, N, self_interaction):
    form = problem(P, N, 10, self_interaction=self_interaction).form
    law = cupy_engine.of_products(form)
    D = dict(zip(range(-N + 1, N, 2), (form.denominator * int(d) for d in form.fields)))
    for X, (B, A) in zip(range(-N, N + 1, 2), law.tolist()):
        for sign in {1, -1} if abs(X) < N else {X // N}:   # of s xi: where all spins agree, of one only
            assert B - sign * A == 2 * D[X - sign]
    n = cupy_engine.digits(law)
    assert -128 * (256**n - 1) // 255 <= law.min() and law.max() <= 127 * (256**n - 1) // 255
    assert n == 1 or np.abs(law).max() > 127 * (256 ** (n - 1) - 1) // 255


def test_a_plan_keeps_fields_in_registers_where_their_sums_fit():
    for name, plan in variants():
        assert plan.threads in (32, 64, 128, 256, 512, 1024) and plan.shared <= 227 * 1024
        if plan.items:
            assert plan.items <= cupy_engine.MOST_ITEMS and plan.items * plan.threads >= plan.size - 64 and plan.words == -(-plan.items // 32), name
    large = problem(4, 100, 25_000)
    plan = cupy_engine.plan(large, state(large).overlaps, 227 * 1024)
    assert (plan.threads, plan.items, plan.words) == (512, 49, 2) and "-DNARROW=1" not in plan.options
    per_thread = 2 * plan.items * cupy_engine.reach(large.form, 100)
    assert per_thread < 2**31 <= 32 * per_thread


def test_fields_in_registers_reach_what_the_plan_says():
    """|D| one step beyond the counts, from the definition: the law's differences extended by its polynomial."""
    form = problem(4, 20, 10).form
    assert cupy_engine.reach(form, 20) == max(abs(forms.numerator(form.coefficients, form.odd, c)) for c in range(-21, 22, 2))
    assert cupy_engine.reach(form, 20) > np.abs(form.fields).max() * form.denominator


@pytest.mark.parametrize("self_interaction", [False, True])
@pytest.mark.parametrize("P", range(2, 9))
def test_steps_of_the_slope_are_its_sums_and_differences(P, self_interaction):
    form = problem(P, 20, 10, self_interaction=self_interaction).form
    B, A = cupy_engine.steps(form)
    for X in range(-20, 21, 2):
        up, down = (forms.numerator(form.coefficients, form.odd, X + step) for step in (1, -1))
        assert 2 * forms.numerator(B, form.odd, X) == up + down and 2 * forms.numerator(A, not form.odd, X) == up - down


def test_packed_bits_are_the_signs():
    p = problem(4, 20, 700)
    bits = cupy_engine.pack(p.patterns.rows, 700, 3, 8)
    assert bits.shape == (20, 3, 8)
    mu = np.arange(700)
    got = bits[:, mu // 8 // 32, mu % 8] >> (mu // 8 % 32) & 1
    np.testing.assert_array_equal(2 * got.astype(int) - 1, p.patterns.rows[:, :700])


# ---- the twin itself ---------------------------------------------------------------------------------------------------------------

@compiler
@pytest.mark.parametrize("kernel, barrier, taken_away", [
    ("sweeps", "__syncthreads();", "        partial[threadIdx.x / 32] = x;\n    __syncthreads();"),
    ("sweeps", "__syncthreads();", "made++;\n                    __syncthreads();"),
    ("fields", "__syncthreads();", "__syncthreads();\n#pragma unroll\n        for (int k = 0; k < SHARE"),
    ("fields", "__syncthreads();", "__syncthreads();\n        if (begin < first)"),
    ("fields", "__syncwarp();", "__syncwarp();\n        for (int k = lane"),
])
def test_the_twin_notices_a_missing_barrier(kernel, barrier, taken_away, monkeypatch):
    source, dynamics = cupy_engine.source, "heat-bath" if kernel == "sweeps" else "parallel"
    assert source(kernel).count(taken_away) == 1
    broken = source(kernel).replace(taken_away, taken_away.replace(barrier, ""))
    monkeypatch.setattr(cupy_engine, "source", lambda name: broken if name == kernel else source(name))
    p = dataclasses.replace(problem(4, 24, 300, T=0.8, dynamics=dynamics), sample=3)
    want, _ = numba_engine.Engine(p).advance(state(p), 4)
    seen = 0
    for order in range(2, 8):
        cuda_twin.compiled.cache_clear()
        try:
            got, _ = engine(p, cuda_twin.Twin(order), threads=128).advance(state(p), 4)
            seen += not np.array_equal(host(got.spins), want.spins)
        except AssertionError as error:
            seen += any(fault in str(error) for fault in cuda_twin.FAULTS.values())
    cuda_twin.compiled.cache_clear()
    assert seen


@compiler
def test_the_twin_is_as_strict_as_cupy():
    twin = cuda_twin.Twin()
    x = twin.asarray(np.arange(3))
    for wrong in (lambda: np.asarray(x), lambda: x + np.arange(3), lambda: np.zeros(3).__setitem__(slice(None), x),
                  lambda: np.maximum(np.arange(3), x)):
        with pytest.raises(TypeError):
            wrong()
    assert (x + 1).get().tolist() == [1, 2, 3] and np.sum(x).get() == 3
