"""Processor time of one state of the multitasking network, K = 5 and 8, at T = 0 and above: the hierarchical descent, and the search of "lowest".

d = 0.4 and 0.55, where there are more states.  Once in a process K = 5 takes `cells` besides, the time to find all cells.

    python benchmarks/multitasking.py [--save benchmarks/results/NAME.json]
"""
import time

import click
from machine import write

import hebbnet as hn
from hebbnet.meanfield.multitasking_search import cells

CASES = [(K, d, T, learning) for K in (5, 8) for d in (0.4, 0.55) for T in (0.0, 0.05) for learning in ("storage", "supervised")]
RHO = 0.2


def seconds(**params):
    begin = time.process_time()
    hn.solve("multitasking", **params)
    return time.process_time() - begin


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    for more in ({}, {"learning": "supervised", "rho": RHO}):
        for T in (0.0, 0.1):
            seconds(K=2, d=0.4, T=T, **more)   # compiles
    begin = time.process_time()
    cells(5)
    once = time.process_time() - begin
    print(f"cells of K = 5: {once:.3f} s, once in a process\n{'K':>2} {'d':>5} {'T':>5} {'learning':>12} {'hierarchical/s':>15} {'lowest/s':>10}")
    for K, d, T, learning in CASES:
        point = dict(K=K, d=d, T=T, learning=learning, **({} if learning == "storage" else {"rho": RHO}))
        one = seconds(**point, start="hierarchical")
        every = seconds(**point)
        rows.append({**point, "hierarchical_seconds": one, "lowest_seconds": every})
        print(f"{K:2d} {d:5.2f} {T:5.2f} {learning:>12} {one:15.4f} {every:10.3f}", flush=True)
    write(save, multitasking=rows, cells_seconds=once)


if __name__ == "__main__":
    command()
