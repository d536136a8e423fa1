"""Multitasking network that learns from examples: overlaps against their number, supervised and unsupervised, theory and simulation.

Reads data/multitasking_learning.h5 (sims/ of the same name); the overlaps of the theory are solved here.  --quick reads the store of its
--quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure


def against_examples(ax, run, d):
    """Sorted overlaps against M at one dilution; lines: the hierarchical state of the Gaussian theory, which both learnings share."""
    K, T, r = int(run.K), float(run["T"]), float(run.r)
    M = np.geomspace(run.M.values[0], run.M.values[-1], 40)
    m = np.array([hn.solve("multitasking", K=K, d=d, T=T, learning="supervised", form="gaussian", r=r, M=x).m for x in M])
    for mu in range(K):
        ax.plot(M, m[:, mu], color=plotting.COLORS[mu], label=rf"$m_{mu + 1}$, Gaussian theory")
        for learning, marker, size in (("supervised", "o", 5), ("unsupervised", "x", 5)):
            one = run.sel(learning=learning, d=d).isel(pattern=mu)
            ax.errorbar(run.M, one.m_mean, one.m_err, fmt=marker, color=plotting.COLORS[mu], markersize=size, markerfacecolor="none", elinewidth=0.8,
                        linestyle="none")
    for mu in range(K - 1):
        ax.axvline(hn.hierarchical_threshold(K=K, d=d, r=r, level=mu + 1), color=plotting.COLORS[mu], linestyle=":", linewidth=1)
    ax.set(xscale="log", xlabel=plotting.label("M"), title=f"K = {K}, d = {d:g}, T = {T:g}, r = {r:g}, N = {int(run.N)}")


def draw(run, path):
    with plotting.figure(path, ncols=2, figsize=(11, 5), sharey=True) as (fig, axes):
        for ax, d in zip(axes, run.d.values):
            against_examples(ax, run, float(d))
        axes[0].set_ylabel("overlap $m$")
        for marker, learning in zip("ox", ("supervised", "unsupervised")):
            axes[0].plot([], [], marker, color=plotting.COLORS[5], markerfacecolor="none", label=f"Monte Carlo, {learning}")
        axes[0].plot([], [], ":", color=plotting.COLORS[5], label="threshold of level 1 and 2 (signal to noise)")
        axes[0].legend()


if __name__ == "__main__":
    main_figure(draw, "multitasking_learning", stores=("{}",))
