"""Overlaps of the multitasking network against dilution, K = 3 and 5 patterns, at T = 0 and above: thermodynamic and hierarchical state.

Feeds figures/multitasking_amplitudes.py.  Takes seconds; --quick solves fewer dilutions.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_amplitudes_theory",
    grid=Grid(K=5, d=np.linspace(0.005, 0.985, 99), T=[0.0, 0.05, 0.1]),
    task=MeanField("multitasking", starts=("lowest", "hierarchical")),
    seed=0,
)
QUICK = STUDY.replace(
    name="multitasking_amplitudes_theory_quick",
    grid=Grid(K=5, d=np.linspace(0.05, 0.95, 10), T=[0.0, 0.05, 0.1]),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
