"""Accuracy on digits that were never learnt, and overlap with the archetypes from there, against M; baselines and theory as lines.

Reads data/digits_accuracy.h5 (sims/ of the same name); the theory is solved here, with the r that was measured.  --quick reads the store of
its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure


def over_splits(x):
    """Mean over splits and its standard error, by M."""
    x = x.transpose("M", "disorder").values
    return x.mean(axis=1), x.std(axis=1, ddof=1) / np.sqrt(x.shape[1])


def theory(run):
    """m at T = 0 of random archetypes with the same load, M, and mean measured r; NaN where there is no retrieval."""
    r, load = run.r_measured.mean("disorder"), run.alpha_of_K.mean("disorder")
    return [hn.solve("dense", P=int(run.P), alpha=float(load.sel(M=M)), T=0.0, learning=str(run.learning.values), r=float(r.sel(M=M)), M=int(M)).m
            for M in run.M.values]


def draw(run, path):
    with plotting.figure(path, nrows=2, ncols=2, figsize=(10, 7.2), sharex=True, sharey="row") as (fig, axes):
        for column, learning in zip(axes.T, run.learning.values):
            for P, color, marker, dashes in zip(run.P.values, plotting.COLORS, plotting.MARKERS, ("-", "-", (0, (4, 4)))):
                one = run.sel(P=P, learning=learning)
                for ax, name, face in ((column[0], "accuracy", color), (column[1], "m_archetype", color), (column[1], "m_surrogate", "none")):
                    mean, error = over_splits(one[name])
                    ax.errorbar(run.M, mean, error, fmt=marker, color=color, markerfacecolor=face, linestyle="none", elinewidth=1, capsize=2,
                                label=f"network, P = {P}" if name == "accuracy" else "_")
                column[1].plot(run.M, theory(one), color=color, linestyle=dashes, label=f"theory, P = {P}")
            for name, style, words in (("nearest_mean", "--", "nearest class mean"), ("nearest_archetype", ":", "nearest archetype"),
                                       ("nearest_example", "-.", "nearest learnt image")):
                mean, error = over_splits(run[name].sel(P=run.P[0], learning=learning))
                column[0].plot(run.M, mean, style, color="black", linewidth=1.1, label=words)
                column[0].fill_between(run.M, mean - error, mean + error, color="black", alpha=0.15, linewidth=0)
            column[0].axhline(0.1, color=plotting.COLORS[5], linewidth=0.7, label="chance")
            column[0].set(title=f"{learning}, T = 0", xscale="log", ylim=(0, 1))
            column[0].set_xticks(run.M.values, [f"{M:g}" for M in run.M.values])
            column[0].minorticks_off()
            column[1].set(xlabel=plotting.label("M", words=False) + ", examples of each of ten digits", ylim=(0, 1.05))
        axes[0, 0].set_ylabel("fraction of test images classified right")
        axes[1, 0].set_ylabel("overlap $m$ with the archetype, from there")
        axes[0, 0].legend(loc="center right", bbox_to_anchor=(1, 0.5), ncols=2)
        for face, words in ((plotting.COLORS[5], "digits"), ("none", "their archetypes, independent noise")):
            axes[1, 1].plot([], [], "o", color=plotting.COLORS[5], markerfacecolor=face, label=words)
        axes[1, 1].legend(loc="lower right", ncols=2)


if __name__ == "__main__":
    main_figure(draw, "digits_accuracy", stores=("{}",))
