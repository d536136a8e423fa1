"""Monte Carlo of modern networks: fields by brute force, detailed balance and enumeration, and exact references of continuous states."""
import dataclasses
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import ive, logsumexp, softmax

import hebbnet as hn
from hebbnet import networks, patterns
from hebbnet.montecarlo import MonteCarlo, continuous, numba_engine, numpy_engine, preparing

TABLE = json.loads((Path(__file__).parent / "data" / "modern_statistics_reference.json").read_text())


def all_spins(N):
    return np.array(list(itertools.product([-1, 1], repeat=N)))


def stored(seed, K, N):
    return 1 - 2 * np.random.default_rng(seed).integers(0, 2, (K, N))


def sphere(rng, K, N):
    return patterns.scaled(rng.standard_normal((K, N)))


def binary_problem(x, lam, T=0.5, dynamics="heat-bath", order="random"):
    task = MonteCarlo("exponential", patterns=x, dynamics=dynamics, order=order, chains=2)
    return task.problem(task.check({"lam": lam, "T": T}), sample=0, seed=3)


def log_weight(x, spins, lam):
    """-lam H of states (C, N)."""
    return logsumexp(lam * (spins @ x.T), axis=1)


def mean_and_error(x):
    """Mean over independent chains (C,) and its standard error."""
    return x.mean(), x.std(ddof=1) / math.sqrt(len(x))


def agrees(x, want, want_error=0.0, relative=0.01):
    """Three standard errors, of less than 1 %."""
    mean, error = mean_and_error(np.ravel(x))
    error = math.hypot(error, want_error)
    assert abs(mean - want) <= 3 * error, f"{mean} +- {error}, expected {want}"
    assert error < relative * abs(want)


# ---- binary states: fields, detailed balance

@pytest.mark.parametrize("lam", [0.2, 1.0, 8.0, 300.0])
def test_fields_and_energies_by_brute_force(lam):
    for K, N in ((1, 3), (5, 4), (40, 7)):
        x = stored(K, K, N)
        x[0] = 1
        for p in (binary_problem(x, lam), binary_problem(np.concatenate([x, x[:1]]), lam)):
            rows, states = p.patterns.archetypes.astype(float), all_spins(N)
            s = p.begin(states.astype(np.int8))
            want = log_weight(rows, states, lam)
            for engine in (numba_engine.Engine(p), numpy_engine.Engine(p)):
                np.testing.assert_allclose(engine.energies(s), want, rtol=1e-13, atol=1e-13)
            slow, form = numpy_engine.Engine(p), numba_engine.kernel(p)
            for k, spins in enumerate(states):
                for i in range(N):
                    up, down = spins.copy(), spins.copy()
                    up[i], down[i] = 1, -1
                    h = np.subtract(*log_weight(rows, np.array([up, down]), lam)) / 2 * p.form.denominator
                    assert slow.field(s.spins[k], s.overlaps[k], i) == pytest.approx(h, rel=1e-10, abs=0.4)
                    fast = numba_engine.log_sum_field(p.patterns.rows, i, s.overlaps[k], spins[i], form.lam, form.unit, form.K)
                    assert fast == pytest.approx(h, rel=1e-10, abs=0.4)


def test_a_tie_keeps_the_spin_or_tosses_a_coin():
    """Two patterns at distance one, and a state that both claim: the neuron in which they differ has no field."""
    x = np.ones((2, 9), int)
    x[1, 4] = -1
    for dynamics, change in (("zero-temperature", False), ("heat-bath", True)):
        p = binary_problem(x, 0.7, T=0.0, dynamics=dynamics)
        s = p.begin(np.ones((20, 9), np.int8))
        field = numba_engine.Engine(p)
        assert abs(numba_engine.log_sum_field(p.patterns.rows, 4, s.overlaps[0], 1, 0.7, p.form.denominator, 2)) < 0.5
        after, flips = field.advance(s, 3)
        assert (after.spins[:, [0, 1, 2, 3, 5, 6, 7, 8]] == 1).all() and (after.spins[:, 4] != 1).any() == change == flips.any()


