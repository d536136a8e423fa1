"""One step from the archetype: against a table computed independently, direct samples of the network, limits and scaling laws."""
import json
import math
from pathlib import Path

import numpy as np
import pytest

import hebbnet as hn

TABLE = json.loads((Path(__file__).parent / "data" / "examples_reference.json").read_text())["entries"]


@pytest.mark.parametrize("record", [r for r in TABLE if r["quantity"] == "one_step_m"], ids=lambda r: str(r["params"]))
def test_tabulated_overlaps(record):
    for form, short in (("gaussian", "gauss"), ("binomial", "binomial")):
        m = hn.one_step("dense", learning=record["model"], form=form, **record["params"])
        assert m == pytest.approx(record["value"][short], abs=1e-11)


@pytest.mark.parametrize("record", [r for r in TABLE if r["quantity"] == "M_times"], ids=lambda r: str(r["params"]))
def test_tabulated_thresholds(record):
    given = dict(record["params"])
    asked = given.pop("Theta")
    M = hn.example_threshold("dense", learning=record["model"], threshold=asked, **given)
    assert M == pytest.approx(record["value"], rel=1e-9)
    reached = hn.one_step("dense", M=M, form="gaussian", learning=record["model"], **given)
    assert reached == pytest.approx(math.erf(asked), abs=1e-12)


# ---- the network itself, sampled: fields of distinct-index interactions, one update, no mean-field theory

def without_self(x, k):
    """e_k of the entries of x (..., N) other than each one: (..., N); Newton's identities, then one entry is taken out."""
    power = [(x**j).sum(-1) for j in range(1, k + 1)]
    whole = [np.ones(x.shape[:-1])]
    for n in range(1, k + 1):
        whole.append(sum((-1) ** (j - 1) * whole[n - j] * power[j - 1] for j in range(1, n + 1)) / n)
    rest = np.ones_like(x)
    for n in range(1, k + 1):
        rest = whole[n][..., None] - x * rest
    return rest


def sampled(learning, P, N, K, r, M, samples, seed):
    """(mean, standard error) over samples of the overlap after one step from the first archetype, all its entries +1."""
    rng, found = np.random.default_rng(seed), []
    for _ in range(samples):
        archetypes = rng.choice([-1.0, 1.0], (K, 1, N))
        archetypes[0] = 1
        stored = archetypes if learning == "storage" else archetypes * np.where(rng.random((K, M, N)) < (1 + r) / 2, 1.0, -1.0)
        if learning == "supervised":
            stored = stored.mean(1, keepdims=True)
        found.append(np.sign((stored * without_self(stored, P - 1)).sum((0, 1))).mean())
    return np.mean(found), np.std(found, ddof=1) / math.sqrt(samples)


def test_the_sampler_by_brute_force():
    from itertools import combinations
    x = np.random.default_rng(0).normal(size=7)
    brute = [sum(math.prod(c) for c in combinations(np.delete(x, i), 3)) for i in range(7)]
    np.testing.assert_allclose(without_self(x, 3), brute, atol=1e-12)


@pytest.mark.parametrize("learning, P, N, K, r, M, samples", [
    ("storage", 4, 48, 6000, None, None, 20), ("storage", 3, 60, 900, None, None, 60),
    ("supervised", 2, 400, 80, 0.4, 27, 60), ("unsupervised", 2, 400, 80, 0.4, 27, 25),
    ("supervised", 4, 48, 1600, 0.8, 3, 40), ("unsupervised", 4, 48, 800, 0.7, 8, 60), ("unsupervised", 4, 48, 370, 0.5, 12, 120),
    ("supervised", 3, 80, 320, 0.6, 6, 60), ("unsupervised", 3, 80, 200, 0.5, 12, 60)])
