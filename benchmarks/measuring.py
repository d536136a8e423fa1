"""What measuring costs beside the sweeps, with a measurement after each: chains of one sample, and parallel tempering (T: temperatures).

"sweeps": microseconds of a sweep of all chains in one long call of the engine; "together" and "one by one": those of `MonteCarlo` or `Tempering`,
start and end of the run taken off, with the engine putting many states beside each other for Python, and with Python entered at each.  outside:
the part of a run that is no sweep (tempering: swaps too).  Processor time of one thread, the best of REPEATS in turn.

    python benchmarks/measuring.py [--save benchmarks/results/measuring.json]
"""
import time

import click
import numpy as np
from machine import write

import hebbnet as hn
from hebbnet.montecarlo import pieces, preparing

DENSE = {"network": "dense", "P": 4, "N": 100, "T": 0.4}
CASES = {
    "P=2 N=1000 K=100": DENSE | {"P": 2, "N": 1000, "K": 100}, "P=4 N=100 K=100": DENSE | {"K": 100}, "P=4 N=100 K=2500": DENSE | {"K": 2500},
    "the same, T=2": DENSE | {"K": 2500, "T": 2.0, "start": "random"},
    "supervised, M=10, K=100": DENSE | {"K": 100, "learning": "supervised", "r": 0.7, "M": 10},
    "unsupervised, M=10, K=100": DENSE | {"K": 100, "learning": "unsupervised", "r": 0.7, "M": 10},
    "multitasking N=1000 K=5": {"network": "multitasking", "N": 1000, "K": 5, "d": 0.3, "T": 0.1},
    "exponential N=20 K=900": {"network": "exponential", "N": 20, "K": 900, "T": 0.3},
    "modern, sphere, N=50 K=100": {"network": "modern", "N": 50, "K": 100, "lam": 1.0, "T": 0.3},
}
CHAINS, TEMPERED, LADDERS = (1, 8, 64), ("P=2 N=1000 K=100", "P=4 N=100 K=100", "P=4 N=100 K=2500"), (6, 24)
SWEEPS, REPEATS, SEED = 1000, 4, 1


def case(name, chains, ladder=None, sweeps=SWEEPS, repeats=REPEATS):
    """Microseconds per sweep of so many chains, or of two replicas of a ladder."""
    point = dict(CASES[name])
    network = point.pop("network")
    if ladder:
        point.pop("T")
        task = dict(T=np.linspace(0.2, 0.8, ladder).tolist(), replicas=2)
        make = hn.Tempering
    else:
        task, make = dict(chains=chains, start=point.pop("start", None)), hn.MonteCarlo
    long, short = (make(network, **task, disorder=1, thermalize=0, measure=n) for n in (sweeps, 1))

    def alone():
        if ladder:
            whole = long.ladder(long.check(point), sample=0, seed=SEED)
            engine, state = whole.engine, long.initial(whole, SEED).chains
        else:
            problem = long.problem(long.check(point), sample=0, seed=SEED)
            engine, state = preparing.engine("numba", problem), long.initial(problem, SEED)
        return timed(lambda: engine.advance(state, sweeps))

    def run():
        return timed(lambda: long.measurements(point, sample=0, seed=SEED)) - timed(lambda: short.measurements(point, sample=0, seed=SEED))

    best, room = {}, pieces.BYTES
    for repeat in range(repeats + 1):   # the first one compiles
        for what, call, size in (("sweeps", alone, room), ("together", run, room), ("one by one", run, 1)):
            pieces.BYTES = size
            spent = call()
            best[what] = min(best.get(what, np.inf), spent) if repeat else np.inf
    pieces.BYTES = room
    return {"case": name, "chains": chains, "temperatures": ladder, **{f"{what}_microseconds": 1e6 * t / sweeps for what, t in best.items()}}


def timed(call):
    start = time.thread_time()
    call()
    return time.thread_time() - start


HEAD = f"{'case':>26} {'chains':>7} {'T':>3} {'sweeps':>8} {'together':>9} {'outside':>8} {'one by one':>11} {'outside':>8} {'ratio':>6}"


def line(row):
    sweeps, together, single = (row[f"{what}_microseconds"] for what in ("sweeps", "together", "one by one"))
    return (f"{row['case']:>26} {row['chains']:7d} {row['temperatures'] or '':>3} {sweeps:8.1f} {together:9.1f} {1 - sweeps / together:8.0%} "
            f"{single:11.1f} {1 - sweeps / single:8.0%} {single / together:6.2f}")


def measured():
    for name in CASES:
        for chains in CHAINS:
            yield case(name, chains)
    for name in TEMPERED:
        for ladder in LADDERS:
            yield case(name, 2 * ladder, ladder)


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    print(HEAD)
    for row in measured():
        rows.append(row)
        print(line(row), flush=True)
    write(save, measuring=rows)


if __name__ == "__main__":
    command()
