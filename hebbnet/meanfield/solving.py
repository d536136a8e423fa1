"""`solve` and `solve_map`: states at points and on maps of the (alpha, T) plane."""
import importlib

import numpy as np

from .. import equations
from ..observables import describe
from ..params import PARAMETERS, ParameterError, check, choose, count
from . import curve, onestep, rs

ANSATZE = {rs.NAME: rs, onestep.NAME: onestep, "2rsb": None, "krsb": None}      # krsb.py is imported on use


def ansatz_named(name, k=None):
    """(module, its extra arguments) of the ansatz `name` with k steps of breaking; ParameterError naming the valid ones."""
    choose("ansatz", name, ANSATZE)
    if ANSATZE[name] is not None:
        if k is not None:
            raise ParameterError(f"k = {k!r} with ansatz = {name!r}: only ansatz='krsb' takes k; leave it out", "k")
        return ANSATZE[name], {}
    if name == "2rsb" and k not in (None, 2):
        raise ParameterError(f"k = {k!r} with ansatz = '2rsb', which is k = 2; leave k out or take ansatz='krsb'", "k")
    if name == "krsb" and k is None:
        raise ParameterError("ansatz = 'krsb' needs the number of steps, for example k=2", "k")
    return importlib.import_module(".krsb", __package__), {"k": 2 if name == "2rsb" else count("k", k)}


def check_branch(method, module, start, params):
    """`start` if these equations have that branch; ParameterError otherwise."""
    if method is rs:
        return module.check_branch(start, params.P)
    method.check_branch(start, module.build(params))
    return start


def own_solver(network, part=""):
    """The file of meanfield/ that solves `network`, or with part "_lines" finds its lines, where its equations name one; else None."""
    name = getattr(equations.get(network), "SOLVER", None)
    return name and importlib.import_module(f".{name}{part}", __package__)


def solve(network, *, ansatz="rs", start=None, k=None, **params):
    """One state of a network in the thermodynamic limit.

    network: name, e.g. "dense" with P, alpha, T and optionally N (finite-size factors) and self_interaction.
    ansatz: "rs", replica symmetric; "1rsb", one step of breaking; "krsb", k steps ("2rsb" is k = 2).
    start: the branch, "retrieval" (default; connected to m = 1), "paramagnet" (rs), or "glass" (m = 0; P >= 3: only broken).

    "multitasking" takes d, T and K patterns (`m` is an array), or alpha for K = alpha N, and start "lowest" (default: the thermodynamic
    state), "hierarchical" (the stable state that (1-d) d**(mu-1) flows to), "pure", "symmetric" (all equal; both also where unstable),
    or an array (K,) of overlaps that it descends from; `states` lists all stable ones.

    "modern" takes alpha, T, lam, `ensemble` and `space` (docs/theory/modern_statistics), "exponential" alpha, T and lam (default 1); start
    "retrieval" (one well, default) or "paramagnet"; N: the formulas of N neurons.

    Returns a `Solution`; where the branch does not exist, or replica symmetry is stable and a broken ansatz has nothing to add, it
    holds NaN, `converged` is False and `status` says where it ends or what to call instead.
    Raises ParameterError for an unknown name or a value outside its domain.  Equations: docs/theory/dense, rsb, krsb, multitasking.
    """
    own = own_solver(network)
    if own:
        return own.solve(network, ansatz=ansatz, start=start, k=k, **params)
    method, steps = ansatz_named(ansatz, k)
    module = equations.get(network)
    start = "retrieval" if start is None else start
    values = check(network, params, required=module.REQUIRED, optional=module.OPTIONAL)
    values = module.resolve(values)
    return method.solve(network, module, check_branch(method, module, start, values), values, **steps)


def solve_map(network, *, alpha, T, ansatz="rs", **fixed):
    """The retrieval state on a whole (alpha, T) plane, compiled: some microseconds per point.

    alpha, T: 1-D arrays; fixed: the other parameters.  Returns an xarray.Dataset with dims (alpha, T) of all order parameters
    and thermodynamic quantities, `converged`, `residual`, `iterations`, and `spinodal` (T,), the largest load of the branch.
    Points without retrieval are NaN with converged = False.  Raises ParameterError as `solve` does.
    """
    import xarray as xr

    if own_solver(network):
        raise ParameterError(f"network = {network!r}: solve_map is for networks with one condensed pattern; use a Study with MeanField", "network")
    if ansatz_named(ansatz)[0] is not rs:
        raise ParameterError(f"ansatz = {ansatz!r}: solve_map is replica symmetric; use a Study with MeanField, or solve", "ansatz")
    module = equations.get(network)
    axes = {}
    params = check(network, {"alpha": 0.0, "T": 0.0, **fixed}, required=module.REQUIRED, optional=module.OPTIONAL)
    for name, axis in (("alpha", alpha), ("T", T)):
        axes[name] = np.asarray(axis, float)
        if axes[name].ndim != 1 or not axes[name].size:
            raise ParameterError(f"{name} must be a 1-D array with at least one value; got shape {axes[name].shape}", name)
        for value in axes[name]:
            PARAMETERS[name].check(value)
    e = module.build(params)
    states, ends = curve.retrieval_map(axes["alpha"], axes["T"], rs.numbers(e))
    m, chi, w, residual, iterations = states
    columns = rs.quantities(module, e, axes["alpha"][:, None], axes["T"][None, :], m, chi, w)
    columns.update(converged=residual < rs.CONVERGED, residual=residual, iterations=iterations.astype(int))
    data = {name: (("alpha", "T"), values, describe(name)) for name, values in columns.items()}
    data["spinodal"] = ("T", np.nan_to_num(ends[0], nan=0.0), describe("spinodal"))
    given = {name: value for name, value in params.items() if name not in axes and value is not None}
    return xr.Dataset(data, coords={name: (name, axis, describe(name)) for name, axis in axes.items()}
                      | {name: ((), value, describe(name)) for name, value in given.items()},
                      attrs={"network": network, "ansatz": ansatz, "branch": "retrieval"})
