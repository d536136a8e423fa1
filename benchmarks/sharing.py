"""What attempts gain if they share what they read, with the C kernels.

Pairs: one reading of what was kept serves an attempt and the next one (native.c).  The other thing to share is the row of a neuron, by several chains
that come to it at the same time; "one row": attempts that all read the row of one neuron.  It stays in the nearest cache, so that this is the gain of
infinitely many chains, before what sharing costs: their overlaps compete for the same caches.  No attempt flips.  Best of REPEATS in turn,
processor time of one thread.

    python benchmarks/sharing.py [--save benchmarks/results/NAME.json]
"""
import time

import click
import numpy as np
from engines import SEED, prepared
from machine import write

from hebbnet.montecarlo import native
from hebbnet.montecarlo.attempts import FLIP_RULE

CASES = [(4, 100, 2500), (4, 100, 25_000), (4, 200, 200_000), (4, 1000, 100_000), (2, 1000, 5000), (6, 300, 100_000)]   # P, N, K
WAYS = {"overlaps": 0.0, "kept": np.inf}   # flips in a sweep below which values are kept
UPDATES, REPEATS = 2e8, 7


def ways(kernel):
    """Those that it knows."""
    return [way for way in WAYS if not (kernel.name == "words" and way == "kept" or kernel.name == "kept" and way == "overlaps")]


def case(P, N, K, way, updates=UPDATES, repeats=REPEATS):
    engine, state = prepared(P, N, K, 1.0, 0.5)
    kernel, sweeps = engine.native, max(1, int(updates / (N * K)))
    kernel.chains(1)
    kernel.struct.few = WAYS[way]
    call, spins, overlaps, limits, sites, _ = kernel.call_of(1, sweeps, N, FLIP_RULE)
    native.pack(state.overlaps, state.spins, kernel.struct.S, kernel.small, spins, overlaps)
    limits[:] = -np.inf
    drawn = np.random.default_rng(SEED).integers(0, N, sites.shape)
    best = {}
    for _ in range(repeats):
        for name in ("random", "one row", *(["pairs"] if way == "kept" else [])):
            sites[:] = 0 if name == "one row" else drawn
            kernel.struct.pairs = N + 1 if name == "pairs" else 0
            kernel.recent[:] = 0
            start = time.thread_time()
            call(None)
            best[name] = min(best.get(name, np.inf), time.thread_time() - start)
    rates = {name: sweeps * N * K / spent for name, spent in best.items()}
    return {"P": P, "N": N, "K": K, "kernel": kernel.name, "way": way, "pattern_updates_per_second": rates["random"],
            "of_one_row": rates["one row"], "of_pairs": rates.get("pairs")}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    if native.LIBRARY is None:
        raise click.ClickException("no C kernels: not built, switched off, or no AVX-512 with byte permutations here")
    rows = []
    print(f"{'P':>2} {'N':>5} {'K':>7} {'kernel':>8} {'way':>9} {'Gpat/s':>8} {'one row':>8} {'ratio':>6} {'pairs':>8} {'ratio':>6}")
    for P, N, K in CASES:
        for way in ways(prepared(P, N, K, 1.0, 0.5)[0].native):
            row = case(P, N, K, way)
            rows.append(row)
            rate = row["pattern_updates_per_second"]
            shared = [f"{row[name] / 1e9:8.1f} {row[name] / rate:6.2f}" if row[name] else f"{'-':>8} {'-':>6}" for name in ("of_one_row", "of_pairs")]
            print(f"{P:2d} {N:5d} {K:7d} {row['kernel']:>8} {way:>9} {rate / 1e9:8.1f}", *shared, flush=True)
    write(save, sharing=rows)


if __name__ == "__main__":
    command()
