"""Multitasking Hebbian network: patterns xi of -1, 0, 1, many of whose entries are zero, so that several are retrieved at once.

    H(s) = -(1/2N) sum_mu sum_{i != j} xi_i xi_j s_i s_j,   P(xi = 0) = d

A neuron that one pattern leaves alone is free for the next: at low T and d the overlaps are (1-d) d**(mu-1) (hierarchical state).
Load: K patterns, or K = alpha N, rounded, at least 1.

Learning: the network sees M examples eta = xi chi of each archetype (`patterns.learn_diluted`), and with R = r**2 + (1 - r**2)/M

    supervised      H(s) = -1/(2 N R) sum_mu sum_{i != j} etabar_i etabar_j s_i s_j,   etabar = the mean of the M examples
    unsupervised    H(s) = -1/(2 N R M) sum_mu sum_a sum_{i != j} eta_i,a eta_j,a s_i s_j

The energy is not divided by 1-d: the paramagnet ends at T = 1-d, and overlaps m = sum_i xi_i s_i / N are 1-d at most.

Source: Agliari, Barra, Galluzzi, Guerra, Moauro (2012) Phys. Rev. Lett. 109 268101; Agliari, Alessandrelli, Barra, Ricci-Tersenghi
(2023) arXiv:2308.04106.
"""
from .. import patterns

REQUIRED = ("d", "N", "T")
OPTIONAL = {}
LEARNING = {"learning": "storage", "r": None, "M": None}
LARGEST_P = 2
STARTS = ("hierarchical", "pure", "random")


def law(X, params, squares):
    """e_2 of the numbers W_i s_i of one row as an exact integer, from their sum X and squares = sum_i W_i**2; int or int64 arrays."""
    return (X**2 - squares) // 2


def scale(params):
    return 1 / (params.N * normalization(params))


def normalization(params):
    """What the energy of the stored integer rows is divided by: M R, for rows that are sums of M examples M**2 R."""
    learning = params.get("learning", "storage")
    if learning == "storage":
        return 1.0
    R = params.r**2 + (1 - params.r**2) / params.M
    return (params.M if learning == "unsupervised" else params.M**2) * R


def check_learning(params):
    """Nothing is refused: pairs of neurons learn from examples of any kind."""


def load(params):
    return max(1, round(params.alpha * params.N))


def draw(params, seed, sample):
    return patterns.diluted(params.K, params.N, params.d, seed=seed, sample=sample)


def given(archetypes, params):
    """The user's archetypes (K, N) int8 of -1, 0, 1."""
    return patterns.given_diluted(archetypes)
