"""The gradient check accepts every right backward of the library, and no planted fault."""

import numpy as np
import pytest

from course_lib.numpy_nn.gradcheck import (
    check_layer,
    check_loss,
    check_network,
    numerical_gradient,
    relative_error,
)
from course_lib.numpy_nn.layers import Dropout, LeakyReLU, Linear, ReLU, Sigmoid, Tanh
from course_lib.numpy_nn.losses import softmax_cross_entropy, squared_error
from course_lib.numpy_nn.network import Sequential, mlp
from course_lib.teaching.checks.training_loop.attack import layer_passes

RIGHT, WRONG = 1e-7, 1e-3
RNG = np.random.default_rng


def linear(kind=Linear, inputs=4, outputs=3):
    return kind(inputs, outputs, rng=RNG(0), dtype=np.float64)


LAYERS = [
    linear,
    ReLU,
    lambda: LeakyReLU(0.1),
    Tanh,
    Sigmoid,
    lambda: Dropout(0.4, rng=RNG(3)),
]


@pytest.mark.parametrize("make", LAYERS)
@pytest.mark.parametrize("training", [False, True])
def test_every_layer_passes(make, training):
    errors = check_layer(make(), RNG(1).standard_normal((5, 4)), rng=RNG(2), training=training)
    assert max(errors.values()) < RIGHT


def test_a_linear_layer_is_checked_in_its_input_weight_and_bias():
    assert set(check_layer(linear(), np.ones((5, 4)), rng=RNG(2))) == {"input", "weight", "bias"}


@pytest.mark.parametrize("loss", [softmax_cross_entropy, squared_error])
def test_both_losses_pass(loss):
    predictions = RNG(0).standard_normal((5, 4))
    targets = RNG(1).integers(0, 4, 5) if loss is softmax_cross_entropy else RNG(1).standard_normal((5, 4))
    assert check_loss(loss, predictions, targets) < RIGHT


@pytest.mark.parametrize("activation", [ReLU, LeakyReLU, Tanh, Sigmoid])
def test_whole_networks_pass_with_both_losses(activation):
    model = mlp((4, 6, 5, 3), rng=RNG(0), activation=activation, dtype=np.float64)
    model.parameters += 0.1 * RNG(3).standard_normal(model.parameters.size)  # biases off the kink at 0
    x = RNG(1).standard_normal((7, 4))
    assert check_network(model, softmax_cross_entropy, x, RNG(2).integers(0, 3, 7)) < RIGHT
    assert check_network(model, squared_error, x, RNG(2).standard_normal((7, 3))) < RIGHT


class TransposedWeightGradient(Linear):
    def backward_parameters(self, gradient):
        super().backward_parameters(gradient)
        self.weight_gradient[:] = self.weight_gradient.T.copy()  # shows only on a square layer, where nothing raises


class NoBiasGradient(Linear):
    def backward_parameters(self, gradient):
        super().backward_parameters(gradient)
        self.bias_gradient[:] = 0


class MeanBiasGradient(Linear):
    def backward_parameters(self, gradient):
        super().backward_parameters(gradient)
        gradient.mean(axis=0, out=self.bias_gradient)


class UntransposedInputGradient(Linear):
    def backward(self, gradient):
        super().backward(gradient)
        return gradient @ self.weight


class MaskOfTheGradient(ReLU):
    def backward(self, gradient):
        return gradient * (gradient > 0)


class NewMaskInBackward(Dropout):
    def backward(self, gradient):
        return gradient * (self.rng.random(gradient.shape) >= self.p) / (1 - self.p)


FAULTS = pytest.mark.parametrize(
    ("layer", "part"),
    [
        (linear(TransposedWeightGradient, 4, 4), "weight"),
        (linear(NoBiasGradient), "bias"),
        (linear(MeanBiasGradient), "bias"),
        (linear(UntransposedInputGradient, 4, 4), "input"),
        (MaskOfTheGradient(), "input"),
    ],
)


@FAULTS
def test_a_planted_fault_in_a_layer_is_found_in_the_part_that_has_it_and_in_no_other(layer, part):
    errors = check_layer(layer, RNG(1).standard_normal((5, 4)), rng=RNG(2), training=True)
    assert errors.pop(part) > WRONG
    assert max(errors.values(), default=0) < RIGHT


@FAULTS
def test_the_short_check_refuses_the_same_faults(layer, part):
    assert not layer_passes(layer, RNG(1).standard_normal((5, 4)), RNG(2))


def test_the_short_check_accepts_every_layer_whose_output_is_a_function_of_its_input():
    for make in LAYERS:
        assert layer_passes(make(), RNG(1).standard_normal((5, 4)), RNG(2))


class NanInTheBiasGradient(Linear):
    def backward_parameters(self, gradient):
        super().backward_parameters(gradient)
        self.bias_gradient[1] = np.nan


