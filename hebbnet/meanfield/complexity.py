"""Complexity of the m = 0 glass: how many metastable states there are at each free energy (Monasson 1995; docs/theory/rsb).

With theta as a parameter, not an unknown, the one-step free energy f(theta), stationary in q1, generates the number of states
exp(N Sigma(f_s)) with free energy f_s by a Legendre transformation:

    theta f/T = theta f_s/T - Sigma:    Sigma = (theta**2/T) df/dtheta,    f_s = d(theta f)/dtheta = f + T Sigma/theta

and with y = theta/T, Sigma = y**2 df/dy, f_s = f + Sigma/y down to T = 0.  In equilibrium Sigma = 0 below T_K, and theta = 1 between
T_K and T_d; there theta > 1 weighs the states below the equilibrium ones, down to the lowest, Sigma = 0.
Source: R. Monasson, Phys. Rev. Lett. 75 2847 (1995).
"""
import math

import numpy as np

from .. import equations
from ..observables import describe
from ..params import ParameterError, check
from . import onestep
from .onestep_newton import State

POINTS = 41


def complexity(network, *, theta=None, y=None, **params):
    """Number and free energy of the metastable glass states with m = 0, against theta.

    network: "dense" with P >= 3, alpha > 0 and T; theta: array of values > 0, below T_K at most 1, or at any T, 0 included, y = theta/T.
    Neither: from 0.4 times the equilibrium theta up to it, T = 0: y.

    Returns an xarray.Dataset over `theta` (`y` where y was given and at T = 0): `complexity` Sigma per neuron, `state_free_energy` f_s
    of the states and `free_energy` f of the weighted whole, `q1`, `replicon` (negative: these states are unstable, Sigma is not their
    number), `converged`; scalars `theta_equilibrium` and `y_equilibrium`.  NaN where no glass solution with that theta exists.
    Raises ParameterError for P = 2 and for repeated indices that lift q0 above 0, P = 4 and odd P (not derived), for T >= T_d (no
    states), alpha = 0, and theta <= 0 or, below T_K, > 1.
    """
    import xarray as xr

    module = equations.get(network)
    values = check(network, params, required=module.REQUIRED, optional=module.OPTIONAL)
    e, alpha, T = module.build(values), values.alpha, values.T
    if e.soft:
        raise ParameterError("complexity with P = 2: the glass grows continuously, without a phase of many states above it; take P >= 3", "P")
    top = onestep.static(e)
    if alpha == 0:
        raise ParameterError("alpha = 0: a single pattern makes no glass; raise alpha", "alpha")
    scale = math.sqrt(alpha)
    if T >= top.dynamic * scale:
        raise ParameterError(f"T = {T:.10g}: above the dynamic glass temperature T_d = {top.dynamic * scale:.10g} there are no metastable "
                             f"glass states; lower T", "T")
    equilibrium = 1 / T if T >= top.static * scale else onestep.spin_glass(module, e, alpha, T).y
    axis, grid = choose_axis(theta, y, T, equilibrium)
    slopes = grid if axis == "y" else grid / T
    if T < top.static * scale and (slopes * T > 1 + 1e-12).any():
        raise ParameterError(f"theta > 1 at T = {T:.10g}: below T_K = {top.static * scale:.10g} there are no such states; give values in (0, 1]",
                             axis)
    columns = {name: np.full(grid.size, np.nan) for name in ("complexity", "state_free_energy", "free_energy", "q1", "replicon")}
    chi = chi_at_birth(e, T / scale, top)
    for i in np.argsort(-slopes):                        # from large theta, where the states are deepest
        try:
            log_chi, residual = onestep.overlap_at(module, e, slopes[i] * scale, T / scale, chi)
        except onestep.Unresolved:
            continue
        if T / scale * math.exp(log_chi) > 1 - 1e-6:     # q1 = 0: the paramagnet, where there are no such states
            continue
        chi = math.exp(log_chi)
        x = State(0.0, chi / scale, 1 - T * chi / scale, slopes[i], residual, 0, "converged")
        found = onestep.quantities(module, e, alpha, T, x)
        about = onestep.measured(module, e, 0.0, x.chi, x.split, x.y, alpha, T)
        number = -about.entropic - x.y**2 * about.pull / 2
        for name, value in (("complexity", number), ("free_energy", found["free_energy"]), ("q1", found["q1"]),
                            ("state_free_energy", found["free_energy"] + number / x.y), ("replicon", found["replicon"])):
            columns[name][i] = value
    data = {name: (axis, column, describe(name)) for name, column in columns.items()}
    data["converged"] = (axis, np.isfinite(columns["complexity"]), describe("converged"))
    data["theta_equilibrium"] = ((), T * equilibrium, describe("theta"))
    data["y_equilibrium"] = ((), equilibrium, describe("y"))
    given = {name: value for name, value in values.items() if value is not None}
    return xr.Dataset(data, coords={axis: (axis, grid, describe(axis))} | {n: ((), v, describe(n)) for n, v in given.items()},
                      attrs={"network": network, "ansatz": onestep.NAME, "branch": "glass"})


def choose_axis(theta, y, T, equilibrium):
    """("theta" or "y", its values, 1-D)."""
    if theta is not None and y is not None:
        raise ParameterError("theta and y = theta/T are both given; give one", "theta")
    if theta is not None and T == 0:
        raise ParameterError("theta at T = 0: theta vanishes there; give y = theta/T", "theta")
    axis = "y" if y is not None or T == 0 else "theta"
    given = y if y is not None else theta
    if given is None:
        given = np.linspace(0.4, 1.0, POINTS) * equilibrium * (1.0 if axis == "y" else T)
    grid = np.atleast_1d(np.asarray(given, float))
    if grid.ndim != 1 or not grid.size or not (np.isfinite(grid) & (grid > 0)).all():
        raise ParameterError(f"{axis} = {given!r}: expected positive numbers", axis)
    return axis, grid


def chi_at_birth(e, T, top):
    """A starting point below (1-q1)/T of the deepest states, at unit load."""
    born = (top.dynamic, top.dynamic_q) if T >= top.static else (top.static, top.static_q)
    return onestep.chi_at_theta_one(e, *born) / 2
