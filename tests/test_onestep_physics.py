"""Identities that hold the one-step solver against an independent quadrature, against itself, and against its limits."""
import math
from types import SimpleNamespace

import numpy as np
import pytest

import hebbnet as hn
from hebbnet.equations import Equations, dense
from hebbnet.meanfield import complexity, edges, glass, nested, onestep, onestep_lines
from hebbnet.params import check

Z0 = np.linspace(-9.5, 9.5, 381)                                        # plain trapezoids: nothing in common with nested.py
Z1 = np.linspace(-13, 13, 1301)
GAUSS0, GAUSS1 = (np.exp(-z**2 / 2) * (z[1] - z[0]) / math.sqrt(2 * math.pi) for z in (Z0, Z1))


def build(**params):
    return dense.build(check("dense", {"alpha": 0.0, "T": 0.0, **params}, required=dense.REQUIRED, optional=dense.OPTIONAL))


def log_average(a, s0, s1, theta):
    """E_z0 ln E_z1 (2cosh u)**theta / theta."""
    u = np.abs(a + s0 * Z0[:, None] + s1 * Z1[None, :])
    power = theta * (u + np.log1p(np.exp(-2 * u)))
    top = power.max(axis=1, keepdims=True)
    return GAUSS0 @ (np.log(np.exp(power - top) @ GAUSS1) + top[:, 0]) / theta


def polynomial(P, alpha, repeated):
    powers = {(3, True): [0, 1.5, 0, 1], (4, True): [0, 0, 3, 0, 1], (5, True): [0, 15 / 8, 0, 5, 0, 1],
              (6, True): [0, 0, 45 / 8, 0, 15 / 2, 0, 1]}.get((P, repeated), [0] * P + [1])
    return alpha / 2 * np.polynomial.Polynomial(powers)


def free_entropy(m, q0, q1, theta, beta, P, alpha, repeated=False, r=None):
    """A as printed in docs/theory/rsb; P = 2: r = (r0, r1), by default those of the overlaps."""
    if P == 2:
        d1, d2 = 1 - beta * (1 - q1), 1 - beta * (1 - q1 + theta * (q1 - q0))
        r0, r1 = r or (q0 / d2**2, q0 / d2**2 + (q1 - q0) / (d1 * d2))
        return (log_average(beta * m, beta * math.sqrt(alpha * r0), beta * math.sqrt(alpha * (r1 - r0)), theta) - beta * m**2 / 2
                - alpha * beta / 2 - alpha / 2 * ((1 - 1 / theta) * math.log(d1) + math.log(d2) / theta - beta * q0 / d2)
                - alpha * beta**2 / 2 * (r1 * (1 - q1) + theta * (r1 * q1 - r0 * q0)))
    xi = polynomial(P, alpha, repeated)
    slope = xi.deriv()

    def g(q):
        return q * slope(q) - xi(q)

    return (log_average(beta * P / 2 * m ** (P - 1), beta * math.sqrt(slope(q0)), beta * math.sqrt(slope(q1) - slope(q0)), theta)
            - beta * (P - 1) / 2 * m**P + beta**2 / 2 * (xi(1) - slope(q1) + (1 - theta) * g(q1) + theta * g(q0)))


def derivative(f, x, h):
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


SOLVED = [("glass", 4, 0.1, 0.2, True), ("glass", 4, 0.3, 0.5, True), ("glass", 4, 1.0, 1.7, True), ("glass", 3, 0.3, 0.2, True),
          ("glass", 3, 1.0, 0.7, True), ("glass", 5, 0.05, 0.2, True), ("glass", 5, 1.0, 1.6, True), ("glass", 6, 1.0, 1.5, True),
          ("retrieval", 4, 0.42, 0.1, False), ("retrieval", 4, 0.45, 0.3, False), ("retrieval", 3, 0.44, 0.2, False),
          ("retrieval", 6, 0.5, 0.25, False), ("retrieval", 4, 0.16, 0.1, True), ("retrieval", 3, 0.255, 0.12, True),
          ("glass", 4, 1.0, 0.4, False), ("glass", 3, 1.0, 0.5, False), ("glass", 2, 0.1, 0.3, False), ("glass", 2, 0.5, 1.0, False)]


