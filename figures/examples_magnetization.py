"""Supervised learning: overlaps with the archetype and with the mean of its examples against the load, theory and two sizes of simulation.

Reads data/examples_magnetization{,_theory}.h5 (sims/ and theory/ of the same name); the symmetric lines are solved here.  --quick reads
the stores of their --quick runs.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure


def symmetric(theory, r, M, loads):
    """Replica-symmetric m and n over the loads, NaN where the symmetry is broken, and the same where it is."""
    found = [hn.solve("dense", P=int(theory.P), T=float(theory["T"]), alpha=alpha, learning="supervised", r=r, M=M) for alpha in loads]
    stable = np.array([s.replicon >= 0 for s in found])
    return {name: np.array([getattr(s, name) for s in found]) for name in ("m", "n")}, stable


def draw(run, theory, path):
    datasets, sizes = [(r, M) for r in theory.r.values for M in theory.M.values], run.N.values
    loads = np.linspace(0.002, float(theory.alpha.max()), 200)
    with plotting.figure(path, nrows=2, ncols=len(datasets), figsize=(12.5, 5.6), sharex=True, sharey="row") as (fig, axes):
        for column, (r, M) in zip(axes.T, datasets):
            plain, stable = symmetric(theory, r, M, loads)
            broken = theory.sel(r=r, M=M, branch="retrieval")
            rho = (1 - r * r) / (M * r * r)
            for ax, name in zip(column, ("m", "n")):
                ax.plot(loads, np.where(stable, plain[name], np.nan), color=plotting.COLORS[0], label="theory, symmetric and stable")
                ax.plot(loads, np.where(~stable, plain[name], np.nan), ":", color=plotting.COLORS[0], label="theory, symmetric but unstable")
                ax.plot(broken.alpha, broken[name], "--", color=plotting.COLORS[1], label="theory, one step of breaking")
                for N, marker, color in zip(sizes, plotting.MARKERS, plotting.COLORS[2:]):
                    plotting.overlap_points(ax, run.sel(r=r, M=M, N=N), "alpha", color=color, marker=marker, name=name)
                ax.set(ylim=(0, 1.02))
            column[0].set_title(rf"r = {r:g}, M = {M:g} ($\rho$ = {rho:.3g})")
            column[1].set(xlabel=plotting.label("alpha"), xlim=(0, float(theory.alpha.max())))
        for ax, name in zip(axes[:, 0], ("m", "n")):
            ax.set_ylabel({"m": "$m$, archetype", "n": "$n$, mean of its examples"}[name])
        plotting.legend(fig, sizes, axes[0, 0], colors=plotting.COLORS[2:], loc="outside upper center", ncols=3)


if __name__ == "__main__":
    main_figure(draw, "examples_magnetization")