def test_one_step_of_a_sampled_network(learning, P, N, K, r, M, samples):
    mean, error = sampled(learning, P, N, K, r, M, samples, seed=11)
    dataset = {} if learning == "storage" else dict(r=r, M=M)
    if learning == "unsupervised":
        dataset["N"] = N
    m = hn.one_step("dense", P=P, load=K / math.comb(N - 1, P - 1), learning=learning, **dataset)
    assert error < 0.02 and abs(mean - m) < 4 * error


def test_the_finite_size_correction_is_needed():
    """At N r**2 = 12 the limit N -> infinity is off by many standard errors, with the correction it is not."""
    mean, error = sampled("unsupervised", 4, 48, 370, 0.5, 12, 120, seed=11)
    given = dict(P=4, load=370 / math.comb(47, 3), learning="unsupervised", r=0.5, M=12)
    assert hn.one_step("dense", **given) - mean > 3 * error
    assert hn.one_step("dense", **given, N=48) < hn.one_step("dense", **given, N=4800) < hn.one_step("dense", **given)


# ---- limits

def test_one_example_and_perfect_examples():
    for P in (2, 3, 4, 6):
        for load in (0.0, 0.05, 0.4):
            stored = hn.one_step("dense", P=P, load=load)
            assert stored == pytest.approx(math.erf(1 / math.sqrt(2 * load)) if load else 1.0, abs=1e-15)
            for learning in ("supervised", "unsupervised"):
                for form in ("binomial", "gaussian"):
                    assert hn.one_step("dense", P=P, load=load, learning=learning, r=1.0, M=5, form=form) == pytest.approx(stored, abs=1e-14)
                # a single example is itself a stored pattern: the start has overlap r with it, and it has overlap r with the archetype
                alone = math.erf(0.3 ** (P - 1) / math.sqrt(2 * load)) if load else 1.0
                assert hn.one_step("dense", P=P, load=load, learning=learning, r=0.3, M=1) == pytest.approx(0.3 * alone, abs=1e-14)
        many = [hn.one_step("dense", P=P, load=0.1, learning=name, r=0.7, M=10**7) for name in ("supervised", "unsupervised")]
        assert many == pytest.approx([hn.one_step("dense", P=P, load=0.1)] * 2, abs=1e-5)


def test_binomial_tends_to_gaussian():
    for learning in ("supervised", "unsupervised"):
        gap = [abs(np.subtract(*(hn.one_step("dense", P=4, load=0.05, learning=learning, r=M**-0.5, M=M, form=form)
                                 for form in ("binomial", "gaussian")))) for M in (20, 200, 2000)]
        assert gap[0] > 5 * gap[1] > 25 * gap[2]


def test_majority_of_three():
    """Without load the step returns the sign of the mean: right with probability p**3 + 3 p**2 (1-p)."""
    p = 0.8
    assert hn.one_step("dense", P=4, load=0.0, learning="supervised", r=0.6, M=3) == pytest.approx(2 * (p**3 + 3 * p**2 * (1 - p)) - 1, abs=1e-14)
    # of two examples a split has no sign
    assert hn.one_step("dense", P=4, load=0.0, learning="supervised", r=0.6, M=2) == pytest.approx(p**2 - (1 - p) ** 2, abs=1e-14)


# ---- thresholds and scaling laws

def test_threshold_without_load_and_its_floor():
    for learning in ("supervised", "unsupervised"):
        assert hn.example_threshold("dense", P=4, load=0.0, r=0.1, learning=learning) == pytest.approx(99, rel=1e-12)
        assert hn.example_threshold("dense", P=4, load=0.1, r=0.99, learning=learning) == 1.0