@pytest.mark.parametrize("start, P, alpha, T, repeated", SOLVED)
def test_solutions_are_stationary_points_and_thermodynamics_is_consistent(start, P, alpha, T, repeated):
    s = hn.solve("dense", P=P, alpha=alpha, T=T, self_interaction=repeated, ansatz="1rsb", start=start)
    at = {"m": s.m, "q0": s.q0, "q1": s.q1, "theta": s.theta, "beta": 1 / T}

    def A(**change):
        return free_entropy(**{**at, **change}, P=P, alpha=alpha, repeated=repeated)

    assert s.converged and s.residual < 1e-11 and 0 <= s.q0 < s.q1 < 1 and 0 < s.theta < 1
    assert s.free_entropy == pytest.approx(A(), abs=1e-10 / T)
    gap = min(s.q1 - s.q0, 1 - s.q1, 0.1) * (0.02 if P == 2 else 1)         # P = 2: D1, D2 are close to 0
    steps = {"m": 1e-3, "q1": 0.05 * gap, "theta": (1e-3 if P == 2 else 5e-3) * s.theta, **({"q0": min(0.05 * gap, 0.01 * s.q0)} if s.q0 > 0 else {})}
    for name, h in steps.items():
        if name == "m" and s.m == 0:
            continue
        slope = derivative(lambda v, name=name: A(**{name: v}), at[name], h)
        assert slope * h == pytest.approx(0, abs=2e-9 / T**2 * h + 1e-12 / T), name
    assert s.energy == pytest.approx(-derivative(lambda b: A(beta=b), 1 / T, 1e-3 / T), abs=3e-8)
    assert s.entropy == pytest.approx(s.free_entropy + s.energy / T, abs=1e-11 / T)
    assert s.free_energy == pytest.approx(-T * s.free_entropy, rel=1e-14)
    assert s.chi == pytest.approx((1 - s.q1) / T, rel=1e-8) and s.y == pytest.approx(s.theta / T, rel=1e-14)


def random_points(count, seed):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        q1 = rng.uniform(0.6, 0.95)
        yield SimpleNamespace(m=rng.uniform(0.3, 1.0), q0=q1 * rng.uniform(0.3, 0.9), q1=q1, theta=rng.uniform(0.1, 0.9),
                              T=rng.uniform(0.25, 0.6), alpha=rng.uniform(0.1, 0.8))


def residuals(p, P, repeated):
    """(m, q1, q0, theta): right-hand sides minus values, and dA/dtheta, as the solver has them."""
    e = build(P=P, self_interaction=repeated)
    x = onestep.measured(dense, e, p.m, (1 - p.q1) / p.T, p.q1 - p.q0, p.theta / p.T, p.alpha, p.T)
    q1 = 1 - p.T * x.new_chi
    return x.new_m - p.m, q1 - p.q1, q1 - x.new_split - p.q0, (x.entropic / x.y**2 + x.pull / 2) / p.T**2


@pytest.mark.parametrize("P, repeated", [(3, False), (4, False), (6, False), (3, True), (4, True)])
def test_residuals_are_the_derivatives_of_the_free_entropy(P, repeated):
    for p in random_points(3, seed=20241):
        xi, beta = polynomial(P, p.alpha, repeated), 1 / p.T
        dm, dq1, dq0, dtheta = residuals(p, P, repeated)
        at = {"m": p.m, "q0": p.q0, "q1": p.q1, "theta": p.theta}
        expected = {"m": beta * P / 2 * (P - 1) * p.m ** (P - 2) * dm,
                    "q1": -beta**2 / 2 * xi.deriv(2)(p.q1) * (1 - p.theta) * dq1,
                    "q0": -beta**2 / 2 * xi.deriv(2)(p.q0) * p.theta * dq0, "theta": dtheta}
        for name, slope in expected.items():
            def A(v, name=name, at=at, beta=beta, alpha=p.alpha):
                return free_entropy(**{**at, name: v}, beta=beta, P=P, alpha=alpha, repeated=repeated)

            found = derivative(A, at[name], 1e-3)
            assert found == pytest.approx(slope, abs=1e-8 * beta**2 * (1 + p.alpha)), (name, p)


