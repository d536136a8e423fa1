"""The m = 0 glass of a Gaussian noise kernel: where it freezes, from the one-step equations at theta = 1.

There the inner average is an average over a tilted Gaussian, so that with v = xi'(q)/T**2 and u = v + sqrt(v) z

    q = E tanh(u),     Sigma = E ln cosh(u) - (v/2) [1 + q - xi(q)/xi'(q)]      (minus the complexity)

Roots q > 0 exist below T_d (dynamic glass), the maximum of T(v) = sqrt(xi'(q)/v); at T_K (static glass) Sigma = 0.  A kernel
with a q**2 term freezes continuously at T = sqrt(xi''(0)), unless such roots appear above it.  xi is per unit load, so
all temperatures scale as sqrt(alpha).

A linear term is a random field: q0 > 0 at every T, q0 = E tanh(sqrt(v0) z)**2 with v0 = xi'(q0)/T**2, the replica-symmetric
state.  At theta = 1 clusters leave q0 as it is, and q1, with v1 - v0 = [xi'(q1) - xi'(q0)]/T**2, follows from it.  Roots q1 > q0
either begin at q1 = q0, where replica symmetry becomes unstable (de Almeida-Thouless) and theta < 1 emerges, or above that.
"""
import functools
import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq, minimize_scalar

from .averages import potentials, response
from .nested import averages


class GlassTemperatures(NamedTuple):
    """Glass temperatures at alpha = 1; all scale as sqrt(alpha).  NaN: there is none of that kind."""

    dynamic: float
    dynamic_q: float
    static: float
    static_q: float        # overlap q1 of the glass that appears there; equal to static_q0 if it grows continuously
    dynamic_q0: float = 0.0
    static_q0: float = 0.0

    @property
    def jumps(self):
        """Whether the glass appears with q1 > q0."""
        return self.static_q > self.static_q0


@functools.lru_cache
def temperatures(kernel):
    """`GlassTemperatures` of xi(q) = sum_j kernel[j] q**j."""
    if kernel[1] != 0:
        return in_random_field(kernel)
    xi = np.polynomial.Polynomial(kernel)
    slope, curvature = xi.deriv(), xi.deriv(2)(0.0)

    def overlap(log_v):
        return response(math.exp(log_v), math.exp(log_v), 1.0)[0]

    def squared(log_v):
        return slope(overlap(log_v)) / math.exp(log_v)

    def growth(log_v):                     # d ln squared / d log_v
        v = math.exp(log_v)
        q, chi, chi_h, _, _ = response(v, v, 1.0)
        return xi.deriv(2)(q) / slope(q) * (chi + chi_h / 2) * v - 1

    def excess(log_v):
        v, q = math.exp(log_v), overlap(log_v)
        return potentials(v, v, 1.0)[0] - math.log(2.0) - v / 2 * (1 + q - xi(q) / slope(q))

    scan = np.linspace(-12, 12, 97)
    values = [squared(x) for x in scan]
    top = int(np.argmax(values))
    if curvature > 0 and values[top] <= curvature:
        return GlassTemperatures(math.nan, math.nan, math.sqrt(curvature), 0.0)
    at = brentq(growth, scan[top - 1], scan[top + 1], xtol=1e-15, rtol=1e-15)
    static = brentq(excess, at, 40.0, xtol=1e-15, rtol=1e-15)
    if squared(static) <= curvature:                     # the paramagnet is unstable already
        return GlassTemperatures(math.nan, math.nan, math.sqrt(curvature), 0.0)
    return GlassTemperatures(math.sqrt(squared(at)), overlap(at), math.sqrt(squared(static)), overlap(static))


def unbroken(kernel, v):
    """(q0, T) of the replica-symmetric state in a random field, where its field has the variance v T**2."""
    q = 1 - response(0.0, v, 1.0)[1]
    return q, math.sqrt(np.polynomial.Polynomial(kernel).deriv()(q) / v)


def in_random_field(kernel):
    """`GlassTemperatures` of a kernel with a linear term.

    At theta = 1 and given gap = v1 - v0 the root of lowest v0, that of highest T, is followed: T_d is the maximum of T(gap).
    """
    xi = np.polynomial.Polynomial(kernel)
    slope, second = xi.deriv(), xi.deriv(2)

    def instability(log_v):
        v = math.exp(log_v)
        q, T = unbroken(kernel, v)
        return second(q) * response(0.0, v, 1.0)[4] / T**2 - 1

    def mismatch(log_v, gap):
        v = math.exp(log_v)
        q0 = unbroken(kernel, v)[0]
        return (slope(q0 + averages(0.0, v, gap, 1.0, 1.0)[2]) / slope(q0) - 1) * v / gap - 1

    fields = np.arange(-15.0, 8.0, 0.5)

    def first(f):
        """The lowest root over `fields`, NaN if there is none."""
        below = f(fields[0])
        for a, b in zip(fields, fields[1:]):
            above = f(b)
            if below < 0 <= above:
                return brentq(f, a, b, xtol=1e-15, rtol=1e-15)
            below = above
        return math.nan

    def state(log_gap):
        """(T, q0, q1, complexity) at theta = 1."""
        gap = math.exp(log_gap)
        log_v = first(lambda x: mismatch(x, gap))
        if math.isnan(log_v):
            return -math.inf, math.nan, math.nan, math.nan
        q0, T = unbroken(kernel, math.exp(log_v))
        found = averages(0.0, math.exp(log_v), gap, 1.0, 1.0)
        q1 = float(q0 + found[2])
        pull = ((1 - q1) * slope(q1) - (1 - q0) * slope(q0) + xi(q1) - xi(q0)) / T**2
        return T, q0, q1, -found[3] - pull / 2

    q, edge = unbroken(kernel, math.exp(first(instability)))
    scan = np.arange(-8.0, 8.0, 0.5)
    values = [state(x)[0] for x in scan]
    top = int(np.argmax(values))
    if values[top] <= edge or top == 0:                  # roots of ever smaller gap lie ever closer below the instability
        return GlassTemperatures(math.nan, math.nan, edge, q, math.nan, q)
    at = minimize_scalar(lambda x: -state(x)[0], bounds=(scan[top - 1], scan[top + 1]), method="bounded", options={"xatol": 1e-8}).x
    end = at + 0.5
    while state(end)[3] > 0:
        end += 0.5
    static = brentq(lambda x: state(x)[3], at, end, xtol=1e-14, rtol=1e-14)
    (dynamic, dynamic_q0, dynamic_q, _), (T, static_q0, static_q, _) = state(at), state(static)
    return GlassTemperatures(dynamic, dynamic_q, T, static_q, dynamic_q0, static_q0)