def test_a_gradient_of_nan_passes_neither_check():
    layer, x = linear(NanInTheBiasGradient), RNG(1).standard_normal((5, 4))
    assert not check_layer(layer, x, rng=RNG(2))["bias"] < RIGHT
    assert not layer_passes(layer, x, RNG(2))


def test_a_new_mask_in_the_backward_of_dropout_is_found():
    layer = NewMaskInBackward(0.4, rng=RNG(3))
    assert check_layer(layer, RNG(1).standard_normal((5, 4)), rng=RNG(2), training=True)["input"] > WRONG


def test_a_planted_fault_in_one_layer_of_a_network_is_found():
    layers = [linear(Linear, 4, 5), ReLU(), linear(Linear, 5, 3)]
    faulty = [linear(NoBiasGradient, 4, 5), ReLU(), linear(Linear, 5, 3)]
    x, labels = RNG(1).standard_normal((7, 4)), RNG(2).integers(0, 3, 7)
    assert check_network(Sequential(*layers), softmax_cross_entropy, x, labels) < RIGHT
    assert check_network(Sequential(*faulty), softmax_cross_entropy, x, labels) > WRONG
    faulty = [linear(Linear, 4, 5), MaskOfTheGradient(), linear(Linear, 5, 3)]
    assert check_network(Sequential(*faulty), softmax_cross_entropy, x, labels) > WRONG


def gradient_of_the_sum(predictions, targets):
    """The missing 1/n: a gradient that grows with the batch."""
    value, gradient = softmax_cross_entropy(predictions, targets)
    return value, gradient * len(targets)


def without_one_hot(predictions, targets):
    value, gradient = softmax_cross_entropy(predictions, targets)
    gradient[np.arange(len(targets)), targets] += 1 / len(targets)
    return value, gradient


def gradient_of_half_the_square(predictions, targets):
    value, gradient = squared_error(predictions, targets)
    return value, gradient / 2


@pytest.mark.parametrize("loss", [gradient_of_the_sum, without_one_hot])
def test_a_planted_fault_in_the_cross_entropy_is_found(loss):
    labels = RNG(1).integers(0, 4, 5)
    assert check_loss(loss, RNG(0).standard_normal((5, 4)), labels) > WRONG
    model = mlp((3, 4), rng=RNG(0), dtype=np.float64)
    assert check_network(model, loss, RNG(0).standard_normal((5, 3)), labels) > WRONG


def test_a_missing_factor_2_in_the_squared_error_is_found():
    predictions, targets = RNG(0).standard_normal((2, 5, 4))
    assert check_loss(gradient_of_half_the_square, predictions, targets) > WRONG


def test_a_gradient_of_nan_is_never_taken_for_a_right_one():
    assert np.isnan(relative_error(np.array([np.nan]), np.array([1.0])))
    assert np.isnan(relative_error(np.array([np.nan]), np.array([np.nan])))
    assert not relative_error(np.array([np.inf]), np.array([np.inf])) < RIGHT


def test_the_numerical_gradient_of_a_cubic_is_right_and_leaves_x_bit_for_bit():
    x = RNG(0).standard_normal((3, 2))
    before = x.copy()
    gradient = numerical_gradient(lambda: float((x**3).sum()), x)
    np.testing.assert_allclose(gradient, 3 * x**2, atol=1e-9)
    np.testing.assert_array_equal(x, before)


def test_the_relative_error_is_0_for_equal_and_1_for_opposite_vectors():
    a = np.array([3.0, 4.0])
    assert relative_error(a, a) == 0
    assert relative_error(a, -a) == 1
    assert relative_error(0 * a, 0 * a) == 0
    assert relative_error(a, 1.01 * a) == pytest.approx(0.01 / 2.01)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (
            lambda: numerical_gradient(lambda: 0.0, np.ones(2, np.float32)),
            "x must be float64 for a gradient check, got",
        ),
        (lambda: numerical_gradient(lambda: 0.0, np.ones(2), step=0.0), "step must be above 0, got 0.0"),
        (lambda: relative_error(np.ones(2), np.ones(3)), r"must have the same shape, got \(2,\) and \(3,\)"),
        (
            lambda: check_layer(Linear(4, 3, rng=RNG(0)), np.ones((5, 4)), rng=RNG(0)),
            "Linear.weight must be float64 for a gradient check, got float32",
        ),
        (
            lambda: check_network(mlp((4, 3), rng=RNG(0)), softmax_cross_entropy, np.ones((2, 4)), np.array([0, 1])),
            "model.parameters must be float64 for a gradient check, got float32",
        ),
    ],
)
def test_what_cannot_be_checked_is_refused_in_words(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float16])
def test_the_error_between_short_types_neither_wraps_round_nor_overflows(dtype):
    a, b = np.array([1, 200, 100] * 99).astype(dtype), np.array([2, 100, 120] * 99).astype(dtype)
    expected = relative_error(a.astype(np.float64), b.astype(np.float64))
    assert relative_error(a, b) == pytest.approx(expected, rel=1e-5)
