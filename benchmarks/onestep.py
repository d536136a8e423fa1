"""Speed of one-step replica symmetry breaking, one core: processor time per call after compilation, and what dominates it.

    python benchmarks/onestep.py [--save benchmarks/results/NAME.json]

Every call is a new problem, so that nothing comes from a cache, except the lines' shapes, which are found once per network.
"""
import cProfile
import pstats
import time

import click
import numpy as np
from machine import write
from timing import best

import hebbnet as hn
from hebbnet.meanfield import nested

KIND = {"ansatz": "1rsb"}
CALLS = {
    "averages, one evaluation": lambda k: nested.averages(1.6, 0.7, 0.08, 3.0, 0.1 + 1e-4 * k),
    "averages next to the AT line": lambda k: nested.averages(1.6, 0.7, 0.002, 3.0, 0.1 + 1e-4 * k),
    "solve, retrieval, P = 4, T > 0": lambda k: hn.solve("dense", P=4, alpha=0.42, T=0.1 + 1e-3 * k, **KIND),
    "solve, retrieval, same T again": lambda k: hn.solve("dense", P=4, alpha=0.42 + 1e-3 * k, T=0.1, **KIND),
    "solve, retrieval, P = 4, T = 0": lambda k: hn.solve("dense", P=4, alpha=0.42 + 1e-3 * k, T=0.0, **KIND),
    "solve, retrieval, P = 2, T > 0": lambda k: hn.solve("dense", P=2, alpha=0.13, T=0.004 + 1e-5 * k, **KIND),
    "solve, glass, P = 4": lambda k: hn.solve("dense", P=4, alpha=1.0, T=0.4 + 1e-3 * k, start="glass", **KIND),
    "solve, glass, P = 2": lambda k: hn.solve("dense", P=2, alpha=0.1 + 1e-3 * k, T=0.3, start="glass", **KIND),
    "solve, supervised, Gaussian, T > 0": lambda k: hn.solve("dense", P=4, alpha=0.3, T=0.1 + 1e-3 * k, learning="supervised", rho=0.1, **KIND),
    "solve, supervised, exact, M = 10": lambda k: hn.solve("dense", P=4, alpha=0.2, T=0.1 + 1e-3 * k, learning="supervised", r=0.5, M=10, **KIND),
    "boundary, spinodal, unknown alpha": lambda k: hn.boundary("dense", "spinodal", P=4, T=0.15 + 1e-3 * k, **KIND),
    "boundary, spinodal, unknown T": lambda k: hn.boundary("dense", "spinodal", P=4, alpha=0.4593 + 1e-5 * k, **KIND),
    "boundary, transition, unknown alpha": lambda k: hn.boundary("dense", "transition", P=4, T=0.05 + 1e-3 * k, **KIND),
}


def diagram(k=0):
    return hn.phase_diagram("dense", P=4, T=np.linspace(0.0, 0.98, 50) + 1e-5 * k, **KIND)


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    for name, call in CALLS.items():
        rows.append({"call": name, "seconds": best(call)})
        print(f"{name:38} {1e3 * rows[-1]['seconds']:10.3f} ms", flush=True)
    start = time.perf_counter()
    diagram()
    rows.append({"call": "phase diagram, 50 temperatures", "seconds": time.perf_counter() - start})
    print(f"{rows[-1]['call']:38} {rows[-1]['seconds']:10.3f} s", flush=True)
    profile = cProfile.Profile()
    profile.runcall(diagram, 1)
    stats = pstats.Stats(profile).stats
    total = sum(entry[2] for entry in stats.values())
    for (_, _, function), entry in sorted(stats.items(), key=lambda item: -item[1][2])[:4]:
        print(f"    {100 * entry[2] / total:4.0f} %  {function}")
    write(save, onestep=rows)


if __name__ == "__main__":
    command()
