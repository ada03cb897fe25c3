"""Softmax cross-entropy: cases and known mistakes of softmax_cross_entropy."""

from typing import Any

import numpy as np

from course_lib.by_hand.first_step import softmax_cross_entropy
from course_lib.teaching.exercises.kinds import Property, implement

_RNG = np.random.default_rng(5)
_LARGE = np.array([[1e4, 0.0, -1e4, 3.0], [-1e4, -1e4 + 1.0, -1e4 + 0.5, -1e4 - 2.0], [-3.0, 2.0, 60.0, 1.0]])
# Rows that are large all over, or whose largest logit lies far above the rest: a shift by another number than the
# largest overflows in some of them and not in others.
_FAR = np.array([[3000.0, 3001.0, 3000.5], [920.0, 200.0, 200.0], [-400.0, 200.0, 199.0]])
# No label is 0 everywhere and none is as frequent as another; the third batch is square, the last holds whole numbers.
_CASES = (
    (_RNG.normal(0.0, 2.0, (4, 3)), np.array([2, 0, 2, 1])),
    (_RNG.normal(1.0, 1.0, (3, 6)), np.array([5, 0, 5])),
    (_RNG.normal(0.0, 1.5, (3, 3)), np.array([1, 1, 0])),
    (_LARGE, np.array([1, 3, 1])),  # the first row is sure and wrong: its loss is 10,000
    (_FAR, np.array([0, 0, 2])),
    (np.array([[1500.0, 800.0, 100.0], [0.5, -1.0, 2.0]]), np.array([1, 0])),
    (np.array([[0, 0, 2, 1], [3, 0, -1, 0]]), np.array([0, 1])),
)
_MILD = (1, 2, 3, 7)  # cases in which no probability is tiny


def sample_by_sample(logits, labels):
    total, gradient = 0.0, np.zeros(logits.shape)
    for n, (row, label) in enumerate(zip(logits, labels, strict=True)):
        p = np.exp(row - max(row)) / sum(np.exp(row - max(row)))
        total += np.log(sum(np.exp(row - max(row)))) - (row - max(row))[label]
        gradient[n] = p / len(labels)
        gradient[n, label] = (p[label] - 1) / len(labels)
    return total, len(labels), gradient


def _capped(seen: Any, right: Any) -> bool:
    """Losses are right but for those of tiny probabilities, which end at some number; the gradients are right."""
    gradients = zip(_results(seen), _results(right), strict=True)
    return _too_small(seen, right, 1e-3) and all(np.allclose(a[2], b[2], rtol=1e-6, atol=1e-9) for a, b in gradients)


def _clipped(seen: Any, right: Any) -> bool:
    """All is right but where logits are large: there the loss is finite and too small, and so is the gradient off."""
    own, rule = _results(seen)[4], _results(right)[4]
    return _too_small(seen, right, 1e-6) and not np.allclose(own[2], rule[2], rtol=1e-3, atol=1e-6)


def _too_small(seen: Any, right: Any, close: float) -> bool:
    own, rule = _results(seen), _results(right)
    mild = all(np.isclose(own[case - 1][1], rule[case - 1][1], rtol=close) for case in _MILD)
    return mild and 0 < own[3][1] < 0.5 * rule[3][1]


def _results(seen: Any) -> list[tuple[str, float, np.ndarray]]:
    """(case, sum, gradient) of each case."""
    results = [(case, facts["result"]) for case, facts in seen.items()]
    return [(case, float(total), np.asarray(gradient, float)) for case, (total, _, gradient) in results]


def _rows_sum_to_zero(seen: Any, right: Any) -> str | None:
    for case, _, gradient in _results(seen):
        sums = gradient.sum(axis=1)
        if np.isfinite(sums).all() and not np.allclose(sums, 0, atol=1e-7):
            return f"{case}: row 1 of your gradient sums to {sums[0]:.3g}; softmax and one-hot both sum to 1"
    return None


