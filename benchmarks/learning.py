"""Speed of the compiled engine when it learns from examples, one thread, beside storage with as many rows, in one run.

A pattern-update is one stored row looked at for one attempted flip.  P = 4, N = 100, M = 27 examples of quality 0.4, heat-bath from the
condensed archetype: at T = 0.3, where few flips are accepted, and hot, where most are.  Supervised rows are integers; "powers" keeps two numbers of
four bytes with each, "polynomials" four of eight, which every law has and which are measured in the same run ("ordered": beyond 64 bits).  The limit:
what an attempt must read, a row and two numbers, or a row and all but the last of the polynomials (storage and unsupervised: the row alone, one byte
an entry), over the rate at which one thread reads as much as all rows take, again and again.  Fields are not remembered.

    python benchmarks/learning.py [--save benchmarks/results/NAME.json]
"""
import click
import numpy as np
from engines import copied, read_rate, timed
from machine import write

from hebbnet.montecarlo import MonteCarlo
from hebbnet.montecarlo.numba_engine import Engine

P, N, M = 4, 100, 27
CASES = [   # what, parameters
    ("storage", {"K": 2500}), ("supervised", {"K": 2500, "r": 0.4, "M": M}), ("storage", {"K": 25_000}),
    ("unsupervised", {"K": 926, "r": 0.4, "M": M}), ("supervised", {"K": 25_000, "r": 0.4, "M": M}),
    ("supervised", {"K": 2500, "r": 0.4, "M": 250}), ("supervised", {"K": 2500, "r": 1.0, "M": 1200}),
]
SEED, REPEATS, SECONDS, SWEEPS = 1, 3, 0.5, 5


def case(learning, T, seconds=SECONDS, repeats=REPEATS, **parameters):
    """Speed of runs of SWEEPS sweeps from the same start, the best of `repeats`."""
    task = MonteCarlo("dense", chains=1)
    problem = task.problem(task.check({"P": P, "N": N, "T": T, "learning": learning, **parameters}), sample=0, seed=SEED)
    start, S, rates = task.initial(problem, SEED), problem.patterns.S, {}
    engines = {"chosen": Engine(problem, remember=False)}
    if engines["chosen"].powers:
        engines["polynomials"] = Engine(problem, C=False, remember=False)
    for engine in engines.values():
        engine.advance(copied(start), 1)   # compiles
    for _ in range(repeats):
        for name, engine in engines.items():
            rates[name] = max(rates.get(name, (0.0, 0.0)), timed(engine, start, SWEEPS, seconds))
    entry, engine = problem.patterns.rows.itemsize if learning == "supervised" else 1, engines["chosen"]
    flips, acceptance = rates["chosen"]
    kept = 8 if engine.powers else (P - 1) * start.overlaps.itemsize * (learning == "supervised")
    return {"learning": learning, "P": P, "N": N, "rows": S, "M": parameters.get("M", 1), "T": T, "acceptance": acceptance,
            "kernel": engine.way, "flips_per_second": flips, "pattern_updates_per_second": flips * S,
            "limit": read_rate(entry * N * S) / (entry + kept), "polynomials": rates.get("polynomials", (np.nan,))[0] * S}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    print(f"{'learning':>12} {'rows':>6} {'M':>5} {'T':>4} {'accept':>7} {'kernel':>8} {'Mflip/s':>9} {'Gpat/s':>8} {'limit':>8} {'polynomials':>11}")
    for learning, parameters in CASES:
        for T in (0.3, 10.0):
            row = case(learning, T, **parameters)
            rows.append(row)
            print(f"{learning:>12} {row['rows']:6d} {row['M']:5d} {T:4.1f} {row['acceptance']:7.3f} {row['kernel']:>8} "
                  f"{row['flips_per_second'] / 1e6:9.2f} {row['pattern_updates_per_second'] / 1e9:8.2f} {row['limit'] / 1e9:8.2f} "
                  f"{row['polynomials'] / 1e9:11.2f}", flush=True)
    write(save, learning=rows)


if __name__ == "__main__":
    command()
