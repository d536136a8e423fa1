"""Multitasking network at T = 0 over dilution and the dataset entropy: the class of its state, and its smallest over its largest overlap.

Below: the overlaps against the number of examples, supervised and unsupervised, theory and simulation.
Reads data/multitasking_learning{,_theory}.h5 (sims/ and theory/ of the same name); the line rho_S and the overlaps against M are solved
here.  --quick reads the stores of their --quick runs.
"""
import numpy as np
from matplotlib.colors import ListedColormap

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

CLASSES = ("paramagnet", "pure", "hierarchical", "symmetric", "mixed", "split")
COLORS = ListedColormap(["#f2f2f2", "#a9cbe3", "#e6b0a5", "#b5d6b8", "#cfbfe0", "#e8d39a"])


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


def draw(run, theory, path):
    dilutions, rho, K = theory.d.values, theory.rho.values, int(theory.K)
    state = theory.isel(branch=0).transpose("d", "rho", ...)
    code = np.array([[CLASSES.index(str(name)) for name in row] for row in state.state_class.values])
    ratio = (state.m.isel(pattern=-1) / state.m.isel(pattern=0)).values
    grid = np.linspace(0.1, 0.95, 35)
    border = [hn.boundary("multitasking", "parallel", K=K, d=d, T=0.0, learning="supervised").value for d in grid]
    with plotting.figure(path, nrows=2, ncols=2, figsize=(10, 8), sharey="row") as (fig, (axes, lower)):
        axes[0].pcolormesh(dilutions, rho, code.T, cmap=COLORS, vmin=-0.5, vmax=len(CLASSES) - 0.5, shading="nearest")
        shade = axes[1].pcolormesh(dilutions, rho, ratio.T, cmap="viridis", vmin=0, vmax=1, shading="nearest")
        fig.colorbar(shade, ax=axes[1], label=f"$m_{K}/m_1$")
        for ax in axes:
            ax.plot(grid, border, color="black", label=r"$\rho_S$")
            ax.set(xlabel=plotting.label("d"), yscale="log", ylim=(rho[0], rho[-1]))
        for c in sorted(set(code.ravel())):
            axes[0].plot([], [], "s", color=COLORS(c), label=CLASSES[c], markersize=8)
        axes[0].legend(frameon=True, framealpha=0.8, edgecolor="none")
        axes[0].set(title=f"K = {K}, T = 0", ylabel=plotting.label("rho"))
        for ax, d in zip(lower, run.d.values):
            against_examples(ax, run, float(d))
        lower[0].set_ylabel("overlap $m$")
        for marker, learning in zip("ox", ("supervised", "unsupervised")):
            lower[0].plot([], [], marker, color=plotting.COLORS[5], markerfacecolor="none", label=f"Monte Carlo, {learning}")
        lower[0].plot([], [], ":", color=plotting.COLORS[5], label="threshold of level 1 and 2 (signal to noise)")
        lower[0].legend()


if __name__ == "__main__":
    main_figure(draw, "multitasking_learning")
