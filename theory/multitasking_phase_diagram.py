"""Thermodynamic state of the multitasking network over dilution and temperature, K = 3 patterns: its overlaps and its class.

Feeds figures/multitasking_phase_diagram.py, which adds K = 2 and the lines.  Takes a minute; --quick solves fewer points.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_phase_diagram_theory",
    grid=Grid(K=3, d=np.linspace(0.01, 0.97, 49), T=np.linspace(0.0, 1.0, 51)),
    task=MeanField("multitasking", starts=("lowest",)),
    seed=0,
)
QUICK = STUDY.replace(
    name="multitasking_phase_diagram_theory_quick",
    grid=Grid(K=3, d=np.linspace(0.05, 0.95, 7), T=np.linspace(0.0, 0.9, 7)),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
