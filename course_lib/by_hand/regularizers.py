"""Regularizers, with nothing but the mathematics written down.

These functions are the ones that lesson 05 derives and sheet 05 asks for; `layers.Dropout`, `regularizers` and
`optimizers` are their validated and fast versions, and the tests hold the two equal. Shapes: n samples, f features,
i inputs, o outputs.
"""

from typing import Any

import numpy as np


def dropout_forward(
    x: np.ndarray, p: float, rng: np.random.Generator, training: bool
) -> tuple[np.ndarray, np.ndarray | None]:
    """Inverted dropout of x (n, f): the values, and which of them were kept.

    In training every value is dropped with the probability p, independently of all others, and
    the rest is scaled so that the expected result is x. Returns y (n, f) and kept (n, f), True
    where a value passed. Out of training it returns x itself and None, and draws nothing.
    All random numbers come from rng. x is not changed.
    Raises ValueError unless 0 <= p < 1.
    """
    if not 0 <= p < 1:
        raise ValueError(f"p, the share that is dropped, must be in [0, 1), got {p}")
    if not training:
        return x, None
    kept = rng.random(x.shape) >= p  # (n, f): its own coin for every value
    y = x * kept / (1 - p)  # (1 - p) * x / (1 - p) + p * 0 = x on average
    return y, kept


def dropout_backward(gradient: np.ndarray, kept: np.ndarray | None, p: float) -> np.ndarray:
    """Gradient with respect to x, given that with respect to y of dropout_forward(x, p, ...).

    gradient (n, f); kept (n, f) is what that forward returned, or None when it was not in
    training. The inputs are not changed.
    """
    if kept is None:
        return gradient
    input_gradient: np.ndarray = gradient * kept / (1 - p)  # y is x times 0 or 1 / (1 - p)
    return input_gradient


def l2_step(
    weight: np.ndarray,
    bias: np.ndarray,
    weight_gradient: np.ndarray,
    bias_gradient: np.ndarray,
    lr: float,
    strength: float,
) -> tuple[np.ndarray, np.ndarray]:
    """One step of SGD on the loss plus strength * (sum of the squared weights).

    weight (i, o), bias (o,) and their gradients of the loss alone, without the penalty. The bias
    is not penalised. Returns the new weight and the new bias; the inputs are not changed.
    """
    penalty_gradient = 2 * strength * weight  # d/dw of strength * w^2
    new_weight = weight - lr * (weight_gradient + penalty_gradient)
    new_bias = bias - lr * bias_gradient
    return new_weight, new_bias


def max_norm(weight: np.ndarray, limit: float) -> np.ndarray:
    """The weights with every unit's incoming weights shortened to the length `limit`, where longer.

    weight (i, o): unit u has the incoming weights weight[:, u]. A unit at or below the limit, one
    of zeros too, stays as it is. Returns an array (i, o); the input is not changed.
    """
    lengths = np.sqrt((weight**2).sum(axis=0))  # (o,), one per unit
    factor = limit / np.maximum(lengths, limit)  # 1 where it is short enough
    shortened: np.ndarray = weight * factor
    return shortened


def dropout_passes(layer: Any) -> bool:
    """Whether a layer is inverted dropout, as far as forward and backward can tell.

    layer.p is the share that it drops; layer.forward(x, training=True) and layer.backward(gradient)
    work on arrays (n, f). Returns True when both do what dropout does, False when not.
    What depends on chance is judged on so many values that a right layer is refused with a
    probability below 1e-6.
    """
    x = np.random.default_rng(0).uniform(0.5, 1.5, (200, 200))  # no zeros: what is 0 afterwards was dropped
    slope = np.random.default_rng(1).standard_normal(x.shape)
    y = layer.forward(x, training=True)
    kept = y != 0
    factor = kept / (1 - layer.p)  # what dropout multiplies x and the gradient by
    if not np.allclose(y, x * factor, rtol=1e-5) or not np.allclose(layer.backward(slope), slope * factor, rtol=1e-5):
        return False
    deviation = np.sqrt(layer.p * (1 - layer.p))  # of one coin; that of a mean of n coins is 1 / sqrt(n) of it
    if abs(kept.mean() - (1 - layer.p)) > 5 * deviation / 200:  # 40,000 coins
        return False
    for axis in (0, 1):  # coins that are shared make the shares of rows, or of columns, differ more
        if kept.mean(axis=axis).std() > 1.3 * deviation / np.sqrt(200):
            return False
    if layer.p > 0 and np.array_equal(kept, layer.forward(x, training=True) != 0):
        return False
    return np.array_equal(layer.forward(x), x) and np.allclose(layer.backward(slope), slope)
