"""One house style for every figure: labels from the tables of parameters and observables, theory as lines, simulation as points."""
from contextlib import contextmanager
from pathlib import Path

import matplotlib
import matplotlib.pyplot as plt
import numpy as np

from .observables import describe

COLORS = ("#1b6ca8", "#c8553d", "#3a7d44", "#7b4b94", "#b8860b", "#5a5a5a")   # readable in print and with color blindness
MARKERS = ("o", "s", "^", "D", "v", "P")

STYLE = {
    "figure.constrained_layout.use": True, "figure.dpi": 100, "savefig.dpi": 160,
    "font.size": 10, "axes.labelsize": 11, "axes.titlesize": 10, "legend.fontsize": 8.5, "legend.frameon": False,
    "mathtext.fontset": "cm", "axes.spines.top": False, "axes.spines.right": False,
    "xtick.direction": "in", "ytick.direction": "in", "lines.linewidth": 1.5, "lines.markersize": 4.5,
    "axes.prop_cycle": matplotlib.cycler(color=COLORS),
}

LINES = {   # lines of a phase diagram: words, color, dashes
    "spinodal": ("spinodal $T_M$", COLORS[0], "-"),
    "transition": ("transition $T_c$", COLORS[1], "-"),
    "at": ("AT line", COLORS[3], "--"),
    "nishimori": ("$m = q$, symmetry exact", "black", (0, (5, 1.5))),
    "static_glass": ("static glass $T_K$", COLORS[5], "-."),
    "dynamic_glass": ("dynamic glass $T_d$", COLORS[5], ":"),
    "gardner": ("Gardner $T_G$", COLORS[2], "-."),
}

CLASSES = {   # states of several condensed patterns: color of their region, color and marker of points
    "paramagnet": ("#f2f2f2", "white", "o"), "pure": ("#a9cbe3", COLORS[0], "s"), "hierarchical": ("#e6b0a5", COLORS[1], "^"),
    "symmetric": ("#b5d6b8", COLORS[2], "D"), "mixed": ("#cfbfe0", COLORS[3], "v"), "split": ("#e8d39a", COLORS[4], "P"),
}


@contextmanager
def figure(path, **kwargs):
    """A figure in the house style, saved to `path` (folder created) when the block ends, and closed."""
    with plt.rc_context(STYLE):
        fig, axes = plt.subplots(**kwargs)
        try:
            yield fig, axes
            path = Path(path)
            path.parent.mkdir(parents=True, exist_ok=True)
            fig.savefig(path)
        finally:
            plt.close(fig)


def label(name, words=True):
    """Axis label of a parameter or observable: '$m$, Mattis overlap' or just '$m$'."""
    about = describe(name)
    symbol = f"${about['symbol']}$"
    return f"{about['long_name'].split(',')[0].split(';')[0]} {symbol}" if words else symbol


def phase_lines(ax, lines, which, suffix="", **style):
    """Draw lines of a phase diagram from a Dataset of `Lines` over alpha or over T (the other was solved for).

    suffix: added to the words of the legend; style: keywords of `ax.plot` that replace color and dashes.
    """
    for name in which:
        words, color, dashes = LINES[name]
        words += suffix
        roots = lines[f"{name}_roots"]
        axis = "alpha" if "alpha" in roots.dims else "T"
        for k in range(roots.sizes["root"]):
            given, found = lines[axis].values, roots.isel(root=k).values
            x, y = (given, found) if axis == "alpha" else (found, given)
            if np.isfinite(found).any():
                ax.plot(x, y, label=words, **{"color": color, "linestyle": dashes, **style})
                words = "_"   # one legend entry per line, not per root


def trusted(run):
    """Where every chain of every sample stayed in the retrieval state and passed its equilibration test."""
    return run.equilibrated.all(("disorder", "chain")) & ~run.escaped.any(("disorder", "chain"))


