"""Penalties are the gradients of what they penalise; limits hold, and leave alone what is within them."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.numpy_nn.gradcheck import numerical_gradient, relative_error
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.regularizers import clip_gradient_norm, clip_norm, l1, l2, max_norm

QUICK = settings(max_examples=40, deadline=None, derandomize=True)
LIMITS = st.floats(0.01, 10)


def network(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    model = mlp((4, 5, 3), rng=rng, dtype=dtype)
    model.parameters += rng.standard_normal(model.parameters.shape).astype(dtype)  # biases that are not 0
    model.gradients[:] = rng.standard_normal(model.gradients.shape)
    return model


@pytest.mark.parametrize(("hook", "power"), [(l1, 1), (l2, 2)])
def test_a_penalty_adds_the_gradient_of_its_sum_over_the_weights_and_nothing_for_biases(hook, power):
    model = network()
    before = model.gradients.copy()

    def penalty():
        return 0.3 * sum(float((np.abs(layer.weight) ** power).sum()) for layer in model.linear_layers)

    hook(0.3)(model)
    added = model.gradients - before
    assert relative_error(added, numerical_gradient(penalty, model.parameters)) < 1e-8
    assert not added[model.weight_mask == 0].any()


@pytest.mark.parametrize("hook", [l1, l2])
def test_a_penalty_keeps_float32(hook):
    model = network(dtype=np.float32)
    hook(0.3)(model)
    assert model.gradients.dtype == np.float32


def test_a_step_of_sgd_with_l2_shrinks_each_weight_by_1_minus_2_eta_strength():
    model = network()
    before = model.parameters.copy()
    model.gradients[:] = 0
    l2(0.3)(model)
    SGD(0.1).step(model.parameters, model.gradients)
    np.testing.assert_allclose(model.parameters, before * (1 - 2 * 0.1 * 0.3 * model.weight_mask), rtol=1e-12)


@QUICK
@given(limit=LIMITS, seed=st.integers(0, 100))
def test_a_clipped_gradient_is_as_long_as_torch_makes_it_and_points_the_same_way(limit, seed):
    gradients = np.random.default_rng(seed).standard_normal(20)
    theirs = torch.nn.Parameter(torch.zeros(20, dtype=torch.float64))
    theirs.grad = torch.tensor(gradients)
    length = torch.nn.utils.clip_grad_norm_([theirs], limit)
    before = gradients.copy()
    assert clip_gradient_norm(gradients, limit) == pytest.approx(length.item())
    np.testing.assert_allclose(gradients, theirs.grad, rtol=1e-5)  # torch divides by the length + 1e-6
    assert np.linalg.norm(gradients) <= limit * (1 + 1e-12) or (gradients == before).all()


def test_a_gradient_within_the_limit_stays_bit_for_bit_what_it_was():
    model = network(dtype=np.float32)
    before = model.gradients.copy()
    clip_norm(float(np.linalg.norm(before)) * 1.001)(model)
    np.testing.assert_array_equal(model.gradients, before)


@QUICK
@given(limit=LIMITS, seed=st.integers(0, 100))
def test_max_norm_shortens_long_columns_to_the_limit_and_leaves_short_ones_bit_for_bit(limit, seed):
    model = network(seed, np.float32)
    before = [(layer.weight.copy(), layer.bias.copy()) for layer in model.linear_layers]
    max_norm(limit)(model)
    for layer, (weight, bias) in zip(model.linear_layers, before, strict=True):
        lengths = np.linalg.norm(weight, axis=0)
        short = lengths <= limit * (1 - 1e-6)
        np.testing.assert_array_equal(layer.weight[:, short], weight[:, short])
        np.testing.assert_allclose(np.linalg.norm(layer.weight, axis=0), np.minimum(lengths, limit), rtol=1e-5)
        np.testing.assert_array_equal(layer.bias, bias)


def test_max_norm_leaves_a_unit_without_weights_at_zero():
    model = network()
    model.linear_layers[0].weight[:, 2] = 0
    max_norm(1.0)(model)
    np.testing.assert_array_equal(model.linear_layers[0].weight[:, 2], 0)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: l1(-0.1), "strength must be a finite number of at least 0, got -0.1"),
        (lambda: l2(float("nan")), "strength must be a finite number of at least 0, got nan"),
        (lambda: clip_norm(0.0), "limit must be a finite number above 0, got 0.0"),
        (lambda: max_norm(-1.0), "limit must be a finite number above 0, got -1.0"),
        (lambda: clip_gradient_norm(np.ones(2), float("inf")), "limit must be a finite number above 0, got inf"),
        (lambda: clip_gradient_norm(np.array([1, np.nan]), 1.0), "a finite length to be clipped, got nan"),
    ],
)
def test_nonsense_is_refused_by_name_rule_and_value(make, words):
    with pytest.raises(ValueError, match=words):
        make()


@pytest.mark.parametrize(
    ("dtype", "size"),
    [(np.float32, 1e25), (np.float32, 1e-25), (np.float64, 1e200), (np.float64, 1e-200), (np.float16, 500)],
)
def test_a_length_is_right_where_the_squares_leave_the_range_of_the_type(dtype, size):
    gradients = (size * np.array([3.0, 0.0, 4.0])).astype(dtype)
    with np.errstate(over="ignore"):
        length = clip_gradient_norm(gradients, 2.5 * size)
    assert length == pytest.approx(5 * size, rel=1e-3)
    np.testing.assert_allclose(gradients.astype(np.float64), size * np.array([1.5, 0, 2]), rtol=2e-3)


@pytest.mark.parametrize(
    ("dtype", "size"), [(np.float32, 1e25), (np.float64, 1e200), (np.float16, 400), (np.float32, 1e-20)]
)
def test_max_norm_shortens_huge_weights_and_does_not_set_them_to_zero(dtype, size):
    model = network(dtype=dtype)
    layer = model.linear_layers[0]
    layer.weight[:] = size
    layer.weight[:, 1] = 0
    max_norm(size)(model)
    lengths = np.sqrt(((layer.weight.astype(np.float64) / size) ** 2).sum(axis=0)) * size
    np.testing.assert_allclose(lengths, [size, 0, size, size, size], rtol=2e-3)


@pytest.mark.parametrize("dtype", [np.uint8, np.int64])
def test_gradients_of_whole_numbers_are_refused(dtype):
    with pytest.raises(TypeError, match=r"^gradients must be floating point, got "):
        clip_gradient_norm(np.array([200, 100]).astype(dtype), 1.0)


def test_a_gradient_that_is_not_finite_is_still_refused():
    for bad in (np.nan, np.inf):
        with pytest.raises(ValueError, match=f"^gradients must have a finite length to be clipped, got {bad}$"):
            clip_gradient_norm(np.array([1.0, bad], np.float32), 1.0)
