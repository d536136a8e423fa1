"""Lines of the dense P = 4 network that learns from examples, supervised, with one step of replica symmetry breaking: four dataset entropies.

Feeds figures/examples_phase_diagram.py, which adds the replica-symmetric lines.  Takes a minute; --quick solves fewer temperatures.
"""
import numpy as np

from hebbnet import Grid, Lines, Study
from hebbnet.cli import main

STUDY = Study(
    name="examples_phase_diagram_theory",
    grid=Grid(P=4, learning="supervised", rho=[0.0, 0.05, 0.1, 0.3], T=np.linspace(0.0, 0.98, 99)),
    task=Lines("dense", which=("spinodal", "transition", "at", "static_glass"), ansatz="1rsb"),
    seed=0,
)
QUICK = STUDY.replace(
    name="examples_phase_diagram_theory_quick",
    grid=Grid(P=4, learning="supervised", rho=[0.0, 0.05, 0.1, 0.3], T=np.linspace(0.0, 0.98, 8)),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
