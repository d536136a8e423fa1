"""Phase diagram of the multitasking network over dilution and temperature, K = 2 and 3: the class of the thermodynamic state, and the lines.

Reads data/multitasking_phase_diagram_theory.h5 (theory/ of the same name, K = 3); K = 2 and the lines are solved here.  --quick reads the
store of its --quick run.
"""
import numpy as np
from matplotlib.colors import ListedColormap

import hebbnet as hn
from hebbnet import plotting
from hebbnet.cli import main_figure

CLASSES = ("paramagnet", "pure", "hierarchical", "symmetric", "mixed", "split")
COLORS = ListedColormap(["#f2f2f2", "#a9cbe3", "#e6b0a5", "#b5d6b8", "#cfbfe0", "#e8d39a"])


def draw(theory, path):
    dilutions, temperatures = theory.d.values, theory["T"].values
    names = np.array([[hn.solve("multitasking", K=2, d=d, T=T).state_class for T in temperatures] for d in dilutions])
    with plotting.figure(path, ncols=2, figsize=(10, 4.6), sharey=True) as (fig, axes):
        for ax, K, classes in zip(axes, (2, int(theory.K)), (names, theory.state_class.isel(branch=0).transpose("d", "T").values.astype(str))):
            code = np.array([[CLASSES.index(name) for name in row] for row in classes])
            ax.pcolormesh(dilutions, temperatures, code.T, cmap=COLORS, vmin=-0.5, vmax=len(CLASSES) - 0.5, shading="nearest")
            grid = np.linspace(dilutions[0], dilutions[-1], 97)
            lines = hn.phase_diagram("multitasking", K=K, d=grid)
            for which, color, words in (("ergodic", "black", "$T_c$"), ("pure", plotting.COLORS[0], "$T_P$"),
                                        ("symmetric", plotting.COLORS[2], f"$T_S$, {K} equal overlaps")):
                for root in range(lines.sizes["root"]):
                    y = lines[f"{which}_roots"].isel(root=root).values
                    ax.plot(grid, y, color=color, linewidth=1.3, label=words if root == 0 else "_")
            ax.set(title=f"K = {K}", xlabel=plotting.label("d"), xlim=(grid[0], grid[-1]), ylim=(0, 1))
        axes[0].set_ylabel(plotting.label("T"))
        for code, name in enumerate(CLASSES):
            axes[1].plot([], [], "s", color=COLORS(code), label=name, markersize=8)
        axes[1].legend()


if __name__ == "__main__":
    main_figure(draw, "multitasking_phase_diagram", stores=("{}_theory",))
