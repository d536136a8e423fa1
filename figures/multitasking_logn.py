"""Patterns retrieved at once against patterns stored, multitasking network at T = 0, for several sizes, plain and over ln N.

Lines: how many levels of the hierarchy have a neuron to themselves on average, sum over mu of 1 - [1 - (1-d) d**(mu-1)]**N.
Reads data/multitasking_logn.h5 (sims/ of the same name).  --quick reads the store of its --quick run.
"""
import numpy as np

from hebbnet import plotting
from hebbnet.cli import main_figure


def populated(K, N, d):
    """Expected number of the levels 1 ... K that have a neuron."""
    level = (1 - d) * d ** np.arange(max(K))
    return np.cumsum(-np.expm1(N * np.log1p(-level)))[np.asarray(K) - 1]


def draw(run, path):
    sizes, K = run.N.values, run.K.values
    with plotting.figure(path, nrows=2, ncols=run.sizes["d"], figsize=(10, 8), sharey="row") as (fig, axes):
        for (plain, scaled), d in zip(axes.T, run.d.values):
            for N, color, marker in zip(sizes, plotting.COLORS, plotting.MARKERS):
                here = run.retrieved.sel(d=d, N=N)
                plain.plot(range(1, max(K) + 1), populated(np.arange(1, max(K) + 1), N, d), color=color, linewidth=1)
                for chain, face in ((0, color), (1, "none")):
                    mean, error = here.isel(chain=chain).mean("disorder"), here.isel(chain=chain).std("disorder", ddof=1)
                    error = error / np.sqrt(run.sizes["disorder"])
                    style = dict(fmt=marker, color=color, markerfacecolor=face, capsize=2, elinewidth=0.8)
                    plain.errorbar(K, mean, error, label=f"N = {N}" if chain == 0 else None, **style)
                    scaled.errorbar(K / np.log(N), mean / np.log(N), error / np.log(N), **style)
            ends = np.array([0, 1, 1e3]) / np.log(1 / d)
            scaled.plot(ends, np.minimum(ends, 1 / np.log(1 / d)), color="black", linewidth=1, label=r"all up to $K = \ln N / \ln(1/d)$")
            plain.set(title=f"d = {d:g}, T = 0; filled: from the hierarchical state, open: from random spins", xlabel=plotting.label("K"))
            plain.title.set_fontsize(8.5)
            plain.set_xticks(range(0, max(K) + 1, 3))
            scaled.set(xlabel=r"$K / \ln N$", xlim=(0, 1.05 * max(K) / np.log(min(sizes[-2:]))))
            scaled.legend(loc="lower right")
        axes[1, 0].set_ylim(0, 1.3 / np.log(1 / max(run.d.values)))
        axes[0, 0].set_ylabel("patterns retrieved at once")
        axes[1, 0].set_ylabel(r"patterns retrieved $/ \ln N$")
        axes[0, 0].legend(loc="upper left")


if __name__ == "__main__":
    main_figure(draw, "multitasking_logn", stores=("{}",))
