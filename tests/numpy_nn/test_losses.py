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