def test_residuals_of_the_hopfield_model_are_the_derivatives_of_the_free_entropy():
    for p in random_points(20, seed=20242):
        beta, split = 1 / p.T, p.q1 - p.q0
        d1, d2 = 1 - beta * (1 - p.q1), 1 - beta * (1 - p.q1 + p.theta * split)
        if min(d1, d2) < 0.2:                          # outside, or next to the edge of the domain
            continue
        r0 = p.q0 / d2**2
        r1 = r0 + split / (d1 * d2)
        dm, dq1, dq0, dtheta = residuals(p, 2, False)
        at = {"m": p.m, "q0": p.q0, "q1": p.q1, "theta": p.theta}

        def A(beta=beta, alpha=p.alpha, at=at, r=(r0, r1), **change):
            return free_entropy(**{**at, **change}, beta=beta, P=2, alpha=alpha, r=r)

        scale = 1e-8 * beta**3 * (1 + p.alpha) * (1 + r1)
        assert derivative(lambda v, A=A: A(m=v), p.m, 1e-3) == pytest.approx(beta * dm, abs=scale)
        assert derivative(lambda v, A=A: A(theta=v), p.theta, 1e-3 * p.theta) == pytest.approx(dtheta, abs=10 * scale)
        for name in ("q0", "q1"):                      # stationary in q by the choice of r
            assert derivative(lambda v, A=A, name=name: A(**{name: v}), at[name], 1e-4) == pytest.approx(0, abs=10 * scale), name
        h = 1e-3 * (r1 - r0)
        slope1 = derivative(lambda v, A=A, r0=r0: A(r=(r0, v)), r1, h)
        slope0 = derivative(lambda v, A=A, r1=r1: A(r=(v, r1)), r0, min(h, 1e-3 * r0))
        weight = p.alpha * beta**2 / 2
        assert slope1 == pytest.approx(-weight * (1 - p.theta) * dq1, abs=scale)
        assert slope0 == pytest.approx(-weight * p.theta * dq0, abs=scale)


@pytest.mark.parametrize("h, w0, gap, slope, T", [
    (1.0, 0.5, 0.1, 2.0, 0.1), (1.6, 0.75, 0.005, 3.0, 0.1), (0.5, 0.02, 0.2, 1.0, 0.3), (0.0, 0.75, 0.27, 0.5, 0.2),
    (0.0, 0.0, 1.5, 1.5, 0.3), (2.0, 0.4, 0.5, 0.8, 1.0), (1.3, 0.5, 0.0101, 3.0, 0.1), (1.3, 0.5, 0.0099, 3.0, 0.1)])
def test_nested_averages_agree_with_a_plain_trapezoid(h, w0, gap, slope, T):
    wanted = np.zeros(8)
    for z, weight in zip(Z0 if w0 else [0.0], GAUSS0 if w0 else [1.0]):
        y = h + math.sqrt(w0) * z + math.sqrt(gap) * Z1
        x, t = np.abs(y) / T, np.tanh(y / T)
        missing = np.log1p(np.exp(-2 * x))
        sech2 = 4 * np.exp(-2 * x) / (1 + np.exp(-2 * x)) ** 2
        phi = T * (x + missing)
        weights = GAUSS1 * np.exp(slope * (phi - phi.max()))
        log_W = math.log(weights.sum()) + slope * phi.max()
        weights /= weights.sum()
        chi, variance = weights @ sech2 / T, weights @ t**2 - (weights @ t) ** 2
        wanted += weight * np.array([
            weights @ t, chi, variance, slope * (weights @ phi) - log_W - slope**2 * gap / 2, log_W / slope - slope * gap / 2,
            weights @ sech2**2 / T, weights @ (missing + x * (1 - np.abs(t))), (chi + slope * variance) ** 2])
    np.testing.assert_allclose(nested.averages(h, w0, gap, slope, T), wanted, atol=2e-12 * (1 + 1 / T))


def test_nested_averages_have_a_limit_of_zero_temperature():
    for point in ((1.2, 0.6, 0.05, 3.0), (0.0, 0.4, 0.3, 0.5), (0.0, 0.0, 2.0, 1.4)):
        np.testing.assert_allclose(nested.averages(*point, 1e-9), nested.averages(*point, 0.0), atol=1e-7)
        near, far = nested.averages(*point, 1e-4), nested.averages(*point, 2e-4)
        np.testing.assert_allclose(2 * near - far, nested.averages(*point, 0.0), atol=1e-6)


@pytest.mark.parametrize("P, alpha", [(4, 0.42), (4, 0.35), (3, 0.35), (2, 0.13), (6, 0.4)])
def test_low_temperature_tends_to_the_zero_temperature_solution(P, alpha):
    zero = hn.solve("dense", P=P, alpha=alpha, T=0.0, ansatz="1rsb")
    assert zero.converged and zero.q1 == 1 and zero.theta == 0 and zero.free_entropy == math.inf and zero.replicon == -math.inf
    assert zero.free_energy == pytest.approx(zero.energy, rel=1e-12) and zero.entropy < 0
    near, far = (hn.solve("dense", P=P, alpha=alpha, T=T, ansatz="1rsb") for T in (1e-5, 2e-5))
    for name in ("m", "q0", "chi", "y", "energy", "entropy", "free_energy", "replicon0"):
        a, b, limit = (getattr(s, name) for s in (near, far, zero))
        assert 2 * a - b == pytest.approx(limit, rel=1e-4), name
    tiny = hn.solve("dense", P=P, alpha=alpha, T=1e-8, ansatz="1rsb")
    for name in ("m", "q0", "chi", "y", "energy", "entropy", "free_energy", "replicon0"):
        assert getattr(tiny, name) == pytest.approx(getattr(zero, name), rel=1e-5), name
    rs = hn.solve("dense", P=P, alpha=alpha, T=0.0)
    if rs.converged:
        assert rs.entropy < zero.entropy < 0 and rs.energy < zero.energy       # breaking raises the energy, and nearly mends S < 0


