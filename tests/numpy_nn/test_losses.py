"""Both losses equal torch's, stay finite for huge logits, and refuse what they cannot score."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from course_lib.numpy_nn.losses import softmax_cross_entropy, squared_error

QUICK = settings(max_examples=60, deadline=None, derandomize=True)
PRECISIONS = [(np.float64, 1e-12), (np.float32, 2e-6)]
LOGITS = st.tuples(st.integers(1, 6), st.integers(1, 5)).flatmap(
    lambda shape: st.tuples(
        arrays(np.float64, shape, elements=st.floats(-50, 50)),
        arrays(np.int64, shape[0], elements=st.integers(0, shape[1] - 1)),
    )
)


@pytest.mark.parametrize("scale", [1, 100, 1e4])
@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
def test_cross_entropy_and_its_gradient_equal_those_of_torch(dtype, tolerance, scale):
    rng = np.random.default_rng(0)
    logits, labels = (scale * rng.uniform(-1, 1, (12, 5))).astype(dtype), rng.integers(0, 5, 12)
    theirs = torch.tensor(logits, requires_grad=True)
    loss = torch.nn.functional.cross_entropy(theirs, torch.tensor(labels))
    loss.backward()
    value, gradient = softmax_cross_entropy(logits, labels)
    assert value.count == 12
    assert value.mean == pytest.approx(loss.item(), rel=tolerance, abs=tolerance)
    np.testing.assert_allclose(gradient, theirs.grad, atol=tolerance)
    assert gradient.dtype == dtype


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
def test_squared_error_and_its_gradient_equal_those_of_torch(dtype, tolerance):
    rng = np.random.default_rng(0)
    predictions, targets = (rng.standard_normal((7, 3)).astype(dtype) for _ in range(2))
    theirs = torch.tensor(predictions, requires_grad=True)
    loss = torch.nn.functional.mse_loss(theirs, torch.tensor(targets))
    loss.backward()
    value, gradient = squared_error(predictions, targets)
    assert value.count == 21
    assert value.mean == pytest.approx(loss.item(), rel=tolerance)
    np.testing.assert_allclose(gradient, theirs.grad, atol=tolerance)
    assert gradient.dtype == dtype


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_logits_of_ten_thousand_neither_overflow_nor_lose_the_loss(dtype):
    logits = np.array([[1e4, -1e4, 0], [-1e4, 1e4, 0]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value, gradient = softmax_cross_entropy(logits, np.array([0, 0]))
    assert value.total == 2e4
    np.testing.assert_array_equal(gradient, np.array([[0, 0, 0], [-0.5, 0.5, 0]]))


@QUICK
@given(LOGITS)
def test_each_row_of_the_softmax_gradient_sums_to_zero_and_the_loss_is_not_negative(pair):
    logits, labels = pair
    value, gradient = softmax_cross_entropy(logits, labels)
    np.testing.assert_allclose(gradient.sum(axis=1), 0, atol=1e-12)
    assert value.total >= 0


@QUICK
@given(LOGITS, st.floats(-1000, 1000))
def test_a_shift_of_all_logits_of_a_row_changes_nothing(pair, shift):
    logits, labels = pair
    shifts = shift * np.arange(1, len(labels) + 1)[:, np.newaxis]
    (value, gradient), (shifted, shifted_gradient) = (
        softmax_cross_entropy(z, labels) for z in (logits, logits + shifts)
    )
    assert shifted.total == pytest.approx(value.total, abs=1e-8)
    np.testing.assert_allclose(shifted_gradient, gradient, atol=1e-9)


@QUICK
@given(LOGITS)
def test_neither_loss_changes_its_inputs(pair):
    logits, labels = pair
    before = logits.copy(), labels.copy()
    softmax_cross_entropy(logits, labels)
    squared_error(logits, logits + 1)
    np.testing.assert_array_equal(logits, before[0])
    np.testing.assert_array_equal(labels, before[1])


def test_the_loss_of_two_batches_adds_up_to_the_loss_of_both():
    rng = np.random.default_rng(0)
    logits, labels = rng.standard_normal((10, 4)), rng.integers(0, 4, 10)
    whole, first, second = (softmax_cross_entropy(logits[a:b], labels[a:b])[0] for a, b in [(0, 10), (0, 7), (7, 10)])
    assert (first + second).mean == pytest.approx(whole.mean, rel=1e-12)


def test_equal_logits_cost_the_log_of_the_number_of_classes():
    value, _ = softmax_cross_entropy(np.zeros((3, 10)), np.array([0, 4, 9]))
    assert value.mean == pytest.approx(np.log(10))


def test_minus_infinity_rules_a_class_out_and_is_refused_only_where_it_is_the_right_one():
    logits = np.array([[0.0, -np.inf, 0.0]])
    assert softmax_cross_entropy(logits, np.array([2]))[0].mean == pytest.approx(np.log(2))
    with pytest.raises(ValueError, match="logits must be finite, got -inf at row 0, column 1"):
        softmax_cross_entropy(logits, np.array([1]))


def spoiled(value):
    logits = np.zeros((4, 3))
    logits[2, 1] = value
    return logits


LABELS = np.array([0, 1, 2, 0])


@pytest.mark.parametrize(
    ("logits", "labels", "words"),
    [
        (np.zeros((4, 3)), LABELS[:3], r"logits must be \(n, k\) and labels \(n,\), got \(4, 3\) and \(3,\)"),
        (np.zeros((4, 3)), LABELS[:, None], r"got \(4, 3\) and \(4, 1\)"),
        (np.zeros(4), LABELS, r"got \(4,\) and \(4,\)"),
        (np.zeros((0, 3)), LABELS[:0], r"at least one sample and one class, got shape \(0, 3\)"),
        (np.zeros((4, 0)), LABELS, r"at least one sample and one class, got shape \(4, 0\)"),
        (np.zeros((4, 3)), LABELS + 1, r"labels must be in 0..2 \(logits have 3 columns\), got 3"),
        (np.zeros((4, 3)), LABELS - 1, r"labels must be in 0..2 \(logits have 3 columns\), got -1"),
        (np.zeros((4, 3)), LABELS.astype(float), "labels must be whole numbers, got dtype float64"),
        (spoiled(np.nan), LABELS, "logits must be finite, got nan at row 2, column 1"),
        (spoiled(np.inf), LABELS, "logits must be finite, got inf at row 2, column 1"),
    ],
)
def test_cross_entropy_says_what_is_wrong_with_its_input(logits, labels, words):
    with np.errstate(invalid="ignore"), pytest.raises(ValueError, match=words):
        softmax_cross_entropy(logits, labels)


@pytest.mark.parametrize(
    ("predictions", "targets", "words"),
    [
        (np.zeros((4, 1)), np.zeros(4), r"must have the same shape, got \(4, 1\) and \(4,\)"),
        (
            np.zeros((0, 1)),
            np.zeros((0, 1)),
            r"predictions must be \(n, k\) with at least one value, got shape \(0, 1\)",
        ),
        (np.zeros(4), np.zeros(4), r"predictions must be \(n, k\) with at least one value, got shape \(4,\)"),
        (spoiled(np.nan), np.zeros((4, 3)), "predictions - targets must be finite, got nan at row 2, column 1"),
        (spoiled(1e200), np.zeros((4, 3)), r"must have a finite loss; values up to 1e\+200 overflow"),
    ],
)
def test_squared_error_says_what_is_wrong_with_its_input(predictions, targets, words):
    with np.errstate(over="ignore"), pytest.raises(ValueError, match=words):
        squared_error(predictions, targets)


WHOLE = [np.uint8, np.int8, np.int16, np.uint16, np.int32, np.uint32, np.int64, np.bool_]


@pytest.mark.parametrize("dtype", WHOLE)
@pytest.mark.parametrize("targets_too", [True, False])
def test_losses_of_whole_numbers_are_those_of_the_same_numbers_as_floats(dtype, targets_too):
    rng = np.random.default_rng(0)
    largest = 1 if dtype is np.bool_ else min(np.iinfo(dtype).max, 30_000)
    predictions = rng.integers(0, largest, (6, 4), endpoint=True).astype(dtype)
    targets = rng.integers(0, largest, (6, 4), endpoint=True).astype(dtype if targets_too else np.float64)
    value, gradient = squared_error(predictions, targets)
    exact, expected = squared_error(predictions.astype(np.float64), targets.astype(np.float64))
    assert (value.total, gradient.dtype) == (exact.total, np.float64)
    np.testing.assert_array_equal(gradient, expected)
    labels = np.array([0, 1, 2, 3, 0, 1], np.uint8)
    value, gradient = softmax_cross_entropy(predictions, labels)
    exact, expected = softmax_cross_entropy(predictions.astype(np.float64), labels)
    assert value.total == exact.total
    np.testing.assert_array_equal(gradient, expected)


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int64])
def test_whole_targets_beside_floating_predictions_are_their_numbers(dtype):
    predictions, targets = np.array([[0.5], [250]], np.float32), np.array([[1], [100]], dtype)
    assert squared_error(predictions, targets)[0].total == 0.25 + 150**2
    assert squared_error(predictions.astype(np.float16), targets)[0].total == 0.25 + 150**2


def test_float16_losses_are_summed_in_a_wider_type_and_keep_the_dtype_of_the_gradient():
    rng = np.random.default_rng(0)
    predictions, targets = (rng.normal(0, 300, (500, 3)).astype(np.float16) for _ in range(2))
    value, gradient = squared_error(predictions, targets)
    difference = predictions.astype(np.float64) - targets.astype(np.float64)
    assert value.total == pytest.approx((difference**2).sum(), rel=1e-5)
    assert value.total > 65_504
    assert gradient.dtype == np.float16
    np.testing.assert_allclose(gradient, 2 * difference / 1500, rtol=1e-3, atol=1e-6)
    logits, labels = rng.normal(0, 100, (2_000, 50)).astype(np.float16), rng.integers(0, 50, 2_000)
    value, gradient = softmax_cross_entropy(logits, labels)
    exact, expected = softmax_cross_entropy(logits.astype(np.float64), labels)
    assert value.total == pytest.approx(exact.total, rel=1e-5)
    assert value.total > 65_504
    assert gradient.dtype == np.float16
    np.testing.assert_allclose(gradient, expected, atol=1e-6)


@pytest.mark.parametrize("kind", [np.complex64, object, "U1", "M8[s]"])
def test_what_is_no_number_is_refused_by_name(kind):
    odd, fine = np.zeros((2, 2)).astype(np.int64).astype(kind), np.zeros((2, 2), np.float32)
    with pytest.raises(TypeError, match=r"^predictions must be numbers, got dtype "):
        squared_error(odd, fine)
    with pytest.raises(TypeError, match=r"^targets must be numbers, got dtype "):
        squared_error(fine, odd)
    with pytest.raises(TypeError, match=r"^logits must be numbers, got dtype "):
        softmax_cross_entropy(odd, np.array([0, 1]))
