"""Multitasking network at T = 0: how many patterns are retrieved at once against how many are stored, for several sizes.

Level mu of the hierarchy has about N (1-d) d**(mu-1) neurons to itself, so that ln N / ln(1/d) levels have any.  Chain 0 starts in the
hierarchical state, chain 1 from random spins.
Feeds figures/multitasking_logn.py.  Takes two minutes of one core; --quick takes ten seconds and writes to its own store.
"""
from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main

STUDY = Study(
    name="multitasking_logn",
    grid=Grid(d=[0.2, 0.4], T=0.0, N=[100, 1000, 10_000, 100_000], K=[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16, 18]),
    task=MonteCarlo("multitasking", dynamics="zero-temperature", start=("hierarchical", "random"), thermalize=40, measure=2, disorder=6, chains=2,
                    largest=18, observables=("m", "energy", "acceptance", "retrieved")),
    seed=37,
)
QUICK = STUDY.replace(name="multitasking_logn_quick", grid=Grid(d=[0.2, 0.4], T=0.0, N=[100, 1000, 10_000], K=[1, 2, 4, 6, 8, 10, 14]))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
