"""The steepest curvature from gradients alone: its cases and its known mistakes."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from course_lib.by_hand.curvature import largest_eigenvalue
from course_lib.teaching.exercises.kinds import implement

_RNG = np.random.default_rng(4)


def _case(eigenvalues: Sequence[float], bend: float, iterations: int, step: float) -> tuple[Any, ...]:
    """A loss whose Hessian at the point has these eigenvalues; `bend` changes it along the way."""
    size = len(eigenvalues)
    basis, _ = np.linalg.qr(_RNG.standard_normal((size, size)))
    hessian = basis @ np.diag(eigenvalues) @ basis.T
    point, slope, bends = _RNG.standard_normal(size), _RNG.standard_normal(size), bend * _RNG.standard_normal(size)

    def gradient(theta: np.ndarray) -> np.ndarray:
        away = theta - point
        return slope + hessian @ away + bends * away**2  # the square is even: a central difference does not see it

    return gradient, point, 3 * _RNG.standard_normal(size), iterations, step


def _far_from_square(theta: np.ndarray) -> np.ndarray:
    """The eigenvalues are 8, 0 and 0 at 0; a step that is not short sees the cube more than them."""
    return np.array([8 * theta[0], theta[1] ** 3, 0 * theta[2]])


LARGEST_EIGENVALUE = implement(
    "largest_eigenvalue: The steepest curvature, from gradients alone | difficulty 3, 20 minutes",
    largest_eigenvalue,
    cases=(
        _case([5.0, 1.5, 0.2, -0.5], 0.8, 60, 0.1),
        _case([-7.0, 2.0, 1.0], 0.5, 60, 0.05),  # the steepest curvature is negative
        _case([0.6, 0.1, -0.05, 0.0, 0.02], 0.3, 60, 0.2),
        (_far_from_square, np.zeros(3), np.array([300.0, 400.0, 0.0]), 2, 0.0078125),  # a long start
        _case([3.0, -2.0, 1.0], 0.5, 3, 0.25),  # few iterations: the direction has not come to rest
    ),
    right="""
    read_at_the_end: the curvature read once, after the iterations
        drop: value = v @ product
        return: v @ (gradient(theta + step * v) - gradient(theta - step * v)) / (2 * step)
    quotient: the Rayleigh quotient, divided by v @ v
        v @ product -> (v @ product) / (v @ v)
    """,
    wrong="""
    length: the length of the product, which has no sign | what is the curvature of a hill, seen from its top?
        v @ product -> np.linalg.norm(product)
    one_sided: a one-sided difference | which error has (g(theta + h v) - g(theta)) / h where the Hessian changes?
        (A - gradient(B)) / (2 * step) -> (A - gradient(theta)) / step
    step_not_doubled: twice the curvature | how far apart are theta + h v and theta - h v?
        2 * step -> step
    not_divided: a difference that is not divided by the step | does your result change when `step` is halved?
        A / (2 * step) -> A
    divided_twice: a difference divided by the step twice | does your result change when `step` is halved?
        2 * step -> 2 * step**2
    start_kept: a direction that is never changed | what is v in the second iteration?
        drop: v = product / A
    once: a single iteration | how often is the direction multiplied by the Hessian?
        iterations -> 2
    not_normalised: a product that is not brought back to length 1 | how long is the direction after 60 products?
        product / np.linalg.norm(product) -> product
    gradient_for_product: the gradient in place of the Hessian times v
        | does g(theta + h v) vanish when v has no curvature?
        (A - B) / (2 * step) -> A
    added: a sum of two gradients | which of the two is taken off?
        gradient(A) - gradient(B) -> gradient(A) + gradient(B)
    turned: a curvature with its sign turned round | which gradient is taken off from which?
        return: -RESULT
    as_limit: the limit 2 / curvature | is it the curvature that is asked for, or the largest rate?
        return: 2 / RESULT
    at_zero: the curvature at 0, not at theta | at which point are the two gradients taken?
        first: theta = 0 * theta
    first_entry: the ratio of the first entries of the product and of v
        | after few iterations, is every entry stretched by the same factor?
        v @ product -> product[0] / v[0]
    summed: the sum of the product | along which direction do you measure the curvature?
        v @ product -> product.sum()
    """,
    equivalent="""
    for _ in range(iterations): -> for _ in range(iterations + 1): | one more round of what has converged
    v @ product -> product @ v | the inner product of two vectors has no order
    """,
    hints="""
    Bring the direction to length 1 before every product, or `step` is not the step.
    The product of the Hessian with v: gradient a step ahead minus gradient a step behind, over the distance.
    For a direction of length 1 the curvature along it is v @ product. Its sign counts.
    """,
    not_tested="two eigenvalues of nearly equal size, for which the iteration is slow",
    fade=("product =", "value =", "v = product"),
)
