"""Replica-symmetric states: retrieval, paramagnet and (P = 2) glass of a network's `Equations`.

Numbers come from the curve alpha(m) (curve.py), formulas from the network's file in equations/.
"""
import functools
import math
from dataclasses import replace
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np
from numba import njit
from scipy.optimize import brentq

from . import curve, glass
from .averages import overlap, response, site_potentials
from .solution import Solution

NAME = "rs"
CONVERGED = 1e-10                       # largest residual of a solution that is called converged
TIGHT = {"xtol": 1e-15, "rtol": 1e-15}  # Brent's method to rounding


class State(NamedTuple):
    """A solution of the equations in numbers: overlap (with v), (1-q)/T, noise variance; NaN where `exists` is False."""

    m: float
    chi: float
    w: float
    residual: float
    iterations: int
    status: str
    exists: bool = True


def absent(status):
    return State(math.nan, math.nan, math.nan, math.nan, 0, status, False)


# ---- the compiled solvers take numbers and arrays

@functools.lru_cache
def numbers(e):
    """`curve.Numbers` of `Equations`.

    y_fold is the place of the maximum of h(F(y))/y, F(y) = E v tanh(y v): the spinodal of a single pattern; 0 for P = 2.
    """
    v = e.sites
    modes, sites = np.array(e.modes).reshape(-1, 2), np.array([v.place, v.weight, v.signed])
    x = curve.Numbers(e.P, e.signal, np.array(e.kernel), modes, *sites, v.spread, 1.0, 0.0)
    x = x._replace(top=float(curve.averages(1.0, 0.0, 0.0, x)[0]))
    if e.P == 2:
        return x

    def rise(log_y):                              # d ln(h/y)/d ln y
        y = math.exp(log_y)
        m, *_, gain, _ = curve.averages(y, 0.0, 1.0, x)
        return (e.P - 1) * y * gain / m - 1

    return x._replace(y_fold=math.exp(brentq(rise, -7.0, math.log(10 + math.log(e.P)) + 7, **TIGHT)))


@functools.lru_cache(maxsize=4096)
def fold(e, T):
    """(alpha, m, chi, m0, ...) of the end of the retrieval branch at temperature T: see curve.fold."""
    return curve.fold(T, numbers(e))


@functools.lru_cache
def single_pattern_spinodal(e):
    """(T, m) where retrieval of a single pattern ends: the highest temperature of any retrieval."""
    if e.P == 2:
        return e.signal, 0.0
    y = numbers(e).y_fold
    m = curve.averages(y, 0.0, 1.0, numbers(e))[0]
    return e.signal * e.P / 2 * m ** (e.P - 1) / y, m


def retrieval(e, alpha, T):
    """State of the branch connected to m = 1."""
    hottest, _ = single_pattern_spinodal(e)
    if T >= hottest:
        return absent(f"no retrieval at T = {T:.10g}: it ends at T = {hottest:.10g} even for a single pattern; lower T")
    end = fold(e, T)
    if not alpha <= end[0]:
        return absent(f"no retrieval at alpha = {alpha:.10g}, T = {T:.10g}: at this T the branch ends at the load "
                      f"alpha = {end[0]:.10g} (spinodal); lower alpha, or see boundary('spinodal')")
    x = curve.retrieve(alpha, T, numbers(e), end, math.nan, math.nan)
    status = "converged" if x[3] < CONVERGED else f"not converged: residual {x[3]:.1e}; move away from the spinodal"
    return State(*x, status)


def at_fold(e, alpha, T):
    """The last retrieval state at T, where (alpha, T) is on the spinodal."""
    if alpha == 0:
        m = single_pattern_spinodal(e)[1]
        chi = curve.averages(curve.field(m, numbers(e)), 0.0, T, numbers(e))[1]
        return State(m, chi, 0.0, 0.0, 0, "converged: end of the retrieval branch")
    _, m, chi, *_ = fold(e, T)
    w = alpha * curve.crosstalk(chi, T, numbers(e))[0]
    new_m, new_chi, *_ = curve.averages(curve.field(m, numbers(e)), w, T, numbers(e))
    residual = max(abs(new_m - m), abs(new_chi - chi) / chi)
    return State(m, chi, w, residual, 0, "converged: end of the retrieval branch")


