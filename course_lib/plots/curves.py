"""Curves: numbers along a run, over repeated runs, from one method to the next."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from course_lib.core.stats import Interval, t_interval
from course_lib.plots.style import PALETTE, house_style, look, vector

if TYPE_CHECKING:
    from course_lib.core.history import History

_MARKS = 10  # markers per line: enough to tell lines apart, few enough to see the line
_SPLITS = {"train": "training", "val": "validation"}


@house_style()
def line(ax: Axes, x: npt.ArrayLike, y: npt.ArrayLike, *, label: str, index: int = 0) -> Axes:
    """Draw y (n,) over x (n,) with the colour, dash and marker number `index`; NaN and infinity leave a gap.

    Raises ValueError if the lengths differ, if there is nothing to draw, or if `label` is empty.
    """
    x_values, y_values = vector("x", x), vector("y", y)
    _validate(x_values, y_values.shape, "y", label)
    ax.plot(x_values, y_values, label=label, markevery=_marks(len(x_values), index), **look(index))
    return ax


@house_style()
def legend(ax: Axes, **options: Any) -> Axes:
    """The legend in the house style; `options` go to `Axes.legend` (`loc="upper right"`, `ncols=2`)."""
    ax.legend(**options)
    return ax


def learning_curves(
    ax: Axes, history: "History", name: str = "loss", splits: Sequence[str] = ("train", "val"), x: str = "epoch"
) -> Axes:
    """One line per split: how `name` went along a run, over "epoch" or "step"; labels both axes and adds a legend.

    Raises ValueError if the history has no such series.
    """
    for index, split in enumerate(splits):
        positions, values = history.series(split, name, x)
        line(ax, positions, values, label=_SPLITS.get(split, split), index=index)
    if x in ("epoch", "step"):
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.set_xlabel(x)
    ax.set_ylabel(name)
    return legend(ax)


@house_style()
def band(ax: Axes, x: npt.ArrayLike, runs: npt.ArrayLike, *, label: str, index: int = 0, level: float = 0.95) -> Axes:
    """The mean of repeated runs (r, n) over x (n,), and the t interval of the mean at every x as a band.

    A run that is NaN or infinite at some x is left out there; with fewer than two runs left there is no band.
    Raises ValueError if `runs` is not (r, n) with r >= 2, or if `label` is empty.
    """
    x_values = vector("x", x)
    values = np.asarray(runs, dtype=np.float64)
    if values.ndim != 2 or values.shape[0] < 2:
        raise ValueError(f"runs must have the shape (runs, positions) with at least 2 runs, got {values.shape}")
    _validate(x_values, values.shape[1:], "a run", label)
    mean, low, high = np.array([_interval(column, level) for column in values.T]).T  # each (n,)
    style = look(index)
    # A light outline, because a band alone can be too pale to be seen against the grid.
    ax.fill_between(x_values, low, high, facecolor=style["color"], edgecolor=style["color"], alpha=0.22, linewidth=0.8)
    ax.plot(x_values, mean, label=label, markevery=_marks(len(x_values), index), **style)
    return ax


@house_style()
def bars_with_intervals(
    ax: Axes, names: Sequence[str], intervals: Sequence[Interval], *, from_zero: bool = True
) -> Axes:
    """One row per name, from top to bottom: its mean as a bar that starts at zero, and its interval as a whisker.

    With `from_zero=False` the mean is a point: a bar that does not start at zero would show a wrong proportion.
    Raises ValueError if the lengths differ or if there is nothing to draw.
    """
    if len(names) != len(intervals) or not names:
        raise ValueError(f"names and intervals must be as many, at least 1; got {len(names)} and {len(intervals)}")
    rows = np.arange(len(names))
    mean, low, high = (vector(part, [getattr(each, part) for each in intervals]) for part in ("mean", "low", "high"))
    if from_zero:
        ax.barh(rows, mean, height=0.6, color=PALETTE[0], alpha=0.35, edgecolor=PALETTE[0], linewidth=1.2)
        ax.axvline(0, color="#444444", linewidth=0.8)
    ax.errorbar(mean, rows, xerr=(mean - low, high - mean), fmt="o", color="#000000", capsize=5, linewidth=1.8)
    for row in np.flatnonzero(np.isnan(mean)):
        ax.annotate("  no value", (0.0, row), xycoords=("axes fraction", "data"), va="center", fontsize=10)
    ax.set_yticks(rows, names)
    ax.set_ylim(len(names) - 0.5, -0.5)  # the first name on top
    ax.grid(axis="y", visible=False)
    return ax


def _validate(x: np.ndarray, shape: tuple[int, ...], name: str, label: str) -> None:
    if x.shape != shape:
        raise ValueError(f"x and {name} must have the same length, got {len(x)} and {shape[0]}")
    if not label:
        raise ValueError("label must name the line, got an empty text")


def _marks(count: int, index: int) -> tuple[int, int]:
    """First marked point and distance: shifted from line to line, so that markers do not hide each other."""
    distance = max(1, count // _MARKS)
    return (index * distance // 3) % distance, distance


def _interval(column: np.ndarray, level: float) -> tuple[float, float, float]:
    """Mean, low and high of the finite values of one position; NaN where they cannot be computed."""
    finite = column[np.isfinite(column)]
    if finite.size < 2:
        return (float(finite[0]) if finite.size else np.nan), np.nan, np.nan
    interval = t_interval(finite, level)
    return interval.mean, interval.low, interval.high
