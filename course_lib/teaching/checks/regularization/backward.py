"""What goes wrong in the backward pass of dropout? Its known mistakes and its check."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_regularizers import dropout_backward
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_RNG = np.random.default_rng(21)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _case(n: int, f: int, p: float) -> tuple[Any, ...]:
    return _RNG.normal(0.3, 1.0, (n, f)), _RNG.random((n, f)) >= p, p


_CASES = (_case(6, 5, 0.3), _case(4, 9, 0.8), (_RNG.normal(0.3, 1.0, (3, 4)), None, 0.6))


@also_right(_RIGHT, "np.where in place of a product")
def by_where(gradient, kept, p):
    return gradient.copy() if kept is None else np.where(kept, gradient / (1 - p), 0)


@also_right(_RIGHT, "value by value")
def value_by_value(gradient, kept, p):
    if kept is None:
        return gradient
    result = np.zeros(gradient.shape)
    result[kept] = gradient[kept] / (1 - p)
    return result


def _with(factor_of):
    """Wrong in training only: gradient times factor_of(kept, p)."""

    def wrong(gradient, kept, p):
        return gradient if kept is None else gradient * factor_of(kept, p)

    return wrong


@known(_WRONG, "a gradient that ignores which values were dropped", "had a dropped value any part in the loss?")
def mask_forgotten(gradient, kept, p):
    return _with(lambda kept, p: 1 / (1 - p))(gradient, kept, p)


@known(_WRONG, "a gradient without the scale of the forward pass", "what is dy/dx of y = x / (1 - p)?")
def scale_forgotten(gradient, kept, p):
    return _with(lambda kept, p: kept)(gradient, kept, p)


@known(_WRONG, "the gradient passed on as it came", "what did the forward multiply x by?")
def passed_on(gradient, kept, p):
    return gradient


@known(_WRONG, "a gradient divided by p", "is p the share that is kept or the one that is dropped?")
def divided_by_p(gradient, kept, p):
    return _with(lambda kept, p: kept / p)(gradient, kept, p)


@known(_WRONG, "a gradient multiplied by 1 - p", "does backward undo the scale, or apply it once more?")
def multiplied(gradient, kept, p):
    return _with(lambda kept, p: kept * (1 - p))(gradient, kept, p)


@known(_WRONG, "the gradient of the values that were dropped", "which of the two got through, kept or ~kept?")
def mask_turned(gradient, kept, p):
    return _with(lambda kept, p: ~kept / (1 - p))(gradient, kept, p)


@known(_WRONG, "a gradient that is scaled twice", "how often was x divided by 1 - p?")
def scaled_twice(gradient, kept, p):
    return _with(lambda kept, p: kept / (1 - p) ** 2)(gradient, kept, p)


@known(_WRONG, "a scale from the share that happened to be kept", "which number divided x in the forward pass?")
def scale_of_the_draw(gradient, kept, p):
    return _with(lambda kept, p: kept / kept.mean())(gradient, kept, p)


@known(_WRONG, "a new mask, drawn in the backward pass", "which values took part in the loss that you go back from?")
def new_mask(gradient, kept, p):
    return _with(lambda kept, p: (np.random.random(kept.shape) >= p) / (1 - p))(gradient, kept, p)


@known(_WRONG, "the mask of the first sample for all", "did all samples lose the same values?")
def first_mask(gradient, kept, p):
    return _with(lambda kept, p: kept[:1] / (1 - p))(gradient, kept, p)


@known(_WRONG, "a scale out of training too", "what did the forward do when kept is None?")
def scaled_at_test(gradient, kept, p):
    return gradient / (1 - p) if kept is None else dropout_backward(gradient, kept, p)


@known(_WRONG, "no gradient at all out of training", "what is the derivative of y = x?")
def zero_at_test(gradient, kept, p):
    return np.zeros_like(gradient) if kept is None else dropout_backward(gradient, kept, p)


@known(_WRONG, "a gradient that passes where it is positive", "is this dropout, or ReLU?")
def like_relu(gradient, kept, p):
    return gradient if kept is None else gradient * (gradient > 0) / (1 - p)


@known(_WRONG, "the mask itself, without the gradient that came", "what if the loss does not depend on y at all?")
def mask_only(gradient, kept, p):
    return np.ones_like(gradient) if kept is None else kept / (1 - p)


def _where(seen: Any, right: Any) -> str | None:
    own, rule = np.asarray(seen["case 1"]["result"]), right["case 1"]["result"]
    kept = _CASES[0][1]
    if own.shape != rule.shape:
        return None
    if np.allclose(own[kept], rule[kept]):
        return "right where a value was kept, not where it was dropped"
    return "right where a value was dropped, not where it was kept" if np.allclose(own[~kept], 0) else None


def _modes(seen: Any, right: Any) -> str | None:
    fine = [np.allclose(seen[case]["result"], right[case]["result"]) for case in right]
    return "right in training, not out of it (kept is None)" if fine[:2] == [True, True] and not fine[2] else None


DROPOUT_BACKWARD = Exercise(
    slug="dropout_backward",
    title="Dropout, backward",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=10,
    reference=dropout_backward,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("both modes", _modes), Property("kept and dropped values", _where)),
    hints=(
        "In training y is x times a number: which number for a value that was kept, which for a dropped one?",
        "The derivative of y = c x is c, so the gradient is multiplied by the same c.",
        "Out of training y is x: what does that make of the gradient?",
    ),
    not_tested="a mask of another shape than the gradient",
    fade=("input_gradient: np",),
    indistinguishable=all_the_same(_RIGHT),
)