@pytest.mark.parametrize("dynamics", ["heat-bath", "metropolis"])
def test_detailed_balance_of_every_flip(dynamics):
    """Transition probabilities from the compiled fields, for all pairs of states of an enumerated network."""
    for lam, T, K, N in ((1.0, 0.5, 5, 7), (0.3, 2.0, 20, 6), (4.0, 0.8, 3, 7)):
        x = stored(7, K, N)
        p = binary_problem(x, lam, T)
        states = all_spins(N)
        s = p.begin(states.astype(np.int8))
        beta = log_weight(x, states, lam) / (lam * T)
        weight = np.exp(beta - logsumexp(beta))
        place = {tuple(state): k for k, state in enumerate(states.tolist())}
        for i in range(N):
            h = np.array([numba_engine.log_sum_field(p.patterns.rows, i, s.overlaps[k], states[k, i], lam, 1.0, K) for k in range(len(states))])
            cost = 2 * p.scale * states[:, i] * h / T                     # of a flip, over T
            leave = 1 / (1 + np.exp(cost)) if dynamics == "heat-bath" else np.minimum(1, np.exp(-cost))
            flipped = states.copy()
            flipped[:, i] *= -1
            partner = [place[tuple(state)] for state in flipped.tolist()]
            np.testing.assert_allclose(weight * leave, weight[partner] * leave[partner], rtol=1e-11)


@pytest.mark.parametrize("dynamics", ["heat-bath", "metropolis", "zero-temperature", "parallel"])
@pytest.mark.parametrize("order", ["random", "systematic"])
def test_engines_agree_spin_for_spin(dynamics, order):
    for K, N, lam in ((3, 12, 1.0), (70, 21, 0.4), (300, 16, 2.5)):
        for T in (0.0,) if dynamics == "zero-temperature" else (0.0, 0.6):
            p = binary_problem(stored(K, K, N), lam, T, dynamics, order)
            begin = np.random.default_rng(K).choice([-1, 1], (2, N)).astype(np.int8)
            (a, fa), (b, fb) = (engine.advance(p.begin(begin.copy()), 6) for engine in (numba_engine.Engine(p), numpy_engine.Engine(p)))
            np.testing.assert_array_equal(a.spins, b.spins)
            np.testing.assert_array_equal(a.overlaps, b.overlaps)
            np.testing.assert_array_equal(fa, fb)
            assert fa.sum() > 0


@pytest.mark.parametrize("dynamics, T", [("heat-bath", 0.0), ("heat-bath", 0.4), ("metropolis", 1.2), ("zero-temperature", 0.0)])
def test_weights_in_float32_change_no_spin(dynamics, T):
    """Where their error does not let them decide, rows are counted: also ties, and weights that underflow (lam = 10 and 39)."""
    for K, N, lam in ((600, 21, 0.4), (700, 40, 2.5), (3000, 30, 0.05), (600, 12, 10.0), (900, 25, 39.0)):
        p = binary_problem(stored(K, K, N), lam, T, dynamics)
        begin = np.random.default_rng(K).choice([-1, 1], (3, N)).astype(np.int8)
        begin[0] = p.patterns.archetypes[0]
        (a, fa), (b, fb) = (numba_engine.Engine(p, weights=fast).advance(p.begin(begin.copy()), 30) for fast in (True, False))
        np.testing.assert_array_equal(a.spins, b.spins)
        np.testing.assert_array_equal(a.overlaps, b.overlaps)
        np.testing.assert_array_equal(fa, fb)
        assert numba_engine.Engine(p).weights and fa.sum() > 0
    assert not numba_engine.Engine(binary_problem(stored(1, 20, 9), 1.0)).weights


@pytest.mark.parametrize("network, point", [("exponential", {}), ("modern", {"ensemble": "binary", "lam": 0.7})])
@pytest.mark.parametrize("dynamics, K, weights", [
    ("heat-bath", 600, True), ("metropolis", 600, True), ("zero-temperature", 600, True), ("parallel", 600, False), ("heat-bath", 300, False)])
