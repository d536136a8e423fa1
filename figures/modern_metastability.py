"""k90 against lam R**2 for random and for clustered patterns: exact states as lines with their transitions, random draws as points.

Reads data/modern_metastability.h5 (sims/) and data/modern_metastability_theory.h5 (theory/).  --quick reads the stores of their --quick runs.
"""
import numpy as np

from hebbnet import plotting
from hebbnet.cli import main_figure

WORDS = {"spherical": ("random patterns on the sphere", ("single-pattern states appear", "equal energy", "average of all unstable")),
         "clustered": ("8 clusters of 8, overlap 0.8 within", ("from average of all to average of cluster",
                                                               "from average of cluster to single pattern",
                                                               "average of all unstable"))}
THEORY = {"spherical": "equidistant patterns, $N \\to \\infty$", "clustered": "nested patterns, exact"}


def draw(run, theory, path):
    K = int(run.K)
    with plotting.figure(path, ncols=2, figsize=(9, 5), sharey=True) as (fig, axes):
        for ax, kind, color in zip(axes, WORDS, plotting.COLORS):
            title, names = WORDS[kind]
            exact, mc = theory.sel(kind=kind), run.sel(kind=kind)
            ax.plot(exact.lam * exact.N, exact.k90, color=color, label=THEORY[kind])
            for name, value, dashes in zip(names, exact.transitions.isel(lam=0).values, ("-.", "--", ":")):
                ax.axvline(value, color=plotting.COLORS[5], linestyle=dashes, linewidth=1, label=f"{name}: {value:.3f}")
            error = mc.k90.std("disorder", ddof=1) / np.sqrt(mc.sizes["disorder"])
            ax.errorbar(mc.lam * mc.N, mc.k90.mean("disorder"), error, fmt="o", color=color, markerfacecolor="white", capsize=2, elinewidth=1,
                        label=f"draws of {K} patterns, N = {int(mc.N)}")
            ax.set(xscale="log", yscale="log", xlabel=r"$\lambda R^2$ (log scale)", title=title, ylim=(0.8, 1.9 * K))
            ax.set_xticks([1, 2, 5, 10, 20, 50], [1, 2, 5, 10, 20, 50])
            ax.set_xticks([], minor=True)
            ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.16), fontsize=8)
        axes[0].set_yticks([1, 8, 58], [1, 8, 58])
        axes[0].set_yticks([], minor=True)
        axes[0].set_ylabel(plotting.label("k90"))


if __name__ == "__main__":
    main_figure(draw, "modern_metastability")
