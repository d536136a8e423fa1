"""Mean-field theory of the multitasking network: against an independent table, closed forms, and plain sums over neurons' values."""
import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

import hebbnet as hn
from hebbnet import equations
from hebbnet.meanfield import multitasking as states_of
from hebbnet.meanfield import multitasking_lines

TABLE = json.loads((Path(__file__).parent / "data" / "multitasking_reference.json").read_text())["entries"]


def entries(kind):
    return [pytest.param(r["params"], r["value"], max(1e-8, 10 * r["error"]), id=str(r["params"])) for r in TABLE[kind]]


def solve(**params):
    return hn.solve("multitasking", **params)


def line(which, **params):
    return hn.boundary("multitasking", which, **params)


# ---- the table

@pytest.mark.parametrize("params, value, error", entries("storage"))
def test_stable_and_unstable_states_of_storage(params, value, error):
    found = hn.states("multitasking", **params)
    assert len(found) >= len(value["stable"])
    for state in value["stable"]:
        near = [s for s in found if np.abs(s.m - state["m"]).max() < error]
        assert len(near) == 1 and near[0].free_entropy == pytest.approx(state["A"], abs=error)
        assert near[0].lowest_mode == pytest.approx(state["lam_min"], abs=10 * error)
    first = solve(**params)
    np.testing.assert_allclose(first.m, value["stable"][0]["m"], atol=error)
    assert found[0].free_entropy == first.free_entropy == max(s.free_entropy for s in found)
    for state in value.get("symmetric_unstable", []):
        if state["cls"] not in ("pure", f"sym{params['K']}"):
            continue
        s = solve(**params, start="pure" if state["cls"] == "pure" else "symmetric")
        np.testing.assert_allclose(s.m, state["m"], atol=error)
        assert s.free_entropy == pytest.approx(state["A"], abs=error) and s.lowest_mode == pytest.approx(state["lam_min"], rel=1e-6)
        assert s.converged and "unstable" in s.status


@pytest.mark.parametrize("params, value, error", entries("T0"))
def test_ground_states(params, value, error):
    s = solve(T=0.0, **params)
    assert s.energy == s.free_energy == pytest.approx(value["e"], abs=error) and s.free_entropy == math.inf
    np.testing.assert_allclose(s.m, value["m"], atol=error)
    assert s.entropy == pytest.approx(params["d"] ** params["K"] * math.log(2), rel=1e-12)       # neurons without any pattern
    assert s.q == pytest.approx(1 - params["d"] ** params["K"], rel=1e-12)


@pytest.mark.parametrize("params, value, error", entries("T0sym"))
def test_exactly_symmetric_states_have_ties_at_zero_temperature(params, value, error):
    s = solve(K=params["n"], d=params["d"], T=0.0, start="symmetric")
    np.testing.assert_allclose(s.m, value, atol=error)
    assert s.lowest_mode == -math.inf and "unstable" in s.status


@pytest.mark.parametrize("kind", ["learn", "learn0"])
def test_states_of_learning(kind):
    for r in TABLE[kind]:
        params = {"T": 0.0, **r["params"]}
        for value in r["value"]:
            s = solve(**params, learning="unsupervised", start=np.array(value["m"]))
            np.testing.assert_allclose(s.m, value["m"], atol=1e-8, err_msg=str(params))
            np.testing.assert_allclose(s.n, value["n"], atol=1e-8, err_msg=str(params))
            assert s.lowest_mode == pytest.approx(value["lam_min"], abs=1e-7)
            if kind == "learn":
                assert s.free_entropy == pytest.approx(value["A"], abs=1e-8)
                np.testing.assert_allclose(s.example_mode, value["extra_unsup"], atol=1e-8)
            else:
                assert s.energy == pytest.approx(value["e"], abs=1e-8)