def test_weights_in_float32_are_used_where_they_may_be(monkeypatch, network, point, dynamics, K, weights):
    """By what runs, not by what the engine says of itself: the spins are the same without them, only many times slower."""
    ran = []
    for name in ("run_all_log_sum", "run_all_overlaps"):
        kernel = getattr(numba_engine, name)
        monkeypatch.setattr(numba_engine, name, lambda *given, kernel=kernel, name=name: (ran.append(name), kernel(*given)))
    T = 0.0 if dynamics == "zero-temperature" else 0.5
    run = hn.simulate(network, N=16, K=K, T=T, dynamics=dynamics, thermalize=2, measure=2, disorder=1, chains=1, **point)
    assert set(ran) == {"run_all_log_sum" if weights else "run_all_overlaps"} and np.isfinite(run.m).all()


@pytest.mark.parametrize("dynamics, T", [("heat-bath", 1.2), ("metropolis", 1.2)])
def test_weights_in_float32_decide_nearly_always(monkeypatch, dynamics, T):
    """Rows are counted, which is slow, in a few of a thousand attempts: the loop is run by Python with a count of that."""
    counted, field = [], numba_engine.log_sum_field
    monkeypatch.setattr(numba_engine, "log_sum_field", lambda *given: (counted.append(1), field(*given))[1])
    monkeypatch.setattr(numba_engine, "run_log_sum", numba_engine.run_log_sum.py_func)
    monkeypatch.setattr(numba_engine, "run_all_log_sum", numba_engine.run_all_log_sum.py_func)
    p = binary_problem(stored(4, 1000, 30), 0.5, T, dynamics)
    begin = np.random.default_rng(4).choice([-1, 1], (1, 30)).astype(np.int8)
    _, flips = numba_engine.Engine(p).advance(p.begin(begin), 40)
    assert flips[0] > 40 and len(counted) < 0.01 * 40 * 30


def test_zero_temperature_is_the_sign_rule():
    """s_i -> sign sum sinh(lam xi_i) exp(lam h_i), neuron by neuron, with the sums of both signs apart."""
    x, lam = stored(5, 60, 14), 0.6
    p = binary_problem(x, lam, T=0.0, dynamics="zero-temperature", order="systematic")
    spins = np.random.default_rng(2).choice([-1, 1], 14)
    after, _ = numba_engine.Engine(p).advance(p.begin(spins[None].astype(np.int8).copy()), 1)
    for i in range(14):
        h = x @ spins - x[:, i] * spins[i]
        drive = np.sum(np.sinh(lam * x[:, i]) * np.exp(lam * h))
        spins[i] = np.sign(drive) if abs(drive) > 1e-9 else spins[i]
    np.testing.assert_array_equal(after.spins[0], spins)


# ---- binary states: distributions

@pytest.mark.parametrize("case", range(3))
@pytest.mark.parametrize("dynamics", ["heat-bath", "metropolis"])
def test_enumerated_networks(case, dynamics):
    e = TABLE["binary_exact"][case]
    x = stored(*((41, 5, 10), (42, 20, 12), (43, 8, 12))[case])
    states = all_spins(x.shape[1])
    beta = log_weight(x, states, e["lambda"]) / (e["lambda"] * e["T"])
    assert logsumexp(beta) == pytest.approx(e["lnZ"], abs=1e-9)                        # the table is of these patterns
    run = hn.simulate("modern", ensemble="binary", lam=e["lambda"], T=e["T"], patterns=x, dynamics=dynamics, start="random", chains=32,
                      thermalize=1000, measure=20_000, every=20, seed=71)
    agrees(run.energy, e["E_per_N"])
    agrees(run.m_max, e["mean_max_overlap"])
    agrees(run.m, e["mean_overlap_pattern0"], relative=0.2)                            # wells are left rarely, and m is small
    assert not bool(run.exact_integers) and run.m_max.attrs["long_name"]


