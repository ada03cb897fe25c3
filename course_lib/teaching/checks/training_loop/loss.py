"""What goes wrong in softmax cross-entropy? Its known mistakes; the check itself is in loss_check.py."""

import numpy as np

from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _log_softmax(logits, axis=1):
    shifted = logits - logits.max(axis=axis, keepdims=True)
    return shifted - np.log(np.exp(shifted).sum(axis=axis, keepdims=True))


def _right(logits, labels):
    """Sum, probabilities minus one-hot (not divided), count."""
    log_p, rows = _log_softmax(logits), np.arange(len(labels))
    difference = np.exp(log_p)
    difference[rows, labels] -= 1
    return float(-log_p[rows, labels].sum()), difference, len(labels)


@also_right(VARIANTS, "the logarithm of the sum of exponentials minus the right logit")
def log_sum_exp(logits, labels):
    n, top = len(labels), logits.max(1)
    lse = top + np.log(np.exp(logits - top[:, None]).sum(1))
    gradient = (np.exp(logits - lse[:, None]) - np.eye(logits.shape[1])[labels]) / n
    return (lse - logits[np.arange(n), labels]).sum(), n, gradient


@also_right(VARIANTS, "one-hot rows in place of indexing")
def one_hot(logits, labels):
    target = (labels[:, None] == np.arange(logits.shape[1])).astype(float)
    log_p = _log_softmax(logits)
    return -(target * log_p).sum(), logits.shape[0], (np.exp(log_p) - target) / logits.shape[0]


@also_right(VARIANTS, "sample by sample")
def sample_by_sample(logits, labels):
    total, gradient = 0.0, np.zeros(logits.shape)
    for n, (row, label) in enumerate(zip(logits, labels, strict=True)):
        row = row - max(row)
        p = np.exp(row) / sum(np.exp(row))
        total += np.log(sum(np.exp(row))) - row[label]
        gradient[n] = p / len(labels)
        gradient[n, label] = (p[label] - 1) / len(labels)
    return total, len(labels), gradient


@known(MISTAKES, "the mean loss in place of the sum", "two batches of 32 and 8 rows: can you add their means?")
def mean_for_sum(logits, labels):
    total, difference, n = _right(logits, labels)
    return total / n, n, difference / n


@known(MISTAKES, "the gradient of the sum, not of the mean", "how long is a step if the batch is twice as large?")
def gradient_of_sum(logits, labels):
    total, difference, n = _right(logits, labels)
    return total, n, difference


@known(MISTAKES, "the gradient of the mean divided by n once more", "how often does 1/n stand in sum / n?")
def divided_twice(logits, labels):
    total, difference, n = _right(logits, labels)
    return total, n, difference / n / n


@known(MISTAKES, "the gradient divided by all n * k entries", "is the mean one over samples or over logits?")
def divided_by_entries(logits, labels):
    total, difference, n = _right(logits, labels)
    return total, n, difference / difference.size


@known(MISTAKES, "the gradient divided by the number of classes", "which axis of the logits counts the samples?")
def divided_by_classes(logits, labels):
    total, difference, n = _right(logits, labels)
    return total, n, difference / logits.shape[1]


@known(MISTAKES, "softmax / n as the gradient, nothing subtracted", "what is it where p is 1 for the right class?")
def one_hot_missing(logits, labels):
    total, _, n = _right(logits, labels)
    return total, n, np.exp(_log_softmax(logits)) / n


@known(MISTAKES, "the entries of the right classes set to -1", "what is p - 1 where p is 0.9, and what is left of p?")
def set_to_minus_one(logits, labels):
    total, _, n = _right(logits, labels)
    gradient = np.exp(_log_softmax(logits))
    gradient[np.arange(n), labels] = -1
    return total, n, gradient / n


@known(MISTAKES, "log p, not p, minus one-hot as the gradient", "how does p come back from log p?")
def logarithm_in_gradient(logits, labels):
    total, _, n = _right(logits, labels)
    return total, n, (_log_softmax(logits) - np.eye(logits.shape[1])[labels]) / n


@known(MISTAKES, "the gradient with its sign turned round", "shall a step make the right logit grow?")
def sign_of_gradient(logits, labels):
    total, difference, n = _right(logits, labels)
    return total, n, -difference / n


@known(MISTAKES, "1 subtracted after the division by n", "what is it for a sample that is sure and right?")
def subtracted_too_late(logits, labels):
    total, difference, n = _right(logits, labels)
    target = np.eye(logits.shape[1])[labels]
    return total, n, (difference + target) / n - target


@known(MISTAKES, "exp of logits that are not shifted: it overflows", "what is exp(10000), and what may you subtract?")
def not_shifted(logits, labels):
    rows, n = np.arange(len(labels)), len(labels)
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    gradient = p.copy()
    gradient[rows, labels] -= 1
    return float(-np.log(p[rows, labels]).sum()), n, gradient / n


