"""What goes wrong in the cross-entropy of one logit? Known mistakes, and the check of sigmoid_cross_entropy."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_debugging import sigmoid_cross_entropy
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, in_parts, known, not_in_parts
from course_lib.teaching.exercises.observe import calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []
_CASES = (
    (np.array([0.3, -1.2, 2.0, 0.8, -0.5]), np.array([1, 0, 0, 1, 1])),
    (np.array([3.0, -4.0, 1.5]), np.array([0, 0, 1])),
    (np.array([40.0, -50.0, 35.0, 6.0]), np.array([0, 1, 1, 0])),
    (np.array([1e4, -1e4, 1e4, -800.0]), np.array([0, 1, 1, 0])),
)


def _p(z):
    """The probability of 1 without overflow."""
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(z, float)))


def _losses(z, y):
    return np.logaddexp(0, z) - z * y


@also_right(_RIGHT, "with np.logaddexp, and the sigmoid by way of tanh")
def by_logaddexp(logits, labels):
    return _losses(logits, labels).sum(), len(labels), (_p(logits) - labels) / len(labels)


@also_right(_RIGHT, "softplus of the logit turned towards the wrong answer")
def turned(logits, labels):
    z = np.where(labels == 1, -logits, logits)
    loss = np.where(z > 0, z, 0) + np.log1p(np.exp(-np.abs(z)))
    return loss.sum(), logits.size, (_p(logits) - labels) / logits.size


@known(_WRONG, "sigmoid first, logarithm after", "which number is 1 - p in floating point when z is 40?")
def in_two_steps(logits, labels):
    p = 1 / (1 + np.exp(-logits))
    return -(labels * np.log(p) + (1 - labels) * np.log(1 - p)).sum(), len(labels), (p - labels) / len(labels)


@known(_WRONG, "a logarithm with an epsilon in it", "what do a loss of 10,000 and its gradient become then?")
def with_epsilon(logits, labels):
    p = _p(logits)
    losses = -(labels * np.log(p + 1e-8) + (1 - labels) * np.log(1 - p + 1e-8))
    return losses.sum(), len(labels), (p - labels) / len(labels)


@known(_WRONG, "probabilities cut off at both ends", "what is the gradient of a loss that no longer depends on z?")
def clipped(logits, labels):
    p = np.clip(_p(logits), 1e-7, 1 - 1e-7)
    losses = -(labels * np.log(p) + (1 - labels) * np.log(1 - p))
    return losses.sum(), len(labels), (p - labels) / len(labels)


@known(_WRONG, "logits cut off at 30", "does the loss of a sure mistake still grow with its logit?")
def clipped_logits(logits, labels):
    z = np.clip(logits, -30, 30)
    return _losses(z, labels).sum(), len(labels), (_p(z) - labels) / len(labels)


@known(_WRONG, "the mean loss in place of the sum", "two batches of 32 and 8 rows: can you add their means?")
def mean_for_sum(logits, labels):
    return _losses(logits, labels).mean(), len(labels), (_p(logits) - labels) / len(labels)


@known(_WRONG, "the gradient of the sum, not of the mean", "how long is a step if the batch is twice as large?")
def gradient_of_sum(logits, labels):
    return _losses(logits, labels).sum(), len(labels), _p(logits) - labels


@known(_WRONG, "the gradient divided by n twice", "how often does 1/n stand in sum / n?")
def divided_twice(logits, labels):
    return _losses(logits, labels).sum(), len(labels), (_p(logits) - labels) / len(labels) ** 2


@known(_WRONG, "a gradient with the slope of the sigmoid as a factor", "what is left of p (1 - p) after dp is divided?")
def sigmoid_slope(logits, labels):
    p = _p(logits)
    return _losses(logits, labels).sum(), len(labels), (p - labels) * p * (1 - p) / len(labels)


@known(_WRONG, "a gradient with the sign exchanged", "the label is 1 and p is 0.2: must z grow, and what is -gradient?")
def uphill(logits, labels):
    return _losses(logits, labels).sum(), len(labels), (labels - _p(logits)) / len(labels)


@known(_WRONG, "the labels 0 and 1 exchanged", "of which class is p the probability?")
def labels_exchanged(logits, labels):
    y = 1 - labels
    return _losses(logits, y).sum(), len(labels), (_p(logits) - y) / len(labels)


@known(_WRONG, "the samples with label 1 only", "what does a sample with label 0 cost?")
def only_ones(logits, labels):
    return (labels * np.logaddexp(0, -logits)).sum(), len(labels), labels * (_p(logits) - 1) / len(labels)


@known(_WRONG, "labels read as -1 and 1", "what is z * y for the label 0?")
def signs_for_labels(logits, labels):
    y = 2 * labels - 1
    return _losses(logits, y).sum(), len(labels), (_p(logits) - y) / len(labels)


@known(_WRONG, "a sigmoid applied twice", "is what you are given a logit, or a probability already?")
def sigmoid_twice(logits, labels):
    z = _p(logits)
    return _losses(z, labels).sum(), len(labels), (_p(z) - labels) / len(labels)


@known(_WRONG, "a loss in bits", "which logarithm gives nats?")
def in_bits(logits, labels):
    return _losses(logits, labels).sum() / np.log(2), len(labels), (_p(logits) - labels) / len(labels)


@known(_WRONG, "a squared error", "what is -log p for p = 0.01, and what is (1 - p) squared?")
def squared(logits, labels):
    p = _p(logits)
    return ((p - labels) ** 2).sum(), len(labels), 2 * (p - labels) * p * (1 - p) / len(labels)


def _finite(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        total, _, gradient = facts["result"]
        if not (np.isfinite(total) and np.isfinite(gradient).all()):
            largest = np.abs(_CASES[int(case.split()[1]) - 1][0]).max()
            return (
                f"{case}: NaN or infinity, with logits up to {largest:,.0f}; where does exp overflow, or log see a 0?"
            )
    return None


def _one_of_two(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        (total, _, gradient), (rule, _, slopes) = facts["result"], right[case]["result"]
        loss, slope = bool(np.isclose(total, rule)), np.allclose(gradient, slopes)
        if loss != slope:
            what = "the gradient" if loss else "the sum of the losses"
            return f"{case}: {what} is not right yet, the other part is; what is the loss of one sample for z = 0?"
    return None


SIGMOID_CROSS_ENTROPY = Exercise(
    slug="sigmoid_cross_entropy",
    title="Yes or no, from the logit",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=sigmoid_cross_entropy,
    observe=lambda answer: in_parts(calls(answer, *_CASES), 3),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("three results", lambda seen, right: not_in_parts(seen, "three things: sum, count and gradient")),
        Property("finite for large logits", _finite),
        Property("loss and gradient apart", _one_of_two),
    ),
    hints=(
        "ln(1 + e^z) is z + ln(1 + e^-z): for large z use the form whose exponential is small.",
        "exp(-abs(z)) never overflows; max(z, 0) - z * y + log1p(exp(-abs(z))) is the loss of a sample.",
        "The gradient of the loss of one sample is p - y; for z < 0 write p = e^z / (1 + e^z).",
    ),
    not_tested="labels other than 0 and 1, an empty batch, and logits in float32",
    fade=("losses = ", "probabilities = "),
    indistinguishable=all_the_same(_RIGHT),
)
