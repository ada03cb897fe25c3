"""Computation graphs: boxes that compute, arrows between them, values on the way forward, gradients on the way back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch

from course_lib.core.validation import validate_not_empty
from course_lib.plots.style import PALETTE, house_style

FORWARD, BACKWARD = PALETTE[0], PALETTE[1]
_BOW = 0.28  # how far the arrow back bends away from the arrow forward


@dataclass(frozen=True)
class GraphBox:
    """One box: where its middle stands (columns from the left, rows from the bottom) and what is written in it.

    `value` is written below the box, and `gradient` below that; "" leaves either out. An `is_given` box computes
    nothing: it holds an input or a parameter, and has no frame.
    """

    column: float
    row: float
    text: str
    value: str = ""
    gradient: str = ""
    is_given: bool = False


@house_style()
def computation_graph(
    ax: Axes,
    boxes: Mapping[str, GraphBox],
    arrows: Sequence[tuple[str, str]],
    *,
    backward: Sequence[tuple[str, str]] = (),
) -> Axes:
    """Draw `boxes` (name -> box), the `arrows` (from, to) of the forward pass, and those of the backward pass, dashed.

    Values are blue and stand right below a box; gradients are orange and stand below them, marked by a leading arrow.
    Raises ValueError where there is no box, or an arrow names a box that is not there.
    """
    validate_not_empty("boxes", boxes, "box")
    unknown = {name for pair in (*arrows, *backward) for name in pair} - set(boxes)
    if unknown:
        raise ValueError(f"arrows must join boxes that are there, got {', '.join(sorted(unknown))}")
    ax.axis("off")
    ax.grid(visible=False)
    written = {name: _write(ax, box) for name, box in boxes.items()}
    ends = [place for box in boxes.values() for place in ((box.column, box.row),)]
    ax.set_xlim(min(x for x, _ in ends) - 0.6, max(x for x, _ in ends) + 0.6)
    ax.set_ylim(min(y for _, y in ends) - 0.75, max(y for _, y in ends) + 0.5)
    for pair, colour, dashes, bow in (
        *((pair, FORWARD, "-", 0.0) for pair in arrows),
        *((pair, BACKWARD, (0, (4, 2)), -_BOW) for pair in backward),
    ):
        start, end = (boxes[name] for name in pair)
        ax.add_patch(
            FancyArrowPatch(
                (start.column, start.row),
                (end.column, end.row),
                patchA=written[pair[0]],
                patchB=written[pair[1]],
                arrowstyle="-|>",
                mutation_scale=13,
                shrinkA=3,
                shrinkB=3,
                linestyle=dashes,
                linewidth=1.5,
                color=colour,
                connectionstyle=f"arc3,rad={bow}",
                zorder=1,
            )
        )
    return ax


def _write(ax: Axes, box: GraphBox) -> FancyArrowPatch:
    """The text of a box and what stands below it; returns its frame, at which arrows end."""
    frame = {
        "boxstyle": "round,pad=0.35",
        "facecolor": "white" if box.is_given else "#eef3f7",
        "edgecolor": "white" if box.is_given else "#444444",
        "linewidth": 1.0,
    }
    text = ax.text(box.column, box.row, box.text, ha="center", va="center", fontsize=12, bbox=frame, zorder=3)
    for drop, words, colour in (
        (0.27, box.value, FORWARD),
        (0.50, f"← {box.gradient}" if box.gradient else "", BACKWARD),
    ):
        if words:
            ax.text(
                box.column, box.row - drop, words, ha="center", va="center", fontsize=11, color=colour, zorder=4,
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.0},
            )  # fmt: skip
    return text.get_bbox_patch()