@known(MISTAKES, "the log of a softmax that underflows to 0", "what is the log of exp(-10000), as you compute it?")
def log_of_zero(logits, labels):
    _, difference, n = _right(logits, labels)
    p = np.exp(_log_softmax(logits))
    return float(-np.log(p[np.arange(n), labels]).sum()), n, difference / n


@known(MISTAKES, "all rows shifted by one common maximum", "what is left of a row that lies 10,000 below that maximum?")
def common_shift(logits, labels):
    rows, n = np.arange(len(labels)), len(labels)
    shifted = logits - logits.max()
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1
    return float(-log_p[rows, labels].sum()), n, gradient / n


@known(MISTAKES, "a small number inside the log", "how large can -log(p + 1e-12) become?")
def epsilon_in_log(logits, labels):
    _, difference, n = _right(logits, labels)
    p = np.exp(_log_softmax(logits))
    return float(-np.log(p[np.arange(n), labels] + 1e-12).sum()), n, difference / n


@known(MISTAKES, "a softmax over the samples (axis 0)", "which numbers must sum to 1: those of a row or of a column?")
def over_samples(logits, labels):
    rows, n, log_p = np.arange(len(labels)), len(labels), _log_softmax(logits, axis=0)
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1
    return float(-log_p[rows, labels].sum()), n, gradient / n


@known(MISTAKES, "exponentials divided by the sum of the whole batch", "which numbers must sum to 1?")
def one_sum(logits, labels):
    rows, n = np.arange(len(labels)), len(labels)
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p /= p.sum()
    gradient = p.copy()
    gradient[rows, labels] -= 1
    return float(-np.log(p[rows, labels]).sum()), n, gradient / n


@known(MISTAKES, "max and sum without keepdims=True", "shapes (n,) and (n, k): which axis does (n,) line up with?")
def keepdims_missing(logits, labels):
    rows, n = np.arange(len(labels)), len(labels)
    shifted = logits - logits.max(axis=1)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1))
    gradient = np.exp(log_p)
    gradient[rows, labels] -= 1
    return float(-log_p[rows, labels].sum()), n, gradient / n


@known(MISTAKES, "logarithms to base 2, bits in place of nats", "which logarithm has the derivative 1/p?")
def base_two(logits, labels):
    total, difference, n = _right(logits, labels)
    return total / np.log(2), n, difference / n


@known(MISTAKES, "labels taken to run from 1 to k", "which column belongs to label 0?")
def labels_from_one(logits, labels):
    total, difference, n = _right(logits, labels - 1)
    return total, n, difference / n


@known(MISTAKES, "the sum of log p without the minus", "which sign has the logarithm of a probability?")
def sign_of_loss(logits, labels):
    total, difference, n = _right(logits, labels)
    return -total, n, difference / n


@known(MISTAKES, "the sum of 1 - p, without a logarithm", "what should it cost to give the right class p = 0?")
def no_logarithm(logits, labels):
    _, difference, n = _right(logits, labels)
    return float((1 - np.exp(_log_softmax(logits))[np.arange(n), labels]).sum()), n, difference / n


@known(MISTAKES, "a[:, labels], n columns for each row", "which shapes have a[:, labels] and a[rows, labels]?")
def fancy_columns(logits, labels):
    log_p = _log_softmax(logits)
    gradient = np.exp(log_p)
    gradient[:, labels] -= 1
    return float(-log_p[:, labels].sum()), len(labels), gradient / len(labels)


@known(MISTAKES, "the losses of all classes added up", "which one probability of a row does the loss look at?")
def all_classes(logits, labels):
    _, difference, n = _right(logits, labels)
    return float(-_log_softmax(logits).sum()), n, difference / n


@known(
    MISTAKES, "k losses of yes or no, not one of k classes", "does the formula of the loss look at the other classes?"
)
def binary(logits, labels):
    _, difference, n = _right(logits, labels)
    p, target = np.exp(_log_softmax(logits)), np.eye(logits.shape[1])[labels]
    return float(-(target * np.log(p) + (1 - target) * np.log(1 - p)).sum()), n, difference / n


@known(MISTAKES, "the number of classes as the count", "which axis of the logits counts the samples?")
def count_of_classes(logits, labels):
    total, difference, n = _right(logits, labels)
    return total, logits.shape[1], difference / n


@known(MISTAKES, "softmax of a softmax", "is what you take for logits already a probability?")
def softmax_twice(logits, labels):
    total, difference, n = _right(np.exp(_log_softmax(logits)), labels)
    return total, n, difference / n


@known(MISTAKES, "p - one-hot times p (1 - p) once more", "is the derivative of softmax already in p - one-hot?")
def softmax_derivative_twice(logits, labels):
    total, difference, n = _right(logits, labels)
    p = np.exp(_log_softmax(logits))
    return total, n, difference * p * (1 - p) / n


@known(MISTAKES, "a mean over the samples as the gradient, one row", "does each sample have a gradient of its own?")
def gradient_averaged(logits, labels):
    total, difference, n = _right(logits, labels)
    return total, n, difference.mean(axis=0)
