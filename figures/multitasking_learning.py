"""Multitasking network that learns from examples: overlaps against their number, supervised and unsupervised, theory and simulation.

Reads data/multitasking_learning.h5 (sims/ of the same name); the overlaps of the theory are solved here.  --quick reads the store of its
--quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

FEW = 32             # most examples whose exact means are summed over


def against_examples(ax, run, d):
    """Sorted overlaps against M at one dilution; lines: theory of Gaussian examples, which both learnings share; bars: of exact means."""
    K, T, r = int(run.K), float(run["T"]), float(run.r)
    point = dict(K=K, d=d, T=T, learning="supervised", r=r)
    M = np.geomspace(run.M.values[0], run.M.values[-1], 60)
    few = [int(x) for x in run.M.values if x <= FEW]
    gaussian = np.array([hn.solve("multitasking", form="gaussian", M=x, **point).m for x in M])
    exact = np.array([hn.solve("multitasking", form="binomial", M=x, **point).m for x in few])
    for mu in range(K):
        color = plotting.COLORS[mu]
        ax.plot(M, gaussian[:, mu], color=color, label=rf"$m_{mu + 1}$, Gaussian examples")
        ax.plot(few, exact[:, mu], "_", color=color, markersize=15, markeredgewidth=1.3)
        for learning, marker, size in (("supervised", "o", 5), ("unsupervised", "x", 5)):
            one = run.sel(learning=learning, d=d).isel(pattern=mu)
            ax.errorbar(run.M, one.m_mean, one.m_err, fmt=marker, color=color, markersize=size, markerfacecolor="none", elinewidth=0.8,
                        linestyle="none")
    for mu in range(K - 1):
        ax.axvline(hn.hierarchical_threshold(K=K, d=d, r=r, level=mu + 1), color=plotting.COLORS[mu], linestyle=":", linewidth=1)
    ax.set(xscale="log", xlabel=plotting.label("M"), title=f"K = {K}, d = {d:g}, T = {T:g}, r = {r:g}, N = {int(run.N)}")


def draw(run, path):
    with plotting.figure(path, ncols=2, figsize=(11, 5), sharey=True) as (fig, axes):
        for ax, d in zip(axes, run.d.values):
            against_examples(ax, run, float(d))
        axes[0].set_ylabel("overlap $m$")
        axes[0].plot([], [], "_", color=plotting.COLORS[5], markersize=15, label="exact means of few examples")
        for marker, learning in zip("ox", ("supervised", "unsupervised")):
            axes[0].plot([], [], marker, color=plotting.COLORS[5], markerfacecolor="none", label=f"Monte Carlo, {learning}")
        axes[0].plot([], [], ":", color=plotting.COLORS[5], label="threshold of level 1 and 2 (signal to noise)")
        axes[0].legend(loc="center right")


if __name__ == "__main__":
    main_figure(draw, "multitasking_learning", stores=("{}",))
