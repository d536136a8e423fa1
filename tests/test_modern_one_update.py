"""Exponential loads: one update against its exact law for one pattern, patterns against drawn overlaps, and the measured half-retrieval points."""
import math

import numpy as np
import pytest
from scipy.stats import beta, binom, ks_2samp, norm

import hebbnet as hn
from hebbnet import patterns
from hebbnet.montecarlo.one_update import half_point, probe_at, retrieved
from hebbnet.params import Params


def loads(probes, seed=11, **given):
    return hn.critical_loads(probes=probes, seed=seed, **given)


@pytest.mark.parametrize("ensemble, chance", [
    ("spherical", beta.sf((1 + 0.6) / 2, 4.5, 4.5)), ("gaussian", norm.sf(0.6 * math.sqrt(10))), ("binary", binom.sf(7, 10, 0.5)),
])
def test_the_second_pattern_wins_as_often_as_it_is_nearer(ensemble, chance):
    """N = 10, u0 = 0.6: a probe is lost at K = 2 where the other pattern's overlap is 0.6 or more."""
    lost = loads(40_000, N=10, lam=1.0, ensemble=ensemble, overlap=0.6, largest=2)
    assert set(np.unique(lost)) == {math.log(2) / 10, np.inf}
    fraction = np.mean(np.isfinite(lost))
    assert fraction == pytest.approx(chance, abs=3 * math.sqrt(chance / 40_000))


@pytest.mark.parametrize("ensemble", ["spherical", "gaussian", "binary"])
@pytest.mark.parametrize("overlap", [None, 0.7])
def test_patterns_and_drawn_overlaps_have_the_same_law(ensemble, overlap):
    given = {"N": 12, "lam": 0.8, "ensemble": ensemble, "overlap": overlap, "largest": 20_000}
    with_patterns, without = loads(400, draw="patterns", **given), loads(1600, **given)
    assert ks_2samp(with_patterns, without).pvalue > 0.003


def test_streamed_patterns_are_those_of_the_ensemble():
    """The load by brute force from the stored patterns, all at once."""
    K, N, lam = 5000, 11, 1.0
    lost = loads(6, N=N, lam=lam, overlap=0.8, draw="patterns", largest=K)
    for probe in range(6):
        stored = patterns.Ensemble("spherical", K, N, seed=11, sample=probe)[:]
        x, u = probe_at(stored[0], Params({"N": N, "overlap": 0.8, "ensemble": "spherical"}), 11, probe)
        assert u == 0.8 and x @ x == pytest.approx(N) and stored[0] @ x == pytest.approx(0.8 * N)
        sums = np.cumsum(np.exp(lam * (stored[1:] @ x - 0.8 * N)))
        assert lost[probe] == pytest.approx(math.log(np.argmax(sums >= 1) + 2) / N) if sums[-1] >= 1 else np.isinf(lost[probe])


# Loads of half retrieval measured independently (by weights above 1/2 at a grid of loads), each +-0.003
MEASURED = [
    ("spherical", 1.0, None, {12: 0.617, 16: 0.619}), ("spherical", 0.5, None, {24: 0.387}), ("binary", 1.0, None, {16: 0.577, 20: 0.569}),
    ("gaussian", 0.5, 1.0, {16: 0.374, 20: 0.374}), ("spherical", 2.0, 0.6, {20: 0.282, 30: 0.269}), ("spherical", 0.5, 0.8, {30: 0.2867}),
]


@pytest.mark.parametrize("ensemble, lam, overlap, points", MEASURED)
def test_half_retrieval_points(ensemble, lam, overlap, points):
    for N, want in points.items():
        half, error = half_point(loads(1000, N=N, lam=lam, ensemble=ensemble, overlap=overlap))
        assert half == pytest.approx(want, abs=3 * math.hypot(error, 0.003))
        if ensemble != "gaussian" and (lam, overlap) != (2.0, 0.6):      # the formula of N neurons; sums fluctuate beside it at order 1/N
            formula = float(hn.boundary("modern", "spinodal", T=0.0, lam=lam, ensemble=ensemble, N=N, **({"overlap": overlap} if overlap else {})))
            assert half == pytest.approx(formula, abs=3 * error + (0.002 if ensemble == "spherical" else 0.1 / N))


