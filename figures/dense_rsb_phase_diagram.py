"""Phase diagrams of the dense P = 4 and P = 3 networks, replica symmetric against one step of breaking, and their re-entrance enlarged.

Reads data/dense_rsb_phase_diagram_theory.h5 (theory/ of the same name); the symmetric lines are solved here.  --quick reads the
store of its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

FAINT = {"alpha": 0.9, "linestyle": (0, (1, 1.2)), "linewidth": 1.3}


def draw(lines, path):
    temperatures = lines["T"].values
    with plotting.figure(path, nrows=2, ncols=2, figsize=(10.5, 8.6), height_ratios=(1.4, 1)) as (fig, axes):
        for column, P in enumerate((4, 3)):
            one = lines.sel(P=P)
            symmetric = hn.phase_diagram("dense", P=P, T=temperatures)
            largest = float(hn.boundary("dense", "dynamic_glass", P=P, alpha=1.0)) ** 2
            for ax in axes[:, column]:
                plotting.phase_lines(ax, symmetric, ("spinodal", "transition"), ", symmetric", **FAINT)
                plotting.phase_lines(ax, one, ("spinodal", "transition"), ", one step")
                plotting.phase_lines(ax, one, ("at", "static_glass", "dynamic_glass", "gardner"))
                ax.plot([0, 1], [0, 1], color="black", linewidth=0.6, label=r"Nishimori line $T = \alpha$")
                ax.plot(largest, largest, "o", color="black", markersize=3.5, label="largest load (exact)")
                ax.set(xlabel=plotting.label("alpha"), ylabel=plotting.label("T"))
            whole, detail = axes[:, column]
            whole.set(xlim=(0, 0.52), ylim=(0, 1.0), title=f"dense network, P = {P}")
            left = min(symmetric.spinodal.values[0], np.nanmin(one.transition.values[temperatures < largest]))
            detail.set(xlim=(left - 0.01, largest + 0.01), ylim=(0, 0.56), title="the re-entrance")
        fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


if __name__ == "__main__":
    main_figure(draw, "dense_rsb_phase_diagram", stores=("{}_theory",))
