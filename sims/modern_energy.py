"""Energy of the modern network against temperature, lam = 1: chains from a pattern and from random states, on the sphere and of binary states.

Feeds figures/modern_energy.py.  Takes five minutes of one core; --quick takes seconds and has its own store.
"""
import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

AXES = {"lam": 1.0, "alpha": 0.3, "ensemble": ["spherical", "binary"]}
STUDY = Study(
    name="modern_energy",
    grid=Grid(**AXES, N=[16, 32], T=np.linspace(0.1, 1.5, 15)),
    task=MonteCarlo("modern", start=("pattern", "pattern", "random", "random"), thermalize=500, measure=2000, every=20, disorder=3, chains=4),
    seed=54,
)
QUICK = STUDY.replace(name="modern_energy_quick", grid=Grid(**AXES, N=[12, 16], T=np.linspace(0.2, 1.5, 5)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
