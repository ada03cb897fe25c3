"""Every image stands in its place, on one scale, with its title."""

import numpy as np
import pytest

from course_lib.plots.images import image_grid, weight_images
from course_lib.plots.style import png, show

ALT = "Images in two rows, each with the label that it carries in the data set."


def test_images_stand_row_by_row_with_their_titles_and_one_scale(capsys):
    images = np.arange(5 * 4 * 3, dtype=float).reshape(5, 4, 3)
    figure = image_grid(images, titles=list("abcde"), columns=3, title="Five images")
    drawn = [ax for ax in figure.axes if ax.images]
    assert [ax.get_title() for ax in drawn] == list("abcde")
    assert len(figure.axes) == 6  # the last place stays empty
    for ax, image in zip(drawn, images, strict=True):
        assert np.array_equal(ax.images[0].get_array(), image)
        assert ax.images[0].get_clim() == (0.0, 59.0)
    show(figure, ALT)
    assert capsys.readouterr().out == f"Figure: {ALT}\n"


def test_an_image_grid_without_title_is_refused_by_show():
    with pytest.raises(ValueError, match="figure must have a title"):
        show(image_grid(np.ones((2, 4, 4))), ALT)


def test_weights_become_one_image_per_unit_with_zero_in_the_middle():
    weights = np.random.default_rng(0).normal(size=(12, 5))
    figure = weight_images(weights, (3, 4), title="Weights")
    images = [ax.images[0] for ax in figure.axes if ax.images]
    assert len(images) == 5
    assert np.array_equal(images[2].get_array(), weights[:, 2].reshape(3, 4))
    low, high = images[0].get_clim()
    assert low == -high == -np.abs(weights).max()
    assert figure.axes[-1].get_ylabel() == "weight"


@pytest.mark.parametrize("value", [np.nan, np.inf, 0.0])
def test_images_of_one_value_or_of_none_can_be_drawn(value):
    assert len(png(image_grid(np.full((2, 4, 4), value), title="t"))) > 300
    assert len(png(weight_images(np.full((16, 2), value), (4, 4), title="t"))) > 300


def test_equal_images_give_equal_bytes():
    images = np.random.default_rng(0).random((4, 8, 8))
    assert png(image_grid(images, title="t")) == png(image_grid(images, title="t"))


def test_bad_images_are_refused():
    with pytest.raises(ValueError, match=r"images must have the shape \(images, height, width\), got \(8, 8\)"):
        image_grid(np.ones((8, 8)))
    with pytest.raises(ValueError, match="titles must be one per image, 3; got 2"):
        image_grid(np.ones((3, 8, 8)), titles=["a", "b"])
    with pytest.raises(ValueError, match="columns must be at least 1, got 0"):
        image_grid(np.ones((3, 8, 8)), columns=0)
    with pytest.raises(ValueError, match=r"weights must have 8 \* 8 = 64 rows, got \(784, 3\)"):
        weight_images(np.ones((784, 3)), (8, 8))