@pytest.mark.parametrize("params, value, error", entries("finiteM"))
def test_states_of_few_examples(params, value, error):
    s = solve(**params, learning="unsupervised", start="hierarchical")
    np.testing.assert_allclose([*s.n, *s.m, *s.example_mode], [*value["n"], *value["m"], *value["extra_unsup"]], atol=error)
    assert [s.free_entropy, s.lowest_mode] == pytest.approx([value["A"], value["lam_min"]], abs=error)
    assert s.params.form == "binomial" and s.params.rho == pytest.approx(value["rho"])


LINES = {"d_spinodal": ("hierarchical", {"T": 0.0}), "d_star": ("ground_state", {"T": 0.0}), "T_pure": ("pure", {}),
         "T_pure_rho": ("pure", {"learning": "supervised"}), "d_multicritical": ("multicritical", {"learning": "supervised"}),
         "T_sym": ("symmetric", {}), "rho_S": ("parallel", {"T": 0.0, "learning": "supervised"})}


@pytest.mark.parametrize("kind", LINES)
def test_lines(kind):
    which, more = LINES[kind]
    for r in TABLE[kind]:
        found = line(which, **r["params"], **more)
        want = sorted(np.atleast_1d(r["value"]))
        np.testing.assert_allclose(found.values, want, atol=max(1e-8, 10 * r["error"]), err_msg=str(r["params"]))
        assert found.value == found.values[-1] and found.converged and found.solution.converged


def test_the_mode_that_a_line_is_about_vanishes_on_it():
    for which, params in (("pure", dict(K=3, d=0.3, learning="supervised", rho=0.1)), ("symmetric", dict(K=3, d=0.7)),
                          ("symmetric", dict(K=2, d=0.64)), ("parallel", dict(K=3, d=0.5, T=0.0, learning="supervised")),
                          ("ergodic", dict(K=2, d=0.4))):
        assert abs(line(which, **params).solution.lowest_mode) < 1e-9, which
    found = line("parallel", K=2, d=0.5, T=0.0, learning="supervised", r=0.3)
    assert found.unknown == "M" and (1 - 0.09) / (0.09 * found.value) == pytest.approx(0.1413159275, abs=1e-9)


def test_the_parallel_line_in_whole_numbers_of_examples():
    """Exact means of few examples: equal overlaps need noise enough (few examples), and values close enough for T to blur (many)."""
    point = dict(K=2, d=0.5, T=0.05, learning="supervised", r=0.3)
    found, smooth = line("parallel", **point, form="binomial"), line("parallel", **point)
    assert found.unknown == "M" and found.values == (8.0, 74.0) and found.value == 74.0 and "unstable from the last" in found.status
    assert smooth.values == (smooth.value,) and 0 < smooth.value - found.value < 4 and found.solution.lowest_mode > 0
    for M in (*range(1, 20), *range(66, 84)):
        mode = solve(**point, M=M, start="symmetric").lowest_mode
        assert (mode > 0) == (8 <= M < 74), M
    r, ratio = 0.05, []
    for form in ("binomial", "gaussian"):                     # poor examples are many: a Gaussian mean
        ratio.append(line("parallel", **{**point, "d": 0.3, "r": r}, form=form).value)
    assert ratio[0] == pytest.approx(ratio[1], rel=5e-3)
    for change, words in ((dict(T=0.0), "ties"), (dict(T=0.02), "too coarse"), (dict(d=0.8), "stable for every"),
                          (dict(d=0.8, T=0.01, r=0.1), "too many")):
        none = line("parallel", **{**point, **change}, form="binomial")
        assert not none.converged and math.isnan(none.value) and words in none.status, none.status
    with pytest.raises(hn.ParameterError, match="give r"):
        line("parallel", K=2, d=0.5, T=0.05, learning="supervised", form="binomial")


def test_phase_diagrams_over_the_data():
    d = [0.3, 0.5]
    over_rho = hn.phase_diagram("multitasking", K=2, T=0.0, learning="supervised", d=d)
    over_M = hn.phase_diagram("multitasking", K=2, T=0.0, learning="unsupervised", r=0.4, d=d)
    assert over_rho.attrs["unknown"] == "rho" and over_M.attrs["unknown"] == "M"
    np.testing.assert_allclose(over_rho.parallel, [0.3684529510, 0.1413159275], atol=1e-9)
    np.testing.assert_allclose(over_M.parallel, (1 - 0.16) / 0.16 / over_rho.parallel, rtol=1e-12)
    whole = hn.phase_diagram("multitasking", K=2, T=0.1, learning="supervised", r=0.4, form="binomial", d=[0.5, 0.6]).parallel
    assert np.all(whole == np.round(whole)) and np.isfinite(whole).all()


