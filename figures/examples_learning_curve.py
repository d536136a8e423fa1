"""Learning curves: overlap with the archetype against the number of examples, with and without a teacher, and three thresholds.

Reads data/examples_learning_curve{,_theory}.h5 (sims/ and theory/ of the same name); the thresholds are solved here.  --quick reads the
stores of their --quick runs.
"""
import math

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure


def thresholds(theory, learning, r):
    """{words: M} of the one-step threshold, the crossover and the end of the retrieval branch, where they exist."""
    P, alpha, T = int(theory.P), float(theory.alpha), float(theory["T"])
    end = hn.boundary("dense", "spinodal", P=P, alpha=alpha, T=T, learning=learning, r=r, form="gaussian").value
    return {"one step: m = 0.68": hn.example_threshold("dense", P=P, load=2 * alpha / P, r=r, learning=learning),
            "crossover: m = 0.95": hn.learning_threshold("dense", P=P, alpha=alpha, T=T, learning=learning, r=r, form="gaussian"),
            "end of the branch": end}


def draw(run, theory, path):
    dashes, sizes = ("-", ":"), [int(run.N)]
    with plotting.figure(path, nrows=2, ncols=2, figsize=(10.5, 6.2), sharex=True, sharey="row", height_ratios=(5, 1)) as (fig, axes):
        for (ax, marks), learning in zip(axes.T, theory.learning.values):
            for r, color, marker in zip(theory.r.values, plotting.COLORS, plotting.MARKERS):
                for form, style in zip(("binomial", "gaussian"), dashes):
                    line = theory.sel(learning=learning, r=r, form=form, branch="retrieval")
                    words = f"r = {r:g}, {'exact' if form == 'binomial' else 'Gaussian'}"
                    ax.plot(line.M, line.m, style, color=color, label=words if learning == "supervised" else "_")
                plotting.overlap_points(ax, run.sel(learning=learning, r=r), "M", color=color, marker=marker)
                for height, M in enumerate(thresholds(theory, learning, r).values()):
                    if math.isfinite(M):
                        marks.plot(M, -height, "|", color=color, markersize=9, markeredgewidth=2)
            ax.set(title=f"{learning}, P = {int(theory.P)}, " + rf"$\alpha$ = {float(theory.alpha):g}, T = {float(theory['T']):g}",
                   ylim=(0, 1.02), xscale="log")
            marks.set(xlabel=plotting.label("M"), ylim=(-2.6, 0.6), yticks=[0, -1, -2])
        axes[0, 0].set_ylabel("overlap $m$ with the archetype")
        axes[1, 0].set_yticklabels(thresholds(theory, "supervised", float(theory.r[0])))
        plotting.legend(axes[0, 0], sizes, loc="lower right")


if __name__ == "__main__":
    main_figure(draw, "examples_learning_curve")
