"""One step of training: cases and known mistakes of training_step, which calls two functions of the sheet."""

import inspect
from typing import Any

import numpy as np

from course_lib.by_hand.first_step import training_step
from course_lib.teaching.checks.training_loop.linear import LINEAR_BACKWARD
from course_lib.teaching.checks.training_loop.loss import SOFTMAX_CROSS_ENTROPY
from course_lib.teaching.exercises.compare import distance
from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.kinds import Property, calls, implement
from course_lib.teaching.exercises.match import NOT_STARTED, RIGHT

_RNG = np.random.default_rng(21)
_EARLIER = (SOFTMAX_CROSS_ENTROPY, LINEAR_BACKWARD)


def _case(n: int, i: int, k: int, labels: list[int], lr: float) -> tuple[Any, ...]:
    weight, bias, x = _RNG.normal(0, 1, (i, k)), _RNG.normal(0, 1, k), _RNG.normal(0.5, 2, (n, i))
    return weight, bias, x, np.array(labels), lr


_CASES = (_case(5, 3, 4, [3, 0, 3, 1, 3], 0.5), _case(3, 3, 3, [2, 2, 0], 0.1), _case(2, 4, 6, [5, 1], 2.0))


def _observe(answer: Any) -> Any:
    """The step on its cases; where it is wrong and an earlier function that it calls is not right, that function."""
    seen = calls(answer, *_CASES)
    if distance(seen, calls(training_step, *_CASES)) <= 1e-6:
        return seen
    own = inspect.unwrap(answer)
    called = {name: own.__globals__.get(name) for name in getattr(getattr(own, "__code__", None), "co_names", ())}
    for earlier in _EARLIER:
        status = diagnose_answer(earlier, called[earlier.slug]).status if called.get(earlier.slug) else RIGHT
        if status == NOT_STARTED:
            told = f"your step calls {earlier.slug}, which is still to be written: solve that one first"
            raise NotImplementedError(told)
        if status != RIGHT:
            return {"earlier": earlier.slug}
    return seen


def _earlier(seen: Any, right: Any) -> str | None:
    wrong = seen.get("earlier")
    return wrong and f"your step calls {wrong}, and that is not right yet: check it first, then this one"


def _loss(seen: Any, right: Any) -> str | None:
    own, rule = (float(one["case 1"]["result"][0]) for one in (seen, right))
    told = f"case 1: your loss is {own:.4g}; it is the mean over the batch, before the step"
    return None if np.isclose(own, rule, rtol=1e-6) else told


def _moves(seen: Any, right: Any) -> str | None:
    for name, place in (("weight", 1), ("bias", 2)):
        for case, arguments in zip(right, _CASES, strict=True):
            own, rule = (np.asarray(one[case]["result"][place]) - arguments[place - 1] for one in (seen, right))
            factor = float((own * rule).sum() / (rule * rule).sum())
            if abs(factor - 1) > 1e-6 and np.allclose(own, factor * rule, rtol=1e-6):
                return f"{case}: the change of {name} has the right direction, times {factor:.4g}"
    return None


TRAINING_STEP = implement(
    "training_step: One step of training | core, difficulty 2, 15 minutes",
    training_step,
    complete=True,
    observe=_observe,
    returns=(3, "three things: loss, new weight, new bias"),
    names={"right": training_step},
    right="""
    written_out: written out, without the functions of before
        logits = A -> p = np.exp((x @ weight + bias) - (x @ weight + bias).max(1, keepdims=True))
        total, count, gradient = A -> p, target = p / p.sum(1, keepdims=True), np.eye(len(bias))[labels]
        drop: B, weight_gradient, bias_gradient = A; total / count -> -np.log((p * target).sum(1)).mean()
        weight_gradient -> x.T @ (p - target) / len(x); bias_gradient -> (p - target).mean(axis=0); return: list(RESULT)
    on_copies: the update on copies, in place
        return A, B, C -> weight, bias = weight.copy(), bias.copy(); weight -= lr * weight_gradient
        after weight -= A -> bias -= lr * bias_gradient; return total / count, weight, bias
    """,
    wrong="""
    plus: a step up the gradient, with a plus | along the gradient, does the loss grow or fall?
        weight - A -> weight + A; bias - A -> bias + A
    divided_again: a step whose gradient is divided by n once more
        | of what is `gradient` already the gradient, sum or mean?
        every lr * A -> lr * A / count
    gradient_of_sum: a step along the gradient of the sum
        | would a batch of twice the size make a step of twice the length?
        every lr * A -> lr * A * count
    rate_missing: a step without the learning rate | which argument has no part in your result?
        every lr * A -> A
    loss_after: the loss after the step | which loss does the docstring ask for, before or after the step?
        return: right(*RESULT[1:], x, labels, lr)[0], *RESULT[1:]
    sum_for_mean: the sum of the losses, not their mean | what else does softmax_cross_entropy return beside the sum?
        total / count -> total
    bias_from_new_weight: a bias gradient taken after the weight had moved | are both gradients taken at the same point?
        return: *RESULT[:2], right(RESULT[1], bias, x, labels, lr)[2]
    bias_kept: a step that leaves the bias where it was | how many parameters does the layer have?
        bias - A -> bias.copy()
    weight_kept: a step that leaves the weight where it was | how many parameters does the layer have?
        weight - A -> weight.copy()
    gradients_returned: the gradients in place of the new weight and bias | where would the next step start from?
        weight - A -> weight_gradient; bias - A -> bias_gradient
    changes_returned: the changes in place of the new weight and bias | where would the next step start from?
        weight - A -> -A; bias - A -> -A
    loss_last: the right three results in another order | in which order does the docstring list them?
        return: *RESULT[1:], RESULT[0]
    bias_not_used: a forward pass without the bias | what are the logits of an input that is zero?
        linear_forward(x, weight, bias) -> x @ weight
    two_steps: two steps in one | how often is the gradient subtracted?
        return: RESULT[0], *right(*RESULT[1:], x, labels, lr)[1:]
    multiplied: weight times (1 - lr * gradient) | is the step subtracted from the weight, or a share of the weight?
        weight - A -> weight * (1 - A); bias - A -> bias * (1 - A)
    times_loss: a rate multiplied by the loss | does the length of the step depend on the loss itself?
        every lr * A -> lr * total / count * A
    """,
    properties=(
        Property("the functions that it calls", _earlier),
        Property("the loss", _loss),
        Property("direction and length of the step", _moves),
    ),
    hints="""
    Four lines: forward, loss, backward, update. You wrote two of the functions above.
    linear_backward needs the gradient with respect to the logits: the third result of the loss.
    new = old - lr * gradient, for weight and for bias, both with the gradients of this batch.
    """,
    not_tested="whether your step stays finite for huge rates",
    fade=("linear_backward(x, weight, gradient)", "return total / count"),
)
