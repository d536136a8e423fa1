"""Mean-field theory of learning from examples: against an independent table, its own free entropy by plain sums, and its limits."""
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.special import erf

import hebbnet as hn
from hebbnet.equations import _examples, dense
from hebbnet.meanfield import edges, onestep
from hebbnet.params import ParameterError, check

TABLE = json.loads((Path(__file__).parent / "data" / "examples_reference.json").read_text())["entries"]
NAMES = {"A": "free_entropy", "e": "energy", "U": "energy", "E": "energy", "C": "chi", "chi1": "chi", "lambda1": "replicon", "lambda0": "replicon0"}
FORM = {"gauss": "gaussian", "binomial": "binomial"}


def build(**params):
    params = {"alpha": 0.0, "T": 0.0, "learning": "supervised", **params}
    return dense.build(check("dense", params, required=dense.REQUIRED, optional=dense.OPTIONAL))


def of(record):
    """learning and form of a record, as `solve` takes them."""
    learning, _, form = record["model"].partition("-")
    given = {} if "rho" in record["params"] or not form else {"form": FORM[form]}
    return {"learning": learning, **given}


def agree(record, got, want, rel=0.0):
    assert got == pytest.approx(want, rel=max(1e-7, rel), abs=max(10 * record["err"], 1e-12)), record


def quantities(record, found, rel=0.0):
    """Hold every order parameter and potential of the record's state."""
    for name, want in record["value"].items():
        got = getattr(found, NAMES.get(name, name), None)
        if got is not None:
            agree(record, 1 - got if name in ("lambda1", "lambda0", "example_mode") else got, want, rel)


def hold_state(record):
    ansatz = "1rsb" if record["quantity"].startswith("rsb") else "rs"
    quantities(record, hn.solve("dense", ansatz=ansatz, **of(record), **record["params"]))


def hold_capacity(record):
    ansatz, params = "1rsb" if record["quantity"].startswith("rsb") else "rs", dict(record["params"])
    if params.get("rho") in ("inf", math.inf):
        params["rho"] = 1e9                                 # the approach is as 1/rho
    agree(record, float(hn.boundary("dense", "spinodal", T=0.0, ansatz=ansatz, **of(record), **params)), record["value"], rel=2e-8)


def hold_spinodal(record):
    if record["quantity"].startswith("rsb"):
        agree(record, float(hn.boundary("dense", "spinodal", ansatz="1rsb", **of(record), **record["params"])), record["value"])
        return
    line = hn.boundary("dense", "spinodal", **of(record), **record["params"])
    agree(record, line.value, record["value"]["alpha"])
    for name in ("m", "n", "q", "replicon"):                # at a fold the state is known to the root of the error
        assert getattr(line.solution, name) == pytest.approx(record["value"][name], abs=1e-4)


def hold_transition(record):
    at_zero = record["quantity"] == "rsb_alpha_th_T0"
    more = {"T": 0.0, "ansatz": "1rsb"} if at_zero else {}
    agree(record, float(hn.boundary("dense", "transition", **of(record), **record["params"], **more)), record["value"])


def hold_learning_curve(record):
    for name, want in record["value"].items():
        found = hn.solve("dense", T=0.0, learning="supervised", form=FORM[name], **record["params"])
        if want is None or math.isnan(want):
            assert not found.converged and math.isnan(found.m)
        else:
            agree(record, found.m, want)


def hold_end(record):
    """The end of the branch in M: real in the Gaussian form, whole in the exact one."""
    ansatz, params = "1rsb" if record["quantity"].startswith("rsb") else "rs", {"T": 0.0, "learning": "supervised", **record["params"]}
    if record["quantity"].endswith("integer"):
        assert hn.boundary("dense", "spinodal", ansatz=ansatz, **params).value == record["value"]
        return
    agree(record, float(hn.boundary("dense", "spinodal", ansatz=ansatz, form="gaussian", **params)), record["value"]["M_c"])
    params.pop("r")
    agree(record, float(hn.boundary("dense", "spinodal", ansatz=ansatz, **params)), record["value"]["rho_c"])


