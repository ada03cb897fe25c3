"""Curvature: the largest eigenvalue of the Hessian of a loss.

The Hessian of P parameters has P x P numbers and is never made. Its product with a direction v is the change of the
gradient along v, (g(theta + h v) - g(theta - h v)) / 2h, and products are all that power iteration needs. Work in
float64: the difference of two nearly equal gradients keeps only the digits in which they differ.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.metrics import Loss
from course_lib.core.validation import validate_at_least
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import Sequential

Floats = NDArray[np.floating[Any]]
LossFunction = Callable[[Any, Any], tuple[Loss, Floats]]


@dataclass(frozen=True)
class Curvature:
    """The eigenvalue of largest magnitude, its direction (P,) of length 1, and how well they fit each other.

    residual: length of H v - value v over |value|; near 0 for an eigenvector, up to 1 for a direction that is none.
    """

    value: float
    direction: Floats
    residual: float


def full_gradient(
    model: Sequential,
    x: Floats,
    y: NDArray[Any],
    *,
    loss: LossFunction = softmax_cross_entropy,
    weight_decay: float = 0.0,
) -> tuple[float, Floats]:
    """Mean loss over x (n, inputs), y, and its gradient (P,); weight_decay / 2 * |theta|^2 is added to the loss."""
    value, gradient = loss(model.forward(x), y)
    model.backward(gradient)
    theta = model.parameters
    return value.mean + weight_decay / 2 * float(theta @ theta), model.gradients + weight_decay * theta


def curvature_along(
    model: Sequential,
    x: Floats,
    y: NDArray[Any],
    direction: Floats,
    *,
    loss: LossFunction = softmax_cross_entropy,
    weight_decay: float = 0.0,
    step: float = 1e-5,
) -> Floats:
    """Hessian of the mean loss times `direction` (P,), by a central difference of two gradients; (P,).

    `step` is the length by which the parameters move each way; they are put back exactly. Keep it small: where a ReLU
    changes sides within the step, its gradient jumps, and the jump is divided by the step.
    Raises ValueError for parameters that are not float64, another shape, or a direction of length 0.
    """
    if model.parameters.dtype != np.float64:
        raise ValueError(
            f"model must be float64, got {model.parameters.dtype}: a difference of gradients loses its digits"
        )
    if direction.shape != model.parameters.shape:
        raise ValueError(f"direction must have shape {model.parameters.shape}, got {direction.shape}")
    length = float(np.linalg.norm(direction))
    if not length > 0:
        raise ValueError(f"direction must have a length above 0, got {length}")
    kept, kept_gradients = model.parameters.copy(), model.gradients.copy()
    move = (step / length) * direction
    model.parameters[:] = kept + move
    _, above = full_gradient(model, x, y, loss=loss, weight_decay=weight_decay)
    model.parameters[:] = kept - move
    _, below = full_gradient(model, x, y, loss=loss, weight_decay=weight_decay)
    model.parameters[:] = kept
    model.gradients[:] = kept_gradients
    product: Floats = (above - below) * (length / (2 * step))
    return product


def largest_curvature(
    model: Sequential,
    x: Floats,
    y: NDArray[Any],
    *,
    loss: LossFunction = softmax_cross_entropy,
    weight_decay: float = 0.0,
    iterations: int = 50,
    tolerance: float = 1e-3,
    step: float = 1e-5,
    start: Floats | None = None,
    seed: int = 0,
) -> Curvature:
    """The eigenvalue of largest magnitude of the Hessian of the mean loss, by power iteration.

    Every multiplication stretches the part along an eigenvector by its eigenvalue, so the steepest direction takes
    over. Ends after `iterations` products, or when the residual is below `tolerance`. `start` (P,) is a first guess,
    such as the direction of a step before; else it is drawn from `seed`. Takes two gradients per iteration.
    Raises ValueError for iterations below 1 and as `curvature_along` does.
    Source: LeCun, Simard & Pearlmutter 1993 (power iteration on gradient differences).
    """
    validate_at_least("iterations", iterations, 1)
    v = np.random.default_rng(seed).standard_normal(model.parameters.shape) if start is None else start
    v = v / np.linalg.norm(v)
    for _ in range(iterations):
        product = curvature_along(model, x, y, v, loss=loss, weight_decay=weight_decay, step=step)  # H v
        value = float(v @ product)  # the curvature along v (Rayleigh quotient)
        length = float(np.linalg.norm(product))
        residual = float(np.linalg.norm(product - value * v)) / abs(value) if value else 1.0
        found = Curvature(value, v, residual)
        if residual < tolerance or length == 0:
            break
        v = product / length
    return found
