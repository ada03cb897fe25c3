"""Initializers with nothing but the mathematics written down.

These functions are the ones that lesson 02 derives and sheet 02 asks for. They check nothing and are written for
reading; `numpy_nn.initializers` holds their validated versions, and the tests hold the two equal. A weight matrix is
(inputs, outputs), as in y = x @ weight.
"""

import math

import numpy as np


def fan_in_and_out(shape: tuple[int, ...], layout: str) -> tuple[int, int]:
    """How many numbers each sum of a layer adds up, and in how many sums each input takes part.

    layout "course": shape (inputs, outputs), for y = x @ weight. layout "torch": shape (outputs,
    inputs) for a linear layer, (outputs, inputs, height, width) for a convolution: there the kernel
    of height * width places multiplies both fans. Returns (fan_in, fan_out).
    """
    if layout == "course":
        inputs, outputs = shape
        return inputs, outputs
    outputs, inputs, *kernel = shape
    places = math.prod(kernel)  # 1 for a linear layer, which has no kernel
    return inputs * places, outputs * places


def he_normal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """First weights of a layer that is followed by a ReLU: normal, mean 0, variance 2 / fan-in.

    shape (inputs, outputs). All random numbers come from rng. Returns float64 of that shape.
    """
    fan_in, _ = shape
    std = math.sqrt(2 / fan_in)  # the square root, because 2 / fan-in is the variance
    return std * rng.standard_normal(shape)


def glorot_uniform(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """First weights by Glorot: uniform, mean 0, variance 2 / (fan-in + fan-out).

    shape (inputs, outputs). All random numbers come from rng. Returns float64 of that shape.
    """
    fan_in, fan_out = shape
    variance = 2 / (fan_in + fan_out)
    bound = math.sqrt(3 * variance)  # uniform on +-bound has the variance bound^2 / 3
    return rng.uniform(-bound, bound, shape)


def orthogonal(shape: tuple[int, int], rng: np.random.Generator) -> np.ndarray:
    """First weights with orthonormal columns, or orthonormal rows where there are fewer rows.

    shape (inputs, outputs). All orthogonal matrices are equally likely: the signs that a QR
    decomposition leaves to chance are set by R's diagonal. All random numbers come from rng.
    Returns float64 of that shape.
    """
    fan_in, fan_out = shape
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)  # q has orthonormal columns, (max, min)
    q = q * np.sign(np.diag(r))  # one sign per column: without it q[0, 0] is never positive
    return q if fan_in >= fan_out else q.T  # orthonormal columns, or rows
