"""The log-sum-exp network: published values, descent, streaming, theorems on random cases, exact fixed points, and what it refuses."""
import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest

import hebbnet as hn
from hebbnet import ParameterError, modern, patterns
from hebbnet.modern import kernels, native

TABLE = json.loads((Path(__file__).parent / "data" / "modern_network.json").read_text())


def sphere(seed, K, N, norm=None):
    """Rows of numpy's generator, scaled to a norm, sqrt(N) by default; and the generator, for what is drawn next."""
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((K, N))
    return X * ((np.sqrt(N) if norm is None else norm) / np.linalg.norm(X, axis=1, keepdims=True)), rng


def recipe(entry):
    if "X" in entry:
        return np.array(entry["X"]), np.array(entry["x"])
    seed, K, N, noise = re.match(r"rng=default_rng\((\d+)\).*?\((\d+),(\d+)\).*x=X\[0\]\+([\d.]+)\*", entry["recipe"]).groups()
    X, rng = sphere(int(seed), int(K), int(N))
    return X, X[0] + float(noise) * rng.standard_normal(int(N))


@pytest.mark.parametrize("entry", TABLE["network"], ids=lambda e: f"lam{e['beta']}")
def test_network_has_the_reference_values(entry):
    X, x = recipe(entry)
    lam = entry["beta"]
    f, found, p = modern.update(X, x, lam), modern.retrieve(X, x, lam), modern.weights(X, x, lam)
    end = modern.weights(X, found.state, lam)
    got = {"energy": modern.energy(X, x, lam), "energy_after": modern.energy(X, f, lam), "softmax": p, "softmax_on_pattern0": p[0],
           "one_minus_softmax0": p[1:].sum(), "k90": modern.k90(p), "update": f, "update_first4": f[:4], "update_norm": np.linalg.norm(f),
           "fixed_point": found.state, "fixed_point_first4": found.state[:4], "fixed_point_energy": found.energy,
           "fixed_point_weights": found.weights, "fixed_point_k90": modern.k90(end), "Delta_0": modern.separation(X)[0],
           "Delta_min": modern.separation(X).min(), "well_separated_rhs": modern.separation_bound(lam, len(X), np.linalg.norm(X, axis=1).max()),
           "jacobian_spectral_norm_at_fixed_point": np.linalg.eigvalsh(modern.jacobian(X, found.state, lam))[-1]}
    known = set(entry) & set(got)
    assert len(known) >= 8 and found.converged
    for name in known:
        np.testing.assert_allclose(got[name], entry[name], rtol=1e-9, atol=1e-9, err_msg=name)
    np.testing.assert_allclose(found.weights, end, atol=1e-15)


@pytest.mark.parametrize("entry", TABLE["bounds"], ids=lambda e: e["kind"] + str(e["beta"]))
def test_theorems_have_the_reference_values(entry):
    lam = entry["beta"]
    if entry["kind"] == "capacity_theorem":
        bound = modern.capacity_bound(lam, entry["K"], entry["d"], entry["p"])
        np.testing.assert_allclose([bound.c, bound.number, bound.a, bound.b, bound.a + np.log(bound.b)],
                                   [entry[name] for name in ("c", "N", "a", "b", "a_plus_lnb")], rtol=1e-9, atol=1e-9)
        assert bound.applies == (entry["c"] >= entry["c_min"])
        return
    seed, K, N = map(int, re.match(r"rng=default_rng\((\d+)\); X=rng.standard_normal\(\((\d+),(\d+)\)", entry["recipe"]).groups())
    X, rng = sphere(seed, K, N)
    delta, M = modern.separation(X), np.linalg.norm(X, axis=1).max()
    i = int(np.argmin(delta))
    z = rng.standard_normal(N)
    x = X[i] + z / np.linalg.norm(z) * modern.sphere_radius(lam, K, M)
    star = modern.retrieve(X, x, lam).state
    radius = modern.sphere_radius(lam, K, M)
    got = {"i": i, "Delta_i": delta[i], "well_separated_rhs": modern.separation_bound(lam, K, M), "well_separated": modern.well_separated(X, lam)[i],
           "sphere_radius": radius, "retrieval_error": np.linalg.norm(modern.update(X, x, lam) - X[i]),
           "retrieval_error_bound": modern.retrieval_bound(lam, K, M, delta[i], radius), "fixed_point_error": np.linalg.norm(star - X[i]),
           "fixed_point_error_bound": modern.fixed_point_bound(lam, K, M, delta[i]),
           "jacobian_bound": modern.convergence_bound(lam, K, M, delta[i], radius),
           "jacobian_norm_at_query": np.linalg.eigvalsh(modern.jacobian(X, x, lam))[-1]}
    for name, value in got.items():
        measured = "error" in name or "norm" in name
        np.testing.assert_allclose(value, entry[name], rtol=entry["relative_error"] if measured else 1e-9, err_msg=name)


