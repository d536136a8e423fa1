"""Loss and energy along retrieval: from three starting overlaps, supervised and unsupervised, beside their values in equilibrium.

Reads data/examples_retrieval.h5 (sims/ of the same name); the theory is solved here.  --quick reads the store of its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure


def losses(run, R):
    """{words: (samples, sweeps)}: 1 - m**2 of the archetype, 1 - x**2/R of the mean of its examples, x = n R/r."""
    x = run.n_series * R / float(run.r)
    return {"archetype loss, $1 - m^2$": 1 - run.m_series**2, "example-mean loss, $1 - x^2/R$": 1 - x**2 / R}


def draw(run, path):
    point = {name: run[name].item() for name in ("P", "alpha", "T", "r", "M")}
    R = point["r"] ** 2 + (1 - point["r"] ** 2) / point["M"]
    with plotting.figure(path, nrows=3, ncols=2, figsize=(10, 8), sharex=True, sharey="row") as (fig, axes):
        for column, learning in zip(axes.T, run.learning.values):
            s = hn.solve("dense", learning=learning, **point)
            flat = [1 - s.m**2, 1 - (s.n / point["r"]) ** 2 * R, s.energy]
            for m0, color, marker in zip(run.m0.values, plotting.COLORS, plotting.MARKERS):
                one = run.sel(learning=learning, m0=m0)
                for ax, (words, y) in zip(column, {**losses(one, R), "energy per neuron $e$": one.energy_series}.items()):
                    y = y.transpose("disorder", "measurement").values
                    sweeps = 1 + np.arange(y.shape[1])
                    ax.errorbar(sweeps, y.mean(axis=0), y.std(axis=0, ddof=1) / len(y) ** 0.5, fmt=marker, color=color, markersize=3.5,
                                elinewidth=0.8, capsize=1.5, label=f"Monte Carlo, $m_0$ = {m0:g}")
                    if learning == run.learning.values[0]:
                        ax.set_ylabel(words)
            for ax, value in zip(column, flat):
                ax.axhline(value, color="black", linewidth=0.9, label="equilibrium (theory)")
            column[0].set_title(rf"{learning}: P = {point['P']}, N = {int(run.N)}, $\alpha$ = {point['alpha']:g}, T = {point['T']:g}, "
                                f"r = {point['r']:g}, M = {point['M']:g}")
            column[-1].set(xlabel="sweeps")
        fig.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=4)


if __name__ == "__main__":
    main_figure(draw, "examples_retrieval", stores=("{}",))
