"""The forms written for reading equal the guarded ones that training runs."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.by_hand import first_step as plain
from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.layers import Linear, ReLU
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.train import train_mlp

QUICK = settings(max_examples=40, deadline=None, derandomize=True)
RNG = np.random.default_rng


@pytest.mark.parametrize("scale", [1, 1e4])
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-6)])
def test_the_plain_cross_entropy_equals_the_fast_one(dtype, tolerance, scale):
    logits, labels = (scale * RNG(0).uniform(-1, 1, (12, 5))).astype(dtype), RNG(1).integers(0, 5, 12)
    before = logits.copy()
    total, count, gradient = plain.softmax_cross_entropy(logits, labels)
    value, fast = softmax_cross_entropy(logits, labels)
    assert (total, count) == (pytest.approx(value.total, rel=tolerance), value.count)
    np.testing.assert_allclose(gradient, fast, atol=tolerance)
    np.testing.assert_array_equal(logits, before)


def test_the_plain_linear_functions_equal_the_layer():
    layer = Linear(4, 3, rng=RNG(0), dtype=np.float64)
    layer.bias[:] = [1, 2, 3]
    x, upstream = RNG(1).standard_normal((7, 4)), RNG(2).standard_normal((7, 3))
    np.testing.assert_allclose(plain.linear_forward(x, layer.weight, layer.bias), layer.forward(x), atol=1e-14)
    input_gradient, weight_gradient, bias_gradient = plain.linear_backward(x, layer.weight, upstream)
    np.testing.assert_allclose(input_gradient, layer.backward(upstream), atol=1e-14)
    np.testing.assert_allclose(weight_gradient, layer.weight_gradient, atol=1e-14)
    np.testing.assert_allclose(bias_gradient, layer.bias_gradient, atol=1e-14)


def test_the_plain_gradient_of_relu_equals_the_layer():
    layer, x, upstream = ReLU(), RNG(1).standard_normal((7, 4)), RNG(2).standard_normal((7, 4))
    y = layer.forward(x)
    np.testing.assert_array_equal(plain.relu_backward(y, upstream), layer.backward(upstream))


@pytest.mark.parametrize("sizes", [(784, 128, 64, 10), (3, 2), (5, 4, 4, 1)])
def test_the_plain_count_of_parameters_equals_the_length_of_the_vector(sizes):
    assert plain.count_parameters(sizes) == mlp(sizes, rng=RNG(0)).parameters.size


@QUICK
@given(count=st.integers(1, 100), batch_size=st.integers(1, 40), seed=st.integers(0, 1000))
def test_the_plain_batches_hold_every_row_once_in_full_pieces_but_for_the_last(count, batch_size, seed):
    rng = RNG(seed)
    pieces = plain.batch_rows(count, batch_size, rng)
    np.testing.assert_array_equal(np.sort(np.concatenate(pieces)), np.arange(count))
    assert all(len(piece) == batch_size for piece in pieces[:-1])
    assert 1 <= len(pieces[-1]) <= batch_size
    again = np.concatenate(plain.batch_rows(count, batch_size, rng))
    assert count < 10 or (again != np.concatenate(pieces)).any()


def test_the_plain_split_cuts_each_class_where_the_guarded_one_does():
    labels = RNG(0).permutation(np.repeat([0, 1, 2], [23, 40, 31]))
    fractions = (0.7, 0.15, 0.15)
    parts = plain.stratified_split(labels, fractions, RNG(1))
    split = split_indices(labels, fractions=fractions, seed=1)
    np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(labels)))
    for ours, guarded in zip(parts, (split.train, split.validation, split.test), strict=True):
        np.testing.assert_array_equal(np.bincount(labels[ours]), np.bincount(labels[guarded]))
        assert (np.diff(ours) > 0).all()


def test_the_plain_standardization_equals_the_guarded_one_constant_features_included():
    train, other = RNG(0).normal(5, 3, (50, 4)), RNG(1).normal(5, 3, (20, 4))
    train[:, 2], other[:, 2] = 4, 6
    scaler = Standardizer.fit(train)
    for ours, guarded in zip(plain.standardize(train, other), (train, other), strict=True):
        np.testing.assert_allclose(ours, scaler.transform(guarded), atol=1e-12)


def test_the_plain_step_is_the_step_of_the_training_loop():
    model = mlp((4, 3), rng=RNG(0), dtype=np.float64)
    x, labels = RNG(1).standard_normal((10, 4)), RNG(2).integers(0, 3, 10)
    layer = model.linear_layers[0]
    loss, weight, bias = plain.training_step(layer.weight.copy(), layer.bias.copy(), x, labels, lr=0.3)
    history = train_mlp(model, (x, labels), optimizer=SGD(0.3), epochs=1, batch_size=10)
    assert loss == pytest.approx(history.last("train", "loss"), rel=1e-12)
    np.testing.assert_allclose(weight, layer.weight, atol=1e-12)
    np.testing.assert_allclose(bias, layer.bias, atol=1e-12)