def test_one_step_and_thresholds():
    for r in TABLE["one_step"]:
        np.testing.assert_allclose(hn.hierarchical_one_step(**r["params"]), r["value"]["m2_exact"], atol=1e-9)
        np.testing.assert_allclose(hn.hierarchical_one_step(**r["params"], counted="level"), r["value"]["m2_two_moment"], atol=1e-9)
    for r in TABLE["threshold"]:
        params = {**r["params"], "threshold": 1.0 if r["params"]["theta"] == "1" else math.sqrt(0.5)}
        del params["theta"]
        assert hn.hierarchical_threshold(**params) == pytest.approx(r["value"]["M_two_moment"], rel=1e-8)
        assert hn.hierarchical_threshold(**params, exact=True) == pytest.approx(r["value"]["M_exact"], rel=1e-8)
    assert hn.hierarchical_threshold(K=3, d=0.3, r=0.2, level=3) == pytest.approx(24) == hn.hierarchical_threshold(K=3, d=0.0, r=0.2)


# ---- closed forms

@pytest.mark.parametrize("K, end", [(3, (math.sqrt(5) - 1) / 2), (4, 0.5436890126920763), (2, 1.0)])
def test_end_of_the_hierarchical_state(K, end):
    found = line("hierarchical", K=K, T=0.0)
    assert found.value == pytest.approx(end, abs=1e-10)
    d = 0.999 * end
    s = solve(K=K, d=d, T=0.0, start="hierarchical")
    np.testing.assert_allclose(s.m, (1 - d) * d ** np.arange(K), atol=1e-12)
    assert s.state_class == "hierarchical" and s.lowest_mode == 1
    if K > 2:
        assert solve(K=K, d=1.001 * end, T=0.0, start="hierarchical").state_class != "hierarchical"


@pytest.mark.parametrize("d", [0.58, 0.7, 0.9])
def test_the_split_state_of_three_patterns(d):
    m = (1 - d) * np.array([0.5 + d - d * d / 2, (1 + d * d) / 2, 0.5 - d + 1.5 * d * d])
    s = solve(K=3, d=d, T=0.0)
    np.testing.assert_allclose(s.m, m, atol=1e-12)
    assert s.state_class == "split" and s.energy == pytest.approx(-(m @ m) / 2, abs=1e-12)
    others = [x.state_class for x in hn.states("multitasking", K=3, d=d, T=0.0)]
    assert ("hierarchical" in others) == (d < 0.618)


@pytest.mark.parametrize("x", [0.8, 1.5, 4.0])
def test_the_pure_line_in_parametric_form(x):
    t = math.tanh(x)
    d = 1 - (1 - t / x) / t**2
    found = line("pure", d=d)
    assert found.value == pytest.approx((1 - d) * t / x, abs=1e-10)
    assert abs(found.solution.lowest_mode) < 1e-10 and found.solution.m[0] == pytest.approx((1 - d) * t, abs=1e-9)


PICTURE = {2: """.95 P P P P P S2 S2 S2
.80 P P P P S2 S2 S2 S2
.60 P P P H2 S2 S2 S2 S2
.40 P P H2 H2 H2 S2 S2 S2
.20 P H2 H2 H2 H2 H2 H2 S2
.10 H2 H2 H2 H2 H2 H2 H2 S2""", 3: """.95 P P P P P S3 S3 S3
.80 P P P P S2 S3 S3 S3
.60 P P P D3 S3 S3 S3 S3
.40 P P H2 D3 M S3 S3 S3
.20 P H2 H3 D3 D3 D3 D3 S3
.10 H2 H2 H3 D3 D3 D3 D3 D3"""}
LETTER = {"pure": "P", "hierarchical": "H", "symmetric": "S", "split": "D", "mixed": "M"}


