"""Theory against numbers that this code did not make: a table computed independently, and the literature."""
import json
import math
from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq

import hebbnet as hn
from hebbnet.equations import dense
from hebbnet.meanfield import edges, glass, rs
from hebbnet.params import check

TABLE = json.loads((Path(__file__).parent / "data" / "dense_reference.json").read_text())["records"]
ATTRIBUTE = {"m": "m", "q": "q", "A": "free_entropy", "U": "energy", "E": "energy", "S": "entropy", "chi": "chi", "r": "crosstalk"}
LINE = {family: line for families, line in [
    (("RS_TM", "P2_RS_TM"), ("spinodal", "T")), (("RS_Tc", "P2_RS_Tc", "Tc_retrieval_vs_m0"), ("transition", "T")),
    (("RS_spinodal_load", "RS_alpha_c_T0", "P2_RS_spinodal_load", "P2_RS_alpha_c_T0"), ("spinodal", "alpha")),
    (("P2_RS_alpha_1_T0",), ("transition", "alpha")), (("T_AT", "P2_T_AT"), ("at", "T")),
    (("glass_TK",), ("static_glass", "T")), (("glass_Td",), ("dynamic_glass", "T"))] for family in families}


def build(**params):
    return dense.build(check("dense", {"alpha": 0.0, "T": 0.0, **params}, required=dense.REQUIRED, optional=dense.OPTIONAL))


def computed(record):
    family, quantity = record["family"], record["quantity"]
    params = {name: value for name, value in record["params"].items() if name in ("P", "alpha", "T")}
    if record["params"].get("kernel") == "self-interacting":
        params["self_interaction"] = True
    if family in LINE:
        which, unknown = LINE[family]
        params.pop(unknown, None)
        if family.startswith(("P2_RS_alpha", "RS_alpha_c")):
            params["T"] = 0.0
        line = hn.boundary("dense", which, **params)
        if quantity in ("m", "q"):
            return getattr(line.solution, quantity)
        if quantity == "q1":                       # the glass that appears: not part of an RS solution
            found = glass.temperatures(build(P=params["P"]).kernel)
            return found.static_q if which == "static_glass" else found.dynamic_q
        return float(line)
    if family == "RS_spinodal_meets_AT":           # the replicon vanishes at the end of the branch
        meeting = brentq(lambda T: hn.boundary("dense", "spinodal", T=T, **params).solution.replicon, 0.4, 0.5, xtol=1e-15)
        return meeting if quantity == "T" else float(hn.boundary("dense", "spinodal", T=meeting, **params))
    if family in ("RS_max_load", "Nishimori_line"):
        T, load = edges.spinodal_shape(build(**params))
        if quantity == "alpha_th":                 # the thermodynamic line meets the static glass on T = alpha
            return glass.temperatures(build(**params).kernel).static ** 2
        return T[load.index(max(load))] if quantity == "T" else max(load)
    s = hn.solve("dense", **params, start="glass" if family == "P2_RS_spinglass" else "retrieval")
    assert s.converged
    return 1 - s.replicon if quantity == "replicon" else getattr(s, ATTRIBUTE[quantity])


@pytest.mark.parametrize("family", sorted({record["family"] for record in TABLE}))
def test_every_tabulated_value_is_reproduced(family):
    records = [record for record in TABLE if record["family"] == family]
    misses = []
    for record in records:
        got, want = computed(record), record["value"]
        if not abs(got - want) <= max(1e-8 * abs(want), 10 * record["err"]):
            misses.append((record["params"], record["quantity"], got, want))
    assert records and not misses


def test_capacities_of_the_literature():
    # Amit, Gutfreund, Sompolinsky 1987; Steffan, Kuehn 1994
    assert float(hn.boundary("dense", "spinodal", P=2, T=0)) == pytest.approx(0.137905, abs=1e-6)
    assert float(hn.boundary("dense", "spinodal", P=3, T=0)) == pytest.approx(0.378285646, abs=1e-9)
    assert float(hn.boundary("dense", "spinodal", P=4, T=0)) == pytest.approx(0.395720238, abs=1e-9)


@pytest.mark.parametrize("alpha", [0.0, 0.05, 0.4, 2.0])
def test_hopfield_glass_temperature(alpha):
    assert float(hn.boundary("dense", "static_glass", P=2, alpha=alpha)) == pytest.approx(1 + math.sqrt(alpha), rel=1e-14)


def test_hopfield_lines_at_small_load():
    # AGS: T_M = 1 - 1.95 sqrt(alpha), T_c = 1 - 2.6 sqrt(alpha), T_AT = sqrt(8 alpha/9 pi) exp(-1/(2 alpha))
    alpha = 1e-6
    assert (1 - float(hn.boundary("dense", "spinodal", P=2, alpha=alpha))) / math.sqrt(alpha) == pytest.approx(1.95, abs=0.01)
    assert (1 - float(hn.boundary("dense", "transition", P=2, alpha=alpha))) / math.sqrt(alpha) == pytest.approx(2.6, abs=0.01)
    alpha = 0.004
    assert float(hn.boundary("dense", "at", P=2, alpha=alpha)) == pytest.approx(
        math.sqrt(8 * alpha / (9 * math.pi)) * math.exp(-1 / (2 * alpha)), rel=5e-3)


