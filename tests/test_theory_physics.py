"""Identities that hold the solver against independent quadratures and against itself."""
import math
from types import SimpleNamespace

import numpy as np
import pytest

import hebbnet as hn
from hebbnet.equations import dense
from hebbnet.meanfield import averages, curve, glass, rs
from hebbnet.params import Params

Z = np.linspace(-11, 11, 44001)
GAUSS = np.exp(-Z**2 / 2) * (22 / 44000) / math.sqrt(2 * math.pi)       # plain trapezoid: nothing in common with averages.py


def ln_2cosh(x):
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x)))


def free_entropy(m, q, beta, P, alpha, repeated):
    """A(m, q) as printed in docs/theory/dense, by the plain trapezoid."""
    if P == 2:
        chi = beta * (1 - q)
        r = q / (1 - chi) ** 2
        u = beta * (m + math.sqrt(alpha * r) * Z)
        return (GAUSS @ ln_2cosh(u) - beta * m**2 / 2 - alpha * beta / 2 - alpha / 2 * (math.log(1 - chi) - beta * q / (1 - chi))
                - alpha * beta**2 / 2 * r * (1 - q))
    xi = {(3, False): [0, 0, 0, 1], (4, False): [0, 0, 0, 0, 1], (6, False): [0] * 6 + [1],
          (3, True): [0, 1.5, 0, 1], (4, True): [0, 0, 3, 0, 1], (6, True): [0, 0, 45 / 8, 0, 15 / 2, 0, 1]}[P, repeated]
    xi = alpha / 2 * np.polynomial.Polynomial(xi)
    u = beta * (P / 2 * m ** (P - 1) + math.sqrt(xi.deriv()(q)) * Z)
    return GAUSS @ ln_2cosh(u) - beta * (P - 1) / 2 * m**P + beta**2 / 2 * (xi(1) - xi(q) - (1 - q) * xi.deriv()(q))


def derivative(f, x, h):
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


KERNELS = [(2, False), (3, False), (4, False), (6, False), (3, True), (4, True), (6, True)]


def random_points(count, seed):
    """Points of the retrieval domain, with the solution there."""
    rng = np.random.default_rng(seed)
    found = []
    while len(found) < count:
        P, repeated = KERNELS[rng.integers(len(KERNELS))]
        T = rng.uniform(0.08, 0.9)
        largest = float(hn.boundary("dense", "spinodal", P=P, T=T, self_interaction=repeated))
        alpha = rng.uniform(0.05, 0.95) * np.nan_to_num(largest)
        if alpha > 1e-4:
            found.append((P, alpha, T, repeated))
    return found


def hold_stationarity(s):
    """A is stationary in m and q at the solution, and A, U, S, f belong together."""
    P, alpha, T, repeated = s.params.P, s.params.alpha, s.params.T, s.params.self_interaction
    beta, scale = 1 / T, min(1 - s.q, s.q, 0.2)
    where = str(s.params)

    def A(m=s.m, q=s.q, beta=beta):
        return free_entropy(m, q, beta, P, alpha, repeated)

    assert s.converged and s.residual < 1e-12, where
    assert s.free_entropy == pytest.approx(A(), abs=1e-11 * beta), where
    assert derivative(lambda m: A(m=m), s.m, 1e-3) == pytest.approx(0, abs=1e-8 * beta**2), where
    assert derivative(lambda q: A(q=q), s.q, 3e-4 * scale) * scale == pytest.approx(0, abs=1e-10 * beta), where
    assert s.energy == pytest.approx(-derivative(lambda b: A(beta=b), beta, 1e-3 * beta), abs=1e-8), where
    assert s.entropy == pytest.approx(s.free_entropy + beta * s.energy, abs=1e-12 * beta + 1e-13), where
    assert s.free_energy == pytest.approx(-T * s.free_entropy, rel=1e-14), where


def test_solutions_are_stationary_points_and_thermodynamics_is_consistent():
    for P, alpha, T, repeated in random_points(40, seed=20240607):
        hold_stationarity(hn.solve("dense", P=P, alpha=alpha, T=T, self_interaction=repeated))


