"""Statistical mechanics of modern networks: against an independent table, direct maximization and quadrature, and exact moments."""
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.optimize import minimize_scalar

import hebbnet as hn
from hebbnet import equations
from hebbnet.equations import exponential, modern

TABLE = json.loads((Path(__file__).parent / "data" / "modern_statistics_reference.json").read_text())
ENSEMBLES = ("spherical", "gaussian", "binary")


def cases(kind):
    return [pytest.param(e, id="-".join(str(e[k]) for k in ("ensemble", "lambda", "alpha", "u0", "T") if k in e)) for e in TABLE[kind]]


def line(which, **params):
    return hn.boundary("modern", which, **params)


def threshold(**params):
    return float(line("spinodal", T=0.0, **params))


# ---- the table

@pytest.mark.parametrize("e", cases("rem"))
def test_thresholds_at_exponential_load(e):
    given = {"ensemble": e["ensemble"], "lam": e["lambda"]}
    functions = modern.ENSEMBLES[e["ensemble"]]
    system = modern.System(functions, functions, e["lambda"], e["ensemble"], "sphere")
    close = {"abs": 1e-9}
    assert functions.tilt(e["lambda"]) == pytest.approx(e["u_star"], **close) and functions.growth(e["lambda"]) == pytest.approx(e["g"], **close)
    assert threshold(**given) == pytest.approx(e["alpha_1"], **close)
    for alpha, phi in e["phi"].items():
        assert system.phi(float(alpha), e["lambda"]) == pytest.approx(phi, **close)
        assert system.condensed(float(alpha), e["lambda"]) == e["condensed"][alpha]
    for u0, value in e["alpha_basin"].items():
        assert threshold(**given, overlap=float(u0)) == pytest.approx(value, **close)
    for u0, value in e["alpha_all_patterns_probe"].items():
        assert threshold(**given, overlap=float(u0), patterns="all") == pytest.approx(value, **close)
    for square, value in e.get("alpha_corruption_sigma2", {}).items():
        assert threshold(**given, sigma=math.sqrt(float(square))) == pytest.approx(value, **close)
    for N, value in e["alpha_annealed_finite_N"].items():
        if e["ensemble"] == "gaussian" and e["lambda"] >= 1:    # condensed: the formula does not apply, and says so
            with pytest.raises(hn.ParameterError, match="condensed"):
                threshold(**given, N=int(N))
        else:
            assert threshold(**given, N=int(N)) == pytest.approx(value, **close)
    if "alpha_all_patterns" in e:
        assert threshold(**given, patterns="all") == pytest.approx(e["alpha_all_patterns"], **close)
        assert modern.shortest_pattern(system) == pytest.approx(e["alpha_shortest_pattern"], **close)
    else:                                                       # the pattern itself: no pattern is an exception
        assert threshold(**given, patterns="all") == threshold(**given)


@pytest.mark.parametrize("e", cases("finite_temperature"))
def test_lines_in_temperature(e):
    given = {"ensemble": e["ensemble"], "lam": e["lambda"], "alpha": e["alpha"]}
    zero = hn.solve("modern", T=0.7, start="paramagnet", **given)
    assert zero.m_c == pytest.approx(e["m_c"], abs=1e-9) and zero.free_energy == zero.energy == pytest.approx(e["f_para"], abs=1e-9)
    for which in ("spinodal", "union", "single"):
        b, value = line(which, **given), e[f"T_{which}"]
        if value == 0:
            assert math.isnan(float(b)) and not b.converged and "lower alpha" in b.status
        else:
            assert float(b) == pytest.approx(value, rel=2e-9) and b.converged
            back = line(which, T=float(b), **{k: v for k, v in given.items() if k != "alpha"})      # and the other way round
            assert float(back) == pytest.approx(e["alpha"], rel=1e-8)


