"""Capacity at T = 0 against P, replica symmetric and with k steps of breaking, beside the largest load at any temperature.

Reads data/dense_capacity_theory.h5 (theory/ of the same name).  Right, P >= 3: what each approximation lacks to that load, T_d**2.
--quick reads the store of its --quick run.
"""
import numpy as np

from hebbnet import plotting
from hebbnet.cli import main_figure


def words(k):
    return ("replica symmetric", "1RSB")[k] if k < 2 else f"k = {k} steps"


def draw(theory, path):
    P, steps = theory.P.values, theory.steps.values
    capacity, top = theory.capacity.transpose("P", "steps").values, theory.multicritical.values
    with plotting.figure(path, ncols=2, figsize=(10.5, 4.4)) as (fig, (left, right)):
        for k, color, marker in zip(steps, plotting.COLORS, plotting.MARKERS):
            left.plot(P, capacity[:, k], marker + "-", color=color, label=words(k), linewidth=1)
            right.semilogy(P, 1 - capacity[:, k] / top, marker + "-", color=color, linewidth=1)
        right.errorbar(P, 1 - theory.limit.values / top, theory.limit_spread.values / top, fmt="--", color="black", linewidth=1, capsize=2,
                       label=r"extrapolated to $k=\infty$, range of fits")
        left.plot(P, top, "_", color="black", markersize=12, label=r"$T_d^2$, reached at $T=\alpha$")
        left.set(xlabel=plotting.label("P"), ylabel=r"capacity $\alpha_c(T=0)$", xticks=P)
        right.set(xlabel=plotting.label("P"), ylabel=r"$1-\alpha_c(T=0)/T_d^2$", xticks=P)
        left.legend(loc="upper left")
        if np.isfinite(theory.limit).any():
            right.legend(loc="upper right")


if __name__ == "__main__":
    main_figure(draw, "dense_capacity", stores=("{}_theory",))
