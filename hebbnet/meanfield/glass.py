"""The m = 0 glass of a Gaussian noise kernel: where it freezes, from the one-step equations at theta = 1.

There the inner average is an average over a tilted Gaussian, so that with v = xi'(q)/T**2 and u = v + sqrt(v) z

    q = E tanh(u),     Sigma = E ln cosh(u) - (v/2) [1 + q - xi(q)/xi'(q)]      (minus the complexity)

Roots q > 0 exist below T_d (dynamic glass), the maximum of T(v) = sqrt(xi'(q)/v); at T_K (static glass) Sigma = 0.  A kernel
with a q**2 term freezes continuously at T = sqrt(xi''(0)), unless such roots appear above it.  xi is per unit load, so
all temperatures scale as sqrt(alpha).
"""
import functools
import math
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq

from ..params import ParameterError
from .averages import potentials, response


class GlassTemperatures(NamedTuple):
    """Glass temperatures at alpha = 1; all scale as sqrt(alpha).  NaN: there is none of that kind."""

    dynamic: float
    dynamic_q: float
    static: float
    static_q: float        # overlap of the glass that appears there, 0 if it grows continuously


@functools.lru_cache
def temperatures(kernel):
    """`GlassTemperatures` of xi(q) = sum_j kernel[j] q**j; ParameterError for a kernel with a linear term (random field)."""
    if kernel[1] != 0:
        raise ParameterError("odd P with self_interaction: the noise holds a random field, whose m = 0 glass is not derived; "
                             "choose self_interaction=False or even P", "self_interaction")
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
    return GlassTemperatures(math.sqrt(squared(at)), overlap(at), math.sqrt(squared(static)), overlap(static))
