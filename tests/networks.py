"""Small networks for the tests, and the slow definitions that the package is held against."""
import itertools
from math import comb, factorial

import numpy as np

from hebbnet import networks, streams
from hebbnet.montecarlo import forms
from hebbnet.montecarlo.problem import Problem, State, overlaps
from hebbnet.params import Params


def problem(P, N, K, *, T=0.5, self_interaction=False, dynamics="heat-bath", order="random", seed=11, sample=2):
    network = networks.get("dense")
    params = Params({"P": P, "N": N, "K": K, "T": T, "self_interaction": self_interaction})
    return Problem(network.draw(params, seed, sample), forms.derive(lambda X: network.law(X, params), N, K), network.scale(params),
                   T, dynamics, order, streams.point_key(seed, dict(params)), sample)


def state(problem, chains=2, seed=0):
    spins = np.random.default_rng(seed).choice([-1, 1], (chains, problem.patterns.N)).astype(np.int8)
    return State(spins, overlaps(problem.patterns, spins), 0)


def all_spins(N):
    return np.array(list(itertools.product([-1, 1], repeat=N)))


def brute_energy(patterns, spins, P, self_interaction):
    """H of one configuration straight from its definition: a sum over index tuples and patterns, in exact fractions of integers.

    Distinct indices: -P!/(2 N^(P-1)) sum_mu sum_{i1<...<iP}; repeated: -(1/(2 N^(P-1))) sum over all tuples, minus the mean of that
    over uniform spins (the number of tuples in which every index appears an even number of times).
    """
    K, N = patterns.shape
    x = patterns.astype(object) * spins.astype(object)
    if not self_interaction:
        total = sum(np.prod(row[list(group)]) for row in x for group in itertools.combinations(range(N), P))
        return -factorial(P) * total / (2 * N ** (P - 1))
    total = sum(row.sum() ** P for row in x) - K * even_tuples(P, N)
    return -total / (2 * N ** (P - 1))


def even_tuples(P, N):
    """Number of P-tuples of N symbols in which each appears an even number of times: sum_k C(N,k) (N - 2k)^P / 2^N."""
    return sum(comb(N, k) * (N - 2 * k) ** P for k in range(N + 1)) // 2**N
