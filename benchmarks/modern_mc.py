"""Speed of modern networks: binary flips and sphere moves beside the bytes they touch, exponential loads, and a point of each line of theory.

Binary attempts read a row (1 byte) and a weight (4 bytes) per pattern; sphere moves read every pattern, 8 bytes per entry.  The limit is the
best of many reads of as many bytes in the same run, one thread.  Each figure is the best of the repeats of some seconds, of
pieces of milliseconds, processor time.

    python benchmarks/modern_mc.py [--save benchmarks/results/modern_mc.json]
"""
import time

import click
import numpy as np
from engines import read_rate
from machine import write

import hebbnet as hn
from hebbnet.montecarlo import MonteCarlo, numba_engine, preparing

BUDGET, FEWEST = 4.0, 5    # seconds of repeats of a piece, and how many there are at least


def best(function, budget=BUDGET):
    function()
    times, first = [], time.perf_counter()
    while len(times) < FEWEST or time.perf_counter() - first < budget:
        begin = time.thread_time()
        function()
        times.append(time.thread_time() - begin)
    return min(times)


def chains(network, sweeps, budget, **point):
    """(seconds, flips per attempt) of `sweeps` sweeps of one chain from the pattern, whose fields are not remembered."""
    task = MonteCarlo(network, chains=1, disorder=1, thermalize=0)
    problem = task.problem(task.check(point), sample=0, seed=1)
    engine, state = preparing.engine("numba", problem), task.initial(problem, 1)
    if network == "exponential":
        engine = numba_engine.Engine(problem, remember=False)
    made = []

    def run():
        made.append(engine.advance(state, sweeps)[1][0])     # states change in place; the same sweeps again
    return best(run, budget), float(np.mean(made)) / sweeps / problem.attempts


def binary(K, T, N=40, budget=BUDGET):
    """Attempted flips per second of the "exponential" network."""
    sweeps = max(1, 10**6 // K)
    seconds, flips = chains("exponential", sweeps, budget, N=N, K=K, T=T)
    return row("binary attempts", N, K, T, N * sweeps / seconds, flips, 5 * K)


def sphere(K, N=64, budget=BUDGET):
    """Moves per second of the "modern" network on the sphere."""
    seconds, flips = chains("modern", 20, budget, N=N, K=K, T=0.5, lam=1.0)
    return row("sphere moves", N, K, 0.5, 20 / seconds, flips, 8 * N * K)


def row(what, N, K, T, rate, flips, touched):
    limit = read_rate(touched)
    return {"what": what, "N": N, "K": K, "T": T, "per_second": rate, "flips_per_attempt": flips, "bytes_per_second": touched * rate,
            "read_limit": limit, "ratio": touched * rate / limit}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = [binary(K, T) for K in (10**4, 10**5, 10**6) for T in (0.3, 1.5)] + [sphere(K) for K in (10**3, 10**4)]
    for each in rows:
        print(f"{each['what']:16} N = {each['N']}, K = {each['K']:>8}, T = {each['T']}: {each['per_second']:12,.0f} a second "
              f"({each['flips_per_attempt']:.3f} accepted), "
              f"{each['bytes_per_second'] / 1e9:6.2f} GB/s of {each['read_limit'] / 1e9:6.2f}, {100 * each['ratio']:.0f} %", flush=True)
    loads = []
    for ensemble in ("spherical", "gaussian", "binary"):
        given = {"N": 40, "lam": 1.0, "ensemble": ensemble, "overlap": 1.0, "probes": 1, "largest": 10**5}
        lost = hn.critical_loads(**given)[0]
        seconds, patterns = best(lambda given=given: hn.critical_loads(**given)), 10**5 if np.isinf(lost) else np.exp(40 * lost)
        loads.append({"ensemble": ensemble, "overlaps_per_second": patterns / seconds})
        print(f"drawn overlaps, {ensemble}: {patterns / seconds / 1e6:.0f} million a second", flush=True)
    lines = {}
    for which in ("spinodal", "union", "single"):
        lines[which] = best(lambda w=which: hn.boundary("modern", w, alpha=0.3, lam=1.0))
        print(f"{which}: {1e3 * lines[which]:.2f} ms", flush=True)
    lines["basin"] = best(lambda: hn.boundary("modern", "spinodal", T=0.0, lam=1.0, overlap=0.7))
    print(f"basin: {1e3 * lines['basin']:.2f} ms", flush=True)
    write(save, modern_mc=rows, overlaps=loads, seconds_per_point=lines)


if __name__ == "__main__":
    command()
