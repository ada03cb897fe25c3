"""Curves show the numbers that they were given, gaps and all."""

import numpy as np
import pytest

from course_lib.core.history import History
from course_lib.core.stats import Interval, t_interval
from course_lib.plots.curves import band, bars_with_intervals, learning_curves, line
from course_lib.plots.style import PALETTE, canvas, png


@pytest.fixture
def ax():
    return canvas()[1]


def drawn(ax, number=0):
    return np.array(ax.lines[number].get_ydata(), dtype=float)


def test_a_line_is_drawn_as_given_with_colour_dash_and_marker_of_its_index(ax):
    line(ax, [1, 2, 3], [3.0, 2.0, 1.0], label="a")
    line(ax, [1, 2, 3], [1.0, 2.0, 3.0], label="b", index=1)
    assert drawn(ax).tolist() == [3.0, 2.0, 1.0]
    assert [each.get_label() for each in ax.lines] == ["a", "b"]
    assert [each.get_color() for each in ax.lines] == list(PALETTE[:2])
    assert ax.lines[0].get_marker() != ax.lines[1].get_marker()
    assert ax.lines[0]._unscaled_dash_pattern != ax.lines[1]._unscaled_dash_pattern


def test_nan_and_infinity_leave_a_gap_and_the_rest_stays_in_view(ax):
    line(ax, range(5), [1.0, np.nan, 3.0, np.inf, 2.0], label="a")
    assert np.isnan(drawn(ax)[[1, 3]]).all()
    assert np.isfinite(ax.get_ylim()).all()
    assert len(png(ax.figure)) > 1000


def test_a_run_that_never_gave_a_number_can_be_drawn(ax):
    line(ax, range(3), [np.nan] * 3, label="diverged")
    assert len(png(ax.figure)) > 1000


def test_markers_of_a_long_line_stay_few_and_differ_in_place(ax):
    for index in range(3):
        line(ax, range(1000), np.zeros(1000), label="a", index=index)
    starts = [each.get_markevery() for each in ax.lines]
    assert len(set(starts)) == 3
    assert all(distance == 100 for _, distance in starts)


@pytest.mark.parametrize(
    ("x", "y", "label", "words"),
    [
        ([1, 2], [1], "a", "x and y must have the same length, got 2 and 1"),
        ([], [], "a", r"x must be a list of at least one number, got shape \(0,\)"),
        ([1, 2], [[1, 2]], "a", r"y must be a list of at least one number, got shape \(1, 2\)"),
        ([1, 2], [1, 2], "", "label must name the line, got an empty text"),
    ],
)
def test_a_line_that_cannot_be_drawn_is_refused(ax, x, y, label, words):
    with pytest.raises(ValueError, match=words):
        line(ax, x, y, label=label)


def test_learning_curves_draw_every_split_over_the_epochs_and_name_the_axes(ax):
    history = History()
    for epoch in (1, 2, 3):
        history.add("train", step=10 * epoch, epoch=epoch, loss=1.0 / epoch)
        history.add("val", step=10 * epoch, epoch=epoch, loss=2.0 / epoch)
    learning_curves(ax, history)
    assert ax.lines[0].get_xdata().tolist() == [1, 2, 3]
    assert drawn(ax, 1).tolist() == [2.0, 1.0, 2 / 3]
    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["training", "validation"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("epoch", "loss")
    assert all(tick == round(tick) for tick in ax.get_xticks())
    with pytest.raises(ValueError, match="accuracy"):
        learning_curves(ax, history, "accuracy")


def test_a_band_is_the_t_interval_of_the_runs_at_every_position(ax):
    runs = np.random.default_rng(0).normal(size=(5, 4))
    band(ax, range(4), runs, label="Adam")
    low = ax.collections[0].get_paths()[0].vertices[:, 1].min()
    intervals = [t_interval(column) for column in runs.T]
    assert np.allclose(drawn(ax), [each.mean for each in intervals])
    assert low == pytest.approx(min(each.low for each in intervals))


def test_a_band_leaves_out_runs_that_are_not_a_number(ax):
    runs = np.array([[1.0, 1.0, np.nan], [3.0, np.inf, np.nan], [2.0, 3.0, 5.0]])
    band(ax, range(3), runs, label="a")
    assert drawn(ax).tolist() == [2.0, 2.0, 5.0]


def test_a_band_needs_two_runs_of_the_right_length(ax):
    with pytest.raises(ValueError, match=r"runs must have the shape .* at least 2 runs, got \(1, 3\)"):
        band(ax, range(3), [[1, 2, 3]], label="a")
    with pytest.raises(ValueError, match="x and a run must have the same length, got 2 and 3"):
        band(ax, range(2), np.ones((2, 3)), label="a")


def test_bars_start_at_zero_and_stand_from_top_to_bottom(ax):
    bars_with_intervals(ax, ["a", "b"], [Interval(0.9, 0.8, 1.0, 5, 0.95), Interval(0.5, 0.4, 0.6, 5, 0.95)])
    assert [(bar.get_x(), bar.get_width()) for bar in ax.patches] == [(0.0, 0.9), (0.0, 0.5)]
    assert ax.get_xlim()[0] <= 0
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "b"]
    assert ax.get_ylim()[0] > ax.get_ylim()[1]


def test_a_missing_value_is_named_and_points_need_no_zero(ax):
    nothing = Interval(np.nan, np.nan, np.nan, 5, 0.95)
    bars_with_intervals(ax, ["a", "b"], [Interval(0.95, 0.94, 0.96, 5, 0.95), nothing], from_zero=False)
    assert [text.get_text().strip() for text in ax.texts] == ["no value"]
    assert ax.get_xlim()[0] > 0.9
    assert len(ax.patches) == 0


def test_names_and_intervals_must_be_as_many(ax):
    with pytest.raises(ValueError, match="names and intervals must be as many, at least 1; got 2 and 0"):
        bars_with_intervals(ax, ["a", "b"], [])