@pytest.mark.parametrize("K", PICTURE)
def test_the_class_of_the_thermodynamic_state_over_the_plane(K):
    """An independent table of (d, T/T_c), by multistart."""
    for row in PICTURE[K].splitlines():
        ratio, *classes = row.split()
        for d, want in zip((0.1, 0.3, 0.5, 0.6, 0.64, 0.7, 0.8, 0.9), classes):
            if ratio == ".10" and d in (0.1, 0.9):           # within 1e-6 of T_P, T_S: the class is not resolved
                continue
            s = solve(K=K, d=d, T=float(ratio) * (1 - d))
            many = int((s.m > 1e-6 * (1 - d)).sum())
            got = LETTER[s.state_class] + ("" if s.state_class in ("pure", "mixed") else str(many))
            assert got == want and s.lowest_mode > 0, (K, d, ratio)
    hot = solve(K=K, d=0.4, T=0.61)
    assert hot.state_class == "paramagnet" and hot.free_entropy == pytest.approx(math.log(2)) and hot.m == pytest.approx(np.zeros(K), abs=1e-10)


@pytest.mark.parametrize("K, d, rho", [(1, 0.13, 0.118), (2, 0.2, 0.0), (3, 0.1, 0.05), (5, 0.1145, 0.0122)])
@pytest.mark.parametrize("distance", [1e-4, 1e-5, 1e-6])
def test_just_below_the_critical_temperature_the_curvature_is_twice_that_of_the_paramagnet(K, d, rho, distance):
    """f = -a n**2/2 + b n**4/4: where f is too flat to tell states apart, also with examples, whose rough averages have another T_c."""
    more = {"learning": "supervised", "rho": rho} if rho else {}
    s = solve(K=K, d=d, T=(1 - d) * (1 - distance), **more)
    assert s.converged and s.state_class == "pure" and s.iterations < 60
    assert s.lowest_mode <= 2 * (1 + rho) * distance * (1 + 10 * distance)
    pure = solve(K=1, d=d, T=(1 - d) * (1 - distance), **more)
    assert pure.m[0] == pytest.approx(s.m[0], rel=1e-6) and pure.lowest_mode == pytest.approx(2 * (1 + rho) * distance, rel=20 * distance)


def test_names_of_states():
    for m, name in (((0, 0, 0), "paramagnet"), ((0.1, 0, 0), "pure"), ((0.2, -0.5, 0.1), "hierarchical"), ((0.3, 0.3, 0.3), "symmetric"),
                    ((0.3, 0.3, 0), "symmetric"),
                    ((0.3, 0.3, 0.2), "mixed"), ((0.3, 0.25, 0.2), "split")):
        assert hn.state_class(m, 0.3) == name
    assert hn.state_class((0.3, 0.3 - 1e-8, 0), 0.3) == "symmetric" and hn.state_class((0.3, 0.3 - 1e-5, 0), 0.3) == "hierarchical"


# ---- plain sums

def neurons(params):
    """(v (S, K), xi (S, K), probability (S,)): what one neuron can have, with a product of plain Gaussian grids or of all examples."""
    d, K = params["d"], params["K"]
    xi = np.array(list(itertools.product((-1, 0, 1), repeat=K)), float)
    p = np.prod(np.where(xi == 0, d, (1 - d) / 2), axis=1)
    if "M" in params:
        M, r = params["M"], params["r"]
        chi = np.array(list(itertools.product((-1, 1), repeat=M)), float)
        weight = np.prod((1 + r * chi) / 2, axis=1)
        one, weight = chi.mean(1) / r, weight
    elif params.get("rho"):
        y = np.linspace(-8.5, 8.5, 121)
        weight = np.exp(-y * y / 2)
        one, weight = 1 + math.sqrt(params["rho"]) * y, weight / weight.sum()
    else:
        one, weight = np.ones(1), np.ones(1)
    choices = np.array(list(itertools.product(range(one.size), repeat=K)))
    v = (xi[:, None] * one[choices][None]).reshape(-1, K)
    return v, np.repeat(xi, len(choices), 0), np.outer(p, np.prod(weight[choices], axis=1)).ravel()


