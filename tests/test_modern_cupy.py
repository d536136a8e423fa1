"""hebbnet.modern on cupy arrays: the same numbers as on NumPy's, results on the device, no waiting inside loops; its kernels as machine code.

Every test runs on a stand-in for cupy (cupy_twin.py) and, marked `gpu`, on a real card.
"""
import re
import struct
import sys
import warnings

import cuda_twin
import cupy_twin
import numpy as np
import nvrtc
import pytest

from hebbnet import ParameterError, modern, patterns
from hebbnet.modern import device, streaming
from hebbnet.montecarlo import cupy_engine

TOLERANCE = {np.float64: dict(rtol=1e-12, atol=1e-12), np.float32: dict(rtol=1e-5, atol=1e-5)}
compiler = pytest.mark.skipif(not cuda_twin.COMPILER, reason="the CPU twin of the kernels needs a C compiler")


@pytest.fixture(params=[pytest.param("twin", marks=compiler), pytest.param("card", marks=pytest.mark.gpu)])
def cupy(request, monkeypatch):
    if request.param == "twin":
        monkeypatch.setitem(sys.modules, "cupy", cupy_twin.Cupy())
        return sys.modules["cupy"]
    return cupy_engine.load()


@pytest.fixture
def twin(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", cupy_twin.Cupy())
    return sys.modules["cupy"]


def case(kind, K, N, B, seed=7):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((K, N)).astype(kind)
    return X, (X[:B] + 0.4 * rng.standard_normal((B, N))).astype(kind)


def assert_same(cupy, got, want, **tolerance):
    assert isinstance(got, cupy.ndarray) and got.dtype == want.dtype and got.shape == want.shape
    np.testing.assert_allclose(got.get(), want, **tolerance)


def dense(X, x, lam):
    """X^T softmax(lam X x), straight from the definition in float64."""
    z = X.astype(float) @ x.T.astype(float)
    p = np.exp(lam * (z - z.max(axis=0)))
    return (p / p.sum(axis=0)).T @ X.astype(float)


# ---- the update ------------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("N", [1, 5, 24, 64, 200, 1024, 2050])
@pytest.mark.parametrize("B", [1, 3, 40])
def test_update_has_the_values_of_its_definition(kind, N, B, cupy):
    X, x = case(kind, 300, N, min(B, 300))
    for lam in (0.0, 0.3 / N**0.5, 1e30):
        got = modern.update(cupy.asarray(X), cupy.asarray(x), lam)
        assert_same(cupy, got, dense(X, x, lam).astype(kind), **TOLERANCE[kind])


@pytest.mark.parametrize("B, K, kernels", [(1, 5000, {"one_pass", "combine"}), (4, 37, {"one_pass", "combine"}), (5, 5000, {"weigh", "stretch"}),
                                           (30, 1, {"weigh", "stretch"})])
def test_few_states_take_one_pass_and_many_matrix_products(B, K, kernels, twin):
    X, x = case(np.float32, max(B, K), 16, B)
    assert_same(twin, modern.update(twin.asarray(X[:K]), twin.asarray(x), 0.7), dense(X[:K], x, 0.7).astype(np.float32), **TOLERANCE[np.float32])
    assert set(twin.launches) == kernels


@pytest.mark.parametrize("order", [0, 1, 2, 3])
def test_any_order_of_threads_gives_the_same_bits(order, monkeypatch):
    X, x = case(np.float32, 3000, 12, 3)
    for B in (3, 40):
        states = np.resize(x, (B, 12))
        found = []
        for twin in (cupy_twin.Cupy(5), cupy_twin.Cupy(order)):
            monkeypatch.setitem(sys.modules, "cupy", twin)
            found.append(modern.update(twin.asarray(X), twin.asarray(states), 0.9).get())
        np.testing.assert_array_equal(*found)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("B", [1, 9])
def test_streaming_equals_dense_for_any_chunk_and_blocks(kind, B, cupy, monkeypatch):
    monkeypatch.setattr(device, "LOGITS", 2000)
    monkeypatch.setattr(device, "FEWEST", 64)
    X, x = case(kind, 1700, 40, B)
    X[1600:] *= 3   # the largest overlap comes late
    for chunk in (None, 1, 100, 999, 1700):
        if chunk == 1:
            X, x = X[:90], x
        got = modern.update(cupy.asarray(X), cupy.asarray(x), 0.3, chunk=chunk)
        assert_same(cupy, got, dense(X, x, 0.3).astype(kind), **TOLERANCE[kind])


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("N", [3, 16, 70, 256])
@pytest.mark.parametrize("B", [2, 7])
def test_patterns_of_8_bits(kind, N, B, cupy):
    X = np.random.default_rng(3).integers(-128, 128, (600, N)).astype(np.int8)
    x = (X[:B] / 100).astype(kind)
    for held in (X, cupy.asarray(X)):
        assert_same(cupy, modern.update(held, cupy.asarray(x), 0.01), dense(X, x, 0.01).astype(kind), rtol=0,
                    atol=1e-3 if kind == np.float32 else 1e-11)


def test_rows_that_are_not_aligned(cupy):
    """A view that begins in the middle of 16 bytes."""
    X, x = case(np.float32, 50, 8, 1)
    flat = cupy.asarray(np.concatenate([[0.0], X.ravel()]).astype(np.float32))
    assert_same(cupy, modern.update(flat[1:].reshape(50, 8), cupy.asarray(x), 0.7), dense(X, x, 0.7).astype(np.float32), **TOLERANCE[np.float32])


def test_patterns_of_any_source(cupy, tmp_path):
    ensemble = patterns.Ensemble("spherical", 400, 24, seed=3)
    X = ensemble[:]
    np.save(tmp_path / "x.npy", X)
    x = X[:6] + 0.1
    want = dense(X, x, 0.4)
    for held in (X, ensemble, np.load(tmp_path / "x.npy", mmap_mode="r"), cupy.asarray(X), cupy.asarray(X.T.copy()).T):
        for B in (1, 6):
            assert_same(cupy, modern.update(held, cupy.asarray(x[:B]), 0.4), want[:B], rtol=1e-12)
    assert_same(cupy, modern.update(cupy.asarray(X), x, 0.4), want, rtol=1e-12)
    assert_same(cupy, modern.update(cupy.asarray(X), x[0].tolist(), 0.4), want[0], rtol=1e-12)
    assert isinstance(modern.update(X, x, 0.4), np.ndarray)


@pytest.mark.parametrize("B", [1, 9])
def test_nothing_waits_for_the_device_inside_the_loops(B, twin, monkeypatch):
    monkeypatch.setattr(device, "LOGITS", 1000)
    monkeypatch.setattr(device, "FEWEST", 10)
    X, x = (twin.asarray(a) for a in case(np.float32, 2000, 16, B))
    waits = []
    for K, chunk in ((200, None), (2000, None), (2000, 100)):
        before = cuda_twin.Array.waits
        modern.update(X[:K], x, 0.7, chunk=chunk)
        waits.append(cuda_twin.Array.waits - before)
    assert waits == 3 * [3]   # states are finite; and the two sums


# ---- everything else ---------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("lam", [0.0, 1e-3, 0.8, 1e300])
def test_energies_weights_and_fixed_points(kind, lam, cupy):
    X, x = case(kind, 60, 12, 10)
    on_device, states, tolerance = cupy.asarray(X), cupy.asarray(x.reshape(2, 5, 12)), TOLERANCE[kind]
    assert_same(cupy, modern.energy(on_device, states, lam), modern.energy(X, x, lam).reshape(2, 5), **tolerance)
    assert_same(cupy, modern.weights(on_device, states, lam, chunk=13), modern.weights(X, x, lam).reshape(2, 5, 60), **tolerance)
    got, want = modern.retrieve(on_device, states, lam), modern.retrieve(X, x, lam)
    assert_same(cupy, got.state, want.state.reshape(2, 5, 12), rtol=1e-4 if kind == np.float32 else 1e-10, atol=1e-4 if kind == np.float32 else 1e-10)
    assert_same(cupy, got.energy, want.energy.reshape(2, 5), rtol=tolerance["rtol"], atol=1e-4 if kind == np.float32 else 1e-10)
    assert got.converged.all() and got.iterations.shape == (2, 5)
    assert isinstance(modern.energy(on_device, states[0, 0], lam), float)
    single = modern.retrieve(on_device, states[0, 0], lam, weights=False)
    assert single.converged is True and isinstance(single.iterations, int) and single.weights is None
    if lam < 1:
        assert_same(cupy, modern.jacobian(on_device, states, lam), modern.jacobian(X, x, lam).reshape(2, 5, 12, 12), **tolerance)


def test_measures_of_weights_and_separation(cupy):
    X, x = case(np.float64, 40, 9, 20)
    p = modern.weights(X, x, 0.9)
    assert modern.k90(cupy.asarray(p)).get().tolist() == modern.k90(p).tolist()
    assert modern.k90(cupy.asarray(p[0])) == modern.k90(p[0]) and isinstance(modern.k90(cupy.asarray(p[0])), int)
    assert modern.state_class(cupy.asarray(p)).tolist() == modern.state_class(p).tolist()
    assert_same(cupy, modern.separation(cupy.asarray(X)), modern.separation(X), rtol=1e-12)
    assert_same(cupy, modern.separation(cupy.asarray(X), chunk=7), modern.separation(X), rtol=1e-12)
    assert modern.well_separated(cupy.asarray(X), 3.0).get().tolist() == modern.well_separated(X, 3.0).tolist()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_layers(kind, cupy):
    rng = np.random.default_rng(4)

    def draw(*shape):
        return rng.standard_normal(shape).astype(kind)

    stored, state = draw(2, 7, 6), draw(2, 4, 6)
    padding, pairs, bias = rng.random((2, 7)) < 0.3, rng.random((4, 7)) < 0.2, draw(4, 7)
    padding[0] = True   # all left out
    weights = dict(state=draw(8, 6), stored=draw(8, 6), projection=draw(10, 6), output=draw(3, 10), state_bias=draw(8), output_bias=draw(3),
                   norm_state=(draw(6), None), norm_stored=(draw(6), draw(6)), norm_space=(None, draw(4)))

    def there(value):
        return value if value is None else tuple(map(there, value)) if isinstance(value, tuple) else cupy.asarray(value)

    for settings in (dict(), dict(heads=2, updates=3), dict(heads=2, lam=[0.5, 2.0], updates=None, stop="head"), dict(padding_mask=padding),
                     dict(heads=2, association_mask=pairs, padding_mask=padding), dict(association_mask=bias),
                     dict(parameters=True, heads=2, updates=2)):
        arrays = {name: value for name, value in settings.items() if name.endswith("mask")}
        rest = {name: value for name, value in settings.items() if name not in arrays and name != "parameters"}
        ours, theirs = dict(rest, **arrays), dict(rest, **{name: there(value) for name, value in arrays.items()})
        if "parameters" in settings:
            ours["parameters"] = modern.Parameters(**weights)
            theirs["parameters"] = modern.Parameters(**{name: there(value) for name, value in weights.items()})
        want, got = modern.association(stored, state, **ours), modern.association(there(stored), there(state), **theirs)
        for name in ("output", "weights", "converged"):
            assert_same(cupy, getattr(got, name), getattr(want, name), **TOLERANCE[kind])
    assert_same(cupy, modern.pooling(there(stored), there(state[0])).output, modern.pooling(stored, state[0]).output, **TOLERANCE[kind])
    assert_same(cupy, modern.lookup(there(state), there(stored[0])).output, modern.lookup(state, stored[0]).output, **TOLERANCE[kind])


def test_layers_take_arrays_of_one_kind(cupy):
    x, mask, weight = np.ones((3, 4)), np.zeros(3, bool), np.ones((4, 4))
    for ours, theirs in ((cupy.asarray, np.asarray), (np.asarray, cupy.asarray)):
        for name, settings in (("padding_mask", dict(padding_mask=theirs(mask))), ("state", dict(parameters=modern.Parameters(state=theirs(weight)))),
                               ("norm_state", dict(parameters=modern.Parameters(norm_state=(None, theirs(x[0])))))):
            with pytest.raises(ParameterError, match=f"{name} is no array of (cupy|numpy), as the patterns are") as error:
                modern.association(ours(x), ours(x), **settings)
            assert error.value.parameter == name


# ---- ends of the domain ------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("B", [1, 9])
def test_patterns_that_are_not_finite_are_named(value, B, cupy):
    X, x = case(np.float64, 3000, 4, B)
    X[2345, 2] = value
    for lam in (0.0, 0.7):
        for call in (modern.update, modern.energy, modern.retrieve, modern.weights):
            with pytest.raises(ParameterError, match=r"patterns\[2345, 2\] = (nan|inf|-inf)"):
                call(cupy.asarray(X), cupy.asarray(x), lam)


def test_other_bad_input_is_refused(cupy):
    X, x = (cupy.asarray(a) for a in case(np.float64, 30, 4, 2))
    bad = np.ones((2, 4))
    bad[1, 3] = np.nan
    with pytest.raises(ParameterError, match="state holds nan in row 1, entry 3"):
        modern.update(X, cupy.asarray(bad), 1.0)
    with pytest.raises(ParameterError, match=r"state has shape \(2, 3\)"):
        modern.update(X, x[:, :3], 1.0)
    with pytest.raises(ParameterError, match="scale"):
        modern.update(1e200 * X, 1e200 * x, 1.0)
    with pytest.raises(ParameterError, match="weights holds rows that are no distribution"):
        modern.k90(x)


def test_one_pattern_and_empty_batches(cupy):
    X, x = (cupy.asarray(a) for a in case(np.float64, 30, 4, 2))
    assert_same(cupy, modern.update(X[:1], x, 0.3), np.repeat(X[:1].get(), 2, axis=0), rtol=1e-15)
    assert_same(cupy, modern.update(X, x[:0], 1.0), np.zeros((0, 4)))
    assert modern.retrieve(X, x[:0], 1.0).state.shape == (0, 4)


# ---- machine code, and the stand-in --------------------------------------------------------------------------------------------------------

def variants(monkeypatch):
    """(kernel, compile options) of rows and states of every type, from narrow to the widest."""
    seen = []
    monkeypatch.setattr(device, "launch", lambda xp, name, options, *rest, **more: seen.append((name, options)))
    twin = cupy_twin.Cupy()
    for kind in (np.float32, np.float64):
        for row in (kind, np.int8):
            for N in (1, 64, 1024, 2048):
                for B in (1, 9):
                    total = streaming.Sums(*map(twin.asarray, (np.zeros(B), np.zeros(B), np.zeros((B, N)))))
                    device.advance(twin.asarray(np.zeros((1000, N), row)), twin.asarray(np.zeros((B, N), kind)), 1.0, total, twin)
    return sorted(set(seen))


@pytest.mark.skipif(nvrtc.library() is None, reason="nvidia-cuda-nvrtc-cu12 is not installed")
@pytest.mark.parametrize("architecture", ["sm_80", "sm_90"])
def test_kernels_compile_to_machine_code(architecture, monkeypatch):
    found, wide = variants(monkeypatch), 0
    assert {name for name, _ in found} == {"one_pass", "combine", "weigh", "stretch"}
    for options in {options for _, options in found}:
        code, assembly = nvrtc.compiled(device.SOURCE.read_text(), options, architecture)
        assert code[:4] == b"\x7fELF" and struct.unpack_from("<H", code, 18)[0] == 190   # EM_CUDA
        assert all(b".text." + name.encode() in code for name, others in found if others == options)
        assert ".local" not in assembly, f"{options}: registers do not hold what a thread has"
        wide += bool(re.search(r"ld\.global(\.nc)?\.v[24]", assembly))
    assert wide >= 5


@compiler
def test_the_twin_notices_every_missing_barrier(monkeypatch, tmp_path):
    source, barrier, (X, x) = device.SOURCE.read_text(), "__syncthreads();", case(np.float32, 3000, 12, 40)

    def run(order):
        twin = cupy_twin.Cupy(order)
        monkeypatch.setitem(sys.modules, "cupy", twin)
        return np.concatenate([modern.update(twin.asarray(X), twin.asarray(x[:B]), 0.9).get() for B in (3, 40)])

    want, places = run(0), [match.start() for match in re.finditer(re.escape(barrier), source)]
    monkeypatch.setattr(device, "SOURCE", tmp_path / "broken.cu")
    for place in places:
        device.SOURCE.write_text(source[:place] + source[place + len(barrier):])
        seen = False
        for order in (2, 3):
            try:
                seen |= not np.array_equal(run(order), want)
            except (ParameterError, AssertionError):
                seen = True
        assert seen, f"line {source[:place].count(chr(10)) + 1}"
    assert len(places) == 7


def test_the_stand_in_has_nothing_that_cupy_has_not():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cupy = pytest.importorskip("cupy")
    for name in (*cupy_twin.CREATE, *cupy_twin.UPLOAD, *cupy_twin.COMPUTE, "RawModule", "ndarray", "inf"):
        assert hasattr(cupy, name)
    for name in ("get", "item", "flags", "data", "T", "reshape", "swapaxes", "astype", "max", "min", "sum", "mean", "copy", "any", "all", "nbytes"):
        assert hasattr(cupy.ndarray, name)


def test_the_stand_in_is_as_strict_as_cupy(twin):
    x = twin.asarray(np.arange(3.0))
    for wrong in (lambda: np.asarray(x), lambda: x + np.arange(3), lambda: twin.exp(np.arange(3)), lambda: twin.where(x > 1, np.arange(3), x),
                  lambda: twin.maximum(x, np.arange(3))):
        with pytest.raises(TypeError):
            wrong()
    with pytest.raises(AttributeError):
        twin.einsum  # noqa: B018
