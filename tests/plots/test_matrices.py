"""Every cell of a heat map holds its own number, readable on its colour."""

import numpy as np
import pytest

from course_lib.plots.matrices import confusion, heatmap
from course_lib.plots.style import canvas, png


@pytest.fixture
def ax():
    return canvas()[1]


def cells(ax, shape):
    texts = {text.get_position(): text.get_text() for text in ax.texts}
    return [[texts[column, row] for column in range(shape[1])] for row in range(shape[0])]


def names(count):
    return [f"n{i}" for i in range(count)]


def test_cells_stand_in_their_row_and_column_with_equal_decimals(ax):
    heatmap(ax, [[1.234, -0.002, 12.0], [3.0, np.nan, 0.5]], rows=names(2), columns=names(3), x_label="x", y_label="y")
    assert cells(ax, (2, 3)) == [["1.2", "0.0", "12.0"], ["3.0", "–", "0.5"]]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("x", "y")
    assert [label.get_text() for label in ax.get_xticklabels()] == names(3)


@pytest.mark.parametrize(
    ("value", "text"), [(7, "7"), (0.0123, "0.0123"), (-1.5, "−1.50"), (1e-5, "1.0e−05"), (2.5e7, "2.5e+07"), (0, "0")]
)
def test_a_number_is_written_with_three_digits(ax, value, text):
    heatmap(ax, [[value]], rows=["r"], columns=["c"], x_label="x", y_label="y")
    assert ax.texts[0].get_text() == text


def test_both_signs_meet_in_white_at_zero(ax):
    heatmap(ax, [[-1.0, 0.0, 3.0]], rows=["r"], columns=names(3), x_label="x", y_label="y")
    image = ax.images[0]
    assert (image.norm.vmin, image.norm.vmax) == (-3.0, 3.0)
    assert min(image.cmap(image.norm(0.0))[:3]) > 0.9


def test_numbers_are_readable_on_every_colour(ax):
    values = np.linspace(-1, 1, 41)[None]
    heatmap(ax, values, rows=["r"], columns=[], x_label="x", y_label="y")
    for text, value in zip(ax.texts, values[0], strict=True):
        rgb = np.array(ax.images[0].cmap(ax.images[0].norm(value))[:3])
        cell = (np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) * [0.2126, 0.7152, 0.0722]).sum()
        contrast = (cell + 0.05) / 0.05 if text.get_color() == "black" else 1.05 / (cell + 0.05)
        assert contrast > 4.0


@pytest.mark.parametrize("value", [np.nan, 0.0, 5.0])
def test_a_matrix_of_one_value_or_of_none_can_be_drawn(ax, value):
    heatmap(ax, np.full((2, 2), value), rows=[], columns=[], x_label="x", y_label="y")
    assert len(png(ax.figure)) > 1000


def test_without_numbers_in_the_cells_there_is_a_colour_bar_with_a_label(ax):
    with pytest.raises(ValueError, match="value_label must name the numbers when annotate is False"):
        heatmap(ax, np.eye(2), rows=[], columns=[], x_label="x", y_label="y", annotate=False)
    heatmap(ax, np.eye(2), rows=[], columns=[], x_label="x", y_label="y", annotate=False, value_label="weight")
    assert len(ax.texts) == 0
    assert ax.figure.axes[1].get_ylabel() == "weight"


def test_long_names_are_turned_and_short_ones_are_not():
    for name, turned in (("a", 0), ("ModerateDemented", 30)):
        ax = canvas(width=5)[1]
        heatmap(ax, np.eye(4), rows=[name] * 4, columns=[name] * 4, x_label="x", y_label="y")
        assert {label.get_rotation() for label in ax.get_xticklabels()} == {turned}


def test_confusion_shows_counts_and_colours_shares_of_the_true_class(ax):
    confusion(ax, [[8, 2], [30, 10]], ["cat", "dog"])
    assert cells(ax, (2, 2)) == [["8", "2"], ["30", "10"]]
    assert np.allclose(ax.images[0].get_array(), [[0.8, 0.2], [0.75, 0.25]])
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


def test_a_class_that_never_occurs_has_shares_of_zero(ax):
    confusion(ax, [[0, 0], [1, 3]], ["a", "b"])
    assert ax.images[0].get_array()[0].tolist() == [0.0, 0.0]


def test_bad_matrices_are_refused(ax):
    with pytest.raises(ValueError, match=r"matrix must have the shape \(rows, columns\), got \(3,\)"):
        confusion(ax, [1, 2, 3], names(3))
    with pytest.raises(ValueError, match=r"columns must hold 3 names for a matrix \(2, 3\), got 2"):
        heatmap(ax, np.ones((2, 3)), rows=names(2), columns=names(2), x_label="x", y_label="y")
    with pytest.raises(ValueError, match=r"matrix must be square with a name per class, got \(2, 3\) and 2 names"):
        confusion(ax, np.ones((2, 3)), names(2))
    with pytest.raises(ValueError, match=r"whole numbers >= 0; got 0.5 in row 0, column 1"):
        confusion(ax, [[1, 0.5], [0, 1]], names(2))
    with pytest.raises(ValueError, match=r"whole numbers >= 0; got nan in row 1, column 0"):
        confusion(ax, [[1, 0], [np.nan, 1]], names(2))
