"""k steps of replica symmetry breaking: values that this code did not make, the action by another quadrature, limits, refusals."""
import json
import math
import re
from pathlib import Path

import numpy as np
import pytest
from scipy.special import log_ndtr

import hebbnet as hn
from hebbnet import equations
from hebbnet.meanfield import glass, krsb, levels
from hebbnet.meanfield.sequences import Capacities, extrapolate, sk_ground_state
from hebbnet.params import ParameterError, check

DENSE = equations.get("dense")
TABLE = json.loads((Path(__file__).parent / "data" / "dense_krsb_reference.json").read_text())["records"]
CAPACITY = ("1RSB_alpha_c_T0", "1RSB_spinodal_load", "P2_1RSB_alpha_c_T0", "2RSB_alpha_c_T0", "kRSB_alpha_c_T0", "P2_kRSB_alpha_c_T0",
            "kRSB_spinodal_load")
GLASS = ("glass_E0", "glass_1RSB", "kRSB_glass_E0", "P2_1RSB_T0_spinglass")
ATTRIBUTE = {"A": "free_entropy", "U": "energy", "E": "energy", "S": "entropy", "chi1": "chi", "C": "chi", "m": "m"}


def solve(branch, k, **params):
    return krsb.solve("dense", DENSE, branch, check("dense", params, required=DENSE.REQUIRED, optional=DENSE.OPTIONAL), k=k)


def line(which, k, **params):
    return krsb.line("dense", DENSE, which, check("dense", params, required=("P", "T"), optional=DENSE.OPTIONAL), k=k)


def build(**params):
    return DENSE.build(check("dense", {"alpha": 0.0, "T": 0.0, **params}, required=DENSE.REQUIRED, optional=DENSE.OPTIONAL))


# ---- values

def steps(record):
    return record["params"].get("k", 2 if record["family"].startswith("2RSB") else 1)


def computed(record):
    family, quantity, k = record["family"], record["quantity"], steps(record)
    params = {name: value for name, value in record["params"].items() if name in ("P", "alpha", "T")}
    if family == "kRSB_SK_E0":
        return sk_ground_state(k)
    if family == "1RSB_alpha_th_T0":
        return line("transition", k, **params)[0]
    if family in CAPACITY:
        alpha, s, _ = line("spinodal", k, **params)
        if quantity.startswith("alpha"):
            return alpha
    else:
        s = solve("glass" if family in GLASS else "retrieval", k, **{"T": 0.0, **params})
    assert s.converged and s.status == "converged"
    if quantity in ATTRIBUTE:
        return getattr(s, ATTRIBUTE[quantity])
    if quantity in ("replicon", "replicon1"):
        return 1 - s.replicon
    name = quantity.rstrip("0123456789")
    index = quantity.removeprefix(name)
    values = {"q": s.q, "y": np.append(0, s.y), "theta": np.append(0, s.theta), "r": getattr(s, "crosstalk", None)}[name]
    return values[int(index) if index else 1]


HELD = [r for r in TABLE if not r["family"].startswith(("fullRSB", "P2_fullRSB")) and r["quantity"] != "replicon0"]
CASES = [pytest.param(r, marks=pytest.mark.slow if steps(r) > 4 else ()) for r in HELD]


@pytest.mark.parametrize("record", CASES, ids=lambda r: "-".join(map(str, (r["family"], *r["params"].values(), r["quantity"]))))
def test_reference_value(record):
    assert computed(record) == pytest.approx(record["value"], rel=1e-7, abs=10 * record["err"])


@pytest.mark.slow
@pytest.mark.parametrize("P, steps", [(4, 8), (8, 8)])
def test_the_limit_lies_below_the_multicritical_load(P, steps):
    """The boundary is not quite vertical below T = alpha: a gap of 2e-5 to T_d**2 that no further step closes."""
    k = range(1, steps + 1)
    values = [line("spinodal", i, P=P, T=0.0)[0] for i in k]
    limit, spread = extrapolate(k, values)
    record = next(r for r in TABLE if r["family"] == "fullRSB_alpha_c_T0" and r["params"]["P"] == P)
    assert limit == pytest.approx(record["value"], abs=10 * record["err"])
    assert glass.temperatures(build(P=P).kernel).dynamic ** 2 - limit > 50 * spread


