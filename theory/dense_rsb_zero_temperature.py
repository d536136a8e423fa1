"""Retrieval and the glass of the dense P = 3 and P = 4 networks at T = 0 with one step of replica symmetry breaking, against the load.

Feeds figures/dense_rsb_zero_temperature.py, which adds the replica-symmetric curves.  Takes seconds; --quick solves fewer loads.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

LOADS = np.linspace(0.05, 0.47, 169)
END = np.linspace(0.45, 0.461, 23)   # retrieval ends like a square root, P = 4 at 0.4583, P = 3 at 0.4612

STUDY = Study(
    name="dense_rsb_zero_temperature_theory",
    grid=Grid(P=[3, 4], T=0.0, alpha=np.unique(np.concatenate([LOADS, END]).round(6))),
    task=MeanField("dense", ansatz="1rsb", starts=("retrieval", "glass")),
    seed=0,
)
QUICK = STUDY.replace(name="dense_rsb_zero_temperature_theory_quick", grid=Grid(P=[3, 4], T=0.0, alpha=np.linspace(0.05, 0.47, 43)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
