"""Energy of the modern network against temperature, lam = 1: a well and the paramagnet.

Feeds figures/modern_energy.py.  Takes seconds.
"""
import numpy as np

from hebbnet import Grid, MeanField, Study
from hebbnet.cli import main

AXES = {"lam": 1.0, "alpha": 0.3, "ensemble": ["spherical", "binary"]}
STUDY = Study("modern_energy_theory", Grid(**AXES, T=np.linspace(0.0, 1.5, 301)), MeanField("modern", starts=("retrieval", "paramagnet")), seed=0)
QUICK = STUDY.replace(name="modern_energy_theory_quick", grid=Grid(**AXES, T=np.linspace(0.0, 1.5, 61)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
