"""Retrieval and the glass of the P = 2 and P = 4 networks near their capacities, against T, with one step of replica symmetry breaking.

Feeds figures/dense_rsb_entropy.py, which adds the replica-symmetric curves.  Takes a minute; --quick solves fewer temperatures.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main


def temperatures(points):
    """Low ones for the retrieval of P = 2, which breaks the symmetry only below T = 0.018, then up to the glass temperatures."""
    return np.unique(np.concatenate([np.linspace(0.0, 0.02, points), np.linspace(0.0, 0.4, 2 * points)]))


STUDY = Study(
    name="dense_rsb_entropy_theory",
    grid=Grid(P=[2, 4], alpha=[0.137, 0.39], T=temperatures(41)),
    task=MeanField("dense", ansatz="1rsb", starts=("retrieval", "glass")),
    seed=0,
)
QUICK = STUDY.replace(name="dense_rsb_entropy_theory_quick", grid=Grid(P=[2, 4], alpha=[0.137, 0.39], T=temperatures(11)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
