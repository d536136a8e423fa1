"""Overlap against load at two temperatures, with and without self-interactions: two theories, each with its own simulation.

Reads data/dense_magnetization{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick runs.
"""
from hebbnet import plotting
from hebbnet.cli import main_figure

MODELS = ((False, "distinct indices"), (True, "with self-interactions"))


def draw(run, theory, path):
    temperatures, sizes = run["T"].values, run.N.values
    with plotting.figure(path, nrows=2, ncols=len(temperatures), figsize=(10.5, 5.4), sharex=True, sharey="row",
                         height_ratios=(3, 1)) as (fig, axes):
        for (top, bottom), T in zip(axes.T, temperatures):
            for (model, words), color in zip(MODELS, plotting.COLORS):
                line = theory.sel(self_interaction=model, T=T, branch="retrieval")
                top.plot(line.alpha, line.m, color=color, label=f"theory, {words}")
                bottom.axvline(float(line.alpha[line.converged].max()), color=color, linestyle=":", linewidth=1)
                for N, marker in zip(sizes, plotting.MARKERS):
                    points = run.sel(self_interaction=model, T=T, N=N)
                    plotting.overlap_points(top, points, "alpha", color=color, marker=marker)
                    bottom.plot(points.alpha, points.escaped_fraction, marker, color=color, linestyle="none", markersize=3.5)
            top.set(title=f"P = {int(run.P)}, T = {T:g}", ylim=(0.5, 1.02))
            bottom.set(xlabel=plotting.label("alpha"), xlim=(0, 0.46), ylim=(-0.05, 1.05))
        axes[0, 0].set_ylabel(plotting.label("m"))
        axes[1, 0].set_ylabel("fraction of chains\nthat left retrieval")
        plotting.legend(axes[0, 0], sizes, loc="lower left")
        end, = axes[0, 1].plot([], [], ":", color=plotting.COLORS[5], linewidth=1, label="end of the retrieval branch (theory)")
        axes[0, 1].legend(handles=[end], loc="lower left")


if __name__ == "__main__":
    main_figure(draw, "dense_magnetization")
