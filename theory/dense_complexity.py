"""Complexity of the dense P = 3 and P = 4 glasses around the temperatures between T_K and T_d, where it does not vanish in equilibrium.

Feeds figures/dense_complexity.py.  Takes a minute; --quick solves fewer temperatures and states.
"""
import numpy as np

from hebbnet import Complexity, Grid, Study
from hebbnet.cli import main

STUDY = Study(
    name="dense_complexity_theory",
    grid=Grid(P=[3, 4], alpha=1.0, T=np.round(np.linspace(0.616, 0.683, 68), 3)),   # T_K = 0.6169 of P = 4 to T_d = 0.6816 of P = 3
    task=Complexity("dense", theta=np.linspace(0.85, 1.15, 301)),
    seed=0,
)
QUICK = STUDY.replace(name="dense_complexity_theory_quick", grid=Grid(P=[3, 4], alpha=1.0, T=np.round(np.linspace(0.616, 0.681, 14), 3)),
                      task=Complexity("dense", theta=np.linspace(0.85, 1.15, 61)))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
