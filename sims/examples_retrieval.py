"""Retrieval from a corrupted archetype, sweep by sweep: overlaps and energy of the supervised and the unsupervised network, P = 4.

Feeds figures/examples_retrieval.py.  Takes seconds; --quick simulates less and writes to its own store.
"""
from dataclasses import dataclass

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main


@dataclass(frozen=True)
class Relaxation:
    """Time series of one chain per sample from the starting overlap m0, without thermalization."""

    sweeps: int = 30
    disorder: int = 24
    network: str = "dense"

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "Relaxation", "network": self.network, "sweeps": self.sweeps}

    def chain(self):
        return MonteCarlo(self.network, start="overlap", thermalize=0, measure=self.sweeps, chains=1, disorder=self.disorder)

    def check(self, point):
        self.chain().check(point)

    def run(self, point, *, sample, seed, engine="numba"):
        found = self.chain().measurements(point, sample=sample, seed=seed, engine=engine, series=True)
        return {name: (("disorder", "measurement"), found[name][1][:, 0]) for name in ("m_series", "n_series", "energy_series")}

    def summarize(self, dataset):
        return dataset


STUDY = Study("examples_retrieval", Grid(P=4, N=120, alpha=0.01, T=0.1, r=0.5, M=24, learning=["supervised", "unsupervised"],
                                         m0=[0.5, 0.7, 0.9]), Relaxation(), seed=31)
QUICK = STUDY.replace(name="examples_retrieval_quick", grid=Grid(P=4, N=60, alpha=0.01, T=0.1, r=0.5, M=24,
                                                                 learning=["supervised", "unsupervised"], m0=[0.5, 0.7, 0.9]),
                      task=Relaxation(disorder=6))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
