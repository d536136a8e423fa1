"""Pictures: test images with reversed pixels, and where networks of P = 2, 4 and 6 go from them at T = 0.

Digits always; MNIST and Fashion-MNIST too where `datasets.cached()` has them.  Pixels are binarized at their median over the training
images, and those that hardly change from image to image are left out, since they are common to all archetypes.  Feeds
figures/digits_retrieval.py.  Takes seconds on the digits; --quick leaves the others out and writes to its own store.
"""
from dataclasses import dataclass

import numpy as np

from hebbnet import Grid, Study, datasets, learn
from hebbnet.cli import main

NOISE = 0.1     # fraction of the pixels of a cue that are reversed
MANY = 20       # test images of each class that are classified besides
BALANCE = 0.5   # largest |mean over the training images| of a pixel that is used
PER_CLASS = {"digits": 139, "mnist": 1000, "fashion-mnist": 1000}


@dataclass(frozen=True)
class Pictures:
    """One noisy test image of every class and the state that it is drawn to, for each set of images, and the part of more test images that
    the network classifies right; a sample is a random split."""

    names: tuple = ("digits",)
    disorder: int = 1
    network: str = "dense"

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "Pictures", "network": self.network, "names": list(self.names), "noise": NOISE, "balance": BALANCE, "many": MANY,
                "per_class": PER_CLASS}

    def check(self, point):
        pass

    def run(self, point, *, sample, seed, engine="numba"):
        out = {}
        for name in self.names:
            word = name.replace("-", "_")
            raw, test = datasets.load(name).split(0.2, seed=seed + sample)
            signs = raw.binarize()
            tests = test.binarize(fit=raw).balance(BALANCE, fit=signs)
            test, many = (tests.select(per_class=n, seed=seed + sample) for n in (1, MANY))
            train = signs.balance(BALANCE).select(per_class=PER_CLASS[name], seed=seed + sample)
            kept = next(step["kept"] for step in train.history if "kept" in step)
            net = learn(train, P=point["P"], learning=point["learning"])
            cue = test.flat().copy()
            number = round(NOISE * net.N)
            for c, image in enumerate(cue):
                image[np.random.default_rng([seed, sample, c]).permutation(net.N)[:number]] *= -1
            found = net.retrieve(cue)
            for what, x in {"archetype": net.archetypes, "image": test.flat(), "cue": cue, "state": found.state}.items():
                pixels = np.zeros((net.K, signs.flat().shape[1]), np.int8)
                pixels[:, kept] = x   # and 0 where a pixel was left out
                out[f"{what}_{word}"] = ("disorder", "class", f"pixel_{word}"), pixels[None]
            out[f"m_{word}"] = ("disorder", "class"), found.overlaps[np.arange(net.K), np.arange(net.K)][None]
            out[f"label_{word}"] = ("disorder", "class"), found.label[None]
            for what, labels in (("accuracy", net.classify(many)), ("nearest", net.nearest(many))):
                out[f"{what}_{word}"] = ("disorder",), np.array([np.mean(labels == many.labels)])
        return out

    def summarize(self, dataset):
        return dataset


STUDY = Study("digits_retrieval", Grid(P=[2, 4, 6], learning="supervised"), Pictures(datasets.cached()), seed=43)
QUICK = STUDY.replace(name="digits_retrieval_quick", task=Pictures())

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
