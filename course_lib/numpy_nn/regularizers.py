"""Regularizers: what is added to the gradient or done to the weights, so that a network stays simple.

`l1`, `l2`, `clip_norm` and `max_norm` make hooks for `train_mlp`: functions of a Sequential. The first three change
`model.gradients` and belong between backward and update (`on_gradient`), `max_norm` changes the weights and belongs
after it (`on_step`). Biases are neither penalised nor limited.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.by_hand import regularizers as by_hand
from course_lib.core.validation import validate_above, validate_at_least, validate_floating
from course_lib.numpy_nn.network import Sequential

Floats = NDArray[np.floating[Any]]
Hook = Callable[[Sequential], None]
SMALL, LARGE = 1e-30, 1e30  # between them a sum of squares in float32 keeps its digits
LEAST = math.sqrt(SMALL)


def l2(strength: float) -> Hook:
    """Add the gradient 2 strength w of the penalty strength * sum(w^2) over the weights.

    With SGD this shrinks a weight by the factor 1 - 2 eta strength a step; torch's weight_decay=s adds s w, without
    the 2. With Adam it is not weight decay (see AdamW). Raises ValueError unless strength >= 0.
    """
    validate_at_least("strength", strength, 0, finite=True)

    def add(model: Sequential) -> None:
        model.gradients += (2 * strength) * model.parameters * model.weight_mask

    return add


def l1(strength: float) -> Hook:
    """Add the subgradient strength * sign(w) of the penalty strength * sum(|w|) over the weights.

    Raises ValueError unless strength >= 0.
    """
    validate_at_least("strength", strength, 0, finite=True)

    def add(model: Sequential) -> None:
        model.gradients += strength * np.sign(model.parameters) * model.weight_mask

    return add


def clip_norm(limit: float) -> Hook:
    """Shorten the gradient to the Euclidean length `limit` when it is longer (Pascanu et al. 2013, alg. 1)."""
    validate_above("limit", limit, 0, finite=True)

    def clip(model: Sequential) -> None:
        clip_gradient_norm(model.gradients, limit)

    return clip


def clip_gradient_norm(gradients: Floats, limit: float) -> float:
    """Shorten `gradients` in place to the length `limit` when they are longer; returns the length before.

    Raises ValueError unless limit > 0, or when a gradient is not finite: nothing is left to save by then. TypeError for
    gradients that are whole numbers.
    """
    validate_above("limit", limit, 0, finite=True)
    validate_floating("gradients", gradients.dtype)
    squares = float(np.vdot(gradients, gradients)) if gradients.dtype.itemsize > 2 else math.inf
    # Where the squares leave the range of the type, the length may still lie well within it.
    length = math.sqrt(squares) if SMALL < squares < LARGE else float(_lengths(gradients.reshape(-1, 1))[0])
    if not math.isfinite(length):
        raise ValueError(f"gradients must have a finite length to be clipped, got {length}")
    if length > limit:
        gradients *= limit / length
    return length


def max_norm(limit: float) -> Hook:
    """Shorten the incoming weights of each unit (a column) to the length `limit` (Srivastava et al. 2014, sec. 5.1).

    Raises ValueError unless limit > 0.
    """
    validate_above("limit", limit, 0, finite=True)

    @np.errstate(over="ignore")  # squares that overflow are seen, and lengths then computed in another way
    def shorten(model: Sequential) -> None:
        exact = limit > LEAST and model.parameters.itemsize > 2
        for layer in model.linear_layers:
            squares = np.sum(layer.weight**2, axis=0)  # (outputs,)
            if exact and squares.dot(squares) < LARGE:  # the fastest look at whether one of them is too large
                layer.weight[...] = by_hand.max_norm(layer.weight, limit)
            else:
                lengths = _lengths(layer.weight)
                layer.weight *= (limit / np.maximum(lengths, limit)).astype(layer.weight.dtype)

    return shorten


def _lengths(columns: Floats) -> Floats:
    """The Euclidean length of each column of (n, m), also where squares would overflow or vanish: (m,), float64."""
    wide = columns.astype(np.float64)
    largest = np.abs(wide).max(axis=0)
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1)
    lengths: Floats = scale * np.sqrt(np.sum((wide / scale) ** 2, axis=0))
    return lengths
