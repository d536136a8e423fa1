"""Losses of learning from examples, and energies as sums of losses: functions of arrays.

A state s of N signs and a vector v of any length, x = (1/N) sum_i v_i s_i, R = (1/N) sum_i v_i**2:

    L = norm(v - s)**2 norm(v + s)**2/(4 N**2) = [(1 + R)**2 - 4 x**2]/4,        v of signs: 1 - x**2, in [0, 1]

is small where s is close to v or to -v.  Each Hebbian energy in its power form, with repeated indices and even P, is a sum of losses:

    -(N/2) sum_mu m_mu**P                            = -(N/2) sum_mu (1 - L_mu)**(P/2)                          archetypes
    -(N/(2 M R**(P/2))) sum_(mu, a) x_(mu, a)**P     = -(N/(2 M R**(P/2))) sum_(mu, a) (1 - L_(mu, a))**(P/2)   unsupervised: examples
    -(N/(2 R**(P/2))) sum_mu x_mu**P                 = -(N/2) sum_mu (R_mu/R)**(P/2) (1 - L_mu)**(P/2)          supervised: their means

the last with the loss of the means normalized to R_mu = 1; R is the R_mu expected of M examples of quality r, r**2 + (1 - r**2)/M.
For P = 2 and distinct indices these are exact up to a constant; for P >= 4 distinct indices differ by interactions of fewer neurons,
which the many archetypes of a high load make as large as the rest.
Diluted patterns (entries 0 and +-1, network multitasking, P = 2) keep the product of the two distances, with the length of each pattern,
R_mu = (1/N) sum_i xi_i**2, the fraction of its active neurons:

    -(N/2) sum_mu m_mu**2 = -(N/2) sum_mu [((1 + R_mu)/2)**2 - L_mu],     L_mu = ((1 + R_mu)/2)**2 - m_mu**2

so that the energy is an affine function, growing, of the sum of losses, in each kind of learning (`diluted`, `diluted_energy`).
Source: derived here; the losses are those of arXiv:2211.14067 (unsupervised) and 2212.00606 (supervised).
"""
import numpy as np

from .params import PARAMETERS, ParameterError, choose


def archetype(archetypes, state):
    """Loss of each archetype: (K,) from archetypes (K, N) and state (N,) of +-1; 1 - m**2, m the overlaps."""
    return _loss(_signs("archetypes", archetypes, 2), _signs("state", state, 1))


def unsupervised(examples, state):
    """Loss of each example on its own: (K, M) from examples (K, M, N) and state (N,) of +-1."""
    return _loss(_signs("examples", examples, 3), _signs("state", state, 1))


def supervised(means, state, normalized=True):
    """Loss of the mean of the examples of each archetype: (K,) from means (K, N), real, and state (N,) of +-1.

    normalized: of the means stretched to the length of a state, 1 - x**2/R_mu; otherwise of the means as they are, [(1 + R_mu)**2 - 4 x**2]/4.
    ParameterError for a mean that is zero everywhere, which has no direction.
    """
    means = _numbers("means", means, 2)
    if normalized:
        length = np.sqrt(np.mean(means**2, axis=-1, keepdims=True))
        if (length == 0).any():
            raise ParameterError(f"means[{int(np.argmin(length))}] is zero everywhere and cannot be normalized; take normalized=False", "means")
        means = means / length
    return _loss(means, _signs("state", state, 1))


