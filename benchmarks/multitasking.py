"""Time of one state of the multitasking network, K = 5 and 8, at T = 0 and above: the hierarchical descent, and all starts of "lowest".

    python benchmarks/multitasking.py [--save benchmarks/results/NAME.json]
"""
import time

import click
from machine import write

import hebbnet as hn

CASES = [(K, T, learning) for K in (5, 8) for T in (0.0, 0.05) for learning in ("storage", "supervised")]
DILUTION, RHO = 0.4, 0.2


def seconds(**params):
    begin = time.perf_counter()
    hn.solve("multitasking", **params)
    return time.perf_counter() - begin


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    seconds(K=2, d=DILUTION, T=0.1)   # compiles
    print(f"{'K':>2} {'T':>5} {'learning':>12} {'hierarchical/s':>15} {'lowest/s':>10}")
    for K, T, learning in CASES:
        point = dict(K=K, d=DILUTION, T=T, learning=learning, **({} if learning == "storage" else {"rho": RHO}))
        one = seconds(**point, start="hierarchical")
        every = seconds(**point)
        rows.append({**point, "hierarchical_seconds": one, "lowest_seconds": every})
        print(f"{K:2d} {T:5.2f} {learning:>12} {one:15.4f} {every:10.3f}", flush=True)
    write(save, multitasking=rows)


if __name__ == "__main__":
    command()