def test_hopfield_glass_has_a_zero_temperature_limit_and_joins_the_paramagnet():
    zero = hn.solve("dense", P=2, alpha=0.3, T=0.0, ansatz="1rsb", start="glass")
    tiny = hn.solve("dense", P=2, alpha=0.3, T=1e-8, ansatz="1rsb", start="glass")
    for name in ("q0", "chi", "y", "energy", "entropy"):
        assert getattr(tiny, name) == pytest.approx(getattr(zero, name), rel=1e-6)
    rs = hn.solve("dense", P=2, alpha=0.3, T=0.0, start="glass")
    assert rs.energy < zero.energy and rs.entropy < zero.entropy < 0
    edge = 1 + math.sqrt(0.3)
    hot = hn.solve("dense", P=2, alpha=0.3, T=0.98 * edge, ansatz="1rsb", start="glass")
    assert hot.converged and 0 < hot.q0 < hot.q1 < 0.03 and hot.theta < 0.03
    assert hot.q0 / hot.q1 == pytest.approx(1 / 3, abs=0.02)               # as near the transition of the SK model (Parisi 1980)


@pytest.mark.parametrize("P, alpha", [(4, 0.3), (4, 0.42), (3, 0.35), (2, 0.12)])
def test_breaking_sets_in_continuously_on_the_at_line(P, alpha):
    onset = float(hn.boundary("dense", "at", P=P, alpha=alpha))
    theta = onestep.at_onset(dense, build(P=P), alpha, onset)[3]
    splits, thetas, shares = [], [], (0.01, 0.02)
    for share in shares:
        T = onset * (1 - share)
        s, rs = (hn.solve("dense", P=P, alpha=alpha, T=T, ansatz=ansatz) for ansatz in ("1rsb", "rs"))
        assert s.converged and s.replicon < 0 and s.replicon0 < 0 and "unstable" in s.status
        splits.append((s.q1 - s.q0) / (1 - s.q1))
        thetas.append(s.theta)
        assert s.q0 + (1 - s.theta) * (s.q1 - s.q0) == pytest.approx(rs.q, abs=0.05 * (s.q1 - s.q0))
        assert s.free_energy == pytest.approx(rs.free_energy, abs=1e-6) and s.free_energy >= rs.free_energy - 1e-14
        assert abs(s.replicon) < 5 * share
    assert splits[0] / splits[1] == pytest.approx(0.5, abs=0.02)
    assert 2 * thetas[0] - thetas[1] == pytest.approx(theta, abs=2e-3)
    above = hn.solve("dense", P=P, alpha=alpha, T=1.001 * onset, ansatz="1rsb")
    assert not above.converged and "replica symmetry is stable" in above.status and "ansatz='rs'" in above.status


@pytest.mark.parametrize("P", [3, 4, 6])
def test_one_step_removes_most_of_the_reentrance(P):
    largest = float(hn.boundary("dense", "dynamic_glass", P=P, alpha=1.0)) ** 2        # exact, on the Nishimori line T = alpha
    none, one = (float(hn.boundary("dense", "spinodal", P=P, T=0.0, ansatz=ansatz)) for ansatz in ("rs", "1rsb"))
    assert none < one < largest and largest - one < 0.05 * (largest - none)
    assert onestep_lines.meeting(dense, build(P=P)) == pytest.approx(largest, rel=1e-8)
    loads = [float(hn.boundary("dense", "spinodal", P=P, T=share * largest, ansatz="1rsb")) for share in (0.2, 0.5, 0.8, 0.97)]
    assert one < loads[0] and all(a < b for a, b in zip(loads, loads[1:])) and loads[-1] < largest


def test_the_spinodal_is_the_end_of_the_branch():
    T, top = 0.2, hn.boundary("dense", "spinodal", P=4, T=0.2, ansatz="1rsb")
    assert top.solution.ansatz == "1rsb" and top.solution.converged
    loads = top.value * (1 - np.array([1e-2, 1e-4, 1e-6, 1e-8]))
    m = np.array([hn.solve("dense", P=4, alpha=a, T=T, ansatz="1rsb").m for a in loads])
    rise = (m - top.solution.m) / np.sqrt(1 - loads / top.value)             # a square root
    assert (m > top.solution.m).all() and rise[-2] == pytest.approx(rise[-1], rel=2e-2)
    assert not hn.solve("dense", P=4, alpha=top.value * (1 + 1e-8), T=T, ansatz="1rsb").converged