def overlap_map(ax, run, size=26):
    """Simulated overlaps as colored points over (alpha, T): circles where `trusted`, crosses elsewhere.  Returns the mappable."""
    points = None
    alpha, T = np.meshgrid(run.alpha.values, run["T"].values, indexing="ij")
    m, sure = (x.transpose("alpha", "T").values for x in (run.m_mean, trusted(run)))
    for chosen, marker, words in ((sure, "o", "MC: all chains stayed"), (~sure, "X", "MC: some left or unequilibrated")):
        points = ax.scatter(alpha[chosen], T[chosen], c=m[chosen], vmin=0, vmax=1, cmap="viridis", s=size, marker=marker,
                            edgecolors="black", linewidths=0.4, zorder=3, label=words)
    return points


def overlap_points(ax, run, x, *, color, marker, name="m"):
    """m (or n) with its standard error over disorder against `x`: filled where `trusted`, else open and over the chains that stayed.

    Nothing is drawn where more than half of the chains left: the rest is a biased choice.
    """
    sure = trusted(run).values
    most = (run.escaped_fraction <= 0.5).values & ~sure
    for chosen, kind, face in ((sure, name, color), (most, f"{name}_retrieval", "none")):
        y, error = run[f"{kind}_mean"], run[f"{kind}_err"]
        ax.errorbar(run[x].values[chosen], y.values[chosen], error.values[chosen], fmt=marker, color=color, markerfacecolor=face,
                    elinewidth=1, capsize=2, linestyle="none")


def class_map(ax, x, y, classes):
    """The plane colored by the class of a state: classes (x, y) are names in CLASSES."""
    code = np.array([[list(CLASSES).index(str(name)) for name in row] for row in classes])
    colors = matplotlib.colors.ListedColormap([region for region, *_ in CLASSES.values()])
    ax.pcolormesh(x, y, code.T, cmap=colors, vmin=-0.5, vmax=len(CLASSES) - 0.5, shading="nearest", rasterized=True)


def class_point(ax, x, y, seen, resolved=True):
    """One point of simulated classes `seen`, one per start: a marker of the first, a larger open one for each that differs.

    resolved: False for a small cross, where the sample is too small to tell the class.
    """
    if not resolved:
        ax.plot(x, y, "x", color="black", markersize=3.5, markeredgewidth=0.7, zorder=3)
        return
    for k, name in enumerate(dict.fromkeys(seen)):
        _, color, marker = CLASSES[name]
        ax.plot(x, y, marker, color="none" if k else color, markeredgecolor=color if k else "black", markersize=10 if k else 6,
                markeredgewidth=1.1 if k else 0.6, zorder=4)


def class_handles(names=CLASSES):
    """Legend handles of `class_point`."""
    handles = [plt.Line2D([], [], linestyle="none", marker=CLASSES[name][2], color=CLASSES[name][1], markeredgecolor="black", markeredgewidth=0.6,
                          label=name) for name in names]
    return [*handles, plt.Line2D([], [], linestyle="none", marker="x", color="black", markersize=3.5, label="not resolved at this N")]


def legend(ax, sizes, lines_of=None, colors=None, **kwargs):
    """The legend of `ax` with one marker per system size, gray or in `colors`, and what an open one means.

    ax may be a figure; the lines are those of `lines_of` then.
    """
    lines, _ = (lines_of or ax).get_legend_handles_labels()
    gray = {"linestyle": "none", "color": COLORS[5]}
    handles = [plt.Line2D([], [], marker=marker, label=f"Monte Carlo, N = {N}", **{**gray, "color": color})
               for N, marker, color in zip(sizes, MARKERS, colors or [COLORS[5]] * len(sizes))]
    handles.append(plt.Line2D([], [], marker="o", markerfacecolor="none", label="open: some left or unequilibrated,\nmean of those that stayed",
                              **gray))
    ax.legend(handles=[*lines, *handles], **kwargs)
