"""Lines of the dense P = 4 phase diagram, replica symmetric: the load at which each is met, for every temperature.

Feeds figures/dense_phase_diagram.py.  Takes seconds; --quick solves fewer temperatures.
"""
import numpy as np

from hebbnet import Grid, Lines, Study
from hebbnet.cli import main

STUDY = Study(
    name="dense_phase_diagram_theory",
    grid=Grid(P=4, T=np.linspace(0.0, 0.99, 397)),
    task=Lines("dense", which=("spinodal", "transition", "at", "static_glass", "dynamic_glass")),
    seed=0,
)
QUICK = STUDY.replace(name="dense_phase_diagram_theory_quick", grid=Grid(P=4, T=np.linspace(0.0, 0.99, 199)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
