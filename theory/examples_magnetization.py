"""Supervised learning, P = 4: the one-step overlaps against the load where replica symmetry is broken, for four datasets.

Feeds figures/examples_magnetization.py, which adds the replica-symmetric lines.  Takes a minute; --quick solves fewer loads.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

STUDY = Study(
    name="examples_magnetization_theory",
    grid=Grid(P=4, T=0.3, learning="supervised", r=[0.3, 0.6], M=[10, 40], alpha=np.linspace(0.005, 0.45, 90)),
    task=MeanField("dense", ansatz="1rsb", starts=("retrieval",)),
    seed=0,
)
QUICK = STUDY.replace(
    name="examples_magnetization_theory_quick",
    grid=Grid(P=4, T=0.3, learning="supervised", r=[0.3, 0.6], M=[10, 40], alpha=np.linspace(0.03, 0.45, 15)),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
