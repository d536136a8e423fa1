"""Mean-field dynamics beside heat-bath on the same networks, against T: supervised learning, P = 4, first order ("plefka") and "tap".

From T = 0.55 on networks of this size leave retrieval.  Stratified examples of the condensed archetype.  Networks are simulated at
T (N)_P/N**P, the temperature at which theory has their couplings.
Feeds figures/plefka_tap.py.  About 2 minutes on one core; --quick takes seconds and writes to its own store.
"""
import math
from dataclasses import dataclass

import numpy as np

from hebbnet import Grid, MonteCarlo, Study
from hebbnet.cli import main
from hebbnet.montecarlo.numba_engine import Engine

KINDS = ("heat-bath", "plefka", "tap")


@dataclass(frozen=True)
class SameInstance:
    """m, q and site magnetizations of heat-bath and both fixed points of one network, all from its archetype.

    m, q over KINDS (two heat-bath chains: q is their overlap); rms over neurons of (fixed point - heat-bath), for heat-bath itself half the
    rms difference of its chains, which is its noise; converged.  lowest: smallest m that heat-bath passed through.
    """

    thermalize: int = 300
    measure: int = 4000
    disorder: int = 6
    network: str = "dense"
    every: int = 1

    @property
    def samples(self):
        return self.disorder

    def identity(self):
        return {"task": "SameInstance", "network": self.network, "thermalize": self.thermalize, "measure": self.measure}

    def cold(self, point):
        return {**point, "T": point["T"] * math.perm(point["N"], point["P"]) / point["N"] ** point["P"]}

    def check(self, point):
        MonteCarlo(self.network).check(self.cold(point))

    def run(self, point, *, sample, seed, engine="numba"):
        point, task = self.cold(point), MonteCarlo(self.network, chains=2)
        problem = task.problem(task.check(point), sample=sample, seed=seed)
        compiled, state = Engine(problem), task.initial(problem, seed)
        state, _ = compiled.advance(state, self.thermalize)
        archetype, total, lowest = problem.patterns.archetypes[0].astype(int), np.zeros(state.spins.shape), 1.0
        for _ in range(self.measure):
            state, _ = compiled.advance(state, 1)
            total += state.spins / self.measure
            lowest = min(lowest, (state.spins @ archetype).min() / point["N"])
        means = total.mean(axis=0)
        m, q = [means @ archetype / point["N"]], [np.mean(total[0] * total[1])]
        rms, converged = [np.sqrt(np.mean((total[0] - total[1]) ** 2)) / 2], [True]
        for kind in KINDS[1:]:
            found = MonteCarlo(self.network, chains=1, dynamics=kind).measurements(point, sample=sample, seed=seed, spins=True)
            m.append(found["m"][1][0, 0])
            q.append(found["q"][1][0, 0])
            rms.append(np.sqrt(np.mean((found["magnetizations"][1][0, 0] - means) ** 2)))
            converged.append(found["converged"][1][0, 0])
        out = {name: (("disorder", "kind"), np.array([x])) for name, x in (("m", m), ("q", q), ("rms", rms), ("converged", converged))}
        return {**out, "lowest": (("disorder",), np.array([lowest])), "kind": (("kind",), np.array(KINDS))}

    def summarize(self, dataset):
        return dataset


POINT = {"P": 4, "N": 96, "alpha": 0.05, "learning": "supervised", "r": 0.8, "M": 5, "stratified": True}
STUDY = Study("plefka_tap", Grid(**POINT, T=np.linspace(0.2, 0.55, 8).round(3)), SameInstance(), seed=37)
QUICK = STUDY.replace(name="plefka_tap_quick", grid=Grid(**{**POINT, "N": 48}, T=[0.2, 0.35, 0.5, 0.65]), task=SameInstance(measure=500, disorder=3))

if __name__ == "__main__":
    main(STUDY, quick=QUICK)
