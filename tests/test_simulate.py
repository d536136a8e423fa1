"""simulate: the same data from every engine, starts that are what they say, error bars that mean something, clear refusals."""
import numpy as np
import pytest

import hebbnet as hn
from hebbnet.montecarlo import statistics

SMALL = {"P": 4, "alpha": 0.1, "T": 0.4, "N": 24, "thermalize": 5, "measure": 30, "every": 3, "disorder": 3, "chains": 4, "seed": 8}


@pytest.mark.parametrize("change", [{}, {"P": 2, "alpha": 2.0}, {"P": 3, "self_interaction": True}, {"dynamics": "parallel"},
                                    {"dynamics": "metropolis", "order": "systematic"}, {"start": "random"}, {"start": ("overlap", 0.6)}])
def test_numpy_and_numba_give_identical_data(change):
    settings = {**SMALL, **change}
    assert hn.simulate("dense", engine="numpy", **settings).identical(hn.simulate("dense", engine="numba", **settings))


def test_variables_and_shapes_are_the_documented_ones():
    run = hn.simulate("dense", **SMALL, series=True, spins=True)
    for name in ("m", "m_other", "energy", "acceptance", "m_tau", "ess", "equilibrated", "escaped"):
        assert run[name].dims == ("disorder", "chain") and run[name].shape == (3, 4)
    assert run.q.shape == (3, 2) and run.m_series.shape == (3, 4, 10) and run.spins.shape == (3, 4, 24)
    assert run.equilibrated.dtype == bool and "halves" in run.equilibrated.attrs["test"]
    np.testing.assert_allclose(run.m, run.m_series.mean("measurement"))
    per_sample = run.m.values.mean(1)
    assert float(run.m_mean) == pytest.approx(per_sample.mean())
    assert float(run.m_err) == pytest.approx(per_sample.std(ddof=1) / np.sqrt(3))
    for name, variable in run.variables.items():
        assert variable.attrs["long_name"] and variable.attrs["units"], name
    assert int(run.K) == round(0.1 * 2 / 24 * 24**3) and bool(run.exact_integers)


def test_final_spins_have_the_overlap_and_energy_that_are_reported():
    run = hn.simulate("dense", **{**SMALL, "every": 1, "measure": 4}, series=True, spins=True)
    for sample in range(3):
        x = hn.patterns.random(int(run.K), 24, seed=8, sample=sample).archetypes.astype(int)
        X = x @ run.spins[sample, 0].values.astype(int)
        e4 = (X**4 - (6 * 24 - 8) * X**2 + 3 * 24**2 - 6 * 24) // 24   # Newton's identities
        assert float(run.m_series[sample, 0, -1]) == X[0] / 24
        assert float(run.energy_series[sample, 0, -1]) == pytest.approx(-12 / 24**3 * e4.sum() / 24, rel=1e-13)


def test_one_chain_has_no_q_and_one_sample_has_no_error():
    run = hn.simulate("dense", **{**SMALL, "chains": 1, "disorder": 1})
    assert "q" not in run and np.isnan(run.m_err) and np.isfinite(run.m_mean)


def test_one_pattern_has_no_other_overlap():
    run = hn.simulate("dense", P=4, K=1, T=0.3, N=20, measure=10)
    assert np.isnan(run.m_other).all() and np.isnan(run.m_other_mean)


@pytest.mark.parametrize("m0", [-1.0, -0.3, 0.0, 0.55, 1.0])
def test_starting_overlap_is_the_nearest_possible(m0):
    run = hn.simulate("dense", P=4, K=3, T=0.0, N=40, dynamics="zero-temperature", thermalize=0, measure=1, start=("overlap", m0),
                      chains=3, spins=True, series=True)
    task = hn.MonteCarlo("dense", start=("overlap", m0), chains=3)
    problem = task.problem(task.check({"P": 4, "K": 3, "T": 0.0, "N": 40}), sample=0, seed=0)
    state = task.initial(problem, 0)
    np.testing.assert_allclose(state.overlaps[:, 0] / 40, m0, atol=1 / 40)
    assert abs(m0) == 1 or len({s.tobytes() for s in state.spins}) == 3   # chains start at different points
    assert run.sizes["chain"] == 3


