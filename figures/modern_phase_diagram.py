"""Phase diagram of the modern network over (alpha, T), on the sphere and for binary states: theory as lines, chains from a pattern as points.

Reads data/modern_phase_diagram{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick runs.
"""
import numpy as np

from hebbnet import plotting
from hebbnet.cli import main_figure

LINES = (("spinodal", "$T$ spinodal: a well ends", "-"), ("union", "$T$ union: all wells against the paramagnet", "--"),
         ("single", "$T$ single: one well against it", ":"))


def draw(run, lines, path):
    lam, K = float(run.lam), int(run.K)
    with plotting.figure(path, ncols=2, figsize=(10.5, 4.8), sharey=True) as (fig, axes):
        for ax, ensemble in zip(axes, run.ensemble.values):
            for which, words, dashes in LINES:
                at = lines[which].sel(ensemble=ensemble)
                ax.plot(at.alpha, at.fillna(0), color="black", linestyle=dashes, label=words)
            m = run.m_mean.sel(ensemble=ensemble).transpose("alpha", "T").values
            alpha, T = np.meshgrid(run.alpha.values, run["T"].values, indexing="ij")
            points = ax.scatter(alpha, T, c=m, vmin=0, vmax=1, cmap="viridis", s=34, edgecolors="black", linewidths=0.4, zorder=3,
                                label=f"Monte Carlo from a pattern,\nK = {K}, $N = \\ln K/\\alpha$")
            where = "sphere" if ensemble == "spherical" else "binary states and patterns"
            ax.set(title=where, xlabel=r"load $\alpha = \ln K / N$", xlim=(0, 0.65), ylim=(0, 2.0))
        axes[0].set_ylabel(plotting.label("T"))
        axes[1].legend(loc="upper right")
        fig.colorbar(points, ax=axes, label=plotting.label("m", words=False) + ", overlap with the pattern", pad=0.01)
        fig.suptitle(rf"modern network, $\lambda$ = {lam:g}", fontsize=10)


if __name__ == "__main__":
    main_figure(draw, "modern_phase_diagram")