def hold_crossover(record):
    ansatz, params = "1rsb" if record["quantity"].startswith("rsb") else "rs", {"T": 0.0, **record["params"]}
    overlap = params.pop("m")
    for name, want in record["value"].items():
        learning = "unsupervised" if name.startswith("unsup") else "supervised"
        found = hn.learning_threshold("dense", overlap=overlap, ansatz=ansatz, learning=learning, form=FORM[name.rpartition("_")[2]], **params)
        assert math.ceil(found) == want and isinstance(found, int) == name.endswith("binomial")


def hold_at(record):
    value = record["value"]
    line = hn.boundary("dense", "at", **of(record), **record["params"])
    agree(record, line.value, value["T_AT"])
    quantities(record, line.solution)
    theta = onestep.at_onset(dense, build(P=record["params"]["P"], rho=record["params"]["rho"]), record["params"]["alpha"], line.value)[3]
    agree(record, theta, value["theta_AT"])


def hold_at_end(record):
    value, e = record["value"], build(**record["params"])
    line = hn.boundary("dense", "at", learning="supervised", alpha=value["alpha"], **record["params"])
    assert line.value == pytest.approx(value["T"], rel=1e-6) or value["T"] == pytest.approx(line.values[0], rel=1e-6)
    assert onestep.at_onset(dense, e, value["alpha"], value["T"])[3] == pytest.approx(1, abs=1e-6)


def hold_nishimori(record):
    value, given = record["value"], {"P": record["params"]["P"], "rho": record["params"]["rho"]}
    end = record["quantity"].endswith("end")
    T = value["T"] * (1 - 1e-9 if end else 1)               # the line ends there
    line = hn.boundary("dense", "nishimori", learning="supervised", alpha=value["alpha"], **given) if not end else None
    if end:
        assert edges.broken_loads(dense, build(**given), T)[0][0] == pytest.approx(value["alpha"], rel=1e-7)
    else:
        assert min(abs(v - T) for v in line.values) < 1e-9
    found = hn.solve("dense", learning="supervised", alpha=value["alpha"], T=value["T"], **given)
    assert found.m == pytest.approx(found.q, abs=1e-8)
    quantities(record, found)


def hold_factor(record):
    params = {"alpha": 0.0, "T": 0.0, "learning": "unsupervised", **record["params"]}
    agree(record, _examples.crosstalk_factor(check("dense", params, required=dense.REQUIRED, optional=dense.OPTIONAL)), record["value"])


HOLD = {**dict.fromkeys(("rs", "rs_finiteM", "rs_T0", "rs_T0_finiteM", "rs_unsup", "rs_unsup_P2", "rsb_T0", "rsb_T0_finiteM", "rsb_unsup_T0",
                         "rsb_state", "rsb_state_finiteM", "rsb_unsup_state"), hold_state),
        **dict.fromkeys(("alpha_c_T0", "alpha_c_T0_finiteM", "rsb_alpha_c_T0", "rsb_alpha_c_T0_finiteM"), hold_capacity),
        **dict.fromkeys(("spinodal_alpha", "rsb_spinodal_alpha"), hold_spinodal),
        **dict.fromkeys(("coexistence_alpha", "rsb_alpha_th_T0"), hold_transition),
        **dict.fromkeys(("M_c_retrieval", "M_c_integer", "rsb_M_c_retrieval", "rsb_M_c_integer"), hold_end),
        **dict.fromkeys(("M_threshold_m", "rsb_M_threshold_m"), hold_crossover),
        **dict.fromkeys(("rsb_nishimori", "rsb_nishimori_end"), hold_nishimori),
        "learning_curve_m_T0": hold_learning_curve, "rsb_AT": hold_at, "rsb_AT_end": hold_at_end, "unsup_alpha_factor": hold_factor}
ELSEWHERE = {"one_step_m", "M_times", "instance"}           # test_signal_to_noise.py, test_plefka.py
SLOW = {"rsb_M_c_integer", "rsb_M_threshold_m", "rsb_alpha_th_T0"}


