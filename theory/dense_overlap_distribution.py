"""One-step replica symmetry breaking in the glass of the dense P = 3 network, below T_K: q1, breakpoint theta and energy.

Feeds figures/dense_overlap_distribution.py.  Takes seconds; --quick solves fewer temperatures.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

ALPHA = 8.0   # as in sims/dense_overlap_distribution.py
TAU = np.concatenate([np.linspace(0.4, 0.65, 51), [0.6513]])   # T / sqrt(alpha), up to T_K = 0.6514: the branch ends there

STUDY = Study(
    name="dense_overlap_distribution_theory",
    grid=Grid(P=3, alpha=ALPHA, T=np.sqrt(ALPHA) * TAU),
    task=MeanField("dense", ansatz="1rsb", starts=("glass",)),
    seed=0,
)
QUICK = STUDY.replace(name="dense_overlap_distribution_theory_quick",
                      grid=Grid(P=3, alpha=ALPHA, T=np.sqrt(ALPHA) * np.append(TAU[:-1:5], TAU[-1])))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