@pytest.mark.parametrize("P, which, alpha", [(4, "spinodal", 0.4598), (4, "transition", 0.37), (2, "spinodal", 0.13819),
                                             (2, "transition", 0.055), (4, "gardner", 0.3)])
def test_lines_agree_whichever_parameter_is_the_unknown(P, which, alpha):
    for T in hn.boundary("dense", which, P=P, alpha=alpha, ansatz="1rsb").values:
        assert float(hn.boundary("dense", which, P=P, T=T, ansatz="1rsb")) == pytest.approx(alpha, rel=1e-9)


def test_at_the_transition_both_phases_have_the_same_free_energy():
    for T, ansatz in ((0.0, "rs"), (0.0, "1rsb"), (0.1, "1rsb"), (0.3, "rs")):
        line = hn.boundary("dense", "transition", P=4, T=T, ansatz=ansatz)
        zero = hn.solve("dense", P=4, alpha=line.value, T=T, ansatz="1rsb", start="glass")
        assert line.solution.free_energy == pytest.approx(zero.free_energy, abs=1e-12)
    # continuous across the static glass temperature, where it also crosses the line T = alpha
    static = float(hn.boundary("dense", "static_glass", P=4, alpha=1.0)) ** 2
    for ansatz in ("rs", "1rsb"):
        assert float(hn.boundary("dense", "transition", P=4, T=static * (1 - 1e-6), ansatz=ansatz)) == pytest.approx(static, abs=1e-9)
        assert float(hn.boundary("dense", "transition", P=4, T=static * (1 + 1e-6), ansatz=ansatz)) == pytest.approx(static, abs=1e-9)


def test_the_glass_is_the_phase_below_the_static_temperature():
    scale = math.sqrt(0.3)
    TK = float(hn.boundary("dense", "static_glass", P=4, alpha=0.3))
    born = hn.boundary("dense", "static_glass", P=4, alpha=0.3, ansatz="1rsb").solution
    assert born.theta == 1 and born.q0 == 0 and born.ansatz == "1rsb"
    para = hn.solve("dense", P=4, alpha=0.3, T=TK, start="paramagnet")
    assert born.free_energy == pytest.approx(para.free_energy, abs=1e-12)
    for share in (0.999, 0.8, 0.3):
        T = share * TK
        s = hn.solve("dense", P=4, alpha=0.3, T=T, ansatz="1rsb", start="glass")
        unit = hn.solve("dense", P=4, alpha=1.0, T=T / scale, ansatz="1rsb", start="glass")
        assert s.converged and s.free_energy > hn.solve("dense", P=4, alpha=0.3, T=T, start="paramagnet").free_energy
        assert s.theta == pytest.approx(unit.theta, rel=1e-9) and s.energy == pytest.approx(scale * unit.energy, rel=1e-10)
        assert s.entropy > 0 or share < 0.4
    line = hn.boundary("dense", "gardner", P=4, alpha=0.3, ansatz="1rsb")
    assert abs(line.solution.replicon) < 1e-9
    for share, stable in ((1.01, True), (0.99, False)):
        s = hn.solve("dense", P=4, alpha=0.3, T=share * line.value, ansatz="1rsb", start="glass")
        assert (s.replicon > 0) == stable == ("unstable" not in s.status)


@pytest.mark.parametrize("P, T", [(4, 0.3), (4, 0.0), (3, 0.62), (4, 0.63), (4, 0.67)])
def test_complexity_is_the_legendre_transform(P, T):
    found = glass.temperatures(build(P=P).kernel)
    data = complexity("dense", P=P, alpha=1.0, T=T, **({"y": np.linspace(1.2, 1.6, 41)} if T == 0 else
                                                        {"theta": np.linspace(0.93, 1.0, 41) if T > 0.6 else np.linspace(0.4, 0.6, 41)}))
    assert data.converged.values[-1]
    axis = data.complexity.dims[0]
    x = data[axis].values / (T or 1.0)
    s, f = data.complexity.values, data.state_free_energy.values
    ok = np.isfinite(s[:-2]) & np.isfinite(s[2:])
    np.testing.assert_allclose(((s[2:] - s[:-2]) / (f[2:] - f[:-2]))[ok], x[1:-1][ok], rtol=3e-3)    # dSigma/df = theta/T
    if T < found.static:
        equilibrium = {axis: [float(data[f"{axis}_equilibrium"])]}
        at = complexity("dense", P=P, alpha=1.0, T=T, **equilibrium)
        glassy = hn.solve("dense", P=P, alpha=1.0, T=T, ansatz="1rsb", start="glass")
        assert abs(at.complexity.values[0]) < 1e-12 and at.state_free_energy.values[0] == pytest.approx(glassy.free_energy, abs=1e-12)
    else:
        para = hn.solve("dense", P=P, alpha=1.0, T=T, start="paramagnet")
        assert data.free_energy.values[-1] == pytest.approx(para.free_energy, abs=1e-12) and s[-1] > 0


