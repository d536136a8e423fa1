"""Handwritten digits that were never learnt: how many end in the archetype of their class, against the number of examples learnt of each.

Each of the random splits into training and test images is one sample.  Images become 300 signs of whitened random projections
(`datasets.Dataset.project`, fitted on the training images only), because raw pixels leave the classes too much alike.  Feeds
figures/digits_accuracy.py.  Takes four minutes on one core; --quick takes seconds and writes to its own store.
"""
from dataclasses import dataclass

import numpy as np

from hebbnet import Grid, Study, datasets, learn, patterns
from hebbnet.cli import main
from hebbnet.learning import confusion
from hebbnet.params import ParameterError

LEAST = 139   # training images of the rarest digit


@dataclass(frozen=True)
class Digits:
    """A supervised or unsupervised network, relaxed at T = 0 from every test image and from every archetype, for one random split.

    Archetypes are twofold: labels come from signs of the means of the M examples learnt, which is all that the network knows; the overlaps m
    are those with the signs of the means of all training images, which stand for the archetypes of the theory.  The surrogate has learnt
    these archetypes too, from examples as the theory has them: independent noise, of the same mean quality r.
    """

    disorder: int = 10
    neurons: int = 300
    components: int = 20
    test_fraction: float = 0.2
    network: str = "dense"

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "Digits", "network": self.network, "neurons": self.neurons, "components": self.components,
                "test_fraction": self.test_fraction}

    def check(self, point):
        if not 2 <= point["M"] <= LEAST or point["M"] != int(point["M"]):
            raise ParameterError(f"M = {point['M']}: expected a whole number from 2 to {LEAST}, the training images of the rarest digit", "M")

    def run(self, point, *, sample, seed, engine="numba"):
        raw, test = datasets.load("digits").split(self.test_fraction, seed=seed + sample)
        train, test = (part.project(self.neurons, self.components, seed=seed + sample, fit=raw) for part in (raw, test))
        learnt = train.select(per_class=int(point["M"]), seed=seed + sample)
        every = train.select(seed=seed + sample).examples()[0]
        ideal, r = datasets.archetypes(every).astype(float), np.sqrt(np.mean(datasets.effective_quality(every).r ** 2))
        net = learn(learnt, P=point["P"], learning=point["learning"], r=r)   # two images of a class may agree no more than chance
        own = np.searchsorted(net.classes, test.labels)
        noise = patterns.learn(patterns.given(ideal), "unsupervised", r, net.M, seed=seed, sample=sample).rows[:, :net.K * net.M]
        surrogate = learn(noise.T.reshape(net.K, net.M, net.N), P=net.P, learning=net.learning, archetypes=ideal, r=r)
        found, stays, stays_surrogate = net.retrieve(test), net.retrieve(ideal), surrogate.retrieve(ideal)
        mean = learnt.examples()[0].mean(axis=1)
        x = test.flat().astype(float)
        closest = net.classes[np.argmin((mean**2).sum(axis=1) - 2 * x @ mean.T, axis=1)]
        like, ends = (states @ learnt.flat().T.astype(float) / net.N for states in (x, found.state))
        other = datasets.correlations(ideal)[np.triu_indices(net.K, 1)]
        values = {
            "accuracy": np.mean(found.label == test.labels), "undecided": np.mean(found.label == net.undecided),
            "m_image": np.mean((found.state @ ideal.T)[np.arange(len(own)), own]) / net.N,
            "m_archetype": np.mean(np.sum(stays.state * ideal, axis=1)) / net.N, "converged_fraction": np.mean(found.converged),
            "m_surrogate": np.mean(np.diag(stays_surrogate.overlaps)),
            "nearest_mean": np.mean(closest == test.labels), "nearest_archetype": np.mean(net.nearest(test) == test.labels),
            "nearest_example": np.mean(learnt.labels[np.argmax(like, axis=1)] == test.labels), "m_example": np.mean(ends.max(axis=1)),
            "reached": len(set(found.label.tolist()) - {net.undecided}),
            "r_measured": net.r, "alpha_of_K": net.alpha, "correlation": np.sqrt(np.mean(other**2)),
        }
        table = confusion(test.labels, found.label, net.classes).values
        return {**{name: (("disorder",), np.array([value])) for name, value in values.items()},
                "confusion": (("disorder", "true", "predicted"), table[None])}

    def summarize(self, dataset):
        return dataset


LEARNING = ["supervised", "unsupervised"]
STUDY = Study("digits_accuracy", Grid(P=[2, 4, 6], learning=LEARNING, M=[2, 5, 10, 20, 50, 100]), Digits(), seed=41)
QUICK = STUDY.replace(name="digits_accuracy_quick", grid=Grid(P=[2, 4], learning=LEARNING, M=[5, 50]), task=Digits(disorder=3, neurons=100))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
