"""Overlap, energy and entropy of the dense P = 4 and P = 3 networks at T = 0 against the load: replica symmetric and one step of breaking.

Reads data/dense_rsb_zero_temperature_theory.h5 (theory/ of the same name); the symmetric curves are solved here.  --quick reads the
store of its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

PANELS = (("m", (0.55, 1.02)), ("energy", (-0.62, -0.46)), ("entropy", (-0.016, 0.0015)))


def symmetric(P, loads):
    """{quantity: values} up to the end of the branch, which is added as a point of its own."""
    end = hn.boundary("dense", "spinodal", P=P, T=0.0)
    inside = loads[loads < end.value]
    states = [*(hn.solve("dense", P=P, alpha=a, T=0.0) for a in inside), end.solution]
    return np.append(inside, end.value), states


def draw(data, path):
    with plotting.figure(path, nrows=3, sharex=True, figsize=(6.2, 9.0)) as (fig, axes):
        for P, color in ((4, plotting.COLORS[0]), (3, plotting.COLORS[1])):
            one, loads = data.sel(P=P), data.alpha.values
            end = hn.boundary("dense", "spinodal", P=P, T=0.0, ansatz="1rsb")
            x, states = symmetric(P, loads)
            for ax, (name, _) in zip(axes, PANELS):
                found = one[name].sel(branch="retrieval").values
                known = np.isfinite(found)
                ax.plot(x, [getattr(s, name) for s in states], ":", color=color, label=f"P = {P}, symmetric")
                ax.plot(np.append(loads[known], end.value), np.append(found[known], getattr(end.solution, name)), color=color,
                        label=f"P = {P}, one step")
                if name == "energy":
                    ax.plot(loads, one[name].sel(branch="glass"), "--", color=color, linewidth=1, label=f"P = {P}, glass")
        for ax, (name, limits) in zip(axes, PANELS):
            ax.set(ylabel=plotting.label(name, words=name != "m"), ylim=limits, xlim=(0.05, 0.48))
        axes[0].set(title="T = 0")
        axes[1].legend(loc="lower left", ncols=2)
        axes[-1].set(xlabel=plotting.label("alpha"))


if __name__ == "__main__":
    main_figure(draw, "dense_rsb_zero_temperature", stores=("{}_theory",))
