"""Speed of the theory wing, one core: processor time per call after compilation, best of several, per point, and the steps of its solver.

    python benchmarks/theory.py [--save benchmarks/results/NAME.json]

A near-critical point is 1e-8 of its load, or 1e-6 of its temperature, away from the end of its branch.  "batch" is the compiled solver
alone, without thermodynamics and labels: solve_map adds them.  Steps of a map are the mean over its points.
"""
import functools
import time

import click
import numpy as np
from machine import write

import hebbnet as hn
from hebbnet import equations
from hebbnet.meanfield import curve, rs

ALPHA, T = np.linspace(0.001, 0.47, 100), np.linspace(0.0, 0.99, 100)
FEW_ALPHA, FEW_T = np.linspace(0.001, 0.47, 50), np.linspace(0.0, 0.99, 50)
SUPERVISED = {"learning": "supervised", "rho": 0.1}
EXACT = {"learning": "supervised", "r": 0.5, "M": 10}


@functools.cache
def compiled(**params):
    """The numbers of a network as the compiled solver takes them."""
    module = equations.get("dense")
    given = hn.params.check("dense", {"alpha": 0.0, "T": 0.0, **params}, required=module.REQUIRED, optional=module.OPTIONAL)
    return rs.numbers(module.build(given))


@functools.cache
def end(**params):
    return float(hn.boundary("dense", "spinodal", **params))


def dense(**params):
    """A point of the dense network, at another T for each k."""
    start = params.pop("T", 0.2)
    return lambda k: hn.solve("dense", T=start + 1e-3 * k, **params)


def multitasking(**params):
    """A state of the multitasking network, at another d for each k."""
    start = params.pop("d", 0.2)
    return lambda k: hn.solve("multitasking", d=start + 1e-3 * k, **params)