CASES = [dict(K=3, d=0.3, T=0.15), dict(K=3, d=0.6, T=0.12), dict(K=2, d=0.4, T=0.2, learning="supervised", rho=0.3),
         dict(K=2, d=0.3, T=0.2, learning="supervised", r=0.6, M=4), dict(K=2, d=0.2, T=0.15, learning="supervised", r=0.7, M=3)]


@pytest.mark.parametrize("params", CASES, ids=str)
def test_the_free_entropy_is_that_of_the_definition_and_stationary(params):
    v, xi, p = neurons(params)
    s = solve(**params)
    T, rho = params["T"], s.params.rho or 0.0
    n = getattr(s, "n", s.m) if params.get("learning") else s.m

    def A(n):
        return float(p @ np.log(2 * np.cosh(v @ n / T))) - (1 + rho) / (2 * T) * float(n @ n)

    def gradient(n):
        return np.array([(A(n + 1e-4 * one) - A(n - 1e-4 * one)) / 2e-4 for one in np.eye(len(n))])

    assert s.free_entropy == pytest.approx(A(n), abs=1e-11)
    assert np.abs(gradient(n)).max() < 2e-6 < np.abs(gradient(1.01 * n)).max()
    t = np.tanh(v @ n / T)
    np.testing.assert_allclose(s.m, (p * t) @ xi, atol=1e-11)
    assert s.q == pytest.approx(float(p @ t**2), abs=1e-11)
    curvature = (1 + rho) * np.eye(len(n)) - (v * (p * (1 - t * t))[:, None]).T @ v / T
    assert s.lowest_mode == pytest.approx(np.linalg.eigvalsh(curvature)[0], abs=1e-9)


@pytest.mark.parametrize("params", CASES, ids=str)
def test_energy_and_entropy_follow_from_the_free_entropy(params):
    s, h = solve(**params), 1e-4
    beta = 1 / params["T"]
    ends = [solve(**{**params, "T": 1 / (beta + k * h)}).free_entropy for k in (-2, -1, 1, 2)]
    slope = (ends[0] - 8 * ends[1] + 8 * ends[2] - ends[3]) / (12 * h)
    assert s.energy == pytest.approx(-slope, abs=1e-8)
    assert s.entropy == pytest.approx(s.free_entropy + beta * s.energy, abs=1e-12)
    assert s.free_energy == pytest.approx(s.energy - params["T"] * s.entropy, abs=1e-12)


def test_spectrum_that_resolves_single_examples():
    """All K M overlaps with single examples as variables, three examples each, xi and chi summed one by one."""
    K, M, params = 2, 3, dict(d=0.3, T=0.1, r=0.7)
    d, T, r = params.values()
    s = solve(K=K, M=M, learning="unsupervised", **params)
    rho = (1 - r * r) / (M * r * r)
    hessian, force = np.zeros((K * M, K * M)), np.zeros(K * M)
    n = np.repeat(s.n, M)
    for xi in itertools.product((-1, 0, 1), repeat=K):
        for chi in itertools.product((-1, 1), repeat=K * M):
            p = math.prod(d if x == 0 else (1 - d) / 2 for x in xi) * math.prod((1 + r * c) / 2 for c in chi)
            each = np.repeat(xi, M) * np.array(chi) / (r * M)
            t = math.tanh(each @ n / T)
            force += p * each * t
            hessian += p * (1 - t * t) / T * np.outer(each, each)
    np.testing.assert_allclose(force, (1 + rho) * n / M, atol=1e-11)               # the state is one of the larger space
    spectrum = M * np.linalg.eigvalsh((1 + rho) / M * np.eye(K * M) - hessian)
    for mode in np.repeat(s.example_mode, M - 1):
        assert np.abs(spectrum - mode).min() < 1e-9
    assert np.sort(np.abs(spectrum[:, None] - s.example_mode), axis=0)[M - 2].max() < 1e-9
    assert np.abs(spectrum - s.lowest_mode).min() < 1e-9
    assert np.isnan(solve(K=K, M=M, learning="supervised", **params).example_mode).all()


