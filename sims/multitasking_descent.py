"""Multitasking network at T = 0: energy and losses of all patterns after every sweep of zero-temperature dynamics from random spins.

The losses of a pattern are L(+-) = norm(xi +- s)**2 / (2 N) = (1 + q)/2 +- m, q = sum_i xi_i**2 / N.  Kept are the sum of their products and,
beside it, the sum of L(-) alone.
Feeds figures/multitasking_descent.py.  Takes a second; --quick has a smaller network and its own store.
"""
import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main


class Descent(MonteCarlo):
    """The course of a run, over (disorder, chain, measurement), in place of its averages."""

    def identity(self):
        return {**super().identity(), "task": "Descent"}

    def run(self, point, *, sample, seed, engine="numba"):
        run = self.measurements(point, sample=sample, seed=seed, engine=engine, series=True)
        stored = self.problem(self.check(point), sample=sample, seed=seed).patterns
        q = np.bincount(stored.archetypes.column, minlength=stored.K) / stored.N
        _, m = run["m_series"]
        plus, minus = ((1 + q[:, None]) / 2 + sign * m for sign in (1, -1))
        dims, energy = run["energy_series"]
        return {"energy_series": (dims, energy), "product_loss": (dims, (plus * minus).sum(axis=2)), "minus_loss": (dims, minus.sum(axis=2))}

    def summarize(self, dataset):
        return dataset


STUDY = Study(
    name="multitasking_descent",
    grid=Grid(alpha=0.05, N=4000, d=0.5, T=0.0),
    task=Descent("multitasking", dynamics="zero-temperature", start="random", thermalize=0, measure=24, disorder=2, chains=2),
    seed=41,
)
QUICK = STUDY.replace(name="multitasking_descent_quick", grid=Grid(alpha=0.05, N=1000, d=0.5, T=0.0))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
