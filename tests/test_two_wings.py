"""Monte Carlo against mean-field theory: each Hamiltonian matches its own equations, and refutes the other's.

Points, sizes and the largest standard error allowed come from an independent Monte Carlo of the same Hamiltonians (Metropolis with a
table of Krawtchouk polynomials, 4-24 samples; docs/theory/dense.md, "Simulation and theory").  The theory is replica symmetric with
the finite-size factors of the signal and of the noise (`N=`); corrections of order 1/N beyond them are not known, hence the 1/N.
"""
import math

import numpy as np
import pytest

import hebbnet as hn
from hebbnet import patterns

# self_interaction, alpha, T, N, standard error of the independent Monte Carlo
POINTS = [(False, 0.07, 0.45, 140, 0.00011), (False, 0.05, 0.50, 140, 0.00017), (False, 0.10, 0.40, 140, 0.00020),
          (False, 0.10, 0.60, 140, 0.00073), (True, 0.07, 0.45, 140, 0.0011), (True, 0.05, 0.50, 140, 0.00059)]
LARGE = [(False, 0.20, 0.50, 200, 0.0034), (True, 0.07, 0.45, 200, 0.00080), (True, 0.10, 0.40, 200, 0.0016)]
SEED = 2026


def agree(model, alpha, T, N, error, disorder, chains=2, **settings):
    point = {"P": 4, "alpha": alpha, "T": T, "self_interaction": model}
    run = hn.simulate("dense", **point, N=N, disorder=disorder, chains=chains, thermalize=100, measure=300, every=3, seed=SEED, **settings)
    own, other = hn.solve("dense", **point, N=N), hn.solve("dense", **{**point, "self_interaction": not model}, N=N)
    m, sigma = float(run.m_retrieval_mean), float(run.m_retrieval_err)
    assert run.equilibrated.mean() > 0.95 and run.escaped_fraction < 0.05 and sigma <= error
    assert abs(m - own.m) <= 3 * sigma + 1 / N
    assert not other.converged or abs(m - other.m) > 5 * sigma, "the other Hamiltonian's theory is not refuted"
    return run


@pytest.mark.parametrize("model, alpha, T, N, error", POINTS)
def test_each_hamiltonian_matches_its_own_theory(model, alpha, T, N, error):
    run = agree(model, alpha, T, N, error, disorder=48)
    assert float(run.escaped_fraction) == 0


@pytest.mark.slow
@pytest.mark.parametrize("model, alpha, T, N, error", LARGE)
def test_each_hamiltonian_matches_its_own_theory_at_n_200(model, alpha, T, N, error):
    agree(model, alpha, T, N, error, disorder=64)


def test_the_difference_from_the_infinite_system_shrinks_with_n():
    """Without self-interactions: the finite-size theory is followed at every size, and both go to the infinite system."""
    point = {"P": 4, "alpha": 0.05, "T": 0.6}
    infinite, gaps = hn.solve("dense", **point).m, []
    for N in (60, 90, 140):
        run = hn.simulate("dense", **point, N=N, disorder=64, chains=4, thermalize=100, measure=400, every=4, seed=SEED)
        assert run.equilibrated.mean() > 0.95
        assert abs(run.m_retrieval_mean - hn.solve("dense", **point, N=N).m) <= 3 * run.m_retrieval_err + 1 / N
        gaps.append(infinite - float(run.m_retrieval_mean))
    assert gaps[0] > gaps[1] > gaps[2] > 0


@pytest.mark.parametrize("T", [0.2, 0.45])
def test_hopfield_model_matches_ags(T):
    run = hn.simulate("dense", P=2, alpha=0.05, T=T, N=2000, disorder=16, chains=2, thermalize=100, measure=400, every=4, seed=SEED)
    theory = hn.solve("dense", P=2, alpha=0.05, T=T)
    assert run.equilibrated.mean() > 0.9 and float(run.escaped_fraction) == 0
    assert abs(run.m_mean - theory.m) <= 3 * run.m_err + 1 / 2000
    assert abs(run.q_mean - theory.q) <= 3 * run.q_err + 1 / 2000
    assert abs(run.energy_mean - theory.energy) <= 3 * run.energy_err + 1 / 2000


