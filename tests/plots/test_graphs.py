"""A computation graph: its boxes, its arrows, and the arrows back."""

import pytest

from course_lib.plots.graphs import BACKWARD, FORWARD, GraphBox, computation_graph
from course_lib.plots.style import canvas

BOXES = {
    "w": GraphBox(0, 0, "w", value="0.5", gradient="-4", is_given=True),
    "times": GraphBox(1, 0, "×", value="1"),
}


def test_values_and_gradients_stand_below_their_boxes_and_every_arrow_is_drawn():
    _, axes = canvas(width=4, height=2)
    computation_graph(axes, BOXES, [("w", "times")], backward=[("times", "w")])
    places = {text.get_text(): text.get_position() for text in axes.texts}
    assert set(places) == {"w", "0.5", "← -4", "×", "1"}
    assert places["← -4"][1] < places["0.5"][1] < places["w"][1]
    colours = {text.get_text(): text.get_color() for text in axes.texts}
    assert (colours["0.5"], colours["← -4"]) == (FORWARD, BACKWARD)
    assert len(axes.patches) == 2


def test_the_arrow_back_is_dashed_so_that_colour_is_not_the_only_code():
    _, axes = canvas(width=4, height=2)
    computation_graph(axes, BOXES, [("w", "times")], backward=[("times", "w")])
    forward, backward = axes.patches
    assert forward.get_linestyle() == "solid" or forward.get_linestyle() == "-"
    assert backward.get_linestyle() not in ("solid", "-")


def test_a_graph_without_boxes_and_an_arrow_to_nowhere_are_refused():
    _, axes = canvas(width=4, height=2)
    with pytest.raises(ValueError, match="boxes must hold at least one box, got none"):
        computation_graph(axes, {}, [])
    with pytest.raises(ValueError, match="arrows must join boxes that are there, got loss"):
        computation_graph(axes, BOXES, [("w", "loss")])
