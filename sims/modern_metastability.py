"""k90 of the fixed points that the modern network reaches from its stored patterns, against lam: random patterns and clustered ones.

Random: uniform on the sphere, nearly equidistant for large N.  Clustered: 8 clusters of 8 patterns, overlap 0.8 within one.  Feeds
figures/modern_metastability.py.  Takes two minutes on one core; --quick takes seconds and writes to its own store.
"""
from dataclasses import dataclass

import numpy as np

from hebbnet import Grid, Study, modern, patterns
from hebbnet.cli import main

KINDS = ("spherical", "clustered")
SIZE, Q = 8, 0.8


@dataclass(frozen=True)
class Metastability:
    """Median k90 and mean overlap at the fixed points reached from all K patterns of one draw; lam times N is lam R**2."""

    disorder: int = 8
    network: str = "modern"

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "Metastability", "network": self.network, "kinds": list(KINDS), "size": SIZE, "q": Q}

    def check(self, point):
        pass

    def run(self, point, *, sample, seed, engine="numba"):
        K, N = point["K"], point["N"]
        k, m, still = [], [], []
        for kind in KINDS:
            more = {"size": SIZE, "q": Q} if kind == "clustered" else {}
            x = patterns.Ensemble(kind, K, N, seed=seed, sample=sample, **more)[:]
            found = modern.retrieve(x, x, point["lam"])
            k.append(np.median(modern.k90(found.weights)))
            m.append(np.mean(np.sum(found.state * x, axis=1)) / N)
            still.append(found.converged.mean())
        return {"kind": ("kind", np.array(KINDS)), **{name: (("disorder", "kind"), np.array([values])) for name, values in
                                                      {"k90": k, "m": m, "converged": still}.items()}}

    def summarize(self, dataset):
        return dataset


B = [1, 2, 3, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 9, 10, 12, 15, 18, 20, 21, 22, 23, 25, 30, 40]   # lam N
STUDY = Study("modern_metastability", Grid(K=64, N=1024, lam=[b / 1024 for b in B]), Metastability(), seed=73)
QUICK = STUDY.replace(name="modern_metastability_quick", grid=Grid(K=64, N=128, lam=[b / 128 for b in B[::4]]), task=Metastability(disorder=2))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