@pytest.mark.parametrize("quantity", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ())
                                      for name in sorted({record["quantity"] for record in TABLE} - ELSEWHERE)])
def test_every_tabulated_value_is_reproduced(quantity):
    for record in TABLE:
        if record["quantity"] == quantity:
            HOLD[quantity](record)


def test_capacity_of_very_noisy_examples_is_known_in_closed_form():
    """m = erf, alpha_c(rho -> inf) of P = 4: the maximum over v of the Gaussian form, 64/(27 pi**3)."""
    assert float(hn.boundary("dense", "spinodal", P=4, T=0.0, learning="supervised", rho=1e10)) == pytest.approx(64 / (27 * math.pi**3), rel=1e-9)


# ---- the free entropy by plain sums, in the variables of the papers (n, q) and not of the code

def normal(step):
    z = np.arange(-8, 8 + step / 2, step)
    return z, step * np.exp(-z**2 / 2) / math.sqrt(2 * math.pi)


Z, GAUSS = normal(0.02)


def ln_2cosh(x):
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x)))


def site_values(params):
    """(u, probability): the mean of a neuron's examples over r."""
    if "M" not in params:
        return 1 + math.sqrt(params["rho"]) * Z, GAUSS
    r, M = params["r"], params["M"]
    k = np.arange(M + 1)
    return (2 * k - M) / (r * M), np.array([math.comb(M, int(j)) * ((1 + r) / 2) ** int(j) * ((1 - r) / 2) ** int(M - j) for j in k])


def noise_modes(params):
    rho = params.get("rho") or (1 - params["r"] ** 2) / (params["M"] * params["r"] ** 2)
    return [(1.0, 1)] + ([(rho / (1 + rho), params["M"] - 1)] if params["learning"] == "unsupervised" else []), rho


def free_entropy(n, q, beta, params):
    """Docs, "Replica symmetry"; P >= 4 with alpha_eff for unsupervised learning, P = 2 with its modes."""
    P, alpha = params["P"], params["alpha"]
    u, probability = site_values(params)
    modes, rho = noise_modes(params)
    kappa = P / 2 * (1 + rho) ** (P / 2 - 1)
    if P == 2:
        F = sum(mult * a * a / (1 - beta * a * (1 - q)) ** 2 for a, mult in modes)
        noise = alpha * q * F
        rest = -alpha * beta / 2 * sum(a * mult for a, mult in modes) - alpha * beta**2 / 2 * (1 - q) * q * F
        rest -= alpha / 2 * sum(mult * (math.log(1 - beta * a * (1 - q)) - beta * a * q / (1 - beta * a * (1 - q))) for a, mult in modes)
    else:
        if params["learning"] == "unsupervised":
            r, M = params["r"], params["M"]
            alpha *= (r ** (2 * P) + (1 - r ** (2 * P)) / M) / (r * r + (1 - r * r) / M) ** P
        noise = alpha * P / 2 * q ** (P - 1)
        rest = beta**2 * alpha / 4 * (1 - P * q ** (P - 1) + (P - 1) * q**P)
    g = beta * (kappa * n ** (P - 1) * u[:, None] + math.sqrt(noise) * Z)
    return probability @ ln_2cosh(g) @ GAUSS - beta * (P - 1) / 2 * (1 + rho) ** (P / 2) * n**P + rest


def derivative(f, x, h):
    return (8 * (f(x + h) - f(x - h)) - (f(x + 2 * h) - f(x - 2 * h))) / (12 * h)


POINTS = [dict(P=4, alpha=0.1, T=0.3, learning="supervised", rho=0.1), dict(P=6, alpha=0.03, T=0.25, learning="supervised", rho=0.3),
          dict(P=2, alpha=0.03, T=0.3, learning="supervised", rho=0.15), dict(P=4, alpha=0.07, T=0.4, learning="supervised", r=0.6, M=4),
          dict(P=8, alpha=0.02, T=0.3, learning="supervised", r=0.8, M=5), dict(P=2, alpha=0.006, T=0.3, learning="supervised", r=0.4, M=9),
          dict(P=4, alpha=0.02, T=0.35, learning="unsupervised", r=0.7, M=6), dict(P=6, alpha=0.01, T=0.3, learning="unsupervised", r=0.8, M=11),
          dict(P=2, alpha=0.01, T=0.25, learning="unsupervised", r=0.6, M=7)]


