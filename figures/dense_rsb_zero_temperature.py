"""Overlap, energy and entropy of the dense P = 4 and P = 3 networks at T = 0 against the load: replica symmetric and one step of breaking.

Reads data/dense_rsb_zero_temperature_theory.h5 (theory/ of the same name); the symmetric curves are solved here.  --quick reads the
store of its --quick run.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

PANELS = (("m", (0.6, 1.02)), ("energy", (-0.57, -0.45)), ("entropy", (-0.052, 0.003)))


def symmetric(P):
    """(loads, states) up to the end of the branch, where it turns like a square root: the loads are as dense as that takes."""
    end = hn.boundary("dense", "spinodal", P=P, T=0.0)
    loads = end.value - (end.value - 0.05) * np.linspace(1, 0, 101)[:-1] ** 2
    return np.append(loads, end.value), [*(hn.solve("dense", P=P, alpha=a, T=0.0) for a in loads), end.solution]


def draw(data, path):
    with plotting.figure(path, nrows=3, sharex=True, figsize=(6.2, 9.0)) as (fig, axes):
        for P, color in ((4, plotting.COLORS[0]), (3, plotting.COLORS[1])):
            one, loads = data.sel(P=P), data.alpha.values
            end = hn.boundary("dense", "spinodal", P=P, T=0.0, ansatz="1rsb")
            x, states = symmetric(P)
            for ax, (name, _) in zip(axes, PANELS):
                found = one[name].sel(branch="retrieval").values
                known = np.isfinite(found)
                ax.plot(x, [getattr(s, name) for s in states], ":", color=color, label=f"P = {P}, symmetric")
                ax.plot(np.append(loads[known], end.value), np.append(found[known], getattr(end.solution, name)), color=color,
                        label=f"P = {P}, one step")
                ax.plot([x[-1], end.value], [getattr(states[-1], name), getattr(end.solution, name)], "o", color=color, markersize=3.5)
                if name == "energy":
                    ax.plot(loads, one[name].sel(branch="glass"), "--", color=color, linewidth=1, label=f"P = {P}, glass ($m$ = 0)")
        for ax, (name, limits) in zip(axes, PANELS):
            ax.set(ylabel="overlap $m$" if name == "m" else plotting.label(name), ylim=limits, xlim=(0.05, 0.48))
        axes[0].set(title="retrieval in the dense network, T = 0; dots: end of the branch")
        axes[1].legend(loc="lower left", ncols=2)
        axes[-1].set(xlabel=plotting.label("alpha"))


if __name__ == "__main__":
    main_figure(draw, "dense_rsb_zero_temperature", stores=("{}_theory",))
