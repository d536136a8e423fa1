"""Multitasking network that learns from examples: class of its state over dilution and the noise of the data, K = 3.

Left: T = 0, over the dataset entropy rho = (1 - r**2)/(M r**2).  Right: T > 0, over the number M of examples of quality r.  Regions and lines:
Gaussian examples; beside them the border of equal overlaps in exact whole numbers of examples, and the number that retrieval of level 1 takes
(signal to noise).  Markers: class of simulated overlaps, as in figures/multitasking_phase_diagram.py; few examples are compared with the theory of
their exact means, whose ties keep overlaps apart where those of Gaussian examples are equal.
Reads data/multitasking_data_diagram{,_theory}.h5 (sims/ and theory/ of the same name); lines are solved here.  --quick reads the stores of
their --quick runs.
"""
import numpy as np

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

EXACT = 110          # most examples whose means are summed over exactly, for three patterns in seconds
SOFT = 0.25          # largest tolerance, in units of 1 - d, with which a class is told at all
FEW = 25             # most examples with which simulations are compared with exact means


def points(ax, run, over):
    """One marker per (d, M), at the height over(M)."""
    K, N, r, T = int(run.K), int(run.N), float(run.r), float(run["T"])
    resolved = right = 0
    for d in run.d.values:
        for M in run.M.values:
            rho = (1 - r * r) / (M * r * r)
            form = "binomial" if M <= FEW else "gaussian"
            theory = hn.solve("multitasking", K=K, d=d, T=T, learning="supervised", r=r, M=int(M), form=form)
            tolerance = 4 * np.sqrt((1 + rho) / (N * (1 - d))) / max(theory.lowest_mode, 1e-6)
            m = run.m.sel(d=d, M=M).mean("disorder").transpose("chain", "pattern").values
            seen = [hn.state_class(one[:K], d, tolerance) for one in m]
            told = tolerance < SOFT and hn.state_class(theory.m, d, tolerance) == theory.state_class
            plotting.class_point(ax, d, over(M), seen, told)
            resolved += told
            right += told and theory.state_class in seen
    return f"N = {N}, class of the theory at {right} of {resolved} resolved points"


def whole(K, d, T, r, smooth):
    """The exact border in whole numbers of examples; NaN where there is none, or too many examples to sum over."""
    if not smooth < EXACT:
        return np.nan
    return hn.boundary("multitasking", "parallel", K=K, d=d, T=T, learning="supervised", r=r, form="binomial").value


def draw(run, theory, path):
    dilutions, rho, K, r = theory.d.values, theory.rho.values, int(theory.K), float(run.r)
    one, (cold, warm) = (1 - r * r) / r**2, run["T"].values
    grid = np.linspace(max(dilutions[0], 0.03), 0.95, 47)
    common = dict(K=K, learning="supervised")
    with plotting.figure(path, ncols=2, figsize=(11, 6.2)) as (fig, (left, right)):
        for ax, T, y in ((left, cold, rho), (right, warm, one / rho)):
            state = theory.sel(T=T).isel(branch=0).transpose("d", "rho", ...)
            plotting.class_map(ax, dilutions, y, state.state_class.values)
            ax.set(xlabel=plotting.label("d"), yscale="log", ylim=(y.min(), y.max()), xlim=(dilutions[0], dilutions[-1]))
        border = hn.phase_diagram("multitasking", T=cold, d=grid, **common).parallel.values
        left.plot(grid, border, color="black", label=r"$\rho_S$, equal overlaps above")
        shown = points(left, run.sel(T=cold), lambda M: one / M)
        left.set(ylabel=plotting.label("rho"), title=f"K = {K}, T = {cold:g}\n{shown}")
        border = hn.phase_diagram("multitasking", T=warm, d=grid[grid < 1 - warm], r=r, **common).parallel.values
        right.plot(grid[grid < 1 - warm], border, color="black", label="$M_S$, equal overlaps below; Gaussian examples")
        places = run.d.values[:-1]
        right.plot(places, [whole(K, d, warm, r, np.interp(d, grid[:border.size], border)) for d in places], "_", color="black", markersize=16,
                   markeredgewidth=2, label="$M_S$, exact")
        right.plot(grid, [hn.hierarchical_threshold(K=K, d=d, r=r) for d in grid], ":", color="black", label="threshold of level 1, signal to noise")
        shown = points(right, run.sel(T=warm), lambda M: M)
        right.set(ylabel=plotting.label("M"), title=f"K = {K}, T = {warm:g}, r = {r:g}\n{shown}")
        handles = [*left.get_legend_handles_labels()[0], *right.get_legend_handles_labels()[0], *plotting.class_handles()]
        fig.legend(handles=handles, title="lines and regions: theory; markers: simulated, open: from random spins, where another class", ncols=4,
                   loc="outside lower center", title_fontsize=8.5)


if __name__ == "__main__":
    main_figure(draw, "multitasking_data_diagram")
