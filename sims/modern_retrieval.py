"""Modern network, lam = 1/2: the load at which one update loses a pattern, probe by probe, for three ensembles of patterns and growing N.

Each probe meets up to 10**7 random patterns, of which only overlaps are drawn.  Feeds figures/modern_retrieval.py.  Takes five minutes of one core;
--quick takes seconds and has its own store.
"""
from hebbnet import Grid, OneUpdate, Study
from hebbnet.cli import main

ENSEMBLES = ["spherical", "gaussian", "binary"]
STUDY = Study("modern_retrieval", Grid(lam=0.5, ensemble=ENSEMBLES, N=[12, 20, 28, 40]), OneUpdate(probes=100, disorder=4), seed=51)
QUICK = STUDY.replace(name="modern_retrieval_quick", grid=Grid(lam=0.5, ensemble=ENSEMBLES, N=[12, 20]), task=OneUpdate(probes=100, disorder=2))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