def test_complexity_at_theta_one_vanishes_at_the_static_temperature_only():
    for P in (3, 4):
        found = glass.temperatures(build(P=P).kernel)
        values = [complexity("dense", P=P, alpha=1.0, T=T, theta=[1.0]).complexity.values[0]
                  for T in np.linspace(found.static * (1 + 1e-9), found.dynamic * (1 - 1e-9), 5)]
        assert abs(values[0]) < 1e-8 and all(a < b for a, b in zip(values, values[1:]))


def test_complexity_of_many_body_interactions_is_that_of_random_energies():
    """P -> infinity: 2**N configurations with independent energies of variance N alpha/2, Sigma = ln 2 - f**2/alpha (Derrida 1981)."""
    data = complexity("dense", P=60, alpha=1.0, T=0.63, theta=np.linspace(0.95, 1.04, 4))
    f = -data.theta.values / (2 * 0.63)
    assert data.theta.values[-1] > 1 and data.complexity.values[-1] > 0
    np.testing.assert_allclose(data.state_free_energy, f, rtol=1e-6)
    np.testing.assert_allclose(data.complexity, math.log(2) - f**2, atol=1e-6)


def test_complexity_above_theta_one_is_the_legendre_transform():
    data = complexity("dense", P=4, alpha=1.0, T=0.65, theta=np.linspace(1.0, 1.05, 21))
    s, f = data.complexity.values, data.state_free_energy.values
    np.testing.assert_allclose((s[2:] - s[:-2]) / (f[2:] - f[:-2]), data.theta.values[1:-1] / 0.65, rtol=1e-4)


def test_the_paramagnet_is_not_counted_as_a_glass_state():
    data = complexity("dense", P=4, alpha=1.0, T=0.6753346665856039, theta=[0.6, 1.0])
    assert data.converged.values.tolist() == [False, True] and math.isnan(data.q1.values[0])


def test_finite_size_factors_and_repeated_indices_enter():
    one, many = (hn.solve("dense", P=4, alpha=0.3, T=0.02, N=N, ansatz="1rsb") for N in (None, 10**7))
    assert many.converged and many.m == pytest.approx(one.m, abs=1e-5) and many.q0 == pytest.approx(one.q0, abs=1e-5)
    few = hn.solve("dense", P=4, alpha=0.3, T=0.02, N=100, ansatz="1rsb")
    assert few.converged and abs(few.m - one.m) > 1e-4
    for P, factor in ((4, 2 / 5), (3, 2 / 3)):              # only in replica symmetry is the capacity simply rescaled
        pure, repeated = (float(hn.boundary("dense", "spinodal", P=P, T=0, ansatz="1rsb", self_interaction=flag)) for flag in (False, True))
        assert factor < 1 and repeated < pure and abs(repeated / pure - factor) > 1e-3


def test_the_meeting_point_is_where_the_replicon_of_the_spinodal_vanishes():
    for P, repeated in ((4, False), (2, False), (4, True)):
        e = build(P=P, self_interaction=repeated)
        T = onestep_lines.meeting(dense, e)
        below, above = (hn.boundary("dense", "spinodal", P=P, self_interaction=repeated, T=T * f).solution.replicon for f in (0.99, 1.01))
        assert below < 0 < above
        assert edges.at_loads(dense, e, 0.9 * T) and not edges.at_loads(dense, e, 1.05 * T)


def test_the_continuous_glass_is_that_of_the_sk_model_for_a_quadratic_kernel():
    """xi = q**2/2: one step at T = 0 gives -0.7652 (Parisi 1980), and the recursion of krsb the digits."""
    e = Equations(P=4, signal=1.0, kernel=(0.0, 0.0, 0.5))
    x = onestep.spin_glass(dense, e, 1.0, 0.0)
    found = onestep.quantities(dense, e, 1.0, 0.0, x)["energy"]
    assert found == pytest.approx(-0.7652, abs=1e-4) and found == pytest.approx(float(hn.sk_ground_state(1)), abs=1e-8)