def test_tempering_of_an_enumerated_network():
    e, x = TABLE["binary_exact"][2], stored(43, 8, 12)
    run = hn.temper("exponential", lam=4.0, T=[0.4, 0.8, 1.4, 2.2], patterns=x, replicas=32, thermalize=200, measure=4000, every=10, seed=5)
    at = run.sel(T=0.8)
    agrees(at.energy, e["E_per_N"])
    agrees(at.m_max, e["mean_max_overlap"])
    agrees(at.m, e["mean_overlap_pattern0"], relative=0.1)
    states = all_spins(12)
    weight = softmax(log_weight(x, states, 4.0) / (4.0 * 0.4))
    agrees(run.sel(T=0.4).m, (weight @ states @ x[0]) / 12, relative=0.1)              # wells are exchanged where one chain would stay
    assert float(run.swap_rate.min()) > 0.2 and float(run.round_trips.sum()) > 100


# ---- the sphere

def two_patterns(N, q):
    x = np.zeros((2, N))
    x[0, 0], x[1, :2] = 1, (q, math.sqrt(1 - q * q))
    return x * math.sqrt(N)


@pytest.mark.parametrize("measure, relative", [(20_000, 0.05), pytest.param(400_000, 0.01, marks=pytest.mark.slow)])
@pytest.mark.parametrize("e", TABLE["two_pattern_sphere_exact"], ids=lambda e: f"N={e['N']}-q={e['q']}")
def test_two_patterns_on_the_sphere(e, measure, relative):
    run = hn.simulate("modern", lam=e["lambda"], T=e["T"], patterns=two_patterns(e["N"], e["q"]), start="random", chains=48, thermalize=1000,
                      measure=measure, every=20, seed=72, series=True)
    agrees(run.energy, e["E_per_N"])
    agrees(run.m_max, e["mean_max_overlap"])
    mean = e["E_per_N"]
    agrees(((run.energy_series - mean) ** 2).mean("measurement"), e["varE_per_N2"], relative=relative)
    assert 0.25 < float(run.acceptance.mean()) < 0.45                                  # the width has found its place


def mixture(x, lam, size, rng):
    """Independent states of the sphere at T = 1/lam: the density sum_mu exp(lam xi_mu . x) is a mixture of von Mises-Fisher ones."""
    K, N = x.shape
    centers = x[rng.integers(K, size=size)] / math.sqrt(N)
    kappa = lam * N                                                                    # Wood's rejection for the cosine
    b = (N - 1) / (2 * kappa + math.sqrt(4 * kappa**2 + (N - 1) ** 2))
    x0 = (1 - b) / (1 + b)
    cosine, left = np.empty(size), np.arange(size)
    while left.size:
        beta = rng.beta((N - 1) / 2, (N - 1) / 2, left.size)
        w = (1 - (1 + b) * beta) / (1 - (1 - b) * beta)
        ok = kappa * w + (N - 1) * np.log(1 - x0 * w) - (kappa * x0 + (N - 1) * math.log(1 - x0**2)) >= np.log(rng.random(left.size))
        cosine[left[ok]] = w[ok]
        left = left[~ok]
    z = rng.standard_normal((size, N))
    z -= np.sum(z * centers, axis=1, keepdims=True) * centers
    z /= np.linalg.norm(z, axis=1, keepdims=True)
    return math.sqrt(N) * (cosine[:, None] * centers + np.sqrt(1 - cosine**2)[:, None] * z)