@pytest.mark.parametrize("e", cases("retrieval_well"))
def test_the_well_of_one_pattern(e):
    for N, value in e["m_finite_N"].items():
        assert modern.sphere_mean(1 / e["T"], int(N)) == pytest.approx(value, abs=1e-9)
    for ensemble, m, f in (("spherical", e["m"], e["f"]), ("binary", e["m_binary"], e["f_binary"])):
        s = hn.solve("modern", alpha=0.01, T=e["T"], lam=1.0, ensemble=ensemble)
        assert s.m == pytest.approx(m, abs=1e-9) and s.free_energy == pytest.approx(f, abs=1e-9) and s.energy == -s.m
        assert s.free_entropy == pytest.approx(-f / e["T"], abs=1e-8) and s.entropy == pytest.approx((s.energy - f) / e["T"], abs=1e-8)


@pytest.mark.parametrize("e", cases("euclidean_alpha_spinodal"))
def test_euclidean_wells_end_at_the_corruption_threshold(e):
    given = {"lam": e["lambda"], "space": "euclidean"}
    assert float(line("spinodal", T=e["T"], **given)) == pytest.approx(e["alpha"], abs=1e-9)
    assert threshold(lam=e["lambda"], sigma=math.sqrt(e["T"])) == pytest.approx(e["alpha"], abs=1e-9)
    assert float(line("spinodal", alpha=e["alpha"], **given)) == pytest.approx(e["T"], rel=1e-7)
    s = hn.solve("modern", alpha=e["alpha"] * 0.99, T=e["T"], **given)
    assert s.converged and s.m == 1 and not hn.solve("modern", alpha=e["alpha"] * 1.01, T=e["T"], **given).converged


@pytest.mark.parametrize("e", cases("binary_sign_update"))
def test_the_sign_rule(e):
    given = {"lam": e["lambda"], "T": 0.0, "overlap": e["u0"]}
    assert float(hn.boundary("exponential", "spinodal", **given)) == pytest.approx(e["alpha_typical"], abs=1e-9)
    assert float(hn.boundary("exponential", "spinodal", patterns="all", **given)) == pytest.approx(e["alpha_all"], abs=1e-9)


# ---- definitions and limits

@pytest.mark.parametrize("name", ENSEMBLES)
@pytest.mark.parametrize("y", [1e-6, 0.3, 1.0, 7.0, 300.0])
def test_the_legendre_transform(name, y):
    f = modern.ENSEMBLES[name]
    top = 0.999999999999 if name != "gaussian" else 400
    found = minimize_scalar(lambda u: f.rate(u) - y * u, bounds=(0, top), method="bounded", options={"xatol": 1e-12})
    assert -found.fun <= f.growth(y) * (1 + 1e-9) and f.growth(y) == pytest.approx(-found.fun, rel=1e-6, abs=1e-11)
    assert f.gap(y) == pytest.approx(y - f.growth(y), rel=1e-9, abs=1e-9)
    if f.tilt(y) < 1:
        assert f.slope(f.tilt(y)) == pytest.approx(y, rel=1e-9 if y < 10 else 1e-3)
        assert f.largest(f.rate(f.tilt(y))) == pytest.approx(f.tilt(y), rel=1e-9)


@pytest.mark.parametrize("N", [1, 2, 3, 17, 64])
@pytest.mark.parametrize("y", [0.1, 1.0, 5.0])
def test_moments_of_a_finite_sphere(N, y):
    """E exp(y N cos(angle)) by quadrature over the angle of two directions."""
    if N == 1:
        assert modern.sphere_finite(y, 1) == pytest.approx(math.log(math.cosh(y))) and modern.sphere_mean(y, 1) == pytest.approx(math.tanh(y))
        return
    def moment(k, tilt):
        return quad(lambda a: math.sin(a) ** (N - 2) * math.cos(a) ** k * math.exp(tilt * N * (math.cos(a) - 1)), 0, math.pi, epsabs=0,
                    epsrel=1e-11)[0]

    density = [moment(0, 0), moment(0, y), moment(1, y)]
    assert modern.sphere_finite(y, N) == pytest.approx(math.log(density[1] / density[0]) / N + y, rel=1e-9)
    assert modern.sphere_mean(y, N) == pytest.approx(density[2] / density[1], rel=1e-9)


