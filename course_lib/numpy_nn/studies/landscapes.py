"""Surfaces on which an optimizer can be watched step by step.

Functions of two parameters, each with its gradient in closed form, and `follow`, which lets any optimizer of
`optimizers` walk on one of them. Shapes: a point is (2,), a path (steps + 1, 2).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.validation import validate_above, validate_at_least
from course_lib.numpy_nn.optimizers import Optimizer

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True)
class Landscape:
    """`value` of points (..., 2) -> (...), `gradient` of one point (2,) -> (2,), and where paths start."""

    name: str
    value: Callable[[Floats], Floats]
    gradient: Callable[[Floats], Floats]
    start: tuple[float, float]


def ravine(steepness: float = 100.0) -> Landscape:
    """f = (a^2 + steepness b^2) / 2: curvature 1 along a and `steepness` along b. The minimum is (0, 0).

    Raises ValueError unless steepness > 0.
    """
    validate_above("steepness", steepness, 0)
    curvature = np.array([1.0, steepness])
    return Landscape(
        "ravine", lambda p: 0.5 * (p * p * curvature).sum(axis=-1), lambda p: curvature * p, start=(-10.0, 1.0)
    )


def saddle(height: float = 1e-3) -> Landscape:
    """f = a^2 / 2 - b^2 / 2 + b^4 / 4: a saddle at (0, 0), minima of -1/4 at (0, 1) and (0, -1).

    Paths start `height` beside the ridge b = 0, from which every gradient points at the saddle.
    """
    return Landscape(
        "saddle",
        lambda p: 0.5 * p[..., 0] ** 2 - 0.5 * p[..., 1] ** 2 + 0.25 * p[..., 1] ** 4,
        lambda p: np.array([p[0], p[1] ** 3 - p[1]]),
        start=(-1.5, height),
    )


def noisy(landscape: Landscape, std: float, rng: np.random.Generator) -> Landscape:
    """The same surface, whose gradients carry normal noise of standard deviation `std` in each coordinate.

    Raises ValueError unless std >= 0.
    """
    validate_at_least("std", std, 0)

    def gradient(p: Floats) -> Floats:
        return np.asarray(landscape.gradient(p) + std * rng.standard_normal(p.shape))

    return Landscape(f"noisy {landscape.name}", landscape.value, gradient, landscape.start)


def follow(
    optimizer: Optimizer,
    landscape: Landscape,
    steps: int,
    *,
    start: tuple[float, float] | None = None,
    schedule: Callable[[int], float] = lambda step: 1.0,
) -> Floats:
    """The path of `optimizer` over `steps` steps, (steps + 1, 2) with the start; the rate of a step as in training.

    Raises ValueError unless steps >= 1.
    """
    validate_at_least("steps", steps, 1)
    point = np.array(landscape.start if start is None else start, dtype=np.float64)
    path = np.empty((steps + 1, 2))
    path[0] = point
    for step in range(steps):
        optimizer.step(point, landscape.gradient(point), schedule(step))
        path[step + 1] = point
    return path
