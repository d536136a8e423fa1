"""Exponential network: binary patterns and states, the logarithm of a sum of exponentials.

    H(s) = -(1/lam) ln sum_mu exp(lam xi_mu . s),   xi, s in {-1, 1}**N

-sum exp, as it is published with lam = 1, has the same ground states and the same zero-temperature dynamics, the sign rule

    s_i -> sign sum_mu [exp(lam (xi_i + h_i)) - exp(lam (-xi_i + h_i))],   h_i = xi . s without neuron i;   a zero keeps the spin,

but exponentially large gaps; the logarithm is extensive.  The network `modern` with ensemble="binary" is the same, and has its own theory of one
softmax update.  Load: K = exp(alpha N), rounded, at least 1.

Source: M. Demircigil et al. (2017) J. Stat. Phys. 168, 288, arXiv:1702.01929; docs/theory/modern_statistics.
"""
from .. import patterns
from . import modern
from .modern import LARGEST_P, LOG_SUM, law, load, scale  # noqa: F401  (the same energy)

REQUIRED = ("N", "T")
OPTIONAL = {"lam": 1.0}
DYNAMICS = {"binary": ("heat-bath", "metropolis", "zero-temperature", "parallel")}


def resolve(params):
    return params.replace(space="binary", ensemble="binary")


def draw(params, seed, sample):
    return patterns.random(params.K, params.N, seed=seed, sample=sample)


given = modern.given
