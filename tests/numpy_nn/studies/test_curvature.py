"""Power iteration on gradient differences finds the largest eigenvalue of the Hessian."""

import numpy as np
import pytest

from course_lib.by_hand.curvature import largest_eigenvalue
from course_lib.numpy_nn.layers import Tanh
from course_lib.numpy_nn.losses import squared_error
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.studies.curvature import curvature_along, full_gradient, largest_curvature

RNG = np.random.default_rng(0)
X, Y = RNG.standard_normal((20, 3)), np.arange(20) % 4


def network(dtype=np.float64):
    return mlp([3, 5, 4], rng=np.random.default_rng(1), activation=Tanh, dtype=dtype)


def hessian(model, **options):
    columns = [curvature_along(model, X, Y, unit, **options) for unit in np.eye(model.parameters.size)]
    return np.array(columns)


def test_the_hessian_is_symmetric():
    found = hessian(network())
    assert np.allclose(found, found.T, atol=1e-6)


def test_the_largest_eigenvalue_is_that_of_the_whole_hessian():
    model = network()
    values = np.linalg.eigvalsh(hessian(model))
    found = largest_curvature(model, X, Y, iterations=500, tolerance=1e-8)
    assert found.value == pytest.approx(values[np.abs(values).argmax()], rel=1e-4)
    assert np.linalg.norm(found.direction) == pytest.approx(1)
    assert found.residual < 1e-3


def test_the_hessian_of_a_linear_model_is_known():
    model = mlp([3, 2], rng=np.random.default_rng(0), dtype=np.float64)
    targets = RNG.standard_normal((20, 2))
    with_bias = np.hstack([X, np.ones((20, 1))])
    exact = np.linalg.eigvalsh(2 / 40 * with_bias.T @ with_bias).max()  # the mean runs over 40 elements
    found = largest_curvature(model, X, targets, loss=squared_error, iterations=300, tolerance=1e-8)
    assert found.value == pytest.approx(exact, rel=1e-6)


def test_decay_adds_to_every_eigenvalue():
    model = network()
    plain, decayed = hessian(model), hessian(model, weight_decay=0.3)
    assert np.allclose(decayed - plain, 0.3 * np.eye(len(plain)), atol=1e-6)


def test_a_direction_of_any_length_gives_the_product():
    model = network()
    v = RNG.standard_normal(model.parameters.size)
    assert np.allclose(curvature_along(model, X, Y, 5 * v), 5 * curvature_along(model, X, Y, v), rtol=1e-5, atol=1e-8)


def test_parameters_and_gradients_are_left_as_they_were():
    model = network()
    full_gradient(model, X, Y)
    parameters, gradients = model.parameters.copy(), model.gradients.copy()
    largest_curvature(model, X, Y, iterations=3)
    assert np.array_equal(model.parameters, parameters)
    assert np.array_equal(model.gradients, gradients)


def test_a_start_near_the_answer_needs_fewer_products():
    model = network()
    found = largest_curvature(model, X, Y, iterations=500, tolerance=1e-6)
    again = largest_curvature(model, X, Y, iterations=1, start=found.direction)
    assert again.value == pytest.approx(found.value, rel=1e-4)


def test_the_plain_form_agrees():
    model = network()

    def gradient(theta):
        kept = model.parameters.copy()
        model.parameters[:] = theta
        found = full_gradient(model, X, Y)[1].copy()
        model.parameters[:] = kept
        return found

    start = np.random.default_rng(3).standard_normal(model.parameters.size)
    plain = largest_eigenvalue(gradient, model.parameters.copy(), start, 40, 1e-4)
    ours = largest_curvature(model, X, Y, iterations=40, tolerance=0.0, start=start).value
    assert plain == pytest.approx(ours, rel=1e-6)


def test_single_precision_is_refused():
    with pytest.raises(ValueError, match="model must be float64, got float32"):
        largest_curvature(network(np.float32), X, Y)


@pytest.mark.parametrize(
    ("direction", "words"), [(np.ones(3), "direction must have shape"), (np.zeros(44), "a length above 0")]
)
def test_a_useless_direction_is_refused(direction, words):
    with pytest.raises(ValueError, match=words):
        curvature_along(network(), X, Y, direction)


def test_no_iterations_are_refused():
    with pytest.raises(ValueError, match="iterations must be at least 1, got 0"):
        largest_curvature(network(), X, Y, iterations=0)
