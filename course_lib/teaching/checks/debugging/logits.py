"""The cross-entropy of one logit: its cases and its known mistakes."""

import warnings
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.by_hand.debugging import sigmoid_cross_entropy
from course_lib.teaching.exercises.compare import distance
from course_lib.teaching.exercises.kinds import Detail, Property, calls, implement

_CASES = (
    (np.array([0.3, -1.2, 2.0, 0.8, -0.5]), np.array([1, 0, 0, 1, 1])),
    (np.array([3.0, -4.0, 1.5]), np.array([0, 0, 1])),
    (np.array([40.0, -50.0, 35.0, 6.0]), np.array([0, 1, 1, 0])),
    (np.array([1e4, -1e4, 1e4, -800.0]), np.array([0, 1, 1, 0])),
    (np.array([2, 0, -3, 0]), np.array([1, 1, 0, 0])),  # whole numbers
)


def _facts(answer: Callable[..., Any]) -> dict[str, Any]:
    """Results, and whether right numbers came with a warning."""
    told: list[str] = []

    def run(logits: np.ndarray, labels: np.ndarray) -> Any:
        right = sigmoid_cross_entropy(logits, labels)
        with np.errstate(all="warn", under="ignore"), warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            result = answer(logits, labels)
        told.extend(str(one.message) for one in caught if distance(result, right) < 1e-6)
        return result

    return calls(run, *_CASES) | {"warnings": bool(told), "warned of": Detail(told)}


def _finite(seen: Any, right: Any) -> str | None:
    for (case, facts), (logits, _) in zip(seen.items(), _CASES, strict=False):  # without what follows the cases
        total, _, gradient = facts["result"]
        if not (np.isfinite(total) and np.isfinite(gradient).all()):
            size = f"{np.abs(logits).max():,.0f}"
            return f"{case}: NaN or infinity, with logits up to {size}; where does exp overflow, or log see a 0?"
    return None


def _warned(seen: Any, right: Any) -> str | None:
    told = seen["warned of"].value
    return (
        f"numpy warns: {told[0]}\nwhich branch of np.where is computed, the one that is chosen or both?"
        if told
        else None
    )


def cut_off(seen: Any, right: Any) -> bool:
    """Whether the losses are those of logits cut off at some size, which two of case 4 show twice."""
    size = seen["case 4"]["result"][0] / 2
    own = [seen[case]["result"][0] for case in right if case.startswith("case")]
    cut = [sigmoid_cross_entropy(np.clip(logits, -size, size), labels)[0] for logits, labels in _CASES]
    return size < 9e3 and bool(np.allclose(own, cut))


SIGMOID_CROSS_ENTROPY = implement(
    "sigmoid_cross_entropy: Yes or no, from the logit | core, difficulty 2, 20 minutes",
    sigmoid_cross_entropy,
    observe=_facts,
    names={"cut_off": cut_off},
    returns=(3, "three things: sum, count and gradient"),
    right="""
    by_logaddexp: with np.logaddexp, and the sigmoid by way of tanh
        losses = A -> losses = np.logaddexp(0, logits) - logits * labels
        probabilities = A -> probabilities = 0.5 * (1 + np.tanh(0.5 * logits))
    turned: softplus of the logit turned towards the wrong answer
        losses = A -> z = np.where(labels == 1, -logits, logits); losses = np.where(z > 0, z, 0) + np.log1p(small)
    """,
    wrong="""
    in_two_steps: sigmoid first, logarithm after | which number is 1 - p in floating point when z is 40?
        probabilities = A -> probabilities = 1 / (1 + np.exp(-logits))
        losses = -(labels * np.log(probabilities) + (1 - labels) * np.log(1 - probabilities))
    with_epsilon: a logarithm with an epsilon in it | what do a loss of 10,000 and its gradient become then?
        after probabilities = A -> e = {1e-8|1e-7|1e-9|1e-10|1e-12}
        losses = -(labels * np.log(probabilities + e) + (1 - labels) * np.log(1 - probabilities + e))
    clipped: probabilities cut off at both ends | what is the gradient of a loss that no longer depends on z?
        probabilities = A -> probabilities = np.clip(A, e := {1e-7|1e-8|1e-9|1e-10|1e-12}, 1 - e)
        losses = -(labels * np.log(probabilities) + (1 - labels) * np.log(1 - probabilities))
    clipped_logits: logits cut off at both ends | does the loss of a sure mistake still grow with its logit?
        first: logits = np.clip(logits, *{(-30, 30)|(-500, 500)})
        when: cut_off
    both_branches: a right result that computes what it does not use, and overflows there
        | which branch of np.where is computed: the one that is chosen, or both?
        probabilities = A -> grown = np.exp(logits)
        probabilities = np.where(logits < 0, grown / (1 + grown), 1 / (1 + small))
    mean_for_sum: the mean loss in place of the sum | two batches of 32 and 8 rows: can you add their means?
        losses.sum() -> losses.mean()
    gradient_of_sum: the gradient of the sum, not of the mean | how long is a step if the batch is twice as large?
        (probabilities - labels) / len(logits) -> probabilities - labels
    divided_twice: the gradient divided by n twice | how often does 1/n stand in sum / n?
        (probabilities - labels) / len(logits) -> (probabilities - labels) / len(logits) ** 2
    sigmoid_slope: a gradient with the slope of the sigmoid as a factor | what is left of p (1 - p) after dp is divided?
        probabilities - labels -> (probabilities - labels) * probabilities * (1 - probabilities)
    uphill: a gradient with the sign exchanged | the label is 1 and p is 0.2: must z grow, and what is -gradient?
        probabilities - labels -> labels - probabilities
    labels_exchanged: the labels 0 and 1 exchanged | of which class is p the probability?
        first: labels = 1 - labels
    only_ones: the samples with label 1 only | what does a sample with label 0 cost?
        losses = A -> losses = labels * np.logaddexp(0, -logits)
        probabilities - labels -> labels * (probabilities - 1)
    signs_for_labels: labels read as -1 and 1 | what is z * y for the label 0?
        first: labels = 2 * labels - 1
    sigmoid_twice: a sigmoid applied twice | is what you are given a logit, or a probability already?
        first: logits = 0.5 * (1 + np.tanh(0.5 * logits))
    in_bits: a loss in bits | which logarithm gives nats?
        losses.sum() -> losses.sum() / np.log(2)
    squared: a squared error | what is -log p for p = 0.01, and what is (1 - p) squared?
        losses.sum() -> ((probabilities - labels) ** 2).sum()
        A / len(logits) -> 2 * A * probabilities * (1 - probabilities) / len(logits)
    """,
    same=(("with_epsilon", "clipped"),),  # of the same size they differ by less than rounding
    equivalent="""
    logits >= 0 -> logits > 0 | for z = 0 both formulas give 1/2
    """,
    properties=(Property("finite for large logits", _finite), Property("no warning", _warned)),
    hints="""
    ln(1 + e^z) is z + ln(1 + e^-z): for large z use the form whose exponential is small.
    exp(-abs(z)) never overflows; max(z, 0) - z * y + log1p(exp(-abs(z))) is the loss of a sample.
    The gradient of the loss of one sample is p - y; for z < 0 write p = e^z / (1 + e^z).
    """,
    not_tested="labels other than 0 and 1, an empty batch, and logits in float32",
    fade=("losses = ", "probabilities = "),
)
