"""Gradients, checked and clipped: the cases and the known mistakes."""

from typing import Any

import numpy as np

from course_lib.by_hand.debugging import clipped, gradient_check
from course_lib.numpy_nn.gradcheck import numerical_gradient, relative_error
from course_lib.teaching.exercises.kinds import Property, implement


def _coupled(x: np.ndarray) -> float:
    """Every number acts on the slope of every other one."""
    weights = 1 + np.arange(x.size)
    return float(np.exp(0.3 * np.sum(x.ravel() * weights) / x.size) + np.sum(x.ravel() ** 3 * weights))


def _large_offset(x: np.ndarray) -> float:
    return float(np.sum(np.exp(x)) + np.asarray(1000, x.dtype))


def _kinked(x: np.ndarray) -> float:
    return float(np.sum(np.maximum(x, 0) * (1 + np.arange(x.size)).reshape(x.shape)))


_CUBE = np.linspace(-1, 1, 12).reshape(2, 3, 2)
_SMALL = np.array([0.3, -0.2, 0.9], np.float32)


def by_the_library(function, gradient, x, step=1e-5):
    point = np.array(x, dtype=np.float64)
    differences = numerical_gradient(lambda: function(point), point, step=step)
    return relative_error(np.asarray(gradient, np.float64), differences)


def unit_vectors(function, gradient, x, step=1e-5):
    point = np.asarray(x, dtype=np.float64)
    units = np.eye(point.size).reshape(point.size, *point.shape) * step
    slopes = np.array([(function(point + u) - function(point - u)) / (2 * step) for u in units])
    claim = np.ravel(gradient)
    size = np.sqrt((claim**2).sum()) + np.sqrt((slopes**2).sum())
    return np.sqrt(((claim - slopes) ** 2).sum()) / size if size else 0.0


def _in_range(seen: Any, right: Any) -> str | None:
    values = [(case, float(facts["result"])) for case, facts in seen.items() if np.size(facts["result"]) == 1]
    for case, value in values:
        if np.isnan(value):
            return f"{case}: NaN; what is divided by what there?"
        if not 0 <= value <= 1 + 1e-9:
            return f"{case}: {value:.3g}; by the triangle inequality the error lies between 0 and 1"
    return None


