"""The long-run distribution of every dynamics against exact enumeration of all 2**N states, N <= 12."""
import numpy as np
import pytest
from networks import all_spins, brute_energy, problem

import hebbnet as hn

N, K, CHAINS, SEED = 9, 3, 32, 20


def exact(P, T, self_interaction, weight=None):
    """<m^2>, <E>, <E^2> per neuron under exp(-H/T) (or another log weight), summed over all states."""
    spins, x = all_spins(N), problem(P, N, K, seed=SEED, sample=0).patterns.archetypes
    energy = np.array([brute_energy(x, s, P, self_interaction) for s in spins], float)
    log_weight = -energy / T if weight is None else weight(spins, x)
    w = np.exp(log_weight - log_weight.max())
    w /= w.sum()
    m, e = spins @ x[0] / N, energy / N
    return np.array([w @ m**2, w @ e, w @ e**2]), w @ (m < 0)


def sampled(P, T, self_interaction, dynamics, order):
    run = hn.simulate("dense", P=P, N=N, K=K, T=T, self_interaction=self_interaction, dynamics=dynamics, order=order, start="random",
                      thermalize=200, measure=3200, every=4, disorder=1, chains=CHAINS, seed=SEED, series=True)
    m, e = run.m_series[0].values, run.energy_series[0].values
    chains = np.array([(m**2).mean(1), e.mean(1), (e**2).mean(1)])
    return chains.mean(1), chains.std(1, ddof=1) / np.sqrt(CHAINS), (m < 0).mean()


@pytest.mark.parametrize("dynamics, order", [("heat-bath", "random"), ("metropolis", "random"), ("heat-bath", "systematic"),
                                             ("metropolis", "systematic")])
@pytest.mark.parametrize("self_interaction", [False, True])
@pytest.mark.parametrize("P, T", [(2, 0.6), (2, 1.2), (3, 0.6), (3, 1.2), (4, 0.6), (4, 1.2)])
def test_sequential_dynamics_sample_the_boltzmann_distribution(P, T, self_interaction, dynamics, order):
    (want, negative), (got, error, got_negative) = exact(P, T, self_interaction), sampled(P, T, self_interaction, dynamics, order)
    assert np.all(error < 0.05 * np.abs(want) + 0.02)   # the test has teeth
    assert np.all(np.abs(got - want) <= 4.5 * error), (got, want, error)
    assert abs(got_negative - negative) < 0.1           # the chain crosses between the states


@pytest.mark.parametrize("T", [0.7, 1.3])
def test_parallel_dynamics_sample_their_own_stationary_measure(T):
    """Little dynamics, P = 2: weight prod_i 2 cosh(h_i / T), h_i = sum_{j != i} J_ij s_j (Peretto 1984)."""
    def weight(spins, x):
        J = x.T.astype(float) @ x / N
        np.fill_diagonal(J, 0)
        return np.log(2 * np.cosh(spins @ J / T)).sum(1)

    (want, _), (got, error, _) = exact(2, T, False, weight), sampled(2, T, False, "parallel", "random")
    boltzmann, _ = exact(2, T, False)
    assert np.all(np.abs(got - want) <= 4.5 * error)
    assert np.any(np.abs(boltzmann - want) > 10 * error)   # and that is another measure than Boltzmann's


def test_zero_temperature_dynamics_end_in_a_local_minimum():
    run = hn.simulate("dense", P=4, N=30, K=40, T=0, dynamics="zero-temperature", start="random", thermalize=50, measure=2, disorder=1, chains=8,
                      seed=4, spins=True)
    p = problem(4, 30, 40, seed=4, sample=0)
    x = p.patterns.archetypes
    for s in run.spins[0].values:
        energies = [brute_energy_fast(x, flip(s, i)) for i in range(30)]
        assert min(energies) >= brute_energy_fast(x, s)


def flip(s, i):
    t = s.copy()
    t[i] *= -1
    return t


def brute_energy_fast(x, s):
    """-sum_mu e_4 through power sums (Newton's identities), integers."""
    X, N = (x.astype(int) @ s), len(s)
    return -np.sum(X**4 - (6 * N - 8) * X**2 + 3 * N**2 - 6 * N)
