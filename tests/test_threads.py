"""Threads: the same numbers whatever their number, for every way of the compiled engine, and what is refused."""
import inspect

import numpy as np
import pytest
import xarray

import hebbnet as hn
from hebbnet import ParameterError
from hebbnet.montecarlo import numba_engine, threads

RUNS = {
    "bytes": dict(network="dense", P=4, N=60, K=300, T=0.4), "words": dict(network="dense", P=2, N=300, K=20, T=0.4),
    "matrix": dict(network="dense", P=2, N=40, K=200, T=2.0), "table": dict(network="dense", P=7, N=260, K=30, T=0.4),
    "supervised": dict(network="dense", P=4, N=40, K=60, T=0.4, learning="supervised", r=0.7, M=5),
    "rounded": dict(network="dense", P=6, N=512, K=2, T=0.1, learning="supervised", r=0.8, M=25),
    "multitasking": dict(network="multitasking", N=300, K=5, d=0.3, T=0.1), "weights": dict(network="exponential", N=20, K=900, T=0.3),
}


@pytest.mark.parametrize("name", RUNS)
@pytest.mark.parametrize("disorder, count", [(3, 2), (1, 3), (2, 5)])
def test_threads_change_nothing(name, disorder, count):
    settings = dict(RUNS[name], chains=5, thermalize=3, measure=6, disorder=disorder, seed=4)
    network = settings.pop("network")
    xarray.testing.assert_identical(hn.simulate(network, **settings), hn.simulate(network, threads=count, **settings))


def test_threads_change_nothing_in_tempering():
    settings = dict(P=4, N=30, K=40, T=[0.2, 0.4, 0.7, 1.1], thermalize=20, measure=40, seed=4)
    for disorder in (1, 3):
        one, three = (hn.temper("dense", disorder=disorder, threads=count, **settings) for count in (1, 3))
        xarray.testing.assert_identical(one, three)


def test_each_thread_has_chains_of_its_own():
    task = hn.MonteCarlo("dense", chains=5)
    problem = task.problem(task.check({"P": 4, "N": 50, "K": 100, "T": 0.5}), sample=0, seed=1)
    engine = threads.Engine(problem, 3)
    state, _ = engine.advance(task.initial(problem, 1), 2)
    assert [(part.first, part.end) for part in engine.parts] == [(0, 1), (1, 3), (3, 5)]
    for one, other in zip(engine.parts, engine.parts[1:]):
        assert one.draws is not other.draws
        assert one.native is None or (one.native is not other.native and not np.shares_memory(one.native.bytes, other.native.bytes))
    other, _ = numba_engine.Engine(problem).advance(task.initial(problem, 1), 2)
    np.testing.assert_array_equal(state.spins, other.spins)


@pytest.mark.parametrize("settings, message", [
    (dict(threads=0), "threads = 0"), (dict(threads=1.5), "threads = 1.5"), (dict(threads=2, engine="numpy"), "threads = 2 with engine = 'numpy'")])
def test_bad_threads_are_named(settings, message):
    with pytest.raises(ParameterError, match=message):
        hn.simulate("dense", P=2, N=20, K=2, T=0.5, **settings)


def test_the_same_words_everywhere():
    for function in (hn.simulate, hn.temper, hn.tune_ladder):
        assert inspect.signature(function).parameters["threads"].default == 1
