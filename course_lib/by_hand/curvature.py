"""Power iteration on gradients, with nothing but the mathematics written down.

Lesson 04 shows it and sheet 04 asks for it; `curvature.largest_curvature` is the validated version for networks.
"""

from collections.abc import Callable

import numpy as np


def largest_eigenvalue(
    gradient: Callable[[np.ndarray], np.ndarray], theta: np.ndarray, start: np.ndarray, iterations: int, step: float
) -> float:
    """The eigenvalue of largest magnitude, with its sign, of the Hessian of a loss at theta (P,).

    gradient: theta (P,) -> gradient of the loss (P,). The Hessian is never made: its product with a
    direction of length 1 is the central difference of two gradients, `step` to either side.
    start (P,) is the first direction, of any length. The inputs are not changed.
    """
    v = start / np.linalg.norm(start)
    for _ in range(iterations):
        product = (gradient(theta + step * v) - gradient(theta - step * v)) / (2 * step)  # Hessian times v
        value = v @ product  # the curvature along v
        v = product / np.linalg.norm(product)  # stretched most along the steepest direction
    return float(value)
