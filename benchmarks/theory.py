"""Speed of the theory wing, one core: processor time per call after compilation, best of several.

    python benchmarks/theory.py [--save benchmarks/results/NAME.json]
"""
import click
import numpy as np
from machine import write
from timing import best

import hebbnet as hn

ALPHA, T = np.linspace(0.001, 0.47, 100), np.linspace(0.0, 0.99, 100)
CALLS = {   # the argument k makes every call a new problem, so that nothing comes from a cache
    "solve, P = 4, one point": lambda k: hn.solve("dense", P=4, alpha=0.1, T=0.2 + 1e-3 * k),
    "solve, P = 2, one point": lambda k: hn.solve("dense", P=2, alpha=0.05, T=0.2 + 1e-3 * k),
    "boundary, spinodal, unknown T": lambda k: hn.boundary("dense", "spinodal", P=4, alpha=0.1 + 1e-3 * k),
    "boundary, transition, unknown T": lambda k: hn.boundary("dense", "transition", P=4, alpha=0.1 + 1e-3 * k),
    "boundary, AT line, unknown T": lambda k: hn.boundary("dense", "at", P=4, alpha=0.1 + 1e-3 * k),
    "solve, supervised, Gaussian": lambda k: hn.solve("dense", P=4, alpha=0.1, T=0.2 + 1e-3 * k, learning="supervised", rho=0.1),
    "solve, supervised, exact, M = 27": lambda k: hn.solve("dense", P=4, alpha=0.05, T=0.2 + 1e-3 * k, learning="supervised", r=0.4, M=27),
    "solve, unsupervised, M = 8": lambda k: hn.solve("dense", P=4, alpha=0.05, T=0.2 + 1e-3 * k, learning="unsupervised", r=0.7, M=8),
    "boundary, capacity, unknown M": lambda k: hn.boundary("dense", "spinodal", P=4, alpha=0.2 + 1e-3 * k, T=0.0, learning="supervised", r=0.3),
    "solve_map, 100 x 100": lambda k: hn.solve_map("dense", P=4, alpha=ALPHA + 1e-5 * k, T=T + 1e-5 * k),
    "phase_diagram, 20 loads": lambda k: hn.phase_diagram("dense", P=4, alpha=np.linspace(0.02, 0.4, 20) + 1e-4 * k),
}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    for name, call in CALLS.items():
        rows.append({"call": name, "seconds": best(call)})
        print(f"{name:36} {1e3 * rows[-1]['seconds']:10.3f} ms", flush=True)
    write(save, theory=rows)


if __name__ == "__main__":
    command()