@pytest.mark.parametrize("params", POINTS, ids=str)
def test_solutions_are_stationary_and_thermodynamics_is_consistent(params):
    s, beta = hn.solve("dense", **params), 1 / params["T"]
    scale = min(1 - s.q, s.q) * (1 - s.chi if params["P"] == 2 else 1)

    def A(n=s.n, q=s.q, beta=beta):
        return free_entropy(n, q, beta, params)

    assert s.converged and s.residual < 1e-12
    assert s.free_entropy == pytest.approx(A(), abs=1e-10)
    assert derivative(lambda n: A(n=n), s.n, 3e-4) == pytest.approx(0, abs=1e-8)
    assert derivative(lambda q: A(q=q), s.q, 5e-3 * scale) * scale == pytest.approx(0, abs=1e-8)
    assert s.energy == pytest.approx(-derivative(lambda b: A(beta=b), beta, 1e-3 * beta), abs=1e-8)
    assert s.entropy == pytest.approx(s.free_entropy + beta * s.energy, abs=1e-11)
    u, probability = site_values(params)                    # m, from the field that the solution names
    _, rho = noise_modes(params)
    kappa, P = params["P"] / 2 * (1 + rho) ** (params["P"] / 2 - 1), params["P"]
    factor = hn.solve("dense", **params).crosstalk if P == 2 else dense.poly(dense.derivatives(build(**{**params, "alpha": 0.0}))[0], s.q)
    g = beta * (kappa * s.n ** (P - 1) * u[:, None] + math.sqrt(params["alpha"] * factor) * Z)
    assert s.m == pytest.approx(probability @ np.tanh(g) @ GAUSS, abs=1e-10)


def broken_free_entropy(n, q0, q1, theta, beta, params):
    """Docs, "One step of replica symmetry breaking": nested plain sums; Gaussian u and z0 are one variable."""
    P, alpha = params["P"], params["alpha"]
    modes, rho = noise_modes(params)
    kappa = P / 2 * (1 + rho) ** (P / 2 - 1)
    if P == 2:
        (a, _), = modes
        d1, d2 = 1 - beta * (1 - q1), 1 - beta * (1 - q1 + theta * (q1 - q0))
        r0, r1 = q0 / d2**2, q0 / d2**2 + (q1 - q0) / (d1 * d2)
        w0, w1 = alpha * r0, alpha * r1
        rest = (-alpha * beta / 2 - alpha / 2 * ((1 - 1 / theta) * math.log(d1) + math.log(d2) / theta - beta * q0 / d2)
                - alpha * beta**2 / 2 * (r1 * (1 - q1) + theta * (r1 * q1 - r0 * q0)))
    else:
        if params["learning"] == "unsupervised":
            r, M = params["r"], params["M"]
            alpha *= (r ** (2 * P) + (1 - r ** (2 * P)) / M) / (r * r + (1 - r * r) / M) ** P
        w0, w1 = alpha * P / 2 * q0 ** (P - 1), alpha * P / 2 * q1 ** (P - 1)
        rest = beta**2 * alpha / 4 * (1 + (P - 1) * ((1 - theta) * q1**P + theta * q0**P) - P * q1 ** (P - 1))
    h = kappa * n ** (P - 1)
    if "M" in params:
        u, probability = site_values(params)
        means, width = h * u[:, None, None], math.sqrt(w0)
    else:
        means, probability, width = np.full((1, 1, 1), h), np.ones(1), math.sqrt(w0 + rho * h * h)
    z, gauss = normal(0.25 / beta)                          # tanh(beta y) has poles at |Im y| = pi/(2 beta)
    inner = np.log(np.exp(theta * ln_2cosh(beta * (means + width * z[:, None] + math.sqrt(w1 - w0) * z))) @ gauss)
    return probability @ inner @ gauss / theta - beta * (P - 1) / 2 * (1 + rho) ** (P / 2) * n**P + rest


