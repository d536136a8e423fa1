"""What the one-step solver refuses, what it says where it has no solution, and the forms in which it hands back results."""
import json
import math
import pickle

import numpy as np
import pytest

import hebbnet as hn
from hebbnet.meanfield import boundaries, complexity, onestep, onestep_newton, solve_map


@pytest.mark.parametrize("point, words", [
    (dict(P=4, alpha=0.3, T=0.06), ["replica symmetry is stable", "ansatz='rs'"]),
    (dict(P=4, alpha=0.2, T=0.6), ["stable up to the end of the branch", "ansatz='rs'"]),
    (dict(P=4, alpha=0.46, T=0.0), ["branch ends at the load alpha = 0.45834", "lower alpha"]),
    (dict(P=4, alpha=0.5, T=0.5), ["no retrieval", "lower alpha"]), (dict(P=4, alpha=0.1, T=1.2), ["no retrieval", "lower T"]),
    (dict(P=4, alpha=0.0, T=0.1), ["alpha = 0", "ansatz='rs'"]), (dict(P=4, alpha=0.003, T=0.0), ["rounding", "ansatz='rs'"]),
    (dict(P=2, alpha=0.15, T=0.0), ["no retrieval", "0.13818"]), (dict(P=2, alpha=0.1, T=0.1), ["stable", "ansatz='rs'"]),
    (dict(P=4, alpha=0.1, T=0.5, start="glass"), ["T_K", "theta would exceed 1", "paramagnet", "complexity"]),
    (dict(P=4, alpha=0.0, T=0.1, start="glass"), ["alpha = 0"]), (dict(P=2, alpha=0.0, T=0.1, start="glass"), ["alpha = 0"]),
    (dict(P=2, alpha=0.1, T=1.4, start="glass"), ["T_g", "paramagnet"]),
    (dict(P=3, alpha=0.1, T=0.3, start="glass", self_interaction=True), ["T_g", "paramagnet"]),
    (dict(P=5, alpha=0.1, T=0.6, start="glass", self_interaction=True), ["T_K", "paramagnet"]),
    (dict(P=6, alpha=1.0, T=1.0, N=20, start="glass", self_interaction=True), ["continuously", "jumps"])])
def test_an_absent_solution_is_nan_and_says_what_to_do(point, words):
    s = hn.solve("dense", ansatz="1rsb", **point)
    numbers = [getattr(s, name) for name in ("m", "q0", "q1", "theta", "y", "free_energy", "energy", "entropy", "replicon", "replicon0")]
    assert not s.converged and all(math.isnan(x) for x in numbers)
    assert all(word in s.status for word in words), s.status


@pytest.mark.parametrize("call, words", [
    (lambda: hn.solve("dense", P=4, alpha=0.1, T=0.1, ansatz="1rsb", start="paramagnet"), ["paramagnet", "ansatz='rs'"]),
    (lambda: hn.solve("dense", P=4, alpha=0.1, T=0.1, ansatz="1rsb", start="glas"), ["Did you mean 'glass'"]),
    (lambda: hn.solve("dense", P=4, alpha=0.1, T=0.1, ansatz="1rsb", k=1), ["k = 1", "krsb"]),
    (lambda: hn.solve("dense", P=4, alpha=0.1, T=0.1, ansatz="2rsb", k=3), ["k = 3", "krsb"]),
    (lambda: hn.solve("dense", P=4, alpha=0.1, T=0.1, start="glass"), ["not a phase"]),
    (lambda: hn.boundary("dense", "gardner", P=2, alpha=0.1), ["gardner", "static_glass"]),
    (lambda: hn.boundary("dense", "gardner", P=4, alpha=0.1, self_interaction=True), ["P = 4", "every step at once"]),
    (lambda: solve_map("dense", P=4, alpha=[0.1], T=[0.1], ansatz="1rsb"), ["solve_map", "MeanField"]),
    (lambda: complexity("dense", P=2, alpha=0.1, T=0.1), ["P = 2"]), (lambda: complexity("dense", P=4, alpha=0.0, T=0.1), ["alpha = 0"]),
    (lambda: complexity("dense", P=4, alpha=1.0, T=0.7), ["T_d", "lower T"]),
    (lambda: complexity("dense", P=4, alpha=1.0, T=0.4, theta=[0.5, 1.2]), ["theta > 1"]),
    (lambda: complexity("dense", P=4, alpha=1.0, T=0.0, theta=[0.5]), ["give y"]),
    (lambda: complexity("dense", P=4, alpha=1.0, T=0.4, theta=[-0.5]), ["positive"]),
    (lambda: complexity("dense", P=4, alpha=1.0, T=0.4, theta=[0.5], y=[1.0]), ["give one"]),
    (lambda: complexity("dense", P=4, alpha=1.0, T=0.4, self_interaction=True), ["several powers of q"])])
def test_bad_input_is_one_clear_error(call, words):
    with pytest.raises(hn.ParameterError) as error:
        call()
    assert all(word in str(error.value) for word in words), error.value


