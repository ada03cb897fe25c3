"""The readable tools of debugging do what the guarded ones of the library do."""

import numpy as np
import pytest
import torch

from course_lib.by_hand.debugging import (
    clipped,
    first_bad_layer,
    gradient_check,
    overfit_one_batch,
    sigmoid_cross_entropy,
)
from course_lib.numpy_nn.gradcheck import numerical_gradient, relative_error
from course_lib.numpy_nn.network import mlp

RNG = np.random.default_rng


def test_the_gradient_check_equals_the_library_s():
    x, claim = RNG(0).standard_normal((3, 4)), RNG(1).standard_normal((3, 4))

    def function(v):
        return float(np.sin(v).sum() * v[0, 1])

    mine = gradient_check(function, claim, x)
    assert mine == pytest.approx(relative_error(claim, numerical_gradient(lambda: function(x), x)), rel=1e-9)


def test_the_gradient_check_accepts_a_right_claim_and_leaves_x_alone():
    x = RNG(0).standard_normal((2, 3)).astype(np.float32)
    kept = x.copy()
    assert gradient_check(lambda v: float((v**3).sum()), 3 * x.astype(float) ** 2, x) < 1e-8
    assert np.array_equal(x, kept)
    assert x.dtype == np.float32


def test_two_zero_gradients_agree():
    assert gradient_check(lambda v: 1.0, np.zeros(3), np.ones(3)) == 0.0


def test_the_sigmoid_loss_equals_torch_s_with_its_gradient():
    z, y = 4 * RNG(2).standard_normal(9), RNG(3).integers(0, 2, 9)
    total, count, gradient = sigmoid_cross_entropy(z, y)
    tensor = torch.tensor(z, requires_grad=True)
    loss = torch.nn.functional.binary_cross_entropy_with_logits(tensor, torch.tensor(y, dtype=torch.float64))
    loss.backward()
    assert total / count == pytest.approx(loss.item(), rel=1e-12)
    assert np.allclose(gradient, tensor.grad.numpy(), rtol=1e-12, atol=1e-15)


def test_the_sigmoid_loss_is_safe_for_large_logits_without_a_warning():
    z = np.array([1e4, -1e4, 1e4, -1e4])
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        total, _, gradient = sigmoid_cross_entropy(z, np.array([0, 1, 1, 0]))
    assert total == 2e4
    assert np.array_equal(gradient, [0.25, -0.25, 0, 0])


def test_one_batch_is_the_same_rows_in_every_step():
    seen = []

    def step(x, y):
        seen.append(x[:, 0].copy())
        return 1.0

    x = np.arange(50.0)[:, None]
    assert overfit_one_batch(step, x, np.arange(50), RNG(0), size=7, steps=5) == -1
    assert len(seen) == 5
    assert all(np.array_equal(one, seen[0]) for one in seen)
    assert len(set(seen[0])) == 7


def test_the_steps_are_counted_up_to_the_loss_that_is_below_the_target():
    losses = iter([3.0, 1.0, 0.005, 9.0])
    assert overfit_one_batch(lambda x, y: next(losses), np.zeros((20, 1)), np.zeros(20), RNG(0)) == 2


def test_the_first_bad_layer_is_found_from_input_to_end():
    model = mlp((3, 4, 4, 2), rng=RNG(0))
    x = RNG(1).standard_normal((5, 3)).astype(np.float32)
    assert first_bad_layer(model.layers, x) == 5
    model.linear_layers[1].weight[0, 0] = np.nan
    assert first_bad_layer(model.layers, x) == 2
    x[2, 1] = np.inf
    assert first_bad_layer(model.layers, x) == -1


@pytest.mark.parametrize("limit", [0.5, 100.0])
def test_gradients_are_clipped_as_torch_clips_them(limit):
    gradients = [RNG(0).standard_normal((3, 4)), RNG(1).standard_normal(4)]
    theirs = [torch.nn.Parameter(torch.zeros(gradient.shape, dtype=torch.float64)) for gradient in gradients]
    for parameter, gradient in zip(theirs, gradients, strict=True):
        parameter.grad = torch.tensor(gradient)
    torch.nn.utils.clip_grad_norm_(theirs, limit)
    for own, parameter in zip(clipped(gradients, limit), theirs, strict=True):
        np.testing.assert_allclose(own, parameter.grad.numpy(), rtol=1e-5)
