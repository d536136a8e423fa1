"""What learning from examples changes in the mean-field equations (docs/theory/examples).

M examples of an archetype, xi chi with P(chi = +-1) = (1 +- r)/2, enter through the mean of the chi at a neuron, scaled to variance 1:

    v = (1/M) sum_a chi_a / sqrt(R),   E v**2 = 1,   R = r**2 + (1 - r**2)/M = r**2 (1 + rho)

A neuron's field is h v + noise in place of h: the exact v takes M + 1 values ("binomial"), for large M it is Gaussian with mean
1/sqrt(1 + rho) and variance rho/(1 + rho).  Nothing else changes for supervised learning; unsupervised learning, where examples are
stored one by one, has more crosstalk too.
"""
import math
from typing import NamedTuple

from ..params import ParameterError

NEGLIGIBLE = 1e-18      # weights of values of v below this are below rounding in every average


class Sites(NamedTuple):
    """The distribution of v: values |v| = place with P(|v|) = weight and P(v) - P(-v) = signed, blurred by a Gaussian of std `spread`."""

    place: tuple = (1.0,)
    weight: tuple = (1.0,)
    signed: tuple = (1.0,)
    spread: float = 0.0


def resolved(params):
    """`params` of the dense network with form and rho filled in; ParameterError where learning, r, M, rho and form do not fit together."""
    learning = params.learning
    if learning == "storage":
        return dataset(params)
    if params.P % 2:
        raise ParameterError(f"P = {params.P} with learning = {learning!r}: odd P with examples is not derived; take an even P", "P")
    if params.self_interaction:
        raise ParameterError(f"self_interaction = True with learning = {learning!r}: with examples the equations are derived for distinct indices "
                             "only; leave it out", "self_interaction")
    if params.N is not None:
        raise ParameterError(f"N = {params.N} with learning = {learning!r}: finite-size factors are derived for learning = 'storage' only; leave "
                             "N out", "N")
    full = dataset(params)
    if learning == "unsupervised" and full.r is None:
        raise ParameterError(f"rho = {full.rho} with learning = 'unsupervised': its crosstalk depends on r and M one by one; give r and M", "rho")
    return full


def dataset(params):
    """`params` with form and rho filled in from learning, r, M, rho and form alone; ParameterError where these do not fit together."""
    learning, r, M, rho, form = (params[name] for name in ("learning", "r", "M", "rho", "form"))
    if learning == "storage":
        for name in ("r", "M", "rho", "form"):
            if params[name] is not None:
                raise ParameterError(f"{name} = {params[name]!r} with learning = 'storage': archetypes are stored without examples; leave {name} "
                                     "out or take learning='supervised' or 'unsupervised'", name)
        return params
    if (r is None) != (M is None) or (r is None and rho is None):
        raise ParameterError(f"learning = {learning!r} needs the quality r and the number M of examples, or their dataset entropy rho; got "
                             f"r = {r}, M = {M}, rho = {rho}", "r" if r is None else "M")
    if r is not None:
        of_examples = (1 - r * r) / (M * r * r)
        if rho is not None and not math.isclose(rho, of_examples, rel_tol=1e-9, abs_tol=1e-12):
            raise ParameterError(f"rho = {rho} with r = {r}, M = {M:g}: these have rho = (1 - r^2)/(M r^2) = {of_examples:.10g}; give (r, M) or "
                                 "rho", "rho")
        rho = of_examples
    form = form or ("gaussian" if r is None else "binomial")
    if form == "binomial":
        if r is None:
            raise ParameterError(f"form = 'binomial' with rho = {rho}: the exact form needs r and M; give them, or take form='gaussian'", "form")
        if M != int(M):
            raise ParameterError(f"M = {M} with form = 'binomial': the exact form needs a whole number of examples; round M, or take "
                                 "form='gaussian'", "M")
    return params.replace(rho=rho, form=form)


def sites(params):
    """`Sites` of resolved parameters."""
    if params.learning == "storage" or params.rho == 0:
        return Sites()
    if params.form == "gaussian":
        return Sites(place=(1 / math.sqrt(1 + params.rho),), spread=math.sqrt(params.rho / (1 + params.rho)))
    r, M = params.r, int(params.M)
    scale = 1 / (r * M * math.sqrt(1 + params.rho))

    def probability(k):                                   # of k examples that agree with the archetype
        if r == 1:
            return float(k == M)
        return math.exp(math.lgamma(M + 1) - math.lgamma(k + 1) - math.lgamma(M - k + 1) + k * math.log((1 + r) / 2)
                        + (M - k) * math.log((1 - r) / 2))

    kept = []
    for k in range((M + 1) // 2, M + 1):
        plus, minus = probability(k), probability(M - k) if 2 * k != M else 0.0
        if plus + minus > NEGLIGIBLE:
            kept.append(((2 * k - M) * scale, plus + minus, plus - minus if 2 * k != M else 0.0))
    total = sum(weight for _, weight, _ in kept)          # lgamma rounds: 1e-13 at M = 1000
    return Sites(*zip(*((place, weight / total, signed / total) for place, weight, signed in kept)))


def crosstalk_factor(params):
    """alpha_eff/alpha of unsupervised learning for P >= 4: E over pairs of examples of (their overlap)**P, over R**P."""
    P, r, M = params.P, params.r, params.M
    return (r ** (2 * P) + (1 - r ** (2 * P)) / M) / (r * r + (1 - r * r) / M) ** P


def modes(params):
    """((strength, multiplicity), ...) of the Gaussian modes of one other archetype, P = 2.

    The covariance of its M examples has one mode of strength 1 and M - 1 of strength (1 - r**2)/(M R); their mean has the first alone.
    """
    if params.learning != "unsupervised" or params.rho == 0 or params.M == 1:
        return ((1.0, 1.0),)
    return (1.0, 1.0), (params.rho / (1 + params.rho), params.M - 1.0)
