"""Mean-field equations of the multitasking Hebbian network: diluted patterns xi in {-1, 0, 1}, P(0) = d (docs/theory/multitasking).

    H(s) = -(1/(2N)) sum_mu sum_{i != j} xi_i xi_j s_i s_j,     so that H ~ -(N/2) sum_mu m_mu**2,  m_mu = (1/N) sum_i xi_i s_i

Many patterns are retrieved at once, in the neurons that others leave free.  For finite K, with E over the xi of one neuron,

    m_mu = E xi_mu tanh(h/T),   (1 + rho) n_mu = E v_mu tanh(h/T),   h = sum_mu n_mu v_mu
    A = E ln 2cosh(h/T) - (1 + rho) sum_mu n_mu**2/(2T)             (the thermodynamic state has the largest A)

v = xi where archetypes are stored (rho = 0, n = m); from M examples of quality r, v = xi chibar/r with chibar the mean of M signs of
mean r ("binomial"), or xi (1 + sqrt(rho) y) with y Gaussian ("gaussian", large M).  For K = alpha N one pattern is condensed, the others are
Gaussian modes of strength p = 1 - d as in `dense`, P = 2; d = 0 is Amit-Gutfreund-Sompolinsky.
Source: Agliari, Alessandrelli, Barra, Ricci-Tersenghi (2023) Parallel learning by multitasking neural networks; Agliari et al. (2012)
Phys. Rev. Lett. 109 268101; derived anew, normalizations as written here.
"""
import functools
import math
from dataclasses import dataclass

import numpy as np

from ..params import ParameterError, choose
from . import Equations, _examples
from .dense import energy, entropy, free_energy, replicon, response_of_modes  # noqa: F401  (the formulas of K = alpha N)

SOLVER = "multitasking"         # the file in meanfield/ that solves these equations; networks without one are solved by the ansatz
REQUIRED = ("d", "T")
OPTIONAL = {"K": None, "alpha": None, "learning": "storage", "r": None, "M": None, "rho": None, "form": None}
UNKNOWNS = ("T", "d", "alpha", "rho", "M")
MOST_FIELDS = 2_000_000         # values of a neuron's field that are summed over, up to sign


def BRANCHES(many=False):
    """Names of the branches that `solve` accepts as `start`; many: for K = alpha N."""
    return ("pure",) if many else ("lowest", "hierarchical", "pure", "symmetric")


def check_branch(start, params):
    """`start` as a name or, for finite K, an array of K starting overlaps; None is the default.  ParameterError otherwise."""
    names = BRANCHES(params.alpha is not None)
    if start is None:
        return names[0]
    if isinstance(start, str) or params.alpha is not None:
        return choose("start", start, names)
    try:
        overlaps = np.asarray(start, float)
    except (TypeError, ValueError):
        overlaps = np.array(math.nan)
    if overlaps.shape != (params.K,) or not np.isfinite(overlaps).all():
        raise ParameterError(f"start = {start!r}: expected one of {', '.join(names)}, or an array of K = {params.K} finite starting overlaps",
                             "start")
    return overlaps


@dataclass(frozen=True)
class Diluted:
    """The distribution of v at one neuron, for each of K patterns the same and independent.

    value (S,), ascending and symmetric about the 0 in its middle; weight (S,) its probabilities; archetype (S,) the mean of xi given v;
    example (S,) what the stability against single examples needs of each value; rho the variance of its Gaussian part in units of xi**2;
    norm = 1 + the dataset entropy = E v**2/p.
    """

    K: int
    d: float
    value: tuple
    weight: tuple
    archetype: tuple
    example: tuple
    rho: float
    norm: float

    @functools.cached_property
    def arrays(self):
        return tuple(np.array(a) for a in (self.value, self.weight, self.archetype, self.example))


def resolve(params):
    """`params` with form and rho filled in; ParameterError where they do not fit together."""
    if (params.K is None) == (params.alpha is None):
        raise ParameterError(f"'multitasking' needs the number of patterns K or, for K = alpha N, the load alpha; got K = {params.K}, "
                             f"alpha = {params.alpha}", "K")
    if params.alpha is not None and params.learning != "storage":
        raise ParameterError(f"learning = {params.learning!r} with alpha = {params.alpha:g}: learning from examples is derived for finite K only; "
                             "give K, or leave learning out", "learning")
    return _examples.dataset(params)


def build(params):
    """`Diluted`, or for K = alpha N `Equations`, of one set of parameters; ParameterError where they do not fit."""
    params = resolve(params)
    if params.alpha is not None:
        return Equations(P=2, signal=1.0, kernel=(0.0,), modes=((1 - params.d, 1.0),))
    if params.learning == "storage" or params.rho == 0 or params.form == "gaussian":
        rho = params.rho or 0.0
        e = _diluted(params.K, params.d, (1.0,), (1.0,), (1.0,), (rho,), rho, 1 + rho)
    else:
        v, M, rho = _examples.sites(params), int(params.M), params.rho
        place = tuple(math.sqrt(1 + rho) * c for c in v.place)
        single = tuple((1 - (params.r * u) ** 2) / (params.r**2 * (M - 1)) if M > 1 else 0.0 for u in place)
        e = _diluted(params.K, params.d, place, v.weight, v.signed, single, 0.0, 1 + rho)
    fields = len(e.value) ** params.K / 2
    if fields > MOST_FIELDS:
        few = " or form = 'gaussian'" if len(e.value) > 3 else ""
        raise ParameterError(f"K = {params.K}: a neuron's field has {fields:.2g} values, {len(e.value)} for each pattern, and they are summed over "
                             f"one by one up to {MOST_FIELDS:,}; take fewer patterns{few}", "K")
    return e


def _diluted(K, d, place, weight, signed, single, rho, norm):
    """`Diluted` from the values |v| = place of an entry that is not zero, in ascending order."""
    p = 1 - d
    zero, idle = d, 0.0                                     # the mean of many signs may be zero too
    if place[0] == 0:
        zero, idle = d + p * weight[0], p * weight[0] * single[0] / (d + p * weight[0])
        place, weight, signed, single = place[1:], weight[1:], signed[1:], single[1:]
    half, mean = [p * w / 2 for w in weight], [s / w for s, w in zip(signed, weight)]
    return Diluted(K, d, (*(-u for u in place[::-1]), 0.0, *place), (*half[::-1], zero, *half), (*(-a for a in mean[::-1]), 0.0, *mean),
                   (*single[::-1], idle, *single), rho, norm)


# ---- closed forms of storage

def hierarchy(K, d):
    """Overlaps (1-d) d**(mu-1) of the hierarchical state at T = 0; array (K,)."""
    return (1 - d) * float(d) ** np.arange(K)


def split(d):
    """Overlaps at T = 0 of the majority of K = 3 patterns, in which two that disagree follow the larger overlap; array (3,)."""
    return (1 - d) * np.array([0.5 + d - d * d / 2, (1 + d * d) / 2, 0.5 - d + 1.5 * d * d])


def least_field(K, d):
    """(1-d) d**(mu-1) - sum of what follows, for mu = 1, over 1 - d: the hierarchical state exists where 1 - 2d + d**K > 0."""
    return 1 - 2 * d + d**K


def multicritical(rho):
    """d at which T_c divides into pure (below) and symmetric states (above): the cubic anisotropy of A changes sign."""
    return 2 / (3 * (1 + rho) ** 2)


def pure_end(x):
    """(d, T_P) of the pure state of storage with m/T = x, where the first other pattern condenses."""
    t = np.tanh(x)
    d = 1 - (1 - t / x) / t**2
    return d, (1 - d) * t / x
