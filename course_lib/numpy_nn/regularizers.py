"""What is added to the gradient, or done to the weights, so that a network stays simple?

`l1`, `l2`, `clip_norm` and `max_norm` make hooks for `train_mlp`: functions of a Sequential. The first three change
`model.gradients` and belong between backward and update (`on_gradient`), `max_norm` changes the weights and belongs
after it (`on_step`). Biases are neither penalised nor limited.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.numpy_nn.network import Sequential

Floats = NDArray[np.floating[Any]]
Hook = Callable[[Sequential], None]


def l2(strength: float) -> Hook:
    """Add the gradient 2 strength w of the penalty strength * sum(w^2) over the weights.

    With SGD this shrinks a weight by the factor 1 - 2 eta strength a step; torch's weight_decay=s adds s w, without
    the 2. With Adam it is not weight decay (see AdamW). Raises ValueError unless strength >= 0.
    """
    _at_least_zero(strength)

    def add(model: Sequential) -> None:
        model.gradients += (2 * strength) * model.parameters * model.weight_mask

    return add


def l1(strength: float) -> Hook:
    """Add the subgradient strength * sign(w) of the penalty strength * sum(|w|) over the weights.

    Raises ValueError unless strength >= 0.
    """
    _at_least_zero(strength)

    def add(model: Sequential) -> None:
        model.gradients += strength * np.sign(model.parameters) * model.weight_mask

    return add


def clip_norm(limit: float) -> Hook:
    """Shorten the gradient to the Euclidean length `limit` when it is longer (Pascanu et al. 2013, alg. 1)."""
    _above_zero("limit", limit)

    def clip(model: Sequential) -> None:
        clip_gradient_norm(model.gradients, limit)

    return clip


def clip_gradient_norm(gradients: Floats, limit: float) -> float:
    """Shorten `gradients` in place to the length `limit` when they are longer; returns the length before.

    Raises ValueError unless limit > 0, or when the length is not finite: nothing is left to save by then.
    """
    _above_zero("limit", limit)
    length = math.sqrt(float(np.vdot(gradients, gradients)))
    if not math.isfinite(length):
        raise ValueError(f"gradients must have a finite length to be clipped, got {length}")
    if length > limit:
        gradients *= limit / length
    return length


def max_norm(limit: float) -> Hook:
    """Shorten the incoming weights of each unit (a column) to the length `limit` (Srivastava et al. 2014, sec. 5.1).

    Raises ValueError unless limit > 0.
    """
    _above_zero("limit", limit)

    def shorten(model: Sequential) -> None:
        for layer in model.linear_layers:
            lengths = np.sqrt(np.sum(layer.weight**2, axis=0))  # (outputs,)
            layer.weight *= limit / np.maximum(lengths, limit)

    return shorten


def _at_least_zero(strength: float) -> None:
    if not (math.isfinite(strength) and strength >= 0):
        raise ValueError(f"strength must be a finite number of at least 0, got {strength}")


def _above_zero(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise ValueError(f"{name} must be a finite number above 0, got {value}")
