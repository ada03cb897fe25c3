"""The surfaces have the gradients that they claim, and a path is what the closed form says."""

import numpy as np
import pytest

from course_lib.numpy_nn.gradcheck import numerical_gradient, relative_error
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.studies.landscapes import follow, noisy, ravine, saddle


@pytest.mark.parametrize("landscape", [ravine(), ravine(7.0), saddle()], ids=lambda each: each.name)
def test_the_gradient_is_the_derivative_of_the_value(landscape):
    point = np.array([0.7, -0.4])
    slopes = numerical_gradient(lambda: float(landscape.value(point)), point)
    assert relative_error(landscape.gradient(point), slopes) < 1e-8


def test_values_of_a_grid_have_the_shape_of_the_grid():
    assert ravine().value(np.zeros((3, 4, 2))).shape == (3, 4)
    assert saddle().value(np.zeros((3, 4, 2))).shape == (3, 4)


def test_gradient_descent_on_the_ravine_shrinks_each_coordinate_by_its_own_factor():
    path = follow(SGD(0.015), ravine(100.0), 20)
    factors = 1 - 0.015 * np.array([1.0, 100.0])
    np.testing.assert_allclose(path, path[0] * factors ** np.arange(21)[:, None], rtol=1e-12)


def test_the_schedule_multiplies_the_rate():
    path = follow(SGD(0.01), ravine(), 2, start=(1.0, 0.0), schedule=lambda step: (1.0, 0.5)[step])
    np.testing.assert_allclose(path[:, 0], [1.0, 0.99, 0.99 * 0.995])


def test_exactly_on_the_ridge_every_gradient_points_at_the_saddle():
    path = follow(SGD(0.1), saddle(), 300, start=(-1.5, 0.0))
    assert np.abs(path[-1]).max() < 1e-12


def test_noise_has_the_standard_deviation_asked_for():
    rough = noisy(ravine(), 2.0, np.random.default_rng(0))
    draws = np.array([rough.gradient(np.zeros(2)) for _ in range(4000)])
    np.testing.assert_allclose(draws.std(axis=0), 2.0, rtol=0.05)


def test_settings_without_a_sense_are_refused():
    with pytest.raises(ValueError, match="steps must be at least 1, got 0"):
        follow(SGD(0.1), ravine(), 0)
    with pytest.raises(ValueError, match="steepness must be above 0, got 0"):
        ravine(0)
    with pytest.raises(ValueError, match="std must be at least 0, got -1"):
        noisy(ravine(), -1, np.random.default_rng(0))
