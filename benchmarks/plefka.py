"""Mean-field dynamics beside Monte Carlo: the tables of docs/plefka.md.  An hour.

    python benchmarks/plefka.py [accuracy] [sizes] [speed] [--longer TIMES] [--save benchmarks/results/plefka.json]

accuracy, sizes: rms difference over neurons between the magnetizations of the fixed point, from the archetype, and means over heat-bath of
the very same couplings (two chains, whose difference gives the noise).  P = 4 runs at T (N)_P/N**P, as benchmarks/two_wings_learning.py.
"instance": reaction="instance", Onsager's term with the squared couplings of these very rows.  speed: one thread.
"""
import math
import time
from functools import partial

import click
import numpy as np
from machine import write

from hebbnet import networks
from hebbnet.montecarlo import MonteCarlo, plefka
from hebbnet.montecarlo.numba_engine import Engine

SEED, THERMALIZE = 2027, 300
ACCURACY = [   # learning, P, N, alpha, T, r, M, samples, sweeps
    ("supervised", 4, 96, 0.05, 0.3, 0.4, 27, 4, 20_000), ("supervised", 4, 96, 0.05, 0.4, 0.8, 3, 4, 20_000),
    ("supervised", 4, 128, 0.10, 0.4, 0.8, 5, 2, 20_000), ("supervised", 4, 128, 0.05, 0.3, 0.4, 27, 2, 20_000),
    ("unsupervised", 4, 96, 0.05, 0.35, 0.8, 4, 4, 20_000), ("unsupervised", 4, 96, 0.05, 0.3, 0.7, 8, 4, 20_000),
    ("storage", 2, 2000, 0.05, 0.4, None, None, 4, 10000), ("supervised", 2, 1000, 0.02, 0.25, 0.5, 10, 4, 10000),
    ("unsupervised", 2, 1000, 0.02, 0.25, 0.5, 10, 4, 10000)]
SIZES = [("supervised", 4, N, 0.05, 0.35, 0.8, 3, samples, sweeps) for N, samples, sweeps in ((48, 8, 20000), (96, 8, 6000), (192, 2, 1500))]
SPEED = [("storage", 100, 4167), ("supervised", 100, 4167), ("storage", 1000, 10_000), ("supervised", 1000, 10_000),
         ("storage", 10_000, 10_000)]   # learning, N, K of P = 4


def instance(learning, P, N, alpha, T, r, M):
    data = {} if learning == "storage" else {"learning": learning, "r": r, "M": M, "stratified": True}
    return {"P": P, "N": N, "alpha": alpha, "T": T * (math.perm(N, P) / N**P if P > 2 else 1), **data}


def heat_bath(point, sample, sweeps):
    """(params, problem, site means (2, N), energy per neuron, smallest overlap seen) of two chains from the archetype."""
    task = MonteCarlo("dense", chains=2)
    params = task.check(point)
    problem = task.problem(params, sample=sample, seed=SEED)
    engine, state = Engine(problem), task.initial(problem, SEED)
    state, _ = engine.advance(state, THERMALIZE)
    total, energy, lowest = np.zeros(state.spins.shape), 0.0, 1.0
    for _ in range(sweeps):
        state, _ = engine.advance(state, 1)
        total += state.spins
        energy -= problem.scale * engine.energies(state).mean() / params.N
        lowest = min(lowest, (state.spins @ problem.patterns.archetypes[0].astype(int)).min() / params.N)
    return params, problem, total / sweeps, energy / sweeps, lowest


def compare(case):
    """One dict for each sample of a case of ACCURACY."""
    *what, samples, sweeps = case
    for sample in range(samples):
        params, problem, both, energy, lowest = heat_bath(instance(*what), sample, sweeps)
        means, archetype, N, P = both.mean(axis=0), problem.patterns.archetypes[0].astype(float), params.N, params.P
        row = {"learning": what[0], "P": P, "N": N, "alpha": what[3], "T": what[4], "r": what[5], "M": what[6], "K": params.K, "sample": sample,
               "sweeps": sweeps, "lowest_m": float(lowest), "noise": float(np.sqrt(np.mean((both[0] - both[1]) ** 2)) / 2),
               "mc": {"m": float(means @ archetype / N), "q": float(np.mean(both[0] * both[1])), "energy": float(energy)}}
        v = partial(networks.get("dense").crosstalk, params)
        kinds = {"plefka": (None, False), "tap": (v, False)}
        kinds |= {"tap, second order": (partial(constant, v(0.0)), False)} if P == 2 else {"instance": (v, True)}
        for name, (crosstalk, own) in kinds.items():
            network = plefka.MeanField(problem.patterns.rows, P, problem.scale, params.T, crosstalk, own)
            found = plefka.iterate(network, archetype[None], 0.5, 1e-10, 1000)
            m = found.magnetizations[0]
            row[name] = {"m": float(m @ archetype / N), "q": float(np.mean(m**2)), "rms": float(np.sqrt(np.mean((m - means) ** 2))),
                         "energy": float(found.energy[0]), "iterations": int(found.iterations[0]), "converged": bool(found.converged[0])}
        yield row