def test_mixture_at_the_temperature_of_the_softmax():
    e = TABLE["sphere_T_equals_1_over_lambda"]
    x = sphere(np.random.default_rng(77), 6, 8)
    np.testing.assert_allclose(np.sum(x**2, axis=1), 8)
    run = hn.simulate("modern", lam=1.0, T=1.0, patterns=x, start="random", chains=64, thermalize=500, measure=20_000, every=10, seed=73, spins=True)
    independent = mixture(x, 1.0, 200_000, np.random.default_rng(1))
    energy, top = -log_weight(x, independent, 1.0) / 8, (independent @ x.T).max(axis=1) / 8
    for name, sample, want in (("energy", energy, e["E_per_N"]), ("m_max", top, e["mean_max_overlap"])):
        mean, error = mean_and_error(sample)
        agrees(run[name], mean, error)
        assert abs(mean - want) < 4 * math.hypot(error, e["E_error"])
    want = ive(4, 8.0) / ive(3, 8.0) * (x @ x.mean(axis=0)) / 8                        # <xi_mu . x>/N, exactly
    assert float(run.m.mean()) == pytest.approx(want[0], abs=4 * mean_and_error(run.m.values.ravel())[1])


def test_tempering_on_the_sphere():
    e = TABLE["two_pattern_sphere_exact"][3]                                           # N = 50, T = 0.25: wells are not left by a plain chain
    run = hn.temper("modern", lam=1.0, T=[0.25, 0.35, 0.5, 0.7, 1.0, 1.4], patterns=two_patterns(50, 0.6), replicas=24, thermalize=2000,
                    measure=10_000, every=20, start=("pattern",) * 12 + ("random",) * 12, seed=6)
    at = run.sel(T=0.25)
    agrees(at.energy, e["E_per_N"])
    agrees(at.m_max, e["mean_max_overlap"])
    half = (1 + 0.6) / 2 * e["mean_max_overlap"]                                       # both wells alike: <m> = (1 + q)/2 of one
    assert float(at.m.mean()) == pytest.approx(half, abs=0.03)
    np.testing.assert_allclose((run.q_density * run.q_edge.diff("edge").rename(edge="bin").values).sum("bin"), 1)


def test_a_well_of_many_patterns():
    """N = 64, alpha = 0.08: exact overlap of one well at T = 0.25 and 0.5."""
    for T in (0.25, 0.5):
        run = hn.simulate("modern", lam=4.0, alpha=0.08, N=64, T=T, thermalize=1000, measure=10_000, every=20, disorder=6, chains=4, seed=74)
        want = hn.solve("modern", lam=4.0, alpha=0.15, T=T, N=None).m, continuous_mean(1 / T, 64)
        assert int(run.K) == round(math.exp(0.08 * 64)) and abs(want[0] - want[1]) < 0.01
        agrees(run.m.mean("chain"), want[1])
        agrees(-run.energy.mean("chain"), want[1])
        assert bool(run.equilibrated.all()) and not bool(run.escaped.any())


def continuous_mean(b, N):
    return float(ive(N / 2, b * N) / ive(N / 2 - 1, b * N))


# ---- Euclidean space

@pytest.mark.parametrize("dynamics", ["metropolis", "langevin"])
def test_virial_and_mixture_in_euclidean_space(dynamics):
    """At T = 1/lam the density is a mixture of Gaussians N(xi, T) of weights exp(norm(xi)**2/(2T)); at any T the virial is T."""
    x = np.array([[1.2, -0.5, 0.9, 0.3, -1.0], [-0.7, 1.1, 0.2, -0.9, 0.4], [0.2, 0.1, -1.3, 0.8, 0.9]])
    N, T = 5, 0.8
    settings = {"space": "euclidean", "ensemble": "gaussian", "patterns": x, "dynamics": dynamics, "start": "random", "chains": 48, "thermalize": 500,
                "seed": 75}
    run = hn.simulate("modern", lam=1 / T, T=T, measure=20_000, every=10, series=True, **settings)
    weight = softmax(np.sum(x**2, axis=1) / (2 * T))
    mean = weight @ x
    agrees(run.m, x[0] @ mean / N, relative=0.1)
    agrees(run.virial, T)
    energy = np.random.default_rng(3)
    z = x[energy.choice(3, size=400_000, p=weight)] + math.sqrt(T) * energy.standard_normal((400_000, N))
    direct = -T * log_weight(x, z, 1 / T) / N + np.sum(z**2, axis=1) / (2 * N)
    agrees(run.energy, *mean_and_error(direct), relative=0.03)
    run = hn.simulate("modern", lam=2.0, T=0.3, measure=10_000, every=10, **settings)
    agrees(run.virial, 0.3)


