"""Retrieval overlap of the dense P = 4 network over the (alpha, T) plane, N = 100 and 200, started from a stored pattern.

Feeds figures/dense_phase_diagram.py.  About half a core-hour (measured); --quick takes a minute and writes to its own store.
"""
import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

STUDY = Study(
    name="dense_phase_diagram",
    grid=Grid(P=4, N=[100, 200], alpha=np.linspace(0.05, 0.5, 10), T=np.linspace(0.1, 1.0, 10)),
    task=MonteCarlo("dense", start="pattern", thermalize=100, measure=300, every=3, disorder=5, chains=2),
    seed=7,
)
QUICK = STUDY.replace(
    name="dense_phase_diagram_quick",
    grid=Grid(P=4, N=[60, 100], alpha=np.linspace(0.05, 0.5, 10), T=np.linspace(0.1, 1.0, 10)),
    task=MonteCarlo("dense", start="pattern", thermalize=100, measure=300, every=3, disorder=5, chains=2),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