def energy(learning, data, state, *, P, R=1.0):
    """Total energy of a state in the power form, from its losses by the identities above: a float.

    learning and data: "storage" and archetypes (K, N), "unsupervised" and examples (K, M, N), or "supervised" and means (K, N); P even;
    R > 0 the normalization r**2 + (1 - r**2)/M.  The network dense with self_interaction counts its energy from the mean over uniform spins.
    Raises ParameterError for odd P, where (1 - L)**(P/2) loses the sign of the overlap, and for arrays that do not fit.
    """
    choose("learning", learning, PARAMETERS["learning"].choices)
    P, R = PARAMETERS["P"].check(P), float(R)
    if P % 2:
        raise ParameterError(f"P = {P}: an energy is a sum of losses for even P only, odd powers of an overlap keep its sign", "P")
    if not 0 < R < np.inf:
        raise ParameterError(f"R = {R:g}: expected a finite number > 0", "R")
    if learning == "storage":
        terms = ((1 - archetype(data, state)) / R) ** (P // 2)
    elif learning == "unsupervised":
        terms = (((1 - unsupervised(data, state)) / R) ** (P // 2)).mean(-1)
    else:
        length = np.mean(_numbers("means", data, 2) ** 2, axis=-1)
        terms = (length / R * (1 - supervised(data, state))) ** (P // 2)
    return float(-len(state) / 2 * terms.sum())


def diluted(vectors, state, active=False):
    """Loss of each diluted pattern, example or mean: (...,) from vectors (K, N) or (K, M, N) and state (N,) of +-1.

    norm(v - s)**2 norm(v + s)**2/(4 N**2) over all neurons; active: over the neurons with v != 0 alone, per active neuron, with v of 0 and
    +-1: 1 - (x/R)**2, 0 where the state agrees with the pattern in all of them.  ParameterError for arrays that do not fit, and with `active` for
    vectors that are zero everywhere or have other entries.
    """
    vectors, state = _numbers("vectors", vectors, 3 if np.ndim(vectors) == 3 else 2), _signs("state", state, 1)
    if not active:
        return _loss(vectors, state)
    if not np.isin(vectors, (-1, 0, 1)).all():
        raise ParameterError("active = True with vectors that have entries other than 0, +1 and -1: active neurons are those of a diluted pattern",
                             "active")
    length = np.mean(vectors**2, axis=-1)
    if (length == 0).any():
        raise ParameterError("vectors holds a pattern that is zero everywhere, which has no active neurons; take active=False", "vectors")
    _same_size(vectors, state)
    return 1 - (vectors @ state / state.size / length) ** 2


def diluted_energy(learning, data, state, *, r=1.0, M=None, distinct=True):
    """Total energy of a state of the network multitasking, from its losses: a float.

    learning and data: "storage" and archetypes (K, N), "unsupervised" and examples (K, M, N), both of 0 and +-1, or "supervised" and means
    (K, N) of M examples (M must be given).  r is the quality of the examples, R = r**2 + (1 - r**2)/M the mean square of a mean on an active neuron:

        H = -(N/(2 R)) sum_mu mean_a [((1 + q)/2)**2 - L] + [distinct: (1/(2 R)) sum_mu mean_a q],      q = (1/N) sum_i v_i**2

    distinct: whether terms i = j are left out, as the network does.  Raises ParameterError for arrays that do not fit, or r or M outside
    its domain.
    """
    choose("learning", learning, PARAMETERS["learning"].choices)
    r = PARAMETERS["r"].check(r)
    vectors = _numbers("data", data, 3 if learning == "unsupervised" else 2)
    if learning == "storage":
        R = 1.0
    else:
        if learning == "supervised" and M is None:
            raise ParameterError("learning = 'supervised' needs M: the number of examples that were averaged", "M")
        M = vectors.shape[1] if learning == "unsupervised" else PARAMETERS["M"].check(M)
        R = r * r + (1 - r * r) / M
    length = np.mean(vectors**2, axis=-1)
    each = ((1 + length) / 2) ** 2 - diluted(vectors, state)
    terms = -len(state) / 2 * each + (length / 2 if distinct else 0.0)
    return float((terms.mean(-1) if learning == "unsupervised" else terms).sum() / R)


def _loss(vectors, state):
    """|v - s|**2 |v + s|**2/(4 N**2) of vectors (..., N) and state (N,)."""
    _same_size(vectors, state)
    size, x = np.mean(vectors**2, axis=-1) + 1, 2 * (vectors @ state) / state.size
    return (size - x) * (size + x) / 4


def _same_size(vectors, state):
    if vectors.shape[-1] != state.size:
        raise ParameterError(f"state has {state.size} neurons, the stored vectors have {vectors.shape[-1]}: expected the same number", "state")


def _numbers(name, array, dimensions):
    array = np.asarray(array)
    if array.dtype.kind not in "iuf" or array.ndim != dimensions or 0 in array.shape or not np.isfinite(array).all():
        shape = ("", "(N,)", "(K, N)", "(K, M, N)")[dimensions]
        raise ParameterError(f"{name} has shape {array.shape} and type {array.dtype}: expected {shape}, finite numbers", name)
    return array.astype(float)


def _signs(name, array, dimensions):
    array = _numbers(name, array, dimensions)
    if (np.abs(array) != 1).any():
        raise ParameterError(f"{name} holds {array[np.abs(array) != 1][0]:g}: expected every entry +1 or -1", name)
    return array
