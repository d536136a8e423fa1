"""Learning from examples, simulated: the drawn examples, energies and fields against the definition, engines against each other,
long runs against exact enumeration, and what is refused."""
import dataclasses
import itertools
import json
from fractions import Fraction
from math import factorial

import numpy as np
import pytest
from click.testing import CliRunner
from networks import all_spins
from scipy.stats import binom

import hebbnet as hn
from hebbnet import patterns, streams
from hebbnet.cli import cli
from hebbnet.montecarlo import forms, numba_engine, numpy_engine, powers
from hebbnet.montecarlo.problem import DYNAMICS, ORDERS

BOTH = ("supervised", "unsupervised")
POINT = {"P": 4, "K": 6, "N": 20, "T": 0.4, "learning": "supervised", "r": 0.5, "M": 7}
SMALL = {**POINT, "thermalize": 3, "measure": 12, "every": 2, "disorder": 2, "chains": 2, "seed": 8}


def problem(learning, P, N, K, M, r=0.6, T=0.5, dynamics="heat-bath", order="random", seed=5, sample=1):
    task = hn.MonteCarlo("dense", dynamics=dynamics, order=order)
    point = {"P": P, "N": N, "K": K, "M": M, "r": r, "T": T, "learning": learning}
    return task.problem(task.check(point), sample=sample, seed=seed)


def state(p):
    """A random chain, and one beside the condensed archetype, where the polynomials of one row are large."""
    beside = p.patterns.archetypes[0].copy()
    beside[0] *= -1
    return p.begin(np.stack([np.random.default_rng(0).choice([-1, 1], p.patterns.N).astype(np.int8), beside]))


