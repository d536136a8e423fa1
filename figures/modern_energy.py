"""Energy of the modern network against temperature: the wells and the paramagnet as lines, chains from a pattern and from random states as points.

Reads data/modern_energy{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick runs.
"""
import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure


def draw(run, theory, path):
    lam, alpha = float(run.lam), float(run.alpha)
    starts = (("pattern", slice(0, 2), True), ("random", slice(2, 4), False))
    with plotting.figure(path, ncols=2, figsize=(10.5, 4.4), sharey=True) as (fig, axes):
        for ax, ensemble in zip(axes, run.ensemble.values):
            for branch, color, words in (("retrieval", plotting.COLORS[0], "well"), ("paramagnet", plotting.COLORS[1], "paramagnet")):
                ax.plot(theory["T"], theory.energy.sel(ensemble=ensemble, branch=branch), color=color, label=f"theory, {words}")
            for which, dashes in (("single", ":"), ("union", "--"), ("spinodal", "-.")):
                at = float(hn.boundary("modern", which, lam=lam, alpha=alpha, ensemble=ensemble))
                ax.axvline(at, color=plotting.COLORS[5], linewidth=0.9, linestyle=dashes, label=f"$T$ {which} = {at:.3f}")
            for N, marker in zip(run.N.values, plotting.MARKERS):
                for words, chains, filled in starts:
                    each = run.energy.sel(ensemble=ensemble, N=N).isel(chain=chains).mean("chain")
                    error = each.std("disorder", ddof=1) / each.sizes["disorder"] ** 0.5
                    color = plotting.COLORS[0] if filled else plotting.COLORS[1]
                    ax.errorbar(run["T"].values + (0 if filled else 0.012), each.mean("disorder").values, error.values, fmt=marker, color=color,
                                markerfacecolor=color if filled else "none", elinewidth=1, capsize=2, linestyle="none",
                                label=f"from {'a ' if filled else ''}{words}{' states' if not filled else ''}, N = {N}")
            ax.set(title="sphere" if ensemble == "spherical" else "binary states and patterns", xlabel=plotting.label("T"), xlim=(0, 1.55),
                   ylim=(-1.06, -0.62))
            handles, words = ax.get_legend_handles_labels()
            mine = range(len(words)) if ax is axes[0] else [k for k, word in enumerate(words) if word.startswith("$T$")]
            ax.legend([handles[k] for k in mine], [words[k] for k in mine], loc="lower right", fontsize=7.5)
        axes[0].set_ylabel(plotting.label("energy"))
        fig.suptitle(rf"modern network, $\lambda$ = {lam:g}, $\alpha$ = {alpha:g}", fontsize=10)


if __name__ == "__main__":
    main_figure(draw, "modern_energy")
