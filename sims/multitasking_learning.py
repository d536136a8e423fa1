"""Multitasking network that learns from examples: overlaps m and n with all patterns against the number of examples, at fixed quality.

Supervised and unsupervised learning see the same examples of the same patterns; start in the hierarchical state of the archetypes.
Feeds figures/multitasking_learning.py.  Takes four minutes of one core; --quick takes seconds and writes to its own store.
"""
from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_learning",
    grid=Grid(learning=["supervised", "unsupervised"], K=3, N=40_000, d=[0.1, 0.3], T=0.05, r=0.4, M=[2, 4, 8, 16, 32, 64, 128]),
    task=MonteCarlo("multitasking", start="hierarchical", thermalize=100, measure=100, every=5, disorder=2, chains=2,
                    observables=("m", "n", "q", "energy", "acceptance", "equilibrated", "retrieved")),
    seed=31,
)
QUICK = STUDY.replace(
    name="multitasking_learning_quick",
    grid=Grid(learning=["supervised", "unsupervised"], K=3, N=2000, d=[0.1, 0.3], T=0.05, r=0.4, M=[4, 16, 64]),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