@pytest.mark.slow
def test_half_retrieval_points_of_larger_networks():
    for ensemble, lam, overlap, N, want in (("spherical", 1.0, None, 20, 0.620), ("binary", 1.0, None, 24, 0.567),
                                            ("spherical", 2.0, 0.6, 40, 0.262)):
        half, error = half_point(loads(1000, N=N, lam=lam, ensemble=ensemble, overlap=overlap))
        assert half == pytest.approx(want, abs=3 * math.hypot(error, 0.003))


def test_gaussian_patterns_are_lost_by_their_length():
    """As their own probes, of norm**2 = N r: alpha = (lam - lam**2/2) r, and the median of r is 1 - 2/(3 N) to this order."""
    for N in (12, 16):
        half, error = half_point(loads(4000, N=N, lam=0.5, ensemble="gaussian", largest=10**5))
        assert half == pytest.approx(0.375 * (1 - 2 / (3 * N)), abs=3 * error + 0.003) and half < 0.37


def test_gaussian_patterns_by_brute_force():
    """Patterns as their own probes: the fraction retrieved at one load, from sums over drawn patterns."""
    rng, N, lam, K = np.random.default_rng(5), 10, 0.7, 60
    x = rng.standard_normal((4000, N))
    noise = np.array([np.exp(lam * (rng.standard_normal((K - 1, N)) @ p - p @ p)).sum() for p in x])
    want = np.mean(noise < 1)
    got = np.mean(loads(4000, N=N, lam=lam, ensemble="gaussian", largest=K) > math.log(K) / N)
    assert got == pytest.approx(want, abs=3 * math.sqrt(want * (1 - want) / 2000))


def test_loads_do_not_depend_on_how_many_are_asked_for():
    given = {"N": 14, "lam": 0.6, "ensemble": "binary", "overlap": 0.8}
    np.testing.assert_array_equal(loads(5, **given), loads(50, **given)[:5])
    few, many = loads(50, largest=30, **given), loads(50, largest=10**5, **given)
    np.testing.assert_array_equal(few, np.where(many <= math.log(30) / 14, many, np.inf))
    assert (loads(50, seed=12, **given) != many).any()


def test_the_half_point_and_its_error():
    half, error = half_point(np.random.default_rng(1).permutation(np.arange(10_001.0)))
    assert half == 5000 and error == pytest.approx(50, abs=1)
    assert half_point(np.array([1.0, np.inf, np.inf]))[0] == np.inf


def test_all_patterns_at_once():
    stored = patterns.Ensemble("gaussian", 37, 24, seed=5)
    logits = 4.0 * stored[:] @ stored[:].T
    want = np.array([2 * np.exp(row[k] - row.max()) > np.exp(row - row.max()).sum() for k, row in enumerate(logits)])
    for chunk in (5, 37, 100):
        np.testing.assert_array_equal(retrieved(stored, 4.0, chunk=chunk), want)
    chances = [np.mean([retrieved(patterns.Ensemble("gaussian", round(math.exp(alpha * 24)), 24, seed=5, sample=s), 4.0).all() for s in range(60)])
               for alpha in (0.15, 0.2, 0.25)]
    assert chances[0] > 0.85 and 0.4 < chances[1] < 0.85 and chances[2] < 0.15     # theory: ln 2/4 = 0.173 for N -> infinity, pairs 0.21 at N = 24


# ---- the sign rule