def paramagnet(e, alpha, T):
    """State with m = 0 that is connected to T = infinity: q = 0, or q > 0 in a random field (kernel with a linear term)."""
    if len(e.kernel) > 1 and e.kernel[1] > 0 and alpha > 0:
        return random_field(e, alpha, T)
    if T == 0:
        return absent("no paramagnet at T = 0: with alpha > 0 it has frozen into a glass, else no field is left; raise T")
    if e.soft and alpha > 0 and T <= 1:
        return absent(f"no paramagnet at T = {T:.10g}: its equations end at T = 1 (chi = 1/T < 1); raise T or take start='glass'")
    status, freezing = "converged", freezing_temperature(e, alpha)
    if T < freezing * (1 - 1e-12):            # a state computed on the line itself is not below it
        if e.soft:
            status = f"converged, but unstable: below T_g = {freezing:.10g} the m = 0 phase is a glass; take start='glass'"
        else:
            static = glass.temperatures(e.kernel)
            kind = "unstable" if not static.jumps or T * T < alpha * curvature(e) else "not the equilibrium phase"
            status = f"converged, but {kind}: below T = {freezing:.10g} the m = 0 phase is a glass that breaks replica symmetry"
    return State(0.0, 1 / T, 0.0, 0.0, 0, status)


def curvature(e):
    return 2 * e.kernel[2] if len(e.kernel) > 2 else 0.0


def freezing_temperature(e, alpha):
    """Temperature below which the m = 0 phase is a glass: 1 + sqrt(alpha) for P = 2, else the static glass; alpha = 0: 0."""
    if alpha == 0:
        return 0.0
    if len(e.modes) == 1:
        return 1 + math.sqrt(alpha)
    if e.soft:                                    # lambda = 1 at q = 0
        return brentq(lambda T: 1 - alpha * crosstalk_response(e, T), 1, 2 + 2 * math.sqrt(alpha * sum(n for _, n in e.modes)), **TIGHT)
    return math.sqrt(alpha) * glass.temperatures(e.kernel).static


def crosstalk_response(e, T):
    """lambda/alpha of the paramagnet of P = 2: sum over modes of multiplicity (strength/(T - strength))**2; infinite at T = 1."""
    return math.inf if T <= 1 else sum(n * (a / (T - a)) ** 2 for a, n in e.modes)


def random_field(e, alpha, T):
    """The m = 0 state of lowest noise: at given w everything is explicit, alpha(w) rises from 0."""
    def load(w):
        return w / curve.crosstalk(response(0.0, w, T)[1], T, numbers(e))[0]

    low = alpha * e.kernel[1]                     # the noise at q = 0 is a lower bound
    high = alpha * curve.crosstalk(0.0, T, numbers(e))[0]
    grid = np.geomspace(low, high, 200)
    above = [load(w) >= alpha for w in grid]
    first = above.index(True) if any(above) else len(grid) - 1
    w = low
    if first > 0:                                 # a step beyond the grid: its end is a root at T = 0
        w = brentq(lambda w: load(w) / alpha - 1, grid[first - 1], grid[first] * (1 + 1e-12), xtol=1e-300, rtol=1e-15)
    chi = response(0.0, w, T)[1]
    status, freezing = "converged: the random field of odd P with repeated indices keeps q > 0", freezing_temperature(e, alpha)
    if T < freezing * (1 - 1e-12):
        status += f"; below T = {freezing:.10g} the m = 0 phase is a glass that breaks replica symmetry"
    return State(0.0, chi, w, abs(load(w) / alpha - 1), first, status)


def spin_glass(e, alpha, T):
    """The state m = 0, q > 0 that grows continuously: P = 2, and kernels with a q**2 term (there only a start for one step).

    At given w everything is explicit: alpha(w) = w/(noise per unit load), P = 2: w (1-chi)**2/q.
    """
    if alpha == 0:
        return absent("no glass at alpha = 0: a single pattern makes no noise; raise alpha")
    freezing = freezing_temperature(e, alpha)
    if T >= freezing:
        name = "1 + sqrt(alpha) = " if len(e.modes) == 1 else ""
        return absent(f"no glass at T = {T:.10g}: it ends at T_g = {name}{freezing:.10g}; lower T or take start='paramagnet'")
    def gap(log_w):
        return 1 - response(0.0, math.exp(log_w), T)[1]

    def excess(log_w):
        w = math.exp(log_w)
        return math.log(w / curve.crosstalk_of(overlap(w, T), response(0.0, w, T)[1], T, numbers(e))[0] / alpha)

    high = math.log(4 * (1 + alpha) ** 2 + T * T)
    while excess(high) < 0:
        high += 2
    low = high
    if e.soft and T < 1:                          # the branch starts where chi = 1, alpha = 0
        while gap(low) > 0:
            low -= 2
        low = brentq(gap, low, high, **TIGHT)
        step = 1e-15
        while gap(low) <= 0 or excess(low) > 0:   # step off the singular end, to the right of rounding
            low += step
            step *= 2
            if step > 1:
                return absent(f"alpha = {alpha:.3g} is too small for the glass to be resolved in double precision")
    else:
        while excess(low) > 0:
            low -= 2
    log_w = brentq(excess, low, high, **TIGHT)
    w = math.exp(log_w)
    return State(0.0, response(0.0, w, T)[1], w, abs(excess(log_w)), 0, "converged")


