"""k90 of exact fixed points reached from a stored pattern: equidistant patterns (random ones of large N) and nested ones, with transitions.

Feeds figures/modern_metastability.py.  Takes seconds; --quick solves fewer points.
"""
from dataclasses import dataclass

import numpy as np

from hebbnet import Grid, Study, modern
from hebbnet.cli import main

C, SIZE, Q = 8, 8, 0.8


@dataclass(frozen=True)
class ExactStates:
    """k90 at B = lam N for K = C SIZE patterns, and the points B at which the states change."""

    network: str = "modern"
    samples: int = 1

    def identity(self):
        return {"task": "ExactStates", "network": self.network, "C": C, "size": SIZE, "q": Q}

    def check(self, point):
        pass

    def run(self, point, *, sample=0, seed=0):
        K, B = C * SIZE, point["lam"] * point["N"]
        p = modern.equidistant_weight(K, B)
        p = 1 / K if np.isnan(p) else p
        alone = np.array([p, *(K - 1) * [(1 - p) / (K - 1)]])
        pattern, sibling, other = modern.nested_weights(C, SIZE, Q, B)
        nested = np.array([pattern, *(SIZE - 1) * [sibling], *(K - SIZE) * [other]])
        return {"kind": ("kind", np.array(["spherical", "clustered"])), "k90": ("kind", modern.k90(np.stack([alone, nested]))),
                "transitions": (("kind", "root"), np.array([modern.equidistant(K), modern.nested(C, SIZE, Q)])),
                "m": ("kind", np.array([alone[0], pattern + (SIZE - 1) * Q * sibling]))}

    def summarize(self, dataset):
        return dataset


STUDY = Study("modern_metastability_theory", Grid(K=C * SIZE, N=1024, lam=np.geomspace(1, 64, 250) / 1024), ExactStates(), seed=0)
QUICK = STUDY.replace(name="modern_metastability_theory_quick", grid=Grid(K=C * SIZE, N=128, lam=np.geomspace(1, 64, 25) / 128))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
