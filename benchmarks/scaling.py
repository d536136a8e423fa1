"""How the cost of Monte Carlo grows with N, K, P, chains and threads: exponents fitted to measured times, beside the expected ones.

Dense network, heat-bath at a temperature so high that half of all attempts flip at any size; processor time of pieces of some 20 ms, the best of
ROUNDS through all sizes, so that a slow minute of the machine is not one size's.  The exponent is the slope of ln(time) over ln(size), with its
standard error from the scatter about the line: it tells how straight the line is, and not how quiet the machine was.  Threads and processes: elapsed
time, and all rounds are points; a study of processes is that of a user, with tasks of about a second, starting and merging included.

    python benchmarks/scaling.py [--save benchmarks/results/NAME.json]
"""
import json
import subprocess
import sys
import tempfile
import time

import click
import numpy as np
from machine import CORES, write

from hebbnet.montecarlo import MonteCarlo, preparing
from hebbnet.montecarlo.numba_engine import Engine

HOT, SEED, ROUNDS, PIECE, ALPHA = 1e6, 1, 5, 0.02, 0.5
TASK_SWEEPS, MOST_WORKERS = 100_000, 16   # a task of about a second


def fit(x, y):
    """(exponent, its standard error) of y ~ x**exponent; the error is NaN with two points."""
    x, y = np.log(np.asarray(x, float)), np.log(np.asarray(y, float))
    x = x - x.mean()
    slope = x @ y / (x @ x)
    rest = y - y.mean() - slope * x
    return float(slope), float(np.sqrt(rest @ rest / (len(x) - 2) / (x @ x))) if len(x) > 2 else float("nan")


def hot(P, N, K, chains=1):
    """(problem, state) of so many chains of one sample."""
    task = MonteCarlo("dense", chains=chains, start="random")
    problem = task.problem(task.check({"P": P, "N": N, "K": K, "T": HOT}), sample=0, seed=SEED)
    return problem, task.initial(problem, SEED)


def per_attempt(cases, rounds=ROUNDS, piece=PIECE):
    """Seconds per attempted flip of each case (P, N, K, chains)."""
    runs, best = [], np.full(len(cases), np.inf)
    for case in cases:
        problem, state = hot(*case)
        engine = Engine(problem, matrix=False)
        engine.advance(state, 1)   # compiles
        begin = time.thread_time()
        engine.advance(state, 1)
        runs.append((engine, state, max(1, int(piece / (time.thread_time() - begin)))))
    for _ in range(rounds):
        for k, (engine, state, sweeps) in enumerate(runs):
            begin = time.thread_time()
            engine.advance(state, sweeps)
            best[k] = min(best[k], (time.thread_time() - begin) / (sweeps * state.spins.size))
    return best


def threads(count, sweeps, chains=16):
    """Seconds for sweeps of 16 chains, P = 4, N = 100, K = 2500, divided among so many threads."""
    problem, state = hot(4, 100, 2500, chains)
    engine = preparing.engine("numba", problem, count)
    engine.advance(state, 1)   # compiles, and starts the threads
    begin = time.perf_counter()
    engine.advance(state, sweeps)
    return time.perf_counter() - begin


STUDY = """
import json, sys, time
import numpy as np
import hebbnet as hn

if __name__ == "__main__":
    count, sweeps, tasks, folder = *map(int, sys.argv[1:4]), sys.argv[4]
    study = hn.Study("scaling", hn.Grid(P=4, N=100, K=2500, T=np.linspace(2.0, 2.1, tasks // 4)),
                     hn.MonteCarlo("dense", start="random", thermalize=0, measure=sweeps, every=sweeps, chains=1, disorder=4), seed=1)
    begin = time.perf_counter()
    study.run(folder, workers=count, quiet=True)
    print(json.dumps(time.perf_counter() - begin))
"""


def workers(count, sweeps, tasks=16):
    """Seconds for a study of equal tasks on so many processes, starting and merging included.

    In a script of its own, as a user would write it: every worker begins with what the main script imports.
    """
    with tempfile.TemporaryDirectory(dir=".") as folder:
        program = [sys.executable, "-c", STUDY, *map(str, (count, sweeps, tasks)), folder]
        return json.loads(subprocess.run(program, check=True, capture_output=True, text=True).stdout)