def test_a_symmetric_solution_in_disguise_is_not_handed_out():
    x = onestep_newton.State(0.9, 1.0, 1e-12, 2.0, 1e-15, 5, "converged")
    found = onestep.checked(x, 0.1)
    assert not found.exists and "fell back" in found.status and "ansatz='rs'" in found.status
    beyond = onestep.checked(x._replace(split=0.1, y=12.0), 0.1)
    assert not beyond.exists and "theta = 1.2" in beyond.status


def test_a_solution_next_to_the_at_line_is_resolved_or_says_so():
    onset = float(hn.boundary("dense", "at", P=4, alpha=0.3))
    for share in (1e-2, 3e-3, 1e-3, 1e-5, 1e-9):
        s = hn.solve("dense", P=4, alpha=0.3, T=onset * (1 - share), ansatz="1rsb")
        if s.converged:
            assert s.theta == pytest.approx(0.5063, abs=0.02) and s.q1 > s.q0
        else:
            assert share < 2e-3 and math.isnan(s.m) and "AT line" in s.status


def test_newton_says_where_it_fails():
    with pytest.raises(onestep.Unresolved, match="outside the domain"):
        onestep_newton.newton(lambda z: np.array([math.nan]), np.zeros(1), [0])
    with pytest.raises(onestep.Unresolved, match="residual|step|singular"):
        onestep_newton.newton(lambda z: 1 + z**2, np.ones(1), [0])
    z, residual, _ = onestep_newton.newton(lambda z: np.array([math.expm1(z[0]) - 3]), np.zeros(1), [0])
    assert z[0] == pytest.approx(math.log(4), abs=1e-12) and residual < 1e-12


def test_solution_travels():
    s = hn.solve("dense", P=2, alpha=0.13, T=0.004, ansatz="1rsb")
    assert pickle.loads(pickle.dumps(s)) == s and s.ansatz == "1rsb"
    assert s.crosstalk > s.crosstalk0 > 0 and s.crosstalk0 == pytest.approx(s.q0 / (1 - s.chi - s.y * (s.q1 - s.q0)) ** 2, rel=1e-9)
    with pytest.raises(AttributeError, match="order parameters are m, q0, q1"):
        getattr(s, "q")  # noqa: B009
    data = s.to_dataset()
    for name in ("m", "q0", "q1", "theta", "y", "chi", "replicon", "replicon0", "crosstalk0"):
        assert float(data[name]) == getattr(s, name) and data[name].attrs["long_name"]
    assert "replicon0" not in hn.solve("dense", P=4, alpha=0.1, T=0.2).to_dataset()
    line = hn.boundary("dense", "spinodal", P=4, T=0.1, ansatz="1rsb")
    assert pickle.loads(pickle.dumps(line)).value == line.value and line.ansatz == "1rsb"


@pytest.mark.parametrize("which, point, words", [
    ("spinodal", dict(P=4, alpha=0.461), "largest load"), ("spinodal", dict(P=4, T=1.5), "single pattern"),
    ("transition", dict(P=4, alpha=0.39), "at every T"), ("transition", dict(P=4, T=0.8), "at every load"),
    ("transition", dict(P=4, alpha=0.1, self_interaction=True), "at every T"), ("at", dict(P=4, T=0.0), "unstable"),
    ("dynamic_glass", dict(P=4, alpha=0.1, self_interaction=True), "continuously"),
    ("dynamic_glass", dict(P=3, alpha=0.1, self_interaction=True), "continuously"),
    ("transition", dict(P=6, T=0.2, N=20, self_interaction=True), "jumps")])
def test_absent_lines_are_nan_and_say_why(which, point, words):
    line = hn.boundary("dense", which, ansatz="1rsb", **point)
    assert math.isnan(float(line)) and line.values == () and not line.converged and words in line.status


def test_lines_are_symmetric_where_the_symmetry_is_stable():
    for which, point in (("spinodal", dict(alpha=0.2)), ("spinodal", dict(T=0.6)), ("transition", dict(alpha=0.2)),
                         ("transition", dict(T=0.3)), ("at", dict(T=0.1)), ("at", dict(alpha=0.3))):
        none, one = (hn.boundary("dense", which, P=4, ansatz=ansatz, **point) for ansatz in ("rs", "1rsb"))
        assert one.value == pytest.approx(none.value, rel=1e-11) and one.converged and one.solution.ansatz == "rs"
    assert "stable" in hn.boundary("dense", "spinodal", P=4, T=0.6, ansatz="1rsb").status
    hair = hn.boundary("dense", "spinodal", P=4, T=0.46, ansatz="1rsb")
    assert hair.converged and (hair.solution.ansatz == "1rsb" or "AT line" in hair.status)


