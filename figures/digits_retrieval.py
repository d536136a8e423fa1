"""Archetypes, test images with reversed pixels, and where networks of P = 2, 4, 6 go from them; the title says which images.

Reads data/digits_retrieval.h5 (sims/ of the same name), which has MNIST and Fashion-MNIST too if they were in the cache.  --quick reads the
store of its --quick run.
"""
import numpy as np
from matplotlib.patches import Rectangle

from hebbnet import plotting
from hebbnet.cli import main_figure

TITLES = {"digits": "digits of scikit-learn", "mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}


def rows(run, name):
    """(words, images (class, pixel), captions) from top to bottom."""
    one = run.isel(disorder=0)
    first = one.isel(P=0) if "P" in one.dims else one
    plain = [""] * one.sizes["class"]
    yield "archetype", first[f"archetype_{name}"].values, plain
    yield "test image", first[f"image_{name}"].values, plain
    yield "cue: 10 % reversed", first[f"cue_{name}"].values, plain
    for P in one.P.values:
        at = one.sel(P=P)
        yield f"from there, P = {P}", at[f"state_{name}"].values, [f"{m:.2f}" for m in at[f"m_{name}"].values]


def draw(run, path):
    names = [name for name in TITLES if f"state_{name}" in run]
    with plotting.figure(path, nrows=len(names), figsize=(8.6, 5.6 * len(names)), squeeze=False) as (fig, axes):
        for ax, name in zip(axes[:, 0], names):
            side = int(np.sqrt(run.sizes[f"pixel_{name}"]))
            for line, (words, images, captions) in enumerate(rows(run, name)):
                ax.text(-0.15, 1.25 * line + 0.5, words.replace(": ", ":\n").replace(", ", ",\n"), ha="right", va="center", fontsize=9)
                for column, (image, caption) in enumerate(zip(images, captions)):
                    box = (1.1 * column, 1.1 * column + 1, 1.25 * line + 1, 1.25 * line)
                    ax.imshow(image.reshape(side, side), cmap="gray_r", vmin=-1, vmax=1, interpolation="nearest", extent=box)
                    ax.add_patch(Rectangle((box[0], box[3]), 1, 1, fill=False, linewidth=0.5))
                    ax.text(box[0] + 0.5, box[2] + 0.03, caption, ha="center", va="top", fontsize=8)
            ax.set(xlim=(-1.6, 1.1 * len(images)), ylim=(1.25 * (line + 1), -0.1), title=f"{TITLES[name]} (gray: pixels left out; "
                   "numbers: overlap with the archetype of the class)")
            ax.axis("off")


if __name__ == "__main__":
    main_figure(draw, "digits_retrieval", stores=("{}",))
