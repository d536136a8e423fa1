"""The functions of meanfield/elementary.py against those of the C library, alone and inside of loops whose sums may be reordered."""
import math

import numpy as np
import pytest
from numba import njit

from hebbnet.meanfield import elementary
from hebbnet.meanfield.elementary import FAST, erfc_scaled, exp, expm1, log1p

EPS = np.finfo(float).eps
DRAW = np.random.default_rng(3)
RANGES = {"exp": np.concatenate([DRAW.uniform(-708, 709, 20000), DRAW.uniform(-2, 0, 20000), [0.0, -0.0]]),
          "expm1": np.concatenate([DRAW.uniform(-50, 50, 20000), DRAW.choice([-1, 1], 20000) * 10.0 ** DRAW.uniform(-300, 0, 20000)]),
          "log1p": np.concatenate([DRAW.uniform(0, 1, 20000), 10.0 ** DRAW.uniform(-300, 0, 20000), [1.0]])}


@njit(fastmath=FAST, error_model="numpy")
def filled(x):
    out = np.empty((3, x.size))
    for i in range(x.size):
        out[0, i], out[1, i], out[2, i] = exp(x[i]), expm1(x[i]), log1p(x[i])
    return out


@pytest.mark.parametrize("name", RANGES)
def test_values_are_those_of_the_c_library(name):
    x, f = RANGES[name], getattr(elementary, name)
    exact = np.array([getattr(math, name)(v) for v in x])
    np.testing.assert_allclose([f(v) for v in x], exact, rtol=3 * EPS, atol=0)
    np.testing.assert_allclose(filled(x)[list(RANGES).index(name)], exact, rtol=3 * EPS, atol=0)


def test_zero_far_out_and_nan_stays():
    assert exp(0.0) == 1.0 and expm1(0.0) == 0.0 and log1p(0.0) == 0.0
    assert [exp(x) for x in (-708.5, -1e300, -math.inf)] == [0.0] * 3 and [expm1(x) for x in (-708.5, -1e300, -math.inf)] == [-1.0] * 3
    assert all(math.isnan(f(math.nan)) for f in (exp, expm1, log1p))


@njit(fastmath=FAST, error_model="numpy")
def scaled(x):
    out = np.empty(x.size)
    for i in range(x.size):
        out[i] = erfc_scaled(x[i])
    return out


def test_complementary_error_function():
    x = np.concatenate([DRAW.uniform(0, 5, 5000), 10.0 ** DRAW.uniform(-300, 0, 500), [0.0]])
    np.testing.assert_allclose(scaled(x), [math.exp(v * v) * math.erfc(v) for v in x], rtol=2e-14)      # exp(v * v) rounds v * v
    far = DRAW.uniform(15, 30, 500)                                     # beyond, exp(-x**2) is 0
    series = sum((-1) ** k * math.prod(range(1, 2 * k, 2)) / (2 * far**2) ** k for k in range(9)) / (far * math.sqrt(math.pi))
    np.testing.assert_allclose(scaled(far), series, rtol=5e-15)
    assert erfc_scaled(0.0) == pytest.approx(1, abs=1e-15)