@pytest.mark.parametrize("params", [dict(K=3, d=0.5), dict(K=2, d=0.3, learning="supervised", rho=0.1),
                                    dict(K=3, d=0.7, learning="supervised", rho=0.1),
                                    dict(K=2, d=0.3, learning="supervised", r=0.6, M=7)], ids=str)
def test_cold_states_tend_to_those_of_zero_temperature(params):
    cold, ground = (solve(**params, T=T) for T in (2e-4, 0.0))
    np.testing.assert_allclose(cold.m, ground.m, atol=1e-5)
    assert [cold.free_energy + 2e-4 * ground.entropy, cold.energy, cold.q] == pytest.approx([ground.energy, ground.energy, ground.q], abs=1e-3)
    assert cold.entropy == pytest.approx(ground.entropy, abs=1e-3)


# ---- limits that other networks know

def test_one_pattern_without_zeros_is_the_dense_network():
    for more in ({}, dict(learning="supervised", rho=0.3), dict(learning="unsupervised", r=0.5, M=10)):
        if more.get("learning") == "unsupervised":
            more = {**more, "form": "binomial"}
        s, dense = solve(K=1, d=0.0, T=0.3, **more), hn.solve("dense", P=2, alpha=0.0, T=0.3, **more)
        for name in ("m", "free_entropy", "energy", "entropy", *(["n"] if more else [])):
            assert np.squeeze(getattr(s, name)) == pytest.approx(getattr(dense, name), abs=1e-11), name
    several = solve(K=3, d=0.0, T=0.3)
    assert several.state_class == "pure" and several.m[0] == pytest.approx(hn.solve("dense", P=2, alpha=0.0, T=0.3).m, abs=1e-11)


def test_many_patterns_without_zeros_are_amit_gutfreund_sompolinsky():
    for alpha, T in ((0.05, 0.1), (0.1, 0.0), (0.02, 0.5)):
        s, dense = solve(alpha=alpha, d=0.0, T=T), hn.solve("dense", P=2, alpha=alpha, T=T)
        for name in ("m", "q", "chi", "crosstalk", "free_energy", "energy", "entropy", "replicon"):
            assert getattr(s, name) == pytest.approx(getattr(dense, name), abs=1e-9), name
    assert line("spinodal", d=0.0, T=0.2).value == pytest.approx(hn.boundary("dense", "spinodal", P=2, T=0.2).value, rel=1e-9)


def test_many_diluted_patterns():
    for r in TABLE["alpha_c"]:
        found = line("spinodal", T=0.0, **r["params"])
        assert found.value == pytest.approx(r["value"]["alpha_c"], abs=1e-9) and found.solution.converged
    for r in TABLE["RS"]:
        s = solve(**r["params"])
        assert [s.m, s.q, s.crosstalk] == pytest.approx([r["value"][name] for name in ("m", "q", "r")], abs=1e-8)
    beta, h = 8.0, 1e-3
    A = [solve(alpha=0.03, d=0.2, T=1 / (beta + k * h)).free_entropy for k in (-2, -1, 1, 2)]
    s = solve(alpha=0.03, d=0.2, T=1 / beta)
    assert s.energy == pytest.approx(-(A[0] - 8 * A[1] + 8 * A[2] - A[3]) / (12 * h), abs=1e-9)
    assert s.entropy == pytest.approx(s.free_entropy + beta * s.energy, abs=1e-11)
    absent = solve(alpha=0.1, d=0.1, T=0.0)
    assert not absent.converged and math.isnan(absent.m) and "0.09030147" in absent.status
    assert math.isnan(line("spinodal", d=0.7, T=0.0).value) and "no pure state" in line("spinodal", d=0.7, T=0.0).status


# ---- what is refused, and the forms of results

