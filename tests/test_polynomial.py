"""The polynomial network (dense, self_interaction, rectified or not, P to 20): definition, engines, equilibrium, one step and its formulas."""
import json
from fractions import Fraction
from math import comb
from pathlib import Path

import numpy as np
import pytest
from networks import all_spins

import hebbnet as hn
from hebbnet import ParameterError, networks, patterns
from hebbnet.montecarlo import MonteCarlo, numba_engine, numpy_engine
from hebbnet.montecarlo.problem import State, overlaps
from hebbnet.params import Params

TABLE = json.loads((Path(__file__).parent / "data" / "modern_network.json").read_text())["polynomial"]


def problem(P, N, K, rectified, **settings):
    task = MonteCarlo("dense", **settings)
    point = task.check({"P": P, "N": N, "K": K, "T": 0.4, "self_interaction": True, "rectified": rectified})
    return task.problem(point, sample=0, seed=3)


def energy(x, spins, P, rectified):
    """H by its definition, from the mean over uniform spins, as a fraction."""
    N, F = x.shape[1], (lambda X: max(X, 0) ** P) if rectified else (lambda X: X**P)
    mean = sum(Fraction(comb(N, k) * F(N - 2 * k), 2**N) for k in range(N + 1))
    return -sum(F(int(X)) - mean for X in x.astype(int) @ spins) / (2 * N ** (P - 1))


@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("P, N", [(2, 10), (3, 10), (3, 11), (4, 9), (5, 8), (9, 12), (12, 10), (20, 9)])
def test_energies_and_flips_equal_the_definition(P, N, rectified):
    p = problem(P, N, 4, rectified)
    x = p.patterns.archetypes
    spins = np.random.default_rng(0).choice([-1, 1], (3, N)).astype(np.int8)
    s = State(spins, overlaps(p.patterns, spins), 0)
    want = [energy(x, state.astype(int), P, rectified) for state in spins]
    rounding = 4 * p.scale / 2 if rectified and P % 2 else 0   # the mean is rounded to an integer of the law
    for engine in (numba_engine.Engine(p), numpy_engine.Engine(p)):
        np.testing.assert_allclose(-p.scale * engine.energies(s), np.array(want, float), rtol=1e-12, atol=1e-12 + rounding)
    for i in range(N):
        flipped = spins[0].astype(int)
        flipped[i] *= -1
        h = numpy_engine.Engine(p).field(s.spins[0], s.overlaps[0], i)
        assert np.isclose(float(2 * p.scale * h * spins[0, i] / p.form.denominator), float(energy(x, flipped, P, rectified) - want[0]), rtol=1e-12)


@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("P", [3, 4, 9, 20])
def test_engines_agree_spin_for_spin(P, rectified):
    point = dict(P=P, N=30, K=25, T=0.3, self_interaction=True, rectified=rectified, start=("overlap", 0.4), thermalize=2, measure=6, disorder=2,
                 seed=5)
    a, b = (hn.simulate("dense", **point, engine=engine, spins=True) for engine in ("numba", "numpy"))
    np.testing.assert_array_equal(a.spins.values, b.spins.values)
    np.testing.assert_array_equal(a.energy.values, b.energy.values)


@pytest.mark.parametrize("rectified", [False, True])
def test_the_boltzmann_distribution_by_enumeration(rectified):
    N, K, T = 9, 3, 0.5
    run = hn.simulate("dense", P=9, N=N, K=K, T=T, self_interaction=True, rectified=rectified, start="random", thermalize=200, measure=3200, every=4,
                      disorder=1, chains=32, seed=20, series=True)
    spins, x = all_spins(N), patterns.random(K, N, seed=20, sample=0).archetypes
    X = x.astype(int) @ spins.T
    F = np.maximum(X, 0.0) ** 9 if rectified else X**9.0
    E = -(F - F.mean(axis=1, keepdims=True)).sum(axis=0) / (2 * N**8)   # the mean over all states is that over uniform spins
    w = np.exp(-(E - E.min()) / T)
    w /= w.sum()
    m, e = run.m_series[0].values, run.energy_series[0].values
    for got, want in [((m**2).mean(1), w @ (X[0] / N) ** 2), (m.mean(1), w @ X[0] / N), (e.mean(1), w @ E / N)]:
        assert abs(got.mean() - want) < 4.5 * got.std(ddof=1) / np.sqrt(32)