def test_literature():
    assert sk_ground_state(1) == pytest.approx(-0.7652, abs=1e-4)             # Parisi 1980
    assert line("spinodal", 1, P=2, T=0.0)[0] == pytest.approx(0.138186, abs=1e-6)   # Steffan, Kuhn 1994; Stojnic 2024
    k = range(1, 9)
    limit, spread = extrapolate(k, [sk_ground_state(i) for i in k])
    assert limit == pytest.approx(-0.7631667265, abs=3 * spread) and spread < 3e-8


# ---- the action by a quadrature of its own

def log_mean_exp(x, weight):
    """ln sum weight exp(x) over the last axis."""
    top = x.max(-1, keepdims=True)
    return top[..., 0] + np.log(np.exp(x - top) @ weight)


def nodes(step):
    z = np.arange(-9, 9 + step / 2, step)
    return z, step * np.exp(-z * z / 2) / math.sqrt(2 * math.pi)


def inner_free_energy(h, D, y, T, step):
    """f_2 of two steps: T = 0 in closed form, else by a plain sum."""
    if T == 0:
        terms = [sign * y * h + log_ndtr((sign * h + y * D) / math.sqrt(D)) for sign in (1, -1)]
        return (y * D / 2) + np.logaddexp(*terms) / y
    z, weight = nodes(step)
    x = (h[..., None] + math.sqrt(D) * z) / T
    return log_mean_exp(y * T * np.logaddexp(x, -x), weight) / y


REPEATED = {3: [0, 1.5, 0, 1], 4: [0, 0, 3, 0, 1], 5: [0, 15 / 8, 0, 5, 0, 1], 6: [0, 0, 45 / 8, 0, 15 / 2, 0, 1]}


def action(P, T, m, q0, q1, chi, y1, y2, alpha, fine, repeated=False):
    """-f with two steps, from nested sums over z0 and z1 (and z2): docs/theory/krsb."""
    q = np.array([q0, q1, 1 - T * chi])
    y = np.array([y1, y2])
    dq = np.diff(q)
    if P == 2:
        C1, C2 = 1 - chi - y2 * dq[1], 1 - chi
        C0 = C1 - y1 * dq[0]
        r = q0 / C0**2 + np.array([0, dq[0] / (C0 * C1), dq[0] / (C0 * C1) + dq[1] / (C1 * C2)])
        w, h = alpha * r, m
        rest = -m * m / 2 - alpha / 2 * (1 + T * math.log(C2) + math.log(C0 / C1) / y1 + math.log(C1 / C2) / y2 - q0 / C0
                                         + r[2] * chi + y @ np.diff(r * q))
    else:
        xi = alpha / 2 * np.polynomial.Polynomial(REPEATED[P] if repeated else [0] * P + [1])
        w, h = xi.deriv()(q), P / 2 * m ** (P - 1)
        rest = -(P - 1) / 2 * m**P - y @ np.diff(q * w - xi(q)) / 2
        if T > 0:
            rest += (xi(1) - xi(q[2]) - T * chi * w[2]) / 2 / T
    (z0, g0), (z1, g1) = nodes(fine[0]), nodes(fine[1])
    field = h + math.sqrt(w[0]) * z0[:, None] + math.sqrt(w[1] - w[0]) * z1
    f2 = inner_free_energy(field, w[2] - w[1], y2, T, fine[1])
    return log_mean_exp(y1 * f2, g1) @ g0 / y1 + rest


NAMES = ("m", "q0", "q1", "chi", "y1", "y2")


def gradient(P, T, x, alpha, fine, active=NAMES, repeated=False):
    """Central differences of the action, in steps that suit each parameter."""
    out = {}
    for name in active:
        scale = {"m": 1 - x["m"], "q0": 1 - x["q0"], "q1": 1 - x["q1"]}.get(name, x[name]) * 1e-3
        at = [action(P, T, **{**x, name: x[name] + s * scale}, alpha=alpha, fine=fine, repeated=repeated) for s in (-2, -1, 1, 2)]
        out[name] = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * scale)
    return out


