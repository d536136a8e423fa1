"""Losses and the energies that they sum to, against explicit sums over neurons and over all tuples of neurons."""
import itertools
import math

import numpy as np
import pytest

import hebbnet as hn
from hebbnet import losses

RNG = np.random.default_rng(2)
N, K, M, RATE = 6, 4, 3, 0.6
STATE = RNG.choice([-1, 1], N)
ARCHETYPES = RNG.choice([-1, 1], (K, N))
EXAMPLES = ARCHETYPES[:, None] * RNG.choice([-1, 1], (K, M, N), p=[(1 - RATE) / 2, (1 + RATE) / 2])
MEANS = EXAMPLES.mean(1)


def distance(v, s):
    return sum((a - b) ** 2 for a, b in zip(v, s))


def test_losses_are_products_of_distances():
    np.testing.assert_allclose(losses.archetype(ARCHETYPES, STATE), [distance(v, STATE) * distance(v, -STATE) / (4 * N**2) for v in ARCHETYPES])
    each = [[distance(v, STATE) * distance(v, -STATE) / (4 * N**2) for v in rows] for rows in EXAMPLES]
    np.testing.assert_allclose(losses.unsupervised(EXAMPLES, STATE), each)
    for means in (MEANS, RNG.normal(size=(K, N))):
        plain = [distance(v, STATE) * distance(v, -STATE) / (4 * N**2) for v in means]
        np.testing.assert_allclose(losses.supervised(means, STATE, normalized=False), plain)
        unit = [v / math.sqrt(sum(v**2) / N) for v in means]
        np.testing.assert_allclose(losses.supervised(means, STATE), [distance(v, STATE) * distance(v, -STATE) / (4 * N**2) for v in unit])


def test_a_loss_vanishes_at_the_pattern_and_its_negative_and_is_one_across():
    np.testing.assert_allclose(losses.archetype(ARCHETYPES, ARCHETYPES[2])[2], 0, atol=1e-15)
    np.testing.assert_allclose(losses.archetype(ARCHETYPES, -ARCHETYPES[2])[2], 0, atol=1e-15)
    assert losses.archetype([[1, 1, 1, 1]], [1, 1, -1, -1]) == pytest.approx(1)


@pytest.mark.parametrize("P", [2, 4, 6])
def test_energies_are_sums_over_all_tuples_of_neurons(P):
    tuples = np.array(list(itertools.product(range(N), repeat=P)))

    def power_form(rows):
        """sum over rows and over i1 ... iP, repeated indices included, of the product of v_i s_i."""
        return sum(np.prod((v * STATE)[tuples], axis=1).sum() for v in rows)

    R = RATE**2 + (1 - RATE**2) / M
    factor = 1 / (2 * N ** (P - 1) * R ** (P / 2))
    real = RNG.normal(size=(K, N))
    assert losses.energy("storage", ARCHETYPES, STATE, P=P) == pytest.approx(-power_form(ARCHETYPES) / (2 * N ** (P - 1)), abs=1e-12)
    assert losses.energy("unsupervised", EXAMPLES, STATE, P=P, R=R) == pytest.approx(-factor / M * power_form(EXAMPLES.reshape(-1, N)), abs=1e-11)
    for means in (MEANS, real):
        assert losses.energy("supervised", means, STATE, P=P, R=R) == pytest.approx(-factor * power_form(means), abs=1e-11)


def test_the_simulated_network_has_this_energy():
    """self_interaction=True counts the energy per neuron from its mean over uniform spins: K E X**4/(2 N**4), E X**4 = 3 N**2 - 2 N."""
    run = hn.simulate("dense", P=4, T=0.0, patterns=ARCHETYPES, start=STATE, dynamics="zero-temperature", self_interaction=True, thermalize=3,
                      measure=1, disorder=1, chains=1, spins=True)
    spins = run.spins.values.reshape(-1)
    zero = -K * (3 * N**2 - 2 * N) / (2 * N**4)
    assert float(run.energy.values.item()) == pytest.approx(losses.energy("storage", ARCHETYPES, spins, P=4) / N - zero, abs=1e-12)


