"""How many examples it takes to learn an archetype well."""
import math

from ..params import PARAMETERS, ParameterError
from .search import least_integer, monotonic_root
from .solving import solve

MOST = 10**7          # examples that are looked at


def learning_threshold(network, *, overlap=0.95, ansatz="rs", **params):
    """Smallest number M of examples with which the retrieval state has archetype overlap m >= `overlap`.

    params: as for `solve`, with learning and r, without M: P, alpha, T, learning, r, form.  form="binomial" (default) gives an int, the
    exact one; "gaussian" a float, the root of m(M) = overlap.  math.inf where even very many examples do not reach the overlap.

    This is one of three meanings of a learning threshold: `example_threshold` asks for one step of the dynamics, and
    boundary("spinodal") with M left out for the end of the retrieval branch.  docs/theory/examples.md.  Raises ParameterError.
    """
    if not 0 < overlap < 1:
        raise ParameterError(f"overlap = {overlap!r}: expected a number between 0 and 1", "overlap")
    if "M" in params or "rho" in params:
        raise ParameterError("learning_threshold is solved for the number of examples: leave M and rho out and give r", "M")
    if params.get("learning", "storage") == "storage":
        raise ParameterError("learning = 'storage': there are no examples to count; take learning='supervised' or 'unsupervised'", "learning")
    if "r" not in params:
        raise ParameterError("learning_threshold needs the quality r of an example", "r")
    r, exact = PARAMETERS["r"].check(params["r"]), params.get("form", "binomial") != "gaussian"
    if r >= overlap:
        raise ParameterError(f"r = {r} with overlap = {overlap}: a single example already has this overlap; raise overlap", "r")

    def excess(M):
        m = state(M).m
        return (m if not math.isnan(m) else 0.0) - overlap

    def state(M):
        found = solve(network, ansatz=ansatz, **params, M=M)
        if math.isnan(found.m) and ansatz != "rs":       # where the symmetry is not broken
            symmetric = solve(network, **params, M=M)
            if symmetric.replicon >= 0 or "AT line" in found.status:
                return symmetric
        return found

    start = 10 * (1 - r * r) / (r * r)
    if exact:
        return least_integer(lambda M: excess(M) >= 0, start, MOST)
    return monotonic_root(excess, start, 1.0, float(MOST), rising=True)
