"""Learning curves, P = 4: overlap with the archetype against the number of examples, both learnings, exact and Gaussian examples.

Feeds figures/examples_learning_curve.py.  Takes a minute; --quick solves fewer numbers of examples.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

M = np.unique(np.geomspace(1, 10_000, 61).round())
STUDY = Study(
    name="examples_learning_curve_theory",
    grid=Grid(P=4, T=0.1, alpha=0.01, learning=["supervised", "unsupervised"], form=["binomial", "gaussian"], r=[0.2, 0.3, 0.5], M=M),
    task=MeanField("dense", starts=("retrieval",)),
    seed=0,
)
QUICK = STUDY.replace(
    name="examples_learning_curve_theory_quick",
    grid=Grid(P=4, T=0.1, alpha=0.01, learning=["supervised", "unsupervised"], form=["binomial", "gaussian"], r=[0.2, 0.3, 0.5], M=M[::4]),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
