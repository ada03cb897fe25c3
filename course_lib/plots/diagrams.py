"""Diagrams of lessons: what is drawn of a network is kept here, so that a lesson's cell only shows it."""

from itertools import pairwise

from matplotlib.figure import Figure

from course_lib.plots.graphs import GraphBox, computation_graph
from course_lib.plots.style import canvas


def one_weight() -> Figure:
    """The loss (max(0, x w + b) - 3)^2 at x = 2, w = 0.5, b = 1, with all values and gradients."""
    boxes = {
        "x": GraphBox(0, 1, "x", "2", is_given=True),
        "w": GraphBox(0, 0, "w", "0.5", "-4", is_given=True),
        "product": GraphBox(1, 0.5, "x · w", "1", "-2"),
        "b": GraphBox(1, -0.6, "b", "1", "-2", is_given=True),
        "sum": GraphBox(2, 0.2, "sum", "2", "-2"),
        "relu": GraphBox(3, 0.2, "max(0, ·)", "2", "-2"),
        "loss": GraphBox(4.1, 0.2, "(· - 3)²", "1", "1"),
    }
    arrows = [("x", "product"), ("w", "product"), ("product", "sum"), ("b", "sum"), ("sum", "relu"), ("relu", "loss")]
    title = "Values on the way forward (blue), gradients on the way back (orange)"
    return _drawn(boxes, arrows, title, width=9)


def two_layers() -> Figure:
    """The network for digits, 64-32-10, with the shapes of its values and of their gradients."""
    boxes = {
        "x": GraphBox(0, 0.3, "x", "(n, 64)", is_given=True),
        "layer 1": GraphBox(1.2, 0.3, "x W₁ + b₁", "(n, 32)", "(n, 32)"),
        "parameters 1": GraphBox(1.2, 1.3, "W₁ (64, 32),  b₁ (32)", is_given=True),
        "relu": GraphBox(2.4, 0.3, "max(0, ·)", "h (n, 32)", "(n, 32)"),
        "layer 2": GraphBox(3.6, 0.3, "h W₂ + b₂", "z (n, 10)", "(n, 10)"),
        "parameters 2": GraphBox(3.6, 1.3, "W₂ (32, 10),  b₂ (10)", is_given=True),
        "losses": GraphBox(5, 0.3, "softmax and\ncross-entropy"),
        "loss": GraphBox(6.2, 0.3, "loss", "one number", "1", is_given=True),
    }
    chain = pairwise(("x", "layer 1", "relu", "layer 2", "losses", "loss"))
    arrows = [*chain, ("parameters 1", "layer 1"), ("parameters 2", "layer 2")]
    return _drawn(boxes, arrows, "Shapes of the values (blue) and of the gradients (orange)", width=10)


def _drawn(boxes: dict[str, GraphBox], arrows: list[tuple[str, str]], title: str, *, width: float) -> Figure:
    """The graph with an arrow back for every arrow that does not come from the data x."""
    figure, axes = canvas(width=width, height=3.3)
    computation_graph(axes, boxes, arrows, backward=[(end, begin) for begin, end in arrows if begin != "x"])
    axes.set_title(title)
    return figure