@pytest.mark.parametrize("P", [3, 4, 6])
def test_at_line_of_dense_networks_at_small_load(P):
    alpha = 0.02
    line = hn.boundary("dense", "at", P=P, alpha=alpha)
    zero_field = math.exp(-P / (4 * alpha)) / math.sqrt(math.pi * alpha * P)
    assert float(line) == pytest.approx(2 / 3 * alpha * P * (P - 1) * zero_field, rel=1e-9)
    assert abs(line.solution.replicon) < 1e-9


def test_glass_temperatures_of_the_literature():
    # Ising p-spin: Montanari, Ricci-Tersenghi 2003 (P = 3); random energy model, Derrida 1981, 1/(2 sqrt(ln 2)) for P -> infinity
    assert float(hn.boundary("dense", "static_glass", P=3, alpha=1.0)) == pytest.approx(0.651, abs=5e-4)
    assert float(hn.boundary("dense", "dynamic_glass", P=3, alpha=1.0)) == pytest.approx(0.682, abs=5e-4)
    assert float(hn.boundary("dense", "static_glass", P=40, alpha=1.0)) == pytest.approx(1 / (2 * math.sqrt(math.log(2))), rel=1e-9)


def test_transition_at_large_P_is_that_of_the_random_energy_model():
    # m = 1 with f = -1/2 against f = -T ln 2 - alpha/(4 T)
    alpha = 0.1
    T = (0.5 + math.sqrt(0.25 - alpha * math.log(2))) / (2 * math.log(2))
    assert float(hn.boundary("dense", "transition", P=60, alpha=alpha)) == pytest.approx(T, rel=1e-10)


@pytest.mark.parametrize("repeated, alpha, T, N, m", [
    (False, 0.07, 0.45, 140, 0.99846), (False, 0.05, 0.5, 140, 0.99791), (False, 0.10, 0.4, 140, 0.99852),
    (False, 0.10, 0.6, 140, 0.98914), (False, 0.20, 0.5, 200, 0.98478), (True, 0.07, 0.45, 200, 0.99324),
    (True, 0.07, 0.45, 140, 0.99342), (True, 0.05, 0.5, 140, 0.99527), (True, 0.10, 0.4, 200, 0.98576)])
def test_finite_size_overlaps_that_monte_carlo_confirmed(repeated, alpha, T, N, m):
    assert hn.solve("dense", P=4, alpha=alpha, T=T, N=N, self_interaction=repeated).m == pytest.approx(m, abs=6e-6)


def test_repeated_indices_rescale_the_capacity():
    for P, factor in ((4, 2 / 5), (3, 2 / 3)):
        pure, repeated = (float(hn.boundary("dense", "spinodal", P=P, T=0, self_interaction=flag)) for flag in (False, True))
        assert repeated / pure == pytest.approx(factor, rel=1e-13)


@pytest.mark.parametrize("alpha", [0.05, 0.2, 0.3, 0.4, 0.46])
def test_nishimori_line(alpha):
    s = hn.solve("dense", P=4, alpha=alpha, T=alpha)
    assert s.m == pytest.approx(s.q, abs=1e-12)
    assert s.energy == pytest.approx(-0.5, abs=1e-12)
    assert s.replicon > 0


@pytest.mark.parametrize("P, tau", [(3, 0.6815980405760866), (4, 0.6784110548524529)])
def test_largest_load_lies_on_the_nishimori_line_at_the_replicon_zero(P, tau):
    T, load = edges.spinodal_shape(build(P=P))
    assert max(load) == pytest.approx(tau**2, rel=1e-13)
    end = hn.boundary("dense", "spinodal", P=P, T=tau**2)
    assert float(end) == pytest.approx(tau**2, rel=1e-12)
    assert abs(end.solution.replicon) < 1e-6          # first order in the distance along the line
    assert max(load) == pytest.approx(rs.fold(build(P=P), tau**2)[0], rel=1e-13)


def test_reentrant_spinodal_has_both_roots():
    for P, alpha in ((4, 0.41), (2, 0.138)):
        line = hn.boundary("dense", "spinodal", P=P, alpha=alpha)
        assert len(line.values) == 2 and float(line) == max(line.values) and "re-entrant" in line.status
        for T in line.values:
            assert float(hn.boundary("dense", "spinodal", P=P, T=T)) == pytest.approx(alpha, rel=1e-11)
        low, high = line.values
        inside = [hn.solve("dense", P=P, alpha=alpha, T=T).converged for T in (0.9 * low, 1.1 * low, 0.9 * high, 1.01 * high)]
        assert inside == [False, True, True, False]
        assert not hn.solve("dense", P=P, alpha=alpha, T=0.0).converged


def test_lines_agree_whichever_parameter_is_the_unknown():
    for P, which, alpha in ((4, "spinodal", 0.2), (4, "transition", 0.2), (4, "at", 0.2), (3, "transition", 0.1),
                            (6, "static_glass", 0.3), (2, "spinodal", 0.05), (2, "transition", 0.03), (2, "at", 0.12),
                            (2, "static_glass", 0.3), (5, "dynamic_glass", 0.3)):
        T = float(hn.boundary("dense", which, P=P, alpha=alpha))
        assert float(hn.boundary("dense", which, P=P, T=T)) == pytest.approx(alpha, rel=1e-9), (P, which)


def test_reference_table_says_where_it_comes_from():
    data = json.loads((Path(__file__).parent / "data" / "dense_reference.json").read_text())
    assert data["source"] and len(data["records"]) > 200
    assert all(np.isfinite(record["value"]) for record in data["records"])