BRANCHES = {"retrieval": retrieval, "paramagnet": paramagnet, "glass": spin_glass}


# ---- from states to quantities

@njit(cache=True, nogil=True)
def _averages(h, w, T, e):
    """log_cosh, spin entropy, fourth, E v**2 sech**2/T and E tanh at fields h v + sqrt(w) z; array (5, points)."""
    out = np.empty((5, h.size))
    for i in range(h.size):
        if math.isnan(w[i]):
            out[:, i] = math.nan
        else:
            out[0, i], out[1, i] = site_potentials(h[i], w[i], T[i], e.place, e.weight, e.spread)
            _, _, _, _, out[2, i], out[3, i], out[4, i] = curve.averages(h[i], w[i], T[i], e)
    return out


def quantities(network, e, alpha, T, m, chi, w):
    """Order parameters and thermodynamics by name; arguments broadcast against each other, NaN in NaN out."""
    modes = e.modes
    if np.all(np.equal(alpha, 0)):
        e = replace(e, modes=())                  # a single pattern: no other modes, whatever chi is
    m, chi, w, alpha, T = np.broadcast_arrays(*(np.asarray(a, float) for a in (m, chi, w, alpha, T)))
    h = e.signal * e.P / 2 * m ** (e.P - 1)
    found = _averages(h.ravel(), w.ravel(), T.ravel(), numbers(e))
    names = ("log_cosh", "spin_entropy", "fourth", "gain", "archetype")
    q = np.where(np.isnan(m), np.nan, 1 - T * chi)
    x = SimpleNamespace(m=m, q=q, chi=chi, **dict(zip(names, found.reshape(-1, *h.shape))))
    f = network.free_energy(x, e, alpha, T)
    out = {**network.overlaps(x, e), "q": q, "chi": chi}
    if modes:
        with np.errstate(divide="ignore", invalid="ignore"):
            out["crosstalk"] = np.where(chi == 1, np.where(q == 0, 0.0, np.inf), q * network.response_of_modes(chi, replace(e, modes=modes), 2))
    with np.errstate(divide="ignore"):
        out["free_entropy"] = np.where(T > 0, -f / T, np.where(np.isnan(f), np.nan, np.inf))
    out.update(free_energy=f, energy=network.energy(x, e, alpha), entropy=network.entropy(x, e, alpha), replicon=network.replicon(x, e, alpha, T))
    if e.examples is not None:
        out["example_mode"] = network.example_mode(x, e) if e.examples[3] else np.full(m.shape, np.nan)
    return out


def free_energy(network, e, alpha, T, state):
    """The free energy alone of one state."""
    if alpha == 0:
        e = replace(e, modes=())                  # as in `quantities`
    x = numbers(e)
    log_cosh, _ = site_potentials(curve.field(state.m, x), state.w, T, x.place, x.weight, x.spread)
    return float(network.free_energy(SimpleNamespace(m=state.m, q=1 - T * state.chi, chi=state.chi, log_cosh=log_cosh), e, alpha, T))


def replicon(network, e, alpha, T, state):
    """The replicon alone of one state at alpha > 0."""
    fourth = curve.averages(curve.field(state.m, numbers(e)), state.w, T, numbers(e))[4]
    return float(network.replicon(SimpleNamespace(q=1 - T * state.chi, chi=state.chi, fourth=fourth), e, alpha, T))


def solution(name, network, branch, params, state, e):
    """`Solution` of one state at one point."""
    arrays = quantities(network, e, params.alpha, params.T, state.m, state.chi, state.w)
    values = {key: value.item() for key, value in arrays.items()}
    order = {key: values.pop(key) for key in ("m", "n", "q", "chi", "crosstalk") if key in values}
    return Solution(network=name, ansatz=NAME, branch=branch, params=params, order=order, **values,
                    converged=state.exists and state.residual < CONVERGED,
                    residual=state.residual, iterations=int(state.iterations), status=state.status)


def solve(name, network, branch, params):
    e = network.build(params)
    return solution(name, network, branch, params, BRANCHES[branch](e, params.alpha, params.T), e)