@pytest.mark.parametrize("params", [
    dict(P=4, alpha=0.35, T=0.25, learning="supervised", rho=0.1), dict(P=4, alpha=0.28, T=0.3, learning="supervised", r=0.5, M=9),
    dict(P=2, alpha=0.0712, T=0.012, learning="supervised", rho=0.1), dict(P=4, alpha=0.12, T=0.15, learning="unsupervised", r=0.7, M=8)], ids=str)
def test_broken_solutions_are_stationary(params):
    s, beta = hn.solve("dense", ansatz="1rsb", **params), 1 / params["T"]
    assert s.converged and 0 < s.q0 < s.q1 and 0 < s.theta < 1
    start, scale = (s.n, s.q0, s.q1, s.theta), (0.1, 1 - s.q0, 1 - s.q1, s.theta)
    assert s.free_entropy == pytest.approx(broken_free_entropy(*start, beta, params), abs=1e-9 * beta)
    for k in range(4):
        def A(x, k=k):
            point = list(start)
            point[k] = x
            return broken_free_entropy(*point, beta, params)
        slope = derivative(A, start[k], 0.02 * scale[k]) * scale[k]
        curvature = (A(start[k] + 0.1 * scale[k]) - 2 * A(start[k]) + A(start[k] - 0.1 * scale[k])) / 0.01
        assert abs(slope) < 1e-5 * abs(curvature) + 1e-8, (k, slope, curvature)
    U = -derivative(lambda b: broken_free_entropy(*start, b, params), beta, 1e-3 * beta)
    assert s.energy == pytest.approx(U, abs=1e-6)


# ---- limits

@pytest.mark.parametrize("ansatz, alpha, T", [("rs", 0.1, 0.3), ("rs", 0.3, 0.0), ("1rsb", 0.42, 0.2), ("1rsb", 0.43, 0.0)])
@pytest.mark.parametrize("learning", ["supervised", "unsupervised"])
def test_one_example_is_storage_of_the_example(ansatz, alpha, T, learning):
    stored = hn.solve("dense", P=4, alpha=alpha, T=T, ansatz=ansatz)
    found = hn.solve("dense", P=4, alpha=alpha, T=T, ansatz=ansatz, learning=learning, r=0.3, M=1)
    for name, value in stored.quantities().items():
        if name not in ("m", "iterations", "status", "residual"):
            assert found.quantities()[name] == pytest.approx(value, rel=1e-9), name
    assert found.m == pytest.approx(0.3 * stored.m, rel=1e-9) and found.n == pytest.approx(0.3 * stored.m, rel=1e-9)


@pytest.mark.parametrize("P, alpha, T, ansatz", [(4, 0.1, 0.3, "rs"), (2, 0.05, 0.2, "rs"), (6, 0.2, 0.0, "rs"), (4, 0.42, 0.2, "1rsb")])
def test_perfect_examples_are_storage_of_the_archetype(P, alpha, T, ansatz):
    stored = hn.solve("dense", P=P, alpha=alpha, T=T, ansatz=ansatz)
    for dataset in (dict(learning="supervised", rho=0.0), dict(learning="unsupervised", r=1.0, M=7), dict(learning="supervised", r=1.0, M=3)):
        found = hn.solve("dense", P=P, alpha=alpha, T=T, ansatz=ansatz, **dataset)
        for name in ("m", "free_energy", "energy", "replicon"):
            assert getattr(found, name) == pytest.approx(getattr(stored, name), rel=1e-9), (name, dataset)
        assert found.n == pytest.approx(stored.m)


