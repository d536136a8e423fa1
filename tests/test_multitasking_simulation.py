"""The multitasking network, simulated: diluted patterns against their streams, energies and fields against the definition, engines against
each other and the dense network, long runs against exact enumeration, the mean field of one sample, and what is refused."""
import dataclasses
import itertools
from fractions import Fraction

import numpy as np
import pytest
from click.testing import CliRunner
from networks import all_spins
from scipy.stats import binom, chisquare

import hebbnet as hn
from hebbnet import networks, patterns, streams
from hebbnet.cli import cli
from hebbnet.montecarlo import forms, numba_engine, numpy_engine
from hebbnet.montecarlo.problem import DYNAMICS, ORDERS

LEARNINGS = ("storage", "supervised", "unsupervised")
SMALL = {"K": 3, "d": 0.4, "N": 30, "T": 0.2, "thermalize": 3, "measure": 12, "every": 2, "disorder": 2, "chains": 2, "seed": 8}


def problem(learning="storage", *, K=3, N=10, d=0.4, T=0.3, r=0.6, M=4, dynamics="heat-bath", order="random", seed=5, sample=1):
    task = hn.MonteCarlo("multitasking", dynamics=dynamics, order=order)
    noise = {} if learning == "storage" else {"r": r, "M": M}
    return task.problem(task.check({"K": K, "N": N, "d": d, "T": T, "learning": learning, **noise}), sample=sample, seed=seed)


def state(p, chains=2, seed=0):
    return p.begin(np.random.default_rng(seed).choice([-1, 1], (chains, p.patterns.N)).astype(np.int8))


def full(sparse, columns):
    """The (columns, N) array with its zeros."""
    rows = np.zeros((columns, len(sparse.start) - 1), int)
    for i, (a, b) in enumerate(zip(sparse.start, sparse.start[1:])):
        assert np.all(np.diff(sparse.column[a:b].astype(int)) > 0)
        rows[sparse.column[a:b], i] = sparse.value[a:b]
    return rows


