"""The look of every figure, and how it reaches the reader.

No pyplot: a figure is an object that is passed around, not a global state.
"""

import base64
import html
import io
import math
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image  # matplotlib writes its PNG files with it, so it is there

from course_lib.core.validation import validate_above, validate_at_least

# The hues of Okabe & Ito (2008), made darker where a line on white had a contrast below 3 to 1, or where two of them
# came close to each other for a reader with deuteranopia, protanopia or tritanopia (a test simulates all three).
PALETTE = ("#0080c8", "#d55e00", "#00664a", "#cc79a7", "#000000", "#6b4a00")
# Second code beside colour. The lengths differ, so that a pair comes back only after many lines.
DASHES = ("-", (0, (5, 2)), (0, (1.2, 1.4)), (0, (6, 2, 1.2, 2)))
MARKERS = ("o", "s", "^", "D", "v", "P", "X")

MISSING = "#d0d0d0"  # colour of a cell or pixel that is not a number
DPI = 100
_SHORTEST_ALT = 30  # characters; shorter texts name the figure and do not describe it
_GRID = "#dddddd"
_COLOUR_BAR = "<colorbar>"  # the label that matplotlib gives to the Axes of a colour bar

_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # comes with matplotlib, so that a figure is the same on every machine
    "font.size": 11,
    "axes.titlesize": 12,
    "axes.labelsize": 11,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "legend.fontsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#444444",
    "axes.linewidth": 0.8,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": _GRID,
    "grid.linewidth": 0.7,
    "lines.linewidth": 1.8,
    "lines.markersize": 5.5,
    "legend.frameon": True,
    "legend.framealpha": 0.9,
    "legend.edgecolor": "white",
    "legend.handlelength": 3.2,  # long enough for a dash pattern to be seen
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "axes.prop_cycle": matplotlib.cycler(color=PALETTE),
}


@contextmanager
def house_style() -> Iterator[None]:
    """Inside it (or inside a function that it decorates) only the house style counts, not the session's settings."""
    with matplotlib.rc_context({**_defaults(), **_STYLE}):
        yield


def _defaults() -> dict[str, Any]:
    # Without the backend, which belongs to the session, and without what matplotlib warns about when it is set.
    skipped = {"backend", "backend_fallback", "interactive", "toolbar", "timezone"}
    deprecated = set(getattr(matplotlib, "_deprecated_map", ()))
    return {key: value for key, value in matplotlib.rcParamsDefault.items() if key not in skipped | deprecated}


def canvas(
    rows: int = 1, columns: int = 1, *, width: float | None = None, height: float | None = None, **options: Any
) -> tuple[Figure, Any]:
    """An empty figure in the house style, and its Axes: one, or an array of them as `Figure.subplots` gives it.

    `width` and `height` are inches of the whole figure; by default 8 wide, and 3 high per row. `options` go to
    `Figure.subplots` (`sharey=True`). Raises ValueError for rows or columns below 1, or a size that is not positive.
    """
    for name, count in (("rows", rows), ("columns", columns)):
        validate_at_least(name, count, 1)
    size = (8.0 if width is None else width, 3.0 * rows if height is None else height)
    for name, inches in zip(("width", "height"), size, strict=True):
        if not (math.isfinite(inches) and inches > 0):
            raise ValueError(f"{name} must be a positive number of inches, got {inches}")
    with house_style():
        figure = Figure(figsize=size, dpi=DPI, layout="constrained")
        FigureCanvasAgg(figure)
        figure.get_layout_engine().set(w_pad=0.08, h_pad=0.06)  # inches; the default lets letters touch the edge
        axes = figure.subplots(rows, columns, **options)
    return figure, axes


def look(index: int) -> dict[str, Any]:
    """Colour, dash and marker number `index` (from 0) as keyword arguments of `Axes.plot`."""
    validate_at_least("index", index, 0)
    return {
        "color": PALETTE[index % len(PALETTE)],
        "linestyle": DASHES[index % len(DASHES)],
        "marker": MARKERS[index % len(MARKERS)],
    }


