"""Sequences in k of docs/theory/krsb.md, measured: capacities, energies, their limits and the seconds that each k takes.

    python benchmarks/krsb.py [--steps 8]

Seconds are those of one more step, the states with fewer being there already, on one core after compilation.
"""
import argparse
import math
import time

import hebbnet as hn
from hebbnet import equations
from hebbnet.meanfield import glass, krsb
from hebbnet.meanfield.sequences import extrapolate, sk_ground_state
from hebbnet.params import check

DENSE = equations.get("dense")


def capacity(P, T, k):
    given = check("dense", {"P": P, "T": T}, required=("P", "T"), optional=DENSE.OPTIONAL)
    return krsb.line("dense", DENSE, "spinodal", given, k=k)[0]


def energy(branch, P, alpha, k):
    params = check("dense", {"P": P, "alpha": alpha, "T": 0.0}, required=DENSE.REQUIRED, optional=DENSE.OPTIONAL)
    return krsb.solve("dense", DENSE, branch, params, k=k).energy


def sequence(title, f, steps, first=1):
    """A row of a table: the values for k = first ... steps, the limit with its spread, and the seconds per k."""
    values, seconds = [], []
    for k in range(first, steps + 1):
        begin = time.perf_counter()
        values.append(f(k))
        seconds.append(time.perf_counter() - begin)
    there = [(k, v) for k, v in enumerate(values, first) if not math.isnan(v)]
    limit, spread = extrapolate(*zip(*there)) if len(there) >= 4 else (math.nan, math.nan)
    print(f"\n{title}\n  limit {limit:.10f} +- {spread:.1e}")
    for k, (v, s) in enumerate(zip(values, seconds), first):
        print(f"  k = {k:2d}  {v:.12f}  {s:8.3f} s", flush=True)
    return limit, spread


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=8, help="largest k (P = 2: half of it)")
    steps = parser.parse_args().steps
    sk_ground_state(2)
    capacity(4, 0.1, 2)                                          # compiles
    krsb.fold.cache_clear()
    krsb.frozen.cache_clear()
    sequence("SK, ground-state energy", sk_ground_state, steps)
    for P in (3, 4, 6, 8):
        top = glass.temperatures(tuple(DENSE.kernel(P))).dynamic ** 2
        limit, spread = sequence(f"P = {P}, T = 0: capacity (RS {hn.boundary('dense', 'spinodal', P=P, T=0.0).value:.9f}, "
                                 f"T_d**2 {top:.12f})", lambda k, P=P: capacity(P, 0.0, k), steps)
        print(f"  T_d**2 - limit = {top - limit:.3e} +- {spread:.0e}")
    sequence("P = 2, T = 0: capacity", lambda k: capacity(2, 0.0, k), max(4, steps // 2))
    for T in (0.1, 0.2, 0.35):
        sequence(f"P = 4, T = {T}: end of the branch", lambda k, T=T: capacity(4, T, k), 4)
    sequence("P = 4, alpha = 0.42, T = 0: energy", lambda k: energy("retrieval", 4, 0.42, k), steps)
    for P in (3, 4):
        sequence(f"P = {P}, alpha = 1, T = 0: glass energy", lambda k, P=P: energy("glass", P, 1.0, k), min(steps, 7))


if __name__ == "__main__":
    main()