@pytest.mark.parametrize("learning", ["supervised", "unsupervised"])
@pytest.mark.parametrize("P, b", [(2, 0.5), (3, 1.0), (4, 0.0), (4, 1.5), (6, 3.0)])
def test_detectable_quality_solves_the_condition_and_scales(learning, P, b):
    given = dict(P=P, b=b, learning=learning)
    found = hn.detectable_quality("dense", N=1e3, M=50, **given)
    load = math.factorial(P - 1) * 1e3 ** (b - P + 1)
    assert hn.one_step("dense", P=P, load=load, r=found, M=50, form="gaussian", learning=learning) == pytest.approx(math.erf(2**-0.5), abs=1e-11)
    assert hn.example_threshold("dense", P=P, load=load, r=found, learning=learning) == pytest.approx(50, rel=1e-9)

    def slope(**what):
        r = [hn.detectable_quality("dense", N=N, **what, **given) for N in (1e20, 1e22)]
        return math.log(r[1] / r[0]) / math.log(100)

    law = hn.scaling_exponents(P, b, learning)
    assert slope(M=3, crosstalk_only=True) == pytest.approx(law["quality"], abs=0.02)
    if learning == "supervised":
        assert law["quality_at_floor"] == -math.inf and hn.detectable_quality("dense", N=1e8, M_r2=3.0, **given) == 0.0
    else:
        assert slope(M_r2=3.0) == pytest.approx(law["quality_at_floor"], abs=0.02)
    few = [hn.example_threshold("dense", P=P, load=0.01, r=r, learning=learning) for r in (1e-3, 1e-4)]
    assert -math.log10(few[1] / few[0]) == pytest.approx(law["examples"], abs=1e-3)


def test_the_floor_of_the_quality_does_not_know_the_network():
    """However many neurons: rho <= tau, r >= (1 + tau M)**(-1/2)."""
    for N in (1e6, 1e9):
        found = hn.detectable_quality("dense", P=4, N=N, b=0.0, learning="supervised", M=24)
        assert found == pytest.approx(0.2, rel=1e-4)


@pytest.mark.parametrize("call, words", [
    (lambda: hn.one_step("dense", P=4, load=-0.1), ["load = -0.1", ">= 0"]),
    (lambda: hn.one_step("dense", P=4, load=0.1, r=0.5), ["r = 0.5", "storage"]),
    (lambda: hn.one_step("dense", P=4, load=0.1, learning="supervised", r=0.5), ["needs M"]),
    (lambda: hn.one_step("dense", P=4, load=0.1, learning="supervised", r=0.5, M=2.5), ["M = 2.5", "whole", "gaussian"]),
    (lambda: hn.one_step("dense", P=4, load=0.1, learning="supervised", r=0.0, M=2), ["r = 0.0", "> 0"]),
    (lambda: hn.one_step("dense", P=4, load=0.1, learning="supervised", r=0.5, M=2, N=50), ["N = 50", "unsupervised"]),
    (lambda: hn.one_step("dense", P=4, load=0.1, learning="unsupervised", r=0.5, M=2, N=3), ["N = 3", "raise N"]),
    (lambda: hn.one_step("dense", P=4, load=0.1, learning="suprevised", r=0.5, M=2), ["'supervised'"]),
    (lambda: hn.one_step("dens", P=4, load=0.1), ["'dense'"]),
    (lambda: hn.one_step("dense", P=4, load=0.1, learning="supervised", r=0.5, M=2, form="gauss"), ["'gaussian'"]),
    (lambda: hn.example_threshold("dense", P=4, load=1.0, r=0.5, learning="supervised"), ["load = 1", "infinitely many", "< 1"]),
    (lambda: hn.example_threshold("dense", P=4, load=0.1, r=0.5, learning="storage"), ["storage"]),
    (lambda: hn.example_threshold("dense", P=4, load=0.1, r=0.5, learning="supervised", threshold=0), ["threshold = 0"]),
    (lambda: hn.detectable_quality("dense", P=4, N=100, b=1, learning="supervised"), ["give one of them"]),
    (lambda: hn.detectable_quality("dense", P=4, N=100, b=3.5, learning="supervised", M=5), ["b = 3.5", "at most"]),
    (lambda: hn.detectable_quality("dense", P=4, N=100, b=3, learning="supervised", M=5), ["load = 6"])])
def test_bad_input_is_one_clear_error(call, words):
    with pytest.raises(hn.ParameterError) as error:
        call()
    assert all(word in str(error.value) for word in words), error.value
