"""Modern network, lam = 1: the load at which one update loses probes of a given overlap with their pattern; spherical and binary patterns.

Each probe meets up to 2 10**6 random patterns, of which only overlaps are drawn; overlaps are whole spins for these N.
Feeds figures/modern_basin.py.  Takes two minutes of one core; --quick takes seconds and has its own store.
"""
from hebbnet import Grid, OneUpdate, Study
from hebbnet.cli import main

AXES = {"lam": 1.0, "ensemble": ["spherical", "binary"], "overlap": [1 / 3, 0.5, 2 / 3, 5 / 6, 1.0]}
STUDY = Study("modern_basin", Grid(**AXES, N=[12, 24, 36]), OneUpdate(probes=100, disorder=4, largest=2 * 10**6), seed=52)
QUICK = STUDY.replace(name="modern_basin_quick", grid=Grid(**AXES, N=[12]), task=OneUpdate(probes=50, disorder=2))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
