"""Stored images, cues and where three networks lead from them; below, the fraction of images that each retrieves against how many it stores.

Reads data/modern_images.h5 (sims/ of the same name), which has MNIST too if it was in the cache.  --quick reads the store of its --quick run.
"""
import numpy as np
from matplotlib.patches import Rectangle

from hebbnet import plotting
from hebbnet.cli import main_figure

TITLES = {"digits": "digits of scikit-learn, 8 x 8", "mnist": "MNIST, 28 x 28"}
CUES = {"reversed": "15 % of the pixels reversed", "covered": "lower half covered"}
ROWS = ("stored", "cue", "Hopfield\nP = 2", "dense\nP = 4", "modern")
LOAD = 32   # images stored by the networks of the pictures: the K of the run that is nearest


def draw(run, path):
    names = [name for name in TITLES if f"m_reversed_{name}" in run]
    with plotting.figure(path, nrows=2 * len(names), ncols=2, figsize=(9, 7.6 * len(names)), squeeze=False,
                         gridspec_kw={"height_ratios": [1.35, 1] * len(names)}) as (_, axes):
        for pair, name in enumerate(names):
            for ax, curve, cue in zip(axes[2 * pair], axes[2 * pair + 1], CUES):
                pictures(ax, run, name, cue)
                curves(curve, run, name, cue)
            axes[2 * pair + 1, 0].set_ylabel("fraction of stored images retrieved,\noverlap above 0.95")
            axes[2 * pair + 1, 0].legend(loc=(0.5, 0.52), fontsize=8)


def pictures(ax, run, name, cue):
    one = run.sel(K=LOAD, method="nearest").isel(disorder=0)
    states = one[f"pictures_{cue}_{name}"].values
    side = int(np.sqrt(states.shape[-1]))
    for row, (words, line) in enumerate(zip(ROWS, states)):
        if cue == "reversed":
            ax.text(-0.15, 1.1 * row + 0.5, words, ha="right", va="center", fontsize=9)
        for column, image in enumerate(line):
            if np.isfinite(image).all():
                box = (1.1 * column, 1.1 * column + 1, 1.1 * row + 1, 1.1 * row)
                ax.imshow(image.reshape(side, side), cmap="gray_r", vmin=-1, vmax=1, interpolation="nearest", extent=box)
                ax.add_patch(Rectangle((box[0], box[3]), 1, 1, fill=False, linewidth=0.5))
    ax.set(xlim=(-0.9, 4.4), ylim=(5.55, -0.1), title=f"{TITLES[name]}; {CUES[cue]};\n{int(one.K)} images stored")
    ax.axis("off")


def curves(ax, run, name, cue):
    samples = run.sizes["disorder"]
    for kind, color, marker in zip(run.kind.values, plotting.COLORS, plotting.MARKERS):
        y = run[f"retrieved_fraction_{cue}_{name}"].sel(kind=kind)
        ax.errorbar(run.K, y.mean("disorder"), y.std("disorder", ddof=1) / np.sqrt(samples), fmt=marker, linestyle="-", linewidth=0.8, color=color,
                    capsize=2, label=kind)
    nearest = run[f"nearest_{cue}_{name}"].mean("disorder")
    ax.plot(run.K, nearest, color="black", linestyle="--", linewidth=1, label="cue is nearest to its own image")
    ax.set(xscale="log", xlabel="$K$, images stored (log scale)", ylim=(-0.03, 1.05))


if __name__ == "__main__":
    main_figure(draw, "modern_images", stores=("{}",))