@pytest.mark.parametrize("entry", TABLE["metastable_random"], ids=lambda e: str(e["beta"]))
def test_metastability_of_random_patterns(entry):
    X, _ = sphere(31, 256, 64)
    first, found = modern.k90(modern.weights(X, X, entry["beta"])), modern.retrieve(X, X[:64], entry["beta"])
    k = modern.k90(found.weights)
    got = {"median_k90_one_softmax": np.median(first), "mean_k90_one_softmax": first.mean(), "median_k90_at_fixed_point_first64": np.median(k),
           "mean_k90_at_fixed_point_first64": k.mean(), "mean_overlap_fixed_point_first64": np.mean(np.sum(found.state * X[:64], axis=1)) / 64}
    for name, value in got.items():
        np.testing.assert_allclose(value, entry[name], atol=2e-5 if name.startswith("mean_k90") else 1e-6, err_msg=name)
    assert modern.head_class(int(np.median(first)), 256) == entry["head_class"] and found.converged.all()


@pytest.mark.parametrize("entry", TABLE["equidistant"], ids=lambda e: f"n{e['n']}")
def test_equidistant_patterns_are_a_potts_model(entry):
    n = entry["n"]
    np.testing.assert_allclose(modern.equidistant(n), [entry["J_spinodal"], entry["J_transition"], entry["J_uniform"]], rtol=0, atol=1e-9)
    np.testing.assert_allclose(modern.equidistant_weight(n, entry["J"]), entry["weight_on_pattern"], atol=1e-9)
    # the network itself: orthogonal patterns of norm R, J = lam R^2; at the transition both states have the same energy
    X = 1.7 * np.eye(n)
    for J in (entry["J"], 1.01 * entry["J_spinodal"] + 0.01):
        found = modern.retrieve(X, X[0], J / 1.7**2, tolerance=0.0, max_steps=3000)
        np.testing.assert_allclose(found.weights[0], modern.equidistant_weight(n, J), atol=1e-9)
    assert np.isnan(modern.equidistant_weight(n, 0.999 * entry["J_spinodal"]))
    if n > 2:
        lam = entry["J_transition"] / 1.7**2
        p = modern.equidistant_weight(n, entry["J_transition"])
        energies = modern.energy(X, np.stack([X.mean(axis=0), 1.7 * np.array([p] + (n - 1) * [(1 - p) / (n - 1)])]), lam)
        np.testing.assert_allclose(*energies, rtol=1e-9)
        below = modern.retrieve(X, X[0], 0.99 * entry["J_spinodal"] / 1.7**2)
        np.testing.assert_allclose(below.weights, 1 / n, atol=1e-9)
        assert modern.state_class(below.weights) == "global" and modern.k90(below.weights) == int(np.ceil(0.9 * n))


@pytest.mark.parametrize("entry", TABLE["clusters"], ids=lambda e: f"C{e['C']}-n{e['n']}-q{e['q']}")
def test_nested_patterns_have_three_kinds_of_states(entry):
    C, n, q = entry["C"], entry["n"], entry["q"]
    lines = modern.nested(C, n, q)
    np.testing.assert_allclose([lines.cluster, lines.single], [entry["B_global_to_cluster"], entry["B_cluster_to_single"]], atol=3e-7)
    X = modern.nested_patterns(C, n, q, norm=1.3)
    overlaps = X @ X.T / 1.3**2
    np.testing.assert_allclose(overlaps, np.kron(np.eye(C), np.full((n, n), q)) + (1 - q) * np.eye(C * n), atol=1e-15)
    for state in entry["states"]:
        want = [state["p_pattern"], state["p_sibling"], state["p_other"]]
        np.testing.assert_allclose(modern.nested_weights(C, n, q, state["B"]), want, rtol=1e-7)
        found = modern.retrieve(X, X[0], state["B"] / 1.3**2)
        np.testing.assert_allclose(found.weights[[0, 1, -1]], want, rtol=2e-6)
        assert modern.state_class(found.weights) == {"cluster": "metastable"}.get(state["kind"], state["kind"])
        assert modern.k90(found.weights) == state["k90"]


