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
    "spinodal": ("retrieval spinodal $T_M$", COLORS[0], "-"),
    "transition": ("transition $T_c$ (retrieval = paramagnet)", COLORS[1], "-"),
    "at": ("AT line (RS unstable below)", COLORS[3], "--"),
    "static_glass": ("static glass $T_K$", COLORS[5], "-."),
    "dynamic_glass": ("dynamic glass $T_d$", COLORS[5], ":"),
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


def phase_lines(ax, lines, which):
    """Draw lines of a phase diagram from a Dataset of `Lines` over alpha or over T (the other was solved for)."""
    for name in which:
        words, color, dashes = LINES[name]
        roots = lines[f"{name}_roots"]
        axis = "alpha" if "alpha" in roots.dims else "T"
        for k in range(roots.sizes["root"]):
            given, found = lines[axis].values, roots.isel(root=k).values
            x, y = (given, found) if axis == "alpha" else (found, given)
            if np.isfinite(found).any():
                ax.plot(x, y, dashes, color=color, label=words)
                words = "_"   # one legend entry per line, not per root


def trusted(run):
    """Where every chain of every sample stayed in the retrieval state and passed its equilibration test."""
    return run.equilibrated.all(("disorder", "chain")) & ~run.escaped.any(("disorder", "chain"))


def overlap_map(ax, run, size=26):
    """Simulated overlaps as colored points over (alpha, T): circles where `trusted`, crossed squares elsewhere."""
    points = None
    for sure, marker in ((True, "o"), (False, "X")):
        chosen = (trusted(run) == sure).transpose("alpha", "T").values
        alpha, T = np.meshgrid(run.alpha.values, run["T"].values, indexing="ij")
        m = run.m_mean.transpose("alpha", "T").values
        points = ax.scatter(alpha[chosen], T[chosen], c=m[chosen], vmin=0, vmax=1, cmap="viridis", s=size, marker=marker,
                            edgecolors="black", linewidths=0.4, zorder=3)
    return points


def overlap_points(ax, run, x, *, color, marker, label):
    """m with its standard error over disorder against `x`: filled where `trusted`; open, over the chains that stayed, elsewhere.

    Nothing is drawn where no chain stayed.
    """
    sure = trusted(run).values
    for chosen, y, error, face, words in ((sure, run.m_mean, run.m_err, color, label),
                                          (~sure, run.m_retrieval_mean, run.m_retrieval_err, "none", "_")):
        if np.isfinite(y.values[chosen]).any():
            ax.errorbar(run[x].values[chosen], y.values[chosen], error.values[chosen], fmt=marker, color=color, markerfacecolor=face,
                        elinewidth=1, capsize=2, label=words)
            label = label if words == "_" else "_"