def glassy(P, share, alpha=1.0):
    """One-step glass with repeated indices, at `share` of its freezing temperature."""
    T = share * float(hn.boundary("dense", "static_glass", P=P, alpha=alpha, self_interaction=True))
    return hn.solve("dense", P=P, alpha=alpha, T=T, self_interaction=True, ansatz="1rsb", start="glass")


def zero_phase(P, T, alpha=1.0):
    return hn.solve("dense", P=P, alpha=alpha, T=T, self_interaction=True, start="paramagnet")


def test_the_glass_with_a_quadratic_term_grows_from_its_transition_as_in_the_sk_model():
    """P = 4: continuous at T = sqrt(3 alpha); q0 = q1/3 (Parisi 1980), q1 = tau, theta = (2/3) 4 q1 and f - f_para ~ tau**3."""
    excess = {}
    for tau in (0.02, 0.01, 0.005):
        s = glassy(4, 1 - tau)
        assert s.converged and s.q0 / s.q1 == pytest.approx(1 / 3, abs=0.02 * tau)
        assert s.q1 / tau == pytest.approx(1, abs=2 * tau) and s.theta / tau == pytest.approx(8 / 3, abs=tau)
        excess[tau] = s.free_energy - zero_phase(4, s.params.T).free_energy        # replicas maximize f over overlaps
    assert excess[0.02] / excess[0.01] == pytest.approx(8, rel=0.05) and excess[0.01] / excess[0.005] == pytest.approx(8, rel=0.02)
    above, close = glassy(4, 1.001), glassy(4, 0.999)
    assert not above.converged and not close.converged and "T_g" in above.status and "too close" in close.status and math.isnan(close.q1)
    assert glassy(4, 0.996).converged


def test_the_glass_of_three_breaks_continuously_in_its_random_field():
    """P = 3: on the AT line of the m = 0 phase, with the theta of the expansion there; next to it one step is stable."""
    e, edge = build(P=3, self_interaction=True), hn.boundary("dense", "static_glass", P=3, alpha=1.0, self_interaction=True)
    assert abs(edge.solution.replicon) < 1e-12 and edge.solution.q > 0.5
    theta = onestep.at_freezing(dense, e)
    thetas, excess = [], []
    for tau in (0.004, 0.002, 0.001):
        s, rs = glassy(3, 1 - tau), zero_phase(3, (1 - tau) * edge.value)
        assert s.converged and "unstable" not in s.status and rs.replicon < 0 < s.replicon and s.replicon0 > 0
        thetas.append(s.theta)
        excess.append(s.free_energy - rs.free_energy)
        assert "breaks replica symmetry" in rs.status
    assert (8 * thetas[2] - 6 * thetas[1] + thetas[0]) / 3 == pytest.approx(theta, abs=5e-6)
    assert excess[0] / excess[1] == pytest.approx(8, rel=0.05) and excess[1] / excess[2] == pytest.approx(8, rel=0.05) and excess[2] > 0
    assert not glassy(3, 1 - 1e-6).converged and not glassy(3, 1.01).converged
    line = hn.boundary("dense", "gardner", P=3, alpha=1.0, self_interaction=True, ansatz="1rsb")
    assert line.value < edge.value and abs(line.solution.replicon) < 1e-9


@pytest.mark.parametrize("P", [5, 7])
def test_the_glass_of_odd_P_jumps_out_of_the_random_field(P):
    """T_K by sums over z0 and z1 at theta = 1: q0 is the symmetric state's, q1 and the complexity 0 follow."""
    xi, found = np.polynomial.Polynomial(dense.kernel(P, True)), glass.temperatures(tuple(dense.kernel(P, True)))
    slope = xi.deriv()

    def overlaps_and_complexity(T, q0, q1):
        v0, gap = slope(q0) / T**2, (slope(q1) - slope(q0)) / T**2
        u0 = math.sqrt(v0) * Z0[:, None]
        u = u0 + math.sqrt(gap) * Z1
        weights = GAUSS1 * np.cosh(u) / np.cosh(u0) * math.exp(-gap / 2)
        entropic = GAUSS0 @ ((weights * np.log(np.cosh(u))).sum(axis=1) - gap / 2 - np.log(np.cosh(u0[:, 0])))
        dg = q1 * slope(q1) - q0 * slope(q0) - xi(q1) + xi(q0)
        return GAUSS0 @ np.tanh(u0[:, 0]) ** 2, GAUSS0 @ (weights * np.tanh(u) ** 2).sum(axis=1), dg / (2 * T**2) - entropic

    q0, q1, number = overlaps_and_complexity(found.static, found.static_q0, found.static_q)
    assert (q0, q1, number) == pytest.approx((found.static_q0, found.static_q, 0), abs=1e-11)
    q0, q1, number = overlaps_and_complexity(found.dynamic, found.dynamic_q0, found.dynamic_q)
    assert (q0, q1) == pytest.approx((found.dynamic_q0, found.dynamic_q), abs=1e-11) and number > 0 and found.dynamic > found.static
    step = 1e-4                                                              # T_d is a maximum: off it by second order only
    shifted = overlaps_and_complexity(found.dynamic, found.dynamic_q0, found.dynamic_q + step)[1] - found.dynamic_q - step
    assert abs(shifted) < 20 * step**2
    born = hn.boundary("dense", "static_glass", P=P, alpha=0.04, self_interaction=True, ansatz="1rsb")
    assert born.solution.theta == 1 and "jumps" in born.status and born.solution.q0 == found.static_q0
    assert born.solution.free_energy == pytest.approx(zero_phase(P, born.value, 0.04).free_energy, abs=1e-12)
    near, cold = glassy(P, 1 - 1e-6, 0.04), glassy(P, 0.5, 0.04)
    assert near.converged and near.theta == pytest.approx(1, abs=1e-5) and near.q1 == pytest.approx(found.static_q, abs=1e-5)
    assert cold.free_energy > zero_phase(P, cold.params.T, 0.04).free_energy and cold.theta < 0.6