def parameters(s):
    return {"m": s.m, "q0": s.q[0], "q1": s.q[1], "chi": s.chi, "y1": s.y[0], "y2": s.y[1]}


STATES = [(4, 0.42, 0.0, (0.02, 0.05)), (3, 0.35, 0.0, (0.02, 0.05)), (2, 0.135, 0.0, (0.01, 0.1)), (4, 0.45, 0.3, (0.14, 0.14)),
          pytest.param(2, 0.137, 0.01, (0.012, 0.2), marks=pytest.mark.slow)]


@pytest.mark.parametrize("P, alpha, T, fine", STATES)
def test_the_action_is_stationary_in_every_parameter(P, alpha, T, fine):
    s = solve("retrieval", 2, P=P, alpha=alpha, T=T)
    x = parameters(s)
    assert -action(P, T, **x, alpha=alpha, fine=fine) == pytest.approx(s.free_energy, abs=1e-11)
    active = NAMES if P == 2 or T > 0 else tuple(n for n in NAMES if n != "chi")
    slopes = gradient(P, T, x, alpha, fine, active)
    for name in active:
        assert abs(slopes[name]) < 1e-8, name
    away = gradient(P, T, {**x, "y1": 1.1 * x["y1"], "q1": x["q1"] + 0.1 * (1 - x["q1"])}, alpha, fine, active)
    assert max(abs(away[name]) for name in ("q0", "q1", "m")) > 1e-5           # the test can fail


@pytest.mark.parametrize("P, T", [(3, 0.0), (3, 0.3), (4, 0.0), (4, 0.5), (5, 0.5)])
def test_the_action_of_the_glass_with_repeated_indices_is_stationary(P, T):
    s, one = (solve("glass", k, P=P, alpha=1.0, T=T, self_interaction=True) for k in (2, 1))
    x, fine = parameters(s), (0.1, 0.1) if T > 0 else (0.05, 0.05)
    assert 0 < s.q[0] < s.q[1] < s.q[2] and s.free_energy > one.free_energy
    assert -action(P, T, **x, alpha=1.0, fine=fine, repeated=True) == pytest.approx(s.free_energy, abs=1e-10)
    active = [name for name in NAMES[1:] if name != "chi" or T > 0]
    slopes = gradient(P, T, x, 1.0, fine, active, repeated=True)
    assert max(abs(slopes[name]) for name in active) < 1e-7
    away = gradient(P, T, {**x, "y1": 1.1 * x["y1"]}, 1.0, fine, active, repeated=True)
    assert max(abs(away[name]) for name in active) > 1e-4                     # the test can fail


