"""State of the multitasking network at T = 0 over dilution and the noise of the data, K = 3 patterns learned from examples.

Feeds figures/multitasking_learning.py, which adds the border of equal overlaps.  Takes some minutes; --quick solves fewer points.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_learning_theory",
    grid=Grid(K=3, learning="unsupervised", T=0.0, d=np.linspace(0.02, 0.96, 48), rho=np.geomspace(0.002, 2, 46)),
    task=MeanField("multitasking", starts=("lowest",)),
    seed=0,
)
QUICK = STUDY.replace(
    name="multitasking_learning_theory_quick",
    grid=Grid(K=3, learning="unsupervised", T=0.0, d=np.linspace(0.05, 0.95, 6), rho=np.geomspace(0.005, 2, 6)),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
