"""What stands where in a table of numbers: a heat map, and the confusion matrix of a classifier."""

import math
from collections.abc import Sequence
from typing import Any

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from course_lib.plots.style import MISSING, house_style

_PALE = "#767676"  # for the zeros of a confusion matrix: the palest grey with a contrast of 4.5 to 1 on white
_LETTERS_PER_INCH = 13  # of a tick label; names that need more room than the axis has are turned


@house_style()
def heatmap(
    ax: Axes,
    matrix: npt.ArrayLike,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    x_label: str,
    y_label: str,
    annotate: bool = True,
    value_label: str = "",
) -> Axes:
    """Draw matrix (r, c) as coloured cells, row 0 on top, each with its number if `annotate`; NaN is grey.

    `rows` and `columns` are the names of the cells' rows and columns; an empty list numbers them from 0.
    Numbers of both signs get two hues that meet in white at zero. A colour bar is added where the cells carry no
    numbers (its label is `value_label`) or where `value_label` is given.
    Raises ValueError if the matrix is not (r, c), if the names do not fit it, or if a colour bar has no label.
    """
    values = _matrix(matrix, rows, columns)
    if not annotate and not value_label:
        raise ValueError("value_label must name the numbers when annotate is False: the colour bar needs a label")
    image = _draw(ax, values, rows, columns, _colours(values))
    ax.set_xlabel(x_label)
    ax.set_ylabel(y_label)
    if value_label:
        bar = ax.get_figure().colorbar(image, ax=ax, label=value_label)
        bar.outline.set_visible(False)
    if annotate:
        _write(ax, image, values, _texts(values))
    return ax


@house_style()
def confusion(ax: Axes, matrix: npt.ArrayLike, names: Sequence[str]) -> Axes:
    """A confusion matrix (k, k) of counts: a row is a true class, a column a predicted one.

    The number in a cell is the count, its colour the share of its row.

    Raises ValueError if the matrix is not square, or holds anything but whole numbers >= 0.
    """
    counts = np.asarray(matrix, dtype=np.float64)
    if counts.ndim == 2 and counts.shape != (len(names), len(names)):
        raise ValueError(f"matrix must be square with a name per class, got {counts.shape} and {len(names)} names")
    counts = _matrix(counts, names, names)
    if not np.all((counts >= 0) & (counts == np.round(counts))):
        raise ValueError("matrix must hold counts, whole numbers >= 0; got " + _first_bad(counts))
    totals = counts.sum(axis=1, keepdims=True)  # (k, 1)
    shares = np.divide(counts, totals, out=np.zeros_like(counts), where=totals > 0)
    image = _draw(ax, shares, names, names, {"cmap": _colour_map("Blues"), "vmin": 0.0, "vmax": 1.0})
    ax.set_xlabel("predicted class")
    ax.set_ylabel("true class")
    _write(ax, image, shares, [[f"{int(count)}" for count in row] for row in counts])
    for text in ax.texts:
        if text.get_text() == "0":
            text.set_color(_PALE)
    return ax


def _matrix(matrix: npt.ArrayLike, rows: Sequence[str], columns: Sequence[str]) -> np.ndarray:
    values = np.asarray(matrix, dtype=np.float64)
    if values.ndim != 2 or values.size == 0:
        raise ValueError(f"matrix must have the shape (rows, columns), got {values.shape}")
    for name, names, count in (("rows", rows, values.shape[0]), ("columns", columns, values.shape[1])):
        if len(names) not in (0, count):
            raise ValueError(f"{name} must hold {count} names for a matrix {values.shape}, got {len(names)}")
    return np.where(np.isfinite(values), values, np.nan)


def _first_bad(counts: np.ndarray) -> str:
    row, column = np.argwhere(~((counts >= 0) & (counts == np.round(counts))))[0]
    return f"{counts[row, column]:g} in row {row}, column {column}"


def _colour_map(name: str) -> Any:
    return matplotlib.colormaps[name].with_extremes(bad=MISSING)


def _colours(values: np.ndarray) -> dict[str, Any]:
    finite = values[np.isfinite(values)]
    low, high = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 1.0)
    if low < 0 < high:
        reach = max(-low, high)
        return {"cmap": _colour_map("PuOr_r"), "vmin": -reach, "vmax": reach}
    return {"cmap": _colour_map("cividis"), "vmin": low, "vmax": high if high > low else low + 1.0}


def _draw(ax: Axes, values: np.ndarray, rows: Sequence[str], columns: Sequence[str], colours: dict[str, Any]) -> Any:
    image = ax.imshow(values, aspect="auto", interpolation="nearest", **colours)
    if rows:
        ax.set_yticks(range(len(rows)), rows)
    if columns:
        room = ax.get_figure().get_figwidth() * ax.get_position().width * _LETTERS_PER_INCH
        long = (max(len(name) for name in columns) + 2) * len(columns) > room
        turned = {"rotation": 30, "ha": "right", "rotation_mode": "anchor"} if long else {}
        ax.set_xticks(range(len(columns)), columns, **turned)
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)
    if max(values.shape) <= 30:  # white lines between the cells, so that equal neighbours stay countable
        ax.set_xticks(np.arange(1, values.shape[1]) - 0.5, minor=True)
        ax.set_yticks(np.arange(1, values.shape[0]) - 0.5, minor=True)
        ax.grid(which="minor", color="white", linewidth=1.2)
        ax.tick_params(which="minor", length=0)
    return image


def _write(ax: Axes, image: Any, values: np.ndarray, texts: list[list[str]]) -> None:
    """Put a text into every cell, black on light cells and white on dark ones."""
    for (row, column), value in np.ndenumerate(values):
        red, green, blue = image.cmap(image.norm(value))[:3] if np.isfinite(value) else (0.8, 0.8, 0.8)
        light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2  # relative luminance, WCAG 2
        colour = "black" if light > 0.18 else "white"  # at 0.18 both have the same contrast to the cell
        ax.text(column, row, texts[row][column], ha="center", va="center", fontsize=10, color=colour)


def _texts(values: np.ndarray) -> list[list[str]]:
    """The numbers of the cells, all with as many decimals as give the largest one three digits."""
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if finite.size else 0.0
    decimals: int | None = None
    if largest < 1e6 and np.all(finite == np.round(finite)):
        decimals = 0
    elif 1e-3 <= largest < 1e6:
        decimals = max(0, 2 - math.floor(math.log10(largest)))
    return [[_text(value, decimals) for value in row] for row in values]


def _text(value: float, decimals: int | None) -> str:
    if np.isnan(value):
        return "–"
    if decimals is None:
        return f"{value:.1e}".replace("-", "−")
    return f"{round(value, decimals) + 0.0:.{decimals}f}".replace("-", "−")  # plus zero: -0.0 becomes 0.0
