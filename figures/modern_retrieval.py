"""Fraction of patterns that one update of the modern network retrieves against the load, with the thresholds of N neurons and of many.

Reads data/modern_retrieval{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick runs.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

RANGES = {"gaussian": (0.2, 0.5)}   # loads that are shown, where not around the threshold


def draw(run, theory, path):
    lam, sizes = float(run.lam), run.N.values
    with plotting.figure(path, ncols=3, figsize=(11.5, 4.4), sharey=True) as (fig, axes):
        for ax, ensemble in zip(axes, run.ensemble.values):
            limit = float(hn.boundary("modern", "spinodal", T=0.0, lam=lam, ensemble=ensemble))
            low, high = RANGES.get(ensemble, (limit - 0.05, limit + 0.05))
            for N, color, marker in zip(sizes, plotting.COLORS, plotting.MARKERS):
                lost = run.alpha_lost.sel(ensemble=ensemble, N=N).values
                alpha = np.linspace(low, high, 31)
                alpha = alpha[alpha <= (np.log(1e7) / N if np.isinf(lost).any() else high)]   # up to the largest load that was looked at
                each = (lost[:, :, None] > alpha).mean(axis=1)   # one fraction for each batch of probes
                ax.errorbar(alpha, each.mean(axis=0), each.std(axis=0, ddof=1) / np.sqrt(len(each)), fmt=marker, color=color, elinewidth=1, capsize=2,
                            linestyle="none", markersize=3.5, label=f"drawn overlaps, N = {N}")
                ax.axvline(float(theory.spinodal.sel(ensemble=ensemble, N=N)), color=color, linewidth=1.0, linestyle=":")
            ax.axvline(limit, color="black", linewidth=1.2, label=r"$\alpha_1(\lambda)$, $N \to \infty$")
            ax.plot([], [], color=plotting.COLORS[5], linewidth=1.0, linestyle=":", label="formula of N neurons")
            ax.set(title=rf"{ensemble} patterns, $\alpha_1$ = {limit:.4f}", xlabel=r"load $\alpha = \ln K / N$", xlim=(low, high), ylim=(-0.03, 1.03))
        axes[0].set_ylabel("fraction retrieved by one update")
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=6, columnspacing=1.2)
        fig.suptitle(rf"modern network, $\lambda$ = {lam:g}: each pattern as its own probe", fontsize=10)


if __name__ == "__main__":
    main_figure(draw, "modern_retrieval")