def test_moments_where_bessel_functions_underflow():
    for N, y in ((4000, 0.2), (100_000, 1.0), (2000, 1e-3)):
        limit = modern.sphere_growth(y)
        u = modern.sphere_tilt(y)
        saddle = limit + math.log(1 - u**4) / (-2 * N)     # next order of the saddle point
        assert modern.sphere_finite(y, N) == pytest.approx(saddle, abs=3 / N**2 + 1e-12)
        assert modern.sphere_mean(y, N) == pytest.approx(u, abs=2 * u / N)


def test_exact_moments_give_the_first_order_transition():
    """Z at T = 1/(n lam) is a sum over n-tuples of patterns: all equal against all different, for spherical and binary patterns."""
    for name in ("spherical", "binary"):
        g = modern.ENSEMBLES[name].growth
        for n, y in ((2, 0.5), (2, 1.0), (3, 0.7)):
            alpha = (g(n * y) - n * g(y)) / (n - 1)
            assert float(line("union", alpha=alpha, lam=y, ensemble=name)) == pytest.approx(1 / (n * y), rel=1e-9)
            assert float(line("union", T=1 / (n * y), lam=y, ensemble=name)) == pytest.approx(alpha, rel=1e-9)


def test_union_of_gaussian_wells_from_the_second_moment():
    """E (sum over patterns of E_x exp(2 lam N u)) = K exp(2 N lam**2), against K**2 exp(N lam**2): alpha = lam**2, T = 1/(2 lam)."""
    for y in (0.3, 0.5):
        assert (4 * y * y - math.log1p(4 * y * y)) / 2 < y * y          # patterns of this length exist
        assert float(line("union", alpha=y * y, lam=y, ensemble="gaussian")) == pytest.approx(1 / (2 * y), rel=1e-9)
    e = modern.System(modern.GAUSSIAN, modern.SPHERE, 0.5, "gaussian", "sphere")
    for alpha, b in ((0.05, 0.2), (0.05, 1.0), (0.3, 5.0)):             # by maximization over lengths
        r = np.linspace(1, modern.longest(alpha), 200_001)
        direct = alpha - (r - 1 - np.log(r)) / 2 + np.array([modern.sphere_growth(b * x) for x in np.sqrt(r)])
        assert e.wells(alpha, b) == pytest.approx(direct.max(), abs=1e-9)


@pytest.mark.parametrize("name", ENSEMBLES)
@pytest.mark.parametrize("lam", [0.3, 1.0, 4.0])
def test_order_of_the_lines(name, lam):
    given = {"ensemble": name, "lam": lam}
    top = threshold(**given)
    for alpha in np.linspace(0.05, 0.95, 7) * top:
        spinodal, union, single = (float(line(which, alpha=alpha, **given)) for which in ("spinodal", "union", "single"))
        assert single < union and (union <= spinodal * (1 + 1e-9) or name == "gaussian")
        if name != "gaussian" and alpha < modern.ENSEMBLES[name].rate(modern.ENSEMBLES[name].tilt(lam)):
            assert union == pytest.approx(spinodal, rel=1e-9)
        for which in ("spinodal", "union", "single"):
            b = line(which, alpha=alpha, **given)
            assert b.solution.converged or (name, which) == ("gaussian", "union")         # wells of longer patterns than typical
        for T, exists in ((spinodal * 0.999, True), (spinodal * 1.001, False)):
            assert hn.solve("modern", alpha=alpha, T=T, **given).converged is exists
        at = hn.solve("modern", alpha=alpha, T=single, **given)                                     # equal free energies
        assert at.free_energy == pytest.approx(-at.m_c, rel=1e-9)