def drawn(K, M, N, r, seed, sample):
    """(archetypes (K, N), examples (K, M, N)) from the definition: one comparison of a Philox word for each entry."""
    xi = patterns.random(K, N, seed=seed, sample=sample).archetypes
    mu, a, i = np.ogrid[:K, :M, :N]
    words = streams.philox((streams.first_word(streams.Stream.EXAMPLE, i // 4), mu, a, sample), streams.disorder_key(seed))
    chi = np.where(np.choose(i % 4, words) < (1 + r) / 2 * 2**32, 1, -1)
    return xi, (xi[:, None] * chi).astype(np.int8)


def energy(examples, s, P, learning):
    """(sum of products of integers, H) of one configuration from the definition: a sum over groups of P different neurons, in exact
    fractions but for R**(P/2), where R = r**2 + (1 - r**2)/M is given."""
    K, M, N = examples.shape
    rows = [[Fraction(int(x.sum()), M) for x in archetype.T] for archetype in examples] if learning == "supervised" else \
        examples.reshape(K * M, N).tolist()
    total = Fraction(0)
    for row in rows:
        x = [Fraction(value) * int(sign) for value, sign in zip(row, s)]
        total += sum(np.prod(group) for group in itertools.combinations(x, P))
    weight = Fraction(factorial(P), 2 * N ** (P - 1)) / (M if learning == "unsupervised" else 1)
    return total * (M**P if learning == "supervised" else 1), -weight * total


# ---- what is drawn ---------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("M", [1, 4, 130])
def test_examples_are_what_the_stream_says_in_both_kinds_of_learning(M):
    K, N, r = 5, 23, 0.3
    xi, eta = drawn(K, M, N, r, seed=2**40 + 1, sample=3)
    archetypes = patterns.random(K, N, seed=2**40 + 1, sample=3)
    summed, each = (patterns.learn(archetypes, learning, r, M, seed=2**40 + 1, sample=3) for learning in BOTH)
    np.testing.assert_array_equal(each.rows[:, :K * M].T.reshape(K, M, N), eta)
    np.testing.assert_array_equal(summed.rows[:, :K].T, eta.sum(axis=1))
    assert summed.rows.dtype == (np.int8 if M <= 127 else np.int16) and not summed.rows[:, K:].any() and not each.rows[:, K * M:].any()
    for learnt in (summed, each):
        np.testing.assert_array_equal(learnt.archetypes, xi)
        np.testing.assert_array_equal(learnt.examples, eta[0])


def test_fewer_archetypes_examples_or_neurons_are_a_part_of_more():
    large, small = (patterns.learn(patterns.random(K, N, seed=4, sample=0), "unsupervised", 0.5, M, seed=4, sample=0).rows[:, :K * M]
                    .T.reshape(K, M, N) for K, M, N in ((9, 6, 50), (4, 5, 33)))
    np.testing.assert_array_equal(small, large[:4, :5, :33])


def test_examples_have_the_quality_asked_for_and_are_independent():
    K, M, N, r = 40, 25, 200, 0.3
    xi, eta = drawn(K, M, N, r, seed=1, sample=0)
    chi = (eta * xi[:, None]).astype(float)
    assert abs(chi.mean() - r) < 5 * np.sqrt((1 - r**2) / chi.size)
    for one, other in ((chi[:, 1:], chi[:, :-1]), (chi[1:], chi[:-1]), (chi[..., 1:], chi[..., :-1])):
        assert abs(np.mean((one - r) * (other - r))) < 5 * (1 - r**2) / np.sqrt(one.size)
    perfect = patterns.learn(patterns.random(K, N, seed=1, sample=0), "supervised", 1.0, M, seed=1, sample=0)
    np.testing.assert_array_equal(perfect.rows[:, :K].T, M * xi.astype(int))


def test_a_stratified_archetype_has_the_binomial_histogram_exactly():
    N, M, r = 150, 27, 0.4
    archetypes = patterns.random(3, N, seed=6, sample=2)
    plain, exact = (patterns.learn(archetypes, "unsupervised", r, M, seed=6, sample=2, stratified=s) for s in (False, True))
    summed = patterns.learn(archetypes, "supervised", r, M, seed=6, sample=2, stratified=True)
    agreeing = np.sum(exact.examples == archetypes.archetypes[0], axis=0)
    np.testing.assert_array_equal(np.sort(agreeing), binom.ppf((np.arange(N) + 0.5) / N, M, (1 + r) / 2))
    assert np.any(np.diff(agreeing) < 0) and np.any(np.diff(agreeing) > 0)   # in random order
    np.testing.assert_array_equal(exact.rows[:, :M].T, exact.examples)
    np.testing.assert_array_equal(summed.rows[:, 0], exact.examples.sum(axis=0))
    np.testing.assert_array_equal(exact.rows[:, M:], plain.rows[:, M:])      # the other archetypes are as ever
    each = np.mean(exact.examples * archetypes.archetypes[0], axis=1)         # and no example is better than another
    assert np.abs(each - r).max() < 5 * np.sqrt((1 - r**2) / N)


# ---- energies and fields ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("learning", BOTH)
@pytest.mark.parametrize("P, N", [(2, 10), (4, 9), (6, 8)])
def test_energies_and_fields_equal_the_sum_over_distinct_neurons(P, N, learning):
    K, M, r = 2, 3, 0.6
    p = problem(learning, P, N, K, M, r)
    _, eta = drawn(K, M, N, r, seed=5, sample=1)
    R = r**2 + (1 - r**2) / M
    s = state(p)
    engines = numba_engine.Engine(p), numpy_engine.Engine(p)
    for chain in range(2):
        total, H = energy(eta, s.spins[chain], P, learning)
        for engine in engines:
            assert engine.energies(s)[chain] == total
        assert -p.scale * int(total) == pytest.approx(float(H) / R ** (P / 2), rel=1e-13)
    total = energy(eta, s.spins[0], P, learning)[0]
    for i in range(N):
        flipped = s.spins[0].copy()
        flipped[i] *= -1
        h = (total - energy(eta, flipped, P, learning)[0]) / 2 * int(s.spins[0, i])
        assert engines[1].field(s.spins[0], s.overlaps[0], i) == h * p.form.denominator
        assert compiled_field(p.patterns.rows, i, s.overlaps[0], s.spins[0, i], numba_engine.kernel(p)) == h * p.form.denominator


@numba_engine.njit
def compiled_field(rows, i, X, s, form):
    return numba_engine.local_field(rows, i, X, s, form)


def test_symmetric_polynomials_are_the_coefficients_of_the_product():
    x = np.random.default_rng(3).integers(-9, 10, 12)
    np.testing.assert_array_equal(forms.polynomials(x[:, None], 1, 6, np.int64)[:, 0], products(x.tolist())[1:7])


# ---- engines -----------------------------------------------------------------------------------------------------------------------

CASES = [   # P, N, K, M, learning -> every kernel
    (2, 17, 70, 9, "supervised", "float64"), (4, 15, 80, 9, "supervised", "float64"), (4, 14, 10, 130, "supervised", "float64"),
    (6, 14, 30, 5, "supervised", "float64"), (6, 16, 10, 125, "supervised", "int64"), (8, 18, 65, 59, "supervised", "ordered"),
    (2, 17, 6, 5, "unsupervised", "int32"), (4, 15, 12, 9, "unsupervised", "int32"), (6, 14, 10, 9, "unsupervised", "int32"),
]


@pytest.mark.parametrize("P, N, K, M, learning, kernel", CASES)
def test_same_seed_same_spins_in_both_engines(P, N, K, M, learning, kernel):
    for dynamics, order in itertools.product(DYNAMICS, ORDERS):
        r, T = (0.95, 0.05) if kernel == "ordered" else (0.6, 0.8)   # cold: stays where fields are rounded
        p = problem(learning, P, N, K, M, r=r, T=0.0 if dynamics == "zero-temperature" else T, dynamics=dynamics, order=order)
        assert p.form.kernel == kernel and p.form.exact == (kernel != "ordered")
        assert_same(p, numba_engine.Engine(p, matrix=False), numpy_engine.Engine(p))


# N, K, M; rows of 8 and 16 bits, once so many that two attempts share them
POWERS = [(20, 50, 1), (21, 70, 2), (30, 64, 30), (40, 600, 127), (30, 70, 300), (25, 4200, 9), (100, 1030, 260)]


@pytest.mark.parametrize("N, K, M", POWERS)
def test_powers_of_overlaps_and_polynomials_give_the_same_spins(N, K, M):
    """Also at T = 0, where fields vanish and float32 does not decide, and with a chain beside an archetype, where some terms are large."""
    for dynamics, order in itertools.product(DYNAMICS, ORDERS):
        for T in (0.0,) if dynamics == "zero-temperature" else (0.3,) if N == 100 else (0.0, 0.8):
            p = problem("supervised", 4, N, K, M, r=0.9 if M == 2 else 0.6, T=T, dynamics=dynamics, order=order)
            engine, plain = numba_engine.Engine(p), numba_engine.Engine(p, C=False)
            assert engine.powers and not plain.powers
            assert_same(p, engine, plain)
            a, _ = engine.advance(engine.advance(state(p), 1)[0], 2)   # in pieces
            b, _ = plain.advance(state(p), 3)
            np.testing.assert_array_equal(a.spins, b.spins)
            np.testing.assert_array_equal(a.overlaps, b.overlaps)


@pytest.mark.parametrize("N, K, M", POWERS)
def test_the_integers_of_powers_are_the_field_and_its_bound_holds(N, K, M):
    p = problem("supervised", 4, N, K, M)
    s, data, rows = state(p), powers.powers(p), p.patterns.rows
    near, S, reference = (3 * data.p2).astype(np.float32), rows.shape[1], numpy_engine.Engine(p)
    X, V, h = np.empty(S, np.float32), np.empty(S, np.float32), np.empty(N, np.int64)
    for spins, E in zip(s.spins, s.overlaps):
        terms = powers.begin_powers(rows, data, near, spins, E, X, V, h)
        for i in range(N):
            exact = int(powers.sum_exact(rows, i, data.p2, X, spins[i])) + int(h[i])
            assert exact % 6 == 0 and float(exact // 6) == reference.field(spins, E, i)
            up, squares = powers.sum_kept(rows, i, V, X)
            low, high = powers.bounds(up, squares, float(h[i] + int(spins[i]) * data.c[i]), spins[i], terms)
            assert low <= exact <= high
            again = powers.sum_two(rows, (i + 1) % N, i, V, X)[2:]
            low, high = powers.bounds(*again, float(h[i] + int(spins[i]) * data.c[i]), spins[i], terms)
            assert low <= exact <= high
            assert np.sum(np.abs(rows[i] * V.astype(float))) <= terms


def test_what_has_no_room_for_powers_goes_by_polynomials():
    for N, K, M, r, why in ((30, 59, 9, 0.6, "few rows"), (100, 300, 1200, 1.0, "couplings beyond float64")):
        assert numba_engine.Engine(problem("supervised", 4, N, K, M, r=r)).powers is None, why
    assert numba_engine.Engine(problem("supervised", 6, 20, 60, 5)).powers is None


def assert_same(p, one, other):
    a, flips = one.advance(state(p), 3)
    b, other_flips = other.advance(state(p), 3)
    assert flips.sum() > 0
    np.testing.assert_array_equal(a.spins, b.spins)
    np.testing.assert_array_equal(flips, other_flips)
    for s in (a, b):   # no drift: what the chains carry is what their spins say
        np.testing.assert_array_equal(s.overlaps, p.begin(s.spins).overlaps)
    np.testing.assert_array_equal(one.energies(a), other.energies(b))


def test_beyond_64_bits_the_polynomials_are_exact_and_fields_are_summed_in_pattern_order():
    """E_k of every row and the terms of h_i in exact Python integers; their float64 sum depends on the order, which is that of patterns."""
    p = problem("supervised", 8, 18, 65, 59, r=0.95)
    s = state(p)
    W, signs = p.patterns.rows[:, :65].T.tolist(), s.spins[1].tolist()
    for mu in (0, 17, 64):
        assert s.overlaps[1, :, mu].tolist() == products([w * sign for w, sign in zip(W[mu], signs)])[1:9]
    other_order = 0
    for i in range(18):
        terms = [float(row[i] * products([row[j] * signs[j] for j in range(18) if j != i])[7]) for row in W]
        want = backward = 0.0
        for forth, back in zip(terms, terms[::-1]):
            want, backward = want + forth, backward + back
        other_order += want != backward
        assert want == numpy_engine.Engine(p).field(s.spins[1], s.overlaps[1], i)
        assert want == compiled_field(p.patterns.rows, i, s.overlaps[1], s.spins[1, i], numba_engine.kernel(p))
    assert other_order > 0


def products(x):
    """Coefficients of prod (1 + x t), exact Python integers: e_0, e_1, ..."""
    product = np.array([1], object)
    for value in x:
        product = np.append(product, 0) + np.append(0, product) * value
    return product.tolist()


@pytest.mark.parametrize("K", [10, 90])
def test_coupling_matrix_and_polynomials_give_the_same_spins(K):
    for dynamics in DYNAMICS:
        p = problem("supervised", 2, 40, K, 9, T=0.0 if dynamics == "zero-temperature" else 0.9, dynamics=dynamics)
        assert numba_engine.Engine(p).matrix == (K > 40)
        assert_same(p, numba_engine.Engine(p, matrix=True), numba_engine.Engine(p, matrix=False))


@pytest.mark.parametrize("learning", BOTH)
def test_numpy_and_numba_give_identical_data_with_tempering_too(learning):
    settings = {**SMALL, "learning": learning, "N": 16}
    assert hn.simulate("dense", engine="numpy", **settings).identical(hn.simulate("dense", engine="numba", **settings))
    settings = {"P": 4, "K": 4, "N": 12, "learning": learning, "r": 0.6, "M": 3, "T": [0.3, 0.6], "thermalize": 4, "measure": 8, "disorder": 2}
    one, other = (hn.temper("dense", engine=engine, series=True, **settings) for engine in ("numpy", "numba"))
    assert one.identical(other) and one.n.dims == ("disorder", "replica", "T") and np.isfinite(one.m_example_err).all()


@pytest.mark.parametrize("learning", BOTH)
@pytest.mark.parametrize("P", [2, 4, 6])
def test_one_example_is_stored_like_a_pattern(P, learning):
    """The same key of the random numbers, so spin for spin, flip for flip, energy for energy."""
    p = problem(learning, P, 16, 9, 1, r=0.5)
    stored = patterns.given(drawn(9, 1, 16, 0.5, seed=5, sample=1)[1][:, 0])
    task = hn.MonteCarlo("dense", patterns=stored.archetypes)
    storage = dataclasses.replace(task.problem(task.check({"P": P, "T": 0.5}), sample=1, seed=5), key=p.key)
    assert p.scale == storage.scale
    a, flips = numba_engine.Engine(p).advance(state(p), 5)
    b, other_flips = numba_engine.Engine(storage).advance(storage.begin(state(p).spins), 5)
    np.testing.assert_array_equal(a.spins, b.spins)
    np.testing.assert_array_equal(flips, other_flips)
    np.testing.assert_array_equal(numba_engine.Engine(p).energies(a), numba_engine.Engine(storage).energies(b))


@pytest.mark.parametrize("learning", BOTH)
def test_perfect_examples_are_stored_like_archetypes(learning):
    p = problem(learning, 4, 14, 6, 5, r=1.0)
    task = hn.MonteCarlo("dense")
    storage = task.problem(task.check({"P": 4, "N": 14, "K": 6, "T": 0.5}), sample=1, seed=5)
    sums = numba_engine.Engine(p).energies(state(p)), numba_engine.Engine(storage).energies(state(storage))
    np.testing.assert_allclose(p.scale * sums[0], storage.scale * sums[1], rtol=1e-13)


def test_rows_beyond_64_bits_run_in_float64_and_the_data_say_so():
    """Perfect examples with rows of +-27, whose e_8 passes 2**63: the same spins as storage, which is exact; and a restart changes nothing."""
    p = problem("supervised", 8, 100, 6, 27, r=1.0, T=0.3)
    assert p.form.kernel == "rounded" and not p.form.exact
    task = hn.MonteCarlo("dense")
    storage = dataclasses.replace(task.problem(task.check({"P": 8, "N": 100, "K": 6, "T": 0.3}), sample=1, seed=5), key=p.key)
    a, flips = numba_engine.Engine(p).advance(state(p), 5)
    b, other_flips = numba_engine.Engine(storage).advance(storage.begin(state(p).spins), 5)
    assert flips.sum() > 100
    np.testing.assert_array_equal(a.spins, b.spins)
    np.testing.assert_array_equal(flips, other_flips)
    again = numba_engine.Engine(p).advance(numba_engine.Engine(p).advance(state(p), 2)[0], 3)[0]
    np.testing.assert_array_equal(again.spins, a.spins)
    np.testing.assert_array_equal(again.overlaps, a.overlaps)
    run = hn.simulate("dense", P=8, K=2, N=100, T=0.1, learning="supervised", r=0.9, M=27, disorder=2, chains=2, thermalize=5, measure=10, seed=3)
    assert not bool(run.exact_integers) and float(run.m_mean) > 0.9


# ---- long runs against enumeration ---------------------------------------------------------------------------------------------

@pytest.mark.parametrize("learning", BOTH)
@pytest.mark.parametrize("P, dynamics", [(2, "metropolis"), (4, "heat-bath"), (6, "metropolis")])
def test_long_runs_sample_the_boltzmann_distribution(P, dynamics, learning):
    N, K, M, r, T, chains = 8, 2, 3, 0.7, 0.9, 32
    run = hn.simulate("dense", P=P, N=N, K=K, M=M, r=r, T=T, learning=learning, dynamics=dynamics, start="random", thermalize=100,
                      measure=2400, every=4, disorder=1, chains=chains, seed=20, series=True)
    xi, eta = drawn(K, M, N, r, seed=20, sample=0)
    R = r**2 + (1 - r**2) / M
    spins = all_spins(N)
    H = np.array([float(energy(eta, s, P, learning)[1]) / R ** (P / 2) for s in spins])
    w = np.exp(-(H - H.min()) / T)
    w /= w.sum()
    m, e = spins @ xi[0] / N, H / N
    want = np.array([w @ m**2, w @ e, w @ e**2, w @ m**4])
    m, e = run.m_series[0].values, run.energy_series[0].values
    per_chain = np.array([(m**2).mean(1), e.mean(1), (e**2).mean(1), (m**4).mean(1)])
    error = per_chain.std(1, ddof=1) / np.sqrt(chains)
    assert np.all(error < 0.05 * np.abs(want) + 0.01)   # the test has teeth
    assert np.all(np.abs(per_chain.mean(1) - want) <= 4.5 * error), (per_chain.mean(1), want, error)


def test_one_step_from_the_archetype_has_the_overlap_of_signal_to_noise():
    """m = E erf(u / sqrt(2 X)), X = load (1 + rho)**P, u = (2 k - M)/(r M), k binomial; load = K (P-1)!/N**(P-1)."""
    P, N, load, r, M = 4, 96, 0.05, 0.4, 27
    run = hn.simulate("dense", P=P, N=N, K=round(load * N**3 / 6), T=0, learning="supervised", r=r, M=M, dynamics="parallel", thermalize=0,
                      measure=1, disorder=32, chains=1, seed=2)
    assert abs(float(run.m_mean) - 0.92882) < 4 * float(run.m_err) < 0.06


# ---- measurements, files, the user's data ----------------------------------------------------------------------------------------

@pytest.mark.parametrize("learning", BOTH)
def test_reported_overlaps_are_those_of_the_final_spins(learning):
    run = hn.simulate("dense", **{**SMALL, "learning": learning, "measure": 1, "every": 1, "K": 9}, spins=True)
    r, M, N = 0.5, 7, 20
    R = r**2 + (1 - r**2) / M
    assert run.m.dims == run.n.dims == run.m_example.dims == ("disorder", "chain")
    for sample, chain in itertools.product(range(2), range(2)):
        xi, eta = drawn(9, M, N, r, seed=8, sample=sample)
        s, got = run.spins[sample, chain].values.astype(int), run.isel(disorder=sample, chain=chain)
        assert float(got.m) == xi[0] @ s / N and float(got.m_other) == np.abs(xi[1:] @ s).max() / N
        assert float(got.n) == pytest.approx(r / R * eta[0].mean(axis=0) @ s / N, rel=1e-12)
        assert float(got.m_example) == np.abs(eta[0].astype(int) @ s).max() / N
    assert (str(run.learning.values), float(run.r), int(run.M), bool(run.stratified)) == (learning, 0.5, 7, False)
    for name, variable in run.variables.items():
        assert variable.attrs["long_name"] and variable.attrs["units"], name


def test_observables_choose_what_is_kept_and_starts_refer_to_the_archetype():
    run = hn.simulate("dense", **{**SMALL, "T": 0.0, "thermalize": 0, "measure": 1, "every": 1}, dynamics="zero-temperature")
    assert {"m", "n", "m_example", "m_other", "q", "n_mean", "n_err"} <= set(run.data_vars)
    task = hn.MonteCarlo("dense", observables=("m", "n"), start=("overlap", 0.5), measure=3)
    kept = set(task.run(POINT, sample=0, seed=0))
    assert {"m", "n"} <= kept and not {"m_other", "m_example", "q"} & kept
    p = task.problem(task.check(POINT), sample=0, seed=0)
    np.testing.assert_array_equal(task.initial(p, 0).spins @ p.patterns.archetypes[0].astype(int), [10, 10])


def test_a_study_over_learning_quality_and_quantity_comes_back_labeled(tmp_path):
    study = hn.Study("learns", hn.Grid(P=4, N=16, K=4, T=0.5, learning=["supervised", "unsupervised"], r=[0.4, 0.8], M=[1, 3]),
                     hn.MonteCarlo("dense", measure=6, thermalize=2, disorder=2), seed=3)
    data = hn.open(study.run(tmp_path, quiet=True))
    assert data.m.dims == ("learning", "r", "M", "disorder", "chain") and data.learning.values.tolist() == list(BOTH)
    assert np.isfinite(data.n_mean).all() and "left_out" not in data.attrs
    run = hn.simulate("dense", P=4, N=16, K=4, T=0.5, learning="unsupervised", r=0.8, M=3, measure=6, thermalize=2, disorder=2, seed=3)
    at = data.sel(learning="unsupervised", r=0.8, M=3)
    for name in run.data_vars:
        np.testing.assert_array_equal(at[name].values, run[name].values)
    fixed = study.replace(name="fixed", grid=hn.Grid(P=4, N=16, K=4, T=0.5, learning="supervised", r=0.4, M=[1, 3], stratified=True))
    data = hn.open(fixed.run(tmp_path, quiet=True))
    assert str(data.learning.values) == "supervised" and bool(data.stratified) and data.m.dims[0] == "M"


def test_the_users_examples_are_learnt_like_drawn_ones(tmp_path):
    K, M, N, r = 5, 6, 24, 0.75
    xi, eta = drawn(K, M, N, r, seed=3, sample=0)
    names = ["e", "b", "a", "d", "c"]
    rows, labels, order = eta.swapaxes(0, 1).reshape(M * K, N).astype(float), np.tile(names, M), np.argsort(names)
    for learning in BOTH:
        task = hn.MonteCarlo("dense", patterns=xi[order], examples=rows, labels=labels)
        p = task.problem(task.check({"P": 4, "T": 0.4, "learning": learning, "r": r}), sample=0, seed=3)
        want = eta[order].sum(axis=1) if learning == "supervised" else eta[order].reshape(K * M, N)
        np.testing.assert_array_equal(p.patterns.rows[:, :p.patterns.S].T, want)
        np.testing.assert_array_equal(p.patterns.archetypes, xi[order])
        np.testing.assert_array_equal(p.patterns.examples, eta[order][0])
        assert p.scale == problem(learning, 4, N, K, M, r).scale
    run = hn.simulate("dense", P=4, T=0.4, examples=eta, patterns=xi, learning="supervised", measure=10, spins=True)
    R = np.mean(eta.mean(axis=1) ** 2)
    assert float(run.r) == pytest.approx(np.sqrt((R * M - 1) / (M - 1)), rel=1e-12)
    assert (int(run.M), int(run.K), run.sizes["disorder"]) == (M, K, 1)
    assert float(run.r) ** 2 + (1 - float(run.r) ** 2) / M == pytest.approx(R, rel=1e-12)   # the energy is normalized by the data's own R
    assert "sha256" in json.loads(run.attrs["task"])["examples"]
    task = hn.MonteCarlo("dense", examples=eta, measure=10)
    p = task.problem(task.check({"P": 4, "T": 0.4, "learning": "unsupervised"}), sample=0, seed=0)
    np.testing.assert_array_equal(p.patterns.archetypes, np.where(eta.sum(axis=1) >= 0, 1, -1))
    study = hn.Study("mine", hn.Grid(P=4, T=[0.2, 0.4], learning="supervised"), task)
    data = hn.open(study.run(tmp_path, quiet=True))
    assert data.r.values.tolist() == [float(run.r)] * 2 and data.n.dims == ("T", "disorder", "chain")
    with pytest.raises(hn.StoreError, match="another study"):
        study.replace(task=hn.MonteCarlo("dense", examples=-eta, measure=10)).run(tmp_path, quiet=True)


def test_random_examples_of_the_users_own_archetypes():
    xi = np.where(np.arange(4 * 18).reshape(4, 18) % 5 < 2, 1, -1)
    task = hn.MonteCarlo("dense", patterns=xi)
    p = task.problem(task.check({"P": 4, "T": 0.4, "learning": "unsupervised", "r": 0.6, "M": 3}), sample=0, seed=9)
    random, eta = drawn(4, 3, 18, 0.6, seed=9, sample=0)
    np.testing.assert_array_equal(p.patterns.rows[:, :12].T, (eta * (random * xi)[:, None]).reshape(12, 18))   # the same noise
    np.testing.assert_array_equal(p.patterns.archetypes, xi)


def test_the_command_line_says_the_same(tmp_path):
    words = "simulate dense --P 4 --K 6 --N 20 --T 0.4 --learning supervised --r 0.5 --M 7 --measure 12 --disorder 2 --json".split()
    out = CliRunner().invoke(cli, words)
    run = hn.simulate("dense", **POINT, measure=12, disorder=2)
    assert out.exit_code == 0 and json.loads(out.stdout)["n_mean"] == float(run.n_mean)
    eta = drawn(3, 4, 16, 0.8, seed=1, sample=0)[1]
    np.save(tmp_path / "x.npy", eta.reshape(12, 16))
    np.save(tmp_path / "y.npy", np.repeat([0, 1, 2], 4))
    out = CliRunner().invoke(cli, ["simulate", "dense", "--P", "4", "--T", "0.4", "--learning", "unsupervised", "--measure", "5", "--json",
                                   "--examples", str(tmp_path / "x.npy"), "--labels", str(tmp_path / "y.npy")])
    run = hn.simulate("dense", P=4, T=0.4, learning="unsupervised", measure=5, examples=eta)
    assert out.exit_code == 0 and json.loads(out.stdout)["m_example"] == run.m_example.values.tolist()


@pytest.mark.parametrize("change, parameter, words", [
    ({"r": 0}, "r", "> 0"), ({"r": 1.1}, "r", "<= 1"), ({"M": 0}, "M", ">= 1"), ({"M": 2.5}, "M", "whole"), ({"M": 40_000}, "M", "32767"),
    ({"r": None}, "r", "r is missing"), ({"M": None}, "M", "M is missing"), ({"learning": "storage"}, "r", "leave r out"),
    ({"learning": "storage", "r": None}, "M", "leave M out"), ({"learning": "supervized"}, "learning", "Did you mean 'supervised'"),
    ({"learning": "storage", "r": None, "M": None, "stratified": True}, "stratified", "no examples"), ({"rho": 0.2}, "rho", "takes r and M"),
    ({"form": "gaussian"}, "form", "theory"), ({"P": 3}, "P", "odd P with learning"), ({"P": 5, "learning": "unsupervised"}, "P", "odd P"),
    ({"self_interaction": True}, "self_interaction", "not derived"), ({"P": 10}, "P", "2 to 8"),
    ({"K": 10**6, "M": 10**6, "learning": "unsupervised"}, "alpha", "1,000,000,000,000 rows"), ({"labels": [1, 2]}, "labels", "examples (n, N)"),
])
def test_bad_input_is_one_clear_error(change, parameter, words):
    settings = {k: v for k, v in {**SMALL, **change}.items() if v is not None}
    with pytest.raises(hn.ParameterError) as error:
        hn.simulate("dense", **settings)
    assert error.value.parameter == parameter and words in str(error.value)


def test_memory_is_counted_before_anything_is_drawn(monkeypatch):
    task = hn.MonteCarlo("dense", chains=3)
    point = {**POINT, "K": 1000, "N": 64, "M": 200}
    p = task.problem(task.check(point), sample=0, seed=0)
    need = p.patterns.rows.nbytes + p.patterns.archetypes.base.nbytes + task.initial(p, 0).overlaps.nbytes
    monkeypatch.setattr(patterns, "memory_limit", lambda: need)
    task.check(point)
    monkeypatch.setattr(patterns, "memory_limit", lambda: need - 1)
    with pytest.raises(hn.ParameterError, match="K = 1,000 archetypes and 1,000 rows .* with what 3 chains carry"):
        task.check(point)
    with pytest.raises(hn.ParameterError, match="K = 1,000 archetypes and 200,000 rows"):
        task.check({**point, "learning": "unsupervised"})


EXAMPLES = np.where(np.arange(3 * 4 * 10).reshape(3, 4, 10) % 7 < 5, 1, -1)


@pytest.mark.parametrize("change, parameter, words", [
    ({"learning": "storage"}, "examples", "no examples"), ({"M": 3}, "M", "M = 4"), ({"K": 4}, "K", "examples given have K = 3"),
    ({"N": 11}, "N", "N = 10"), ({"patterns": np.ones((2, 10))}, "patterns", "(3, 10)"), ({"stratified": True}, "stratified", "leave it out"),
    ({"disorder": 2}, "disorder", "one disorder sample"), ({"examples": EXAMPLES[:, 0]}, "examples", "(K, M, N)"),
    ({"examples": 0 * EXAMPLES}, "examples", "+1 or -1"), ({"examples": EXAMPLES[:, :1]}, "r", "give r"),
    ({"examples": np.concatenate([EXAMPLES, -EXAMPLES], axis=1)}, "r", "no more than chance"),
    ({"examples": EXAMPLES[0], "labels": [0, 1, 1, 1]}, "labels", "0: 1, 1: 3"), ({"examples": EXAMPLES[0], "labels": [0, 1]}, "labels", "(n,)"),
])
def test_bad_examples_are_refused_in_a_sentence(change, parameter, words):
    settings = {"P": 4, "T": 0.2, "learning": "supervised", "examples": EXAMPLES, "measure": 4, **change}
    with pytest.raises(hn.ParameterError) as error:
        hn.simulate("dense", **settings)
    assert error.value.parameter == parameter and words in str(error.value)
