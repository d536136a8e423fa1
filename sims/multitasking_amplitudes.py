"""Multitasking network: overlaps with all patterns against the dilution, from the hierarchical state and from random spins.

K = 3 and 5 patterns at T = 0 and two temperatures; chain 0 starts in the hierarchical state, chain 1 from random spins.
Feeds figures/multitasking_amplitudes.py.  Takes seven minutes of one core; --quick takes seconds and writes to its own store.
"""
import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_amplitudes",
    grid=Grid(K=[3, 5], N=100_000, T=[0.0, 0.05, 0.1], d=np.linspace(0.05, 0.9, 18)),
    task=MonteCarlo("multitasking", start=("hierarchical", "random"), thermalize=150, measure=150, every=5, disorder=2, chains=2, largest=5,
                    observables=("m", "q", "energy", "acceptance", "equilibrated", "retrieved")),
    seed=29,
)
QUICK = STUDY.replace(name="multitasking_amplitudes_quick", grid=Grid(K=[3, 5], N=4000, T=[0.0, 0.05, 0.1], d=np.linspace(0.1, 0.9, 5)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