def test_limits_of_lam():
    for lam in (1e-4, 1e-3):
        for name in ENSEMBLES:
            assert threshold(ensemble=name, lam=lam) == pytest.approx(lam - lam * lam / 2, rel=lam * lam)
    assert threshold(lam=1e6) == pytest.approx((1 + math.log(1e6)) / 2, abs=1e-5)
    assert threshold(lam=50.0, ensemble="binary") == pytest.approx(math.log(2))


def test_zero_temperature_of_a_well():
    s = hn.solve("modern", alpha=0.2, T=0.0, lam=1.0)
    assert s.m == 1 and s.energy == s.free_energy == -1 and s.free_entropy == math.inf and s.entropy == -math.inf
    s = hn.solve("modern", alpha=0.2, T=0.0, lam=1.0, ensemble="binary")
    assert s.entropy == -math.log(2) and s.converged
    assert hn.solve("modern", alpha=0.2, T=1e-9, lam=1.0).free_energy == pytest.approx(-1, abs=1e-6)


def test_the_exponential_network_is_binary_at_finite_temperature_and_its_own_at_zero():
    for which in ("spinodal", "union", "single"):
        assert float(hn.boundary("exponential", which, alpha=0.3)) == float(line(which, alpha=0.3, lam=1.0, ensemble="binary"))
    cold = hn.boundary("exponential", "spinodal", alpha=0.6)               # above ln-sum-exp's own 0.566, below the sign rule's 0.675
    assert float(cold) == 0 and "T = 0 only" in cold.status
    assert hn.solve("exponential", alpha=0.6, T=0.0).converged and not hn.solve("exponential", alpha=0.6, T=0.01).converged
    assert math.isnan(float(hn.boundary("exponential", "spinodal", alpha=0.68)))


def test_error_of_one_flip_against_its_moments():
    """Signal and variance of the sign rule by enumeration of one pattern's overlap with a fixed probe."""
    lam, N, K, u = 0.4, 12, 50, 2 / 3
    counts = [math.comb(N - 1, k) / 2 ** (N - 1) for k in range(N)]
    variance = (K - 1) * sum(p * math.exp(2 * lam * (2 * k - N + 1)) for k, p in enumerate(counts))
    want = [math.erfc(math.exp(lam * (N * u + own)) / math.sqrt(2 * variance)) / 2 for own in (-1, 1)]
    assert exponential.flip_error(lam, N, K, u) == pytest.approx(want, rel=1e-12)
    right, wrong = want
    assert hn.one_step("exponential", lam=lam, N=N, K=K, overlap=u) == pytest.approx(1 - 2 * ((1 + u) / 2 * right + (1 - u) / 2 * wrong))
    assert hn.one_step("exponential", N=12, K=1) == 1.0


# ---- the front

def test_phase_diagrams():
    d = hn.phase_diagram("modern", alpha=[0.1, 0.2, 0.3, 0.7], lam=1.0)
    assert set(d.data_vars) == {w + s for w in ("spinodal", "union", "single") for s in ("", "_roots", "_status")} and d.attrs["unknown"] == "T"
    assert float(d.spinodal[1]) == float(line("spinodal", alpha=0.2, lam=1.0)) and np.isnan(d.union[3])
    d = hn.phase_diagram("exponential", T=[0.2, 0.5])
    assert d.union.dims == ("T",) and float(d.single[0]) == float(hn.boundary("exponential", "single", T=0.2))


def test_studies_of_theory(tmp_path):
    study = hn.Study("modern_lines", hn.Grid(lam=1.0, T=0.0, overlap=[0.5, 0.9], patterns=["typical", "all"]), hn.Lines("modern", which="spinodal"))
    data = hn.open(study.run(tmp_path, quiet=True))
    assert float(data.spinodal.sel(overlap=0.9, patterns="all")) == threshold(lam=1.0, overlap=0.9, patterns="all")
    study = hn.Study("modern_states", hn.Grid(lam=1.0, alpha=0.2, T=[0.3, 2.0]), hn.MeanField("modern", starts=("retrieval", "paramagnet")))
    data = hn.open(study.run(tmp_path, quiet=True))
    assert float(data.m.sel(branch="retrieval")[0]) == hn.solve("modern", lam=1.0, alpha=0.2, T=0.3).m and np.isnan(data.m.sel(branch="retrieval")[1])
    assert data.m_c.attrs["long_name"] and data.energy.sel(branch="paramagnet").isel(T=0) == -data.m_c.sel(branch="paramagnet").isel(T=0)