def test_rectified_patterns_do_not_store_their_opposites():
    point = dict(P=4, N=100, K=300, T=0, self_interaction=True, dynamics="zero-temperature", thermalize=20, measure=1, disorder=2, chains=1, seed=2)
    x = patterns.random(300, 100, seed=2, sample=0).archetypes
    for rectified, stays in ((False, True), (True, False)):
        run = hn.simulate("dense", **point, rectified=rectified, start=-x[0])
        assert (float(run.m[0, 0]) < -0.99) == stays
        assert float(hn.simulate("dense", **point, rectified=rectified, start=x[0]).m[0, 0]) > 0.99


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: f"P{e['n']}")
def test_formulas_have_the_reference_values(entry):
    P, N, K = entry["n"], entry["N"], entry["K"]
    got = {"P_err_exact_variance": hn.flip_error(P, N, K), "P_err_asymptotic": hn.flip_error(P, N, K, variance="asymptotic"),
           "alpha_n_0p5percent": hn.load_of_error(P, N, 0.005) / N ** (P - 1), "K_error_free": hn.error_free_load(P, N)}
    for name, value in got.items():
        np.testing.assert_allclose(value, entry[name], rtol=1e-10, err_msg=name)
    assert np.isclose(hn.flip_error(P, N, hn.load_of_error(P, N, 0.01), variance="asymptotic"), 0.01, rtol=1e-12)
    assert np.isclose(hn.load_of_error(P, N, 0.01, rectified=True), 2 * hn.load_of_error(P, N, 0.01))
    assert np.isclose(hn.error_free_load(P, N, patterns="all"), hn.error_free_load(P, N) / P)
    assert np.isclose(hn.flip_error(P, 10**6, 1e6 ** (P - 1) / 30), hn.flip_error(P, 10**6, 1e6 ** (P - 1) / 30, variance="asymptotic"), rtol=2e-4)


# the rest is the tail of a noise that is not quite Gaussian: at most a fifth of P_err at these sizes
@pytest.mark.parametrize("P, N, K, rectified, excess", [(2, 200, 30, False, 0.0), (2, 200, 60, True, 0.1), (3, 60, 180, False, 0.2),
                                                        (4, 40, 640, False, 0.1), (4, 40, 1280, True, 0.15)])
def test_one_step_flips_as_many_spins_as_the_formula_says(P, N, K, rectified, excess):
    """Parallel dynamics at T = 0, one sweep from the pattern, 400 samples."""
    run = hn.simulate("dense", P=P, N=N, K=K, T=0, self_interaction=True, rectified=rectified, start="pattern", dynamics="parallel", thermalize=0,
                      measure=1, every=1, disorder=400, chains=1, seed=11)
    got, error, want = (1 - float(run.m_mean)) / 2, float(run.m_err) / 2, hn.flip_error(P, N, K, rectified=rectified)
    assert error < 0.15 * want and -4 * error < got - want < 4 * error + excess * want, (got, error, want)


@pytest.mark.parametrize("change, words", [
    (dict(rectified=True), "without self_interaction"), (dict(P=9), "from 2 to 8, and N >= P"), (dict(P=21, self_interaction=True), "from 2 to 20"),
    (dict(rectified=1, self_interaction=True), "rectified = 1"),
    (dict(rectified=True, self_interaction=True, learning="supervised", r=0.5, M=3), "self_interaction"),
])
def test_bad_input_of_a_simulation_is_refused(change, words):
    with pytest.raises(ParameterError, match=words):
        hn.simulate("dense", **{"P": 4, "N": 20, "K": 5, "T": 0.1, "measure": 1, **change})


def test_bad_input_of_the_theory_is_refused():
    for call in (lambda: hn.solve("dense", P=4, alpha=0.1, T=0.1, self_interaction=True, rectified=True),
                 lambda: hn.boundary("dense", "spinodal", P=4, T=0.1, self_interaction=True, rectified=True)):
        with pytest.raises(ParameterError, match="no theory of the rectified"):
            call()
    for call, words in [(lambda: hn.flip_error(1, 10, 5), "P = 1"), (lambda: hn.flip_error(2, 1, 5), "N = 1"),
                        (lambda: hn.flip_error(2, 10, 0), "K = 0"),
                        (lambda: hn.flip_error(2, 10, 5, variance="no"), "variance"), (lambda: hn.load_of_error(2, 10, 0.5), "error = 0.5"),
                        (lambda: hn.error_free_load(2, 10, patterns="both"), "patterns")]:
        with pytest.raises(ParameterError, match=words):
            call()


def test_the_default_keeps_its_random_numbers():
    """`rectified` is no part of the key of the dynamics unless it is True: runs from before there was such a word come out the same."""
    p = networks.get("dense").check(Params({"P": 4, "N": 20, "K": 5, "T": 0.1, "self_interaction": False, "rectified": False}))
    assert dict(p) == {"P": 4, "N": 20, "K": 5, "T": 0.1, "self_interaction": False}
