"""Retrieval overlap of the dense P = 4 network against the load, with and without self-interactions, at two temperatures.

Three sizes show what is a finite-size effect.  Feeds figures/dense_magnetization.py.  0.2 core-hours (measured); --quick takes a minute
and writes to its own store.
"""
import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

STUDY = Study(
    name="dense_magnetization",
    grid=Grid(P=4, N=[60, 100, 140], self_interaction=[False, True], T=[0.2, 0.5], alpha=np.linspace(0.02, 0.44, 15)),
    task=MonteCarlo("dense", start="pattern", thermalize=100, measure=300, every=3, disorder=10, chains=2),
    seed=11,
)
QUICK = STUDY.replace(
    name="dense_magnetization_quick",
    grid=Grid(P=4, N=[60, 80, 100], self_interaction=[False, True], T=[0.2, 0.5], alpha=np.linspace(0.02, 0.44, 11)),
    task=MonteCarlo("dense", start="pattern", thermalize=100, measure=300, every=3, disorder=10, chains=2),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