@pytest.mark.parametrize("call, words", [
    (dict(which="spinodal", lam=1.0), "T and alpha are missing"), (dict(which="spinodal", lam=1.0, T=0.1, alpha=0.1), "both are given"),
    (dict(which="spinodal", lam=0.0, T=0.1), "lam = 0"), (dict(which="spinodal", lam=-1.0, T=0.1), "lam = -1"),
    (dict(which="spinodal", lam=1.0, T=-0.1), "T = -0.1"), (dict(which="spinodal", T=0.1), "needs lam"),
    (dict(which="unoin", lam=1.0, T=0.1), "union"), (dict(which="union", lam=1.0, T=0.0, overlap=0.5), "overlap"),
    (dict(which="spinodal", lam=1.0, T=0.2, overlap=0.5), "at T = 0"), (dict(which="spinodal", lam=1.0, T=0.0, overlap=0.0), "overlap = 0"),
    (dict(which="spinodal", lam=1.0, T=0.0, ensemble="spheric"), "spherical"),
    (dict(which="spinodal", lam=1.0, T=0.0, overlap=0.5, sigma=1.0), "overlap"),
    (dict(which="spinodal", lam=1.0, T=0.0, sigma=1.0, ensemble="binary"), "binary"),
    (dict(which="spinodal", lam=1.0, T=0.0, sigma=1.0, patterns="all"), "all"),
    (dict(which="spinodal", lam=1.0, T=0.0, patterns="every"), "typical"), (dict(which="spinodal", lam=1.0, T=0.0, N=20, patterns="all"), "N = 20"),
    (dict(which="spinodal", lam=1.0, T=0.1, space="binary"), "derived"), (dict(which="union", lam=1.0, T=0.1, space="euclidean"), "euclidean"),
    (dict(which="single", lam=1.0, T=0.1, N=12), "N = 12"), (dict(which="spinodal", lam=1.0, T=0.1, ansatz="1rsb"), "ansatz"),
    (dict(which="spinodal", lam=1.0, alpha=-0.1), "alpha = -0.1"), (dict(which="spinodal", lam=1.0, T=0.0, N=20, overlap=0.3), "condensed"),
])
def test_bad_input_is_named(call, words):
    with pytest.raises(hn.ParameterError, match=words):
        hn.boundary("modern", **call)


def test_bad_input_of_solve():
    for call, words in ((dict(T=-1.0), "T = -1"), (dict(T=0.1, lam=0.0), "lam = 0"), (dict(T=0.1, start="glass"), "retrieval"),
                        (dict(T=0.1, start="paramagnet", space="euclidean"), "euclidean"), (dict(T=0.1, N=16), "condensed"),
                        (dict(T=0.1, overlap=0.5), "overlap"), (dict(T=0.1, ansatz="krsb", k=2), "ansatz")):
        with pytest.raises(hn.ParameterError, match=words):
            hn.solve("modern", **{"alpha": 0.1, "lam": 1.0, **call})
    with pytest.raises(hn.ParameterError, match="T, alpha as a 1-D array"):
        hn.phase_diagram("modern", alpha=0.1, lam=1.0)
    with pytest.raises(hn.ParameterError, match="one condensed pattern"):
        hn.solve_map("modern", alpha=[0.1], T=[0.1], lam=1.0)
    with pytest.raises(hn.ParameterError, match="overlap"):
        hn.one_step("exponential", N=12, K=4, overlap=2.0)
    assert equations.get("modern").replicon(None, None) is None
