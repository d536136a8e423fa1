"""How the cost of Monte Carlo grows with N, K, P, chains and threads: exponents fitted to measured times, beside the expected ones.

Dense network, heat-bath at a temperature so high that half of all attempts flip at any size; processor time of pieces of some 20 ms, the best of
ROUNDS through all sizes, so that a slow minute of the machine is not one size's.  The exponent is the slope of ln(time) over ln(size), with its
standard error from the scatter about the line: it tells how straight the line is, and not how quiet the machine was.  Threads and processes: elapsed
time, and all rounds are points.

    python benchmarks/scaling.py [--save benchmarks/results/NAME.json]
"""
import tempfile
import time

import click
import numpy as np
from machine import CORES, write

import hebbnet as hn
from hebbnet.montecarlo import MonteCarlo, preparing
from hebbnet.montecarlo.numba_engine import Engine

HOT, SEED, ROUNDS, PIECE, ALPHA = 1e6, 1, 5, 0.02, 0.5


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


def workers(count, sweeps, tasks=16):
    """Seconds for a study of 16 equal tasks on so many processes, starting and merging included."""
    study = hn.Study("scaling", hn.Grid(P=4, N=100, K=2500, T=np.linspace(0.2, 0.3, tasks // 4)),
                     hn.MonteCarlo("dense", thermalize=0, measure=sweeps, every=sweeps // 10, chains=1, disorder=4), seed=SEED)
    with tempfile.TemporaryDirectory(dir=".") as folder:
        begin = time.perf_counter()
        study.run(folder, workers=count, quiet=True)
        return time.perf_counter() - begin


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
                   "chains of one sample are independent; below 0 where they share rows")
    counts = np.repeat(powers(2 if quick else CORES), rounds)
    yield row("threads", "sweeps of 16 chains", counts, [threads(count, 3 if quick else 1500) for count in counts.tolist()], (-1, -1),
              "no lock is held")
    counts, sweeps = powers(2 if quick else CORES), 10 if quick else 30_000
    empty = [0 if quick else min(workers(count, 10) for _ in range(3)) for count in counts]   # what starting and merging take
    counts, empty = np.repeat(counts, 1 if quick else 3), np.repeat(empty, 1 if quick else 3)
    seconds = [workers(count, sweeps) - start for count, start in zip(counts.tolist(), empty)]
    yield row("workers", "tasks of a study", counts, seconds, (-1, -1), "processes that share nothing; less a study of empty tasks")


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