@pytest.mark.parametrize("r", [0.1, 0.3, 0.6])
def test_two_examples_that_cancel_let_other_patterns_condense(r):
    """P = 2, T = 0: v = 0 with probability 1 - R, else +-1/sqrt(R), R = (1 + r**2)/2; in closed form by the variance w of the noise."""
    R, w = (1 + r * r) / 2, np.geomspace(1e-3, 3, 200_001)
    m = np.full(w.size, math.sqrt(R))
    for _ in range(400):
        m = math.sqrt(R) * erf(m / np.sqrt(2 * w * R))
    chi = 2 / np.sqrt(2 * math.pi * w) * (R * np.exp(-m * m / (2 * w * R)) + 1 - R)
    alpha = np.where((chi < 1) & (m > 0.3), w * (1 - chi) ** 2, 0.0)
    params = dict(P=2, T=0.0, learning="supervised", r=r, M=2)
    end = hn.boundary("dense", "spinodal", **params)
    assert end.value == pytest.approx(alpha.max(), rel=1e-8) and end.solution.chi == pytest.approx(chi[alpha.argmax()], abs=1e-3)
    rising = slice(np.flatnonzero(alpha)[0], alpha.argmax())
    for part in (0.01, 0.3, 0.9):
        s = hn.solve("dense", alpha=part * end.value, **params)
        assert s.converged and s.chi == pytest.approx(np.interp(part * end.value, alpha[rising], chi[rising]), abs=1e-6)
    nearly = hn.solve("dense", alpha=1e-6 * end.value, **params)
    assert nearly.converged and 0.999 < nearly.chi < 1


@pytest.mark.parametrize("P, rho, alpha", [(2, 0.28, 0.0018), (2, 0.046, 0.0875), (4, 0.08, 0.17), (6, 0.18, 0.14), (6, 0.034, 0.075)])
def test_at_line_has_one_root_down_to_the_lowest_temperatures(P, rho, alpha):
    """lambda T is constant there: the variance of h v over T**2 is beyond double precision long before T is."""
    point = dict(P=P, rho=rho, alpha=alpha, learning="supervised")
    line = hn.boundary("dense", "at", **point)
    assert len(line.values) == 1 and line.value > 1e-4
    ratio = [(1 - hn.solve("dense", T=T, **point).replicon) * T for T in (1e-270, 1e-200, 1e-160, 1e-80, 1e-9)]
    np.testing.assert_allclose(ratio, ratio[-1], rtol=1e-6)


def test_many_examples_are_gaussian_and_corrections_fall_as_1_over_M():
    def distance(M, rho=0.2, **more):
        r = 1 / math.sqrt(1 + M * rho)                       # (1 - r**2)/(M r**2) = rho
        exact = hn.solve("dense", P=4, alpha=0.15, learning="supervised", r=r, M=M, **more)
        return exact.m - hn.solve("dense", P=4, alpha=0.15, learning="supervised", rho=rho, **more).m

    for more in (dict(T=0.3), dict(T=0.05, ansatz="1rsb")):
        near, far = distance(400, **more), distance(100, **more)
        assert 3 < far / near < 5 and abs(near) < 1e-3


def test_supervised_and_unsupervised_learning_agree_for_many_examples():
    a, b = (hn.solve("dense", P=4, alpha=0.1, T=0.3, learning=learning, r=0.7, M=5000) for learning in ("supervised", "unsupervised"))
    assert a.m == pytest.approx(b.m, abs=1e-4) and a.free_entropy == pytest.approx(b.free_entropy, abs=1e-2)
    assert abs(a.m - b.m) > 1e-12                           # alpha_eff is not 1


def test_zero_temperature_is_the_limit():
    for dataset in (dict(learning="supervised", rho=0.2), dict(learning="supervised", r=0.5, M=8), dict(learning="unsupervised", r=0.8, M=6)):
        zero, near, far = (hn.solve("dense", P=4, alpha=0.1, T=T, **dataset) for T in (0.0, 1e-3, 2e-3))
        for name in ("m", "n", "chi", "energy", "entropy"):
            assert getattr(zero, name) == pytest.approx(2 * getattr(near, name) - getattr(far, name), abs=2e-5), name