def corrected(N, alpha, u0, samples, seed=3):
    """Fraction of typical probes that one step of the sign rule for all neurons at once leads to the pattern, exactly."""
    run = hn.simulate("exponential", N=N, alpha=alpha, T=0.0, start=("overlap", u0), dynamics="parallel", thermalize=0, measure=1, disorder=samples,
                      chains=1, seed=seed)
    return float((run.m == 1).mean())


def test_a_typical_probe_is_corrected_up_to_the_threshold():
    threshold = float(hn.boundary("exponential", "spinodal", T=0.0, overlap=0.6))
    below, at, above = (corrected(40, threshold * x, 0.6, 200) for x in (0.6, 1.0, 1.5))
    assert below > 0.9 and above < 0.1 and 0.3 < at < 0.75


def test_all_patterns_are_fixed_up_to_half_of_the_typical_load():
    """N = 20: half of all samples hold every pattern near alpha = (ln 2 - ln N/N)/2 = 0.272; neighbors at distance 1 tie the signal."""
    holds = []
    for alpha in (0.2, 0.27, 0.36):
        K, good = round(math.exp(alpha * 20)), 0
        for sample in range(20):
            x = patterns.random(K, 20, seed=4, sample=sample).archetypes
            run = hn.simulate("exponential", T=0.0, patterns=x, start=x.copy(), chains=K, dynamics="zero-temperature", order="systematic",
                              thermalize=0, measure=1, spins=True)
            good += bool((run.spins.values[0] == x).all())
        holds.append(good / 20)
    assert holds[0] > 0.8 and 0.1 < holds[1] < 0.9 and holds[2] < 0.2


def test_one_parallel_step_against_signal_and_noise():
    """Many comparable terms (u0 > tanh 2 lam): the sum of the other terms is Gaussian, and its variance exact."""
    for lam, N, K, u0 in ((0.1, 60, 400, 0.5), (0.15, 40, 150, 0.4)):
        run = hn.simulate("exponential", lam=lam, N=N, K=K, T=0.0, start=("overlap", u0), dynamics="parallel", thermalize=0, measure=1, disorder=300,
                          chains=1, seed=5)
        theory = hn.one_step("exponential", lam=lam, N=N, K=K, overlap=u0)
        assert 0.2 < theory < 0.5
        assert float(run.m_mean) == pytest.approx(theory, abs=3 * float(run.m_err) + 0.005)


# ---- studies and bad input

def test_a_study_of_critical_loads(tmp_path):
    study = hn.Study("loads", hn.Grid(lam=0.8, N=[10, 12], ensemble=["spherical", "binary"]), hn.OneUpdate(probes=50, disorder=4), seed=3)
    a = hn.open(study.run(tmp_path / "a", quiet=True))
    b = hn.open(study.run(tmp_path / "b", workers=2, quiet=True))
    np.testing.assert_array_equal(a.alpha_lost, b.alpha_lost)
    assert a.alpha_lost.dims == ("N", "ensemble", "disorder", "probe") and a.alpha_half.dims == ("N", "ensemble")
    assert float(a.alpha_half[0, 0]) == np.median(a.alpha_lost[0, 0]) and a.alpha_half.attrs["symbol"]


@pytest.mark.parametrize("call, words", [
    (dict(lam=0.0), "lam = 0"), (dict(N=2), "at least 3"), (dict(overlap=0.0), "overlap = 0"), (dict(overlap=1.5), "overlap = 1.5"),
    (dict(ensemble="cubic"), "spherical"), (dict(probes=0), "probes = 0"), (dict(largest=2**40), "2\\*\\*32"), (dict(draw="all"), "overlaps"),
    (dict(network="dense"), "modern"), (dict(seed=-1), "seed"),
])
def test_bad_input_is_named(call, words):
    with pytest.raises(hn.ParameterError, match=words):
        hn.critical_loads(**{"N": 10, "lam": 1.0, "probes": 2, **call})
    with pytest.raises(hn.ParameterError, match="lam"):
        retrieved(np.ones((2, 3)), -1.0)
