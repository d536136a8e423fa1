"""Modern network, lam = 1, over the (alpha, T) plane: chains from a pattern, on the sphere and of binary states.

Feeds figures/modern_phase_diagram.py.  Takes twenty minutes of one core; --quick takes seconds and has its own store.
"""
import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

ENSEMBLES = ["spherical", "binary"]
STUDY = Study(
    name="modern_phase_diagram",
    grid=Grid(lam=1.0, ensemble=ENSEMBLES, N=22, alpha=np.linspace(0.05, 0.5, 10), T=np.linspace(0.1, 1.9, 13)),
    task=MonteCarlo("modern", start="pattern", thermalize=400, measure=800, every=20, disorder=3, chains=2),
    seed=53,
)
QUICK = STUDY.replace(name="modern_phase_diagram_quick", grid=Grid(lam=1.0, ensemble=ENSEMBLES, N=12, alpha=[0.1, 0.25, 0.4], T=[0.2, 0.6, 1.2]))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
