"""`solve` and `solve_map`: states at points and on maps of the (alpha, T) plane."""
import numpy as np

from .. import equations
from ..observables import describe
from ..params import ParameterError, check, choose
from . import curve, rs

ANSATZE = {rs.NAME: rs}


def ansatz_named(name):
    """The module that solves with the ansatz `name`; ParameterError naming the valid ones."""
    return ANSATZE[choose("ansatz", name, ANSATZE)]


def solve(network, *, ansatz="rs", start="retrieval", **params):
    """One state of a network in the thermodynamic limit.

    network: name, e.g. "dense" with P, alpha, T and optionally N (finite-size factors) and self_interaction.
    ansatz: "rs", replica symmetric.  start: the branch, "retrieval" (connected to m = 1), "paramagnet" or, for P = 2, "glass".

    Returns a `Solution`; where the branch does not exist it holds NaN, `converged` is False and `status` says where it ends.
    Raises ParameterError for an unknown name or a value outside its domain.  Equations: docs/theory/dense.
    """
    method = ansatz_named(ansatz)
    module = equations.get(network)
    values = check(network, params, required=module.REQUIRED, optional=module.OPTIONAL)
    return method.solve(network, module, module.check_branch(start, values.P), values)


def solve_map(network, *, alpha, T, ansatz="rs", **fixed):
    """The retrieval state on a whole (alpha, T) plane, compiled: some microseconds per point.

    alpha, T: 1-D arrays; fixed: the other parameters.  Returns an xarray.Dataset with dims (alpha, T) of all order parameters
    and thermodynamic quantities, `converged`, `residual`, `iterations`, and `spinodal` (T,), the largest load of the branch.
    Points without retrieval are NaN with converged = False.  Raises ParameterError as `solve` does.
    """
    import xarray as xr

    ansatz_named(ansatz)
    module = equations.get(network)
    axes = {}
    for name, axis in (("alpha", alpha), ("T", T)):
        axes[name] = np.asarray(axis, float)
        if axes[name].ndim != 1 or not axes[name].size:
            raise ParameterError(f"{name} must be a 1-D array with at least one value; got shape {axes[name].shape}", name)
        for value in axes[name]:
            point = {"alpha": 0.0, "T": 0.0, **fixed, name: value}
            params = check(network, point, required=module.REQUIRED, optional=module.OPTIONAL)
    e = module.build(params)
    states, ends = curve.retrieval_map(axes["alpha"], axes["T"], *rs.numbers(e))
    m, chi, w, residual, iterations = states
    columns = rs.quantities(module, e, axes["alpha"][:, None], axes["T"][None, :], m, chi, w)
    columns.update(converged=residual < rs.CONVERGED, residual=residual, iterations=iterations.astype(int))
    data = {name: (("alpha", "T"), values, describe(name)) for name, values in columns.items()}
    data["spinodal"] = ("T", np.nan_to_num(ends[0], nan=0.0), describe("spinodal"))
    given = {name: value for name, value in params.items() if name not in axes and value is not None}
    return xr.Dataset(data, coords={name: (name, axis, describe(name)) for name, axis in axes.items()}
                      | {name: ((), value, describe(name)) for name, value in given.items()},
                      attrs={"network": network, "ansatz": ansatz, "branch": "retrieval"})