def test_paramagnet_of_unsupervised_learning_knows_the_whole_crosstalk():
    """Its energy is -alpha_eff/(2T): the variance of the energy of K archetypes with M examples each."""
    s = hn.solve("dense", P=4, alpha=0.1, T=2.0, learning="unsupervised", r=0.7, M=8, start="paramagnet")
    assert s.energy == pytest.approx(-0.1 * 1.8658581948210635 / 4, rel=1e-12)


# ---- lines

def test_lines_agree_whichever_parameter_is_the_unknown():
    for which, alpha, T, ansatz in (("spinodal", 0.2, 0.2, "rs"), ("transition", 0.15, 0.3, "rs"), ("at", 0.1, 0.15, "rs"),
                                    ("spinodal", 0.3, 0.1, "1rsb")):
        rho = hn.boundary("dense", which, P=4, alpha=alpha, T=T, learning="supervised", ansatz=ansatz).value
        back = hn.boundary("dense", which, P=4, T=T, rho=rho, learning="supervised", ansatz=ansatz)
        assert back.value == pytest.approx(alpha, rel=1e-7), which
        M = hn.boundary("dense", which, P=4, alpha=alpha, T=T, r=0.3, form="gaussian", learning="supervised", ansatz=ansatz).value
        assert (1 - 0.09) / (M * 0.09) == pytest.approx(rho, rel=1e-6)


def test_a_whole_number_of_examples_is_the_smallest():
    for learning, r in (("supervised", 0.3), ("unsupervised", 0.6)):
        line = hn.boundary("dense", "spinodal", P=4, alpha=0.2, T=0.1, learning=learning, r=r)
        near = line.value - 1, line.value, line.value + 1
        loads = [float(hn.boundary("dense", "spinodal", P=4, T=0.1, learning=learning, r=r, M=M)) for M in near]
        assert loads[0] < 0.2 <= loads[1] and loads[2] >= 0.2
        assert line.solution.converged and line.solution.params.M == line.value


def test_the_one_step_spinodal_joins_the_symmetric_one_where_the_at_line_turns_back():
    """rho = 0.3: broken between two loads at T = 0.38; the branch still ends where it is broken, and joins near T = 0.4155."""
    low, high = edges.broken_loads(dense, build(P=4, rho=0.3), 0.38)[0]
    point = dict(P=4, T=0.38, rho=0.3, learning="supervised")
    assert low < high < float(hn.boundary("dense", "spinodal", **point))
    end = hn.boundary("dense", "spinodal", ansatz="1rsb", **point)
    assert 0.305 < end.value < 0.31 and end.solution.theta < 1
    assert hn.solve("dense", ansatz="1rsb", alpha=0.3, **point).converged
    stable = hn.solve("dense", ansatz="1rsb", alpha=0.2, **point)
    assert not stable.converged and "stable" in stable.status
    near = [float(hn.boundary("dense", "spinodal", ansatz="1rsb", **{**point, "T": T})) for T in (0.415, 0.4165)]
    assert near[0] == pytest.approx(near[1], rel=3e-3)


def test_few_examples_of_the_hopfield_model_lose_their_weakest_neurons_first():
    """P = 2, M = 7: alpha(w) at T = 0 has two maxima; the state of largest overlap is followed over the jump to the second."""
    w = np.exp(np.linspace(-1, 4, 20001))
    u, probability = site_values(dict(r=0.5, M=7))
    from scipy.special import erf
    rho = 0.75 / (7 * 0.25)
    n = (probability * u) @ erf(np.outer(u, w) / math.sqrt(2)) / (1 + rho)
    b, bC = n / w, math.sqrt(2 / math.pi) * probability @ np.exp(-np.outer(u, w) ** 2 / 2)
    load = np.where(b > bC, (b - bC) ** 2, 0)
    assert float(hn.boundary("dense", "spinodal", P=2, T=0.0, learning="supervised", r=0.5, M=7)) == pytest.approx(load.max(), rel=1e-6)
    for alpha in (0.005, 0.01, 0.017):
        root = np.flatnonzero(load >= alpha)[-1]
        assert hn.solve("dense", P=2, alpha=alpha, T=0.0, learning="supervised", r=0.5, M=7).n == pytest.approx(n[root], abs=1e-3)


