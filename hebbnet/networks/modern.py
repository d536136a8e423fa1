"""Modern Hopfield network: real patterns, the logarithm of a sum of exponentials over them.

    H(s) = -(1/lam) ln sum_mu exp(lam xi_mu . s)

space: "sphere", states of norm(s)**2 = N; "binary", s_i = +-1; "euclidean", s real with s . s / 2 added to H.  ensemble: how patterns are drawn,
"spherical" (uniform on the sphere norm(xi)**2 = N), "gaussian" (independent entries of variance 1) or "binary"; binary states need binary patterns.
hebbnet.modern has the same energy of any array with the constants ln(K)/lam + max norm(xi)**2/2 besides, which this one leaves out.
Load: K = exp(alpha N), rounded, at least 1.

Source: H. Ramsauer et al. (2021) Hopfield Networks is All You Need, arXiv:2008.02217; docs/theory/modern_statistics.
"""
import math

from .. import patterns
from ..params import ParameterError

REQUIRED = ("lam", "N", "T")
OPTIONAL = {"ensemble": "spherical", "space": None}
LARGEST_P = None
LOG_SUM = True
DYNAMICS = {"sphere": ("metropolis",), "binary": ("metropolis", "heat-bath", "zero-temperature", "parallel"), "euclidean": ("metropolis", "langevin")}
MOST = 41   # alpha N that K = exp(alpha N) is computed for: far beyond every memory


def law(X, params):
    """Logarithm of the weight of one pattern with the overlap X = xi . s."""
    return params.lam * X


def scale(params):
    return 1 / params.lam


def load(params):
    if params.alpha * params.N > MOST:
        digits = params.alpha * params.N / math.log(10)
        raise ParameterError(f"alpha = {params.alpha} with N = {params.N}: K = exp(alpha N) = 10^{digits:.0f} patterns; lower alpha or N, or draw "
                             "only overlaps with a probe (hebbnet.critical_loads)", "alpha")
    return max(1, round(math.exp(params.alpha * params.N)))


def resolve(params):
    """`params` with the space filled in; ParameterError where states and patterns do not fit."""
    space = params.space or ("binary" if params.ensemble == "binary" else "sphere")
    if space == "binary" and params.ensemble != "binary":
        raise ParameterError(f"space = 'binary' with ensemble = {params.ensemble!r}: binary states are simulated with binary patterns; take "
                             "ensemble = 'binary', or another space", "space")
    return params.replace(space=space)


def draw(params, seed, sample):
    if params.space == "binary":
        return patterns.random(params.K, params.N, seed=seed, sample=sample)
    return patterns.Real(patterns.Ensemble(params.ensemble, params.K, params.N, seed=seed, sample=sample)[:])


def given(array, params):
    """The user's patterns (K, N), checked: +-1 for binary states and patterns, norm(xi)**2 = N for spherical ones."""
    if params.ensemble == "binary":
        stored = patterns.given(array)
        return stored if params.space == "binary" else patterns.Real(stored.archetypes.astype(float))
    return patterns.Real(array, fixed=params.ensemble == "spherical")
