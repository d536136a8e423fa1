"""What the theory wing refuses, what it says about branches that do not exist, and the forms in which it hands back results."""
import json
import math
import pickle

import numpy as np
import pytest

import hebbnet as hn
from hebbnet import equations
from hebbnet.meanfield import solve_map

POINT = dict(P=4, alpha=0.1, T=0.2)


@pytest.mark.parametrize("change, words", [
    (dict(T=-0.1), ["T = -0.1", ">= 0"]), (dict(alpha=-1), ["alpha = -1"]), (dict(P=1), ["P = 1", ">= 2"]),
    (dict(P=3.5), ["P = 3.5"]), (dict(alpha=math.nan), ["alpha"]), (dict(alfa=0.1), ["alfa", "'alpha'"]),
    (dict(start="retreival"), ["'retrieval'"]), (dict(start=7), ["start"]), (dict(start="glass"), ["P >= 3", "not a phase"]),
    (dict(ansatz="1rbs"), ["1rbs", "Did you mean '1rsb'"]), (dict(ansatz="krsb"), ["k=2"]),
    (dict(k=2), ["k = 2", "krsb"]), (dict(N=3), ["N = 3", "raise N"]),
    (dict(P=2, N=100), ["N = 100", "P >= 3"]), (dict(self_interaction=1), ["self_interaction", "True or False"])])
def test_bad_input_is_one_clear_error(change, words):
    with pytest.raises(hn.ParameterError) as error:
        hn.solve("dense", **{**POINT, **change})
    assert all(word in str(error.value) for word in words), error.value


def test_missing_and_unknown_names():
    with pytest.raises(hn.ParameterError, match="needs T"):
        hn.solve("dense", P=4, alpha=0.1)
    with pytest.raises(hn.ParameterError, match="Did you mean 'dense'"):
        hn.solve("dens", **POINT)
    with pytest.raises(hn.ParameterError, match="Did you mean 'spinodal'"):
        hn.boundary("dense", "spinodle", P=4, alpha=0.1)
    with pytest.raises(hn.ParameterError, match="T and alpha are missing"):
        hn.boundary("dense", "spinodal", P=4)
    with pytest.raises(hn.ParameterError, match="both are given"):
        hn.boundary("dense", "spinodal", **POINT)
    with pytest.raises(hn.ParameterError, match="Did you mean 'alpha'"):
        hn.boundary("dense", "spinodal", P=4, alhpa=0.1)
    with pytest.raises(hn.ParameterError, match="k=2"):
        hn.boundary("dense", "spinodal", P=4, T=0.1, ansatz="krsb")
    with pytest.raises(hn.ParameterError, match="grows continuously"):
        hn.boundary("dense", "dynamic_glass", P=2, alpha=0.1)
    for arguments in (dict(P=4), dict(P=4, alpha=0.1), dict(P=4, alpha=[0.1], T=0.2), dict(P=4, alpha=[0.1], T=[0.2])):
        with pytest.raises(hn.ParameterError, match="1-D array"):
            hn.phase_diagram("dense", **arguments)
    with pytest.raises(hn.ParameterError, match="alpha"):
        solve_map("dense", P=4, alpha=[-0.1, 0.2], T=[0.1])


@pytest.mark.parametrize("point", [
    dict(P=4, alpha=0.5, T=0.5), dict(P=4, alpha=0.1, T=1.2), dict(P=2, alpha=0.15, T=0.0), dict(P=3, alpha=0.4, T=0.0),
    dict(P=4, alpha=0.3, T=0.4, self_interaction=True)])
def test_absent_retrieval_is_nan_and_says_where_it_ends(point):
    s = hn.solve("dense", **point)
    numbers = (s.m, s.q, s.chi, s.free_energy, s.energy, s.entropy, s.replicon, s.free_entropy)
    assert not s.converged and all(math.isnan(x) for x in numbers)
    assert "no retrieval" in s.status and "lower" in s.status
    fixed = {name: value for name, value in point.items() if name != "alpha"}
    end = float(hn.boundary("dense", "spinodal", **fixed))
    assert math.isnan(end) or (end < point["alpha"] and f"{end:.6g}"[:7] in s.status)


def test_other_absent_branches():
    for point, word in ((dict(P=2, alpha=0.1, T=1.4, start="glass"), "T_g"),
                        (dict(P=2, alpha=0.0, T=0.5, start="glass"), "single pattern"),
                        (dict(P=2, alpha=0.1, T=0.9, start="paramagnet"), "T = 1"),
                        (dict(P=4, alpha=0.1, T=0.0, start="paramagnet"), "T = 0")):
        s = hn.solve("dense", **point)
        assert not s.converged and math.isnan(s.q) and word in s.status


