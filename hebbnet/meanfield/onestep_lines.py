"""Lines of the phase diagram with one step of replica symmetry breaking: ends of retrieval, and stability of the glass.

Where replica symmetry is stable the one-step state is the symmetric one, so each line here is continued by that of rs.py.
"""
import functools
from dataclasses import replace

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from ..equations import Sites
from ..params import ParameterError
from . import edges, glass, onestep, rs
from .onestep_newton import State


@functools.lru_cache
def meeting(network, e):
    """Temperature above which retrieval is replica symmetric up to its end: there the AT line meets the spinodal.

    With examples the AT line may turn back before it does; then this is the temperature of the turn.
    """
    top = rs.single_pattern_spinodal(e)[0]

    def excess(T):
        load = rs.fold(e, T)[0]
        if not load > 0:
            return -1.0
        return -rs.replicon(network, e, load, T, rs.at_fold(e, load, T))

    grid = np.linspace(0, top, 65)[1:-1]
    values = [excess(T) for T in grid]
    broken = [i for i, v in enumerate(values) if v > 0]
    last = broken[-1] if broken else 0
    T = brentq(excess, grid[last], grid[last + 1], xtol=1e-14, rtol=1e-14)
    if not e.examples:
        return T
    low, high = T, next((t for t in grid if t > T and not edges.at_loads(network, e, t)), top)
    while high - low > 1e-9 * top:
        middle = (low + high) / 2
        low, high = (middle, high) if middle <= T or edges.at_loads(network, e, middle) else (low, middle)
    return low


def largest_load(network, e, T):
    """(alpha, module, State, status) of the end of retrieval at T below the spinodal of a single pattern.

    Within a hair of the meeting point one step cannot be told from none; the symmetric end is then handed out with a bound: the end
    lies between it and the load at the meeting point.
    """
    load, status, top = rs.fold(e, T)[0], "converged: replica symmetric and stable there", meeting(network, e)
    if T < top * (1 - 1e-12):
        try:
            alpha, end = onestep.end_of_branch(network, e, T)
            return alpha, onestep, end, "converged" if T * end.y < 1 - 1e-9 else "converged: the branch ends with theta = 1"
        except onestep.Unresolved as why:
            gap = rs.fold(e, top)[0] - load
            if abs(gap) < 1e-6 * load:
                status = f"converged: replica-symmetric value; so close to the AT line one step of breaking shifts it by less than {gap:.1e}"
            elif T > 0 and edges.broken_loads(network, e, T)[-1:] and edges.broken_loads(network, e, T)[-1][1] < load:
                low, high = edges.broken_loads(network, e, T)[-1]
                status = (f"converged: replica symmetric and stable there, but not between alpha = {low:.10g} and {high:.10g}, where one step of "
                          f"breaking has no solution that could be followed ({why})")
            else:
                raise
    return load, rs, rs.at_fold(e, load, T), status


@functools.lru_cache
def shape(network, e):
    """((T, alpha) ...) of the end of retrieval from T = 0 to the meeting point, monotonic in between."""
    grid = np.linspace(0, meeting(network, e), 9).tolist()

    def load(T):
        return largest_load(network, e, T)[0]

    loads = [load(T) for T in grid]
    top = int(np.argmax(loads))
    if 0 < top < len(grid) - 1:
        T = minimize_scalar(lambda T: -load(T), bounds=(grid[top - 1], grid[top + 1]), method="bounded",
                            options={"xatol": 1e-6 * grid[top]}).x
        grid.append(float(T))
        loads.append(load(float(T)))
    return tuple(sorted(zip(grid, loads)))


def spinodal_temperatures(network, e, alpha):
    """Temperatures at which retrieval ends at this load, ascending."""
    top = meeting(network, e)
    roots = [T for T in edges.spinodal_temperatures(e, alpha) if T >= top]
    points = shape(network, e)
    for (a, left), (b, right) in zip(points, points[1:]):
        if left == alpha:
            roots.append(a)
        elif (left - alpha) * (right - alpha) < 0:
            roots.append(brentq(lambda T: largest_load(network, e, T)[0] - alpha, a, b, xtol=1e-12, rtol=1e-12))
    return tuple(sorted(roots))


def interval(network, e, alpha):
    """(lowest, highest) temperature of retrieval at this load, None where there is none."""
    roots = spinodal_temperatures(network, e, alpha)
    if not roots:
        return None
    return (0.0 if alpha <= shape(network, e)[0][1] else roots[0]), roots[-1]


def retrieval(network, e, alpha, T):
    """(State, module) of retrieval, whichever symmetry it has; at the end of its branch too."""
    broken = alpha > 0 and T < rs.single_pattern_spinodal(e)[0]
    if broken and T > 0:
        broken = any(low < alpha < high for low, high in edges.broken_loads(network, e, T))
    if broken:
        x = onestep.retrieval(network, e, alpha, T)
        if x.exists:
            return x, onestep
        load, module, end, _ = largest_load(network, e, T)
        if alpha >= load * (1 - 1e-12):
            return end, module
    return edges.retrieval_or_end(e, alpha, T), rs       # next to the AT line: equal to rounding


@functools.lru_cache
def gardner(network, e):
    """(T_G, State): where the one-step glass at unit load becomes unstable, lambda1 = 1."""
    if e.soft:
        raise ParameterError("which = 'gardner' with P = 2: the glass grows continuously and breaks replica symmetry in every step at once, "
                             "at 'static_glass'; P >= 3 has this line", "which")
    top = glass.temperatures(e.kernel)

    def margin(T):
        x = onestep.spin_glass(network, e, 1.0, T)
        return onestep.quantities(network, e, 1.0, T, x)["replicon"]

    high = top.static * (1 - (1e-6 if top.jumps else 2e-2))          # a glass that grows continuously is marginal where it begins
    if not margin(high) > 0:
        raise ParameterError(f"which = 'gardner' with P = {e.P} and self_interaction: the glass breaks replica symmetry in every step at once, "
                             "at 'static_glass'; with distinct indices it has this line", "which")
    low = high / 2
    while margin(low) > 0:
        high, low = low, low / 2
    T = brentq(margin, low, high, xtol=1e-15, rtol=1e-14)
    return T, onestep.spin_glass(network, e, 1.0, T)


def newborn_glass(T, q, q0):
    """State at theta = 1 of the glass with overlaps q, q0 that appears at T (static or dynamic)."""
    return State(0.0, (1 - q) / T, q - q0, 1 / T, 0.0, 0, "converged")


def zero_phase(network, e, alpha, T, broken):
    """(State, module) of the m = 0 phase: the paramagnet, and below its freezing temperature the glass.

    The glass is that of one step for P >= 3; for P = 2 it has one step where `broken`, else none.  Where it grows continuously and
    one step is not resolved, next to its birth, the symmetric one has the same free energy to 1e-12.
    """
    e = replace(e, sites=Sites(), examples=None)         # m = 0: what would be retrieved does not matter
    if alpha > 0 and T < rs.freezing_temperature(e, alpha) * (1 - 1e-9):
        if not e.soft or broken:
            x = onestep.spin_glass(network, e, alpha, T)
            if x.exists or not (e.soft or onestep.too_close(e, alpha, T)):
                return x, onestep
        if e.soft or e.kernel[1] == 0:
            return rs.spin_glass(e, alpha, T), rs
    return rs.paramagnet(e, alpha, T), rs


def free_energy(network, e, alpha, T, x, module):
    if module is onestep:
        return onestep.quantities(network, e, alpha, T, x)["free_energy"]
    return rs.free_energy(network, e, alpha, T, x)