def test_a_langevin_step_that_is_too_long_shows_in_the_virial():
    x = sphere(np.random.default_rng(4), 3, 6)
    run = hn.simulate("modern", lam=3.0, T=0.5, space="euclidean", patterns=x, dynamics="langevin", step=1.9, chains=16, measure=4000, every=10,
                      seed=7)
    mean, error = mean_and_error(run.virial.values.ravel())
    assert abs(mean - 0.5) > 5 * error and (run.acceptance == 1).all()


# ---- engines of real states

@pytest.mark.parametrize("space, dynamics", [("sphere", "metropolis"), ("euclidean", "metropolis"), ("euclidean", "langevin")])
def test_compiled_moves_are_those_of_the_reference(space, dynamics):
    task = MonteCarlo("modern", dynamics=dynamics, chains=3, thermalize=20)
    for start in ("pattern", "random", ("overlap", 0.4)):
        one = dataclasses.replace(task, start=start)
        p = one.problem(one.check({"lam": 1.3, "N": 11, "K": 30, "T": 0.4, "space": space}), sample=1, seed=8)
        a, b, c = (one.initial(p, 8) for _ in range(3))
        if space == "sphere":
            np.testing.assert_allclose(np.sum(a.spins**2, axis=1), 11)
        if start != "random":
            np.testing.assert_allclose(a.overlaps[:, 0], (1 if start == "pattern" else 0.4) * 11)
        a, fa = continuous.Engine(p).advance(a, 30)
        b, fb = continuous.Reference(p).advance(b, 30)
        c, f1 = continuous.Engine(p).advance(c, 13)
        c, f2 = continuous.Engine(p).advance(c, 17)                                    # stopped and gone on
        np.testing.assert_array_equal(a.spins, c.spins)
        np.testing.assert_array_equal(fa, f1 + f2)
        np.testing.assert_allclose(a.spins, b.spins, atol=1e-9)
        np.testing.assert_allclose(a.overlaps, b.spins @ p.patterns.archetypes.T, atol=1e-9)
        np.testing.assert_allclose(a.step, b.step, rtol=1e-12)
        np.testing.assert_array_equal(fa, fb)
        np.testing.assert_allclose(continuous.Engine(p).energies(a), continuous.Reference(p).energies(b), rtol=1e-11)


def test_given_starts():
    x = sphere(np.random.default_rng(2), 4, 9)
    run = hn.simulate("modern", lam=1.0, T=0.1, patterns=x, start=x[2], chains=1, thermalize=0, measure=1, step=1e-9)
    assert float(run.m.item()) == pytest.approx(x[0] @ x[2] / 9, abs=1e-6) and float(run.m_max.item()) == pytest.approx(1, abs=1e-6)
    run = hn.simulate("modern", lam=1.0, T=0.1, patterns=x, start=3 * x[2], space="euclidean", chains=1, thermalize=0, measure=1, step=1e-9)
    assert float(run.m_max.item()) == pytest.approx(3, abs=1e-6)


# ---- studies

def test_studies_resume_and_workers(tmp_path):
    grid = hn.Grid(lam=1.0, T=[0.3, 0.8], alpha=0.2, N=[10, 14], ensemble=["spherical", "binary"])
    study = hn.Study("modern_small", grid, hn.MonteCarlo("modern", measure=20, disorder=2, thermalize=10), seed=4)
    a = hn.open(study.run(tmp_path / "a", quiet=True))
    b = hn.open(study.run(tmp_path / "b", workers=2, quiet=True))
    assert a.m_max.dims == ("T", "N", "ensemble", "disorder", "chain")
    for name in a.data_vars:
        np.testing.assert_array_equal(a[name].values, b[name].values)
    one = hn.simulate("modern", lam=1.0, T=0.8, alpha=0.2, N=14, ensemble="binary", measure=20, disorder=2, thermalize=10, seed=4)
    np.testing.assert_array_equal(a.energy.sel(T=0.8, N=14, ensemble="binary"), one.energy)
    assert a.attrs["seed"] == 4 and (a.energy <= -1e-9).all() and a.m_max_mean.attrs["symbol"]


