"""What goes wrong when a gradient is compared with differences? Known mistakes; the check is in gradient_check.py."""

import numpy as np

from course_lib.numpy_nn.gradcheck import numerical_gradient, relative_error
from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _slopes(function, x, up, down, width, *, dtype=np.float64, restore=True):
    """Differences of function at x + up and x - down, divided by width, for every number of x."""
    point = np.array(x, dtype=dtype)
    slopes = np.zeros(point.shape)
    for index in np.ndindex(point.shape):
        kept = point[index]
        point[index] = kept + up
        above = function(point)
        point[index] = kept - down
        slopes[index] = (above - function(point)) / width
        if restore:
            point[index] = kept
    return slopes


def _central(function, x, step, **how):
    return _slopes(function, x, step, step, 2 * step, **how)


@also_right(VARIANTS, "with the library's numerical_gradient and relative_error")
def by_the_library(function, gradient, x, step=1e-5):
    point = np.array(x, dtype=np.float64)
    differences = numerical_gradient(lambda: function(point), point, step=step)
    return relative_error(np.asarray(gradient, np.float64), differences)


@also_right(VARIANTS, "one unit vector at a time, without writing into an array")
def unit_vectors(function, gradient, x, step=1e-5):
    point = np.asarray(x, dtype=np.float64)
    units = np.eye(point.size).reshape(point.size, *point.shape) * step
    slopes = np.array([(function(point + u) - function(point - u)) / (2 * step) for u in units])
    claim = np.ravel(gradient)
    size = np.sqrt((claim**2).sum()) + np.sqrt((slopes**2).sum())
    return np.sqrt(((claim - slopes) ** 2).sum()) / size if size else 0.0


@known(MISTAKES, "a forward difference", "how does its error shrink with the step, and how that of two sides?")
def forward_difference(function, gradient, x, step=1e-5):
    return relative_error(gradient, _slopes(function, x, step, 0, step))


@known(MISTAKES, "a backward difference", "what do you get if you move to both sides and take the mean?")
def backward_difference(function, gradient, x, step=1e-5):
    return relative_error(gradient, _slopes(function, x, 0, step, step))


@known(MISTAKES, "a central difference divided by h in place of 2h", "how far apart are x + h and x - h?")
def divided_by_step(function, gradient, x, step=1e-5):
    return relative_error(gradient, _slopes(function, x, step, step, step))


@known(MISTAKES, "a difference over half the step on each side", "how far from x lies each of the two points?")
def half_step(function, gradient, x, step=1e-5):
    return relative_error(gradient, _central(function, x, step / 2))


@known(MISTAKES, "a check that ignores the step it is given", "where does `step` stand in your code?")
def step_ignored(function, gradient, x, step=1e-5):
    return relative_error(gradient, _central(function, x, 1e-5))


@known(MISTAKES, "a check with a step so small that rounding decides", "in how many digits do the two losses agree?")
def step_too_small(function, gradient, x, step=1e-5):
    return relative_error(gradient, _central(function, x, 1e-14))


@known(MISTAKES, "a check in float32", "how many digits does float32 keep, and how many does the difference need?")
def single_precision(function, gradient, x, step=1e-5):
    return relative_error(gradient, _central(function, x, step, dtype=np.float32))


@known(MISTAKES, "differences in the precision of x", "what happens to x + h when x is float32 and h is 1e-5?")
def precision_of_x(function, gradient, x, step=1e-5):
    return relative_error(gradient, _central(function, x, step, dtype=x.dtype))


@known(MISTAKES, "an absolute error", "what does 1e-6 say about a gradient of 1e-6, and what about one of 100?")
def absolute_error(function, gradient, x, step=1e-5):
    return float(np.linalg.norm(gradient - _central(function, x, step)))


@known(MISTAKES, "the largest absolute difference", "divided by which size does a difference say something?")
def largest_difference(function, gradient, x, step=1e-5):
    return float(np.abs(gradient - _central(function, x, step)).max())


@known(MISTAKES, "an error relative to the differences alone", "what does it give where the differences are all zero?")
def relative_to_one(function, gradient, x, step=1e-5):
    slopes = _central(function, x, step)
    size = np.linalg.norm(slopes)
    return float(np.linalg.norm(gradient - slopes) / size) if size else 0.0


@known(MISTAKES, "an error relative to the larger of the two", "which sum stands in the denominator?")
def relative_to_larger(function, gradient, x, step=1e-5):
    slopes = _central(function, x, step)
    size = max(np.linalg.norm(slopes), np.linalg.norm(gradient))
    return float(np.linalg.norm(gradient - slopes) / size) if size else 0.0


@known(MISTAKES, "the mean of the relative errors of single numbers", "what does a single tiny entry do to a mean?")
def entry_by_entry(function, gradient, x, step=1e-5):
    slopes = _central(function, x, step)
    size = np.abs(gradient) + np.abs(slopes)
    return float(np.mean(np.abs(gradient - slopes) / np.where(size == 0, 1, size)))


@known(MISTAKES, "a check that divides zero by zero", "what is the error of two gradients that are both zero?")
def zero_by_zero(function, gradient, x, step=1e-5):
    slopes = _central(function, x, step)
    size = np.float64(np.linalg.norm(gradient) + np.linalg.norm(slopes))
    return float(np.linalg.norm(gradient - slopes) / size)


@known(MISTAKES, "a check that compares two lengths", "can two different gradients have the same length?")
def lengths_compared(function, gradient, x, step=1e-5):
    one, other = np.linalg.norm(gradient), np.linalg.norm(_central(function, x, step))
    return float(abs(one - other) / (one + other)) if one + other else 0.0


@known(MISTAKES, "numbers that are moved and not put back", "where does x stand when the second number is moved?")
def not_restored(function, gradient, x, step=1e-5):
    return relative_error(gradient, _central(function, x, step, restore=False))


@known(MISTAKES, "a check that writes into the caller's x and leaves it moved", "does the caller find its x again?")
def caller_moved(function, gradient, x, step=1e-5):
    error = relative_error(gradient, _central(function, x, step))
    x += step
    return error


@known(MISTAKES, "all numbers moved at once", "which of the numbers does a change of the loss then belong to?")
def all_at_once(function, gradient, x, step=1e-5):
    point = np.array(x, dtype=np.float64)
    slope = (function(point + step) - function(point - step)) / (2 * step)
    return relative_error(gradient, np.full(point.shape, slope))


@known(MISTAKES, "a check of the first row alone", "is every number of an array of any shape moved once?")
def first_row(function, gradient, x, step=1e-5):
    return relative_error(np.asarray(gradient)[0], _central(function, x, step)[0])


@known(MISTAKES, "the differences themselves, not their error", "what is to be returned: slopes, or one number?")
def differences_returned(function, gradient, x, step=1e-5):
    return _central(function, x, step)


@known(MISTAKES, "the slopes with the wrong sign", "which of the two losses is subtracted from which?")
def sign_exchanged(function, gradient, x, step=1e-5):
    return relative_error(gradient, -_central(function, x, step))


@known(MISTAKES, "the square of the error", "is a length a sum of squares, or its root?")
def root_forgotten(function, gradient, x, step=1e-5):
    slopes = _central(function, x, step)
    size = (np.asarray(gradient) ** 2).sum() + (slopes**2).sum()
    return float(((gradient - slopes) ** 2).sum() / size) if size else 0.0
