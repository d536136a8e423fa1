"""Capacity of the dense network at T = 0 against the interaction order P: replica symmetric and with k steps of breaking.

Feeds figures/dense_capacity.py.  Takes half a minute; --quick stops at k = 2.
"""
from hebbnet import Grid, Study
from hebbnet.cli import main
from hebbnet.meanfield.sequences import Capacities

STUDY = Study(name="dense_capacity_theory", grid=Grid(P=list(range(2, 11)), T=0.0), task=Capacities("dense", steps=5), seed=0)
QUICK = STUDY.replace(name="dense_capacity_theory_quick", task=Capacities("dense", steps=2))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
