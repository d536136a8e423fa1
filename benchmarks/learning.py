"""Speed of the compiled engine when it learns from examples, one thread, beside storage with as many rows, in one run.

A pattern-update is one stored row looked at for one attempted flip.  P = 4, N = 100, M = 27 examples of quality 0.4, heat-bath from the
condensed archetype: at T = 0.3, where few flips are accepted, and hot, where most are.  Supervised rows are integers that carry four
polynomials of 8 bytes each; "int64" are the same where float64 no longer holds the sums, "ordered" where 64 bits do not either.

    python benchmarks/learning.py [--save benchmarks/results/NAME.json]
"""

import click
from engines import copied, timed
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


def rate(task, point):
    """(attempted flips per second, acceptance, rows, kernel) of runs of SWEEPS sweeps from the same start; the best of REPEATS."""
    problem = task.problem(task.check(point), sample=0, seed=SEED)
    engine, start = Engine(problem), task.initial(problem, SEED)
    engine.advance(copied(start), 1)   # compiles
    kernel = engine.native.name if engine.native else problem.form.kernel
    return *max(timed(engine, start, SWEEPS, SECONDS) for _ in range(REPEATS)), problem.patterns.S, kernel


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    print(f"{'learning':>12} {'rows':>6} {'M':>5} {'T':>4} {'accept':>7} {'kernel':>8} {'Mflip/s':>9} {'Gpat/s':>8}")
    for learning, parameters in CASES:
        for T in (0.3, 10.0):
            flips, acceptance, S, kernel = rate(MonteCarlo("dense", chains=1), {"P": P, "N": N, "T": T, "learning": learning, **parameters})
            rows.append({"learning": learning, "P": P, "N": N, "rows": S, "M": parameters.get("M", 1), "T": T, "acceptance": acceptance,
                         "kernel": kernel, "flips_per_second": flips, "pattern_updates_per_second": flips * S})
            print(f"{learning:>12} {S:6d} {parameters.get('M', 1):5d} {T:4.1f} {acceptance:7.3f} {kernel:>8} {flips / 1e6:9.2f} "
                  f"{flips * S / 1e9:8.2f}", flush=True)
    write(save, learning=rows)


if __name__ == "__main__":
    command()
