"""Error of one update against lam Delta_i: every pattern a point, the theorem's bound and the leading term, one nearest neighbor, as lines.

Reads data/modern_separation.h5 (sims/ of the same name).  --quick reads the store of its --quick run.
"""
import numpy as np

from hebbnet import modern, plotting
from hebbnet.cli import main_figure


def draw(run, path):
    K, N = int(run.K), int(run.N)
    M = np.sqrt(N)
    with plotting.figure(path, figsize=(6.4, 4.6)) as (_, ax):
        for lam, color, marker in zip(run.lam.values, plotting.COLORS, plotting.MARKERS):
            one = run.sel(lam=lam)
            x, y, applies = lam * one.separation.values.ravel(), one.update_error.values.ravel(), np.isfinite(one.bound.values.ravel())
            for chosen, face in ((applies, color), (~applies, "none")):
                ax.plot(x[chosen], y[chosen], marker=marker, linestyle="none", color=color, markersize=3.5, markerfacecolor=face,
                        markeredgewidth=0.6)
            lowest = modern.separation_bound(lam, K, M)
            grid = np.linspace(lowest, max(x.max() / lam, 1.05 * lowest), 50)
            bound = modern.retrieval_bound(lam, K, M, grid, modern.sphere_radius(lam, K, M)) / M
            ax.plot(lam * grid, bound, color="black", label="_" if lam > run.lam.values[0] else "the theorem's bound")
            ax.plot([], [], marker=marker, linestyle="none", color=color, label=rf"$\lambda = {lam:g}$")
        x = np.array(ax.get_xlim())
        ax.plot(x, np.sqrt(2) * np.exp(-x), "k--", linewidth=1, label=r"one neighbor alone, $\sqrt{2}\, e^{-\lambda\Delta_i}$")
        ax.plot([], [], marker="o", linestyle="none", color="gray", markerfacecolor="none", label="open: not well separated,\nno theorem")
        ax.set(yscale="log", xlabel=r"$\lambda\Delta_i$, separation of the pattern", ylabel=r"$|f(x) - x_i|/M$ after one update",
               title=f"each point a pattern: {K} on the sphere, N = {N}, {run.sizes['disorder']} draws")
        ax.legend()


if __name__ == "__main__":
    main_figure(draw, "modern_separation", stores=("{}",))
