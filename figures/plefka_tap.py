"""Mean-field dynamics against Monte Carlo of the same networks: overlaps against T with theory, and what separates them, network by network.

Reads data/plefka_tap.h5 (sims/ of the same name); the theory is solved here.  --quick reads the store of its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

WORDS = {"heat-bath": "Monte Carlo", "plefka": "first order", "tap": "TAP"}
SHIFT = {"heat-bath": -0.006, "plefka": 0.0, "tap": 0.006}


def points(ax, T, values, kind, words, face=None):
    """Mean and standard error over samples of values (disorder, T), where every sample has one: those that stay are a biased choice."""
    values = values.transpose("disorder", "T").values
    shown = np.isfinite(values).all(axis=0)
    number = list(WORDS).index(kind)
    mean = values[:, shown].mean(axis=0)
    error = values[:, shown].std(axis=0, ddof=1) / np.sqrt(len(values))
    ax.errorbar(T[shown] + SHIFT[kind], mean, error, fmt=plotting.MARKERS[number], color=plotting.COLORS[number], markerfacecolor=face,
                elinewidth=1, capsize=2, linestyle="none", label=words)


def draw(run, path):
    T, data = run["T"].values, {name: run[name].item() for name in ("alpha", "r", "M")}
    fine = np.linspace(T.min() - 0.03, T.max() + 0.03, 100)
    theory = [hn.solve("dense", P=int(run.P), T=t, learning="supervised", **data) for t in fine]
    kept = (run.lowest > 0.5) & run.converged.astype(bool).all("kind")   # otherwise there is nothing to compare with
    run = run.where(kept)
    with plotting.figure(path, nrows=2, ncols=2, figsize=(10, 7.2), sharex=True) as (fig, axes):
        for ax, name, words in zip(axes[0], ("m", "q"), ("overlap $m$ with the archetype", r"$q = \sum_i m_i^2/N$")):
            ax.plot(fine, [getattr(s, name) for s in theory], color="black", linewidth=1, label=r"theory, $N \to \infty$")
            for kind in WORDS:
                points(ax, T, run[name].sel(kind=kind), kind, WORDS[kind])
            ax.set_ylabel(words)
        for kind in ("plefka", "tap"):
            for name, face in (("m", "none"), ("q", None)):
                points(axes[1, 0], T, (run[name] - run[name].sel(kind="heat-bath")).sel(kind=kind), kind, f"${name}$, {WORDS[kind]}", face)
        axes[1, 0].axhline(0, color="black", linewidth=0.7)
        axes[1, 0].set_ylabel("difference from Monte Carlo of the same network")
        for kind, words in {**WORDS, "heat-bath": "noise of Monte Carlo"}.items():
            points(axes[1, 1], T, run.rms.sel(kind=kind), kind, words)
        axes[1, 1].set_ylabel("rms difference of site magnetizations")
        axes[1, 1].set_ylim(bottom=0)
        for ax in axes[1]:
            ax.set_xlabel(plotting.label("T"))
        axes[0, 0].legend(loc="lower left")
        axes[1, 0].legend(loc="upper left")
        axes[1, 1].legend(loc="upper left")
        lost = T[~kept.all("disorder").values]
        fig.suptitle(rf"supervised, P = {int(run.P)}, N = {int(run.N)}, $\alpha$ = {data['alpha']:g}, r = {data['r']:g}, M = {data['M']:g}; "
                     f"{kept.sizes['disorder']} samples"
                     + (f" (at T = {', '.join(f'{t:g}' for t in lost)} one of them leaves retrieval)" if len(lost) else ""),
                     fontsize=10)


if __name__ == "__main__":
    main_figure(draw, "plefka_tap", stores=("{}",))
