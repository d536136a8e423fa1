"""Stored images, cues of them with pixels reversed or covered, and where three networks of the same images lead: Hopfield, dense P = 4, modern.

Digits always; MNIST too where `datasets.cached()` has it.  Pixels are binarized at their median over all images.  Every sample draws which images
are stored.  Feeds figures/modern_images.py.  Takes two minutes on one core for the digits, twenty with MNIST; --quick takes seconds and writes to its
own store.
"""
from dataclasses import dataclass

import numpy as np

import hebbnet as hn
from hebbnet import Grid, Study, datasets
from hebbnet.cli import main
from hebbnet.params import ParameterError

NETWORKS = ("Hopfield, P = 2", "dense, P = 4", "modern")
CUES = ("reversed", "covered")
NOISE, COVER = 0.15, 0.5     # fraction of the pixels of a cue that are reversed; that are set to -1, from the bottom
PROBES = 40                  # stored images that are cued, at most
SHOWN = 4                    # of them that are kept as pictures
CLOSE = 0.95                 # overlap of what counts as retrieved


@dataclass(frozen=True)
class Images:
    """K random images of a set, stored in each network; cues of some of them relaxed at T = 0, dense networks by flips, the modern one by updates.

    lam: of the modern network, whose states are real; its overlaps are those of the state itself.
    """

    names: tuple = ("digits",)
    lam: float = 1.0
    disorder: int = 10
    network: str = "modern"

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "Images", "network": self.network, "names": list(self.names), "lam": self.lam, "noise": NOISE, "cover": COVER,
                "probes": PROBES}

    def check(self, point):
        if point["K"] > 1797:
            raise ParameterError(f"K = {point['K']}: scikit-learn has 1797 digits", "K")

    def run(self, point, *, sample, seed, engine="numba"):
        out = {"kind": ("kind", np.array(NETWORKS))}
        for name in self.names:
            word, K = name.replace("-", "_"), point["K"]
            images = datasets.load(name).binarize().flat()
            rng = np.random.default_rng([seed, sample])
            x = np.unique(images, axis=0)                  # no image twice
            x = x[rng.permutation(len(x))[:K]]
            n, N = min(K, PROBES), x.shape[1]
            for cue in CUES:
                start = x[:n].copy()
                if cue == "covered":
                    start[:, N - round(COVER * N):] = -1
                else:
                    for s in start:
                        s[rng.permutation(N)[:round(NOISE * N)]] *= -1
                ends = [hn.simulate("dense", P=P, T=0, patterns=x, start=start, chains=n, dynamics="zero-temperature", order="systematic",
                                    thermalize=50, measure=1, spins=True, engine=engine).spins.values[0].astype(float) for P in (2, 4)]
                ends.append(hn.modern.retrieve(x.astype(float), start.astype(float), self.lam, weights=False).state)
                m = np.array([np.sum(end * x[:n], axis=1) / N for end in ends])
                out[f"m_{cue}_{word}"] = ("disorder", "kind"), m.mean(axis=1)[None]
                out[f"retrieved_fraction_{cue}_{word}"] = ("disorder", "kind"), (m > CLOSE).mean(axis=1)[None]
                nearest = np.argmax(start.astype(float) @ x.T, axis=1) == np.arange(n)
                out[f"nearest_{cue}_{word}"] = "disorder", np.array([nearest.mean()])
                shown = np.full((1, len(NETWORKS) + 2, SHOWN, N), np.nan)
                for row, pictures in enumerate((x, start, *ends)):
                    shown[0, row, :min(n, SHOWN)] = pictures[:SHOWN]
                out[f"pictures_{cue}_{word}"] = ("disorder", "row", "image", f"pixel_{word}"), shown
        return out

    def summarize(self, dataset):
        return dataset


NAMES = tuple(name for name in datasets.cached() if name in ("digits", "mnist"))
STUDY = Study("modern_images", Grid(K=[2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 1024]), Images(NAMES), seed=71)
QUICK = STUDY.replace(name="modern_images_quick", grid=Grid(K=[4, 32]), task=Images(disorder=2))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
