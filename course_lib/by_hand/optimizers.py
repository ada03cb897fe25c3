"""Optimizers, with nothing but the mathematics written down.

These functions are the ones that lesson 03 derives and sheet 03 asks for. They check nothing, change nothing that they
are given, and keep no state: it goes in and comes out, and starts at zeros. `numpy_nn.optimizers` works in place, which
saves memory traffic; the tests hold the two equal, and both equal to torch. All arrays of one call have one shape.
"""

import numpy as np


def momentum_step(
    parameter: np.ndarray, gradient: np.ndarray, velocity: np.ndarray, lr: float, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    """One step of gradient descent with momentum; returns the new parameter and the new velocity.

    The new velocity is momentum times the old one, minus lr times gradient; the parameter moves
    by the new velocity. The inputs are not changed.
    """
    velocity = momentum * velocity - lr * gradient
    return parameter + velocity, velocity


def rate_outside_step(
    parameter: np.ndarray, gradient: np.ndarray, velocity: np.ndarray, lr: float, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    """Momentum as torch keeps it: the velocity sums gradients, and the rate multiplies it at the step.

    The same path as `momentum_step` while the rate stays the same, and another one after it changes.
    """
    velocity = momentum * velocity + gradient
    return parameter - lr * velocity, velocity


def nesterov_step(
    parameter: np.ndarray, gradient: np.ndarray, velocity: np.ndarray, lr: float, momentum: float
) -> tuple[np.ndarray, np.ndarray]:
    """One step of Nesterov momentum; returns the new parameter and the new velocity.

    The velocity changes as in `momentum_step`. The parameter moves by momentum times the NEW
    velocity, minus lr times gradient. The inputs are not changed.
    """
    change = lr * gradient
    velocity = momentum * velocity - change
    return parameter + momentum * velocity - change, velocity  # as if it looked one step ahead


def rmsprop_step(
    parameter: np.ndarray, gradient: np.ndarray, squares: np.ndarray, lr: float, alpha: float, eps: float
) -> tuple[np.ndarray, np.ndarray]:
    """One step of RMSProp; returns the new parameter and the new running mean of squared gradients.

    squares: alpha times the old mean, plus (1 - alpha) times gradient squared, entry by entry. The
    step is lr times gradient, divided by (root of the NEW squares, plus eps).
    """
    squares = alpha * squares + (1 - alpha) * gradient**2
    return parameter - lr * gradient / (np.sqrt(squares) + eps), squares


def adam_step(
    parameter: np.ndarray,
    gradient: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of Adam (Kingma & Ba 2015, algorithm 1); returns the new parameter, m and v.

    t is the number of this step, from 1. m and v are running means of gradient and gradient
    squared, entry by entry, returned as they are; the step uses them corrected for their start at
    zero. eps is added to the root of the corrected v. The inputs are not changed.
    """
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    m_hat = m / (1 - beta1**t)  # the weights of the mean sum to 1 - beta1^t
    v_hat = v / (1 - beta2**t)
    return parameter - lr * m_hat / (np.sqrt(v_hat) + eps), m, v


def adamw_step(
    parameter: np.ndarray,
    gradient: np.ndarray,
    m: np.ndarray,
    v: np.ndarray,
    t: int,
    lr: float,
    beta1: float,
    beta2: float,
    eps: float,
    weight_decay: float,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One step of AdamW (Loshchilov & Hutter 2019, algorithm 2); returns the new parameter, m and v.

    Adam's step, and apart from it a weight decay that takes the share lr * weight_decay off the
    parameter, past m and v. A parameter of one axis is a bias: it is not decayed.
    """
    m = beta1 * m + (1 - beta1) * gradient
    v = beta2 * v + (1 - beta2) * gradient**2
    m_hat = m / (1 - beta1**t)
    v_hat = v / (1 - beta2**t)
    if parameter.ndim > 1:  # weights, not biases
        parameter = (1 - lr * weight_decay) * parameter
    return parameter - lr * m_hat / (np.sqrt(v_hat) + eps), m, v
