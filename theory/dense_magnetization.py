"""Replica-symmetric retrieval overlap of the dense P = 4 network against the load, with and without self-interactions.

Feeds figures/dense_magnetization.py.  Takes seconds; --quick solves fewer loads.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

STUDY = Study(
    name="dense_magnetization_theory",
    grid=Grid(P=4, self_interaction=[False, True], T=[0.2, 0.5], alpha=np.linspace(0.0, 0.46, 231)),
    task=MeanField("dense", starts=("retrieval",)),
    seed=0,
)
QUICK = STUDY.replace(
    name="dense_magnetization_theory_quick",
    grid=Grid(P=4, self_interaction=[False, True], T=[0.2, 0.5], alpha=np.linspace(0.0, 0.46, 93)),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
