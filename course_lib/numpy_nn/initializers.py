"""Initializers: (shape, rng, dtype) -> weights.

Every initializer is a function (shape, rng, dtype) -> weights of shape (inputs, outputs). The inputs of a unit are its
fan-in, the units of the layer are the fan-out. Lesson 02 derives the variances.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from course_lib.by_hand import initializers as by_hand
from course_lib.core.validation import validate_above, validate_floating

Weights = NDArray[np.floating]
Initializer = Callable[[tuple[int, int], np.random.Generator, DTypeLike], Weights]


def zeros(shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Weights:
    """All weights 0: right for biases, wrong for hidden weights, whose gradients it makes zero or identical."""
    _fans(shape)
    return np.zeros(shape, _floating(dtype))


def normal(std: float) -> Initializer:
    """An initializer with weights from N(0, std^2), whatever the shape: the naive choice.

    Raises ValueError unless std is a finite number above 0.
    """
    validate_above("std", std, 0, finite=True)

    def initializer(shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Weights:
        return _gaussian(shape, std, rng, dtype)

    return initializer


def lecun_normal(shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Weights:
    """Variance 1 / fan-in: keeps the variance of a linear layer's output equal to its input's (LeCun et al. 1998)."""
    fan_in, _ = _fans(shape)
    return _gaussian(shape, math.sqrt(1 / fan_in), rng, dtype)


def glorot_normal(shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Weights:
    """Variance 2 / (fan-in + fan-out): a compromise between forward and backward (Glorot & Bengio 2010, eq. 12)."""
    fan_in, fan_out = _fans(shape)
    return _gaussian(shape, math.sqrt(2 / (fan_in + fan_out)), rng, dtype)


def glorot_uniform(shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Weights:
    """Glorot's variance, uniform on +-sqrt(6 / (fan-in + fan-out)) (Glorot & Bengio 2010, eq. 16)."""
    return by_hand.glorot_uniform(_fans(shape), rng).astype(_floating(dtype))


def he_normal(shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Weights:
    """Variance 2 / fan-in: makes up for the half of the signal that a ReLU sets to zero (He et al. 2015, eq. 10)."""
    # Drawn in float64 and rounded: the same seed then gives the same network in both precisions.
    return by_hand.he_normal(_fans(shape), rng).astype(_floating(dtype))


def he_uniform(shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Weights:
    """He's variance from a uniform distribution on +-sqrt(6 / fan-in) (He et al. 2015)."""
    fan_in, _ = _fans(shape)
    return _uniform(shape, math.sqrt(6 / fan_in), rng, dtype)


def orthogonal(shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32) -> Weights:
    """Orthonormal rows or columns, whichever are fewer (Saxe et al. 2014): a square matrix keeps every length."""
    # Uniform over orthogonal matrices, because the signs that QR leaves open are taken out (Mezzadri 2007).
    return np.ascontiguousarray(by_hand.orthogonal(_fans(shape), rng)).astype(_floating(dtype))


def _gaussian(shape: tuple[int, int], std: float, rng: np.random.Generator, dtype: DTypeLike) -> Weights:
    _fans(shape)
    # In float64, then rounded, as above.
    return (std * rng.standard_normal(shape)).astype(_floating(dtype))


def _uniform(shape: tuple[int, int], bound: float, rng: np.random.Generator, dtype: DTypeLike) -> Weights:
    return rng.uniform(-bound, bound, shape).astype(_floating(dtype))


def _floating(dtype: DTypeLike) -> np.dtype[Any]:
    found = np.dtype(dtype)
    validate_floating("dtype", found, ": weights below 1 would all be 0")
    return found


def _fans(shape: tuple[int, int]) -> tuple[int, int]:
    if len(shape) != 2 or min(shape) < 1:
        raise ValueError(f"shape must be (inputs, outputs) with both at least 1, got {shape}")
    return shape
