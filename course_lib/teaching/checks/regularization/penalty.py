"""Where do the 2, the rate and the bias go? The check of l2_step, a step of SGD on a penalised loss."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_regularizers import l2_step
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import Case, calls

_RNG = np.random.default_rng(31)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _case(i: int, o: int, rate: float, strength: float) -> Case:
    arrays = (_RNG.normal(size=(i, o)), 1 + _RNG.normal(size=o), _RNG.normal(size=(i, o)), _RNG.normal(size=o))
    return Case(*arrays, rate=rate, strength=strength)


_CASES = (_case(4, 3, 0.2, 0.3), _case(2, 5, 0.7, 0.1))


@also_right(_RIGHT, "shrunk first, then moved: weight decay by 1 - 2 rate strength")
def as_decay(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return (1 - 2 * rate * strength) * weight - rate * weight_gradient, bias - rate * bias_gradient


def _step(weight, bias, weight_gradient, bias_gradient, rate, penalty):
    """A step with another gradient of the penalty."""
    return weight - rate * (weight_gradient + penalty), bias - rate * bias_gradient


@known(_WRONG, "a penalty gradient without the factor 2", "what is the derivative of w^2?")
def two_missing(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return _step(weight, bias, weight_gradient, bias_gradient, rate, strength * weight)


@known(_WRONG, "a step that penalises the bias as well", "which parameters are in the sum of the penalty?")
def bias_penalised(weight, bias, weight_gradient, bias_gradient, rate, strength):
    new, _ = l2_step(weight, bias, weight_gradient, bias_gradient, rate, strength)
    return new, bias - rate * (bias_gradient + 2 * strength * bias)


@known(
    _WRONG, "a decay that is multiplied by the rate twice", "is the penalty part of the gradient, or a step already?"
)
def rate_twice(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return _step(weight, bias, weight_gradient, bias_gradient, rate, 2 * rate * strength * weight)


@known(_WRONG, "a decay that is not multiplied by the rate", "what becomes of the weights at rate 0?")
def rate_missing(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return weight - rate * weight_gradient - 2 * strength * weight, bias - rate * bias_gradient


@known(_WRONG, "a penalty that lets the weights grow", "must a penalised weight become larger or smaller?")
def sign(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return _step(weight, bias, weight_gradient, bias_gradient, rate, -2 * strength * weight)


@known(_WRONG, "a step up the gradient", "which sign has a step that makes the loss smaller?")
def uphill(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return l2_step(weight, bias, weight_gradient, bias_gradient, -rate, strength)


@known(_WRONG, "the decay of the weights after the step", "at which weights is the gradient of the penalty taken?")
def decay_last(weight, bias, weight_gradient, bias_gradient, rate, strength):
    moved = weight - rate * weight_gradient
    return (1 - 2 * rate * strength) * moved, bias - rate * bias_gradient


@known(_WRONG, "an L1 penalty", "what is the derivative of w^2, and what that of |w|?")
def absolute(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return _step(weight, bias, weight_gradient, bias_gradient, rate, strength * np.sign(weight))


@known(_WRONG, "the value of the penalty in place of its gradient", "is the gradient one number, or one per weight?")
def value(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return _step(weight, bias, weight_gradient, bias_gradient, rate, strength * np.sum(weight**2))


@known(_WRONG, "a penalty on the mean of the squared weights", "does the penalty sum or average?")
def mean(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return _step(weight, bias, weight_gradient, bias_gradient, rate, 2 * strength * weight / weight.size)


@known(_WRONG, "a step without the penalty", "where does strength appear?")
def no_penalty(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return _step(weight, bias, weight_gradient, bias_gradient, rate, 0.0)


@known(_WRONG, "a step along the penalty alone", "where does the gradient of the loss go?")
def penalty_only(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return weight - rate * 2 * strength * weight, bias - rate * bias_gradient


def _which(seen: Any, right: Any) -> str | None:
    fine = [
        all(np.allclose(seen[case]["result"][part], right[case]["result"][part]) for case in right) for part in (0, 1)
    ]
    if fine == [True, False]:
        return "the weights are right, the bias is not"
    return (
        "the bias is right, the weights are not: take the step with all gradients 0" if fine == [False, True] else None
    )


L2_STEP = Exercise(
    slug="l2_step",
    title="A step of SGD with an L2 penalty",
    kind="faded",
    core=False,
    difficulty=1,
    minutes=10,
    reference=l2_step,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("weights and bias", _which),),
    hints=(
        "Write the penalty for one weight, strength * w^2, and differentiate it.",
        "The gradient of the penalised loss is the sum of two gradients; the rate multiplies the sum.",
    ),
    not_tested="momentum and Adam, where a penalty and a decay are not the same",
    fade=("penalty_gradient =", "new_weight ="),
    indistinguishable=all_the_same(_RIGHT),
)
