"""Networks as they are simulated, one file each, found by file name.

A network file states its energy as an exact integer law of the overlap counts X_mu = sum_i xi_mu,i s_i,

    H(s) = -scale * sum_mu law(X_mu),

and how a finite sample is drawn.  It defines

    REQUIRED, OPTIONAL     control parameters (params.check); the number of patterns comes from `alpha`, `K` or given patterns
    LARGEST_P              largest interaction order whose integers are exact
    law(X, params)         exact integer (Python int, or int64 array): minus the energy of one pattern in units of `scale`
    scale(params)          float
    load(params)           number of patterns K of the load alpha
    draw(params, seed, sample) -> Patterns

and may define

    check(params)          ParameterError where parameters do not go together; the parameters that count

A network that can learn from examples, with law e_P of the numbers xi_i s_i, also defines

    LEARNING               control parameters learning, r, M, stratified with their defaults
    check_learning(params) ParameterError where it cannot; scale(params) then is that of the rows of patterns.learn

A network whose rows may be iterated by mean-field dynamics (montecarlo/plefka.py), with law e_P, also defines

    crosstalk(params, chi) mean square of a coupling, for Onsager's term

A network of diluted patterns, which condense several at a time, draws patterns.Diluted, has the law e_2 with the argument
law(X, params, squares), squares = sum_i W_i**2 of the row, and also defines

    STARTS                 names of the starting states, the default first

A network with H(s) = -scale ln sum_mu exp(law(X_mu)), whose law is a float and whose states may be real, also defines

    LOG_SUM                True
    DYNAMICS               {space of the states: its dynamics, the default first}
    resolve(params)        params with the space filled in
    given(array, params)   the user's patterns, checked

and nothing else: how the law becomes a kernel is the engines' business (montecarlo/forms.py).
"""
import importlib
import pkgutil

from ..params import choose


def names():
    return sorted(m.name for m in pkgutil.iter_modules(__path__))


def get(name):
    """The module of the network called `name`; ParameterError with the nearest name if there is none."""
    return importlib.import_module(f"{__name__}.{choose('network', name, names())}")
