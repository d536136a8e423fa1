"""Phase diagram of the dense P = 4 network: replica-symmetric lines over simulated overlaps, and cuts through it with error bars.

Reads data/dense_phase_diagram{,_theory}.h5 (sims/ and theory/ of the same name).  --quick reads the stores of their --quick runs.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

CUTS = (0.1, 0.2, 0.3)   # loads of the right panel; the nearest simulated ones are drawn


def draw(run, lines, path):
    P, sizes = int(run.P), run.N.values
    with plotting.figure(path, ncols=2, figsize=(10.5, 5.0), width_ratios=(1.25, 1)) as (fig, (plane, cuts)):
        plotting.phase_lines(plane, lines, ("spinodal", "transition", "at", "static_glass", "dynamic_glass"))
        points = plotting.overlap_map(plane, run.sel(N=sizes[-1]))
        fig.colorbar(points, ax=plane, label=plotting.label("m", words=False) + f" (Monte Carlo, N = {sizes[-1]})", pad=0.01)
        plane.set(xlabel=plotting.label("alpha"), ylabel=plotting.label("T"), xlim=(0, 0.52), ylim=(0, 1.03))
        plane.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=3, columnspacing=1.2, handlelength=1.6)

        temperatures = np.linspace(0.0, 1.0, 401)
        for load, color in zip(CUTS, plotting.COLORS):
            alpha = float(run.alpha.sel(alpha=load, method="nearest"))
            theory = [hn.solve("dense", P=P, alpha=alpha, T=T).m for T in temperatures]
            cuts.plot(temperatures, theory, color=color, label=rf"theory, $\alpha$ = {alpha:.3g}")
            for N, marker in zip(sizes, plotting.MARKERS):
                plotting.overlap_points(cuts, run.sel(N=N, alpha=alpha), "T", color=color, marker=marker)
        cuts.set(xlabel=plotting.label("T"), ylabel=plotting.label("m"), xlim=(0, 1.0), ylim=(0.6, 1.02),
                 title=f"dense network, P = {P}, started from a stored pattern")
        plotting.legend(cuts, sizes, loc="lower left")


if __name__ == "__main__":
    main_figure(draw, "dense_phase_diagram")
