"""Lines of the dense P = 3 and P = 4 phase diagrams with one step of replica symmetry breaking, for every temperature.

Feeds figures/dense_rsb_phase_diagram.py, which adds the replica-symmetric lines.  Takes a minute; --quick solves fewer temperatures.
"""
import numpy as np

from hebbnet import Grid, Lines, Study
from hebbnet.cli import main

STUDY = Study(
    name="dense_rsb_phase_diagram_theory",
    grid=Grid(P=[3, 4], T=np.linspace(0.0, 0.99, 100)),
    task=Lines("dense", which=("spinodal", "transition", "at", "static_glass", "dynamic_glass", "gardner"), ansatz="1rsb"),
    seed=0,
)
QUICK = STUDY.replace(name="dense_rsb_phase_diagram_theory_quick", grid=Grid(P=[3, 4], T=np.linspace(0.0, 0.99, 34)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
