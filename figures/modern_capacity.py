"""Number of random patterns of which half are retrieved from themselves, against N: simulation, random-energy estimate, capacity theorem.

Reads data/modern_capacity.h5 (sims/) and data/modern_capacity_theory.h5 (theory/).  --quick reads the stores of their --quick runs.
"""
import numpy as np

from hebbnet import plotting
from hebbnet.cli import main_figure

MEASURED = {"one_step_fraction": ("one update, half of the patterns", plotting.COLORS[0], "o"),
            "retrieved_fraction": ("fixed point, half of the patterns", plotting.COLORS[1], "s")}


def half(run, name, N):
    """(ln K of half, its error) where the mean fraction over draws falls through 1/2, by interpolation in ln K; NaN where it does not."""
    one = run[name].sel(N=N)
    y, x = one.mean("disorder").values, np.log(run.K.values)
    error = one.std("disorder", ddof=1).values / np.sqrt(run.sizes["disorder"])
    below = np.flatnonzero(y < 0.5)
    if not len(below) or below[0] == 0:
        return np.nan, np.nan
    k = below[0]
    slope = (y[k] - y[k - 1]) / (x[k] - x[k - 1])
    return x[k] + (0.5 - y[k]) / slope, max(error[k], error[k - 1]) / abs(slope)


def draw(run, theory, path):
    with plotting.figure(path, figsize=(6.4, 4.8)) as (_, ax):
        N = theory.N.values
        ax.plot(N, theory.alpha * N / np.log(10), color=plotting.COLORS[0], label="random-energy estimate, one update")
        bound, applies = theory.capacity_bound.values / np.log(10), theory.applies.values.astype(bool)
        ax.plot(N[applies], bound[applies], color="black", label="capacity theorem, $p = 0.01$")
        for name, (words, color, marker) in MEASURED.items():
            found = np.array([half(run, name, n) for n in run.N.values]) / np.log(10)
            ax.errorbar(run.N, found[:, 0], found[:, 1], fmt=marker, color=color, markerfacecolor="white", capsize=2, label=words)
        whole = (run.retrieved_fraction.min("disorder") > 0.999).values         # (N, K)
        top = np.log10(float(run.K.max()))
        for n, row in zip(run.N.values, whole):
            if row.all():
                ax.annotate("", (n, top + 0.55), (n, top - 0.05), arrowprops={"arrowstyle": "->", "color": plotting.COLORS[1]})
        ax.plot([], [], color=plotting.COLORS[1], marker=r"$\uparrow$", linestyle="none", markersize=9, label="fixed point, all tried, up to there")
        ax.set(xlabel="$N$", ylabel=r"$\log_{10} K$", ylim=(0, 12), xlim=(3, N[-1] + 1),
               title=rf"patterns of norm $2\sqrt{{N-1}}$, $\lambda = {float(run.lam):g}$, {run.sizes['disorder']} draws")
        ax.legend(loc="upper right")


if __name__ == "__main__":
    main_figure(draw, "modern_capacity")