@pytest.mark.parametrize("start, P, alpha, T", [
    ("glass", 2, 0.05, 0.3), ("glass", 2, 0.3, 1.3), ("glass", 2, 0.1, 0.1), ("paramagnet", 2, 0.1, 1.5), ("paramagnet", 4, 0.2, 0.8),
    ("paramagnet", 3, 0.2, 0.5)])
def test_branches_without_overlap_are_stationary_too(start, P, alpha, T):
    repeated = start == "paramagnet" and P == 3
    s = hn.solve("dense", P=P, alpha=alpha, T=T, start=start, self_interaction=repeated)
    assert s.converged and s.m == 0
    assert s.free_entropy == pytest.approx(free_entropy(0, s.q, 1 / T, P, alpha, repeated), abs=1e-11)
    if s.q > 0:
        h = 1e-4 * min(s.q, 1 - s.q)
        assert derivative(lambda q: free_entropy(0, q, 1 / T, P, alpha, repeated), s.q, h) == pytest.approx(0, abs=1e-7)
    assert s.energy == pytest.approx(-derivative(lambda b: free_entropy(0, s.q, b, P, alpha, repeated), 1 / T, 1e-3 / T), abs=1e-8)
    assert (s.q > 0) == (start == "glass" or repeated)


@pytest.mark.parametrize("h", [0.0, 0.3, 1.0, 2.0])
@pytest.mark.parametrize("width", [0.05, 0.4, 1.0, 2.5])
@pytest.mark.parametrize("T", [0.02, 0.3, 0.999, 1.001, 2.0])
def test_averages_agree_with_a_plain_trapezoid(h, width, T):
    x = (h + width * Z) / T
    t = np.tanh(x)
    s = 1 / np.cosh(np.clip(x, -300, 300)) ** 2
    m, chi, chi_h, chi_w, fourth = averages.response(h, width**2, T)
    log_cosh, entropy = averages.potentials(h, width**2, T)
    assert m == pytest.approx(GAUSS @ t, abs=2e-13)
    assert averages.overlap(width**2, T) == pytest.approx(GAUSS @ np.tanh(width * Z / T) ** 2, rel=1e-11)
    assert chi == pytest.approx(GAUSS @ s / T, rel=1e-11, abs=1e-15)
    assert chi_h == pytest.approx(-2 * (GAUSS @ (t * s)) / T**2, rel=1e-9, abs=1e-12 / T**2)
    assert chi_w == pytest.approx(GAUSS @ (2 * s - 3 * s**2) / T**3, rel=1e-9, abs=1e-12 / T**3)
    assert fourth == pytest.approx(GAUSS @ s**2 / T, rel=1e-11, abs=1e-15)
    assert log_cosh == pytest.approx(T * (GAUSS @ ln_2cosh(x)), rel=1e-12)
    assert entropy == pytest.approx(GAUSS @ (ln_2cosh(x) - x * t), rel=1e-11, abs=1e-13)


