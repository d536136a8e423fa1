"""State of the multitasking network over dilution and the noise of the data, K = 3 patterns learned from examples, T = 0 and above.

Feeds figures/multitasking_data_diagram.py, which adds the lines.  Takes some minutes; --quick solves fewer points.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_data_diagram_theory",
    grid=Grid(K=3, learning="unsupervised", T=[0.0, 0.05], d=np.linspace(0.02, 0.96, 48), rho=np.geomspace(0.002, 2, 47)),
    task=MeanField("multitasking", starts=("lowest",)),
    seed=0,
)
QUICK = STUDY.replace(
    name="multitasking_data_diagram_theory_quick",
    grid=Grid(K=3, learning="unsupervised", T=[0.0, 0.05], d=np.linspace(0.05, 0.95, 6), rho=np.geomspace(0.005, 2, 6)),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