def powers(highest):
    return [2**k for k in range(highest.bit_length()) if 2**k <= highest]


def measured(quick=False):
    """Rows: what is varied, what is timed, sizes, seconds, exponent, error, expected (lowest, highest), why."""
    rounds, top = (1, 2) if quick else (ROUNDS, 9)

    def row(varied, timed, sizes, seconds, expected, why):
        exponent, error = fit(sizes, seconds)
        return {"varied": varied, "timed": timed, "sizes": list(map(int, sizes)), "seconds": list(map(float, seconds)), "exponent": exponent,
                "error": error, "expected": expected, "why": why}

    def attempts(varied, sizes, case, expected, why):
        return row(varied, "an attempt", sizes, per_attempt([case(size) for size in sizes], rounds), expected, why)

    N = np.array([20, 30] if quick else [48, 56, 66, 80, 100])   # below 128, where tables grow, and with rows in the second cache
    K = [round(ALPHA / 12 * n**3) for n in N]
    each = per_attempt([(4, n, k) for n, k in zip(N.tolist(), K)], rounds)
    yield row("N at fixed load", "a sweep, P = 4", N, each * N, (4, 4), "N attempts of K ~ N^(P-1) patterns")
    yield attempts("N at fixed K", N, lambda n: (4, int(n), K[-1]), (0, 0), "an attempt looks at K patterns, not at neurons")
    yield attempts("K", [(4000 << k) // (10 if quick else 1) for k in range(min(top, 7))], lambda K: (4, 100, K), (1, 1), "every pattern once")
    yield attempts("P", (2, 4) if quick else (2, 4, 6, 8), lambda P: (P, 100, 1000 if quick else 20_000), (0, 1),
                   "K patterns whatever P is; digits of an exact field ~ P")
    yield attempts("chains", powers(2 if quick else 64), lambda count: (4, 100, 250 if quick else 2500, count), (0, 0),
                   "chains of one sample are independent, and share nothing")
    counts = np.repeat(powers(2 if quick else CORES), rounds)
    yield row("threads", "sweeps of 16 chains", counts, [threads(count, 3 if quick else 6000) for count in counts.tolist()], (-1, -1),
              "no lock is held")
    yield of_workers(quick, row)


def of_workers(quick, row):
    """The row of a study on 1, 2, 4, ... up to MOST_WORKERS processes; `start_seconds` and `task_seconds`: what a study without work takes, and what
    each of its tasks adds to that, for each of the numbers of workers."""
    counts, many = powers(2 if quick else min(CORES, MOST_WORKERS)), 400
    few = [workers(count, 1) for count in counts]   # without work
    each = [0.0 if quick else (workers(count, 1, many) - spent) / (many - 16) for count, spent in zip(counts, few)]
    start = [spent - 16 * task for spent, task in zip(few, each)]
    rounds = np.repeat(counts, 1 if quick else 2)
    seconds = [workers(count, 10 if quick else TASK_SWEEPS) for count in rounds.tolist()]
    told = f"processes that share nothing; starts in {max(start):.1f} s, {1e3 * max(each):.1f} ms a task"
    return {**row("workers", "tasks of a study", rounds, seconds, (-1, -1), told), "start_seconds": start, "task_seconds": each}


HEAD = f"{'varied':>16} {'timed':>20} {'from ... to':>18} {'exponent':>15} {'expected':>9}"


def line(row):
    low, high = row["expected"]
    ends = f"{min(row['sizes'])} ... {max(row['sizes'])}"
    return (f"{row['varied']:>16} {row['timed']:>20} {ends:>18} {row['exponent']:7.3f} ± {row['error']:5.3f} "
            f"{low if low == high else f'{low} to {high}':>9}   {row['why']}")


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="Smallest form, seconds, as a test.")
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(quick, save):
    rows = []
    print(HEAD)
    for row in measured(quick):
        rows.append(row)
        print(line(row), flush=True)
    write(save, scaling=rows)


if __name__ == "__main__":
    command()
