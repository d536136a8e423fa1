"""Lines of the modern network, lam = 1, in temperature for every load: on the sphere and for binary states.

Feeds figures/modern_phase_diagram.py.  Takes seconds.
"""
import numpy as np

from hebbnet import Grid, Lines, Study
from hebbnet.cli import main

ENSEMBLES = ["spherical", "binary"]
STUDY = Study("modern_phase_diagram_theory", Grid(lam=1.0, ensemble=ENSEMBLES, alpha=np.linspace(0.02, 0.64, 156)),
              Lines("modern", which=("spinodal", "union", "single")), seed=0)
QUICK = STUDY.replace(name="modern_phase_diagram_theory_quick", grid=Grid(lam=1.0, ensemble=ENSEMBLES, alpha=np.linspace(0.02, 0.64, 32)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
