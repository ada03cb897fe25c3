"""Pictures of images, and of what the weights of a first layer look for."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from course_lib.core.validation import validate_at_least
from course_lib.plots.style import MISSING, canvas, house_style

_LETTERS_PER_INCH = 11  # width of a title in the smallest size of the house style


@house_style()
def image_grid(images: npt.ArrayLike, *, titles: Sequence[str] = (), columns: int = 8, title: str = "") -> Figure:
    """Grey images (n, h, w) in rows of `columns`, dark is 0, with one shared scale; each may have a title of its own.

    Returns the figure; `title` stands above all (`show` refuses a figure without one). NaN pixels are grey.
    Raises ValueError if the images are not (n, h, w), or if there are titles for some of them only.
    """
    pixels = _stack("images", images)
    return _grid(pixels, titles, columns, title, _colours(pixels, "gray"))


@house_style()
def weight_images(
    weights: npt.ArrayLike, shape: tuple[int, int], *, titles: Sequence[str] = (), columns: int = 8, title: str = ""
) -> Figure:
    """The k weight vectors of weights (pixels, k) as images of `shape` (h, w): one image per unit.

    Orange is positive, purple negative, white zero; all units share the scale that the colour bar shows.
    Raises ValueError if h * w is not the number of rows of `weights`.
    """
    array = np.asarray(weights, dtype=np.float64)
    if array.ndim != 2 or array.shape[0] != shape[0] * shape[1]:
        raise ValueError(f"weights must have {shape[0]} * {shape[1]} = {shape[0] * shape[1]} rows, got {array.shape}")
    pixels = _stack("weights", array.T.reshape(-1, *shape))  # (k, h, w)
    figure = _grid(pixels, titles, columns, title, _colours(pixels, "PuOr_r"), room=0.9)
    bar = figure.colorbar(figure.axes[0].images[0], ax=figure.axes, label="weight", pad=0.02)
    bar.outline.set_visible(False)
    return figure


def _stack(name: str, images: npt.ArrayLike) -> np.ndarray:
    pixels = np.asarray(images, dtype=np.float64)
    if pixels.ndim != 3 or pixels.size == 0:
        raise ValueError(f"{name} must have the shape (images, height, width), got {pixels.shape}")
    return np.where(np.isfinite(pixels), pixels, np.nan)


def _colours(pixels: np.ndarray, name: str) -> dict[str, Any]:
    finite = pixels[np.isfinite(pixels)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if name == "PuOr_r":  # white must be zero
        low, high = -max(abs(low), abs(high)), max(abs(low), abs(high))
    cmap = matplotlib.colormaps[name].with_extremes(bad=MISSING)
    return {"cmap": cmap, "vmin": low, "vmax": high if high > low else low + 1.0}


def _grid(
    pixels: np.ndarray, titles: Sequence[str], columns: int, title: str, colours: dict[str, Any], room: float = 0.0
) -> Figure:
    """Images in rows, each in a thin frame; `room` inches stay free on the right."""
    count, height, width = pixels.shape
    if titles and len(titles) != count:
        raise ValueError(f"titles must be one per image, {count}; got {len(titles)}")
    validate_at_least("columns", columns, 1)
    columns = min(columns, count)
    rows = math.ceil(count / columns)
    # A cell is as wide as its longest title needs, and not wider than the page.
    letters = max((len(text) for each in titles for text in each.split("\n")), default=0)
    cell = min((8.0 - room) / columns, max(1.0, letters / _LETTERS_PER_INCH + 0.15))
    lines = max((text.count("\n") + 1 for text in titles), default=0)
    figure, axes = canvas(
        rows,
        columns,
        width=max(cell * columns + room, 4.0),
        height=rows * (cell * min(height / width, 2.0) + 0.2 * lines) + (0.4 if title else 0.0),
        squeeze=False,
    )
    figure.get_layout_engine().set(w_pad=0.04, h_pad=0.04)  # the space is for the images
    for place, ax in enumerate(axes.flat):
        ax.set_axis_off()
        if place < count:
            ax.imshow(pixels[place], interpolation="nearest", **colours)
            ax.add_patch(Rectangle((-0.5, -0.5), width, height, fill=False, edgecolor="#999999", linewidth=0.8))
            if titles:
                ax.set_title(titles[place], fontsize=10, pad=3)
    if title:
        figure.suptitle(title, fontsize=12)
    return figure
