"""What goes on inside a network, in numbers that can be compared: the instruments of every lesson.

Arrays in, numbers out, so that the same instruments serve the NumPy networks (`numpy_nn.instruments` collects the
arrays) and the torch models (hooks in `training`). Shapes: n samples, u units.
"""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.validation import validate_same_shape

Array = NDArray[Any]


@dataclass(frozen=True)
class Moments:
    """Mean, standard deviation and root mean square of an array, its largest magnitude, its share of exact zeros."""

    mean: float
    std: float
    rms: float
    largest: float
    zeros: float


@dataclass(frozen=True)
class LayerStats:
    """One layer on one batch: its output, the gradient of the loss with respect to that output, and dead units.

    name: place and type, "1 ReLU". dead: share of units that are 0 for the whole batch. activations: the output itself,
    (n, units), for histograms.
    """

    name: str
    output: Moments
    gradient: Moments
    dead: float
    activations: Array


def moments(values: Array) -> Moments:
    """Moments over all elements, computed in float64. NaN and infinity show in the result: nothing is left out.

    Raises ValueError for an empty array.
    """
    x = _filled("values", values)
    with np.errstate(over="ignore", invalid="ignore"):
        return Moments(
            mean=float(x.mean()),
            std=float(x.std()),
            rms=float(np.sqrt(np.mean(x * x))),
            largest=float(np.abs(x).max()),
            zeros=float(np.mean(x == 0)),
        )


def dead_share(activations: Array) -> float:
    """Share of units that are 0 for every one of the n samples (n, u): units of a ReLU layer that get no gradient.

    Raises ValueError unless (n, u) with both at least 1.
    """
    x = _filled("activations", activations)
    if x.ndim != 2:
        raise ValueError(f"activations must be (n, u), got shape {x.shape}")
    return float(np.mean((x == 0).all(axis=0)))


def saturated_share(activations: Array, *, low: float = -0.99, high: float = 0.99) -> float:
    """Share of values at or beyond `low` or `high`, where the derivative is next to nothing.

    The defaults are for tanh; for a sigmoid take low=0.01, high=0.99. Raises ValueError unless low < high.
    """
    if not low < high:
        raise ValueError(f"low must be below high, got {low} and {high}")
    x = _filled("activations", activations)
    return float(np.mean((x <= low) | (x >= high)))


def update_ratio(before: Array, after: Array) -> float:
    """Length of the change divided by the length of the parameters before it; near 1e-3 in many healthy runs.

    Infinite for a change of parameters that were all 0. Raises ValueError for different shapes.
    """
    old, new = _filled("before", before), _filled("after", after)
    validate_same_shape("before", old, "after", new)
    change, length = float(np.linalg.norm(new - old)), float(np.linalg.norm(old))
    if length == 0:
        return math.inf if change > 0 else 0.0
    return change / length


def _filled(name: str, values: Array) -> NDArray[np.float64]:
    x = np.asarray(values, np.float64)
    if x.size == 0:
        raise ValueError(f"{name} must hold at least one value, got shape {x.shape}")
    return x
