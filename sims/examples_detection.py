"""One step from the archetype, for ever poorer examples: a quarter of N archetypes, 25 examples of each, growing networks.

Feeds figures/examples_detection.py, which reads off the smallest quality that is still detected.  Takes a minute; --quick takes seconds and
writes to its own store.
"""
from dataclasses import dataclass

import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main
from hebbnet.params import ParameterError

QUALITIES = tuple(np.linspace(0.14, 0.62, 25).round(3).tolist())
M = 25


@dataclass(frozen=True)
class OneStep:
    """m after one parallel update at T = 0 from the archetype, for K = N/4 archetypes at every quality in QUALITIES."""

    disorder: int = 32
    network: str = "dense"

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "OneStep", "network": self.network, "qualities": list(QUALITIES), "M": M, "K": "N/4"}

    def check(self, point):
        if point["N"] % 4:
            raise ParameterError(f"N = {point['N']}: expected a multiple of 4, since K = N/4", "N")
        self.step().check({**point, "K": point["N"] // 4, "M": M, "r": QUALITIES[0], "T": 0.0})

    def step(self):
        return MonteCarlo(self.network, start="pattern", dynamics="parallel", thermalize=0, measure=1, chains=1, disorder=self.disorder,
                          observables=("m",))

    def run(self, point, *, sample, seed, engine="numba"):
        found = [self.step().run({**point, "K": point["N"] // 4, "M": M, "r": r, "T": 0.0}, sample=sample, seed=seed, engine=engine)
                 for r in QUALITIES]
        return {"m": (("disorder", "quality"), np.array([[f["m"][1][0, 0] for f in found]])), "quality": (("quality",), np.array(QUALITIES))}

    def summarize(self, dataset):
        return dataset


LEARNING = ["supervised", "unsupervised"]
STUDY = Study("examples_detection", Grid(P=[2, 4, 6], learning=LEARNING, N=[32, 64, 128, 256]), OneStep(), seed=29)
QUICK = STUDY.replace(name="examples_detection_quick", grid=Grid(P=[2, 4, 6], learning=LEARNING, N=[32, 96]), task=OneStep(disorder=8))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