@pytest.mark.parametrize("ratio", averages.WIDEST)
@pytest.mark.parametrize("h", [0.0, 0.4, 3.0, 9.0])
def test_averages_do_not_jump_where_another_rule_takes_over(h, ratio):
    """The finest grid on both sides, and beyond the last one the rule of wide fields."""
    T = 0.6
    for side in (1 - 1e-13, 1 + 1e-13):
        width = ratio * T * side
        x = (h + width * averages.Z) / T
        e = np.exp(-2 * np.abs(x))
        sech2 = 4 * e / (1 + e) ** 2
        want = [averages.GAUSS @ np.tanh(x), averages.GAUSS @ sech2 / T, averages.GAUSS @ sech2**2 / T]
        m, chi, _, _, fourth = averages.response(h, width**2, T)
        np.testing.assert_allclose([m, chi, fourth], want, rtol=1e-12, atol=1e-15)
        log = np.log1p(e)
        want = [T * (averages.GAUSS @ (np.abs(x) + log)), averages.GAUSS @ (log + 2 * np.abs(x) * e / (1 + e))]
        np.testing.assert_allclose(averages.potentials(h, width**2, T), want, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("distance", [1e-4, 1e-6, 1e-8])
def test_critical_states_follow_their_laws_in_few_steps(distance):
    """Leading order in the distance to a critical point: square roots, and for the glass of P = 2 q = 1 - T/T_g."""
    glassy = hn.solve("dense", P=2, alpha=0.1, T=(1 + math.sqrt(0.1)) * (1 - distance), start="glass")
    assert glassy.converged and glassy.q == pytest.approx(distance, rel=max(distance, 1e-7))
    pure = hn.solve("multitasking", K=3, d=0.2, T=0.8 * (1 - distance), start="hierarchical")          # pure is stable below d = 2/3
    assert pure.converged and pure.iterations < 40
    assert pure.m[0] == pytest.approx(0.8 * math.sqrt(3 * distance), rel=max(2 * distance, 1e-11 / distance))
    assert (np.abs(pure.m[1:]) < 1e-3 * pure.m[0]).all()
    for P in (2, 4):
        end = hn.boundary("dense", "spinodal", P=P, T=0.3)
        near, further = (hn.solve("dense", P=P, alpha=float(end) * (1 - x * distance), T=0.3) for x in (1, 4))
        assert near.converged and near.iterations < 25
        assert (further.m - end.solution.m) / (near.m - end.solution.m) == pytest.approx(2, rel=2 * math.sqrt(distance) + 1e-9 / math.sqrt(distance))


def test_averages_at_zero_temperature_are_those_of_a_sign():
    h, w = 1.3, 0.7
    density = math.exp(-h * h / (2 * w)) / math.sqrt(2 * math.pi * w)
    m, chi, chi_h, chi_w, fourth = averages.response(h, w, 0.0)
    assert m == math.erf(h / math.sqrt(2 * w))
    assert chi == pytest.approx(2 * density, rel=1e-14)
    assert chi_h == pytest.approx(-2 * density * h / w, rel=1e-13)
    assert chi_w == pytest.approx(density * (h * h / w - 1) / w, rel=1e-12)
    assert fourth == pytest.approx(4 / 3 * density, rel=1e-14)


@pytest.mark.parametrize("P, alpha, start", [(3, 0.3, "retrieval"), (4, 0.35, "retrieval"), (6, 0.4, "retrieval"),
                                             (2, 0.13, "retrieval"), (2, 0.1, "glass")])
def test_low_temperature_tends_to_the_zero_temperature_solution(P, alpha, start):
    zero = hn.solve("dense", P=P, alpha=alpha, T=0.0, start=start)
    assert zero.converged and zero.q == 1 and zero.entropy < 0 and zero.replicon == -math.inf and zero.free_entropy == math.inf
    assert zero.free_energy == pytest.approx(zero.energy, rel=1e-14)
    steps = [hn.solve("dense", P=P, alpha=alpha, T=T, start=start) for T in (2e-3, 1e-3)]
    for name in ("m", "chi", "energy", "entropy", "free_energy"):
        far, near = (getattr(s, name) for s in steps)
        limit = getattr(zero, name)
        assert near == pytest.approx(limit, abs=2e-2), name
        assert 2 * near - far == pytest.approx(limit, abs=2e-4), name       # linear in T
    tiny = hn.solve("dense", P=P, alpha=alpha, T=1e-9, start=start)
    for name in ("m", "chi", "energy", "entropy", "free_energy"):
        assert getattr(tiny, name) == pytest.approx(getattr(zero, name), abs=1e-7), name


def test_zero_temperature_without_noise():
    s = hn.solve("dense", P=4, alpha=0.0, T=0.0)
    assert (s.m, s.q, s.energy, s.free_energy, s.entropy, s.replicon, s.converged) == (1, 1, -0.5, -0.5, 0, 1, True)


@pytest.mark.parametrize("P", [2, 3, 4, 7])
def test_a_single_pattern_is_the_curie_weiss_equation(P):
    s = hn.solve("dense", P=P, alpha=0.0, T=0.5)
    assert s.m == pytest.approx(math.tanh(P / 2 * s.m ** (P - 1) / 0.5), abs=1e-14) and s.m > 0.9
    assert s.q == pytest.approx(s.m**2, abs=1e-13)
    end = float(hn.boundary("dense", "spinodal", P=P, alpha=0.0))
    assert hn.solve("dense", P=P, alpha=0.0, T=end - 1e-6).converged
    assert not hn.solve("dense", P=P, alpha=0.0, T=end + 1e-9).converged


def test_glass_of_the_hopfield_model_joins_the_paramagnet():
    point = dict(P=2, alpha=0.2, T=1 + math.sqrt(0.2) - 1e-5)
    glassy, para = hn.solve("dense", start="glass", **point), hn.solve("dense", start="paramagnet", **point)
    assert 0 < glassy.q < 1e-4 and glassy.free_entropy == pytest.approx(para.free_entropy, abs=1e-9)
    assert para.replicon < 0 and "unstable" in para.status and glassy.replicon < 0


@pytest.mark.parametrize("P, repeated", KERNELS)
def test_compiled_noise_is_the_formula(P, repeated):
    e = dense.build(Params({"P": P, **dense.OPTIONAL, "self_interaction": repeated}))
    for q, chi in ((0.3, 0.5), (0.9, 0.2), (1.0, 0.1)):
        T = (1 - q) / chi
        w, slope = curve.crosstalk(chi, T, rs.numbers(e))
        assert w == pytest.approx(dense.noise(SimpleNamespace(q=q, chi=chi), e, 1.0), rel=1e-13)

        def formula(x, T=T):
            return dense.noise(SimpleNamespace(q=1 - T * x, chi=x), e, 1.0)

        assert slope == pytest.approx(derivative(formula, chi, 1e-4), rel=1e-8, abs=1e-10)


@pytest.mark.parametrize("P", [3, 4, 5, 6, 8])
@pytest.mark.parametrize("repeated", [False, True])
def test_noise_kernel_at_finite_N_is_the_variance_of_the_energy(P, repeated):
    # one random pattern: X = sum of N signs, energy -(N/2)(X/N)^P or its distinct-index form; K patterns: variance adds up
    N, alpha = 30, 0.7
    ups = np.arange(N + 1)
    X = (2 * ups - N).astype(object)
    weight = np.array([math.comb(N, int(k)) for k in ups], object)
    if repeated:
        value = X**P
    else:                                                  # P! e_P by Newton's recursion for signs
        previous, value = np.array([1] * (N + 1), object), X
        for k in range(1, P):
            previous, value = value, X * value - k * (N - k + 1) * previous
    mean = sum(weight * value)
    variance = float(sum(weight * value**2) / 2**N - (mean / 2**N) ** 2) * (N / 2) ** 2 / float(N) ** (2 * P)
    loads = alpha * 2 / math.factorial(P) * N ** (P - 1)
    assert alpha * dense.kernel(P, repeated, N).sum() == pytest.approx(loads * variance / N, rel=1e-12)


@pytest.mark.parametrize("P", [3, 4, 5, 6, 9])
def test_noise_kernel_of_large_N_is_the_limit(P):
    for repeated in (False, True):
        np.testing.assert_allclose(dense.kernel(P, repeated, 10**9), dense.kernel(P, repeated), atol=1e-6)
    assert dense.signal(P, False, 10**9) == pytest.approx(1) and dense.signal(P, True, 50) == 1


def test_static_glass_solves_the_one_step_equations_at_theta_one():
    # repeated indices: P = 4 freezes continuously, P = 6 discontinuously above the continuous instability
    assert glass.temperatures(tuple(dense.kernel(4, True))).static == pytest.approx(math.sqrt(3), rel=1e-14)
    for P, repeated in ((4, False), (6, True)):
        found = glass.temperatures(tuple(dense.kernel(P, repeated)))
        xi = np.polynomial.Polynomial(dense.kernel(P, repeated))
        assert found.dynamic > found.static > math.sqrt(xi.deriv(2)(0))
        v = xi.deriv()(found.static_q) / found.static**2
        tilted = GAUSS * np.cosh(math.sqrt(v) * Z) * math.exp(-v / 2)       # E[cosh(u) ...]/E cosh(u), u = sqrt(v) z
        u = math.sqrt(v) * Z
        assert tilted @ np.tanh(u) ** 2 == pytest.approx(found.static_q, abs=1e-12)
        g = found.static_q * xi.deriv()(found.static_q) - xi(found.static_q)
        assert tilted @ np.log(np.cosh(u)) - v / 2 - g / (2 * found.static**2) == pytest.approx(0, abs=1e-12)
