"""Speed of the compiled engine, one thread, beside the machine's own limit measured in the same run.

A pattern-update is one pattern's overlap looked at for one attempted flip: attempted flips per second times K.  The limit is one
int8 row of K bytes per attempt over the rate at which one thread reads N K bytes again and again; beside it the rate of sgemm, one multiply-add
a pattern.  "numba": the same with the C kernels switched off.  Times are processor
time of the thread, which other programs disturb less.  Metropolis, at the acceptances of interest: the temperature is found by
bisection, the start is a pattern below acceptance 0.1 and random above.  Fields are not remembered, but for the second table: chains that go on
in a retrieval state, by flips in a sweep.  The third: parallel (Little) dynamics.

    python benchmarks/engines.py [--save benchmarks/results/NAME.json]
"""
import time

import click
import numba
import numpy as np
import threadpoolctl
from machine import write

from hebbnet.montecarlo import MonteCarlo
from hebbnet.montecarlo.numba_engine import Engine

CASES = [(2, 1000, 100, (0.01, 0.43, 0.94)), (2, 2000, 200, (0.01, 0.43, 0.94)), (4, 100, 2500, (0.0, 0.65, 0.97)),
         (4, 100, 25_000, (0.01, 0.18, 0.9)), (4, 200, 200_000, (0.01, 0.65)), (4, 400, 20_000, (0.1, 0.2)), (4, 1000, 100_000, (0.0,)),
         (6, 100, 25_000, (0.0, 0.65))]
COLD = [(4, 100, 2500, (0.3, 0.4, 0.45)), (4, 100, 25_000, (0.2, 0.25, 0.35)), (4, 1000, 100_000, (0.3,))]   # temperatures
PARALLEL = [(3, 100, 5000, (5.0,)), (4, 100, 2500, (0.2, 5.0)), (4, 100, 25_000, (0.2, 5.0)), (4, 1000, 20_000, (0.2, 5.0)),
            (6, 300, 20_000, (0.2, 5.0))]   # temperatures
SEED, REPEATS, SECONDS, SWEEPS = 1, 3, 0.5, 10


def prepared(P, N, K, T, acceptance, C=True, remember=False, dynamics="metropolis"):
    task = MonteCarlo("dense", dynamics=dynamics, chains=1, start="pattern" if acceptance < 0.1 else "random")
    problem = task.problem(task.check({"P": P, "N": N, "K": K, "T": T}), sample=0, seed=SEED)
    return Engine(problem, C=C, remember=remember), task.initial(problem, SEED)


def pieces(P, N, K, T, acceptance, seconds, C=True):
    """Run SWEEPS sweeps from the start, again and again, for about `seconds`: attempted flips per second, and the acceptance.

    Always from the start, because a random one may find a pattern if it is given time, and the acceptance then drops.
    """
    engine, start = prepared(P, N, K, T, acceptance, C)
    sweeps = SWEEPS if N < 1000 or P == 2 else 1
    state, _ = engine.advance(copied(start), sweeps)   # compiles, and lets the engine choose its form
    return *timed(engine, start, sweeps, seconds), engine.way


def timed(engine, start, sweeps, seconds):
    """(attempted flips per second, acceptance) of runs of so many sweeps from the same start, for about `seconds`."""
    attempts, spent, runs, flips = sweeps * start.spins.shape[1], 0.0, 0, 0
    while spent < seconds or not runs:
        state = copied(start)
        begin = time.thread_time()
        state, flipped = engine.advance(state, sweeps)
        spent += time.thread_time() - begin
        runs, flips = runs + 1, flips + flipped[0]
    return runs * attempts / spent, flips / (runs * attempts)


def copied(state):
    return state._replace(spins=state.spins.copy(), overlaps=state.overlaps.copy())


def temperature(P, N, K, acceptance):
    """Temperature with about this acceptance, by bisection in ln T; a very low one for acceptance 0."""
    low, high = np.log(0.02), np.log(40.0 if acceptance >= 0.1 else 0.7)   # 0.7: stay in the retrieval state
    for _ in range(12 if acceptance else 0):
        middle = (low + high) / 2
        low, high = (middle, high) if pieces(P, N, K, np.exp(middle), acceptance, 0)[1] < acceptance else (low, middle)
    return float(np.exp(low))


def cold(P, N, K, T, seconds=SECONDS, repeats=REPEATS):
    """Attempted flips per second of a chain that goes on in a retrieval state, with remembered fields and without."""
    rates, seen = {}, None
    for remember in (True, False):
        engine, state = prepared(P, N, K, T, 0.0, remember=remember)
        sweeps = 20 if N * K < 1e7 else 2
        state, _ = engine.advance(state, 2 * sweeps)
        times = []
        for _ in range(repeats):
            flips, attempts, spent = 0, 0, 0.0
            while spent < seconds:
                begin = time.thread_time()
                state, flipped = engine.advance(state, sweeps)
                spent, attempts, flips = spent + time.thread_time() - begin, attempts + sweeps * N, flips + flipped[0]
            times.append(attempts / spent)
        rates[remember], seen = max(times), flips / attempts * N if remember else seen
    return {"P": P, "N": N, "K": K, "T": T, "flips_in_a_sweep": seen, "flips_per_second": rates[True], "not_remembered": rates[False]}


