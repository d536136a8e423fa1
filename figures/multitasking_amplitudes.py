"""Overlaps of the multitasking network against dilution, K = 3 and 5 patterns, one row per temperature: theory and simulation.

Reads data/multitasking_amplitudes{,_theory}.h5 (sims/ and theory/ of the same name); K = 3 is solved here.  --quick reads the stores of
their --quick runs.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

STARTS = ("hierarchical start", "random start, each sample")      # of the chains of a sample


def points(ax, run):
    """Sorted overlaps: from the hierarchical start means over samples with their standard errors; from random spins every sample by itself,
    because samples may end in different states."""
    ordered, free = (run.m.isel(chain=chain).transpose("disorder", "d", "pattern").values for chain in (0, 1))
    for mu in range(int(np.isfinite(ordered[0, 0]).sum())):
        m, color = ordered[:, :, mu], plotting.COLORS[mu]
        ax.errorbar(run.d, m.mean(axis=0), m.std(axis=0, ddof=1) / len(m) ** 0.5, fmt="o", color=color, markersize=4, markerfacecolor="none",
                    elinewidth=0.8, linestyle="none")
        for one in free[:, :, mu]:
            ax.plot(run.d, one, "x", color=color, markersize=5, markeredgewidth=0.9)


def draw(run, theory, path):
    dilutions, temperatures = theory.d.values, theory["T"].values
    with plotting.figure(path, nrows=len(temperatures), ncols=2, figsize=(9.5, 2.9 * len(temperatures)), sharex=True, sharey=True) as (fig, axes):
        for row, T in zip(np.atleast_2d(axes), temperatures):
            three = np.array([hn.solve("multitasking", K=3, d=d, T=T).m for d in dilutions])
            five = theory.m.sel(T=T, branch="lowest").transpose("d", "pattern").values
            for ax, m in zip(row, (three, five)):
                K = m.shape[1]
                for mu in range(K):
                    ax.plot(dilutions, m[:, mu], color=plotting.COLORS[mu], label=rf"$m_{mu + 1}$, state of lowest free energy")
                    ax.plot(dilutions, (1 - dilutions) * dilutions**mu, color=plotting.COLORS[mu], linestyle=":", linewidth=0.9)
                points(ax, run.sel(K=K, T=T))
                ax.set_title(f"K = {K}, T = {T:g}")
            row[0].set_ylabel("overlap $m$")
        for ax in np.atleast_2d(axes)[-1]:
            ax.set_xlabel(plotting.label("d"))
        last = np.atleast_2d(axes)[0, 1]
        last.plot([], [], ":", color=plotting.COLORS[5], label=r"$(1-d)\,d^{\mu-1}$")
        for marker, words in zip("ox", STARTS):
            last.plot([], [], marker, color=plotting.COLORS[5], markerfacecolor="none", label=f"Monte Carlo, N = {int(run.N)}, {words}")
        fig.legend(*last.get_legend_handles_labels(), loc="outside upper center", ncols=3)


if __name__ == "__main__":
    main_figure(draw, "multitasking_amplitudes")
