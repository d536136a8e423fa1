"""Basin of attraction of the modern network: the load up to which one update leads from an overlap to the pattern.

Reads data/modern_basin{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick runs.
"""
import numpy as np

from hebbnet import plotting
from hebbnet.cli import main_figure


def draw(run, theory, path):
    lam = float(run.lam)
    with plotting.figure(path, ncols=2, figsize=(9.5, 4.3), sharey=True) as (fig, axes):
        for ax, ensemble in zip(axes, run.ensemble.values):
            for patterns, dashes, words in (("typical", "-", "theory, a typical pattern"), ("all", "--", "theory, all patterns, a probe each")):
                ax.plot(theory.overlap, theory.spinodal.sel(ensemble=ensemble, patterns=patterns), color="black", linestyle=dashes, label=words)
            turn = np.tanh(lam) if ensemble == "binary" else (np.sqrt(1 + 4 * lam**2) - 1) / (2 * lam)
            ax.axvline(turn, color=plotting.COLORS[5], linewidth=0.8, linestyle=":", label=r"$u^*(\lambda)$: noise condensed to the left")
            for N, color, marker in zip(run.N.values, plotting.COLORS, plotting.MARKERS):
                at = run.sel(ensemble=ensemble, N=N)
                half, error = at.alpha_half.values, at.alpha_half_err.values
                seen = np.isfinite(half)         # half of the probes were lost to as many patterns as they met
                ax.errorbar(at.overlap.values[seen], half[seen], error[seen], fmt=marker, color=color, elinewidth=1, capsize=2,
                            linestyle="none", label=f"half of the probes lost, N = {N}")
            ax.set(title=f"{ensemble} patterns", xlabel=plotting.label("overlap", words=False) + ", overlap of the probe", xlim=(0, 1.02),
                   ylim=(0, 0.65))
        axes[0].set_ylabel(r"load $\alpha = \ln K / N$")
        axes[0].legend(loc="upper left")
        fig.suptitle(rf"modern network, $\lambda$ = {lam:g}: basin of attraction of one update", fontsize=10)


if __name__ == "__main__":
    main_figure(draw, "modern_basin")