@pytest.mark.parametrize("call, words", [
    (lambda: losses.archetype(ARCHETYPES, STATE[:-1]), ["state has 5", "have 6"]),
    (lambda: losses.archetype(ARCHETYPES[0], STATE), ["archetypes", "(K, N)"]),
    (lambda: losses.archetype(ARCHETYPES * 0.5, STATE), ["archetypes", "+1 or -1"]),
    (lambda: losses.unsupervised(MEANS, STATE), ["examples", "(K, M, N)"]),
    (lambda: losses.supervised(MEANS * np.nan, STATE), ["means", "finite"]),
    (lambda: losses.supervised(np.zeros((2, N)), STATE), ["means[0]", "normalized=False"]),
    (lambda: losses.energy("storage", ARCHETYPES, STATE, P=3), ["P = 3", "even"]),
    (lambda: losses.energy("stored", ARCHETYPES, STATE, P=4), ["learning", "storage"]),
    (lambda: losses.energy("supervised", MEANS, STATE, P=4, R=0), ["R = 0", "> 0"])])
def test_bad_input_is_one_clear_error(call, words):
    with pytest.raises(hn.ParameterError) as error:
        call()
    assert all(word in str(error.value) for word in words), error.value


def test_losses_of_diluted_patterns_sum_to_the_energy():
    """The couplings summed one pair of neurons after the other, for each kind of learning."""
    rng = np.random.default_rng(5)
    size, some, many, quality = 9, 3, 4, 0.5
    state = rng.choice([-1, 1], size)
    diluted = rng.choice([-1, 0, 1], (some, size), p=[0.35, 0.3, 0.35])
    diluted[:, 0] = 1
    examples = diluted[:, None] * rng.choice([-1, 1], (some, many, size), p=[(1 - quality) / 2, (1 + quality) / 2])
    R = quality**2 + (1 - quality**2) / many

    def pairs(vectors, distinct):
        both = [(i, j) for i in range(size) for j in range(size) if i != j or not distinct]
        return sum(-v[i] * v[j] * state[i] * state[j] / (2 * size) for v in vectors for i, j in both)

    for distinct in (True, False):
        assert losses.diluted_energy("storage", diluted, state, distinct=distinct) == pytest.approx(pairs(diluted, distinct), abs=1e-13)
        assert losses.diluted_energy("supervised", examples.mean(1), state, r=quality, M=many, distinct=distinct) == pytest.approx(
            pairs(examples.mean(1), distinct) / R, abs=1e-13)
        assert losses.diluted_energy("unsupervised", examples, state, r=quality, distinct=distinct) == pytest.approx(
            sum(pairs(rows, distinct) for rows in examples) / many / R, abs=1e-13)
    np.testing.assert_allclose(losses.diluted(diluted, state), [distance(v, state) * distance(v, -state) / (4 * size**2) for v in diluted])
    on = [[(a, b) for a, b in zip(v, state) if a] for v in diluted]
    np.testing.assert_allclose(losses.diluted(diluted, state, active=True),
                               [sum((a - b) ** 2 for a, b in x) * sum((a + b) ** 2 for a, b in x) / (4 * len(x) ** 2) for x in on], atol=1e-15)
    for wrong, words in ((dict(data=diluted, learning="supervised"), "needs M"), (dict(data=diluted, learning="stored"), "storage")):
        with pytest.raises(hn.ParameterError, match=words):
            losses.diluted_energy(state=state, **wrong)
    with pytest.raises(hn.ParameterError, match="no active neurons"):
        losses.diluted(np.zeros((1, size)), state, active=True)
    with pytest.raises(hn.ParameterError, match="other than 0"):
        losses.diluted(0.5 * diluted, state, active=True)
