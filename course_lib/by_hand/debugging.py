"""The tools of debugging, with nothing but the idea written down.

These functions are the ones that lesson 07 derives and sheet 07 asks for. Shapes: n samples, f features, k classes.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np


def gradient_check(
    function: Callable[[np.ndarray], float], gradient: np.ndarray, x: np.ndarray, step: float = 1e-5
) -> float:
    """Relative error of a claimed gradient of function(x) against central differences.

    x (any shape) is where the gradient was taken, `gradient` (shape of x) is the claim. Each number of
    x is moved by +step and by -step, in float64 whatever the precision of x. Returns
    |claim - differences| / (|claim| + |differences|) with Euclidean lengths over all numbers: 0 for
    equal, at most 1, and 0 where both are zero. x is not changed.
    """
    point = np.array(x, dtype=np.float64)  # a copy: the caller's x stays as it is
    differences = np.zeros_like(point)
    for index in np.ndindex(point.shape):
        kept = point[index]
        point[index] = kept + step
        above = function(point)
        point[index] = kept - step
        below = function(point)
        point[index] = kept  # before the next number is moved
        differences[index] = (above - below) / (2 * step)
    scale = np.linalg.norm(gradient) + np.linalg.norm(differences)
    return 0.0 if scale == 0 else float(np.linalg.norm(gradient - differences) / scale)


def sigmoid_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, int, np.ndarray]:
    """Cross-entropy of a yes-or-no classifier, from its logits.

    logits (n,), labels (n,) of 0 and 1; p = 1 / (1 + exp(-z)) is the probability of 1. Returns the sum
    of the losses in nats, the count n, and the gradient (n,) of the mean with respect to the logits.
    Logits may be as large as 1e4 on either side: no overflow, no warning, no NaN.
    """
    small = np.exp(-np.abs(logits))  # at most 1, whatever the sign
    losses = np.maximum(logits, 0) - logits * labels + np.log1p(small)
    probabilities = np.where(logits >= 0, 1, small) / (1 + small)  # (n,)
    return float(losses.sum()), len(logits), (probabilities - labels) / len(logits)


def overfit_one_batch(
    step: Callable[[np.ndarray, np.ndarray], float],
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    size: int = 16,
    steps: int = 300,
    target: float = 0.01,
) -> int:
    """The number of steps after which a network knows one small batch by heart, or -1.

    step(x, y) makes one update on a batch and returns the loss before that update. The batch, `size`
    different rows of x (n, f) and y (n,), is drawn once and used in every one of at most `steps` steps.
    Returns how many updates were made when a loss below `target` is first returned; -1 if none is, or
    as soon as a loss is not finite.
    """
    rows = rng.choice(len(x), size, replace=False)  # one batch, drawn once
    for done in range(steps):
        loss = step(x[rows], y[rows])  # the loss after `done` updates
        if not np.isfinite(loss):
            return -1
        if loss < target:
            return done
    return -1


def first_bad_layer(layers: Sequence[Any], x: np.ndarray) -> int:
    """Where the first value that is NaN or infinite comes from: -1 the input x, k layer number k.

    layers: objects with forward(x), numbered from 0. Returns len(layers) when all values are finite.
    """
    if not np.isfinite(x).all():
        return -1
    for number, layer in enumerate(layers):
        x = layer.forward(x)
        if not np.isfinite(x).all():
            return number
    return len(layers)


def clipped(gradients: Sequence[np.ndarray], limit: float) -> list[np.ndarray]:
    """Gradients of all parameters with one common length of at most `limit`, in the direction that they have.

    The length is the Euclidean one over the numbers of all arrays together. Where it is larger than
    `limit`, every array is scaled by the same factor; otherwise they come back as they are. The arrays
    that are given are not changed. Clipping by the norm of Pascanu, Mikolov, Bengio 2013.
    """
    length = np.sqrt(sum(np.sum(gradient**2) for gradient in gradients))
    factor = limit / length if length > limit else 1.0
    return [gradient * factor for gradient in gradients]
