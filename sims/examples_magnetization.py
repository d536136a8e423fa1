"""Supervised learning, P = 4: overlaps m and n against the load for four qualities and quantities of the examples, two sizes.

Stratified examples of the condensed archetype: most of the noise between samples is that of its own dataset.
Feeds figures/examples_magnetization.py.  Takes ten minutes of one core; --quick takes half a minute and writes to its own store.
"""
import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

STUDY = Study(
    name="examples_magnetization",
    grid=Grid(P=4, T=0.3, learning="supervised", stratified=True, N=[72, 120], r=[0.3, 0.6], M=[10, 40], alpha=np.linspace(0.02, 0.38, 10)),
    task=MonteCarlo("dense", start="pattern", thermalize=100, measure=200, every=4, disorder=8, chains=2,
                    observables=("m", "n", "q", "energy", "acceptance", "equilibrated", "escaped")),
    seed=19,
)
QUICK = STUDY.replace(
    name="examples_magnetization_quick",
    grid=Grid(P=4, T=0.3, learning="supervised", stratified=True, N=[40, 60], r=[0.3, 0.6], M=[10, 40], alpha=np.linspace(0.02, 0.38, 7)),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
