"""How many random patterns the modern network retrieves, beside the capacity theorem and the random-energy estimate.

Patterns are uniform on the sphere of radius k sqrt(N - 1), k = 2, drawn as they are read.  A pattern is retrieved where more than half of the
softmax weight is on it: at itself (one update), and at the fixed point reached from it.  Feeds figures/modern_capacity.py.  Takes ten minutes on
one core; --quick takes seconds and writes to its own store.
"""
from dataclasses import dataclass

import numpy as np

from hebbnet import Grid, Study, modern, patterns
from hebbnet.cli import main

RADIUS = 2       # k
PROBES = 10      # patterns of a draw that are tried, at most
STEPS = 30       # updates


@dataclass(frozen=True)
class Capacity:
    """Fraction of patterns that are retrieved from themselves, of K patterns in N dimensions."""

    disorder: int = 8
    network: str = "modern"

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "Capacity", "network": self.network, "k": RADIUS, "probes": PROBES, "steps": STEPS}

    def check(self, point):
        pass

    def run(self, point, *, sample, seed, engine="numba"):
        K, N, lam = point["K"], point["N"], point["lam"]
        stretch = RADIUS * np.sqrt((N - 1) / N)                  # of an ensemble with norm sqrt(N)
        x = patterns.Ensemble("spherical", K, N, seed=seed, sample=sample)
        n = min(K, PROBES)
        lam = lam * stretch**2                                   # lam norm(x)**2 is what counts
        found = modern.retrieve(x, x[:n], lam, max_steps=STEPS, weights=False, tolerance=1e-6)
        held = {"retrieved_fraction": (found.state, found.energy), "one_step_fraction": (x[:n], modern.energy(x, x[:n], lam))}
        return {name: ("disorder", np.array([np.mean(log_weight(x, *state, lam) > np.log(0.5))])) for name, state in held.items()}

    def summarize(self, dataset):
        return dataset


def log_weight(x, state, energy, lam):
    """ln of the softmax weight of states (n, N) on their own patterns, from their energy: no weight of others is held."""
    log_sum = np.log(x.K) + lam * ((np.sum(state**2, axis=1) + x.N) / 2 - energy)
    return lam * np.sum(state * x[:len(state)], axis=1) - log_sum


K = [2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000]
STUDY = Study("modern_capacity", Grid(lam=2.0, N=[4, 5, 6, 7, 8, 10, 15, 20, 30, 40], K=K), Capacity(), seed=83)
QUICK = STUDY.replace(name="modern_capacity_quick", grid=Grid(lam=2.0, N=[4, 5, 8], K=[10, 100, 1000]), task=Capacity(disorder=3))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