def vector(name: str, values: Any) -> np.ndarray:
    """`values` as float64 (n,), n >= 1, infinities as NaN: a curve that diverged ends, it does not leave the page."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be a list of at least one number, got shape {array.shape}")
    return np.where(np.isfinite(array), array, np.nan)


def png(figure: Figure, dpi: int = DPI) -> bytes:
    """The figure as PNG of at most 256 colours, a third of the usual size: notebooks are kept in git.

    Equal figures give equal bytes, for the file holds neither a date nor a version. Raises ValueError for dpi <= 0.
    """
    validate_above("dpi", dpi, 0)
    full, small = io.BytesIO(), io.BytesIO()
    with house_style():
        _restart_layout(figure)
        figure.savefig(full, format="png", dpi=dpi, metadata={"Software": None}, pil_kwargs={"compress_level": 0})
    colours = Image.open(full).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    colours.save(small, format="png", optimize=True)
    return small.getvalue()


def _restart_layout(figure: Figure) -> None:
    # A layout starts from the one before and differs from it a little; from the same start it gives the same pixels.
    for ax in figure.axes:
        place = ax.get_subplotspec()
        if place is not None:
            ax.set_position(place.get_position(figure))
        elif ax.get_label() == _COLOUR_BAR:
            ax.set_position((0.9, 0.1, 0.05, 0.8))  # any place will do, the layout moves it
        else:
            continue
        ax.set_in_layout(True)  # setting a position takes the Axes out of the layout


def image_html(figure: Figure, alt: str) -> str:
    """The figure as one HTML `img` element that carries its alt text (also for an HTML widget).

    JupyterLab shows an image/png output without any alternative text, whatever its metadata say; an `img` element in
    an HTML output keeps it, in a notebook that is not trusted too. Raises ValueError like `show`.
    """
    alt = " ".join(alt.split())
    if len(alt) < _SHORTEST_ALT:
        raise ValueError(f"alt must describe the figure in at least {_SHORTEST_ALT} characters, got {alt!r}")
    _validate_words(figure)
    pixels = base64.b64encode(png(figure)).decode("ascii")
    width = round(figure.get_figwidth() * DPI)
    return f'<img alt="{html.escape(alt)}" width="{width}" src="data:image/png;base64,{pixels}">'


def show(figure: Figure, alt: str) -> None:
    """Display the figure in a notebook, with `alt` for readers who do not see it; elsewhere print the text alone.

    Raises ValueError if `alt` has fewer than 30 characters, or if a title or the label of an axis is missing.
    """
    element = image_html(figure, alt)
    line = f"Figure: {' '.join(alt.split())}"
    if "IPython" in sys.modules:  # not imported means not in a notebook; importing it here would take half a second
        from IPython import display, get_ipython

        if get_ipython() is not None:
            display.display({"text/html": element, "text/plain": line}, raw=True)
            return
    print(line)


def _validate_words(figure: Figure) -> None:
    """Every figure has a title, and every axis that is drawn has a label."""
    drawn = [ax for ax in figure.axes if ax.get_visible()]
    if not drawn:
        raise ValueError("figure must have at least one Axes, got none")
    for number, ax in enumerate(drawn, start=1):
        if ax.get_label() == _COLOUR_BAR:
            if not (ax.get_xlabel() or ax.get_ylabel()):
                raise ValueError("a colour bar must have a label; pass label=... where it is made")
            continue
        if not (ax.get_title() or ax.get_title(loc="left") or figure.get_suptitle()):
            raise ValueError(f"figure must have a title; Axes {number} has none: ax.set_title(...)")
        if ax.axison:
            for axis in "xy":
                if not _label(figure, ax, axis):
                    raise ValueError(f"the {axis} axis of Axes {number} must have a label: ax.set_{axis}label(...)")


def _label(figure: Figure, ax: Axes, axis: str) -> str:
    """The label of an axis: its own, the figure's, or that of an Axes with which it shares the axis."""
    grouper = ax.get_shared_x_axes() if axis == "x" else ax.get_shared_y_axes()
    common = figure.get_supxlabel() if axis == "x" else figure.get_supylabel()
    labels = [getattr(other, f"get_{axis}label")() for other in (ax, *grouper.get_siblings(ax))]
    return next((label for label in [common, *labels] if label), "")