def test_paramagnet_says_where_it_is_not_the_phase():
    stable = hn.solve("dense", P=4, alpha=0.1, T=0.6, start="paramagnet")
    assert stable.status == "converged" and stable.replicon == 1 and stable.energy == pytest.approx(-0.1 / (2 * 0.6))
    assert "glass" in hn.solve("dense", P=4, alpha=0.1, T=0.1, start="paramagnet").status
    below = hn.solve("dense", P=4, alpha=0.1, T=0.5, start="paramagnet", self_interaction=True)
    assert "unstable" in below.status and f"{math.sqrt(0.3):.10g}" in below.status and below.replicon < 0
    above = hn.solve("dense", P=4, alpha=0.1, T=0.6, start="paramagnet", self_interaction=True)
    assert above.status == "converged" and above.replicon > 0


@pytest.mark.parametrize("which, point, words", [
    ("spinodal", dict(P=4, alpha=0.5), "largest load"), ("spinodal", dict(P=4, T=1.5), "single pattern"),
    ("transition", dict(P=4, alpha=0.39), "glass"), ("transition", dict(P=3, alpha=0.21, self_interaction=True), "glass"),
    ("transition", dict(P=2, alpha=0.06), "glass"), ("transition", dict(P=4, T=0.8), "at every load"),
    ("at", dict(P=4, alpha=0.001), "underflows"), ("at", dict(P=4, T=0.5), "stable"), ("at", dict(P=4, alpha=0.0), "stable"),
    ("at", dict(P=4, T=0.0), "unstable"), ("at", dict(P=4, alpha=0.5), "largest load"),
    ("static_glass", dict(P=2, T=0.5), "below T = 1"),
    ("dynamic_glass", dict(P=4, alpha=0.1, self_interaction=True), "continuously")])
def test_absent_lines_are_nan_and_say_why(which, point, words):
    line = hn.boundary("dense", which, **point)
    assert math.isnan(float(line)) and line.values == () and not line.converged and words in line.status
    assert not line.solution.converged and math.isnan(line.solution.m) and np.isnan(line.roots).all()


def test_a_line_carries_the_state_on_it():
    line = hn.boundary("dense", "spinodal", P=4, alpha=0.2)
    assert line.unknown == "T" and line.solution.params.T == line.value and line.solution.converged and line.converged
    assert line.solution.m == pytest.approx(0.855026472, abs=1e-8)
    assert abs(hn.boundary("dense", "at", P=4, alpha=0.3).solution.replicon) < 1e-12
    crossing = hn.boundary("dense", "transition", P=4, alpha=0.2)
    other = hn.solve("dense", P=4, alpha=0.2, T=crossing.value, start="paramagnet")
    assert crossing.solution.free_energy == pytest.approx(other.free_energy, abs=1e-12)
    assert hn.boundary("dense", "static_glass", P=4, alpha=0.2).solution.branch == "paramagnet"


def test_solution_travels():
    s = hn.solve("dense", P=2, alpha=0.1, T=0.1)
    assert pickle.loads(pickle.dumps(s)) == s and s.params.alpha == 0.1 and s.branch == "retrieval"
    assert s.crosstalk == pytest.approx(s.q / (1 - s.chi) ** 2)
    with pytest.raises(AttributeError, match="order parameters"):
        getattr(hn.solve("dense", **POINT), "crosstalk")  # noqa: B009
    data = s.to_dataset()
    assert float(data.m) == s.m and data.m.attrs["long_name"] and float(data.alpha) == 0.1 and data.attrs["branch"] == "retrieval"
    assert str(data.status.values) == "converged" and pickle.loads(pickle.dumps(hn.boundary("dense", "spinodal", P=4, T=0))).value


@pytest.mark.parametrize("P, largest", [(2, 0.15), (4, 0.5)])
def test_map_equals_single_points(P, largest):
    loads, temperatures = np.linspace(0, largest, 9), np.linspace(0, 0.98, 8)
    data = solve_map("dense", P=P, alpha=loads, T=temperatures)
    assert data.m.dims == ("alpha", "T") and data.m.attrs["long_name"]
    assert data.converged.values.any() and not data.converged.values.all()
    for i, alpha in enumerate(loads):
        for k, T in enumerate(temperatures):
            s = hn.solve("dense", P=P, alpha=alpha, T=T)
            for name, value in s.quantities().items():
                if name not in ("status", "residual", "iterations"):        # a map begins each point from the last ones
                    np.testing.assert_allclose(data[name].values[i, k], value, rtol=1e-11, atol=1e-13, err_msg=f"{name} at {alpha}, {T}")


