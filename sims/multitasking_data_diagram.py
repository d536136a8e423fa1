"""Multitasking network over dilution and number of examples: overlaps with K = 3 patterns, supervised learning, T = 0 and above.

Chain 0 starts in the hierarchical state, chain 1 from random spins.
Feeds figures/multitasking_data_diagram.py.  Takes eight minutes of one core; --quick takes seconds and writes to its own store.
"""
from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_data_diagram",
    grid=Grid(K=3, learning="supervised", N=100_000, T=[0.0, 0.05], r=0.4,
              d=[0.1, 0.25, 0.4, 0.5, 0.6, 0.7, 0.85], M=[5, 15, 45, 135, 405, 1215]),
    task=MonteCarlo("multitasking", start=("hierarchical", "random"), thermalize=80, measure=40, every=5, disorder=2, chains=2,
                    observables=("m", "n", "q", "energy", "acceptance", "equilibrated")),
    seed=47,
)
QUICK = STUDY.replace(name="multitasking_data_diagram_quick",
                      grid=Grid(K=3, learning="supervised", N=4000, T=[0.0, 0.05], r=0.4, d=[0.2, 0.5, 0.8], M=[5, 51, 501]))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