# ---- descent and streaming --------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("lam", [0.0, 1e-12, 1e-3, 0.05, 1.0, 30.0, 1e4, 1e300])
def test_energy_never_increases_and_bounds_hold(lam):
    X, rng = sphere(5, 80, 12)
    X *= rng.uniform(0.2, 2, (80, 1))
    M = np.linalg.norm(X, axis=1).max()
    x = 2 * rng.standard_normal((50, 12))
    E = modern.energy(X, x, lam)
    for _ in range(8):
        assert (E >= (np.linalg.norm(x, axis=1) - M) ** 2 / 2 - 1e-12 * E).all()
        new = modern.update(X, x, lam)
        E_new = modern.energy(X, new, lam)
        assert (E_new <= E - np.sum((new - x) ** 2, axis=1) / 2 + 1e-12 * E).all()
        assert (E_new <= 2 * M * M * (1 + 1e-12)).all()   # on the convex hull
        x, E = new, E_new


def test_gradient_of_the_energy_is_the_move():
    X, rng = sphere(6, 9, 5)
    x, h = rng.standard_normal(5), 1e-5
    for lam in (0.0, 1e-4, 0.7):
        gradient = [(modern.energy(X, x + h * e, lam) - modern.energy(X, x - h * e, lam)) / (2 * h) for e in np.eye(5)]
        np.testing.assert_allclose(gradient, x - modern.update(X, x, lam), atol=1e-9)
    slope = np.stack([(modern.update(X, x + h * e, 0.7) - modern.update(X, x - h * e, 0.7)) / (2 * h) for e in np.eye(5)])
    np.testing.assert_allclose(modern.jacobian(X, x, 0.7), slope, atol=1e-9)


@pytest.mark.parametrize("lam", [1e-8, 1e-5, 0.009, 0.011])
def test_energy_at_small_lam_has_no_cancellation(lam):
    X, rng = sphere(8, 300, 6)
    x = rng.standard_normal(6)
    z = np.longdouble(X) @ np.longdouble(x)
    want = -np.log1p(np.mean(np.expm1(np.longdouble(lam) * z))) / lam + (x @ x + 6) / 2
    np.testing.assert_allclose(modern.energy(X, x, lam), float(want), rtol=1e-13)


@pytest.fixture(params=["C", "numba"])
def float32_kernels(request, monkeypatch):
    """Each of the two sorts of kernels that float32 has."""
    if request.param == "numba":
        monkeypatch.setattr(native, "LIBRARY", None)
    elif native.LIBRARY is None:
        pytest.skip("no C kernels: not built, switched off, or no AVX-512 here")


@pytest.mark.usefixtures("float32_kernels")
@pytest.mark.parametrize("kind", [np.float64, np.float32])
@pytest.mark.parametrize("B", [1, 3, 40])
def test_streaming_equals_dense_for_any_chunk(tmp_path, kind, B):
    e = patterns.Ensemble("spherical", 700, 24, seed=3, dtype=kind)
    X = e[:]
    x = (X[:B] + 0.3 * patterns.Ensemble("gaussian", B, 24, seed=4, dtype=kind)[:]).astype(kind)
    z = X.astype(float) @ x.T.astype(float) * 0.5
    p = np.exp(z - z.max(axis=0))
    dense = (p / p.sum(axis=0)).T @ X.astype(float)
    np.save(tmp_path / "x.npy", X)
    with h5py.File(tmp_path / "x.h5", "w") as file:
        held = [X, e, np.load(tmp_path / "x.npy", mmap_mode="r"), file.create_dataset("x", data=X), np.asfortranarray(X)]
        tolerance = dict(rtol=0, atol=1e-12) if kind == np.float64 else dict(rtol=0, atol=1e-5)
        for source in held:
            for chunk in (None, 1, 13, 128, 699, 5000):
                if chunk == 1 and source is not X:
                    continue
                f = modern.update(source, x, 0.5, chunk=chunk)
                assert f.dtype == kind
                np.testing.assert_allclose(f, dense, **tolerance)
            np.testing.assert_allclose(modern.energy(source, x, 0.5), modern.energy(X, x, 0.5, chunk=50), rtol=1e-12 if kind == np.float64 else 1e-6)
            np.testing.assert_allclose(modern.weights(source, x, 0.5, chunk=100), (p / p.sum(axis=0)).T, **tolerance)


