"""Modern network, lam = 1: the load that one update retrieves from a given overlap, for one pattern and for all of them.

Feeds figures/modern_basin.py.  Takes seconds.
"""
import numpy as np

from hebbnet import Grid, Lines, Study
from hebbnet.cli import main

AXES = {"lam": 1.0, "T": 0.0, "ensemble": ["spherical", "binary"], "patterns": ["typical", "all"]}
STUDY = Study("modern_basin_theory", Grid(**AXES, overlap=np.linspace(0.01, 1.0, 100)), Lines("modern", which="spinodal"), seed=0)
QUICK = STUDY.replace(name="modern_basin_theory_quick", grid=Grid(**AXES, overlap=np.linspace(0.05, 1.0, 20)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
