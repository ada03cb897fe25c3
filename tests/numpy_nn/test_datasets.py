"""The two sets of real data have the shapes and ranges that their docstrings promise."""

import numpy as np

from course_lib.numpy_nn.datasets import load_diabetes, load_digits


def test_the_digits_are_1797_images_of_8_x_8_pixels_in_0_to_16():
    data = load_digits()
    assert data.x.shape == (1797, 64)
    assert data.x.dtype == np.float32
    assert (data.x.min(), data.x.max()) == (0, 16)
    np.testing.assert_array_equal(np.unique(data.y), np.arange(10))
    assert len(data.features) == 64


def test_the_diabetes_targets_are_a_column_that_fits_the_squared_error():
    data = load_diabetes()
    assert (data.x.shape, data.y.shape) == ((442, 10), (442, 1))
    assert data.x.dtype == data.y.dtype == np.float32
    assert (data.y.min(), data.y.max()) == (25, 346)
    assert len(data.features) == 10
