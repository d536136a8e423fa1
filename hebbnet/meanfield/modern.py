"""States of modern Hopfield networks at exponential load: explicit formulas, no iteration (equations/modern.py, equations/exponential.py)."""
import math
from types import SimpleNamespace

from .. import equations
from ..equations.modern import sphere_mean
from ..params import ParameterError, check
from .solution import Solution


def refuse_ansatz(ansatz, k=None):
    """ParameterError unless the ansatz is the default."""
    if ansatz != "rs" or k is not None:
        raise ParameterError(f"ansatz = {ansatz!r}{'' if k is None else f', k = {k!r}'}: the theory of modern networks is a random-energy argument "
                             "without replicas; leave ansatz and k out", "ansatz")


def solve(network, *, start=None, ansatz="rs", k=None, **params):
    """`Solution` of one state; see solving.solve."""
    refuse_ansatz(ansatz, k)
    module = equations.get(network)
    params = module.resolve(check(network, params, required=module.REQUIRED, optional=module.OPTIONAL))
    return state(network, module, params, module.check_branch(start, params))


def state(network, module, params, branch):
    """The well (branch "retrieval") or the paramagnet at resolved parameters; NaN where the well is not a minimum."""
    e, alpha, T, N = module.build(params), params.alpha, params.T, params.N
    m_c = e.m_c(alpha, T)
    if N is not None:
        check_size(e, alpha, N)
        m_c = (alpha + e.noise.finite(e.lam, N)) / e.lam
    last = module.end(e, T)
    if branch == "retrieval" and not 0 <= alpha < last:
        return blank(network, params, branch, f"no retrieval at alpha = {alpha:.10g}, T = {T:.10g}, lam = {e.lam:.10g}: the wells end at alpha = "
                                              f"{last:.10g}; lower alpha or T")
    m = 0.0 if branch == "paramagnet" else e.overlap(T)
    if branch == "retrieval" and N is not None and T > 0 and e.space == "sphere":
        m = sphere_mean(1 / T, N)
    x = SimpleNamespace(m=m, m_c=m_c, T=T, alpha=alpha, N=N, branch=branch)
    f = module.free_energy(x, e)
    return Solution(network=network, ansatz="rs", branch=branch, params=params, order={"m": m, "m_c": m_c}, free_energy=f,
                    free_entropy=-f / T if T > 0 else math.inf, energy=module.energy(x, e), entropy=module.entropy(x, e), replicon=None,
                    converged=True, residual=0.0, iterations=0, status="converged: explicit")


def check_size(e, alpha, N):
    """ParameterError where the formula of N neurons is not derived."""
    if e.space == "euclidean":
        raise ParameterError(f"N = {N} with space = 'euclidean': not derived for a finite size; leave N out", "N")
    if e.condensed(alpha, e.lam):
        limit = e.noise.rate(e.noise.tilt(e.lam))
        raise ParameterError(f"N = {N} with alpha = {alpha:.10g}: a few patterns make up the noise below alpha = {limit:.10g} (condensed), where the "
                             "formula of a finite size is not derived; leave N out", "N")


def blank(network, params, branch, status):
    """The `Solution` that does not exist."""
    nan = math.nan
    return Solution(network=network, ansatz="rs", branch=branch, params=params, order={"m": nan, "m_c": nan}, free_energy=nan, free_entropy=nan,
                    energy=nan, entropy=nan, replicon=None, converged=False, residual=nan, iterations=0, status=status)


def one_step(network, **params):
    """Overlap after one parallel step of the sign rule at T = 0, from a probe at `overlap`; see signal_to_noise.one_step.

    m = 1 - (1+u) P_right - (1-u) P_wrong with the chances of an error of equations/exponential.py, `flip_error`: exact variance, Gaussian noise.
    """
    module = equations.get(network)
    if not hasattr(module, "flip_error"):
        raise ParameterError(f"network = {network!r}: one step of the sign rule is for 'exponential'; one update of 'modern' either retrieves a "
                             "pattern or does not, boundary(network, 'spinodal', T=0)", "network")
    params = check(network, params, required=("N",), optional={"lam": module.OPTIONAL["lam"], "K": None, "alpha": None, "overlap": 1.0})
    if (params.K is None) == (params.alpha is None):
        raise ParameterError(f"{network!r} needs exactly one of alpha and K; got alpha = {params.alpha}, K = {params.K}", "K")
    K = params.K or max(1, round(math.exp(params.alpha * params.N)))
    right, wrong = module.flip_error(params.lam, params.N, K, params.overlap)
    return 1 - (1 + params.overlap) * right - (1 - params.overlap) * wrong
