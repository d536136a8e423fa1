"""Guarantee of the capacity theorem and random-energy estimate of the load, for random patterns of norm k sqrt(N - 1), against N.

Feeds figures/modern_capacity.py.  Takes seconds.
"""
from dataclasses import dataclass

import numpy as np

import hebbnet as hn
from hebbnet import Grid, Study, modern
from hebbnet.cli import main

RADIUS = 2   # k, as in sims/modern_capacity.py
P = 0.01     # probability of failure in the theorem


@dataclass(frozen=True)
class Estimates:
    """ln K of the capacity theorem (`capacity_bound`, and whether it `applies`) and of half the patterns retrieved by one update, exp(alpha N)."""

    network: str = "modern"
    samples: int = 1

    def identity(self):
        return {"task": "Estimates", "network": self.network, "k": RADIUS, "p": P}

    def check(self, point):
        pass

    def run(self, point, *, sample=0, seed=0):
        N, lam = point["N"], point["lam"]
        bound = modern.capacity_bound(lam, RADIUS, N, P)
        strength = lam * RADIUS**2 * (N - 1) / N          # of patterns stretched to norm sqrt(N)
        alpha = float(hn.boundary("modern", "spinodal", T=0.0, lam=strength, ensemble="spherical", N=N))
        return {"capacity_bound": ((), np.log(bound.number)), "applies": ((), np.array(bound.applies)), "alpha": ((), np.array(alpha))}

    def summarize(self, dataset):
        return dataset


STUDY = Study("modern_capacity_theory", Grid(lam=2.0, N=[*range(4, 21), *range(22, 61, 2)]), Estimates(), seed=0)
QUICK = STUDY.replace(name="modern_capacity_theory_quick", grid=Grid(lam=2.0, N=[4, 5, 6, 8, 10, 20, 40, 60]))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
