"""Is the loss of a classifier right, and its gradient? The check of softmax_cross_entropy."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain import softmax_cross_entropy
from course_lib.teaching.checks.training_loop.loss import MISTAKES, VARIANTS
from course_lib.teaching.exercises.exercise import Exercise, Property
from course_lib.teaching.exercises.forms import all_the_same, in_parts, not_in_parts
from course_lib.teaching.exercises.observe import calls

_RNG = np.random.default_rng(5)
_LARGE = np.array([[1e4, 0.0, -1e4, 3.0], [-1e4, -1e4 + 1.0, -1e4 + 0.5, -1e4 - 2.0], [-3.0, 2.0, 60.0, 1.0]])
# No label is 0 everywhere and none is as frequent as another; the third batch is square, the last one is large.
_CASES = (
    (_RNG.normal(0.0, 2.0, (4, 3)), np.array([2, 0, 2, 1])),
    (_RNG.normal(1.0, 1.0, (3, 6)), np.array([5, 0, 5])),
    (_RNG.normal(0.0, 1.5, (3, 3)), np.array([1, 1, 0])),
    (_LARGE, np.array([1, 3, 1])),  # the first row is sure and wrong: its loss is 10,000
)


def _results(seen: Any) -> list[tuple[str, float, np.ndarray]]:
    """(case, sum, gradient) of each case."""
    results = [(case, facts["result"]) for case, facts in seen.items()]
    return [(case, float(total), np.asarray(gradient, float)) for case, (total, _, gradient) in results]


def _shapes(seen: Any, right: Any) -> str | None:
    own, rule = ([np.shape(part) for part in one["case 1"]["result"]] for one in (seen, right))
    if own != rule:
        return f"sum, count, gradient have the shapes (), (), (4, 3) in case 1; yours {', '.join(map(str, own))}"
    return None


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


def _loss_positive(seen: Any, right: Any) -> str | None:
    low = [(case, total) for case, total, _ in _results(seen) if total < 0]
    return f"{low[0][0]}: your sum is {low[0][1]:.3g}; a cross-entropy is never negative" if low else None


def _one_of_two(seen: Any, right: Any) -> str | None:
    rule, own = _results(right), _results(seen)
    loss = all(np.isclose(a[1], b[1], rtol=1e-6) for a, b in zip(own, rule, strict=True))
    gradient = all(np.allclose(a[2], b[2], rtol=1e-6, atol=1e-9) for a, b in zip(own, rule, strict=True))
    if loss and not gradient:
        return "the sum is right, the gradient is not: compare one entry with (loss(z + h) - loss(z - h)) / 2h / n"
    if gradient and not loss:
        return "the gradient is right, the sum is not: what is -log of the right class's probability, added up?"
    return None


SOFTMAX_CROSS_ENTROPY = Exercise(
    slug="softmax_cross_entropy",
    title="The loss of a classifier and its gradient",
    kind="implement",
    core=True,
    difficulty=2,
    minutes=20,
    reference=softmax_cross_entropy,
    observe=lambda answer: in_parts(calls(answer, *_CASES), 3),
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(
        Property("three results", lambda seen, right: not_in_parts(seen, "three things: sum, count and gradient")),
        Property("their shapes", _shapes),
        Property("rows of the gradient sum to zero", _rows_sum_to_zero),
        Property("finite for large logits", _finite),
        Property("a loss is not negative", _loss_positive),
        Property("loss and gradient apart", _one_of_two),
    ),
    hints=(
        "Subtract the largest logit of each row: softmax stays the same and exp cannot overflow.",
        "log p = shifted - log(sum(exp(shifted))), row by row; the loss picks one entry of each row: a[rows, labels].",
        "The gradient of the sum is softmax minus one-hot; the mean has one factor 1/n more.",
    ),
    not_tested="labels outside 0..k-1, an empty batch, and logits in float32",
    fade=("shifted = ", "gradient[rows, labels] -= 1"),
    indistinguishable=all_the_same(VARIANTS),
)
