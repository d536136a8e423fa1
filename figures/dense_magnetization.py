"""Overlap against load at two temperatures, with and without self-interactions: two theories, each with its own simulation.

Reads data/dense_magnetization{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick runs.
"""
import click

import hebbnet as hn
from hebbnet import plotting

MODELS = ((False, "distinct indices"), (True, "with self-interactions"))


def draw(run, theory, path):
    temperatures = run["T"].values
    with plotting.figure(path, ncols=len(temperatures), figsize=(10.5, 4.0), sharey=True) as (fig, axes):
        for ax, T in zip(axes, temperatures):
            for (model, words), color in zip(MODELS, plotting.COLORS):
                line = theory.sel(self_interaction=model, T=T, branch="retrieval")
                ax.plot(line.alpha, line.m, color=color, label=f"theory, {words}")
                for N, marker in zip(run.N.values, plotting.MARKERS):
                    points = run.sel(self_interaction=model, T=T, N=N)
                    plotting.overlap_points(ax, points, "alpha", color=color, marker=marker, label=f"Monte Carlo, N = {N}")
            ax.set(xlabel=plotting.label("alpha"), title=f"P = {int(run.P)}, T = {T:g}", xlim=(0, 0.46), ylim=(0.5, 1.02))
        axes[0].set_ylabel(plotting.label("m"))
        axes[0].legend(loc="lower left")


@click.command(help=__doc__)
@click.option("--quick", is_flag=True, help="draw the reduced studies")
@click.option("--folder", default="data", show_default=True, help="where the stores are")
@click.option("--out", default="figures/out", show_default=True, help="where the picture goes")
def command(quick, folder, out):
    suffix = "_quick" if quick else ""
    path = f"{out}/dense_magnetization{suffix}.png"
    draw(hn.open(f"{folder}/dense_magnetization{suffix}.h5"), hn.open(f"{folder}/dense_magnetization_theory{suffix}.h5"), path)
    click.echo(f"wrote {path}")


if __name__ == "__main__":
    command()
