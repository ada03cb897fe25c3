"""Every layer computes and differentiates what torch does, and refuses what does not fit."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.numpy_nn.layers import Dropout, LeakyReLU, Linear, ReLU, Sigmoid, Tanh

QUICK = settings(max_examples=40, deadline=None, derandomize=True)
ACTIVATIONS = {
    "relu": (ReLU(), torch.relu),
    "leaky relu": (LeakyReLU(0.2), lambda x: torch.nn.functional.leaky_relu(x, 0.2)),
    "tanh": (Tanh(), torch.tanh),
    "sigmoid": (Sigmoid(), torch.sigmoid),
}
PRECISIONS = [(np.float64, 1e-12), (np.float32, 2e-6)]


def normal(*shape, dtype=np.float64, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_an_activation_and_its_gradient_equal_those_of_torch(name, dtype, tolerance):
    layer, function = ACTIVATIONS[name]
    x, upstream = 3 * normal(7, 5, dtype=dtype), normal(7, 5, dtype=dtype, seed=1)
    theirs = torch.tensor(x, requires_grad=True)
    output = function(theirs)
    output.backward(torch.tensor(upstream))
    y, gradient = layer.forward(x), layer.backward(upstream)
    assert y.dtype == gradient.dtype == dtype
    np.testing.assert_allclose(y, output.detach(), atol=tolerance)
    np.testing.assert_allclose(gradient, theirs.grad, atol=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
def test_a_linear_layer_and_its_three_gradients_equal_those_of_torch(dtype, tolerance):
    layer = Linear(4, 3, rng=np.random.default_rng(0), dtype=dtype)
    layer.bias[:] = [0.5, -1, 2]
    x, upstream = normal(7, 4, dtype=dtype), normal(7, 3, dtype=dtype, seed=1)
    theirs = torch.nn.Linear(4, 3, dtype=torch.tensor(x).dtype)
    theirs.load_state_dict({"weight": torch.tensor(layer.weight.T.copy()), "bias": torch.tensor(layer.bias)})
    inputs = torch.tensor(x, requires_grad=True)
    output = theirs(inputs)
    output.backward(torch.tensor(upstream))
    np.testing.assert_allclose(layer.forward(x), output.detach(), atol=tolerance)
    np.testing.assert_allclose(layer.backward(upstream), inputs.grad, atol=tolerance)
    np.testing.assert_allclose(layer.weight_gradient, theirs.weight.grad.T, atol=tolerance)
    np.testing.assert_allclose(layer.bias_gradient, theirs.bias.grad, atol=tolerance)
    assert layer.weight_gradient.dtype == layer.bias_gradient.dtype == dtype


def test_a_second_backward_overwrites_the_gradients_of_the_first():
    layer = Linear(4, 3, rng=np.random.default_rng(0))
    x, upstream = normal(5, 4, dtype=np.float32), normal(5, 3, dtype=np.float32)
    layer.forward(x)
    layer.backward(upstream)
    first = layer.weight_gradient.copy()
    layer.backward(upstream)
    np.testing.assert_array_equal(layer.weight_gradient, first)


def test_the_gradient_of_relu_at_zero_is_zero_as_in_torch():
    x = torch.zeros(1, requires_grad=True)
    torch.relu(x).backward()
    layer = ReLU()
    layer.forward(np.zeros(1))
    assert layer.backward(np.ones(1)) == x.grad.numpy() == 0


def test_a_layer_does_not_change_its_input_or_the_gradient_that_it_is_given():
    rng = np.random.default_rng(0)
    for layer in [
        Linear(5, 5, rng=rng, dtype=np.float64),
        Dropout(0.5, rng=rng),
        *[a for a, _ in ACTIVATIONS.values()],
    ]:
        x, upstream = normal(6, 5), normal(6, 5, seed=1)
        layer.forward(x, training=True)
        layer.backward(upstream)
        np.testing.assert_array_equal(x, normal(6, 5))
        np.testing.assert_array_equal(upstream, normal(6, 5, seed=1))


def test_a_sigmoid_of_very_large_numbers_is_0_or_1_without_a_warning():
    with np.errstate(all="raise"):
        y = Sigmoid().forward(np.array([-1e4, 0.0, 1e4]))
    np.testing.assert_array_equal(y, [0, 0.5, 1])


@QUICK
@given(p=st.floats(0, 0.95), seed=st.integers(0, 1000))
def test_dropout_keeps_the_mean_and_every_value_is_dropped_or_scaled(p, seed):
    x = np.ones(20_000, np.float32)
    y = Dropout(p, rng=np.random.default_rng(seed)).forward(x, training=True)
    assert set(np.unique(y)) <= {np.float32(0), np.float32(1) / np.float32(1 - p)}
    deviation = np.sqrt(p / (1 - p) / x.size)  # the standard deviation of the mean
    assert abs(y.mean() - 1) <= 5 * deviation + 1e-5
    assert y.dtype == np.float32


def test_dropout_uses_one_mask_forward_and_backward_and_a_new_one_next_time():
    layer, x = Dropout(0.4, rng=np.random.default_rng(0)), np.ones((50, 20))
    y = layer.forward(x, training=True)
    np.testing.assert_array_equal(layer.backward(x), y)
    assert (layer.forward(x, training=True) != y).any()


def test_dropout_is_the_identity_outside_of_training_in_both_directions():
    layer, x = Dropout(0.4, rng=np.random.default_rng(0)), normal(5, 4)
    layer.forward(x, training=True)
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(layer.backward(x), x)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda rng: Dropout(1.0, rng=rng), r"p, the share that is dropped, must be in \[0, 1\), got 1.0"),
        (lambda rng: Dropout(-0.1, rng=rng), r"must be in \[0, 1\), got -0.1"),
        (lambda rng: Dropout(float("nan"), rng=rng), r"must be in \[0, 1\), got nan"),
        (lambda rng: LeakyReLU(1.0), r"slope must be in \(0, 1\), got 1.0"),
        (lambda rng: Linear(0, 3, rng=rng), "inputs must be at least 1, got 0"),
    ],
)
def test_a_layer_that_makes_no_sense_is_refused_by_name_rule_and_value(make, words):
    with pytest.raises(ValueError, match=words):
        make(np.random.default_rng(0))


def test_a_linear_layer_names_the_shapes_that_do_not_fit():
    layer = Linear(4, 3, rng=np.random.default_rng(0))
    with pytest.raises(ValueError, match=r"x must be \(n, 4\) for this Linear, got \(2, 5\)"):
        layer.forward(np.zeros((2, 5), np.float32))
    with pytest.raises(ValueError, match=r"x must be \(n, 4\) for this Linear, got \(4,\)"):
        layer.forward(np.zeros(4, np.float32))
    layer.forward(np.zeros((2, 4), np.float32))
    # (1, 3) would broadcast into a bias gradient without a word.
    with pytest.raises(ValueError, match=r"gradient must be \(2, 3\), as the output of the last forward, got \(1, 3\)"):
        layer.backward(np.zeros((1, 3), np.float32))


WHOLE = [np.uint8, np.int8, np.int16, np.int32, np.int64, np.bool_]


@pytest.mark.parametrize("dtype", WHOLE)
@pytest.mark.parametrize("make", [lambda: Dropout(0.2, rng=np.random.default_rng(0)), Tanh, Sigmoid, ReLU, LeakyReLU])
def test_whole_numbers_give_what_the_same_numbers_give_as_floats(make, dtype):
    x = np.array([[0, 1, 3, 100], [2, 1, 0, 7]]).astype(dtype)
    y = make().forward(x, training=True)
    expected = make().forward(x.astype(np.float64), training=True)
    np.testing.assert_allclose(y, expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", WHOLE)
def test_a_network_of_images_of_whole_numbers_learns_as_from_floats(dtype):
    x = np.array([[0, 1, 1], [1, 0, 1]]).astype(dtype)
    layers = [Linear(3, 2, rng=np.random.default_rng(0), dtype=np.float32) for _ in range(2)]
    out = [layer.forward(values) for layer, values in zip(layers, (x, x.astype(np.float32)), strict=True)]
    np.testing.assert_allclose(*out, rtol=1e-6)
    for layer in layers:
        layer.backward(np.ones((2, 2), np.float32))
    np.testing.assert_allclose(*[layer.weight_gradient for layer in layers], rtol=1e-6)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_, np.complex64])
def test_weights_of_whole_numbers_are_refused(dtype):
    with pytest.raises(TypeError, match=r"^dtype must be floating point, got "):
        Linear(3, 2, rng=np.random.default_rng(0), dtype=dtype)


def test_the_gradient_of_a_float16_bias_is_summed_to_the_end():
    layer = Linear(1, 1, rng=np.random.default_rng(0), dtype=np.float16)
    layer.forward(np.ones((5_000, 1), np.float16))
    layer.backward(np.full((5_000, 1), 0.01, np.float16))
    assert layer.bias_gradient.dtype == np.float16
    assert layer.bias_gradient[0] == pytest.approx(50, rel=1e-3)
    assert layer.weight_gradient[0, 0] == pytest.approx(50, rel=1e-3)