def _finite(seen: Any, right: Any) -> str | None:
    for case, total, gradient in _results(seen):
        if not np.isfinite(total) or not np.isfinite(gradient).all():
            largest = float(np.abs(_CASES[int(case.split()[1]) - 1][0]).max())
            return f"{case}: NaN or infinity, with logits up to {largest:,.0f}; is your way safe for large logits?"
    return None


SOFTMAX_CROSS_ENTROPY = implement(
    "softmax_cross_entropy: The loss of a classifier and its gradient | core, difficulty 2, 20 minutes",
    softmax_cross_entropy,
    cases=_CASES,
    returns=(3, "three things: sum, count and gradient"),
    names={"sample_by_sample": sample_by_sample, "capped": _capped, "clipped": _clipped},
    right="""
    log_sum_exp: the logarithm of the sum of exponentials minus the right logit
        total = -A -> total = (np.logaddexp.reduce(logits, axis=1) - logits[rows, labels]).sum()
    one_hot: one-hot rows in place of indexing
        total = -A -> target = np.eye(logits.shape[1])[labels]; total = -(target * log_probabilities).sum()
        gradient[rows, labels] -= 1 -> gradient = gradient - target
    sample_by_sample: sample by sample
    """,
    wrong="""
    mean_for_sum: the mean loss in place of the sum | two batches of 32 and 8 rows: can you add their means?
        float(total) -> float(total) / len(labels)
    gradient_of_sum: the gradient of the sum, not of the mean | how long is a step if the batch is twice as large?
        gradient / len(labels) -> gradient
    divided_twice: the gradient of the mean divided by n once more | how often does 1/n stand in sum / n?
        gradient / len(labels) -> gradient / len(labels) ** 2
    divided_by_entries: the gradient divided by all n * k entries | is the mean one over samples or over logits?
        gradient / len(labels) -> gradient / gradient.size
    divided_by_classes: the gradient divided by the number of classes | which axis of the logits counts the samples?
        gradient / len(labels) -> gradient / logits.shape[1]
    one_hot_missing: softmax / n as the gradient, nothing subtracted | what is it where p is 1 for the right class?
        drop: gradient[rows, labels] -= 1
    set_to_minus_one: the entries of the right classes set to -1 | what is p - 1 where p is 0.9, and what is left of p?
        gradient[rows, labels] -= 1 -> gradient[rows, labels] = -1
    logarithm_in_gradient: log p, not p, minus one-hot as the gradient | how does p come back from log p?
        np.exp(log_probabilities) -> log_probabilities.copy()
    sign_of_gradient: the gradient with its sign turned round | shall a step make the right logit grow?
        gradient / len(labels) -> -gradient / len(labels)
    subtracted_too_late: 1 subtracted after the division by n | what is it for a sample that is sure and right?
        gradient[rows, labels] -= 1 -> gradient[rows, labels] -= len(labels)
    not_shifted: exp of logits that are not shifted: it overflows | what is exp(10000), and what may you subtract?
        shifted = A -> e = np.exp(logits)
        log_probabilities = A -> log_probabilities = {np.log(e / e.sum(1)[:, None])|logits - np.log(e.sum(1)[:, None])}
    shifted_by_mean: each row shifted by its mean | what is exp of the largest logit, minus that mean?
        logits.max(axis=1, keepdims=True) -> logits.mean(axis=1, keepdims=True)
    shifted_by_smallest: each row shifted by its smallest logit | what is exp of the largest logit, minus the smallest?
        logits.max(axis=1, keepdims=True) -> logits.min(axis=1, keepdims=True)
    log_of_zero: the log of a softmax that underflows to 0 | what is the log of exp(-10000), as you compute it?
        total = -A -> total = -np.log(np.exp(log_probabilities)[rows, labels]).sum()
    common_shift: all rows shifted by one common maximum | what is left of a row that lies 10,000 below that maximum?
        logits.max(axis=1, keepdims=True) -> logits.max()
    epsilon_in_log: a small number inside the log | how large can -log(p + 1e-12) become?
        total = -A -> total = -np.log(np.exp(log_probabilities)[rows, labels] + {1e-12|1e-8|1e-10|1e-15}).sum()
        when: capped
    logits_clipped: logits that are cut off before exp | what is the loss of a row that is wrong by 10,000?
        first: logits = np.clip(logits, {-500|-700|-100}, 500)
        when: clipped
    over_samples: a softmax over the samples (axis 0) | which numbers must sum to 1: those of a row or of a column?
        logits.max(axis=1, keepdims=True) -> logits.max(axis=0, keepdims=True)
        np.exp(shifted).sum(axis=1, keepdims=True) -> np.exp(shifted).sum(axis=0, keepdims=True)
    one_sum: exponentials divided by the sum of the whole batch | which numbers must sum to 1?
        log_probabilities = A -> log_probabilities = np.log(np.exp(shifted) / np.exp(shifted).sum())
    keepdims_missing: max and sum without keepdims=True | shapes (n,) and (n, k): which axis does (n,) line up with?
        logits.max(axis=1, keepdims=True) -> logits.max(axis=1)
        np.exp(shifted).sum(axis=1, keepdims=True) -> np.exp(shifted).sum(axis=1)
    base_two: logarithms to base 2, bits in place of nats | which logarithm has the derivative 1/p?
        float(total) -> float(total) / np.log(2)
    labels_from_one: labels taken to run from 1 to k | which column belongs to label 0?
        first: labels = labels - 1
    sign_of_loss: the sum of log p without the minus | which sign has the logarithm of a probability?
        total = -A -> total = A
    no_logarithm: the sum of 1 - p, without a logarithm | what should it cost to give the right class p = 0?
        total = -A -> total = (1 - np.exp(log_probabilities)[rows, labels]).sum()
    fancy_columns: a[:, labels], n columns for each row | which shapes have a[:, labels] and a[rows, labels]?
        every A[rows, labels] -> A[:, labels]
    all_classes: the losses of all classes added up | which one probability of a row does the loss look at?
        total = -A -> total = -log_probabilities.sum()
    binary: k losses of yes or no, not one of k classes | does the formula of the loss look at the other classes?
        before total = A -> p, target = np.exp(log_probabilities), np.eye(logits.shape[1])[labels]
        total = -A -> total = -(target * np.log(p) + (1 - target) * np.log(1 - p)).sum()
    count_of_classes: the number of classes as the count | which axis of the logits counts the samples?
        return: RESULT[0], logits.shape[1], RESULT[2]
    softmax_twice: softmax of a softmax | is what you take for logits already a probability?
        first: logits = np.exp(logits - logits.max(axis=1, keepdims=True)); logits = logits / logits.sum(1)[:, None]
    softmax_derivative_twice: p - one-hot times p (1 - p) once more
        | is the derivative of softmax already in p - one-hot?
        gradient[rows, labels] -= 1 -> p = gradient.copy(); gradient[rows, labels] -= 1; gradient *= p * (1 - p)
    gradient_averaged: a mean over the samples as the gradient, one row | does each sample have a gradient of its own?
        gradient / len(labels) -> gradient.mean(axis=0)
    """,
    properties=(
        Property("rows of the gradient sum to zero", _rows_sum_to_zero),
        Property("finite for large logits", _finite),
    ),
    hints="""
    Subtract the largest logit of each row: softmax stays the same and exp cannot overflow.
    log p = shifted - log(sum(exp(shifted))), row by row; the loss picks one entry of each row: a[rows, labels].
    The gradient of the sum is softmax minus one-hot; the mean has one factor 1/n more.
    """,
    not_tested="labels outside 0..k-1, an empty batch, and logits in float32",
    fade=("shifted = ", "gradient[rows, labels] -= 1"),
)
