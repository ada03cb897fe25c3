"""Metrics equal scikit-learn's, and a loss is a sum and a count."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from sklearn import metrics as sk

from course_lib.core.metrics import Loss, accuracy, confusion_matrix, perplexity, precision_recall_f1, r2

# The same cases every time, and no limit on time: a busy machine must not turn a test red.
QUICK = settings(max_examples=40, deadline=None, derandomize=True)
PAIRS = st.integers(1, 60).flatmap(
    lambda n: st.tuples(*[hnp.arrays(np.int64, n, elements=st.integers(0, 4)) for _ in range(2)])
)
FINITE = st.floats(-1e3, 1e3, allow_subnormal=False)


def test_the_mean_of_a_loss_is_its_total_over_its_count():
    assert Loss(6.0, 4).mean == 1.5


def test_adding_losses_weights_every_element_alike_where_the_mean_of_means_does_not():
    losses = np.arange(1000) / 1000
    batches = [losses[start : start + 32] for start in range(0, 1000, 32)]  # the last one has 8
    whole = sum((Loss(float(batch.sum()), len(batch)) for batch in batches), Loss(0.0, 0))
    assert whole.count == 1000
    assert whole.mean == pytest.approx(losses.mean(), rel=1e-12)
    mean_of_means = np.mean([batch.mean() for batch in batches])
    assert mean_of_means - losses.mean() > 0.01  # the last batch of 8 counts as much as one of 32


@QUICK
@given(st.lists(st.tuples(st.integers(-1000, 1000), st.integers(0, 100)), max_size=8), st.randoms())
def test_the_sum_of_losses_does_not_depend_on_their_order(parts, random):
    losses = [Loss(total, count) for total, count in parts]
    shuffled = random.sample(losses, len(losses))
    assert sum(losses, Loss(0, 0)) == sum(shuffled, Loss(0, 0))


def test_a_loss_carries_a_tensor_and_its_gradient():
    weight = torch.tensor(3.0, requires_grad=True)
    mean = (Loss(weight * 2, 4) + Loss(weight * 2, 4)).mean
    mean.backward()
    assert weight.grad.item() == 0.5


def test_a_loss_cannot_be_changed():
    with pytest.raises(dataclasses.FrozenInstanceError):
        Loss(1.0, 1).total = 2.0


def test_a_bad_count_is_named_with_its_rule_and_value():
    with pytest.raises(ValueError, match=r"^count must be a number of elements, 0 or more, got -1$"):
        Loss(1.0, -1)
    with pytest.raises(TypeError, match=r"^count must be a whole number of elements, got 2.5$"):
        Loss(1.0, 2.5)
    with pytest.raises(ValueError, match=r"^the mean of a loss needs a count of at least 1, got 0$"):
        _ = Loss(0.0, 0).mean


def test_a_number_cannot_be_added_to_a_loss():
    with pytest.raises(TypeError, match="unsupported operand"):
        Loss(1.0, 1) + 2.0


@QUICK
@given(PAIRS)
def test_accuracy_equals_scikit_learn(pair):
    predicted, labels = pair
    assert accuracy(predicted, labels) == pytest.approx(sk.accuracy_score(labels, predicted), abs=1e-15)


def test_accuracy_of_scores_takes_the_largest_score():
    scores = np.array([[0.1, 0.7, 0.2], [5.0, -1.0, 2.0], [0.0, 0.0, -math.inf], [1.0, 2.0, 3.0]])
    assert accuracy(scores, [1, 0, 0, 1]) == 0.75


@QUICK
@given(PAIRS)
def test_accuracy_is_the_trace_of_the_confusion_matrix_over_its_sum(pair):
    matrix = confusion_matrix(*pair, 5)
    assert accuracy(*pair) == pytest.approx(np.trace(matrix) / matrix.sum(), abs=1e-15)


@QUICK
@given(PAIRS)
def test_the_confusion_matrix_equals_scikit_learn(pair):
    predicted, labels = pair
    matrix = confusion_matrix(predicted, labels, 5)
    assert matrix.tolist() == sk.confusion_matrix(labels, predicted, labels=range(5)).tolist()
    assert matrix.dtype == np.int64


def test_the_rows_of_the_confusion_matrix_are_the_labels():
    assert confusion_matrix([1, 1, 0], [0, 1, 0], 3).tolist() == [[1, 1, 0], [0, 1, 0], [0, 0, 0]]


@QUICK
@given(PAIRS)
def test_precision_recall_and_f1_equal_scikit_learn(pair):
    predicted, labels = pair
    scores = precision_recall_f1(confusion_matrix(predicted, labels, 5))
    expected = sk.precision_recall_fscore_support(labels, predicted, labels=range(5), zero_division=0)
    for ours, theirs in zip(scores, expected, strict=False):
        assert ours == pytest.approx(theirs, abs=1e-12)


def test_a_class_that_is_never_predicted_has_precision_zero_and_no_warning():
    scores = precision_recall_f1([[2, 0], [1, 0]])
    assert scores.precision.tolist() == [2 / 3, 0.0]
    assert scores.recall.tolist() == [1.0, 0.0]
    assert scores.f1.tolist() == [0.8, 0.0]


def test_the_perplexity_of_a_uniform_guess_is_the_number_of_choices():
    assert perplexity(math.log(1000)) == pytest.approx(1000)
    assert perplexity(Loss(20 * math.log(1000), 20)) == pytest.approx(1000)
    assert perplexity(Loss(torch.tensor(0.0), 3)) == 1.0


def test_the_perplexity_of_a_run_that_diverged_is_infinite_or_nan():
    assert perplexity(1e4) == math.inf
    assert perplexity(math.inf) == math.inf
    assert math.isnan(perplexity(math.nan))


@QUICK
@given(st.integers(2, 30).flatmap(lambda n: st.tuples(*[hnp.arrays(float, n, elements=FINITE)] * 2)))
def test_r2_equals_scikit_learn(pair):
    predictions, targets = pair
    targets = targets + np.arange(len(targets))  # so that they vary
    if np.ptp(targets) < 1e-3:
        return
    expected = sk.r2_score(targets, predictions)
    assert r2(predictions, targets) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    assert r2(predictions[:, None], targets[:, None]) == pytest.approx(expected, rel=1e-9, abs=1e-9)


def test_r2_of_the_mean_is_zero_and_of_the_targets_one():
    targets = np.array([1.0, 2.0, 6.0])
    assert r2(np.full(3, 3.0), targets) == 0.0
    assert r2(targets, targets) == 1.0


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: accuracy([0, 1], [0, 1, 1]), ValueError, "predictions and labels must have the same shape"),
        (lambda: accuracy([], []), ValueError, "labels must hold at least one example, got none"),
        (lambda: accuracy([0.2, 0.9], [0, 1]), TypeError, "predictions must be integers, got float64"),
        (lambda: accuracy([0, 1], [0.0, 1.0]), TypeError, "labels must be integers, got float64"),
        (lambda: accuracy([0, 1], [[0], [1]]), ValueError, r"labels must have shape \(n,\), got \(2, 1\)"),
        (lambda: accuracy(np.zeros((2, 1)), [0, 0]), ValueError, "scores must have a column for each of 2 or more"),
        (lambda: accuracy(np.zeros((2, 2, 2)), [0, 0]), ValueError, r"predictions must have shape \(n,\), got \(2, 2"),
        (lambda: accuracy([[0.0, math.nan]], [0]), ValueError, "scores must not be NaN, got 1 NaN"),
        (lambda: confusion_matrix([0], [0], 1), ValueError, "classes must be at least 2, got 1"),
        (lambda: confusion_matrix([0, 3], [0, 1], 3), ValueError, r"predicted must be in \[0, 3\), got 0 to 3"),
        (lambda: confusion_matrix([0, 1], [-1, 1], 3), ValueError, r"labels must be in \[0, 3\), got -1 to 1"),
        (lambda: confusion_matrix([0, 1], [1], 3), ValueError, "predicted and labels must have the same shape"),
        (lambda: precision_recall_f1([[1, 2, 3]]), ValueError, r"matrix must be square, got shape \(1, 3\)"),
        (lambda: precision_recall_f1([[1, -2], [0, 1]]), ValueError, "matrix must hold counts >= 0, got -2.0"),
        (lambda: r2([1.0, 2.0], [[1.0], [2.0]]), ValueError, r"predictions and targets must have the same shape, got"),
        (lambda: r2(np.ones((3, 2)), np.ones((3, 2))), ValueError, r"targets must have shape \(n,\) or \(n, 1\), got"),
        (lambda: r2([], []), ValueError, "targets must hold at least one example, got none"),
        (lambda: r2([1.0, math.nan], [1.0, 2.0]), ValueError, "predictions must be finite, got nan at row 1"),
        (lambda: r2([1.0, 2.0], [3.0, 3.0]), ValueError, "targets must vary, got 3.0 every time: r2 divides by their"),
    ],
)  # fmt: skip
def test_bad_input_is_named_with_its_rule_and_value(call, error, words):
    with pytest.raises(error, match=f"^{words}"):
        call()


def test_losses_of_float16_add_up_beyond_its_range():
    total = sum((Loss(np.float16(60_000), 10) for _ in range(5)), Loss(0.0, 0))
    assert (total.total, total.count) == (5 * float(np.float16(60_000)), 50)
    assert (Loss(np.float16(60_000), 1) + Loss(np.float16(60_000), 1)).mean == float(np.float16(60_000))
    assert type(Loss(np.float32(1.5), 1).total) is np.float32
