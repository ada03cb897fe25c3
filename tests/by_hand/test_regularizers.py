"""The readable regularizers against the layers, hooks and optimizers of the library, and torch."""

import numpy as np
import pytest
import torch

from course_lib.by_hand import regularizers as plain
from course_lib.numpy_nn.layers import Dropout
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.regularizers import l2, max_norm


@pytest.mark.parametrize("p", [0.0, 0.2, 0.5, 0.9])
def test_dropout_equals_the_layer_forward_and_backward(p):
    x, slope = np.random.default_rng(0).standard_normal((2, 30, 7)).astype(np.float32)
    layer = Dropout(p, rng=np.random.default_rng(1))
    theirs = layer.forward(x, training=True)

    class SameDraw:  # the layer draws float32
        def random(self, shape):
            return np.random.default_rng(1).random(shape, dtype=np.float32)

    ours, kept = plain.dropout_forward(x, p, SameDraw(), training=True)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
    np.testing.assert_allclose(plain.dropout_backward(slope, kept, p), layer.backward(slope), rtol=1e-6)


def test_dropout_out_of_training_is_the_identity_in_both_directions_and_draws_nothing():
    x, rng = np.ones((3, 4)), np.random.default_rng(0)
    before = str(rng.bit_generator.state)
    y, kept = plain.dropout_forward(x, 0.5, rng, training=False)
    assert y is x
    assert kept is None
    assert str(rng.bit_generator.state) == before
    assert plain.dropout_backward(x, None, 0.5) is x


def test_dropout_keeps_the_mean_and_has_the_variance_of_the_formula():
    x = np.full((400, 500), 2.0)
    for p in (0.1, 0.5, 0.8):
        y, kept = plain.dropout_forward(x, p, np.random.default_rng(0), training=True)
        assert abs(y.mean() - 2) < 0.03
        assert abs(y.var() - 4 * p / (1 - p)) < 0.03 * 4 * p / (1 - p)
        assert abs((~kept).mean() - p) < 0.01


@pytest.mark.parametrize("p", [1.0, -0.1, 1.5, float("nan")])
def test_dropout_refuses_a_share_outside_of_0_to_1(p):
    with pytest.raises(ValueError, match=r"p, the share that is dropped, must be in \[0, 1\), got"):
        plain.dropout_forward(np.ones((2, 2)), p, np.random.default_rng(0), training=True)


def test_the_l2_step_equals_the_hook_with_sgd():
    model = mlp([5, 3], rng=np.random.default_rng(0), dtype=np.float64)
    layer = model.linear_layers[0]
    layer.bias[:] = [1.0, -2.0, 0.5]
    model.gradients[:] = np.random.default_rng(1).standard_normal(model.gradients.size)
    ours = plain.l2_step(layer.weight, layer.bias, layer.weight_gradient, layer.bias_gradient, 0.2, 0.3)
    l2(0.3)(model)
    SGD(0.2).step(model.parameters, model.gradients)
    np.testing.assert_allclose(ours[0], layer.weight)
    np.testing.assert_allclose(ours[1], layer.bias)


def test_the_l2_step_equals_torch_with_twice_the_weight_decay():
    rng = np.random.default_rng(2)
    weight, gradient = rng.standard_normal((2, 4, 3))
    theirs = torch.nn.Parameter(torch.tensor(weight))
    theirs.grad = torch.tensor(gradient)
    torch.optim.SGD([theirs], lr=0.1, weight_decay=2 * 0.3).step()
    ours, _ = plain.l2_step(weight, np.zeros(3), gradient, np.zeros(3), 0.1, 0.3)
    np.testing.assert_allclose(ours, theirs.detach().numpy())


def test_max_norm_equals_the_hook_and_torch_renorm():
    model = mlp([6, 4], rng=np.random.default_rng(0), dtype=np.float64)
    weight = model.linear_layers[0].weight
    weight *= [0.1, 1.0, 3.0, 0.0]
    ours = plain.max_norm(weight, 0.8)
    theirs = torch.renorm(torch.tensor(weight), p=2, dim=1, maxnorm=0.8).numpy()
    max_norm(0.8)(model)
    np.testing.assert_allclose(ours, weight)
    np.testing.assert_allclose(ours, theirs, rtol=1e-6)