def test_phase_diagram_over_the_dataset():
    data = hn.phase_diagram("dense", P=4, T=0.2, learning="supervised", rho=[0.05, 0.2])
    assert data.sizes["rho"] == 2 and data.attrs["unknown"] == "alpha" and data.rho.attrs["symbol"] == r"\rho"
    for i, rho in enumerate((0.05, 0.2)):
        assert data.spinodal.values[i] == float(hn.boundary("dense", "spinodal", P=4, T=0.2, learning="supervised", rho=rho))
    over = hn.phase_diagram("dense", P=4, T=0.2, learning="supervised", alpha=[0.2, 0.3])
    assert over.attrs["unknown"] == "rho" and np.isfinite(over.spinodal).all() and np.isnan(over.static_glass).all()
    assert "solved for T or alpha" in str(over.static_glass_status.values[0])


# ---- bad input

@pytest.mark.parametrize("changes, parameter, words", [
    (dict(r=0.0, M=3), "r", "> 0"), (dict(r=1.2, M=3), "r", "<= 1"), (dict(r=0.3, M=0), "M", ">= 1"), (dict(r=0.3), "M", "needs"),
    (dict(M=3), "r", "needs"), (dict(), "r", "needs"), (dict(r=0.3, M=2.5), "M", "whole number"), (dict(r=0.3, M=10, rho=0.5), "rho", "1.0111"),
    (dict(rho=-0.1), "rho", ">= 0"), (dict(rho=0.1, form="binomial"), "form", "needs r and M"), (dict(rho=0.1, P=3), "P", "odd P"),
    (dict(rho=0.1, self_interaction=True), "self_interaction", "distinct"), (dict(rho=0.1, N=100), "N", "storage"),
    (dict(rho=0.1, learning="unsupervised"), "rho", "give r and M"), (dict(rho=0.1, learning="storage"), "rho", "leave rho out"),
    (dict(rho=0.1, learning="teaching"), "learning", "supervised"), (dict(rho=0.1, form="poisson"), "form", "gaussian")])
def test_bad_input_names_the_parameter(changes, parameter, words):
    with pytest.raises(ParameterError, match=words) as error:
        hn.solve("dense", **{"P": 4, "alpha": 0.1, "T": 0.2, "learning": "supervised", **changes})
    assert error.value.parameter == parameter


@pytest.mark.parametrize("which, params, words", [
    ("spinodal", dict(T=0.2, learning="supervised", r=0.3), "M"), ("spinodal", dict(alpha=0.1, T=0.2), "all but one"),
    ("gardner", dict(alpha=0.1, T=0.2, learning="supervised"), "T or alpha"),
    ("nishimori", dict(alpha=0.1, learning="supervised", r=0.3, M=5), "gaussian"),
    ("spinodal", dict(alpha=0.1, T=0.2, learning="supervised", r=0.3, M=5), "all are given")])
def test_bad_lines_say_why(which, params, words):
    with pytest.raises(ParameterError, match=words):
        hn.boundary("dense", which, P=4, **params)


def test_a_load_beyond_reach_says_so():
    line = hn.boundary("dense", "spinodal", P=4, alpha=0.41, T=0.0, learning="supervised", r=0.3)
    assert math.isnan(line.value) and not line.converged and "rho = 0" in line.status
    below = hn.boundary("dense", "spinodal", P=4, alpha=0.05, T=0.0, learning="supervised", r=0.3, form="gaussian")
    assert math.isnan(below.value) and "below this line" in below.status
    with pytest.raises(ParameterError, match="single example"):
        hn.learning_threshold("dense", P=4, alpha=0.1, T=0.0, r=0.97, learning="supervised")
    with pytest.raises(ParameterError, match="krsb"):
        hn.solve("dense", P=4, alpha=0.1, T=0.1, rho=0.1, learning="supervised", ansatz="krsb", k=2)