def test_patterns_are_shared_by_temperatures_and_nested():
    task = MonteCarlo("modern", chains=1)
    points = ({"lam": 1.0, "N": 9, "K": K, "T": T} for K, T in ((5, 0.1), (20, 0.9)))
    few, many = (task.problem(task.check(point), sample=1, seed=3).patterns.archetypes for point in points)
    np.testing.assert_array_equal(few, many[:5])
    np.testing.assert_allclose(np.sum(many**2, axis=1), 9)


# ---- bad input

@pytest.mark.parametrize("call, words", [
    (dict(T=-0.1), "T = -0.1"), (dict(lam=0.0), "lam = 0"), (dict(lam=-2.0), "lam = -2"), (dict(dynamics="heat-bath"), "space = 'sphere'"),
    (dict(dynamics="langevin"), "space = 'sphere'"), (dict(dynamics="glauber"), "metropolis"), (dict(space="binary"), "binary patterns"),
    (dict(alpha=5.0, N=100), "K = exp"), (dict(alpha=0.3, N=90), "critical_loads"), (dict(ensemble="spheric"), "spherical"),
    (dict(space="cube"), "euclidean"), (dict(step=0.0), "step = 0"), (dict(order="odd"), "random"), (dict(start="glass"), "pattern"),
    (dict(start=np.ones((1, 8)) * 2), "norm"), (dict(start=np.full((1, 8), np.nan)), "finite"), (dict(alpha=0.0), "alpha = 0"), (dict(P=4), "P"),
    (dict(learning="supervised"), "learning"), (dict(engine="cupy"), "numba"), (dict(dynamics="tap"), "tap"), (dict(K=3), "exactly one"),
])
def test_bad_input_is_named(call, words):
    with pytest.raises(hn.ParameterError, match=words):
        hn.simulate("modern", **{"lam": 1.0, "T": 0.5, "N": 8, "alpha": 0.2, "measure": 1, "thermalize": 0, **call})


@pytest.mark.parametrize("array, call, words", [
    (np.ones((3, 4)) * 2, {}, r"norm\*\*2 = 16 with N = 4"), (np.ones((3, 4)) * 2, {"ensemble": "binary"}, "every entry"),
    (np.array([[1.0, np.nan]]), {}, "finite"), (np.ones(4), {}, "shape"), (np.ones((3, 4)), {"N": 5}, "N = 5"),
])
def test_bad_patterns_are_named(array, call, words):
    with pytest.raises(hn.ParameterError, match=words):
        hn.simulate("modern", **{"lam": 1.0, "T": 0.5, "patterns": array, "measure": 1, **call})
    assert float(hn.simulate("modern", lam=1.0, T=0.5, patterns=np.ones((3, 4)) * 2, ensemble="gaussian", measure=10).m_max.min()) > -2


def test_settings_of_other_networks_are_refused():
    with pytest.raises(hn.ParameterError, match="step"):
        hn.simulate("dense", P=4, N=8, K=3, T=0.1, step=0.1)
    with pytest.raises(hn.ParameterError, match="step"):
        hn.simulate("exponential", N=8, K=3, T=0.1, step=0.1)
    with pytest.raises(hn.ParameterError, match="metropolis"):
        hn.temper("modern", lam=1.0, N=8, K=3, T=[0.1, 0.2], space="euclidean", dynamics="langevin")
    with pytest.raises(hn.ParameterError, match="learn"):
        hn.simulate("exponential", T=0.1, examples=np.ones((1, 3, 8)))
    assert preparing.dynamics(networks.get("dense"), None) == preparing.dynamics(networks.get("exponential"), None) == "heat-bath"
