"""Modern network, lam = 1, over the (alpha, T) plane: chains from a pattern, on the sphere and of binary states.

The number of patterns is the same everywhere and N = ln(K)/alpha follows from it: wells hold a chain for a time exp(N dF/T), and dF is small where
alpha is.  Feeds figures/modern_phase_diagram.py.  Takes one minute of one core; --quick takes seconds and has its own store.
"""
import math

import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main


class FixedNumber(MonteCarlo):
    """`MonteCarlo` at alpha and K, with N = ln(K)/alpha neurons, rounded."""

    def identity(self):
        return {**super().identity(), "task": "FixedNumber"}

    def check(self, point):
        size = round(math.log(point["K"]) / point["alpha"])
        return super().check({"N": size, **{name: value for name, value in point.items() if name != "alpha"}})


AXES = {"lam": 1.0, "ensemble": ["spherical", "binary"]}
STUDY = Study(
    name="modern_phase_diagram",
    grid=Grid(**AXES, K=5000, alpha=np.linspace(0.05, 0.55, 11), T=np.linspace(0.1, 1.9, 10)),
    task=FixedNumber("modern", start="pattern", thermalize=600, measure=600, every=20, disorder=2, chains=2),
    seed=53,
)
QUICK = STUDY.replace(name="modern_phase_diagram_quick", grid=Grid(**AXES, K=100, alpha=[0.1, 0.25, 0.4], T=[0.2, 0.6, 1.2]))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
