"""The one-step equations of a network as residuals, and Newton's method on them.

Unknowns are m, ln chi, ln split and ln y, with chi = (1 - q1)/T, split = q1 - q0 and y = theta/T: all finite at T = 0, so that T = 0
is this code with T = 0, and with the logarithm of the split as an unknown the replica-symmetric root q0 = q1 is at minus infinity.
Formulas: equations/ (`cluster...`); averages: nested.py.
"""
import functools
import math
from types import SimpleNamespace
from typing import NamedTuple

import numpy as np

from . import rs
from .nested import site_averages

M, CHI, SPLIT, Y, LOAD = range(5)           # the vector of unknowns: m, ln chi, ln split, ln y, and along a curve ln alpha
ROWS = {"retrieval": (M, CHI, SPLIT, Y), "glass": (CHI, SPLIT, Y), "frozen": (CHI, Y)}   # frozen: q0 = 0
GOOD = 1e-13                                # residual at which Newton's method stops at once


class Unresolved(ArithmeticError):
    """No solution of this kind was found; the message is a sentence."""


class State(NamedTuple):
    """A one-step solution in numbers: m, (1-q1)/T, q1 - q0, theta/T; NaN where `exists` is False."""

    m: float
    chi: float
    split: float
    y: float
    residual: float
    iterations: int
    status: str
    exists: bool = True


def absent(status):
    return State(math.nan, math.nan, math.nan, math.nan, math.nan, 0, status, False)


def state(z, residual, iterations, status="converged"):
    return State(float(z[M]), *(math.exp(v) for v in z[CHI:Y + 1]), float(residual), int(iterations), status)


# ---- the equations as residuals, and Newton's method

@functools.lru_cache
def sites(e):
    """(place, weight, signed, spread) of v, as nested.py takes it."""
    return np.array(e.sites.place), np.array(e.sites.weight), np.array(e.sites.signed), e.sites.spread


def measured(network, e, m, chi, split, y, alpha, T):
    """Namespace of the state and its averages; None outside the domain of the equations."""
    q1 = 1 - T * chi
    q0 = q1 - split
    if not (m >= 0 and q1 > 0 and q0 > -1e-15 and y > 0 and split > 0):
        return None
    x = SimpleNamespace(m=m, chi=chi, split=split, y=y, q1=q1, q0=max(q0, 0.0), T=T)
    if e.soft and alpha > 0 and min(network.modes(x)) <= 0:
        return None
    w0, gap, x.pull = network.cluster(x, e, alpha)
    if not gap > 0:
        return None
    h = e.signal * e.P / 2 * m ** (e.P - 1)
    found = site_averages(h, w0, gap, y, T, *sites(e))
    x.new_m, x.new_chi, x.new_split, x.entropic, x.log_weight, x.fourth, x.spin_entropy, x.spread, x.archetype = found
    return x


def residuals(network, e, kind, z, alpha, T):
    """Differences of the equations' two sides for m, ln chi, ln split and theta (relative); NaN outside their domain."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        chi, y = np.exp(z[CHI]), np.exp(z[Y])
        split = 1 - T * chi if kind == "frozen" else np.exp(z[SPLIT])
        x = measured(network, e, z[M], chi, split, y, alpha, T)
        if x is None:
            return np.full(len(ROWS[kind]), np.nan)
        r = (x.new_m - x.m, np.log(x.new_chi / chi), np.log(x.new_split / split), np.log(-2 * x.entropic / (y * y * x.pull)))
    return np.array([r[k] for k in ROWS[kind]])


def jacobian(f, z, free, r):
    """df/dz over the columns `free`; central differences where r is None, else one-sided ones from f(z) = r."""
    columns = []
    for k in free:
        step = (1e-5 if r is None else 1e-7) * (-1 if k == M else 1)         # down in m, which may be 1 to rounding
        moved = z.copy()
        moved[k] += step
        if r is None and not (k == M and z[M] - step > 1):
            other = z.copy()
            other[k] -= step
            columns.append((f(moved) - f(other)) / (2 * step))
        else:
            columns.append((f(moved) - (f(z) if r is None else r)) / step)
    return np.array(columns).T


def newton(f, z, free, steps=40, J=None):
    """(z, residual, iterations) of f(z) = 0 over the components `free`, from z, with damped steps; Unresolved if not reached.

    The matrix J of derivatives is brought up to date by Broyden's formula and computed anew only where progress is slow, then with
    more accurate differences: next to the AT line it is nearly singular.
    """
    z, free, fresh, exact = z.copy(), list(free), False, J is not None
    r = f(z)
    if not np.isfinite(r).all():
        raise Unresolved("the starting point is outside the domain of the equations")
    size, before = np.abs(r).max(), math.inf
    for step in range(steps):
        if size < GOOD or (fresh and size < rs.CONVERGED / 10 and size > before / 4):
            return z, size, step
        if J is None or size > 0.3 * before:
            J, fresh, exact = jacobian(f, z, free, None if exact else r), True, True
        else:
            fresh = False
        d = step_of(J, r)
        shrink = min(1.0, 0.7 / np.abs(d).max())
        before = size
        while True:
            new = z.copy()
            new[free] += shrink * d
            other = f(new)
            size = np.abs(other).max()
            if np.isfinite(size) and (size < 2 * before or size < rs.CONVERGED):
                break
            shrink /= 3
            if shrink < 1e-4:
                if fresh:
                    raise Unresolved("no step lowers the residual")
                J, fresh = jacobian(f, z, free, r), True
                d = step_of(J, r)
                shrink = min(1.0, 0.7 / np.abs(d).max())
        move = shrink * d
        if size > 0 and move.any():
            J = J + np.outer(other - r - J @ move, move) / (move @ move)
        z, r = new, other
    if size > rs.CONVERGED / 10:
        raise Unresolved(f"residual {size:.1e} after {steps} steps")
    return z, size, steps


def step_of(J, r):
    try:
        d = np.linalg.solve(J, -r)
    except np.linalg.LinAlgError:
        raise Unresolved("a singular matrix on the way") from None
    if not np.isfinite(d).all():
        raise Unresolved("the equations' domain ends on the way")
    return d
