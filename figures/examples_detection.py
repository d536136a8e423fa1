"""Ultra-detection: the smallest quality of examples that one step still detects, against the size of the network, K = N/4 archetypes.

Reads data/examples_detection.h5 (sims/ of the same name); the theory is solved here.  --quick reads the store of its --quick run.
"""
import math

import numpy as np
from scipy.optimize import brentq

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

DETECTED = math.erf(1 / math.sqrt(2))


def crossing(quality, m):
    """Quality at which the means over samples m (samples, qualities) first exceed DETECTED, and its standard error."""
    mean, error = m.mean(axis=0), m.std(axis=0, ddof=1) / math.sqrt(len(m))
    first = int(np.argmax(mean >= DETECTED))
    if first == 0:
        return math.nan, math.nan
    a, b = first - 1, first
    slope = (mean[b] - mean[a]) / (quality[b] - quality[a])
    return quality[a] + (DETECTED - mean[a]) / slope, max(error[a], error[b]) / slope


def theory(P, learning, N, M, corrected):
    """Root in r of one step; corrected: with the number of index tuples and, unsupervised, the weights of the examples at this N."""
    K = N / 4
    load = K / math.comb(int(N) - 1, P - 1) if corrected else K * math.factorial(P - 1) / N ** (P - 1)
    size = {"N": int(N)} if corrected and learning == "unsupervised" else {}

    def excess(r):
        form = "gaussian" if size else "binomial"
        return hn.one_step("dense", P=P, load=load, r=r, M=M, learning=learning, form=form, **size) - DETECTED

    return brentq(excess, 0.05, 0.95) if excess(0.95) > 0 else math.nan


def draw(run, path):
    sizes, M = run.N.values, 25
    grid = np.unique(np.geomspace(sizes[0], sizes[-1] * 4, 40).round().astype(int))
    with plotting.figure(path, ncols=2, figsize=(10.5, 4.6), sharey=True, sharex=True) as (fig, axes):
        for ax, learning in zip(axes, run.learning.values):
            for P, color, marker in zip(run.P.values, plotting.COLORS, plotting.MARKERS):
                for corrected, style in ((True, "-"), (False, ":")):
                    ax.plot(grid, [theory(int(P), learning, N, M, corrected) for N in grid], style, color=color,
                            label=f"P = {P}, " + ("finite N" if corrected else "leading order"))
                points = [crossing(run.quality.values, run.m.sel(P=P, learning=learning, N=N).transpose("disorder", "quality").values) for N in sizes]
                ax.errorbar(sizes, *zip(*points), fmt=marker, color=color, linestyle="none", elinewidth=1, capsize=2)
            ax.axhline(M**-0.5, color="black", linewidth=0.7, linestyle="--", label=r"floor of the dataset, $M^{-1/2}$")
            ax.set_xscale("log")
            ax.set_xticks(sizes, [f"{N}" for N in sizes])
            ax.minorticks_off()
            ax.set(title=f"{learning}: K = N/4 archetypes, M = {M} examples of each", xlabel=plotting.label("N"), ylim=(0.15, 0.6))
        axes[0].set_ylabel(f"smallest quality r with m > {DETECTED:.2f} after one step")
        axes[1].errorbar([], [], [], fmt="o", color=plotting.COLORS[5], linestyle="none", label=f"simulation, {run.sizes['disorder']} samples")
        axes[1].legend(loc="upper right", ncols=2)


if __name__ == "__main__":
    main_figure(draw, "examples_detection", stores=("{}",))