def parallel(P, N, K, T, seconds=SECONDS, repeats=REPEATS):
    """Fields per second of parallel (Little) dynamics, all of the same spins, with the C kernels and without; from a pattern where it is cold."""
    rates, seen = {}, None
    engines = {C: prepared(P, N, K, T, 0.0 if T < 1 else 0.5, C, dynamics="parallel") for C in (True, False)}
    for engine, start in engines.values():
        engine.advance(copied(start), 1)   # compiles
    for _ in range(repeats):
        for C, (engine, start) in engines.items():
            rate, seen = timed(engine, start, SWEEPS if N < 1000 else 2, seconds)
            rates[C] = max(rates.get(C, 0.0), rate)
    return {"P": P, "N": N, "K": K, "T": T, "acceptance": seen, "kernel": engines[True][0].way, "flips_per_second": rates[True],
            "pattern_updates_per_second": rates[True] * K, "numba_flips_per_second": rates[False]}


@numba.njit(fastmath=True)
def total(words, repeats):
    t = np.int64(0)
    for _ in range(repeats):
        for k in range(words.size):
            t += words[k]
        words[0] = t & 1   # so that no sum can stand for the next one
    return t


def read_rate(size):
    """Bytes per second that one thread reads, again and again, from `size` bytes."""
    words = np.ones(max(size // 8, 64), np.int64)   # zeros would be one page of memory, again and again
    total(words, 1)
    repeats, best = max(1, int(2e9 / words.nbytes)), np.inf
    for _ in range(REPEATS):
        start = time.thread_time()
        total(words, repeats)
        best = min(best, time.thread_time() - start)
    return repeats * words.nbytes / best


def sgemm(size=2048):
    """Multiply-adds per second of a product of two float32 matrices."""
    a, best = np.random.default_rng(0).random((size, size), np.float32), np.inf
    with threadpoolctl.threadpool_limits(1):
        for _ in range(REPEATS + 1):
            start = time.thread_time()
            a @ a
            best = min(best, time.thread_time() - start)
    return size**3 / best


def case(P, N, K, acceptance, seconds=SECONDS, repeats=REPEATS):
    """Speeds of the engine with and without the C kernels beside the limit, in turn."""
    T = temperature(P, N, K, acceptance)
    runs = [(read_rate(N * K), *(pieces(P, N, K, T, acceptance, seconds, C) for C in (True, False))) for _ in range(repeats)]
    limit, (rate, seen, kernel), (plain, _, _) = map(max, zip(*runs))
    return {"P": P, "N": N, "K": K, "T": T, "acceptance": seen, "kernel": kernel, "flips_per_second": rate,
            "pattern_updates_per_second": rate * K, "limit": limit, "numba_flips_per_second": plain}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    print(f"{'P':>2} {'N':>5} {'K':>7} {'accept':>7} {'kernel':>8} {'Mflip/s':>9} {'Gpat/s':>8} {'limit':>8} {'of it':>6} {'numba':>8} {'ratio':>6}")
    for P, N, K, acceptances in CASES:
        for acceptance in acceptances:
            row = case(P, N, K, acceptance)
            rows.append(row)
            rate, plain, limit = row["flips_per_second"], row["numba_flips_per_second"], row["limit"]
            print(f"{P:2d} {N:5d} {K:7d} {row['acceptance']:7.3f} {row['kernel']:>8} {rate / 1e6:9.2f} {rate * K / 1e9:8.2f} {limit / 1e9:8.2f} "
                  f"{rate * K / limit:6.0%} {plain * K / 1e9:8.2f} {rate / plain:6.2f}", flush=True)
    print(f"{'P':>2} {'N':>5} {'K':>7} {'T':>5} {'flips/sweep':>11} {'Mflip/s':>9} {'without':>9} {'ratio':>6}   fields remembered")
    chains = []
    for P, N, K, temperatures in COLD:
        for T in temperatures:
            row = cold(P, N, K, T)
            chains.append(row)
            rate, plain = row["flips_per_second"], row["not_remembered"]
            print(f"{P:2d} {N:5d} {K:7d} {T:5.2f} {row['flips_in_a_sweep']:11.3f} {rate / 1e6:9.2f} {plain / 1e6:9.2f} {rate / plain:6.2f}",
                  flush=True)
    print(f"{'P':>2} {'N':>5} {'K':>7} {'accept':>7} {'kernel':>8} {'Mflip/s':>9} {'Gpat/s':>8} {'numba':>8} {'ratio':>6}   parallel dynamics")
    together = []
    for P, N, K, temperatures in PARALLEL:
        for T in temperatures:
            row = parallel(P, N, K, T)
            together.append(row)
            rate, plain = row["flips_per_second"], row["numba_flips_per_second"]
            print(f"{P:2d} {N:5d} {K:7d} {row['acceptance']:7.3f} {row['kernel']:>8} {rate / 1e6:9.2f} {rate * K / 1e9:8.2f} {plain * K / 1e9:8.2f} "
                  f"{rate / plain:6.2f}", flush=True)
    fma = sgemm()
    print("limit: K bytes per attempt over the single-thread read rate at N K bytes, in 1e9 pattern-updates per second")
    print(f"sgemm: {fma / 1e9:.1f} Gpat/s at one multiply-add a pattern")
    write(save, engines=rows, remembered=chains, parallel=together, sgemm_multiply_adds_per_second=fma)


if __name__ == "__main__":
    command()