@pytest.mark.parametrize("P", [6, 8])
def test_the_glass_of_even_P_from_six_on_keeps_q0_at_zero(P):
    """With repeated indices xi has a q**2 term, but in the glass fluctuations between clusters stay stable down to T = 0."""
    for share in (0.9999, 0.8, 0.4, 0.1, 0.0):
        s = glassy(P, share)
        assert s.converged and s.q0 == 0 and s.replicon0 > 0
    edge = hn.boundary("dense", "static_glass", P=P, alpha=1.0, self_interaction=True)
    assert edge.solution.replicon > 0 and edge.value > math.sqrt(2 * dense.kernel(P, True)[2])
    data = complexity("dense", P=P, alpha=1.0, T=0.5 * edge.value, self_interaction=True, theta=np.linspace(0.4, 0.5, 21))
    s, f, theta = data.complexity.values, data.state_free_energy.values, data.theta.values
    np.testing.assert_allclose((s[2:] - s[:-2]) / (f[2:] - f[:-2]), theta[1:-1] / (0.5 * edge.value), rtol=3e-3)


@pytest.mark.parametrize("P", [3, 4, 5, 6, 7])
def test_the_glass_with_repeated_indices_has_a_zero_temperature_limit_and_scales(P):
    zero, near, far = (glassy(P, share) for share in (0.0, 1e-5, 2e-5))
    assert zero.converged and zero.q1 == 1 and zero.theta == 0 and zero.free_energy == pytest.approx(zero.energy, rel=1e-12)
    for name in ("q0", "chi", "y", "energy", "entropy", "free_energy", "replicon0"):
        assert 2 * getattr(near, name) - getattr(far, name) == pytest.approx(getattr(zero, name), rel=1e-5, abs=1e-9), name
    a, b = glassy(P, 0.6), glassy(P, 0.6, 0.09)
    assert (b.q0, b.q1, b.theta) == pytest.approx((a.q0, a.q1, a.theta), rel=1e-9) and b.energy == pytest.approx(0.3 * a.energy, rel=1e-10)


@pytest.mark.parametrize("P", [3, 4, 5])
def test_the_transition_with_repeated_indices_is_continuous_where_the_glass_freezes(P):
    kernel = {"P": P, "self_interaction": True}
    for T, ansatz in ((0.0, "1rsb"), (0.1, "rs")):
        line = hn.boundary("dense", "transition", T=T, ansatz=ansatz, **kernel)
        zero = hn.solve("dense", alpha=line.value, T=T, ansatz="1rsb", start="glass", **kernel)
        assert line.converged and zero.converged and line.solution.free_energy == pytest.approx(zero.free_energy, abs=1e-12)
    unit = float(hn.boundary("dense", "static_glass", alpha=1.0, **kernel))
    low, high = 0.3, 0.5
    for _ in range(40):                                    # where the line meets the freezing temperature
        T = (low + high) / 2
        hotter = T > unit * math.sqrt(float(hn.boundary("dense", "transition", T=T, **kernel)))
        low, high = (low, T) if hotter else (T, high)
    loads = [float(hn.boundary("dense", "transition", T=T * (1 + shift), **kernel)) for shift in (-2e-4, -1e-4, 1e-4, 2e-4)]
    slopes = np.diff(loads) / np.diff([-2e-4, -1e-4, 1e-4, 2e-4])
    assert np.ptp(slopes) < 0.02 * abs(slopes).max()
