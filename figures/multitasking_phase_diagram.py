"""Phase diagram of the multitasking network over dilution and temperature, K = 2 and 3: the class of the thermodynamic state, and the lines.

Markers: the class of simulated overlaps, those that differ by less than four sampling errors sqrt((1-d)/N)/lambda counted as equal (lambda: the
lowest mode of the theory there).  Where this is a quarter of 1 - d, or the theory's own state would have another class so: a cross.
Reads data/multitasking_phase_diagram{,_theory}.h5 (sims/ and theory/ of the same name, theory K = 3); K = 2 and the lines are solved here.
--quick reads the stores of their --quick runs.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

SOFT = 0.25          # largest tolerance, in units of 1 - d, with which a class is told at all


def points(ax, run):
    """One marker per (d, T), of the mean over samples; (points resolved, points where a chain has the class of the theory)."""
    K, N, resolved, right = int(run.K), int(run.N), 0, 0
    for d in run.d.values:
        for T in run["T"].values:
            theory = hn.solve("multitasking", K=K, d=d, T=T)
            tolerance = 4 / np.sqrt(N * (1 - d)) / max(theory.lowest_mode, 1e-6)
            m = run.m.sel(d=d, T=T).mean("disorder").transpose("chain", "pattern").values
            seen = [hn.state_class(one[:K], d, tolerance) for one in m]
            told = tolerance < SOFT and hn.state_class(theory.m, d, tolerance) == theory.state_class
            plotting.class_point(ax, d, T, seen, told)
            resolved += told
            right += told and theory.state_class in seen
    return resolved, right


def draw(run, theory, path):
    dilutions, temperatures = theory.d.values, theory["T"].values
    two = [[hn.solve("multitasking", K=2, d=d, T=T).state_class for T in temperatures] for d in dilutions]
    with plotting.figure(path, ncols=2, figsize=(11, 5.6), sharey=True) as (fig, axes):
        for ax, K, classes in zip(axes, (2, int(theory.K)), (two, theory.state_class.isel(branch=0).transpose("d", "T").values)):
            plotting.class_map(ax, dilutions, temperatures, classes)
            grid = np.linspace(dilutions[0], dilutions[-1], 97)
            lines = hn.phase_diagram("multitasking", K=K, d=grid)
            for which, dashes, words in (("ergodic", "-", "$T_c$"), ("pure", "--", "$T_P$"),
                                         ("symmetric", ":", "$T_S$, border of stable equal overlaps")):
                for root in range(lines.sizes["root"]):
                    y = lines[f"{which}_roots"].isel(root=root).values
                    ax.plot(grid, y, color="black", linestyle=dashes, linewidth=1.3, label=words if root == 0 else "_")
            resolved, right = points(ax, run.sel(K=K))
            ax.set(title=f"K = {K}\nMonte Carlo, N = {int(run.N)}: class of the theory at {right} of {resolved} resolved points",
                   xlabel=plotting.label("d"), xlim=(grid[0], grid[-1]), ylim=(0, 1))
        axes[0].set_ylabel(plotting.label("T"))
        axes[0].legend(loc="upper right")
        axes[1].legend(handles=plotting.class_handles(), title="simulated (region: theory); open: from random spins,\nwhere another class",
                       loc="upper right", title_fontsize=8.5, ncols=2)


if __name__ == "__main__":
    main_figure(draw, "multitasking_phase_diagram")