def constant(v, chi):
    return v


def table(cases, longer):
    print("| learning | P | N | alpha | T | r | M | sample | noise | MC m, q, energy | first order: m, q, energy, rms | tap: m, q, energy, rms | "
          "second order (P = 2): rms | instance: m, q, energy, rms |\n" + "|---" * 14 + "|")
    rows = []
    for case in cases:
        for row in compare((*case[:-1], longer * case[-1])):
            rows.append(row)
            print("| " + " | ".join(str(row[name]) for name in ("learning", "P", "N", "alpha", "T", "r", "M", "sample")) + f" | {row['noise']:.4f} | "
                  + " | ".join([numbers(row, "mc", "m", "q", "energy"), numbers(row, "plefka", "m", "q", "energy", "rms"),
                                numbers(row, "tap", "m", "q", "energy", "rms"), numbers(row, "tap, second order", "rms"),
                                numbers(row, "instance", "m", "q", "energy", "rms")]) + " |", flush=True)
    return rows


def numbers(row, kind, *names):
    return " ".join(f"{row[kind][name]:.4f}" for name in names) if kind in row else ""


def timed(function, repeats=3):
    """Seconds of the best of some calls after a first one, which compiles."""
    function()
    best = math.inf
    for _ in range(repeats):
        begin = time.perf_counter()
        function()
        best = min(best, time.perf_counter() - begin)
    return best


def speed():
    """Random patterns at T = 0.3, from overlap 0.8: heat-bath until m is within 1/sqrt(N) of the fixed point's, and the fixed point."""
    print("| learning | N | K | heat-bath, s per sweep | plefka | tap | heat-bath arrives: sweeps, s | tap converges to 1e-10: sweeps, s |\n"
          + "|---" * 8 + "|")
    rows = []
    for learning, N, K in SPEED:
        task = MonteCarlo("dense", chains=1, start=("overlap", 0.8))
        data = {} if learning == "storage" else {"learning": learning, "r": 0.8, "M": 5}
        params = task.check({"P": 4, "N": N, "K": K, "T": 0.3, **data})
        problem = task.problem(params, sample=0, seed=SEED)
        state, seconds = task.initial(problem, SEED), {}
        spins = state.spins.astype(float)
        for name, crosstalk in (("plefka", None), ("tap", partial(networks.get("dense").crosstalk, params))):
            network = plefka.MeanField(problem.patterns.rows, 4, problem.scale, 0.3, crosstalk)
            seconds[name] = timed(partial(plefka.iterate, network, 0.8 * spins, 0.5, 1e-300, 4)) / 6   # fields of 5 sweeps, and for the energy
            begin = time.perf_counter()
            found = plefka.iterate(network, spins, 0.5, 1e-10, 1000)
            taken = time.perf_counter() - begin
        m = found.magnetizations[0] @ problem.patterns.archetypes[0] / N
        engine = Engine(problem)
        engine.advance(state._replace(spins=state.spins.copy(), overlaps=state.overlaps.copy()), 1)   # compiles
        sweeps, begin = 0, time.perf_counter()
        while abs(state.spins[0] @ problem.patterns.archetypes[0].astype(int) / N - m) > N**-0.5:
            state, _ = engine.advance(state, 1)
            sweeps += 1
        arrives = time.perf_counter() - begin
        seconds["heat-bath"] = timed(partial(engine.advance, state, 2)) / 2
        rows.append({"learning": learning, "P": 4, "N": N, "K": K, "T": 0.3, "m": float(m), "q": float(np.mean(found.magnetizations**2)),
                     "seconds_per_sweep": seconds, "heat_bath_arrives": {"sweeps": sweeps, "seconds": arrives},
                     "tap_converges": {"sweeps": int(found.iterations[0]), "seconds": taken, "converged": bool(found.converged[0])}})
        print(f"| {learning} | {N} | {K} | {seconds['heat-bath']:.2g} | {seconds['plefka']:.2g} | {seconds['tap']:.2g} | {sweeps}, {arrives:.2g} | "
              f"{found.iterations[0]}, {taken:.2g} |", flush=True)
    return rows


@click.command(help=__doc__)
@click.argument("parts", nargs=-1, type=click.Choice(["accuracy", "sizes", "speed"]))
@click.option("--longer", default=1, show_default=True, help="this many times the sweeps of heat-bath")
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(parts, longer, save):
    run = {"accuracy": lambda: table(ACCURACY, longer), "sizes": lambda: table(SIZES, longer), "speed": speed}
    found = {name: run[name]() for name in parts or run}
    write(save, **found)


if __name__ == "__main__":
    command()