@pytest.mark.parametrize("change, words", [
    (dict(d=-0.1), ["d = -0.1", ">= 0 and < 1"]), (dict(d=1.0), ["d = 1", "< 1"]), (dict(K=14), ["K = 14", "one by one"]), (dict(K=0), ["K = 0"]),
    (dict(K=None), ["alpha", "K"]), (dict(alpha=0.1), ["K = 3", "alpha = 0.1"]),
    (dict(ansatz="1rsb"), ["ansatz", "1rsb", "'rs'"]), (dict(k=2), ["k = 2"]),
    (dict(start="retrieval"), ["start", "hierarchical"]), (dict(start=[0.1, 0.2]), ["start", "K = 3"]), (dict(start=[0.1, math.nan, 0]), ["finite"]),
    (dict(r=0.5), ["r = 0.5", "storage"]), (dict(learning="supervised"), ["rho"]), (dict(learning="supervised", r=0.0, M=5), ["r = 0"]),
    (dict(learning="supervised", r=1.5, M=5), ["r = 1.5", "<= 1"]), (dict(learning="supervised", r=0.5, M=0.5), ["M = 0.5", ">= 1"]),
    (dict(learning="supervised", r=0.5, M=500), ["K = 3", "gaussian"]), (dict(P=4), ["'P'"])])
def test_bad_input_is_one_clear_error(change, words):
    with pytest.raises(hn.ParameterError) as error:
        solve(**{**dict(K=3, d=0.2, T=0.1), **change})
    assert all(word in str(error.value) for word in words), error.value


@pytest.mark.parametrize("which, params, words", [
    ("pure", dict(d=0.3, T=0.1), ["T = 0.1", "solved for"]), ("pure", dict(K=3), ["needs d"]), ("symmetric", dict(d=0.7), ["needs K"]),
    ("symmetric", dict(K=2, d=0.7, n=3), ["n = 3"]), ("pure", dict(d=0.3, n=2), ["n = 2"]), ("hierarchical", dict(K=3, T=0.1), ["T = 0.1", "T = 0"]),
    ("hierarchical", dict(K=3, T=0.0, learning="supervised", rho=0.1), ["learning"]), ("parallel", dict(K=2, d=0.5, T=0.0), ["noise of examples"]),
    ("parallel", dict(K=2, d=0.5, T=0.6, learning="supervised"), ["T = 0.6"]), ("spinodal", dict(K=3, d=0.1, T=0.0), ["K = 3"]),
    ("transition", dict(K=3, d=0.1), ["which"]), ("parallel", dict(K=1, d=0.5, T=0.0, learning="supervised"), ["two patterns"]),
    ("pure", dict(d=0.3, ansatz="1rsb"), ["ansatz"])])
def test_lines_refuse_what_they_are_not_derived_for(which, params, words):
    with pytest.raises(hn.ParameterError) as error:
        line(which, **params)
    assert all(word in str(error.value) for word in words), error.value


def test_absent_states_and_lines_say_why():
    s = solve(K=2, d=0.4, T=0.7, start="pure")
    assert not s.converged and np.isnan(s.m).all() and s.m.shape == (2,) and "T_c = 1 - d = 0.6" in s.status
    for which, params, words in (("pure", dict(d=0.7), "2/3"), ("pure", dict(d=0.0), "d = 0"), ("symmetric", dict(K=2, d=0.1), "keep"),
                                 ("ground_state", dict(K=2, T=0.0), "every d")):
        found = line(which, **params)
        assert math.isnan(found.value) and not found.converged and words in found.status and np.isnan(found.solution.m).all()
    for function in (hn.solve_map, hn.states):
        with pytest.raises(hn.ParameterError, match="one condensed pattern"):
            function("multitasking" if function is hn.solve_map else "dense", **(dict(alpha=[0.1], T=[0.1]) if function is hn.solve_map else {}))