def test_phase_diagram():
    data = hn.phase_diagram("dense", P=4, alpha=[0.2, 0.3802, 0.4598], ansatz="1rsb")
    assert data.attrs["ansatz"] == "1rsb" and data.gardner.attrs["units"] == "energy"
    assert np.isfinite(data.gardner).all() and (data.gardner < data.static_glass).all() and (data.static_glass < data.dynamic_glass).all()
    assert np.isfinite(data.spinodal_roots.values[2]).all() and np.isfinite(data.transition_roots.values[1]).all()
    by_T = hn.phase_diagram("dense", P=4, T=[0.0, 0.1], ansatz="1rsb")
    assert by_T.spinodal.values[0] == pytest.approx(0.4583434668) and by_T.transition.values[0] == pytest.approx(0.379787339)
    assert math.isnan(by_T["at"].values[0]) and by_T.gardner.values[1] > by_T.static_glass.values[1]
    hopfield = hn.phase_diagram("dense", P=2, alpha=[0.05], ansatz="1rsb")
    assert math.isnan(hopfield.gardner.values[0]) and "P = 2" in str(hopfield.gardner_status.values[0])


def test_tasks_for_a_study():
    task = hn.MeanField("dense", ansatz="1rsb", starts=("retrieval", "glass"))
    assert json.loads(json.dumps(task.identity())) == {"task": "MeanField", "network": "dense", "ansatz": "1rsb", "starts": ["retrieval", "glass"]}
    point = dict(P=4, alpha=0.42, T=0.05)
    assert task.check(point) is None
    out = task.run(point, sample=0, seed=0)
    assert out["q0"][0] == ("branch",) and out["converged"][1].all() and out["q0"][1][1] == 0
    assert out["theta"][1][0] == hn.solve("dense", ansatz="1rsb", **point).theta and np.isnan(out["crosstalk"][1]).all()
    symmetric = task.run(dict(P=4, alpha=0.1, T=0.05), sample=0, seed=0)
    assert set(symmetric) == set(out) and "ansatz='rs'" in symmetric["status"][1][0] and math.isnan(symmetric["m"][1][0])
    with pytest.raises(hn.ParameterError, match="paramagnet"):
        hn.MeanField("dense", ansatz="1rsb", starts=("paramagnet",)).check(point)
    with pytest.raises(hn.ParameterError, match="k=2"):
        hn.MeanField("dense", ansatz="krsb")
    lines = hn.Lines("dense", which=("spinodal", "gardner"), ansatz="1rsb")
    out = lines.run(dict(P=4, T=0.1), sample=0, seed=0)
    assert float(out["spinodal"][1]) == pytest.approx(0.459515852) and out["gardner"][1] > 0 and lines.identity()["ansatz"] == "1rsb"


def test_more_steps_are_found_where_they_are_implemented():
    task = hn.MeanField("dense", ansatz="krsb", k=2)
    assert task.identity()["k"] == 2 and hn.Lines("dense", ansatz="2rsb").identity()["ansatz"] == "2rsb"
    assert "k" not in hn.MeanField("dense").identity()


def test_every_line_has_labels():
    from hebbnet.observables import describe
    for name in boundaries.LINES:
        assert describe(name) and describe(f"{name}_roots") and describe(f"{name}_status")


def test_the_task_complexity():
    task = hn.Complexity("dense", theta=(0.9, 1.0, 1.02))
    for T, known in ((0.6, [True, True, False]), (0.65, [False, True, True]), (0.7, [False] * 3)):     # T_K = 0.617, T_d = 0.678
        point = dict(P=4, alpha=1.0, T=T)
        task.check(point)
        found = task.run(point)
        assert found["converged"][1].tolist() == known == np.isfinite(found["complexity"][1]).tolist()
        if any(known):
            direct = complexity("dense", theta=np.array(task.theta)[known], **point)
            for name in ("complexity", "state_free_energy", "free_energy", "q1", "replicon"):
                np.testing.assert_allclose(found[name][1][known], direct[name].values, atol=1e-12)
    assert hn.Complexity("dense").identity()["theta"][-1] == 1
    for call, words in ((lambda: hn.Complexity("dense", theta=(0.5, 0.5)), "different"), (lambda: hn.Complexity("dense", theta=(0.0,)), "positive"),
                        (lambda: task.check(dict(P=4, alpha=1.0, T=0.0)), "T = 0"), (lambda: task.check(dict(P=2, alpha=1.0, T=0.1)), "P = 2"),
                        (lambda: task.check(dict(P=4, alpha=0.0, T=0.1)), "alpha = 0")):
        with pytest.raises(hn.ParameterError, match=words):
            call()


def test_shapes_of_complexity():
    data = complexity("dense", P=4, alpha=0.25, T=0.1)
    assert data.complexity.dims == ("theta",) and data.attrs["branch"] == "glass" and float(data.alpha) == 0.25
    assert data.theta.values[-1] == pytest.approx(float(data.theta_equilibrium)) and data.complexity.attrs["long_name"]
    deep = complexity("dense", P=4, alpha=0.25, T=0.0)
    assert deep.complexity.dims == ("y",) and deep.y.values[-1] == pytest.approx(hn.solve("dense", P=4, alpha=0.25, T=0.0, ansatz="1rsb",
                                                                                           start="glass").y)
    unit = complexity("dense", P=4, alpha=1.0, T=0.2, theta=data.theta.values)
    np.testing.assert_allclose(unit.complexity, data.complexity, atol=1e-11)          # sets of states scale with sqrt(alpha)
    np.testing.assert_allclose(unit.state_free_energy, 2 * data.state_free_energy, atol=1e-11)