def test_map_does_not_depend_on_the_order_of_loads():
    """Nor on loads that are there twice; next to the end of a branch too, where the next state cannot be extrapolated."""
    loads, temperatures = np.linspace(0, 0.46, 24), np.linspace(0, 0.9, 7)
    ends = solve_map("dense", P=4, alpha=[0.1], T=temperatures).spinodal.values
    loads = np.sort(np.concatenate([loads, ends * (1 - 1e-9), ends * (1 - 1e-5)]))
    order = np.concatenate([np.random.default_rng(4).permutation(loads.size), [3, 3, 3]])
    data, mixed = (solve_map("dense", P=4, alpha=a, T=temperatures) for a in (loads, loads[order]))
    np.testing.assert_array_equal(mixed.converged, data.converged[order])
    np.testing.assert_allclose(mixed.m, data.m[order], rtol=1e-9)
    np.testing.assert_allclose(mixed.free_energy, data.free_energy[order], rtol=1e-12)
    assert data.residual.max() < 1e-10 and data.converged.sum() > 100


def test_phase_diagram():
    data = hn.phase_diagram("dense", P=4, alpha=[0.0, 0.2, 0.41, 0.6])
    assert data.spinodal.dims == ("alpha",) and data.spinodal_roots.dims == ("alpha", "root")
    assert data.spinodal.values[1] == float(hn.boundary("dense", "spinodal", P=4, alpha=0.2))
    assert np.isfinite(data.spinodal_roots.values[2]).all() and math.isnan(data.spinodal.values[3])
    assert "largest load" in str(data.spinodal_status.values[3]) and "glass" in str(data.transition_status.values[2])
    assert data["at"].attrs["units"] == "energy" and data.static_glass.attrs["long_name"] and data.attrs["unknown"] == "T"
    by_T = hn.phase_diagram("dense", P=4, T=np.array([0.0, 0.5]))
    assert by_T.spinodal.values[0] == pytest.approx(0.395720238) and by_T.transition.dims == ("T",)
    hopfield = hn.phase_diagram("dense", P=2, alpha=[0.05])
    assert math.isnan(hopfield.dynamic_glass.values[0]) and "continuously" in str(hopfield.dynamic_glass_status.values[0])


def test_tasks_for_a_study():
    task = hn.MeanField("dense", starts=("retrieval", "glass"))
    identity = {"task": "MeanField", "network": "dense", "ansatz": "rs", "starts": ["retrieval", "glass"]}
    assert json.loads(json.dumps(task.identity())) == identity
    assert task.samples == 1 and task.check(dict(P=2, alpha=0.1, T=0.2)) is None
    out = task.run(dict(P=2, alpha=0.1, T=0.2), sample=0, seed=3)
    assert out["branch"][1].tolist() == ["retrieval", "glass"] and out["m"][0] == ("branch",)
    assert out["m"][1][0] == hn.solve("dense", P=2, alpha=0.1, T=0.2).m and out["m"][1][1] == 0 and out["converged"][1].all()
    with pytest.raises(hn.ParameterError, match="not a phase"):
        task.check(POINT)
    with pytest.raises(hn.ParameterError, match="needs T"):
        task.check(dict(P=2, alpha=0.1))
    absent = hn.MeanField("dense").run(dict(P=4, alpha=0.6, T=0.2), sample=0, seed=0)
    assert math.isnan(absent["m"][1][0]) and "no retrieval" in absent["status"][1][0] and not absent["converged"][1][0]

    lines = hn.Lines("dense", which=("spinodal", "static_glass"))
    assert lines.samples == 1 and lines.check(dict(P=4, alpha=0.1)) is None
    assert lines.identity()["which"] == ["spinodal", "static_glass"]
    out = lines.run(dict(P=4, alpha=0.41), sample=0, seed=0)
    assert out["spinodal"][0] == () and out["spinodal_roots"][0] == ("root",) and out["root"][1].tolist() == [0, 1]
    assert out["spinodal"][1] == out["spinodal_roots"][1][1] > out["spinodal_roots"][1][0]
    with pytest.raises(hn.ParameterError, match="both are given"):
        lines.check(POINT)
    for wrong in (dict(which=("spinodl",)), dict(which=()), dict(ansatz="rsb")):
        with pytest.raises(hn.ParameterError):
            hn.Lines("dense", **wrong)
    assert task == hn.MeanField("dense", starts=["retrieval", "glass"]) and hash(task)


@pytest.mark.parametrize("name", equations.names())
def test_every_equations_file_has_the_same_shape(name):
    module = equations.get(name)
    assert module.__doc__ and set(module.UNKNOWNS) <= {*module.REQUIRED, *module.OPTIONAL}
    assert module.BRANCHES.__doc__ and isinstance(getattr(module, "SOLVER", ""), str)
    for function in ("BRANCHES", "resolve", "build", "check_branch", "free_energy", "energy", "entropy", "replicon"):
        assert callable(getattr(module, function))
