"""Speed of the compiled engine on diluted patterns, one thread, beside the machine's own limit measured in the same run.

One attempted flip looks at the nonzero entries of its neuron, c = K (1-d) on average.  It touches 5 c bytes of entries (column and value),
8 c of overlaps, which stay in the cache, and 49 of the neuron and its random numbers (where its entries begin and end, squares, spin, threshold,
site).  The limit is the rate at which one thread reads as many bytes as all of this takes, again and again and in order, over the bytes of
an attempt.  The other limit, `numbers`, is how fast random numbers alone are made into thresholds and sites.  Systematic order beside
random order shows what it costs to jump about in memory.

    python benchmarks/multitasking_engine.py [--save benchmarks/results/NAME.json]
"""
import time

import click
import numpy as np
from engines import copied, read_rate, timed
from machine import write

from hebbnet.montecarlo import MonteCarlo
from hebbnet.montecarlo.attempts import LOGIT, draw_sweep
from hebbnet.montecarlo.numba_engine import Engine

CASES = [(100_000, 5, 0.5), (10_000, 500, 0.9), (1_000_000, 5, 0.5)]
TEMPERATURES = (0.05, 0.5)   # in units of 1-d, where the paramagnet begins
SEED, REPEATS, SECONDS, SWEEPS = 1, 3, 0.5, 5


def case(N, K, d, T, order, numbers=None, seconds=SECONDS, repeats=REPEATS):
    """Speed of runs of SWEEPS sweeps from the same start, the best of `repeats`, beside the limits."""
    task = MonteCarlo("multitasking", chains=1, order=order)
    problem = task.problem(task.check({"N": N, "K": K, "d": d, "T": T}), sample=0, seed=SEED)
    engine, start, entries = Engine(problem, remember=False), task.initial(problem, SEED), len(problem.patterns.rows.value) / N
    engine.advance(copied(start), 1)   # compiles
    flips, acceptance = max(timed(engine, start, SWEEPS, seconds) for _ in range(repeats))
    touched = 13 * entries + 49
    return {"N": N, "K": K, "d": d, "T": T, "order": order, "acceptance": acceptance, "entries": entries, "flips_per_second": flips,
            "bytes_per_flip": touched, "limit": read_rate(int(N * (5 * entries + 49) + 8 * K)) / touched,
            "numbers_per_second": numbers or numbers_rate(N)}


def numbers_rate(N):
    """Thresholds and sites per second of heat-bath dynamics."""
    arrays, best = (np.empty(N), np.arange(N), np.empty((2, N))), np.inf
    for sweep in range(8):
        begin = time.perf_counter()
        draw_sweep(np.array([1, 2], np.uint64), sweep, 0, 0, LOGIT, 1.0, True, *arrays)
        best = min(best, time.perf_counter() - begin)
    return N / best


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    print(f"{'N':>8} {'K':>4} {'d':>4} {'T':>6} {'order':>10} {'accept':>7} {'Mflip/s':>8} {'Mentry/s':>9} {'limit':>8} {'of it':>6} {'numbers':>8}")
    for N, K, d in CASES:
        numbers = numbers_rate(N)
        for T in (t * (1 - d) for t in TEMPERATURES):
            for order in ("random", "systematic"):
                rows.append(row := case(N, K, d, T, order, numbers))
                flips, limit = row["flips_per_second"], row["limit"]
                print(f"{N:8d} {K:4d} {d:4.1f} {T:6.3f} {order:>10} {row['acceptance']:7.3f} {flips / 1e6:8.2f} {flips * row['entries'] / 1e6:9.1f} "
                      f"{limit / 1e6:8.1f} {flips / limit:6.0%} {numbers / 1e6:8.1f}", flush=True)
    print("Mflip/s: attempted flips; limit: bytes of an attempt over the single-thread read rate, numbers: random ones alone, in 1e6 per second")
    write(save, multitasking=rows)


if __name__ == "__main__":
    command()
