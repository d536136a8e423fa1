"""Modern network, lam = 1/2: the load that one update retrieves, by the formula of N neurons, for three ensembles of patterns.

Feeds figures/modern_retrieval.py.  Takes a second.
"""
from hebbnet import Grid, Lines, Study
from hebbnet.cli import main

GRID = {"lam": 0.5, "T": 0.0, "ensemble": ["spherical", "gaussian", "binary"]}
STUDY = Study("modern_retrieval_theory", Grid(**GRID, N=[12, 20, 28, 40]), Lines("modern", which="spinodal"), seed=0)
QUICK = STUDY.replace(name="modern_retrieval_theory_quick", grid=Grid(**GRID, N=[12, 20]))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
