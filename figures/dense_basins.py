"""Basins of attraction: overlap at the end of zero-temperature dynamics against the overlap at its start, for several loads.

Reads data/dense_basins.h5 (sims/ of the same name); the replica-symmetric overlap of the retrieval state is solved here.  --quick
reads the store of its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

KEPT = 0.9   # a chain has retrieved the pattern when it ends at more than this fraction of the theory's overlap


def draw(run, path):
    P, sizes = int(run.P), run.N.values
    with plotting.figure(path, ncols=2, figsize=(11, 4.8), sharex=True) as (fig, (overlap, fraction)):
        for alpha, color in zip(run.alpha.values, plotting.COLORS):
            theory = hn.solve("dense", P=P, alpha=alpha, T=0.0).m
            overlap.plot([0, 1], [theory, theory], color=color, linewidth=1, label=rf"$\alpha$ = {alpha:g}")
            for N, marker in zip(sizes, plotting.MARKERS):
                here = run.sel(alpha=alpha, N=N)
                face = color if N == sizes[-1] else "none"
                style = dict(fmt=f"{marker}:", color=color, markerfacecolor=face, capsize=2, linewidth=0.7)
                overlap.errorbar(here.m0, here.m_mean, here.m_err, **style)
                kept = (here.m > KEPT * theory).mean("chain")
                error = kept.std("disorder", ddof=1) / np.sqrt(kept.sizes["disorder"])
                fraction.errorbar(here.m0, kept.mean("disorder"), error, **style)
        overlap.plot([0, 1], [0, 1], color=plotting.COLORS[5], linewidth=0.8, linestyle="--", label="no change")
        overlap.set(xlabel=plotting.label("m0"), ylabel="overlap $m$ at the end", xlim=(-0.02, 1.02), ylim=(-0.05, 1.04),
                    title=f"dense network, P = {P}, T = 0; lines: retrieval state (RS)")
        fraction.set(xlabel=plotting.label("m0"), ylabel="fraction of chains that retrieved the pattern", ylim=(-0.03, 1.03),
                     title=f"chains that end at more than {KEPT:g} of the retrieval state's $m$")
        overlap.legend(loc="lower right")
        for N, marker in zip(sizes, plotting.MARKERS):
            fraction.plot([], [], marker, color=plotting.COLORS[5], markerfacecolor=plotting.COLORS[5] if N == sizes[-1] else "none",
                          label=f"N = {N}, {run.sizes['disorder']} samples")
        fraction.legend(loc="upper left")


if __name__ == "__main__":
    main_figure(draw, "dense_basins", stores=("{}",))
