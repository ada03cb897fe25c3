"""Dropout, backward: its cases and its known mistakes."""

from typing import Any

import numpy as np

from course_lib.by_hand.regularizers import dropout_backward
from course_lib.teaching.exercises.kinds import implement

_RNG = np.random.default_rng(21)


def _case(n: int, f: int, p: float) -> tuple[Any, ...]:
    return _RNG.normal(0.3, 1.0, (n, f)), _RNG.random((n, f)) >= p, p


_CASES = (_case(6, 5, 0.3), _case(4, 9, 0.8), (_RNG.normal(0.3, 1.0, (3, 4)), None, 0.6))


def another_mask(seen: Any, right: Any) -> bool:
    """Every entry is one that could be right, some that were dropped pass, and some that were kept do not."""
    for case, (gradient, kept, p) in zip(right, _CASES[:2], strict=False):
        own = np.asarray(seen[case]["result"])
        passed = np.isclose(own, gradient / (1 - p))
        if not (passed | (own == 0)).all() or not (passed & ~kept).any() or not (~passed & kept).any():
            return False
        if any(np.array_equal(passed, known) for known in (~kept, gradient > 0, np.broadcast_to(kept[:1], kept.shape))):
            return False
    return bool(np.allclose(seen["case 3"]["result"], _CASES[2][0]))


DROPOUT_BACKWARD = implement(
    "dropout_backward: Dropout, backward | core, 10 minutes",
    dropout_backward,
    cases=_CASES,
    names={"another_mask": another_mask},
    right="""
    by_where: np.where in place of a product
        return gradient -> return gradient.copy()
        gradient * kept / (1 - p) -> np.where(kept, gradient / (1 - p), 0)
    value_by_value: value by value
        input_gradient = A -> input_gradient = np.zeros(gradient.shape)
        input_gradient[kept] = gradient[kept] / (1 - p)
    """,
    wrong="""
    mask_forgotten: a gradient that ignores which values were dropped | had a dropped value any part in the loss?
        gradient * kept / (1 - p) -> gradient / (1 - p)
    scale_forgotten: a gradient without the scale of the forward pass | what is dy/dx of y = x / (1 - p)?
        gradient * kept / (1 - p) -> gradient * kept
    passed_on: the gradient passed on as it came | what did the forward multiply x by?
        first: return gradient
    divided_by_p: a gradient divided by p | is p the share that is kept or the one that is dropped?
        gradient * kept / (1 - p) -> gradient * kept / p
    multiplied: a gradient multiplied by 1 - p | does backward undo the scale, or apply it once more?
        gradient * kept / (1 - p) -> gradient * kept * (1 - p)
    mask_turned: the gradient of the values that were dropped | which of the two got through, kept or ~kept?
        gradient * kept / (1 - p) -> gradient * ~kept / (1 - p)
    scaled_twice: a gradient that is scaled twice | how often was x divided by 1 - p?
        gradient * kept / (1 - p) -> gradient * kept / (1 - p) ** 2
    scale_of_the_draw: a scale from the share that happened to be kept | which number divided x in the forward pass?
        gradient * kept / (1 - p) -> gradient * kept / kept.mean()
    new_mask: a new mask, drawn in the backward pass | which values took part in the loss that you go back from?
        gradient * kept / (1 - p) -> gradient * (np.random.random(kept.shape) >= p) / (1 - p)
        when: another_mask
    first_mask: the mask of the first sample for all | did all samples lose the same values?
        gradient * kept / (1 - p) -> gradient * kept[:1] / (1 - p)
    scaled_at_test: a scale out of training too | what did the forward do when kept is None?
        return gradient -> return gradient / (1 - p)
    zero_at_test: no gradient at all out of training | what is the derivative of y = x?
        return gradient -> return np.zeros_like(gradient)
    like_relu: a gradient that passes where it is positive | is this dropout, or ReLU?
        gradient * kept / (1 - p) -> gradient * (gradient > 0) / (1 - p)
    mask_only: the mask itself, without the gradient that came | what if the loss does not depend on y at all?
        return gradient -> return np.ones_like(gradient); gradient * kept / (1 - p) -> kept / (1 - p)
    """,
    hints="""
    In training y is x times a number: which number for a value that was kept, which for a dropped one?
    The derivative of y = c x is c, so the gradient is multiplied by the same c.
    Out of training y is x: what does that make of the gradient?
    """,
    not_tested="a mask of another shape than the gradient",
    fade=("input_gradient: np",),
)
