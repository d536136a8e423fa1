"""Learning curves, P = 4: overlap m with the archetype against the number M of examples of each, three qualities, with and without teacher.

At small load and temperature the supervised network learns as soon as the examples tell the archetype, M of the order of 1/r**2, while
the unsupervised one needs of the order of 1/r**8.
Feeds figures/examples_learning_curve.py.  About 4 minutes on one core; --quick takes ten seconds and writes to its own store.
"""
from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

LEARNING = ["supervised", "unsupervised"]
STUDY = Study(
    name="examples_learning_curve",
    grid=Grid(P=4, T=0.1, alpha=0.01, stratified=True, N=80, learning=LEARNING, r=[0.2, 0.3, 0.5],
              M=[1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]),
    task=MonteCarlo("dense", start="pattern", thermalize=100, measure=200, every=4, disorder=8, chains=2),
    seed=23,
)
QUICK = STUDY.replace(
    name="examples_learning_curve_quick",
    grid=Grid(P=4, T=0.1, alpha=0.01, stratified=True, N=48, learning=LEARNING, r=[0.2, 0.3, 0.5], M=[1, 4, 16, 64, 256]),
)

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
