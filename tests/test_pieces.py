"""States that are seen on the way: what is measured of many at once is what each of them gives, and no number depends on how many there are."""
import itertools

import numpy as np
import pytest
import xarray
from networks import problem

import hebbnet as hn
from hebbnet import networks
from hebbnet.montecarlo import forms, numba_engine, pieces, preparing, threads
from hebbnet.params import Params

DENSE, DILUTED, MODERN = ({"network": name} for name in ("dense", "multitasking", "modern"))
RUNS = {
    "bytes": DENSE | dict(P=4, N=60, K=300, T=0.4), "words": DENSE | dict(P=2, N=300, K=20, T=0.4), "cubes": DENSE | dict(P=4, N=300, K=50, T=0.5),
    "matrix": DENSE | dict(P=2, N=40, K=200, T=0.05, start="random"), "table": DENSE | dict(P=7, N=260, K=30, T=0.4),
    "inexact": DENSE | dict(P=8, N=127, K=500, T=0.5), "one pattern": DENSE | dict(P=4, N=60, K=1, T=0.5),
    "parallel": DENSE | dict(P=4, N=60, K=70, T=0.5, dynamics="parallel"), "polynomial": DENSE | dict(P=4, N=40, K=600, T=0.9),
    "powers": DENSE | dict(P=4, N=40, K=300, T=0.4, learning="supervised", r=0.7, M=5),
    "symmetric matrix": DENSE | dict(P=2, N=40, K=60, T=0.05, learning="supervised", r=0.7, M=5),
    "rounded": DENSE | dict(P=6, N=512, K=2, T=0.1, learning="supervised", r=0.8, M=25),
    "unsupervised": DENSE | dict(P=4, N=40, K=20, T=0.4, learning="unsupervised", r=0.7, M=5),
    "diluted": DILUTED | dict(N=300, K=5, d=0.3, T=0.1),
    "diluted examples": DILUTED | dict(N=300, K=5, d=0.3, T=0.1, learning="supervised", r=0.8, M=6),
    "log_sum": dict(network="exponential", N=20, K=90, T=0.3), "weights": dict(network="exponential", N=20, K=900, T=0.3),
    "sphere": MODERN | dict(N=30, K=50, lam=1.0, T=0.3),
    "langevin": MODERN | dict(N=30, K=50, lam=1.0, T=0.3, space="euclidean", dynamics="langevin"),
}


def one_at_a_time(monkeypatch):
    monkeypatch.setattr(pieces, "BYTES", 1)


def some_at_a_time(monkeypatch):
    """Two or three, so that the last are fewer; and C kernels are called more than once for them."""
    monkeypatch.setattr(pieces.Seen, "most", property(lambda self: 3, lambda self, most: None), raising=False)
    monkeypatch.setattr("hebbnet.montecarlo.native.BATCH", 500)


@pytest.mark.parametrize("way", [one_at_a_time, some_at_a_time])
@pytest.mark.parametrize("name", RUNS)
def test_measuring_together_changes_nothing(name, way, monkeypatch):
    for chains, every in ((1, 1), (5, 3)):
        settings = dict(RUNS[name], chains=chains, every=every, thermalize=4, measure=24, disorder=1, seed=4, series=True, spins=True)
        network = settings.pop("network")
        together = hn.simulate(network, **settings)
        with monkeypatch.context() as changed:
            way(changed)
            xarray.testing.assert_identical(hn.simulate(network, **settings), together)


@pytest.mark.parametrize("way", [one_at_a_time, some_at_a_time])
@pytest.mark.parametrize("name", ["bytes", "powers", "unsupervised", "inexact", "diluted examples", "weights", "sphere"])
def test_measuring_together_changes_nothing_in_tempering(name, way, monkeypatch):
    for replicas, swap_every, every in ((1, 1, 1), (3, 2, 4)):
        settings = dict(RUNS[name], T=[0.1, 0.3, 0.5], replicas=replicas, swap_every=swap_every, every=every, thermalize=4, measure=40, disorder=1,
                        seed=4, series=True, spins=True)
        network = settings.pop("network")
        together = hn.temper(network, **settings)
        with monkeypatch.context() as changed:
            way(changed)
            xarray.testing.assert_identical(hn.temper(network, **settings), together)


