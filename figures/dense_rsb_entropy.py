"""Entropy against temperature near the capacity, P = 2 beside P = 4: replica symmetric (negative at T = 0) and one step of breaking.

Reads data/dense_rsb_entropy_theory.h5 (theory/ of the same name); the symmetric curves are solved here.  --quick reads the store of
its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

LOADS = {2: 0.137, 4: 0.39}
RANGE = {(2, "retrieval"): (0.02, (-0.0015, 0.0025)), (4, "retrieval"): (0.22, (-0.016, 0.016)), (2, "glass"): (0.4, (-0.08, 0.1)),
         (4, "glass"): (0.4, (-0.03, 0.1))}


def symmetric(P, branch):
    """(T, entropy, words) of the replica-symmetric state; the m = 0 one of P = 4 is the paramagnet."""
    start = "paramagnet" if (P, branch) == (4, "glass") else branch
    T = np.linspace(1e-9, RANGE[P, branch][0], 121)
    return T, [hn.solve("dense", P=P, alpha=LOADS[P], T=t, start=start).entropy for t in T], f"symmetric {start}"


def draw(data, path):
    with plotting.figure(path, nrows=2, ncols=2, figsize=(9.5, 7.2)) as (fig, axes):
        for row, branch in zip(axes, ("retrieval", "glass")):
            for ax, P in zip(row, (2, 4)):
                highest, limits = RANGE[P, branch]
                one = data.sel(P=P, alpha=LOADS[P], branch=branch)
                T, entropy, words = symmetric(P, branch)
                ax.axhline(0, color="black", linewidth=0.6)
                ax.plot(T, entropy, ":", color=plotting.COLORS[1], label=words)
                x, y = one["T"].values[one.converged], one.entropy.values[one.converged]
                if branch == "retrieval":
                    at = hn.boundary("dense", "at", P=P, alpha=LOADS[P])
                    x, y = np.append(x, at.value), np.append(y, at.solution.entropy)
                    ax.plot(at.value, at.solution.entropy, "o", color="black", label="AT line: the symmetry breaks")
                elif P == 4:
                    frozen = float(hn.boundary("dense", "static_glass", P=P, alpha=LOADS[P]))
                    ax.plot(frozen, hn.solve("dense", P=P, alpha=LOADS[P], T=frozen, start="paramagnet").entropy, "o", color="black",
                            label="static glass $T_K$")
                ax.plot(x, y, color=plotting.COLORS[0], label=f"one-step {branch}")
                ax.set(xlabel=plotting.label("T"), ylabel=plotting.label("entropy"), xlim=(0, highest), ylim=limits,
                       title=rf"P = {P}, $\alpha$ = {LOADS[P]}: {branch}")
                ax.locator_params(nbins=5)
                ax.legend(loc="upper left")


if __name__ == "__main__":
    main_figure(draw, "dense_rsb_entropy", stores=("{}_theory",))
