"""Regularizers, with nothing but the mathematics written down.

These functions are the ones that lesson 05 derives and sheet 05 asks for; `layers.Dropout`, `regularizers` and
`optimizers` are their validated and fast versions, and the tests hold the two equal. Shapes: n samples, f features,
i inputs, o outputs.
"""

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
