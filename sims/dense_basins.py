"""Basins of attraction of the dense P = 4 network: where zero-temperature dynamics ends against where it starts, for five loads.

Each chain starts at overlap m0 with a stored pattern and runs until nothing moves; two sizes show what is a finite-size effect.
Feeds figures/dense_basins.py.  About 15 minutes on one core; --quick takes half a minute and writes to its own store.
"""
import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

TASK = MonteCarlo("dense", start="overlap", dynamics="zero-temperature", thermalize=40, measure=2, disorder=10, chains=4,
                  observables=("m", "m_other", "energy", "acceptance"))
STUDY = Study(
    name="dense_basins",
    grid=Grid(P=4, T=0.0, N=[100, 200], alpha=[0.02, 0.1, 0.2, 0.3, 0.38], m0=np.linspace(0.0, 1.0, 21)),
    task=TASK,
    seed=13,
)
QUICK = STUDY.replace(
    name="dense_basins_quick",
    grid=Grid(P=4, T=0.0, N=[40, 80], alpha=[0.02, 0.1, 0.2, 0.3, 0.38], m0=np.linspace(0.0, 1.0, 11)),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
