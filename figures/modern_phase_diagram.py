"""Phase diagram of the modern network over (alpha, T), on the sphere and for binary states: theory as lines, chains from a pattern as points.

The color is how far the energy of a chain lies below that of the paramagnet: wells are occupied up to T union.  Circles: the chains are still in
the well that they started from; a single well holds them at finite N up to about T single.
Reads data/modern_phase_diagram{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick runs.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

LINES = (("spinodal", r"$T_\mathrm{spinodal}$: a well ends", "-"), ("union", r"$T_\mathrm{union}$: all wells against the paramagnet", "--"),
         ("single", r"$T_\mathrm{single}$: one well against it", ":"))


def draw(run, lines, path):
    lam, K = float(run.lam), int(run.K)
    alpha, T = np.meshgrid(run.alpha.values, run["T"].values, indexing="ij")
    with plotting.figure(path, ncols=2, figsize=(11, 5.2), sharey=True) as (fig, axes):
        for ax, ensemble in zip(axes, run.ensemble.values):
            for which, words, dashes in LINES:
                at = lines[which].sel(ensemble=ensemble)
                ax.plot(at.alpha, at.fillna(0), color="black", linestyle=dashes, label=words)
            here = run.sel(ensemble=ensemble).transpose("alpha", "T", ...)
            m_c = [hn.solve("modern", alpha=a, T=1.0, lam=lam, ensemble=ensemble, start="paramagnet").m_c for a in run.alpha.values]
            below = -here.energy_mean.values - np.array(m_c)[:, None]
            stayed = here.escaped_fraction.values < 0.5
            for chosen, marker, size, words in ((stayed, "o", 46, "most chains still in the first well"),
                                                (~stayed, "D", 26, "most chains have left it")):
                points = ax.scatter(alpha[chosen], T[chosen], c=below[chosen], vmin=0, vmax=0.5, cmap="viridis_r", s=size, marker=marker,
                                    edgecolors="black", linewidths=0.5, zorder=3, label=words)
            where = "sphere" if ensemble == "spherical" else "binary states and patterns"
            ax.set(title=where, xlabel=r"load $\alpha = \ln K / N$", xlim=(0, 0.65), ylim=(0, 2.0))
        axes[0].set_ylabel(plotting.label("T"))
        fig.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=5, columnspacing=1.2, handlelength=1.6)
        fig.colorbar(points, ax=axes, label=r"$-e - m_c$, energy below the paramagnet", pad=0.01, extend="both")
        fig.suptitle(rf"modern network, $\lambda$ = {lam:g}: Monte Carlo from a pattern, K = {K}, $N = \ln K/\alpha$", fontsize=10)


if __name__ == "__main__":
    main_figure(draw, "modern_phase_diagram")
