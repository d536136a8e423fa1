"""Search for the states of the multitasking network: all of them at T = 0 for K <= 5, and against plain iteration from many random starts."""
import itertools
import math

import numpy as np
import pytest

import hebbnet as hn
from hebbnet import equations
from hebbnet.meanfield import multitasking as states_of
from hebbnet.meanfield import multitasking_search as search


def build(**params):
    return equations.get("multitasking").build(states_of.validated("multitasking", params))


def iterate(K, d, T, points, rho=0.0, steps=3000):
    """Plain iteration of m = E xi tanh(xi.m/T) from all points at once; Gaussian examples by a plain grid in z.  (m, largest last change)."""
    xi = np.array(list(itertools.product((-1, 0, 1), repeat=K)), float)
    xi, weight = xi[:len(xi) // 2], 2 * np.prod(np.where(xi[:len(xi) // 2] == 0, d, (1 - d) / 2), axis=1)
    z = np.linspace(-8, 8, 81) if rho else np.zeros(1)
    gauss = np.exp(-z * z / 2) / np.exp(-z * z / 2).sum()
    n = points
    for _ in range(steps):
        h = n @ xi.T
        width = np.sqrt(rho * (n * n) @ (xi * xi).T)
        x = h[..., None] + width[..., None] * z
        t = np.tanh(x / T) if T > 0 else np.sign(np.where(np.abs(x) < 1e-13, 0, x))
        m = ((t @ gauss) * weight) @ xi
        if rho:
            m = (m + rho * n * (((1 - t * t) @ gauss / T * weight) @ (xi * xi))) / (1 + rho)
        change, n = np.abs(m - n).max(), m
        if change < 1e-13:
            break
    return -np.sort(-np.abs(n), axis=1), change


def random_points(K, d, number, seed):
    draw = np.random.default_rng(seed)
    return draw.uniform(0.02, 1, (number, K)) ** draw.uniform(0.3, 3, (number, 1)) * (1 - d)


def far(points, listed):
    """Largest distance of a point to its nearest listed one."""
    return max(np.abs(point - listed).max(axis=1).min() for point in points)


@pytest.mark.parametrize("K, number", [(1, 1), (2, 1), (3, 2), (4, 14), (5, 516)])
def test_all_cells_are_found(K, number):
    """As many as orders of subsets of K events by probability: T. Fine and J. Gill (1976) Ann. Probab. 4 667; oeis.org/A009997."""
    points, xi = search.cells(K), np.array(list(itertools.product((-1, 0, 1), repeat=K)))
    signs = np.sign(points @ xi.T)
    assert len(points) == number == len(np.unique(signs, axis=0)) and np.all((signs != 0).sum(axis=1) == 3**K - 1)


@pytest.mark.parametrize("K, d, number", [(2, 0.5, 1), (3, 0.58, 2), (3, 0.7, 1), (4, 0.53, None), (5, 0.3, None), (5, 0.5, 71), (5, 0.58, None)])
def test_states_of_zero_temperature_are_all_that_iteration_finds(K, d, number):
    """K = 5, d = 1/2: about 70 by another program."""
    found = hn.states("multitasking", K=K, d=d, T=0.0)
    m = np.array([s.m for s in found])
    assert number in (None, len(found)) and np.all(np.diff([s.energy for s in found]) > -1e-15)
    xi = np.array(list(itertools.product((-1, 0, 1), repeat=K)))
    p, h = np.prod(np.where(xi == 0, d, (1 - d) / 2), axis=1), m @ xi.T
    assert np.all((np.abs(h) > 1e-13) == xi.any(axis=1)) and all(s.lowest_mode == 1 for s in found)
    np.testing.assert_allclose((np.sign(np.where(xi.any(axis=1), h, 0)) * p) @ xi, m, atol=1e-14)
    ends, change = iterate(K, d, 0.0, random_points(K, d, 3000, 3))
    tied = (np.abs(ends @ xi.T) < 1e-12)[:, xi.any(axis=1)].any(axis=1)           # fixed with sign(0) = 0, and unstable
    assert change < 1e-13 and tied.mean() < 0.5 and far(ends[~tied], m) < 1e-12
    assert [s.energy for s in found] == pytest.approx(-(m * m).sum(axis=1) / 2)
    np.testing.assert_array_equal(hn.solve("multitasking", K=K, d=d, T=0.0).m, m[0])


def test_no_other_state_is_the_ground_state_before_the_line_says_so():
    for K in (3, 4, 5):
        end = hn.boundary("multitasking", "ground_state", K=K, T=0.0)
        assert end.status == "converged" and 0.5 < end.value < hn.boundary("multitasking", "hierarchical", K=K, T=0.0).value
        before, after = (hn.solve("multitasking", K=K, d=end.value + step, T=0.0) for step in (-1e-6, 1e-6))
        assert before.state_class == "hierarchical" != after.state_class and before.energy == pytest.approx(after.energy, abs=1e-6)


COLD = [dict(K=4, d=0.52, T=0.008), dict(K=5, d=0.52, T=0.005), dict(K=5, d=0.55, T=0.02), dict(K=5, d=0.45, T=0.005)]


@pytest.mark.parametrize("params", COLD, ids=str)
def test_states_of_low_temperature_are_all_that_iteration_finds(params):
    listed = hn.states("multitasking", **params)
    ends, change = iterate(**params, points=random_points(params["K"], params["d"], 400, 5))
    assert change < 1e-12 and far(ends, np.array([s.m for s in listed])) < 1e-7
    assert all(s.lowest_mode > 0 for s in listed) and hn.solve("multitasking", **params).free_energy == listed[0].free_energy


@pytest.mark.parametrize("params", [dict(K=3, d=0.3, T=0.05, rho=0.02), dict(K=4, d=0.55, T=0.03, rho=0.01)], ids=str)
def test_states_of_learning_are_all_that_iteration_finds(params):
    listed = hn.states("multitasking", learning="supervised", **params)
    ends, change = iterate(**params, points=random_points(params["K"], params["d"], 60, 6) / (1 + params["rho"]), steps=400)
    assert change < 1e-6 and far(ends, np.array([s.n for s in listed])) < 1e-4


@pytest.mark.parametrize("K, d, number", [(6, 0.55, 20_000), (7, 0.6, 4000), (8, 0.52, 2000)])
def test_the_search_among_too_many_cells_is_not_above_many_random_starts(K, d, number):
    e = build(K=K, d=d, T=0.0)
    xi, weight = search.fields(e)
    m = search.settle(random_points(K, d, number, 7), xi, weight)
    assert -(m * m).sum(axis=1).max() / 2 >= hn.solve("multitasking", K=K, d=d, T=0.0).energy - 1e-14


SHARP = [dict(K=2, d=0.3, T=0.1), dict(K=5, d=0.0, T=0.02), dict(K=6, d=0.4, T=0.003), dict(K=7, d=0.6, T=0.3),
         dict(K=4, d=0.3, T=0.1, learning="unsupervised", r=0.6, M=4), dict(K=3, d=0.2, T=0.05, learning="unsupervised", r=0.4, M=11),
         dict(K=1, d=0.2, T=0.2, learning="unsupervised", r=0.1, M=400)]


@pytest.mark.parametrize("params", SHARP, ids=str)
def test_averages_are_plain_sums_over_all_values(params):
    """Few patterns, whose values fit into one table of rows, and many."""
    e, T = build(**params), params["T"]
    value, weight, archetype, example = e.arrays
    index = np.array(list(itertools.product(range(len(value)), repeat=e.K)))
    v, p = value[index], weight[index].prod(axis=1)
    n = np.random.default_rng(5).uniform(-0.2, 1, e.K) * (1 - e.d)
    x = v @ n / T
    t, sech2 = np.tanh(x), 1 / np.cosh(np.clip(x, -300, 300)) ** 2
    log_cosh = np.logaddexp(x, -x)
    a = states_of.averages(e, T, n)
    for got, want in ((a.drive, (p * t) @ v), (a.m, (p * t) @ archetype[index]), (a.curvature, (v.T * (p * sech2)) @ v / T),
                      (a.example, (p * sech2) @ example[index] / T), (a.log_cosh, T * (p @ log_cosh)), (a.entropy, p @ (log_cosh - x * t)),
                      (a.q, p @ t**2)):
        np.testing.assert_allclose(got, want, rtol=1e-11, atol=1e-12)
    assert a.tied == 0


@pytest.mark.parametrize("T", [0.02, 0.3])
def test_rough_averages_are_close_and_have_their_own_derivatives(T):
    e, n = build(K=3, d=0.4, T=T, learning="supervised", rho=0.2), np.array([0.4, 0.2, 0.07])
    exact, rough = (states_of.averages(e, T, n, kind) for kind in (False, True))
    for name in ("drive", "log_cosh", "m"):
        difference = np.abs(getattr(exact, name) - getattr(rough, name)).max()
        assert 1e-9 < difference < 2e-4, name
    step = 1e-5
    ends = [[states_of.averages(e, T, n + sign * step * one, True) for sign in (1, -1)] for one in np.eye(3)]
    np.testing.assert_allclose([(a.log_cosh - b.log_cosh) / (2 * step) for a, b in ends], rough.drive, atol=1e-8)
    np.testing.assert_allclose([(a.drive - b.drive) / (2 * step) for a, b in ends], rough.curvature, atol=1e-6)


def test_of_many_patterns_the_lowest_state_is_first():
    for params in (dict(K=8, d=0.4, T=0.05, learning="supervised", rho=0.2), dict(K=6, d=0.55, T=0.01)):
        first = hn.solve("multitasking", **params)
        e = build(**params)
        ends = [states_of.descend(e, params["T"], n)[0] for n in random_points(params["K"], params["d"], 6, 9) / e.norm]
        assert first.converged and first.lowest_mode > 0
        assert first.free_energy <= min(states_of.free_energy(e, a) for a in ends) + 1e-12
    hot = hn.states("multitasking", K=4, d=0.3, T=0.7)
    assert [s.state_class for s in hot] == ["paramagnet"] and math.isclose(hot[0].free_entropy, math.log(2))
