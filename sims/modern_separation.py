"""Error of one update of the modern network against the separation of the pattern, where the theorem applies, with the theorem's bound.

Patterns are uniform on the sphere of norm sqrt(N); the update starts on the boundary of the ball S_i around each, in a random direction.  Feeds
figures/modern_separation.py.  Takes seconds; --quick takes fewer and writes to its own store.
"""
from dataclasses import dataclass

import numpy as np

from hebbnet import Grid, Study, modern, patterns
from hebbnet.cli import main


@dataclass(frozen=True)
class Separation:
    """For every pattern of a draw: Delta_i, the error of one update over M, its bound over M (NaN where the pattern is not well separated)."""

    disorder: int = 6
    network: str = "modern"

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "Separation", "network": self.network}

    def check(self, point):
        pass

    def run(self, point, *, sample, seed, engine="numba"):
        K, N, lam = point["K"], point["N"], point["lam"]
        x, z = (patterns.Ensemble("spherical", K, N, seed=seed, sample=2 * sample + part)[:] for part in (0, 1))
        M, delta = np.sqrt(N), modern.separation(x)
        radius = modern.sphere_radius(lam, K, M)
        error = np.linalg.norm(modern.update(x, x + radius / M * z, lam) - x, axis=1) / M
        applies = delta >= modern.separation_bound(lam, K, M)
        bound = np.where(applies, modern.retrieval_bound(lam, K, M, delta, radius) / M, np.nan)
        return {name: (("disorder", "stored"), value[None]) for name, value in
                {"separation": delta, "update_error": error, "bound": bound}.items()}

    def summarize(self, dataset):
        return dataset


STUDY = Study("modern_separation", Grid(K=50, N=64, lam=[0.15, 0.2, 0.3, 0.45, 0.65]), Separation(), seed=79)
QUICK = STUDY.replace(name="modern_separation_quick", task=Separation(disorder=2))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
