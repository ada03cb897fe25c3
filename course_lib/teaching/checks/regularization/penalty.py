"""A step of SGD on a penalised loss: its cases and its known mistakes."""

from typing import Any

import numpy as np

from course_lib.by_hand.regularizers import l2_step
from course_lib.teaching.exercises.kinds import implement

_RNG = np.random.default_rng(31)


def _case(i: int, o: int, lr: float, strength: float) -> tuple[Any, ...]:
    arrays = (_RNG.normal(size=(i, o)), 1 + _RNG.normal(size=o), _RNG.normal(size=(i, o)), _RNG.normal(size=o))
    return (*arrays, lr, strength)


L2_STEP = implement(
    "l2_step: A step of SGD with an L2 penalty",
    l2_step,
    complete=True,
    cases=(_case(4, 3, 0.2, 0.3), _case(2, 5, 0.7, 0.1)),
    returns=(2, "two arrays: the new weight and the new bias"),
    right="""
    as_decay: shrunk first, then moved: weight decay by 1 - 2 rate strength
        weight - lr * A -> (1 - 2 * lr * strength) * weight - lr * weight_gradient
    """,
    wrong="""
    two_missing: a penalty gradient without the factor 2 | what is the derivative of w^2?
        2 * strength * weight -> strength * weight
    bias_penalised: a step that penalises the bias as well | which parameters are in the sum of the penalty?
        lr * bias_gradient -> lr * (bias_gradient + 2 * strength * bias)
    rate_twice: a decay that is multiplied by the rate twice | is the penalty part of the gradient, or a step already?
        2 * strength * weight -> 2 * lr * strength * weight
    rate_missing: a decay that is not multiplied by the rate | what becomes of the weights at rate 0?
        weight - lr * A -> weight - lr * weight_gradient - 2 * strength * weight
    sign: a penalty that lets the weights grow | must a penalised weight become larger or smaller?
        2 * strength * weight -> -2 * strength * weight
    uphill: a step up the gradient | which sign has a step that makes the loss smaller?
        first: lr = -lr
    decay_last: the decay of the weights after the step | at which weights is the gradient of the penalty taken?
        weight - lr * A -> (1 - 2 * lr * strength) * (weight - lr * weight_gradient)
    absolute: an L1 penalty | what is the derivative of w^2, and what that of |w|?
        2 * strength * weight -> strength * np.sign(weight)
    value: the value of the penalty in place of its gradient | is the gradient one number, or one per weight?
        2 * strength * weight -> strength * np.sum(weight**2)
    mean: a penalty on the mean of the squared weights | does the penalty sum or average?
        2 * strength * weight -> 2 * strength * weight / weight.size
    no_penalty: a step without the penalty | where does strength appear?
        2 * strength * weight -> 0.0
    penalty_only: a step along the penalty alone | where does the gradient of the loss go?
        weight_gradient + penalty_gradient -> penalty_gradient
    """,
    hints="""
    Write the penalty for one weight, strength * w^2, and differentiate it.
    The gradient of the penalised loss is the sum of two gradients; the rate multiplies the sum.
    """,
    not_tested="momentum and Adam, where a penalty and a decay are not the same",
    fade=("penalty_gradient =", "new_weight ="),
)
