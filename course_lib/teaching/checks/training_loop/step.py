"""Do forward, loss, backward and update make one step? Known mistakes and the check of training_step."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain import linear_backward, linear_forward, softmax_cross_entropy, training_step
from course_lib.teaching.checks.training_loop.linear import LINEAR_BACKWARD
from course_lib.teaching.checks.training_loop.loss_check import SOFTMAX_CROSS_ENTROPY
from course_lib.teaching.exercises.compare import distance
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, in_parts, known, not_in_parts
from course_lib.teaching.exercises.match import NOT_STARTED, RIGHT
from course_lib.teaching.exercises.observe import calls

_RNG = np.random.default_rng(21)
_EARLIER = (SOFTMAX_CROSS_ENTROPY, LINEAR_BACKWARD)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _case(n: int, i: int, k: int, labels: list[int], rate: float) -> tuple[Any, ...]:
    weight, bias, x = _RNG.normal(0, 1, (i, k)), _RNG.normal(0, 1, k), _RNG.normal(0.5, 2, (n, i))
    return weight, bias, x, np.array(labels), rate


_CASES = (_case(5, 3, 4, [3, 0, 3, 1, 3], 0.5), _case(3, 3, 3, [2, 2, 0], 0.1), _case(2, 4, 6, [5, 1], 2.0))


def _gradients(weight, bias, x, labels):
    """Sum of the losses, count, gradients of weight and bias."""
    total, count, gradient = softmax_cross_entropy(linear_forward(x, weight, bias), labels)
    return total, count, *linear_backward(x, weight, gradient)[1:]


@also_right(_RIGHT, "written out, without the functions of before")
def written_out(weight, bias, x, labels, rate):
    z = x @ weight + bias
    z = z - z.max(1, keepdims=True)
    p = np.exp(z) / np.exp(z).sum(1, keepdims=True)
    target = np.eye(len(bias))[labels]
    loss = -np.log((p * target).sum(1)).mean()
    return [loss, weight - rate * x.T @ (p - target) / len(x), bias - rate * (p - target).mean(0)]


@also_right(_RIGHT, "the update on copies, in place")
def on_copies(weight, bias, x, labels, rate):
    total, count, weight_gradient, bias_gradient = _gradients(weight, bias, x, labels)
    weight, bias = weight.copy(), bias.copy()
    weight -= rate * weight_gradient
    bias -= rate * bias_gradient
    return total / count, weight, bias


@known(_WRONG, "a step up the gradient, with a plus", "along the gradient, does the loss grow or fall?")
def plus(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, bias, x, labels)
    return total / count, weight + rate * dw, bias + rate * db


@known(
    _WRONG,
    "a step whose gradient is divided by n once more",
    "of what is `gradient` already the gradient, sum or mean?",
)
def divided_again(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, bias, x, labels)
    return total / count, weight - rate * dw / count, bias - rate * db / count


@known(
    _WRONG, "a step along the gradient of the sum", "would a batch of twice the size make a step of twice the length?"
)
def gradient_of_sum(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, bias, x, labels)
    return total / count, weight - rate * dw * count, bias - rate * db * count


@known(_WRONG, "a step without the learning rate", "which argument has no part in your result?")
def rate_missing(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, bias, x, labels)
    return total / count, weight - dw, bias - db


@known(_WRONG, "the loss after the step", "which loss does the docstring ask for, before or after the step?")
def loss_after(weight, bias, x, labels, rate):
    _, new_weight, new_bias = training_step(weight, bias, x, labels, rate)
    total, count, *_ = _gradients(new_weight, new_bias, x, labels)
    return total / count, new_weight, new_bias


@known(_WRONG, "the sum of the losses, not their mean", "what else does softmax_cross_entropy return beside the sum?")
def sum_for_mean(weight, bias, x, labels, rate):
    total, _, *_ = _gradients(weight, bias, x, labels)
    return total, *training_step(weight, bias, x, labels, rate)[1:]


@known(_WRONG, "a bias gradient taken after the weight had moved", "are both gradients taken at the same point?")
def bias_from_new_weight(weight, bias, x, labels, rate):
    loss, new_weight, _ = training_step(weight, bias, x, labels, rate)
    return loss, new_weight, training_step(new_weight, bias, x, labels, rate)[2]


@known(_WRONG, "a step that leaves the bias where it was", "how many parameters does the layer have?")
def bias_kept(weight, bias, x, labels, rate):
    return *training_step(weight, bias, x, labels, rate)[:2], bias.copy()


@known(_WRONG, "a step that leaves the weight where it was", "how many parameters does the layer have?")
def weight_kept(weight, bias, x, labels, rate):
    loss, _, new_bias = training_step(weight, bias, x, labels, rate)
    return loss, weight.copy(), new_bias


@known(_WRONG, "the gradients in place of the new weight and bias", "where would the next step start from?")
def gradients_returned(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, bias, x, labels)
    return total / count, dw, db


@known(_WRONG, "the changes in place of the new weight and bias", "where would the next step start from?")
def changes_returned(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, bias, x, labels)
    return total / count, -rate * dw, -rate * db


@known(_WRONG, "the right three results in another order", "in which order does the docstring list them?")
def loss_last(weight, bias, x, labels, rate):
    loss, new_weight, new_bias = training_step(weight, bias, x, labels, rate)
    return new_weight, new_bias, loss


@known(_WRONG, "a forward pass without the bias", "what are the logits of an input that is zero?")
def bias_not_used(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, np.zeros_like(bias), x, labels)
    return total / count, weight - rate * dw, bias - rate * db


@known(_WRONG, "two steps in one", "how often is the gradient subtracted?")
def two_steps(weight, bias, x, labels, rate):
    loss, new_weight, new_bias = training_step(weight, bias, x, labels, rate)
    return loss, *training_step(new_weight, new_bias, x, labels, rate)[1:]


@known(
    _WRONG, "weight times (1 - rate * gradient)", "is the step subtracted from the weight, or a share of the weight?"
)
def multiplied(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, bias, x, labels)
    return total / count, weight * (1 - rate * dw), bias * (1 - rate * db)


@known(
    _WRONG,
    "a rate multiplied by the loss",
    "does the length of the step depend on the loss itself?",
)
def times_loss(weight, bias, x, labels, rate):
    total, count, dw, db = _gradients(weight, bias, x, labels)
    return total / count, weight - rate * total / count * dw, bias - rate * total / count * db


def _observe(answer: Any) -> Any:
    """The step on its cases; where it is wrong and an earlier function that it calls is not right, that function."""
    seen = in_parts(calls(answer, *_CASES), 3)
    if distance(seen, calls(training_step, *_CASES)) <= 1e-6:
        return seen
    called = getattr(getattr(answer, "__code__", None), "co_names", ())
    for earlier in _EARLIER:
        name = earlier.slug
        if name not in called or name not in answer.__globals__:
            continue
        status = diagnose(earlier, answer.__globals__[name]).status
        if status == NOT_STARTED:
            raise NotImplementedError(f"your step calls {name}, which is still to be written: solve that one first")
        if status != RIGHT:
            return {"earlier": name}
    return seen


def _earlier(seen: Any, right: Any) -> str | None:
    if "earlier" in seen:
        return f"your step calls {seen['earlier']}, and that is not right yet: check it first, then this one"
    return None


def _loss(seen: Any, right: Any) -> str | None:
    for case in right:
        own, rule = seen[case]["result"], right[case]["result"]
        if not np.isclose(float(own[0]), rule[0], rtol=1e-6):
            return f"{case}: your loss is {float(own[0]):.4g}; it is the mean over the batch, before the step"
    return None


def _moves(seen: Any, right: Any) -> str | None:
    for name, place in (("weight", 1), ("bias", 2)):
        for case, arguments in zip(right, _CASES, strict=True):
            start = arguments[place - 1]
            own, rule = (np.asarray(one[case]["result"][place]) - start for one in (seen, right))
            if own.shape == rule.shape and not np.allclose(own, rule, rtol=1e-6):
                factor = float((own * rule).sum() / (rule * rule).sum())
                if np.allclose(own, factor * rule, rtol=1e-6):
                    return f"{case}: the change of {name} has the right direction, times {factor:.4g}"
                return f"{case}: the change of {name} points another way than rate times its gradient"
    return None


TRAINING_STEP = Exercise(
    slug="training_step",
    title="One step of training",
    kind="faded",
    core=True,
    difficulty=2,
    minutes=15,
    reference=training_step,
    observe=_observe,
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("the functions that it calls", _earlier),
        Property("three results", lambda seen, right: not_in_parts(seen, "three things: loss, new weight, new bias")),
        Property("the loss", _loss),
        Property("direction and length of the step", _moves),
    ),
    hints=(
        "Four lines: forward, loss, backward, update. You wrote two of the functions above.",
        "linear_backward needs the gradient with respect to the logits: the third result of the loss.",
        "new = old - rate * gradient, for weight and for bias, both with the gradients of this batch.",
    ),
    not_tested="whether your step stays finite for huge rates",
    fade=("linear_backward(x, weight, gradient)", "return total / count"),
    indistinguishable=all_the_same(_RIGHT),
)