# name: (call, its number of points); the argument k makes every call a new problem, so that nothing comes from a cache
CALLS = {
    "solve, P = 4": (dense(P=4, alpha=0.1), 1),
    "solve, P = 2": (dense(P=2, alpha=0.05), 1),
    "solve, near-critical, P = 4": (lambda k: hn.solve("dense", P=4, alpha=end(P=4, T=0.2) * (1 - 1e-8 * (1 + k)), T=0.2), 1),
    "solve, near-critical, P = 2": (lambda k: hn.solve("dense", P=2, alpha=end(P=2, T=0.2) * (1 - 1e-8 * (1 + k)), T=0.2), 1),
    "batch, 2500 loads at one T": (lambda k: curve.retrieval_map(np.linspace(0.01, 0.4, 2500), np.array([0.2 + 1e-3 * k]), compiled(P=4)), 2500),
    "batch, 50 x 50, all retrieval": (lambda k: curve.retrieval_map(FEW_ALPHA * 0.6 + 1e-5 * k, FEW_T * 0.7, compiled(P=4)), 2500),
    "batch, 50 x 50, exact, M = 10": (lambda k: curve.retrieval_map(0.5 * FEW_ALPHA + 1e-5 * k, FEW_T, compiled(P=4, **EXACT)), 2500),
    "solve_map, 50 x 50, P = 4": (lambda k: hn.solve_map("dense", P=4, alpha=FEW_ALPHA + 1e-5 * k, T=FEW_T + 1e-5 * k), 2500),
    "solve_map, 50 x 50, P = 2": (lambda k: hn.solve_map("dense", P=2, alpha=0.3 * FEW_ALPHA + 1e-5 * k, T=FEW_T + 1e-5 * k), 2500),
    "solve_map, 100 x 100": (lambda k: hn.solve_map("dense", P=4, alpha=ALPHA + 1e-5 * k, T=T + 1e-5 * k), 10000),
    "solve, 1RSB, P = 4, a new T": (dense(P=4, alpha=0.42, T=0.1, ansatz="1rsb"), 1),
    "solve, 1RSB, P = 4, the same T": (lambda k: hn.solve("dense", P=4, alpha=0.42 + 1e-3 * k, T=0.1, ansatz="1rsb"), 1),
    "solve, 1RSB, P = 2, a new T": (lambda k: hn.solve("dense", P=2, alpha=0.13, T=0.004 + 1e-5 * k, ansatz="1rsb"), 1),
    "solve, 1RSB, supervised, a new T": (dense(P=4, alpha=0.3, T=0.1, ansatz="1rsb", **SUPERVISED), 1),
    "solve, 1RSB, exact M = 10, a new T": (dense(P=4, alpha=0.2, T=0.1, ansatz="1rsb", **EXACT), 1),
    "solve, supervised, Gaussian": (dense(P=4, alpha=0.1, **SUPERVISED), 1),
    "solve, supervised, exact, M = 27": (dense(P=4, alpha=0.05, learning="supervised", r=0.4, M=27), 1),
    "solve, unsupervised, M = 8": (dense(P=4, alpha=0.05, learning="unsupervised", r=0.7, M=8), 1),
    "solve, unsupervised, P = 2, M = 8": (dense(P=2, alpha=0.01, learning="unsupervised", r=0.7, M=8), 1),
    "solve, supervised, near-critical": (
        lambda k: hn.solve("dense", P=4, alpha=end(P=4, T=0.2, **SUPERVISED) * (1 - 1e-8 * (1 + k)), T=0.2, **SUPERVISED), 1),
    "solve_map, 50 x 50, supervised": (lambda k: hn.solve_map("dense", P=4, alpha=FEW_ALPHA + 1e-5 * k, T=FEW_T, **SUPERVISED), 2500),
    "solve_map, 50 x 50, exact, M = 10": (lambda k: hn.solve_map("dense", P=4, alpha=0.5 * FEW_ALPHA + 1e-5 * k, T=FEW_T, **EXACT), 2500),
    "multitasking, hierarchical, K = 3": (multitasking(K=3, T=0.1, start="hierarchical"), 1),
    "multitasking, near-critical, K = 3": (lambda k: hn.solve("multitasking", K=3, d=0.2, T=0.8 - 1e-6 * (1 + k), start="hierarchical"), 1),
    "multitasking, Gaussian, K = 3": (multitasking(K=3, T=0.1, start="hierarchical", **SUPERVISED), 1),
    "multitasking, exact, M = 10, K = 3": (multitasking(K=3, T=0.1, start="hierarchical", **EXACT), 1),
    "multitasking, lowest state, K = 3": (multitasking(K=3, T=0.1), 1),
    "multitasking, lowest, Gaussian, K = 3": (multitasking(K=3, T=0.1, **SUPERVISED), 1),
    "multitasking, lowest state, K = 5": (multitasking(K=5, d=0.3, T=0.1), 1),
    "multitasking, lowest, Gaussian, K = 5": (multitasking(K=5, d=0.3, T=0.1, **SUPERVISED), 1),
    "multitasking, K = alpha N": (multitasking(alpha=0.02, T=0.1), 1),
    "boundary, spinodal, unknown T": (lambda k: hn.boundary("dense", "spinodal", P=4, alpha=0.1 + 1e-3 * k), 1),
    "boundary, transition, unknown T": (lambda k: hn.boundary("dense", "transition", P=4, alpha=0.1 + 1e-3 * k), 1),
    "boundary, AT line, unknown T": (lambda k: hn.boundary("dense", "at", P=4, alpha=0.1 + 1e-3 * k), 1),
    "boundary, capacity, unknown M": (
        lambda k: hn.boundary("dense", "spinodal", P=4, alpha=0.2 + 1e-3 * k, T=0.0, learning="supervised", r=0.3), 1),
    "phase_diagram, 20 loads": (lambda k: hn.phase_diagram("dense", P=4, alpha=np.linspace(0.02, 0.4, 20) + 1e-4 * k), 20),
}


def steps(result):
    """Mean number of steps over the points that were found; None where the call has none."""
    if isinstance(result, tuple):                            # curve.retrieval_map
        counts, found = result[0][4], np.isfinite(result[0][0])
    elif hasattr(result, "data_vars") and "iterations" in result:
        counts, found = result.iterations.values, result.converged.values
    elif hasattr(result, "iterations"):
        counts, found = np.array(result.iterations), np.array(result.converged)
    else:
        return None
    return float(counts[found].mean()) if found.any() else None


def case(name, repeats=12):
    """Processor seconds of the quickest of `repeats` calls, after one that compiles."""
    (call, points), seconds = CALLS[name], []
    call(0)
    for k in range(1, repeats + 1):
        start = time.process_time()
        result = call(k)
        seconds.append(time.process_time() - start)
    return {"call": name, "seconds": min(seconds), "points": points, "steps": steps(result)}


@click.command(help=__doc__)
@click.option("--save", type=click.Path(dir_okay=False), help="also write the figures as JSON")
def command(save):
    rows = []
    print(f"{'':38} {'ms a call':>10} {'us a point':>11} {'steps':>6}")
    for name in CALLS:
        rows.append(row := case(name))
        print(f"{name:38} {1e3 * row['seconds']:10.3f} {1e6 * row['seconds'] / row['points']:11.2f} "
              f"{'' if row['steps'] is None else format(row['steps'], '.1f'):>6}", flush=True)
    write(save, theory=rows)


if __name__ == "__main__":
    command()