@pytest.mark.usefixtures("float32_kernels")
@pytest.mark.parametrize("N", [1, 2, 15, 16, 17, 31, 48, 64, 65, 100, 144, 272, 777, 1040, 2064])
def test_float32_kernels_for_any_shape_and_address(N):
    """Every tile and every remainder of registers; float64 takes another path."""
    rng = np.random.default_rng(N)
    for K, B, offset in [(1, 1, 0), (3, 2, 1), (7, 4, 5), (301, 1, 0), (301, 1, 7), (299, 1, 15), (97, 5, 0), (258, 16, 3), (241, 17, 0),
                         (100, 33, 1), (247, 63, 2), (300, 64, 0), (35, 65, 0), (50, 130, 9)]:
        X = native.aligned(K * N + 16, np.float32)[offset:offset + K * N].reshape(K, N)
        X[:] = rng.standard_normal((K, N))
        states = np.float32(X[rng.integers(K, size=B)] + 0.5 * rng.standard_normal((B, N)))
        lam = 3 / np.sqrt(N)
        np.testing.assert_allclose(modern.update(X, states, lam), modern.update(X.astype(float), states.astype(float), lam), rtol=0, atol=2e-5)
        assert modern.energy(X, states, lam) == pytest.approx(modern.energy(X.astype(float), states.astype(float), lam), rel=1e-5, abs=1e-5)
        for bad in (np.nan, np.inf, -np.inf):
            before, X[-1, N // 2] = X[-1, N // 2], bad
            with pytest.raises(ParameterError, match=rf"patterns\[{K - 1}, {N // 2}\] = "):
                modern.update(X, states, lam)
            X[-1, N // 2] = before


@pytest.mark.parametrize("kind, worst", [(np.float32, 3e-7), (np.float64, 6e-16)])
def test_the_power_of_the_kernels(kind, worst):
    about = kernels.POWER[np.dtype(kind)]
    x = np.concatenate([np.linspace(about[0], 60, 20_001), np.arange(-20, 20) + 0.5, [0, -1e-30]]).astype(kind)
    got = np.array([kernels.power(v, about) for v in x])
    np.testing.assert_allclose(got, np.exp2(x.astype(np.longdouble)).astype(float), rtol=worst)
    assert np.isnan(kernels.power(kind(np.nan), about))
    assert kernels.power(kind(-np.inf), about) < 1e-37 and kernels.power(kind(about[0] - 0.4), about) < 1e-37


def test_a_state_does_not_depend_on_its_batch():
    X, rng = sphere(3, 50, 10)
    x = X[:20] + 0.5 * rng.standard_normal((20, 10))
    together = modern.retrieve(X, x.reshape(4, 5, 10), 0.3)
    assert together.state.shape == (4, 5, 10) and together.weights.shape == (4, 5, 50) and together.energy.shape == (4, 5)
    for k in range(20):
        alone = modern.retrieve(X, x[k], 0.3)
        assert abs(alone.iterations - together.iterations.ravel()[k]) <= 1   # the last bits of matrix products depend on the batch
        np.testing.assert_allclose(alone.state, together.state.reshape(20, 10)[k], atol=1e-12)


def test_no_convergence_is_reported():
    X = np.eye(3)
    found = modern.retrieve(X, X[0], 2.7457, max_steps=40)   # just above the spinodal
    assert not found.converged and found.iterations == 40
    assert modern.retrieve(X, X[0], 2.0, max_steps=0).iterations == 0
    single = modern.retrieve(X.astype(np.float32), X[0].astype(np.float32), 9.0)
    assert single.converged and single.state.dtype == np.float32


# ---- theorems on random cases -----------------------------------------------------------------------------------------------------

def test_theorems_hold_on_random_well_separated_patterns():
    rng, held, applied = np.random.default_rng(2024), 0, 0
    while held < 1000:
        N, K = int(rng.integers(4, 60)), int(rng.integers(2, 40))
        X, _ = sphere(int(rng.integers(2**32)), K, N)
        X *= rng.uniform(0.5, 1.5, (K, 1)) if rng.random() < 0.3 else 1.0
        M, delta = np.linalg.norm(X, axis=1).max(), modern.separation(X)
        i = int(np.argmax(delta)) if rng.random() < 0.5 else int(rng.integers(K))
        lam = np.exp(rng.uniform(-3, 3)) / N**0.5
        if delta[i] < modern.separation_bound(lam, K, M):
            continue
        held += 1
        radius = modern.sphere_radius(lam, K, M)
        z = rng.standard_normal(N)
        x = X[i] + radius * rng.random() ** (1 / N) * z / np.linalg.norm(z)
        f, found = modern.update(X, x, lam), modern.retrieve(X, x, lam)
        star, rounding = found.state, 1e-14 * M
        assert found.converged and np.linalg.norm(f - X[i]) <= radius and np.linalg.norm(star - X[i]) <= radius
        r = max(np.linalg.norm(x - X[i]), np.linalg.norm(star - X[i]))
        assert np.linalg.norm(f - X[i]) <= modern.retrieval_bound(lam, K, M, delta[i], r) + rounding
        for sharp in (False, True):
            assert np.linalg.norm(f - star) <= modern.convergence_bound(lam, K, M, delta[i], r, sharp) * np.linalg.norm(x - star) + 2 * rounding
        if r <= 1 / (2 * lam * M):
            applied += 1
            assert np.linalg.norm(X[i] - star) <= modern.fixed_point_bound(lam, K, M, delta[i]) + rounding
    assert applied > 900


def test_separation_by_blocks(monkeypatch):
    X, _ = sphere(4, 101, 8)
    z = X @ X.T
    np.fill_diagonal(z, -np.inf)
    want = 8 - z.max(axis=1)
    np.testing.assert_allclose(modern.separation(X), want, rtol=1e-13)
    monkeypatch.setattr(modern.bounds, "BLOCK", 300)
    np.testing.assert_allclose(modern.separation(X, chunk=7), want, rtol=1e-13)


def test_capacity_theorem_far_out():
    bound = modern.capacity_bound(1e4, 50.0, 10_000, 1e-9)   # e^(a + ln b) overflows
    assert np.isclose(bound.b / bound.c, bound.a + np.log(bound.c), rtol=1e-12)
    assert not modern.capacity_bound(0.5, 1.0, 20, 0.001).applies


# ---- ends of the domain, and errors -----------------------------------------------------------------------------------------------

def test_one_pattern_lam_zero_and_empty_batches():
    X, _ = sphere(1, 7, 4)
    for lam in (0.0, 0.3, 1e9):
        found = modern.retrieve(X[:1], np.ones(4), lam)
        np.testing.assert_allclose(found.state, X[0], rtol=1e-15)
        assert found.weights.tolist() == [1.0] and found.iterations == 2 and found.converged and abs(found.energy) < 1e-14
        assert modern.k90(found.weights) == 1 and modern.state_class(found.weights) == "single"
    assert modern.separation(X[:1]) == np.inf and modern.separation_bound(1.0, 1, 2.0) == -np.inf and modern.well_separated(X[:1], 0.1).all()
    np.testing.assert_allclose(modern.update(X, X[0], 0.0), X.mean(axis=0), atol=1e-15)
    np.testing.assert_allclose(modern.weights(X, X[0], 0.0), 1 / 7)
    mean, far = X.mean(axis=0), X[0]
    np.testing.assert_allclose(modern.energy(X, far, 0.0), np.sum((far - mean) ** 2) / 2 - mean @ mean / 2 + 2, rtol=1e-14)
    none = np.zeros((0, 4))
    assert modern.update(X, none, 1.0).shape == (0, 4) and modern.energy(X, none, 1.0).shape == (0,)
    found = modern.retrieve(X, np.zeros((2, 0, 4)), 1.0)
    assert found.state.shape == (2, 0, 4) and found.weights.shape == (2, 0, 7) and found.converged.shape == (2, 0)


def test_no_lam_overflows():
    X, _ = sphere(1, 30, 4)
    for kind in (np.float64, np.float32):
        for lam in (1e30, 1e300):
            np.testing.assert_array_equal(modern.update(X.astype(kind), X[:9].astype(kind), lam), X[:9].astype(kind))
            np.testing.assert_array_equal(modern.update(X.astype(kind), X[8].astype(kind), lam), X[8].astype(kind))
    np.testing.assert_allclose(modern.update(X, 1e-300 * X[:9], 0.5), np.broadcast_to(X.mean(axis=0), (9, 4)), atol=1e-15)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("B", [1, 9])
def test_patterns_that_are_not_finite_are_named(value, B):
    X, _ = sphere(1, 3000, 4)
    X[2345, 2] = value
    for call in (modern.update, modern.energy, modern.retrieve, modern.weights):
        with pytest.raises(ParameterError, match=r"patterns\[2345, 2\] = (nan|inf|-inf)"):
            call(X, np.ones((B, 4)), 0.7)
    with pytest.raises(ParameterError, match=r"patterns\[2345, 2\]"):
        modern.separation(X)


@pytest.mark.parametrize("X, x, lam, words", [
    (np.ones((2, 3)), np.ones(4), 1.0, r"state has shape \(4,\)"), (np.ones(3), np.ones(3), 1.0, r"expected \(K, N\)"),
    (np.ones((0, 3)), np.ones(3), 1.0, "K >= 1"), (np.ones((2, 3)), [1, np.nan, 0], 1.0, "state holds nan in row 0, entry 1"),
    (np.ones((2, 3)), np.ones(3), -1.0, "lam = -1.0"), (np.ones((2, 3)), np.ones(3), np.nan, "lam = nan"), ([[1, 2], [3]], np.ones(2), 1.0, "ragged"),
    (np.ones((2, 3)) * 1j, np.ones(3), 1.0, "real"), (np.ones((2, 3)), ["a"] * 3, 1.0, "real"),
    (np.full((2, 3), 1e200), np.full(3, 1e200), 1.0, "scale"),
])
def test_bad_input_is_refused(X, x, lam, words):
    with pytest.raises(ParameterError, match=words):
        modern.update(X, x, lam)


@pytest.mark.parametrize("call, words", [
    (lambda: modern.k90([0.5, 0.4]), "distribution"), (lambda: modern.k90([1.5, -0.5]), "distribution"), (lambda: modern.k90(np.array([1])), "real"),
    (lambda: modern.k90([1.0], level=0), "level"), (lambda: modern.head_class(5, 4), "from 1 to K"), (lambda: modern.equidistant(1), "n = 1"),
    (lambda: modern.nested(1, 4, 0.5), "C = 1"), (lambda: modern.nested(3, 4, 1.0), "one and the same"),
    (lambda: modern.separation_bound(0, 3, 1), "lam = 0"),
    (lambda: modern.capacity_bound(1, 1, 1, 0.1), "N = 1"), (lambda: modern.capacity_bound(1, 1, 9, 1.1), "p = 1.1"),
    (lambda: modern.update(np.ones((2, 3)), np.ones(3), 1.0, chunk=0), "chunk"),
    (lambda: modern.retrieve(np.ones((2, 3)), np.ones(3), 1.0, tolerance=-1.0), "tolerance"),
    (lambda: modern.weights(patterns.Ensemble("binary", 2**32, 4), np.ones((100, 4)), 1.0), "weights=False"),
])
def test_bad_settings_are_refused(call, words):
    with pytest.raises(ParameterError, match=words):
        call()


def test_k90_counts_uniform_weights_without_rounding():
    for K in (1, 10, 30, 37, 1000, 100_000):
        assert modern.k90(np.full(K, 1 / K)) == int(np.ceil(0.9 * K - 1e-9))
    assert modern.k90([0.05, 0.9, 0.05]) == 1 and modern.k90([0.3, 0.3, 0.4]) == 3
    assert modern.head_class(np.array([128, 129, 32, 33, 8, 9, 1]), 256).tolist() == ["II", "I", "III", "II", "IV", "III", "IV"]
    assert hn.modern is modern
