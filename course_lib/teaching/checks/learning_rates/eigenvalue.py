"""Does power iteration find the steepest curvature, and its sign? The check of largest_eigenvalue."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_curvature import largest_eigenvalue
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_RNG = np.random.default_rng(4)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _loss_with(eigenvalues: list[float], bend: float) -> tuple[Any, np.ndarray]:
    """A gradient whose Hessian at the returned point has these eigenvalues; `bend` changes it along the way."""
    size = len(eigenvalues)
    basis, _ = np.linalg.qr(_RNG.standard_normal((size, size)))
    hessian = basis @ np.diag(eigenvalues) @ basis.T
    point, slope, bends = _RNG.standard_normal(size), _RNG.standard_normal(size), bend * _RNG.standard_normal(size)

    def gradient(theta: np.ndarray) -> np.ndarray:
        away = theta - point
        return slope + hessian @ away + bends * away**2  # the square is even: a central difference does not see it

    return gradient, point


def _case(eigenvalues: list[float], bend: float, iterations: int, step: float) -> tuple[Any, ...]:
    gradient, point = _loss_with(eigenvalues, bend)
    return gradient, point, 3 * _RNG.standard_normal(len(point)), iterations, step


_CASES = (
    _case([5.0, 1.5, 0.2, -0.5], 0.8, 60, 0.1),
    _case([-7.0, 2.0, 1.0], 0.5, 60, 0.05),  # the steepest curvature is negative
    _case([0.6, 0.1, -0.05, 0.0, 0.02], 0.3, 60, 0.2),
)


def _differences(gradient, theta, v, step):
    return (gradient(theta + step * v) - gradient(theta - step * v)) / (2 * step)


def _power(gradient, theta, start, iterations, step, *, product=_differences, read=lambda v, p: v @ p, keep=None):
    """The right rule; each known mistake replaces one of its parts."""
    v = start / np.linalg.norm(start)
    value = 0.0
    for _ in range(iterations):
        p = product(gradient, theta, v, step)
        value = read(v, p)
        v = keep(v, p) if keep else p / np.linalg.norm(p)
    return float(value)


@also_right(_RIGHT, "the curvature read once, after the iterations")
def read_at_the_end(gradient, theta, start, iterations, step):
    v = start.copy()
    for _ in range(iterations):
        v = v / np.linalg.norm(v)
        v = gradient(theta + step * v) - gradient(theta - step * v)
    v = v / np.linalg.norm(v)
    return v @ _differences(gradient, theta, v, step)


@also_right(_RIGHT, "the Rayleigh quotient, divided by v @ v")
def quotient(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, iterations, step, read=lambda v, p: (v @ p) / (v @ v))


@known(_WRONG, "the length of the product, which has no sign", "what is the curvature of a hill, seen from its top?")
def length(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, iterations, step, read=lambda v, p: np.linalg.norm(p))


@known(_WRONG, "a one-sided difference", "which error has (g(theta + h v) - g(theta)) / h where the Hessian changes?")
def one_sided(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, iterations, step, product=lambda g, t, v, h: (g(t + h * v) - g(t)) / h)


@known(_WRONG, "twice the curvature", "how far apart are theta + h v and theta - h v?")
def step_not_doubled(gradient, theta, start, iterations, step):
    return 2 * _power(gradient, theta, start, iterations, step)


@known(_WRONG, "a difference that is not divided by the step", "does your result change when `step` is halved?")
def not_divided(gradient, theta, start, iterations, step):
    return 2 * step * _power(gradient, theta, start, iterations, step)


@known(_WRONG, "a difference divided by the step twice", "does your result change when `step` is halved?")
def divided_twice(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, iterations, step) / step


@known(_WRONG, "a direction that is never changed", "what is v in the second iteration?")
def start_kept(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, iterations, step, keep=lambda v, p: v)


@known(_WRONG, "a single iteration", "how often is the direction multiplied by the Hessian?")
def once(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, 2, step)


@known(_WRONG, "a product that is not brought back to length 1", "how long is the direction after 60 products?")
def not_normalised(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, iterations, step, keep=lambda v, p: p)


@known(_WRONG, "the gradient in place of the Hessian times v", "does g(theta + h v) vanish when v has no curvature?")
def gradient_for_product(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, iterations, step, product=lambda g, t, v, h: g(t + h * v))


@known(_WRONG, "a sum of two gradients", "which of the two is taken off?")
def added(gradient, theta, start, iterations, step):
    return _power(
        gradient,
        theta,
        start,
        iterations,
        step,
        product=lambda g, t, v, h: (g(t + h * v) + g(t - h * v)) / (2 * h),
    )


@known(_WRONG, "a curvature with its sign turned round", "which gradient is taken off from which?")
def turned(gradient, theta, start, iterations, step):
    return -_power(gradient, theta, start, iterations, step)


@known(_WRONG, "the limit 2 / curvature", "is it the curvature that is asked for, or the largest rate?")
def as_limit(gradient, theta, start, iterations, step):
    return 2 / _power(gradient, theta, start, iterations, step)


@known(_WRONG, "the curvature at 0, not at theta", "at which point are the two gradients taken?")
def at_zero(gradient, theta, start, iterations, step):
    return _power(gradient, 0 * theta, start, iterations, step)


@known(_WRONG, "the sum of the product", "along which direction do you measure the curvature?")
def summed(gradient, theta, start, iterations, step):
    return _power(gradient, theta, start, iterations, step, read=lambda v, p: p.sum())


def _sign(seen: Any, right: Any) -> str | None:
    own, rule = seen["case 2"]["result"], right["case 2"]["result"]
    return f"case 2 has the eigenvalues -7, 2 and 1; you give {own:.3g}" if not np.isclose(own, rule) else None


LARGEST_EIGENVALUE = Exercise(
    slug="largest_eigenvalue",
    title="The steepest curvature, from gradients alone",
    kind="implement",
    core=False,
    difficulty=3,
    minutes=20,
    reference=largest_eigenvalue,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("a negative curvature", _sign),),
    hints=(
        "Bring the direction to length 1 before every product, or `step` is not the step.",
        "The product of the Hessian with v: gradient a step ahead minus gradient a step behind, over the distance.",
        "For a direction of length 1 the curvature along it is v @ product. Its sign counts.",
    ),
    not_tested="two eigenvalues of nearly equal size, for which the iteration is slow",
    fade=("product =", "value =", "v = product"),
    indistinguishable=all_the_same(_RIGHT),
)
