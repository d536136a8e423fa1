"""One step of replica symmetry breaking against numbers that this code did not make: a table computed independently, and the literature."""
import json
import math
from pathlib import Path

import pytest

import hebbnet as hn
from hebbnet.equations import dense
from hebbnet.meanfield import onestep
from hebbnet.params import check

DATA = json.loads((Path(__file__).parent / "data" / "dense_1rsb_reference.json").read_text())
TABLE = DATA["records"]
ATTRIBUTE = {"A": "free_entropy", "U": "energy", "E": "energy", "S": "entropy", "chi1": "chi", "C": "chi", "r0": "crosstalk0",
             "r1": "crosstalk"}
LINE = {   # family -> line, unknown, ansatz
    "glass_TK": ("static_glass", "T", "1rsb"), "glass_Td": ("dynamic_glass", "T", "1rsb"), "glass_TG": ("gardner", "T", "1rsb"),
    "1RSB_alpha_c_T0": ("spinodal", "alpha", "1rsb"), "P2_1RSB_alpha_c_T0": ("spinodal", "alpha", "1rsb"),
    "1RSB_spinodal_load": ("spinodal", "alpha", "1rsb"), "1RSB_alpha_th_T0": ("transition", "alpha", "1rsb"),
    "RS_alpha_th_T0": ("transition", "alpha", "rs"), "thermo_load": ("transition", "alpha", "rs"), "T_AT": ("at", "T", "1rsb")}


def computed(record):
    family, quantity = record["family"], record["quantity"]
    params = {name: value for name, value in record["params"].items() if name in ("P", "alpha", "T")}
    if family in LINE:
        which, unknown, ansatz = LINE[family]
        params.pop(unknown, None)
        found = hn.boundary("dense", which, ansatz=ansatz, **params)
        assert found.converged
        if quantity == "theta_AT":
            e = dense.build(check("dense", {**params, "T": 0.0}, required=dense.REQUIRED, optional=dense.OPTIONAL))
            return onestep.at_onset(dense, e, params["alpha"], float(found))[3]
        if quantity.startswith(("T_", "alpha_")):
            return float(found)
        s = found.solution
    else:
        params.setdefault("T", 0.0)                      # glass_E0
        s = hn.solve("dense", ansatz="1rsb", start="glass" if "glass" in family else "retrieval", **params)
        assert s.converged and s.ansatz == "1rsb"
    if quantity in ("replicon", "replicon1", "replicon0"):
        return 1 - (s.replicon0 if quantity == "replicon0" else s.replicon)
    return getattr(s, ATTRIBUTE.get(quantity, quantity))


@pytest.mark.parametrize("family", sorted({record["family"] for record in TABLE}))
def test_every_tabulated_value_is_reproduced(family):
    misses = []
    for record in (record for record in TABLE if record["family"] == family):
        got, want = computed(record), record["value"]
        if not abs(got - want) <= max(1e-7 * abs(want), 10 * record["err"]):
            misses.append((record["params"], record["quantity"], got, want))
    assert not misses


def test_the_table_says_where_it_comes_from():
    assert DATA["source"] and len(TABLE) > 90


def test_ising_p_spin_temperatures_of_the_literature():
    # P = 3: Montanari, Ricci-Tersenghi 2003; Gardner 1985
    for which, value, error in (("static_glass", 0.651, 5e-4), ("dynamic_glass", 0.682, 5e-4), ("gardner", 0.24, 5e-3)):
        assert float(hn.boundary("dense", which, P=3, alpha=1.0)) == pytest.approx(value, abs=error)


def test_hopfield_capacity_of_the_literature():
    assert float(hn.boundary("dense", "spinodal", P=2, T=0.0, ansatz="1rsb")) == pytest.approx(0.138186, abs=1e-6)   # Steffan, Kuehn 1994


@pytest.mark.parametrize("P, closeness", [(8, 1e-3), (20, 1e-7), (60, 1e-13)])
def test_large_P_glass_is_the_random_energy_model(P, closeness):
    # Derrida 1981: E = -sqrt(ln 2), theta = T/T_c
    s = hn.solve("dense", P=P, alpha=1.0, T=0.0, ansatz="1rsb", start="glass")
    assert s.converged and s.energy == pytest.approx(-math.sqrt(math.log(2)), abs=closeness)
    warm = hn.solve("dense", P=P, alpha=1.0, T=0.3, ansatz="1rsb", start="glass")
    assert warm.theta == pytest.approx(0.3 * 2 * math.sqrt(math.log(2)), rel=20 * closeness)


@pytest.mark.parametrize("P", [3, 4])
def test_zero_temperature_glass_is_the_closed_form(P):
    # e0 = -min over y of [ln 2 + ln Phi(y sqrt(P/2))]/y + y/4; scanned, so the energy is good to the square of the spacing
    y = [0.5 + 1e-4 * i for i in range(30_000)]
    best = min((math.log(2) + math.log(math.erfc(-v * math.sqrt(P) / 2) / 2)) / v + v / 4 for v in y)
    s = hn.solve("dense", P=P, alpha=2.25, T=0.0, ansatz="1rsb", start="glass")
    assert s.energy == pytest.approx(-1.5 * best, abs=1e-9) and s.q1 == 1 and s.theta == 0 and s.m == 0


@pytest.mark.parametrize("start, P, alpha, T", [("retrieval", 4, 0.42, 0.0), ("retrieval", 4, 0.42, 0.1), ("retrieval", 2, 0.13, 0.0),
                                                ("glass", 3, 1.0, 0.3), ("glass", 2, 0.1, 0.0)])
def test_the_recursion_for_k_steps_agrees_at_k_1(start, P, alpha, T):
    # another formulation, quadrature and solver (krsb.py)
    one, k = (hn.solve("dense", P=P, alpha=alpha, T=T, start=start, **a) for a in (dict(ansatz="1rsb"), dict(ansatz="krsb", k=1)))
    assert k.converged
    for mine, other in ((one.m, k.m), (one.q0, k.q[0]), (one.q1, k.q[1]), (one.y, k.y[0]), (one.chi, k.chi), (one.energy, k.energy),
                        (one.entropy, k.entropy)):
        assert mine == pytest.approx(other, rel=1e-7, abs=1e-8)


@pytest.mark.parametrize("P, T", [(2, 0.0125), (4, 0.0), (3, 0.2)])
def test_the_end_of_retrieval_agrees_with_the_recursion_at_k_1(P, T):
    assert float(hn.boundary("dense", "spinodal", P=P, T=T, ansatz="1rsb")) == pytest.approx(
        float(hn.boundary("dense", "spinodal", P=P, T=T, ansatz="krsb", k=1)), rel=1e-9)
