"""Phase diagrams of the dense P = 4 network that learns from examples, supervised: four dataset entropies, symmetric against one step.

Reads data/examples_phase_diagram_theory.h5 (theory/ of the same name); the symmetric lines are solved here.  --quick reads the store
of its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

LOADS = np.linspace(0.002, 0.5, 250)
FAINT = {"alpha": 0.9, "linestyle": (0, (1, 1.2)), "linewidth": 1.3}


def draw(lines, path):
    temperatures = lines["T"].values
    with plotting.figure(path, nrows=2, ncols=2, figsize=(10.5, 8.2), sharex=True, sharey=True) as (fig, axes):
        for ax, rho in zip(axes.flat, lines.rho.values):
            one = lines.sel(rho=rho)
            symmetric = hn.phase_diagram("dense", P=int(lines.P), T=temperatures, learning="supervised", rho=rho)
            plotting.phase_lines(ax, symmetric, ("spinodal", "transition"), ", symmetric", **FAINT)
            plotting.phase_lines(ax, one, ("spinodal", "transition"), ", one step")
            plotting.phase_lines(ax, one, ("at", "static_glass"))
            exact = [float(hn.boundary("dense", "nishimori", P=int(lines.P), alpha=alpha, learning="supervised", rho=rho)) for alpha in LOADS]
            words, color, dashes = plotting.LINES["nishimori"]
            ax.plot(LOADS, exact, label=words, color=color, linestyle=dashes, linewidth=0.8)
            ax.set(title=rf"P = {int(lines.P)}, dataset entropy $\rho$ = {rho:g}", xlim=(0, 0.5), ylim=(0, 1.0))
        for ax in axes[1]:
            ax.set_xlabel(plotting.label("alpha"))
        for ax in axes[:, 0]:
            ax.set_ylabel(plotting.label("T"))
        fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


if __name__ == "__main__":
    main_figure(draw, "examples_phase_diagram", stores=("{}_theory",))
