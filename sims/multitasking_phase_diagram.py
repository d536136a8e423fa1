"""Multitasking network over dilution and temperature: overlaps with all patterns, from the hierarchical state and from random spins.

K = 2 and 3 patterns, N large enough to tell equal overlaps from different ones almost everywhere; chain 0 starts in the hierarchical state,
chain 1 from random spins.
Feeds figures/multitasking_phase_diagram.py.  Takes eight minutes of one core; --quick takes seconds and writes to its own store.
"""
from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_phase_diagram",
    grid=Grid(K=[2, 3], N=100_000, d=[0.1, 0.2, 0.3, 0.4, 0.5, 0.58, 0.64, 0.7, 0.8, 0.9], T=[0.02, 0.1, 0.18, 0.26, 0.34, 0.42, 0.5, 0.6, 0.75]),
    task=MonteCarlo("multitasking", start=("hierarchical", "random"), thermalize=150, measure=100, every=5, disorder=2, chains=2, largest=3,
                    observables=("m", "q", "energy", "acceptance", "equilibrated")),
    seed=43,
)
QUICK = STUDY.replace(name="multitasking_phase_diagram_quick", grid=Grid(K=[2, 3], N=4000, d=[0.2, 0.5, 0.8], T=[0.1, 0.3, 0.5]))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