def drawn(K, M, N, d, r, seed, sample):
    """(archetypes (K, N), examples (K, M, N)) from the definition: one comparison of a Philox word for each entry."""
    key = streams.disorder_key(seed)
    mu, a, i = np.ogrid[:K, :M, :N]
    zero = streams.philox((streams.first_word(streams.Stream.DILUTION, i[0] // 4), mu[:, 0], 0, sample), key)
    chi = streams.philox((streams.first_word(streams.Stream.EXAMPLE, i // 4), mu, a, sample), key)
    xi = np.where(np.choose(i[0] % 4, zero) < d * 2**32, 0, patterns.random(K, N, seed=seed, sample=sample).archetypes)
    return xi, xi[:, None] * np.where(np.choose(i % 4, chi) < (1 + r) / 2 * 2**32, 1, -1)


def energy(p, learning, s, *, K=3, M=4, d=0.4, r=0.6, seed=5, sample=1):
    """H of one configuration from the definition: a sum over patterns and pairs i != j, exact but for the last division."""
    xi, eta = drawn(K, M, p.patterns.N, d, r, seed, sample)
    N, total = p.patterns.N, Fraction(0)
    rows = {"storage": xi, "supervised": eta.sum(axis=1), "unsupervised": eta.reshape(K * M, N)}[learning]
    for row in rows.tolist():
        total += sum(row[i] * row[j] * int(s[i]) * int(s[j]) for i, j in itertools.permutations(range(N), 2))
    R = r**2 + (1 - r**2) / M
    return -float(total) / (2 * N) / {"storage": 1, "supervised": M**2 * R, "unsupervised": M * R}[learning]


# ---- what is drawn ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("M", [1, 4, 130])
def test_patterns_and_examples_are_what_the_streams_say_in_both_kinds_of_learning(M):
    K, N, d, r, where = 5, 139, 0.3, 0.4, {"seed": 2**40 + 1, "sample": 3}
    xi, eta = drawn(K, M, N, d, r, **where)
    stored = patterns.diluted(K, N, d, **where)
    np.testing.assert_array_equal(full(stored.rows, K), xi)
    for learning, want in (("supervised", eta.sum(axis=1)), ("unsupervised", eta.reshape(K * M, N))):
        learnt = patterns.learn_diluted(stored, learning, r, M, **where)
        np.testing.assert_array_equal(full(learnt.rows, learnt.S), want)
        np.testing.assert_array_equal(full(learnt.archetypes, K), xi)
        assert len(learnt.rows.value) == len(want) // K * np.count_nonzero(xi)


def test_fewer_patterns_examples_neurons_or_zeros_are_a_part_of_more():
    large, small = (full(patterns.learn_diluted(patterns.diluted(K, N, 0.4, seed=4, sample=0), "unsupervised", 0.5, M, seed=4, sample=0).rows, K * M)
                    .reshape(K, M, N) for K, M, N in ((9, 6, 150), (4, 5, 133)))
    np.testing.assert_array_equal(small, large[:4, :5, :133])
    dense, some, few = (full(patterns.diluted(7, 150, d, seed=4, sample=0).rows, 7) for d in (0.0, 0.3, 0.8))
    np.testing.assert_array_equal(dense, patterns.random(7, 150, seed=4, sample=0).archetypes)
    assert np.all((some == dense) | (some == 0)) and np.all((few == some) | (few == 0)) and np.count_nonzero(few) < np.count_nonzero(some)


@pytest.mark.parametrize("d", [0.1, 0.5, 0.9])
def test_zeros_have_the_probability_asked_for_and_are_independent(d):
    K, N = 20, 50_000
    stored = patterns.diluted(K, N, d, seed=1, sample=0)
    xi = full(stored.rows, K)
    assert abs(np.mean(xi == 0) - d) < 5 * np.sqrt(d * (1 - d) / xi.size)
    assert abs(stored.rows.value.mean()) < 5 / np.sqrt(len(stored.rows.value))
    assert abs(np.mean(xi[:, 1:] * xi[:, :-1])) < 5 * (1 - d) / np.sqrt(xi.size)
    some = np.arange(K + 1)[N * binom.pmf(np.arange(K + 1), K, 1 - d) > 10]   # how many nonzero entries a neuron has is binomial
    seen = np.bincount(np.diff(stored.rows.start), minlength=K + 1)[some]
    want = binom.pmf(some, K, 1 - d)
    assert chisquare(seen, seen.sum() * want / want.sum()).pvalue > 1e-4


# ---- energies, fields and limits -------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("learning", LEARNINGS)
def test_energies_and_fields_equal_the_sum_over_pairs(learning):
    p = problem(learning)
    s = state(p)
    for engine in (numba_engine.Engine(p), numpy_engine.Engine(p)):
        np.testing.assert_allclose(-p.scale * engine.energies(s), [energy(p, learning, spins) for spins in s.spins], rtol=1e-13, atol=1e-13)
    reference, compiled = numpy_engine.Engine(p), numba_engine.kernel(p)
    for i in range(p.patterns.N):
        flipped = s.spins[0].copy()
        flipped[i] *= -1
        cost = energy(p, learning, flipped) - energy(p, learning, s.spins[0])
        h = reference.field(s.spins[0], s.overlaps[0], i)
        assert 2 * p.scale * h * int(s.spins[0, i]) == pytest.approx(cost, abs=1e-13)
        assert compiled_field(p.patterns.rows, i, s.overlaps[0], s.spins[0, i], compiled) == h


@numba_engine.njit
def compiled_field(rows, i, X, s, form):
    return numba_engine.local_field(rows, i, X, s, form)


def test_energies_beyond_64_bits_are_float64_and_fields_beyond_them_are_refused(monkeypatch):
    p = problem("supervised")
    s = state(p)
    exact = p.form.energies(s.overlaps)
    monkeypatch.setattr(forms, "LARGEST", 1000.0)
    form = forms.pairs(p.patterns.rows, p.patterns.S)
    assert (p.form.sums, form.sums) == (np.int64, np.float64) and form.energies(s.overlaps).tolist() == exact.tolist()
    monkeypatch.setattr(forms, "LARGEST", 10.0)
    with pytest.raises(hn.ParameterError, match="beyond 64-bit integers; lower N, K or M"):
        forms.pairs(p.patterns.rows, p.patterns.S)


def test_the_law_is_the_energy_of_one_row():
    W, s = np.array([3, -1, 0, 2, -5]), np.array([1, 1, -1, -1, 1])
    pairs = sum(W[i] * s[i] * W[j] * s[j] for i, j in itertools.combinations(range(5), 2))
    assert networks.get("multitasking").law(int(W @ s), None, int(W @ W)) == pairs


def test_without_dilution_it_is_the_dense_network_spin_for_spin():
    dense = hn.MonteCarlo("dense")
    for learning, noise in (("storage", {}), ("supervised", {"r": 0.6, "M": 4}), ("unsupervised", {"r": 0.6, "M": 4})):
        p = problem(learning, d=0.0, N=40)
        other = dense.problem(dense.check({"P": 2, "N": 40, "K": 3, "T": 0.3, "learning": learning, **noise}), sample=1, seed=5)
        other = dataclasses.replace(other, key=p.key)
        assert p.scale == pytest.approx(other.scale, rel=1e-15)
        a, flips = numba_engine.Engine(p).advance(state(p), 5)
        b, other_flips = numba_engine.Engine(other).advance(other.begin(state(p).spins), 5)
        np.testing.assert_array_equal(a.spins, b.spins)
        np.testing.assert_array_equal(flips, other_flips)
        np.testing.assert_array_equal(numba_engine.Engine(p).energies(a), numba_engine.Engine(other).energies(b))


def test_one_example_is_the_same_for_both_kinds_of_learning_and_perfect_ones_are_the_archetypes():
    one, other = (problem(learning, M=1, N=40) for learning in LEARNINGS[1:])
    a, _ = numba_engine.Engine(one).advance(state(one), 5)
    b, _ = numba_engine.Engine(dataclasses.replace(other, key=one.key)).advance(state(other), 5)
    np.testing.assert_array_equal(a.spins, b.spins)
    storage = problem(N=40)
    want = storage.scale * numba_engine.Engine(storage).energies(state(storage))
    for learning in LEARNINGS[1:]:
        p = problem(learning, r=1.0, N=40)
        np.testing.assert_allclose(p.scale * numba_engine.Engine(p).energies(state(p)), want, rtol=1e-13)


# ---- dynamics --------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("learning", LEARNINGS)
@pytest.mark.parametrize("dynamics", DYNAMICS)
def test_same_seed_same_spins_in_both_engines(dynamics, learning):
    for order, T, M in itertools.product(ORDERS, (0.0, 0.3), (4, 150)):
        if dynamics == "zero-temperature" and T:
            continue
        p = problem(learning, N=24, d=0.6, T=T, M=M if learning == "supervised" else 4, dynamics=dynamics, order=order)
        a, flips = numba_engine.Engine(p).advance(state(p), 3)
        b, other_flips = numpy_engine.Engine(p).advance(state(p), 3)
        assert flips.sum() > 0
        np.testing.assert_array_equal(a.spins, b.spins)
        np.testing.assert_array_equal(flips, other_flips)
        for s in (a, b):   # no drift
            np.testing.assert_array_equal(s.overlaps, p.begin(s.spins).overlaps)
        np.testing.assert_array_equal(numba_engine.Engine(p).energies(a), numpy_engine.Engine(p).energies(b))


@pytest.mark.parametrize("learning", LEARNINGS)
def test_both_engines_give_identical_data(learning):
    noise = {} if learning == "storage" else {"r": 0.5, "M": 3}
    one, other = (hn.simulate("multitasking", engine=engine, learning=learning, series=True, **noise, **SMALL) for engine in ("numpy", "numba"))
    assert one.identical(other) and one.m.dims == ("disorder", "chain", "pattern") and ("n" in one) == (learning != "storage")


@pytest.mark.parametrize("learning, dynamics", [("storage", "heat-bath"), ("storage", "metropolis"), ("supervised", "metropolis"),
                                                ("unsupervised", "heat-bath")])
def test_long_runs_sample_the_boltzmann_distribution(learning, dynamics):
    N, K, d, T, M, r, chains = 8, 2, 0.3, 0.6, 3, 0.7, 32
    noise = {} if learning == "storage" else {"r": r, "M": M}
    run = hn.simulate("multitasking", N=N, K=K, d=d, T=T, learning=learning, **noise, dynamics=dynamics, start="random", thermalize=100,
                      measure=2400, every=4, disorder=1, chains=chains, seed=20, series=True)
    xi, _ = drawn(K, M, N, d, r, 20, 0)
    assert 0 < np.count_nonzero(xi) < xi.size
    p = problem(learning, K=K, N=N, d=d, T=T, M=M, r=r, seed=20, sample=0)
    spins = all_spins(N)
    H = np.array([energy(p, learning, s, K=K, M=M, d=d, r=r, seed=20, sample=0) for s in spins])
    w = np.exp(-(H - H.min()) / T)
    w /= w.sum()
    m, e = spins @ xi.T / N, H / N
    want = np.array([*(w @ m**2), w @ m.prod(axis=1), w @ e, w @ e**2])
    m, e = run.m_series[0].values, run.energy_series[0].values
    per_chain = np.array([*(m**2).mean(axis=2).T, m.prod(axis=1).mean(axis=1), e.mean(axis=1), (e**2).mean(axis=1)])
    error = per_chain.std(axis=1, ddof=1) / np.sqrt(chains)
    assert np.all(error < 0.05 * np.abs(want) + 0.01)
    assert np.all(np.abs(per_chain.mean(axis=1) - want) <= 4.5 * error), (per_chain.mean(axis=1), want, error)


def test_sites_without_a_field_keep_their_spin_or_toss_a_coin():
    N = 4000
    free = {dynamics: problem(K=1, N=N, d=0.5, T=0.0, dynamics=dynamics, order="systematic") for dynamics in DYNAMICS}
    xi = full(free["heat-bath"].patterns.rows, 1)[0]
    spins = np.where(xi, xi, 1).astype(np.int8)
    for dynamics, p in free.items():
        after = numba_engine.Engine(p).advance(p.begin(spins[None].copy()), 1)[0].spins[0]
        np.testing.assert_array_equal(after[xi != 0], xi[xi != 0])
        kept = np.mean(after[xi == 0] == 1)
        if dynamics == "zero-temperature":
            assert kept == 1
        elif dynamics == "metropolis":   # flips unless the energy rises
            assert kept == 0
        else:
            assert abs(kept - 0.5) < 5 * 0.5 / np.sqrt(np.sum(xi == 0))


# ---- starts and what is measured -------------------------------------------------------------------------------------------------

def test_starts_are_what_they_say():
    K, N, d = 3, 20_000, 0.5
    xi, _ = drawn(K, 1, N, d, 1, 6, 0)
    for start in ("hierarchical", "pure", "random", None):
        task = hn.MonteCarlo("multitasking", start=start, chains=2)
        p = task.problem(task.check({"K": K, "N": N, "d": d, "T": 0.1}), sample=0, seed=6)
        s = task.initial(p, 6).spins
        first = np.where(xi[0] != 0, xi[0], np.where(xi[1] != 0, xi[1], xi[2]))
        aligned = {"pure": xi[0], "random": 0 * xi[0]}.get(start, first)
        np.testing.assert_array_equal(s[:, aligned != 0], np.tile(aligned[aligned != 0], (2, 1)))
        rest = s[:, aligned == 0].astype(float)
        assert np.all(np.abs(rest.mean(axis=1)) < 5 / np.sqrt(rest.shape[1])) and abs(np.mean(rest[0] * rest[1])) < 5 / np.sqrt(rest.shape[1])
    one, each = (hn.simulate("multitasking", **{**SMALL, "thermalize": 0}, start=start, spins=True) for start in ("random", ("pure", "random")))
    np.testing.assert_array_equal(one.spins.values[:, 1], each.spins.values[:, 1])
    assert np.any(one.spins.values[:, 0] != each.spins.values[:, 0])
    mine = np.where(np.arange(30) % 3, 1, -1)
    run = hn.simulate("multitasking", **{**SMALL, "T": 0.0, "d": 0.99}, start=mine, dynamics="zero-temperature", spins=True)
    xi = full(patterns.diluted(3, 30, 0.99, seed=8, sample=1).rows, 3)
    np.testing.assert_array_equal(run.spins.values[1, 0][~xi.any(axis=0)], mine[~xi.any(axis=0)])


def test_overlaps_are_sorted_after_the_average_over_time():
    settings = {**SMALL, "K": 6, "T": 0.35, "N": 60}
    run = hn.simulate("multitasking", **settings, series=True)
    mean = np.abs(run.m_series.values.mean(axis=-1))
    np.testing.assert_allclose(run.m.values, -np.sort(-mean, axis=-1), atol=1e-15)
    assert np.any(np.argsort(-mean, axis=-1)[..., 0] != np.argsort(-mean, axis=-1)[0, 0, 0])   # not all in the same order
    few = hn.simulate("multitasking", **settings, largest=2)
    np.testing.assert_array_equal(few.m.values, run.m.values[..., :2])
    many = hn.simulate("multitasking", **settings, largest=8)
    np.testing.assert_array_equal(many.m.values[..., :6], run.m.values)
    assert np.isnan(many.m.values[..., 6:]).all()


@pytest.mark.parametrize("learning", LEARNINGS[1:])
def test_n_is_the_overlap_with_the_mean_of_the_examples(learning):
    K, N, d, r, M = 3, 50, 0.3, 0.6, 5
    run = hn.simulate("multitasking", K=K, N=N, d=d, T=0.2, learning=learning, r=r, M=M, thermalize=4, measure=1, disorder=1, chains=2, seed=8,
                      spins=True)
    xi, eta = drawn(K, M, N, d, r, 8, 0)
    for chain in range(2):
        s = run.spins.values[0, chain].astype(int)
        m, n = xi @ s / N, eta.mean(axis=1) @ s / (N * r * (1 + (1 - r**2) / (M * r**2)))
        order = np.argsort(-np.abs(m), kind="stable")
        np.testing.assert_allclose(run.m.values[0, chain], np.abs(m)[order], rtol=1e-13)
        np.testing.assert_allclose(run.n.values[0, chain], (n * np.sign(m))[order], rtol=1e-13)


def test_patterns_are_retrieved_down_to_the_level_whose_transition_is_below_the_temperature():
    """d = 0.3: level mu condenses at about (1-d) d**(mu-1) = 0.7, 0.21, 0.063."""
    for T, want in ((0.02, 3), (0.12, 2), (0.45, 1), (0.9, 0)):
        run = hn.simulate("multitasking", K=3, d=0.3, N=4000, T=T, thermalize=50, measure=100, disorder=2, chains=1, seed=1)
        assert run.retrieved.values.tolist() == [[want], [want]], T


def test_retrieved_counts_the_patterns_that_hold_the_sites_which_larger_ones_leave():
    K, N, d, seen = 5, 60, 0.5, set()
    run = hn.simulate("multitasking", K=K, N=N, d=d, T=0.5, thermalize=3, measure=1, disorder=4, chains=2, seed=8, spins=True)
    for sample, chain in itertools.product(range(4), range(2)):
        xi, s, free, want = drawn(K, 1, N, d, 1, 8, sample)[0], run.spins.values[sample, chain].astype(int), np.ones(N, bool), 0
        for mu in np.argsort(-np.abs(xi @ s), kind="stable"):
            own = free & (xi[mu] != 0)
            want += abs(xi[mu, own] @ s[own]) > 0.5 * own.sum()
            free &= xi[mu] == 0
        assert run.retrieved.values[sample, chain] == want
        seen.add(want)
    assert len(seen) > 1


def test_a_study_over_the_number_of_patterns_is_one_array(tmp_path):
    study = hn.Study("several", hn.Grid(K=[2, 4], d=0.3, N=50, T=0.1), hn.MonteCarlo("multitasking", measure=10, disorder=2, largest=4), seed=1)
    data = hn.open(study.run(tmp_path, quiet=True))
    assert data.m_mean.dims == ("K", "pattern") and np.isnan(data.m_mean.values[0, 2:]).all() and np.isfinite(data.m_mean.values[1]).all()
    run = hn.simulate("multitasking", K=4, d=0.3, N=50, T=0.1, measure=10, disorder=2, seed=1)
    np.testing.assert_array_equal(data.m_mean.sel(K=4), run.m_mean)
    for name in data.variables:
        assert data[name].attrs["long_name"], name


def test_the_command_line_prints_every_overlap():
    out = CliRunner().invoke(cli, ["simulate", "multitasking", "--K", "2", "--d", "0.3", "--N", "40", "--T", "0.1", "--measure", "5"])
    run = hn.simulate("multitasking", K=2, d=0.3, N=40, T=0.1, measure=5)
    assert out.exit_code == 0
    for k in range(2):
        assert f"m[{k}] = {float(run.m_mean[k]):.6g} +- {float(run.m_err[k]):.2g}\n" in out.stdout


def test_alpha_is_the_number_of_patterns_per_neuron():
    one, other = (hn.simulate("multitasking", **{k: v for k, v in SMALL.items() if k != "K"}, **load) for load in ({"alpha": 0.1}, {"K": 3}))
    np.testing.assert_array_equal(one.m.values, other.m.values)


# ---- mean field of the same sample -----------------------------------------------------------------------------------------------

@pytest.mark.parametrize("learning", [{}, {"learning": "supervised", "r": 0.5, "M": 30}])
def test_a_long_run_is_at_the_mean_field_of_its_own_sample(learning):
    """... and not at that of an infinite network, by the sample noise.  d = 0.2, T = 0.1; theory: largest overlap of storage."""
    settings = {"K": 2, "d": 0.2, "N": 20_000, "T": 0.1, "seed": 3, **learning}
    run = hn.simulate("multitasking", **settings, thermalize=50, measure=400, every=2, disorder=4, chains=1)
    own = [hn.same_sample(**settings, sample=sample) for sample in range(4)]
    assert all(x.converged for x in own)
    np.testing.assert_allclose(run.m.values[:, 0], [x.m for x in own], atol=1e-3)
    if learning:
        np.testing.assert_allclose(run.n.values[:, 0], [x.n for x in own], atol=1e-3)
    spread = np.std([x.m for x in own], axis=0, ddof=1)
    assert np.all(spread > 1e-3) and np.all(spread < 4 * np.sqrt(0.8 / 20_000) / 0.5)


def test_at_zero_temperature_the_mean_field_is_where_the_dynamics_stops():
    settings = {"K": 4, "d": 0.4, "N": 5000, "T": 0.0, "seed": 2}
    run = hn.simulate("multitasking", **settings, dynamics="zero-temperature", thermalize=30, measure=2, disorder=1, chains=1, spins=True)
    own, xi = hn.same_sample(**settings), full(patterns.diluted(4, 5000, 0.4, seed=2, sample=0).rows, 4)
    covered = xi.any(axis=0)
    np.testing.assert_allclose(run.m.values[0, 0], own.m, atol=1e-15)
    h = xi.T @ (xi @ run.spins.values[0, 0].astype(int))
    assert np.all((np.sign(h) == run.spins.values[0, 0])[covered])


TABLE = [   # docs: theory of the multitasking network; overlaps of the infinite network, and the lowest eigenvalue of its Hessian
    ({"K": 2, "d": 0.2, "T": 0.1}, (0.7999987146, 0.1425048112), 0.669),
    ({"K": 2, "d": 0.5, "T": 0.15}, (0.4909464580, 0.2382903701), 0.596),
    ({"K": 3, "d": 0.5, "T": 0.05}, (0.4995837481, 0.2495689039, 0.1245423073), 0.877),
    ({"K": 3, "d": 0.8, "T": 0.1}, (0.1519793483,) * 3, 0.281),
    ({"K": 3, "d": 0.8, "T": 0.02}, (0.1944782666, 0.1639998713, 0.1335213007), 0.585),
    ({"K": 5, "d": 0.4, "T": 0.0}, (0.6, 0.24, 0.096, 0.0384, 0.01536), 1.0),
    ({"K": 3, "d": 0.7, "T": 0.0}, (0.2865, 0.2235, 0.1605), 1.0),
]
LEARNT = [
    ({"K": 2, "d": 0.2, "T": 0.1, "r": 0.4, "M": 20}, (0.7166696319, 0.1891759994), 0.563),
    ({"K": 2, "d": 0.3, "T": 0.1, "r": 0.7, "M": 3}, (0.5306655053, 0.2928613248), 1.0),
    ({"K": 2, "d": 0.6, "T": 0.1, "r": 0.2, "M": 25}, (0.2211401047,) * 2, 1.0),
]


@pytest.mark.parametrize("point, theory, lowest", TABLE)
def test_stored_patterns_have_the_overlaps_of_the_theory(point, theory, lowest):
    N = 200_000
    own = hn.same_sample(N=N, seed=1, tolerance=1e-7, **point)
    assert own.converged
    np.testing.assert_allclose(own.m, theory, atol=4 * np.sqrt((1 - point["d"]) / N) / lowest)


@pytest.mark.parametrize("point, theory, lowest", LEARNT)
@pytest.mark.parametrize("learning", LEARNINGS[1:])
def test_learnt_patterns_have_the_overlaps_of_the_theory(point, theory, lowest, learning):
    N = 40_000
    own = hn.same_sample(N=N, seed=1, tolerance=1e-7, learning=learning, **point)
    assert own.converged
    np.testing.assert_allclose(own.m, theory, atol=4 * np.sqrt((1 - point["d"]) / N) / lowest)


# ---- the user's own patterns and examples -------------------------------------------------------------------------------------------

def test_given_patterns_are_the_same_network_as_drawn_ones():
    settings = {k: v for k, v in SMALL.items() if k not in ("d", "K", "N")} | {"disorder": 1}
    xi, _ = drawn(3, 1, 30, 0.4, 1, 8, 0)
    for array in (xi, xi.astype(float)):
        run = hn.simulate("multitasking", patterns=array, spins=True, series=True, **settings)
        assert float(run.d) == np.mean(xi == 0) and int(run.K) == 3
        m = np.abs(run.m_series.values[0].mean(axis=-1))
        np.testing.assert_allclose(run.m.values[0], -np.sort(-m, axis=-1), atol=1e-15)
        np.testing.assert_allclose(run.m_series.values[0, :, :, -1], run.spins.values[0] @ xi.T / 30, atol=1e-15)
    theirs = problem(K=3, N=30, d=0.4, seed=8, sample=0).patterns
    task = hn.MonteCarlo("multitasking", patterns=xi)
    mine = task.problem(task.check({"T": 0.3}), sample=0, seed=8).patterns
    for a, b in zip(mine.rows, theirs.rows):
        np.testing.assert_array_equal(a, b)
    own = hn.same_sample(T=0.2, patterns=xi, tolerance=1e-12)
    assert own.converged and own.m.shape == (3,)


@pytest.mark.parametrize("learning", LEARNINGS[1:])
def test_given_examples_are_learnt(learning):
    K, M, N, d, r = 3, 4, 24, 0.4, 0.7
    xi, eta = drawn(K, M, N, d, r, 5, 1)
    settings = dict(T=0.2, learning=learning, thermalize=2, measure=1, chains=2, seed=3, spins=True)
    own = hn.MonteCarlo("multitasking", patterns=xi, examples=eta)
    mine = own.problem(own.check({"T": 0.2, "learning": learning, "r": r}), sample=0, seed=3)
    s = np.random.default_rng(0).choice([-1, 1], N).astype(np.int8)
    H = -mine.scale * numpy_engine.Engine(mine).energies(mine.begin(s[None]))[0]
    assert H == pytest.approx(energy(mine, learning, s, K=K, M=M, d=d, r=r), rel=1e-12)
    run = hn.simulate("multitasking", patterns=xi, examples=eta, r=r, **settings)
    for chain in range(2):
        m, n = (x @ run.spins.values[0, chain].astype(int) / N for x in (xi, eta.mean(axis=1) / (r * (1 + (1 - r**2) / (M * r**2)))))
        order = np.argsort(-np.abs(m), kind="stable")
        np.testing.assert_allclose(run.m.values[0, chain], np.abs(m)[order], atol=1e-14)
        np.testing.assert_allclose(run.n.values[0, chain], (n * np.where(m < 0, -1, 1))[order], atol=1e-14)
    alone = hn.simulate("multitasking", examples=np.concatenate(eta), labels=np.repeat(range(K), M), **settings)
    assert float(alone.d) == np.mean(eta.sum(axis=1) == 0) and float(alone.r) == patterns.quality(eta) and int(alone.M) == M


# ---- parallel tempering ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("learning", LEARNINGS)
def test_tempering_samples_the_boltzmann_distribution_of_every_temperature(learning):
    """At T = 0.05 and 0.1 plain chains stay beside the pattern that they began at: 8 neurons, three patterns, all 2**8 states counted."""
    N, K, d, M, r, T, replicas = 8, 3, 0.3, 3, 0.7, [0.05, 0.1, 0.25, 0.6], 32
    noise = {} if learning == "storage" else {"r": r, "M": M}
    run = hn.temper("multitasking", N=N, K=K, d=d, T=T, learning=learning, **noise, start="pure", thermalize=100, measure=1500, every=3,
                    disorder=1, replicas=replicas, seed=21)
    xi, eta = drawn(K, M, N, d, r, 21, 0)
    p = problem(learning, K=K, N=N, d=d, T=0.1, M=M, r=r, seed=21, sample=0)
    spins = all_spins(N)
    H = np.array([energy(p, learning, s, K=K, M=M, d=d, r=r, seed=21, sample=0) for s in spins])
    w = np.exp(-(H - H.min()) / np.array(T)[:, None])
    w /= w.sum(axis=1, keepdims=True)
    m, n = spins @ xi.T / N, spins @ eta.mean(axis=1).T / (N * r * (1 + (1 - r**2) / (M * r**2)))
    order = np.argsort(-np.abs(m), axis=1, kind="stable")
    want = {"m": w @ np.take_along_axis(np.abs(m), order, 1), "energy": (w @ H / N)[:, None], "q2": None}
    if learning != "storage":
        want["n"] = w @ np.take_along_axis(n * np.where(m < 0, -1, 1), order, 1)
    correlation = np.einsum("ta,ai,aj->tij", w, spins, spins)
    want["q2"] = (correlation**2).mean(axis=(1, 2))[:, None]
    for name, exact in want.items():
        got = run[name].values[0].reshape(-1, len(T), exact.shape[1])
        error = got.std(axis=0, ddof=1) / np.sqrt(len(got))
        assert np.all(error < 0.05 * np.abs(exact) + 0.01) and np.all(np.abs(got.mean(axis=0) - exact) <= 4.5 * error + 1e-12), name
    assert "m_other" not in run and run.m.dims == ("disorder", "replica", "T", "pattern") and run.swap_rate.min() > 0.1


def test_tempering_is_the_same_in_both_engines_and_takes_given_patterns():
    settings = {"d": 0.4, "K": 3, "N": 30, "T": [0.1, 0.2], "thermalize": 2, "measure": 8, "disorder": 1, "seed": 4, "spins": True, "series": True}
    one, other = (hn.temper("multitasking", engine=engine, **settings) for engine in ("numpy", "numba"))
    assert one.identical(other)
    xi, _ = drawn(3, 1, 30, 0.4, 1, 4, 0)
    given = hn.temper("multitasking", patterns=xi, **{k: v for k, v in settings.items() if k not in ("d", "K", "N", "disorder")})
    assert given.m.shape == one.m.shape and float(given.d) == np.mean(xi == 0)
    np.testing.assert_allclose(given.m_series.values[0, :, :, -1], np.abs(given.spins.values[0] @ xi.T).max(axis=-1) / 30, atol=1e-15)
    ladder = hn.tune_ladder("multitasking", d=0.4, K=3, N=30, low=0.1, high=0.4, size=3, passes=2, disorder=1, thermalize=10, measure=20)
    assert len(ladder) == 3 and np.all(np.diff(ladder) > 0)


# ---- bad input -------------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("change, parameter, words", [
    ({"d": 1.0}, "d", "< 1"), ({"d": -0.1}, "d", ">= 0"), ({"d": None}, "d", "needs d"),
    ({"K": None}, "alpha", "exactly one of alpha, K and patterns"),
    ({"alpha": 0.1}, "alpha", "got alpha and K"), ({"K": 0}, "K", ">= 1"), ({"K": None, "alpha": 0.0}, "alpha", "at least one pattern"),
    ({"P": 2}, "P", "no parameter 'P'"), ({"self_interaction": True}, "self_interaction", "no parameter"), ({"r": 0.5}, "r", "leave r out"),
    ({"learning": "supervised", "M": 3}, "r", "r is missing"), ({"learning": "supervised", "r": 0.5}, "M", "M is missing"),
    ({"learning": "supervised", "r": 0.0, "M": 3}, "r", "> 0"), ({"learning": "supervised", "r": 1.2, "M": 3}, "r", "<= 1"),
    ({"learning": "unsupervised", "r": 0.5, "M": 0}, "M", ">= 1"), ({"learning": "unsupervised", "r": 0.5, "M": 2.5}, "M", "whole"),
    ({"learning": "supervised", "r": 0.5, "M": 40_000}, "M", "32767"), ({"start": "pattern"}, "start", "hierarchical"),
    ({"start": ("overlap", 0.5)}, "start", "'pure'"), ({"start": ("pure", "overlap")}, "start", "Valid"),
    ({"start": ("pure",)}, "start", "chains = 2"), ({"start": np.ones(7)}, "start", "N = 30"), ({"largest": 0}, "largest", ">= 1"),
    ({"patterns": np.ones((3, 30))}, "d", "fraction of zeros"), ({"patterns": np.full((3, 30), 2)}, "patterns", "-1, 0 or +1"),
    ({"patterns": np.zeros((3, 30)), "d": None}, "patterns", "not all zero"), ({"patterns": np.eye(3), "d": None}, "N", "N = 3"),
    ({"examples": np.ones((3, 2, 30)), "d": None}, "examples", "supervised"), ({"patterns": np.ones(30), "d": None}, "patterns", "(K, N)"),
    ({"N": 10**9, "K": 10**4}, "alpha", "GB"),
    ({"learning": "unsupervised", "r": 0.5, "M": 10**9}, "alpha", "rows"), ({"rho": 0.1}, "rho", "takes r and M"),
])
def test_bad_input_is_one_clear_error(change, parameter, words):
    settings = {k: v for k, v in {**SMALL, "disorder": 1, **change}.items() if v is not None}
    with pytest.raises(hn.ParameterError) as error:
        hn.simulate("multitasking", **settings)
    assert error.value.parameter == parameter and words in str(error.value)


def test_what_is_not_for_this_network_says_so():
    with pytest.raises(hn.ParameterError, match="Valid: hierarchical"):
        hn.temper("multitasking", T=[0.1, 0.2], K=2, d=0.3, N=20, start="pattern")
    with pytest.raises(hn.ParameterError, match="one condensed pattern"):
        hn.simulate("dense", P=2, K=2, N=20, T=0.1, largest=2)
    with pytest.raises(hn.ParameterError, match="Valid: pattern"):
        hn.simulate("dense", P=2, K=2, N=20, T=0.1, start="hierarchical")
    with pytest.raises(hn.ParameterError, match="expected 'multitasking'"):
        hn.same_sample("dense", P=2, K=2, N=20, T=0.1, start="random")
    with pytest.raises(hn.ParameterError, match="damping = 1"):
        hn.same_sample(K=2, d=0.2, N=20, T=0.1, damping=1)


@pytest.mark.parametrize("learning", LEARNINGS)
def test_memory_is_counted_before_anything_is_drawn(monkeypatch, learning):
    task = hn.MonteCarlo("multitasking", chains=3)
    point = {"K": 50, "d": 0.6, "N": 4000, "T": 0.1, "learning": learning, **({} if learning == "storage" else {"r": 0.5, "M": 20})}
    p = task.problem(task.check(point), sample=0, seed=0)
    start = task.initial(p, 0)
    held = {id(array): array.nbytes for array in (*p.patterns.rows, *p.patterns.archetypes, p.form.squares, start.spins, start.overlaps)}
    need = sum(held.values()) + 4 * start.spins.size   # and the sums of the spins over time
    monkeypatch.setattr(patterns, "memory_limit", lambda: 1.1 * need)
    task.check(point)
    monkeypatch.setattr(patterns, "memory_limit", lambda: 0.95 * need)
    with pytest.raises(hn.ParameterError, match="lower K or alpha"):
        task.check(point)
