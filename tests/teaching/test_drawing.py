"""The grid of pixels: what a click does, and that the words follow."""

import numpy as np
import pytest

from course_lib.teaching.drawing import BRIGHTEST, draw_digit, in_words

ipywidgets = pytest.importorskip("ipywidgets")


def brightness(pixels):
    """A stand-in for a network: class 1 is as likely as the image is bright, class 0 takes the rest."""
    share = pixels.mean(axis=1, keepdims=True) / BRIGHTEST
    return np.hstack([1 - share, share, np.zeros_like(share)])


@pytest.fixture
def grid():
    images = np.stack([np.zeros(64), np.full(64, BRIGHTEST)])
    _, _, box, row, words = draw_digit(brightness, images).children
    return box.children, row.children, words


def test_a_click_makes_a_pixel_bright_and_another_makes_it_dark(grid):
    pixels, _, words = grid
    assert "The network says 0 (100%)" in words.value
    for pixel in pixels[:48]:
        pixel.click()
    assert pixels[0].style.button_color == "#ffffff"
    assert pixels[0].tooltip == "row 1, column 1: bright"
    assert pixels[63].tooltip == "row 8, column 8: dark"
    assert "The network says 1 (75%), then 0 (25%)" in words.value
    pixels[0].click()
    assert pixels[0].style.button_color == "#000000"
    assert "The network says 1 (73%)" in words.value


def test_the_next_image_comes_and_the_grid_is_cleared(grid):
    pixels, (clear, another), words = grid
    another.click()
    assert "The network says 1 (100%)" in words.value
    clear.click()
    assert "The network says 0 (100%)" in words.value
    another.click()
    another.click()
    assert pixels[5].style.button_color == "#ffffff", "after the last image comes the first; both were shown again"


def test_without_a_kernel_it_is_a_sentence():
    assert repr(draw_digit(brightness, np.zeros((1, 64)))).startswith("A grid of 8 by 8 pixels to draw on. The network")


def test_images_of_another_size_are_refused():
    with pytest.raises(ValueError, match=r"images must be \(k, 64\) with k >= 1, got \(2, 63\)"):
        draw_digit(brightness, np.zeros((2, 63)))


def test_the_words_name_the_three_likeliest():
    assert in_words(np.array([0.2, 0.5, 0.0, 0.3])) == "The network says 1 (50%), then 3 (30%) and 0 (20%)."