GRADIENT_CHECK = implement(
    "gradient_check: Compare a gradient with differences | core, difficulty 2, 20 minutes",
    gradient_check,
    cases=(
        # Far off.
        (_coupled, np.array([[1.0, -2, 3], [4, 0.5, 6]]), np.array([[0.7, -0.4, 0.2], [1.1, 0.5, -0.9]]), 0.3),
        (_coupled, np.linspace(0.5, 9, 12).reshape(2, 3, 2), _CUBE),
        (_large_offset, 1.1 * np.exp(_SMALL.astype(np.float64)), _SMALL, 1e-3),  # a tenth too large
        (lambda x: 3.0, np.zeros(4), np.ones(4)),
        (_kinked, np.array([1.0, 2.0, 0.0]), np.array([0.05, 1.0, -1.0]), 0.1),  # a kink within the step
        (lambda x: float(1e-4 * np.sum(x**2)), np.full(3, 4e-4), np.ones(3)),  # small and twice too large
        (_coupled, np.array([2, 5, 9]), np.array([1, 0, -1]), 0.25),  # whole numbers
        (_kinked, np.array([1.0, 3.0]), np.array([1.5e-5, 1.0])),  # a kink beyond the usual step
    ),
    names={"by_the_library": by_the_library, "unit_vectors": unit_vectors},
    right="""
    by_the_library: with the library's numerical_gradient and relative_error
    unit_vectors: one unit vector at a time, without writing into an array
    """,
    wrong="""
    forward_difference: a forward difference | how does its error shrink with the step, and how that of two sides?
        kept - step -> kept; 2 * step -> step
    backward_difference: a backward difference | what do you get if you move to both sides and take the mean?
        kept + step -> kept; 2 * step -> step
    divided_by_step: a central difference divided by h in place of 2h | how far apart are x + h and x - h?
        2 * step -> step
    half_step: a difference over half the step on each side | how far from x lies each of the two points?
        first: step = step / 2
    step_ignored: a check that ignores the step it is given | where does `step` stand in your code?
        first: step = 1e-5
    step_too_small: a check with a step so small that rounding decides | in how many digits do the two losses agree?
        first: step = 1e-14
    single_precision: a check in float32 | how many digits does float32 keep, and how many does the difference need?
        np.float64 -> np.float32; np.zeros_like(point) -> {np.zeros(point.shape)|np.zeros_like(point)}
    precision_of_x: differences in the precision of x | what happens to x + h when x is float32 and h is 1e-5?
        np.float64 -> x.dtype; np.zeros_like(point) -> {np.zeros(point.shape)|np.zeros_like(point)}
    absolute_error: an absolute error | what does 1e-6 say about a gradient of 1e-6, and what about one of 100?
        return: float(np.linalg.norm(gradient - differences))
    largest_difference: the largest absolute difference | divided by which size does a difference say something?
        return: float(np.abs(gradient - differences).max())
    relative_to_one: an error relative to the differences alone | what does it give where the differences are all zero?
        scale = A -> scale = np.linalg.norm(differences)
    relative_to_larger: an error relative to the larger of the two | which sum stands in the denominator?
        scale = A + B -> scale = max(A, B)
    relative_to_sum: an error relative to the length of the sum of both
        | two lengths are added: what is the length of the sum of a claim and of its opposite?
        scale = A -> scale = np.linalg.norm(gradient + differences)
    entry_by_entry: the mean of the relative errors of single numbers | what does a single tiny entry do to a mean?
        scale = A -> scale = np.abs(gradient) + np.abs(differences)
        return: float(np.mean(np.abs(gradient - differences) / np.where(scale == 0, 1, scale)))
    zero_by_zero: a check that divides zero by zero | what is the error of two gradients that are both zero?
        0.0 if scale == 0 else A -> A
    lengths_compared: a check that compares two lengths | can two different gradients have the same length?
        np.linalg.norm(gradient - differences) -> abs(np.linalg.norm(gradient) - np.linalg.norm(differences))
    not_restored: numbers that are moved and not put back | where does x stand when the second number is moved?
        drop: point[index] = kept
    caller_moved: a check that writes into the caller's x and leaves it moved | does the caller find its x again?
        after scale = A -> x += step
    all_at_once: all numbers moved at once | which of the numbers does a change of the loss then belong to?
        for index in A: ... -> differences[...] = (function(point + step) - function(point - step)) / (2 * step)
    first_row: a check of the first row alone | is every number of an array of any shape moved once?
        before scale = A -> gradient, differences = gradient[0], differences[0]
    differences_returned: the differences themselves, not their error | what is to be returned: slopes, or one number?
        return: differences
    sign_exchanged: the slopes with the wrong sign | which of the two losses is subtracted from which?
        above - below -> below - above
    root_forgotten: the square of the error | is a length a sum of squares, or its root?
        scale = A -> scale = (gradient**2).sum() + (differences**2).sum()
        np.linalg.norm(gradient - differences) -> ((gradient - differences) ** 2).sum()
    """,
    equivalent="""
    swap: point[index] = kept <-> differences[index] = (above - below) | the difference is taken before either
    gradient - differences -> differences - gradient | the length of a vector has no sign
    """,
    properties=(Property("between 0 and 1", _in_range),),
    hints="""
    Move one number at a time: up, evaluate, down, evaluate, back. np.ndindex(x.shape) runs over all of them.
    (above - below) / (2 * step), on a float64 copy of x.
    The error is one quotient of lengths over all numbers, not a mean of quotients; both zero is 0.
    """,
    not_tested="functions that draw random numbers, and how long it takes",
    fade=("differences[index] = ", "scale = "),
)

LONG, SHORT = [np.array([[3.0, 0.0], [0.0, -4.0]]), np.array([12.0])], [np.array([[0.5], [0.25]]), np.array([0.5])]

CLIPPED = implement(
    "clipped: Clip gradients that explode",
    clipped,
    cases=((LONG, 6.5), (LONG, 13.0), (SHORT, 2.0), ([np.array([8.0, 6.0, 0.0])], 0.5)),
    wrong="""
    entry_by_entry: every number clipped by itself | does the gradient keep its direction?
        return: [np.clip(gradient, -limit, limit) for gradient in gradients]
    array_by_array: every array clipped by its own length | which length do all parameters have together?
        return: [g * min(1.0, limit / np.linalg.norm(g)) for g in gradients]
    always_scaled: gradients that are always brought to the limit | how long were the short ones before?
        limit / length if A else B -> limit / length
    squared_length: the squared length in place of the length | of which unit is the limit?
        np.sqrt(A) -> A
    """,
    hints="One factor for all arrays: what is their common length?",
    not_tested="gradients of zeros, and numbers that are not finite",
    equivalent="length > limit -> length >= limit | at the limit the factor is 1 either way",
)