@pytest.mark.parametrize("P", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("share", [0.0, 0.4, 0.9])
def test_one_step_of_the_glass_with_repeated_indices_is_that_of_onestep(P, share):
    """Another recursion, quadrature and solver."""
    T = share * glass.temperatures(build(P=P, self_interaction=True).kernel).static
    k, one = (hn.solve("dense", P=P, alpha=1.0, T=T, self_interaction=True, start="glass", **how) for how in (
        {"ansatz": "krsb", "k": 1}, {"ansatz": "1rsb"}))
    for mine, other in ((k.q[0], one.q0), (k.q[1], one.q1), (k.y[0], one.y), (k.chi, one.chi), (k.energy, one.energy), (k.entropy, one.entropy)):
        assert mine == pytest.approx(other, rel=1e-7, abs=1e-8)


def test_two_steps_at_the_hopfield_capacity():
    """P = 2, T = 0: 0.138196342, where the literature has 0.138187: stationary in all parameters, also just beyond 0.138187."""
    alpha, s, _ = line("spinodal", 2, P=2, T=0.0)
    assert alpha == pytest.approx(0.138196342, abs=1e-9)
    fine = (0.01, 0.1)
    for load, x in ((alpha, s), (0.13819, solve("retrieval", 2, P=2, alpha=0.13819, T=0.0))):
        slopes = gradient(2, 0.0, parameters(x), load, fine)
        assert max(abs(slopes[name]) for name in NAMES) < 1e-7


@pytest.mark.parametrize("seed", range(4))
def test_residuals_are_the_gradient_at_random_points(seed):
    """P >= 3, T = 0: dA/dm, dA/dq_i and dA/dy_i by differences, against the averages that the solver sets to zero."""
    random = np.random.default_rng(seed)
    P, alpha = int(random.integers(3, 6)), random.uniform(0.3, 0.6)
    q0, q1 = np.sort(random.uniform(0.6, 0.97, 2))
    y1, y2 = random.uniform(0.8, 2.0), random.uniform(2.5, 5.0)
    x = {"m": random.uniform(0.6, 0.95), "q0": q0, "q1": q1, "chi": 0.05, "y1": y1, "y2": y2}
    slopes = gradient(P, 0.0, x, alpha, (0.02, 0.05), ("m", "q0", "q1", "y1", "y2"))
    e = build(P=P)
    state = levels.State(x["m"], alpha, 0.0, np.array([1 - q0, 1 - q1]), 0.05, np.array([y1, y2]))
    miss, gaps, gains, *_ = levels.averages(e, state)
    second = alpha * P * (P - 1) / 2 * np.array([q0, q1]) ** (P - 2)
    expected = {"m": P * (P - 1) / 2 * x["m"] ** (P - 2) * (1 - miss - x["m"]),
                **dict(zip(("q0", "q1"), -np.array([y1, y2 - y1]) / 2 * second * (state.gap - gaps))),
                **dict(zip(("y1", "y2"), gains / state.y - levels.levels(e, state)[2]))}
    for name, value in expected.items():
        assert slopes[name] == pytest.approx(value, abs=1e-9), name


def test_energy_and_entropy_are_derivatives():
    for P, alpha, T, k in ((4, 0.42, 0.1, 3), (2, 0.135, 0.01, 2)):
        s, dT = solve("retrieval", k, P=P, alpha=alpha, T=T), 1e-3 * T
        f = [solve("retrieval", k, P=P, alpha=alpha, T=T + i * dT).free_energy for i in (-1, 1)]
        assert -(f[1] - f[0]) / (2 * dT) == pytest.approx(s.entropy, abs=2e-7)
        assert s.energy == pytest.approx(s.free_energy + T * s.entropy, abs=1e-14)


@pytest.mark.parametrize("P, alpha", [(4, 0.42), (2, 0.137)])
def test_zero_temperature_is_the_limit(P, alpha):
    cold, zero = solve("retrieval", 2, P=P, alpha=alpha, T=2e-6), solve("retrieval", 2, P=P, alpha=alpha, T=0.0)
    for name in ("m", "chi", "q", "y", "free_energy", "entropy"):
        np.testing.assert_allclose(getattr(cold, name), getattr(zero, name), rtol=3e-3, atol=1e-5)
    assert cold.free_energy == pytest.approx(zero.free_energy, abs=1e-8)
    assert zero.q[-1] == 1 and zero.free_energy == zero.energy and zero.free_entropy == math.inf and zero.replicon == -math.inf


def test_a_finer_grid_changes_nothing():
    e = build(P=4)
    x = krsb.fold(e, 0.0, 3)
    for fineness in (5.0, 8.0):
        assert np.abs(levels.residuals(e, x, levels.grid(e, x, fineness))).max() < 1e-9


# ---- what more steps do

@pytest.mark.parametrize("f", [lambda k: line("spinodal", k, P=4, T=0.0)[0], lambda k: line("spinodal", k, P=2, T=0.0)[0],
                               lambda k: line("spinodal", k, P=4, T=0.2)[0], lambda k: solve("retrieval", k, P=4, alpha=0.42, T=0.0).energy,
                               lambda k: solve("glass", k, P=3, alpha=1.0, T=0.0).energy, sk_ground_state,
                               *(lambda k, P=P: solve("glass", k, P=P, alpha=1.0, T=0.0, self_interaction=True).energy for P in (3, 4, 5, 6))])
def test_each_step_changes_less(f):
    changes = np.diff([f(k) for k in (1, 2, 3, 4)])
    assert (changes > 0).all() and (changes[1:] < changes[:-1] / 2).all()        # energies and loads rise


def test_entropy_at_zero_temperature_vanishes_with_k():
    found = [solve("retrieval", k, P=4, alpha=0.42, T=0.0).entropy for k in (1, 2, 3, 4)]
    assert all(s < 0 for s in found) and all(abs(b) < abs(a) / 2 for a, b in zip(found, found[1:]))


def test_glass_scales_with_the_load():
    a, b = solve("glass", 2, P=3, alpha=1.0, T=0.1), solve("glass", 2, P=3, alpha=0.25, T=0.05)
    np.testing.assert_allclose([b.energy, *b.q, *b.theta], [a.energy / 2, *a.q, *a.theta], rtol=1e-9)


# ---- where there is nothing, and what is refused

@pytest.mark.parametrize("branch, k, point, words", [
    ("retrieval", 2, {"P": 4, "alpha": 0.47, "T": 0.0}, "ends at the load alpha = 0.4600038967"),
    ("retrieval", 2, {"P": 4, "alpha": 0.3, "T": 0.4}, "replica symmetry is stable"),
    ("retrieval", 2, {"P": 4, "alpha": 0.3, "T": 1.2}, "single pattern"),
    ("retrieval", 2, {"P": 4, "alpha": 0.1, "T": 0.0}, "so weak"),
    ("retrieval", 1, {"P": 4, "alpha": 0.0, "T": 0.0}, "no noise"),
    ("glass", 1, {"P": 4, "alpha": 0.0, "T": 0.0}, "no noise"),
    ("glass", 1, {"P": 4, "alpha": 1.0, "T": 0.7}, "freezes at T = 0.61688"),
    ("glass", 2, {"P": 4, "alpha": 1.0, "T": 0.4}, "take k = 1"),
])
def test_absent_states_say_why(branch, k, point, words):
    s = solve(branch, k, **point)
    assert not s.converged and re.search(words, s.status) and ";" in s.status
    assert math.isnan(s.m) and math.isnan(s.free_energy) and np.isnan(s.q).all() and s.q.shape == (k + 1,) and s.y.shape == (k,)


def test_absent_lines_say_why():
    alpha, s, status = line("spinodal", 2, P=4, T=0.5)
    assert math.isnan(alpha) and not s.converged and "take ansatz='rs'" in status


@pytest.mark.parametrize("which, P, alpha", [
    ("spinodal", 4, 0.4601), pytest.param("spinodal", 2, 0.138197, marks=pytest.mark.slow),
    pytest.param("transition", 4, 0.37983, marks=pytest.mark.slow)])
def test_lines_agree_whichever_parameter_is_the_unknown(which, P, alpha):
    found = hn.boundary("dense", which, P=P, alpha=alpha, ansatz="krsb", k=2)
    assert found.converged and found.unknown == "T" and found.solution.q.shape == (3,) and len(found.values) == (2 if P == 2 else 1)
    for T in found.values:
        assert float(hn.boundary("dense", which, P=P, T=T, ansatz="krsb", k=2)) == pytest.approx(alpha, rel=1e-9)


def test_lines_that_more_steps_do_not_change():
    for which, point in (("at", {"alpha": 0.3}), ("at", {"T": 0.1}), ("static_glass", {"alpha": 0.3}), ("gardner", {"T": 0.05})):
        k, none = (hn.boundary("dense", which, P=4, **point, **how) for how in ({"ansatz": "krsb", "k": 2}, {}))
        assert k.converged and k.value == none.value and k.ansatz == "krsb"


@pytest.mark.parametrize("which, point, words", [
    ("spinodal", {"alpha": 0.3}, "replica symmetry is stable"), ("spinodal", {"alpha": 0.47}, "no retrieval at alpha = 0.47"),
    ("transition", {"alpha": 0.3}, "retrieval has the lower"), ("transition", {"alpha": 0.47}, "followed from T = 0"),
    ("transition", {"T": 0.16}, "retrieval is replica symmetric"), ("at", {"T": 0.0}, "unstable")])
def test_absent_lines_of_temperature_say_why(which, point, words):
    found = hn.boundary("dense", which, P=4, ansatz="krsb", k=2, **point)
    assert not found.converged and math.isnan(found.value) and found.values == () and words in found.status


def test_merged_levels_are_not_a_solution():
    one = krsb.retrieval(build(P=4), 0.42, 0.0, 1)
    merged = one._replace(gap=one.gap[0] * np.array([1, 1 - 1e-8]), y=np.append(one.y / 2, one.y))
    with pytest.raises(levels.Unresolved, match="spurious"):
        levels.refuse_spurious(merged)
    for gap, y in ((np.append(one.gap, 1e-6), np.append(one.y, 1000 * one.y)), (merged.gap, merged.y)):
        try:
            found = levels.newton(build(P=4), one._replace(gap=gap, y=y), "m")
        except levels.Unresolved:
            continue
        assert found.y[1] == pytest.approx(solve("retrieval", 2, P=4, alpha=0.42, T=0.0).y[1], rel=1e-6)


@pytest.mark.parametrize("k", [0, -1, 1.5, True, "2", None, math.nan])
def test_k_must_be_a_whole_number(k):
    for call in (lambda: solve("retrieval", k, P=4, alpha=0.4, T=0.0), lambda: line("spinodal", k, P=4, T=0.0), lambda: sk_ground_state(k),
                 lambda: Capacities("dense", steps=k)):
        with pytest.raises(ParameterError, match="expected"):
            call()


def test_refusals():
    with pytest.raises(ParameterError, match="T"):
        solve("retrieval", 2, P=4, alpha=0.4, T=-0.1)
    with pytest.raises(ParameterError, match="ansatz='rs'"):
        solve("paramagnet", 2, P=4, alpha=0.4, T=1.0)
    with pytest.raises(ParameterError, match="retrieval"):
        solve("retreival", 2, P=4, alpha=0.4, T=1.0)
    with pytest.raises(ParameterError, match="spinodal, transition"):
        line("at", 2, P=4, T=0.0)
    with pytest.raises(ParameterError, match="exactly one"):
        krsb.line("dense", DENSE, "spinodal", {"P": 4, "alpha": 0.4, "T": 0.1}, k=2)


@pytest.mark.parametrize("k, values", [([1, 2, 3], [1, 2, 3]), ([1, 2, 3, 4], [1, 2, 3]), ([1, 3, 2, 4], [1, 2, 3, 4]),
                                       ([1, 2, 3, 4], [1, 2, 3, math.nan])])
def test_extrapolate_refuses(k, values):
    with pytest.raises(ParameterError, match="at least|>= 4"):
        extrapolate(k, values)


def test_extrapolate_finds_the_limit_it_assumes():
    k = np.arange(1, 9)
    limit, spread = extrapolate(k, 0.46 - 0.1 * (k + 0.7) ** -4.0)
    assert limit == pytest.approx(0.46, abs=1e-9) and spread < 1e-8
    assert extrapolate([1, 2, 3, 4], [0.5] * 4) == (0.5, 0.0)


def test_capacities_as_a_task():
    task = Capacities("dense", steps=2)
    out = task.run({"P": 4, "T": 0.0})
    np.testing.assert_allclose(out["capacity"][1], [0.395720238, 0.458343467, 0.460003897], atol=1e-9)
    assert out["multicritical"][1] == pytest.approx(0.460241559, abs=1e-9) and (out["capacity_status"][1] == "converged").all()
    assert math.isnan(task.run({"P": 2, "T": 0.0})["multicritical"][1])
    assert np.isnan(task.run({"P": 4, "T": 2.0})["capacity"][1]).all()
    with pytest.raises(ParameterError, match="T"):
        task.check({"P": 4})
