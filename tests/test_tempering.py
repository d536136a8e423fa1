"""Parallel tempering against exact enumeration behind high barriers, against plain heat-bath, and piece by piece."""
import numpy as np
import pytest
from networks import all_spins, brute_energy

import hebbnet as hn
from hebbnet import streams
from hebbnet.montecarlo import Tempering, statistics, temper, tempering, tune_ladder

SEED, LADDER = 30, (0.12, 0.2, 0.3, 0.42, 0.58, 0.8, 1.1)
SMALL = {"P": 4, "K": 6, "N": 20, "T": [0.3, 0.5, 0.8], "thermalize": 4, "measure": 12, "every": 2, "disorder": 2, "seed": 8}


class Exact:
    """All 2**N states of one sample: energies, overlaps with pattern 1 and Boltzmann weights."""

    def __init__(self, P, N, K, seed=SEED):
        x = hn.patterns.random(K, N, seed=seed, sample=0).archetypes
        self.N, self.spins = N, all_spins(N).astype(np.int8)
        self.E = np.array([brute_energy(x, s, P, False) for s in self.spins], float)
        self.m = self.spins @ x[0].astype(int) / N

    def weights(self, T):
        w = np.exp(-(self.E - self.E.min()) / T)
        return w / w.sum()

    def q_distribution(self, T):
        """Probability of each of the N + 1 values of q between two independent states."""
        w, p = self.weights(T), np.zeros(self.N + 1)
        for s, weight in zip(self.spins, w):
            p += weight * np.bincount((self.spins @ s.astype(int) + self.N) // 2, weights=w, minlength=self.N + 1)
        return p


@pytest.mark.parametrize("P, N, K, dynamics", [(4, 10, 2, "heat-bath"), (3, 9, 3, "heat-bath"), (3, 9, 3, "metropolis"),
                                               (2, 10, 2, "heat-bath")])
def test_tempering_visits_all_minima_as_enumeration_says_where_heat_bath_stays_in_one(P, N, K, dynamics):
    exact, R, measure = Exact(P, N, K), 16, 8000
    run = temper("dense", P=P, N=N, K=K, T=LADDER, start="pattern", dynamics=dynamics, disorder=1, replicas=R, thermalize=200, measure=measure,
                 every=4, seed=SEED, series=True)
    assert run.round_trips.min() > 0
    for k, T in enumerate(LADDER):
        w, m, e = exact.weights(T), run.m_series[0, :, k].values, run.energy_series[0, :, k].values
        levels = [(m > 0.9, exact.m > 0.9), (m < -0.9, exact.m < -0.9), (np.abs(m) < 0.9, np.abs(exact.m) < 0.9)]
        for got, want in [*levels, (m, exact.m), (m**2, exact.m**2), (e, exact.E / N), (e**2, (exact.E / N) ** 2)]:
            replicas = got.mean(1)
            error = replicas.std(ddof=1) / np.sqrt(R)
            assert error < 0.03 and abs(replicas.mean() - w @ want) <= 4.5 * error + 2 / (R * measure / 4), (T, replicas.mean(), w @ want)
        p = run.q_density.isel(disorder=0, T=k).values * 2 / N
        assert p.sum() == pytest.approx(1) and np.abs(p - exact.q_distribution(T)).sum() / 2 < 0.03
    stuck = hn.simulate("dense", P=P, N=N, K=K, T=LADDER[0], start="pattern", dynamics=dynamics, chains=R, thermalize=200, measure=measure,
                        seed=SEED)
    assert abs(float(stuck.m_mean) - exact.weights(LADDER[0]) @ exact.m) > 0.2   # barriers: the test has teeth


def test_tempering_and_heat_bath_agree_where_both_equilibrate():
    point = {"P": 4, "alpha": 0.3, "N": 24, "disorder": 12, "thermalize": 300, "measure": 3000, "every": 3, "start": "random", "seed": SEED}
    T = [0.7, 0.9, 1.2]
    run = temper("dense", **point, T=T)
    assert run.equilibrated.mean() > 0.9
    for k, t in enumerate(T):
        plain = hn.simulate("dense", **point, T=t)
        for name in ("energy", "m", "m_other", "q", "acceptance"):
            other = "pair" if name == "q" else "replica"
            gap = run[name].isel(T=k).mean(other).values - plain[name].mean("pair" if name == "q" else "chain").values   # same disorder
            assert abs(gap.mean()) <= 4.5 * gap.std(ddof=1) / np.sqrt(12), (name, t)


def two_temperatures(replicas=400, dynamics="heat-bath", T=(0.4, 1.0)):
    task = Tempering("dense", T=T, replicas=replicas, start="random", dynamics=dynamics)
    ladder = task.ladder(task.check({"P": 3, "N": 5, "K": 2}), sample=0, seed=SEED)
    return ladder, task.initial(ladder, SEED)


@pytest.mark.parametrize("dynamics", ["heat-bath", "metropolis"])
def test_the_joint_distribution_of_two_temperatures_is_the_product(dynamics):
    exact, (ladder, state) = Exact(3, 5, 2), two_temperatures(dynamics=dynamics)
    S = np.round(-exact.E / ladder.engine.problem.scale).astype(int)
    levels = np.unique(S)
    cold, hot = (np.array([exact.weights(T)[S == level].sum() for level in levels]) for T in ladder.T)
    state, _ = ladder.advance(state, 100)
    seen, swaps, tried = np.zeros((400, len(levels), len(levels))), np.zeros(400), np.zeros(400)
    for _ in range(100):
        state, counts = ladder.advance(state, 1)
        places = np.searchsorted(levels, state.sums)
        seen[np.arange(400), places[:, 0], places[:, 1]] += 1 / 100
        swaps, tried = swaps + counts.swaps[:, 0], tried + counts.tried[:, 0]
    error = seen.std(0, ddof=1) / np.sqrt(400)
    assert np.all(np.abs(seen.mean(0) - np.outer(cold, hot)) <= 4.5 * error + 1e-4)
    rate = swaps / tried
    accept = np.exp(np.minimum(0, (1 / ladder.T[0] - 1 / ladder.T[1]) * -ladder.engine.problem.scale * (levels[:, None] - levels)))
    assert abs(rate.mean() - cold @ accept @ hot) <= 4.5 * rate.std() / np.sqrt(400) and 0.1 < rate.mean() < 0.9
    assert np.all(tried == 50)


def test_a_swap_is_accepted_with_the_probability_of_metropolis():
    for T, sums in [((0.4, 1.0), (10, 3)), ((0.4, 1.0), (10, 9)), ((0.4, 1.0), (3, 10)), ((0.0, 1.0), (10, 9)), ((0.0, 1.0), (9, 10)),
                    ((0.0, 1.0), (9, 9))]:
        ladder, state = two_temperatures(T=T, replicas=400)
        E = -ladder.engine.problem.scale * np.array(sums)
        with np.errstate(divide="ignore", invalid="ignore"):
            exponent = (1 / ladder.T[0] - 1 / ladder.T[1]) * (E[0] - E[1])
        want = np.exp(min(0.0, np.nan_to_num(exponent, posinf=1, neginf=-np.inf)))
        counts = tempering.Counts.none(400, 2)
        for number in range(0, 80, 2):
            chains = state.chains._replace(sweep=number + 1)
            ladder.swap(state._replace(chains=chains, sums=np.tile(sums, (400, 1))), counts)
        assert (counts.tried == 40).all()
        got = counts.swaps.sum() / counts.tried.sum()
        assert abs(got - want) <= 4.5 * np.sqrt(want * (1 - want) / 16_000), (T, sums)


def test_swap_numbers_are_uniform_and_no_one_elses():
    key = streams.point_key(1, {})
    u = streams.swaps(key, 7, 500, 2, 9, 3) / 2.0**53
    assert u.shape == (500, 2, 9) and 0 < u.min() and u.max() < 1 and len(np.unique(u)) == u.size
    assert abs(u.mean() - 0.5) < 5 / np.sqrt(12 * u.size)
    np.testing.assert_array_equal(streams.swaps(key, 9, 3, 2, 9, 3), streams.swaps(key, 7, 500, 2, 9, 3)[2:5])
    flips = np.concatenate([streams.attempts(key, sweep, chain, 3, 9)[0] for sweep in range(7, 507) for chain in range(2)])
    assert not set(flips / 2.0**53) & set(u.ravel())


def test_every_swap_has_its_own_numbers_in_any_order():
    ladder, _ = two_temperatures(replicas=3)
    for number in (0, 700, 255, 256, 1):
        n = streams.swaps(ladder.engine.problem.key, number, 1, 3, 1, 0)[0]
        np.testing.assert_array_equal(ladder.minus_log(number), streams.minus_log(n))


def test_chains_of_all_temperatures_and_replicas_draw_different_numbers():
    """At T = infinity for all, say, chains started alike would stay alike if they shared random numbers."""
    run = temper("dense", P=2, K=3, N=30, T=[1e6, 2e6, 3e6, 4e6], start="pattern", disorder=1, replicas=3, thermalize=1, measure=1,
                 spins=True)
    assert len({s.tobytes() for s in run.spins.values.reshape(12, 30)}) == 12


def test_round_trips_and_swaps_are_counted_as_by_hand():
    """Three temperatures, every swap accepted: 012 102 120 210 201 021 012 ..., a round trip takes six swaps."""
    task = Tempering("dense", T=[0.5, 0.6, 0.7], replicas=1, start="pattern")
    ladder = task.ladder(task.check({"P": 2, "N": 6, "K": 1}), sample=0, seed=0)
    state, trips, order = task.initial(ladder, 0), np.zeros(3, int), []
    for number in range(12):
        counts = tempering.Counts(np.zeros((1, 3), int), np.zeros((1, 2), int), np.zeros((1, 2), int), np.zeros((1, 3), int))
        state = ladder.swap(state._replace(chains=state.chains._replace(sweep=number + 1)), counts)   # equal energies: always accepted
        np.testing.assert_array_equal(counts.swaps, counts.tried)
        assert counts.tried.tolist() == [[1, 0]] if number % 2 == 0 else [[0, 1]]
        order.append("".join(map(str, state.walker[0])))
        trips += counts.trips[0]
    assert order[:6] == ["102", "120", "210", "201", "021", "012"]
    assert trips.tolist() == [2, 1, 1]   # walker 0 is home after swaps 5 and 11, walker 1 after 7, walker 2 after 9


def test_swaps_move_spins_overlaps_and_energies_together():
    task = Tempering("dense", T=LADDER, replicas=2)
    ladder = task.ladder(task.check({"P": 3, "N": 21, "K": 70}), sample=1, seed=3)
    state, counts = ladder.advance(task.initial(ladder, 3), 30)
    assert counts.swaps.min() > 0 and counts.tried.sum() == 2 * 15 * 6
    np.testing.assert_array_equal(np.sort(state.walker), np.tile(np.arange(7), (2, 1)))
    rows = ladder.engine.problem.patterns.archetypes.astype(int)
    np.testing.assert_array_equal(state.chains.overlaps[:, :70], state.chains.spins.astype(int) @ rows.T)
    np.testing.assert_array_equal(state.sums.ravel(), ladder.engine.energies(state.chains))


@pytest.mark.parametrize("change", [{}, {"P": 2, "K": 40}, {"P": 3, "dynamics": "metropolis", "order": "systematic"}, {"T": [0, 0.4, 0.9]},
                                    {"T": [0, 0.4], "dynamics": "metropolis", "swap_every": 2}, {"start": ("pattern", "random")},
                                    {"self_interaction": True, "replicas": 3, "start": ("overlap", 0.5)},
                                    {"P": 8, "N": 300, "K": 1000, "T": [2e4, 4e4], "measure": 4, "disorder": 1}])
def test_numpy_and_numba_give_identical_data(change):
    settings = {**SMALL, **change}
    one, other = (temper("dense", engine=engine, series=True, spins=True, **settings) for engine in ("numpy", "numba"))
    assert one.identical(other) and one.identical(temper("dense", series=True, spins=True, **settings))
    assert bool(one.exact_integers) == (settings["P"] < 8) and one.swap_rate.sum() > 0


@pytest.mark.parametrize("P, K", [(2, 60), (4, 6)])
def test_running_in_pieces_changes_nothing(P, K):
    task = Tempering("dense", T=LADDER, replicas=2, swap_every=2)
    params = task.check({"P": P, "N": 20, "K": K})

    def run(pieces):
        state, total = None, 0
        for sweeps in pieces:
            ladder = task.ladder(params, sample=0, seed=5)   # as after a restart: the state is all there is
            state, counts = ladder.advance(task.initial(ladder, 5) if state is None else state, sweeps)
            total = total + np.concatenate([c.ravel() for c in counts])
        return state, total

    (whole, count), (pieces, other) = run([1100]), run([2, 600, 498])
    for a, b in zip((*whole.chains, *whole[1:], count), (*pieces.chains, *pieces[1:], other)):
        np.testing.assert_array_equal(a, b)


def test_variables_and_shapes_are_the_documented_ones():
    run = temper("dense", **{**SMALL, "replicas": 4, "bins": 7}, series=True, spins=True)
    for name in ("m", "m_abs", "m_other", "energy", "acceptance", "m_tau", "ess", "equilibrated"):
        assert run[name].dims == ("disorder", "replica", "T") and run[name].shape == (2, 4, 3)
    for name in ("q", "q_abs", "q2", "q4", "replicas_agree"):
        assert run[name].dims == ("disorder", "pair", "T") and run[name].shape == (2, 2, 3)
    assert run.swap_rate.dims == ("disorder", "replica", "interval") and run.swap_rate.shape == (2, 4, 2)
    assert run.round_trips.dims == ("disorder", "replica", "walker") and run.q_density.shape == (2, 3, 7) and run.q_edge.shape == (8,)
    assert run.spins.shape == (2, 4, 3, 20) and run.q_series.shape == (2, 2, 3, 6) and run["T"].values.tolist() == SMALL["T"]
    for name, variable in run.variables.items():
        assert variable.attrs["long_name"] and variable.attrs["units"], name
    np.testing.assert_allclose((run.q_density * np.diff(run.q_edge)).sum("bin"), 1)
    for k, name in enumerate(("q", "q_abs", "q2", "q4")):
        np.testing.assert_allclose(run[name], [run.q_series, abs(run.q_series), run.q_series**2, run.q_series**4][k].mean("measurement"))
    s = run.spins.values[1, :, 2].astype(int)
    assert float(run.q_series[1, 1, 2, -1]) == s[2] @ s[3] / 20
    per_sample = run.energy.mean("replica").values
    np.testing.assert_allclose(run.energy_mean, per_sample.mean(0))
    np.testing.assert_allclose(run.energy_err, per_sample.std(0, ddof=1) / np.sqrt(2))
    assert run.binder.dims == run.binder_err.dims == ("T",) and "replicas" in run.replicas_agree.attrs["test"]
    alone = temper("dense", **{**SMALL, "replicas": 1, "disorder": 1})
    assert "q" not in alone and "q_density" not in alone and np.isnan(alone.energy_err).all()


def test_the_bins_of_q_hold_whole_values():
    for N, bins in [(20, None), (21, 7), (64, 33), (64, 40), (9, 1)]:
        edges = tempering.overlap_bins(N, bins)
        assert edges[0] == 0 and edges[-1] == N + 1 and np.all(np.diff(edges) >= 1) and len(edges) == (bins or N + 1) + 1
        assert np.ptp(np.diff(edges)) <= 1
        Q = np.random.default_rng(N).choice(np.arange(-N, N + 1, 2), (2, 3, 50))
        heights, _ = np.histogram(Q[:, 1] / N, (2 * edges - N - 1) / N, density=True)
        np.testing.assert_allclose(tempering.density(Q, N, edges)[1], heights)


def test_binder_cumulant_and_its_jackknife_error():
    rng = np.random.default_rng(5)
    assert statistics.binder(np.array(0.25), np.array(0.0625)) == 1 and statistics.binder(np.array(1.0), np.array(3.0)) == 0
    scatter, errors = [], []
    for _ in range(300):
        q = rng.normal(size=(40, 50))
        value, error = statistics.jackknife(statistics.binder, (q**2).mean(1), (q**4).mean(1))
        scatter.append(value)
        errors.append(error)
    assert np.mean(errors) == pytest.approx(np.std(scatter), rel=0.15)
    assert np.isnan(statistics.jackknife(np.square, np.ones(1))[1])
    mean = rng.normal(size=30)
    assert statistics.jackknife(lambda a: a, mean)[1] == pytest.approx(statistics.mean_and_error(mean)[1])


def test_replicas_that_disagree_are_told_apart():
    rng = np.random.default_rng(6)
    x = rng.normal(size=(2, 400))
    assert statistics.agree(*x) and not statistics.agree(x[0], x[1] + 0.5) and statistics.agree(np.ones(9), np.ones(9))
    assert not statistics.agree(np.ones(9), np.zeros(9))
    cold = {"P": 4, "alpha": 0.1, "N": 60, "T": [0.1, 0.15], "start": ("pattern", "random"), "measure": 400, "seed": 1}
    run = temper("dense", **cold)
    assert not run.replicas_agree.any() and run.round_trips.sum() > 0   # round trips alone prove nothing: the ladder is too short
    assert temper("dense", P=4, K=2, N=12, T=LADDER, start=("pattern", "random"), measure=8000, every=2,
                  disorder=1, seed=1).replicas_agree.all()


def test_a_tuned_ladder_has_even_swap_rates():
    point = {"P": 4, "alpha": 0.1, "N": 40, "start": "pattern"}
    T = tune_ladder("dense", **point, low=0.4, high=1.6, size=10, seed=2)
    assert T[0] == 0.4 and T[-1] == 1.6 and len(T) == 10 and np.all(np.diff(T) > 0)
    np.testing.assert_array_equal(T, tune_ladder("dense", **point, low=0.4, high=1.6, size=10, seed=2, engine="numba"))
    assert all(float(f"{t:.6g}") == t for t in T)

    def rates(T):
        return temper("dense", **point, T=T, disorder=4, measure=2000, seed=9).swap_rate_mean.values

    tuned, geometric = rates(T), rates(np.geomspace(0.4, 1.6, 10))
    assert np.ptp(tuned) < 0.5 * np.ptp(geometric) and tuned.min() > geometric.min()


def test_a_study_gives_what_temper_gives(tmp_path):
    settings = {"T": [0.4, 0.6, 0.9], "thermalize": 5, "measure": 20, "disorder": 3, "bins": 5}
    study = hn.Study("ladders", hn.Grid(P=3, N=[12, 15], alpha=[0.5, 1.0]), Tempering("dense", **settings), seed=4)
    path = study.run(tmp_path, quiet=True)
    data, run = hn.open(path).sel(N=15, alpha=0.5), temper("dense", P=3, N=15, alpha=0.5, seed=4, **settings)
    for name in run.data_vars:
        np.testing.assert_array_equal(data[name].values, run[name].values, err_msg=name)
    assert hn.open(path).energy.dims == ("N", "alpha", "disorder", "replica", "T") and "left_out" not in data.attrs
    digest = data.attrs["digest"]
    assert hn.open(study.run(tmp_path / "other", engine="numpy", quiet=True)).attrs["digest"] == digest
    with pytest.raises(hn.ParameterError, match="leave T out"):
        hn.Study("wrong", hn.Grid(P=3, N=12, alpha=0.5, T=[0.4]), Tempering("dense", **settings))


def test_given_patterns_and_samples_do_not_depend_on_how_many_there_are():
    x = hn.patterns.random(5, 16, seed=2, sample=0).archetypes
    point = {"P": 3, "T": [0.3, 0.6], "thermalize": 3, "measure": 10, "seed": 2}
    given = temper("dense", patterns=x, **point)
    assert int(given.K) == 5 and int(given.N) == 16
    np.testing.assert_array_equal(given.energy[0], temper("dense", K=5, N=16, disorder=3, **point).energy[0])
    few, many = (temper("dense", K=5, N=16, replicas=R, **point) for R in (2, 4))
    np.testing.assert_array_equal(few.energy[0], many.energy[0, :2])


@pytest.mark.parametrize("change, parameter, words", [
    ({"T": [0.5]}, "T", "at least two"), ({"T": 0.5}, "T", "ladder"), ({"T": [0.3, 0.3, 0.5]}, "T", "ascending"),
    ({"T": [0.5, 0.3]}, "T", "ascending"),
    ({"T": [-0.1, 0.3]}, "T", "T = -0.1"), ({"T": [0.1, np.nan]}, "T", "finite"), ({"T": ["a", "b"]}, "T", "number"),
    ({"T": [[0.1, 0.2]]}, "T", "shape (1, 2)"), ({"dynamics": "parallel"}, "dynamics", "heat-bath"), ({"order": "up"}, "order", "systematic"),
    ({"dynamics": "zero-temperature"}, "dynamics", "metropolis"), ({"swap_every": 0}, "swap_every", ">= 1"),
    ({"swap_every": 3}, "thermalize", "multiple of swap_every = 3"), ({"every": 5}, "measure", "multiple of every = 5"),
    ({"replicas": 0}, "replicas", ">= 1"), ({"start": ("random",)}, "start", "replicas = 2"), ({"start": "overlap"}, "start", "pattern"),
    ({"start": np.ones(19)}, "start", "N = 20"), ({"start": ("pattern", np.ones((2, 20)))}, "start", "(2, 20)"),
    ({"bins": 22}, "bins", "21"), ({"bins": 0}, "bins", ">= 1"), ({"chains": 2}, "chains", "no parameter 'chains'"),
    ({"engine": "numbo"}, "engine", "'numba'"), ({"alpha": 0.1}, "alpha", "exactly one"), ({"P": 9}, "P", "2 to 8"),
])
def test_bad_input_is_one_clear_error(change, parameter, words):
    with pytest.raises(hn.ParameterError) as error:
        temper("dense", **{**SMALL, **change})
    assert error.value.parameter == parameter and words in str(error.value)


@pytest.mark.parametrize("low, high, size, words", [(0, 1, 5, "low < high"), (0.5, 0.4, 5, "low < high"), (0.1, 1, 1, ">= 2")])
def test_a_ladder_that_cannot_be_tuned_is_refused(low, high, size, words):
    with pytest.raises(hn.ParameterError, match=words):
        tune_ladder("dense", P=4, K=2, N=12, low=low, high=high, size=size)