def test_threads_see_the_same():
    task = hn.MonteCarlo("dense", chains=5)
    p = task.problem(task.check({"P": 4, "N": 50, "K": 100, "T": 0.5}), sample=0, seed=1)
    seen = []
    for engine in (numba_engine.Engine(p), threads.Engine(p, 3)):
        start = task.initial(p, 1)
        room = pieces.Seen(engine, start, 5 * 50)(start, 4)
        engine.advance(start, 12, room)
        seen.append(room)
    np.testing.assert_array_equal(seen[0].spins, seen[1].spins)
    np.testing.assert_array_equal(seen[0].overlaps, seen[1].overlaps)


def test_what_is_seen_is_what_was_there():
    for name in ("bytes", "words", "matrix", "powers", "diluted", "weights", "langevin"):
        settings = dict(RUNS[name])
        task = hn.MonteCarlo(settings.pop("network"), chains=2, dynamics=settings.pop("dynamics", None), start=settings.pop("start", None))
        p = task.problem(task.check({**settings, "T": 2.0}), sample=0, seed=1)
        engine, other, start, state = preparing.engine("numba", p), preparing.engine("numba", p), task.initial(p, 1), task.initial(p, 1)
        room = pieces.Seen(engine, start, 1)(start, 5)
        end, flips = engine.advance(start, 15, room)
        total = 0
        for t in range(5):
            state, more = other.advance(state, 3)
            total = total + more
            for seen, now in zip(pieces.copies(start, room), state):
                np.testing.assert_array_equal(seen[:, t], now)
        np.testing.assert_array_equal(flips, total)
        assert end.sweep == state.sweep == 15 and len(np.unique(room.spins, axis=0)) > 2


@pytest.mark.parametrize("sweep, end, most", list(itertools.product((0, 3, 7, 10, 11, 12, 14), (15, 40, 44), (1, 4, 100))))
def test_parts_lead_from_one_end_to_the_other_and_meet_every_measurement_once(sweep, end, most):
    thermalize, every, at, measured = 10, 3, sweep, []
    for sweeps, times in pieces.parts(sweep, end, thermalize, every, most):
        assert 0 <= times <= most and sweeps > 0 and (at >= thermalize or at + sweeps <= thermalize)
        at += sweeps
        measured += [at - (times - 1 - t) * every for t in range(times)]
        assert times < 2 or sweeps == times * every
    assert at == end and measured == [s for s in range(thermalize + every, end + 1, every) if s > sweep]


@pytest.mark.parametrize("P, N, K", [(2, 50, 600), (3, 40, 700), (4, 100, 600), (6, 40, 512), (8, 30, 600), (4, 1000, 2000)])
@pytest.mark.parametrize("self_interaction", [False, True])
def test_the_energy_as_a_polynomial_is_that_of_the_table(P, N, K, self_interaction):
    p = problem(P, N, K, self_interaction=self_interaction)
    spins = np.random.default_rng(1).choice(np.array([-1, 1], np.int8), (4, N))
    spins[0], spins[1] = p.patterns.archetypes[0], -p.patterns.archetypes[1]
    state = p.begin(spins)
    engine, table = numba_engine.Engine(p), numba_engine.Engine(p)
    table.law = ()
    np.testing.assert_array_equal(engine.energies(state), table.energies(state))
    assert engine.law


def test_no_polynomial_where_64_bits_do_not_hold_it():
    network = networks.get("dense")
    params = Params({"P": 8, "N": 100, "self_interaction": False})
    for K, there in ((10, True), (2000, False)):
        form = forms.derive(lambda X: network.law(X, params), 100, K)
        assert form.exact and bool(forms.energy_polynomial(form, K)) == there
    assert forms.energy_polynomial(forms.derive(lambda X: abs(X) ** 3 if X > 0 else 0, 20, 50), 50) == ()