def test_the_starting_overlap_can_be_an_axis_of_a_grid(tmp_path):
    settings = {"dynamics": "zero-temperature", "thermalize": 20, "measure": 1, "disorder": 4, "chains": 3}
    study = hn.Study("basin", hn.Grid(P=4, N=30, alpha=0.1, T=0.0, m0=[0.2, 0.5, 1.0]), hn.MonteCarlo("dense", start="overlap", **settings))
    data = hn.open(study.run(tmp_path, quiet=True))
    assert data.m.dims == ("m0", "disorder", "chain") and np.all(np.diff(data.m_mean) > 0.1) and data.m0.attrs["symbol"] == "m_0"
    run = hn.simulate("dense", P=4, N=30, alpha=0.1, T=0.0, start="overlap", m0=0.5, **settings)
    np.testing.assert_array_equal(run.m, data.m.sel(m0=0.5))
    fixed = hn.simulate("dense", P=4, N=30, alpha=0.1, T=0.0, start=("overlap", 0.5), **{**settings, "thermalize": 0})
    scanned = hn.simulate("dense", P=4, N=30, alpha=0.1, T=0.0, start="overlap", m0=0.5, **{**settings, "thermalize": 0})
    assert not np.array_equal(fixed.energy, scanned.energy)   # m0 is in the key of the dynamics
    for change in ({"start": "pattern", "m0": 0.5}, {"start": "overlap"}, {"start": ("overlap", 0.1), "m0": 0.1}):
        with pytest.raises(hn.ParameterError, match="both or neither"):
            hn.simulate("dense", P=4, N=30, alpha=0.1, T=0.0, **change)
    with pytest.raises(hn.ParameterError, match="m0 = 1.5"):
        hn.simulate("dense", P=4, N=30, alpha=0.1, T=0.0, start="overlap", m0=1.5)


def test_random_starts_are_unbiased_and_differ():
    task = hn.MonteCarlo("dense", start="random", chains=50)
    problem = task.problem(task.check({"P": 2, "K": 3, "T": 0.5, "N": 200}), sample=0, seed=0)
    spins = task.initial(problem, 0).spins
    assert abs(spins.mean()) < 5 / np.sqrt(spins.size) and len({s.tobytes() for s in spins}) == 50


def test_given_spins_and_patterns_are_used():
    x = hn.patterns.random(5, 30, seed=1, sample=0).archetypes
    run = hn.simulate("dense", P=4, T=0.05, patterns=x, start=x[2], thermalize=5, measure=10, spins=True)
    assert (run.spins[0] == x[2]).all() and int(run.K) == 5 and int(run.N) == 30
    assert float(run.m_other_mean) == 1.0   # the condensed pattern is the third one
    each = hn.simulate("dense", P=2, T=0.0, patterns=x.astype(float), start=np.stack([x[0], -x[0]]), measure=10)
    np.testing.assert_array_equal(each.m[0], [1, -1])


def test_samples_and_chains_do_not_depend_on_how_many_there_are():
    few, many = hn.simulate("dense", **SMALL), hn.simulate("dense", **{**SMALL, "disorder": 5, "chains": 6})
    np.testing.assert_array_equal(few.m, many.m[:3, :4])


def test_chains_that_leave_retrieval_are_counted_and_not_averaged_away():
    kept = hn.simulate("dense", P=4, alpha=0.1, T=0.4, N=60, disorder=4, thermalize=50, measure=100, seed=3)
    assert float(kept.escaped_fraction) == 0 and float(kept.m_retrieval_mean) == float(kept.m_mean)
    lost = hn.simulate("dense", P=4, alpha=0.1, T=1.5, N=60, disorder=4, thermalize=50, measure=100, seed=3)
    assert float(lost.escaped_fraction) == 1 and np.isnan(lost.m_retrieval_mean) and abs(float(lost.m_mean)) < 0.2
    some = hn.simulate("dense", P=4, alpha=0.1, T=0.85, N=60, disorder=12, thermalize=20, measure=100, seed=3)
    assert 0 < float(some.escaped_fraction) < 1
    stayed = some.m.where(~some.escaped)
    assert float(some.m_retrieval_mean) == pytest.approx(float(stayed.mean("chain").mean())) and some.m_retrieval_mean > some.m_mean