def test_results_as_datasets_and_in_stores(tmp_path):
    s = solve(K=3, d=0.3, T=0.1, learning="unsupervised", r=0.5, M=12)
    data = s.to_dataset()
    assert data.m.dims == data.n.dims == data.example_mode.dims == ("pattern",) and data.lowest_mode.dims == () and float(data.d) == 0.3
    assert all(data[name].attrs["long_name"] for name in data.variables)
    grid = hn.Grid(K=3, d=[0.2, 0.5], T=[0.0, 0.3])
    opened = hn.open(hn.Study("small", grid, hn.MeanField("multitasking", starts=("lowest", "pure")), seed=0).run(tmp_path, quiet=True))
    assert opened.m.dims == ("d", "T", "branch", "pattern")
    np.testing.assert_array_equal(opened.m.sel(d=0.5, T=0.3, branch="lowest"), solve(K=3, d=0.5, T=0.3).m)
    assert str(opened.state_class.sel(d=0.5, T=0.0, branch="lowest").values) == "hierarchical"
    assert hn.MeanField("multitasking").starts == ("lowest",) and hn.MeanField("dense").starts == ("retrieval",)
    lines = hn.Lines("multitasking", which=("ergodic", "pure"))
    opened = hn.open(hn.Study("lines", hn.Grid(d=[0.2, 0.5], K=2), lines, seed=0).run(tmp_path, quiet=True))
    assert opened.pure.values == pytest.approx([line("pure", d=d).value for d in (0.2, 0.5)])
    for wrong in (dict(which=("at",)), dict(ansatz="1rsb")):
        with pytest.raises(hn.ParameterError):
            hn.Lines("multitasking", **wrong)
    with pytest.raises(hn.ParameterError, match="start"):
        hn.MeanField("multitasking", starts=("retrieval",)).check(dict(K=2, d=0.1, T=0.1))
    diagram = hn.phase_diagram("multitasking", K=2, d=[0.3, 0.7])
    assert diagram.ergodic.values == pytest.approx([0.7, 0.3]) and diagram.attrs["unknown"] == "T" and diagram.symmetric.attrs["units"] == "energy"
    assert hn.phase_diagram("multitasking", T=0.0, d=[0.1]).spinodal.values[0] == pytest.approx(0.090301479, abs=1e-9)
    with pytest.raises(hn.ParameterError, match="1-D array"):
        hn.phase_diagram("multitasking", K=2, T=[0.1, 0.2])


def test_command_line():
    from click.testing import CliRunner

    from hebbnet.cli import cli
    run = CliRunner().invoke(cli, ["solve", "multitasking", "--K", "3", "--d", "0.2", "--T", "0.1", "--json"])
    assert run.exit_code == 0 and json.loads(run.output)["m"] == pytest.approx(solve(K=3, d=0.2, T=0.1).m.tolist())
    run = CliRunner().invoke(cli, ["boundary", "multitasking", "hierarchical", "--K", "3", "--T", "0"])
    assert run.exit_code == 0 and "0.6180339887" in run.output
    run = CliRunner().invoke(cli, ["boundary", "multitasking", "symmetric", "--K", "3", "--d", "0.64", "--n", "2"])
    assert run.exit_code == 0 and "0.2864678451" in run.output


@pytest.mark.slow
def test_every_random_start_ends_in_a_listed_state_of_three_patterns():
    """The list is complete as far as three hundred other random starts can tell."""
    rng = np.random.default_rng(11)
    for params in (dict(K=3, d=0.64, T=0.29), dict(K=3, d=0.58, T=0.0), dict(K=3, d=0.1, T=0.0, learning="supervised", rho=0.1)):
        listed = [s.m for s in hn.states("multitasking", **params)]
        e = equations.get("multitasking").build(states_of.validated("multitasking", params))
        for start in rng.uniform(-1, 1, (300, 3)):
            a, residual, _ = states_of.descend(e, params["T"], start)
            assert residual < 1e-10 and a.tied == 0
            assert min(np.abs(np.sort(np.abs(a.m))[::-1] - m).max() for m in listed) < 1e-6


def test_lines_name_every_need():
    for which, needs in multitasking_lines.LINES.items():
        assert needs.line.__name__ == which and needs.line.__doc__ and not set(needs.unknowns) & set(needs.needed)