def test_energy_of_the_paramagnet_is_the_gaussian_one_up_to_1_over_n():
    """P = 4 at high temperature: u = -alpha beta c / 2 - 9 alpha beta**2 / N, the Gaussian theory and the third cumulant."""
    alpha, T, N = 0.3, 1.6, 100
    run = hn.simulate("dense", P=4, alpha=alpha, T=T, N=N, start="random", disorder=32, chains=2, thermalize=50, measure=200, every=2,
                      seed=SEED)
    c = (1 - 1 / N) * (1 - 2 / N) * (1 - 3 / N)
    expected = -alpha / (2 * T) * c - 9 * alpha / T**2 / N
    assert abs(run.energy_mean - expected) <= 3 * run.energy_err + 1 / N**1.5
    assert abs(run.energy_mean - hn.solve("dense", P=4, alpha=alpha, T=T, start="paramagnet").energy) > 5 * run.energy_err


# ---- learning from examples: couplings are multiplied by N**P/[N (N-1) ...], which takes the leading effect of distinct indices away

def learning(P, N, alpha, T, disorder=16, **data):
    run = hn.simulate("dense", P=P, N=N, alpha=alpha, T=T * math.perm(N, P) / N**P, stratified=True, disorder=disorder, chains=2, thermalize=100,
                      measure=300, every=3, seed=SEED, **data)
    return run, hn.solve("dense", P=P, alpha=alpha, T=T, **data)


@pytest.mark.parametrize("N, point, error", [
    (96, dict(P=4, alpha=0.05, T=0.3, learning="supervised", r=0.4, M=27), 0.004),
    (1000, dict(P=2, alpha=0.01, T=0.3, learning="unsupervised", r=0.6, M=8), 0.002)])
def test_learning_matches_its_theory(N, point, error):
    """n, the overlap that the energy sees, within its error and 1/N; the errors are below those of the table of the independent Monte Carlo."""
    run, s = learning(N=N, **point)
    assert run.equilibrated.mean() > 0.9 and float(run.escaped_fraction) == 0 and float(run.n_err) <= error
    assert abs(float(run.n_mean) - s.n) <= 3 * float(run.n_err) + 1 / N
    assert abs(float(run.m_mean) - s.m) <= 3 * float(run.m_err) + 1 / N


def test_unsupervised_overlaps_approach_the_theory_from_below():
    """P = 4: the weights of the own archetype's examples fluctuate by (P-1) sqrt((1 - r**2)/N)/r, one-sided corrections that fall with N."""
    point = dict(P=4, alpha=0.05, T=0.3, learning="unsupervised", r=0.7, M=8)
    found = [learning(N=N, disorder=24, **point) for N in (40, 96)]
    lack = [float(s.n - run.n_mean) for run, s in found]
    error = math.hypot(*(float(run.n_err) for run, _ in found))
    assert lack[0] > lack[1] > 0 and lack[0] - lack[1] > 2 * error


def test_crosstalk_of_unsupervised_learning_is_alpha_eff():
    """The variance of one other archetype's energy at a fixed state, over 200000 archetypes: alpha_eff/alpha times that of storage."""
    K, N, M, r = 200_000, 40, 3, 0.4
    rows = patterns.learn(patterns.random(K, N, seed=SEED, sample=0), "unsupervised", r, M, seed=SEED, sample=0).rows[:, :K * M]
    X = rows.sum(axis=0, dtype=np.int64).reshape(K, M)                       # the state is all ones
    e4 = (X**4 - (6 * N - 8) * X**2 + 3 * N * (N - 2)) / 24                  # Newton's identities for signs
    R = r**2 + (1 - r**2) / M
    energies = e4.mean(axis=1) / R**2
    factor = (r**8 + (1 - r**8) / M) / R**4
    assert factor == pytest.approx(8.905, abs=1e-3)
    ratio = energies.var() / math.comb(N, 4)
    spread = np.std(np.array_split((energies - energies.mean()) ** 2, 50), axis=1).mean() / math.comb(N, 4) / math.sqrt(K)
    assert abs(ratio - factor) < 4 * spread and spread < 0.05 * factor
