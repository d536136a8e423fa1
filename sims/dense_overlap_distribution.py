"""Glass of the dense P = 3 network by parallel tempering: overlap distribution and energy across T_K, four sizes.

alpha = 8: no retrieval state exists (none above alpha = 0.47), every start is random and no pattern is condensed; and what tells patterns
from Gaussian couplings at finite size falls as 1/(alpha N).  The ladder goes from 0.61 to 1.53 T_K, where a state
forgets itself within a few sweeps.  How it is known to have equilibrated: docs/tempering.md.
Feeds figures/dense_overlap_distribution.py.  About 15 minutes on one core; --quick takes half a minute and writes to its own store.
"""
import numpy as np

from hebbnet import Grid, Study
from hebbnet.cli import main
from hebbnet.montecarlo import Tempering

ALPHA = 8.0
LADDER = np.sqrt(ALPHA) * np.linspace(0.4, 1.0, 13)   # the glass depends on T / sqrt(alpha), T_K = 0.6514 sqrt(alpha)

STUDY = Study(
    name="dense_overlap_distribution",
    grid=Grid(P=3, alpha=ALPHA, N=[24, 32, 40, 48]),
    task=Tempering("dense", T=LADDER, start="random", thermalize=4000, measure=12_000, every=4, disorder=16, bins=25),
    seed=17,
)
QUICK = STUDY.replace(
    name="dense_overlap_distribution_quick",
    grid=Grid(P=3, alpha=ALPHA, N=[16, 24, 32]),
    task=Tempering("dense", T=LADDER, start="random", thermalize=1000, measure=2000, every=4, disorder=8, bins=17),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
