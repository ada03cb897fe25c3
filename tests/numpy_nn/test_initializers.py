"""First weights have the mean, the variance and the bounds of their papers, on layers that are not square."""

import numpy as np
import pytest
import torch

from course_lib.numpy_nn import initializers as init

SHAPES = [(400, 100), (100, 400)]
LOOKED_UP = {
    "lecun_normal": lambda w: torch.nn.init.kaiming_normal_(w, nonlinearity="linear"),
    "glorot_normal": torch.nn.init.xavier_normal_,
    "glorot_uniform": torch.nn.init.xavier_uniform_,
    "he_normal": lambda w: torch.nn.init.kaiming_normal_(w, nonlinearity="relu"),
    "he_uniform": lambda w: torch.nn.init.kaiming_uniform_(w, nonlinearity="relu"),
}
VARIANCES = {
    "lecun_normal": lambda i, o: 1 / i,
    "glorot_normal": lambda i, o: 2 / (i + o),
    "glorot_uniform": lambda i, o: 2 / (i + o),
    "he_normal": lambda i, o: 2 / i,
    "he_uniform": lambda i, o: 2 / i,
}


def drawn(name, shape, seed=0, **options):
    return getattr(init, name)(shape, np.random.default_rng(seed), **options)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", VARIANCES)
def test_mean_and_variance_are_those_of_the_formula(name, shape):
    weights = drawn(name, shape, dtype=np.float64)
    variance = VARIANCES[name](*shape)
    # 40,000 draws: the variance of a normal sample is known to within 0.7 %, of a uniform one better.
    assert weights.var() == pytest.approx(variance, rel=0.04)
    assert abs(weights.mean()) < 5 * np.sqrt(variance / weights.size)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", LOOKED_UP)
def test_the_variance_equals_that_of_torch_whose_weights_are_transposed(name, shape):
    torch.manual_seed(0)
    theirs = LOOKED_UP[name](torch.empty(shape[1], shape[0], dtype=torch.float64))
    assert drawn(name, shape).var() == pytest.approx(theirs.var().item(), rel=0.05)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("name", "square"), [("glorot_uniform", lambda i, o: 6 / (i + o)), ("he_uniform", lambda i, o: 6 / i)]
)
def test_uniform_weights_fill_their_bounds_and_do_not_pass_them(name, square, shape):
    bound = np.sqrt(square(*shape))
    weights = drawn(name, shape, dtype=np.float64)
    assert 0.999 * bound < np.abs(weights).max() <= bound


@pytest.mark.parametrize("shape", [(60, 20), (20, 60), (30, 30)])
def test_orthogonal_weights_have_orthonormal_rows_or_columns_whichever_are_fewer(shape):
    weights = drawn("orthogonal", shape, dtype=np.float64)
    assert weights.shape == shape
    product = weights.T @ weights if shape[0] >= shape[1] else weights @ weights.T
    np.testing.assert_allclose(product, np.eye(min(shape)), atol=1e-12)


def test_orthogonal_matrices_show_no_preferred_sign():
    # The QR of LAPACK gives one sign to every diagonal; left in, the trace of Q would lean to one side.
    traces = [np.trace(drawn("orthogonal", (3, 3), seed, dtype=np.float64)) for seed in range(400)]
    assert abs(np.mean(traces)) < 5 / np.sqrt(400)  # the trace of a uniform orthogonal matrix has mean 0, variance 1


@pytest.mark.parametrize("shape", SHAPES)
def test_normal_has_the_deviation_that_it_is_told_whatever_the_shape(shape):
    weights = init.normal(0.3)(shape, np.random.default_rng(0))
    assert weights.std() == pytest.approx(0.3, rel=0.02)


def test_zeros_are_zero():
    assert not drawn("zeros", (3, 2)).any()


@pytest.mark.parametrize("name", ["zeros", "orthogonal", *VARIANCES])
def test_weights_are_float32_unless_told_and_repeat_with_their_seed(name):
    assert drawn(name, (5, 3)).dtype == np.float32
    assert drawn(name, (5, 3), dtype=np.float64).dtype == np.float64
    np.testing.assert_array_equal(drawn(name, (5, 3), seed=4), drawn(name, (5, 3), seed=4))
    if name != "zeros":
        assert (drawn(name, (5, 3), seed=4) != drawn(name, (5, 3), seed=5)).any()


@pytest.mark.parametrize("name", ["zeros", "orthogonal", *VARIANCES])
@pytest.mark.parametrize("shape", [(0, 3), (3,), (3, 2, 1)])
def test_a_shape_that_is_no_weight_matrix_is_refused(name, shape):
    with pytest.raises(ValueError, match=r"shape must be \(inputs, outputs\) with both at least 1, got \("):
        drawn(name, shape)


@pytest.mark.parametrize("std", [0.0, -1.0, float("nan"), float("inf")])
def test_a_deviation_that_is_not_above_zero_is_refused(std):
    with pytest.raises(ValueError, match=f"std must be a finite number above 0, got {std}"):
        init.normal(std)


@pytest.mark.parametrize("dtype", [np.int64, np.uint8, np.bool_])
@pytest.mark.parametrize(
    "initializer",
    [
        init.zeros,
        init.normal(1.0),
        init.lecun_normal,
        init.glorot_normal,
        init.glorot_uniform,
        init.he_normal,
        init.he_uniform,
        init.orthogonal,
    ],
)
def test_weights_of_whole_numbers_are_refused(initializer, dtype):
    with pytest.raises(TypeError, match=r"^dtype must be floating point, got "):
        initializer((3, 2), np.random.default_rng(0), dtype)