def test_a_drifting_chain_is_not_called_equilibrated():
    run = hn.simulate("dense", P=4, alpha=0.1, T=0.86, N=100, disorder=6, chains=2, thermalize=0, measure=300, seed=5)
    assert not run.equilibrated.all() and run.escaped.any()
    short = hn.simulate("dense", P=4, alpha=0.1, T=0.4, N=24, measure=4)
    assert not short.equilibrated.any()


def test_autocorrelation_time_of_a_known_process():
    """AR(1) with coefficient a: tau = (1 + a) / (1 - a)."""
    rng = np.random.default_rng(0)
    for a in (0.0, 0.5, 0.9):
        noise, x = rng.normal(size=200_000), np.zeros(200_000)
        for t in range(1, len(x)):
            x[t] = a * x[t - 1] + noise[t]
        assert statistics.autocorrelation_time(x) == pytest.approx((1 + a) / (1 - a), rel=0.1)
    assert np.isnan(statistics.autocorrelation_time(np.ones(50)))


def test_the_verdict_rejects_drift_and_short_series_and_accepts_noise():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=400)
    assert statistics.settled(noise) and statistics.settled(np.ones(50))
    assert not statistics.settled(noise + np.linspace(0, 4, 400))
    assert not statistics.settled(noise + 3 * (np.arange(400) > 200))
    assert not statistics.settled(noise[:6]) and not statistics.settled(np.cumsum(rng.normal(size=400)))


@pytest.mark.parametrize("change, parameter, words", [
    ({"T": -0.1}, "T", "T = -0.1"), ({"T": float("nan")}, "T", "finite"), ({"alpha": 0}, "alpha", "K=1"), ({"alpha": -1}, "alpha", "alpha = -1"),
    ({"P": 1}, "P", ">= 2"), ({"P": 9}, "P", "2 to 8"), ({"P": 2.5}, "P", "integer"), ({"N": 3}, "P", "N >= P"), ({"N": 0}, "N", ">= 1"),
    ({"alfa": 0.1}, "alfa", "Did you mean 'alpha'"), ({"K": 5}, "alpha", "exactly one"), ({"alpha": 1e8}, "alpha", "GB"),
    ({"self_interaction": 1}, "self_interaction", "True or False"), ({"dynamics": "glauber"}, "dynamics", "heat-bath"),
    ({"order": "sequential"}, "order", "systematic"), ({"engine": "numbo"}, "engine", "'numba'"), ({"start": "patern"}, "start", "'pattern'"),
    ({"start": ("overlap", 1.2)}, "start", "-1 and 1"), ({"start": np.zeros(24)}, "start", "+1 or -1"),
    ({"start": np.ones(23)}, "start", "N = 24"), ({"start": np.ones((3, 24))}, "start", "chains = 4"), ({"seed": -1}, "seed", "2**64"),
    ({"chains": 0}, "chains", ">= 1"), ({"measure": 31}, "measure", "multiple"), ({"thermalize": -1}, "thermalize", ">= 0"),
    ({"dynamics": "zero-temperature"}, "T", "T = 0"),
])
def test_bad_input_is_one_clear_error(change, parameter, words):
    with pytest.raises(hn.ParameterError) as error:
        hn.simulate("dense", **{**SMALL, **change})
    assert error.value.parameter == parameter and words in str(error.value)


def test_unknown_networks_and_missing_parameters_are_named():
    with pytest.raises(hn.ParameterError, match="Did you mean 'dense'"):
        hn.simulate("dens", P=4, alpha=0.1, T=0.1, N=20)
    with pytest.raises(hn.ParameterError, match="needs N"):
        hn.simulate("dense", P=4, alpha=0.1, T=0.1)
    x = np.ones((3, 20))
    with pytest.raises(hn.ParameterError, match="patterns given have N = 20"):
        hn.simulate("dense", P=4, T=0.1, N=30, patterns=x)
    with pytest.raises(hn.ParameterError, match="disorder = 2"):
        hn.simulate("dense", P=4, T=0.1, patterns=x, disorder=2)


def test_there_is_an_error_bar_unless_one_asks_for_one_sample():
    run = hn.simulate("dense", P=4, alpha=0.1, T=0.5, N=20, measure=10)
    assert run.sizes["disorder"] == 8 and np.isfinite(run.m_err)
    assert hn.simulate("dense", P=4, T=0.5, patterns=np.ones((2, 20)), measure=10).sizes["disorder"] == 1
