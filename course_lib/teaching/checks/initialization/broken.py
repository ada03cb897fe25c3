"""What somebody wrote in place of He's initializer: the broken run of lesson 02, shown after it has been read."""

import math

import numpy as np
from numpy.typing import DTypeLike


def somebodys_initializer(
    shape: tuple[int, int], rng: np.random.Generator, dtype: DTypeLike = np.float32
) -> np.ndarray:
    """First weights (inputs, outputs) for a ReLU layer, as somebody understood the rule."""
    return (math.sqrt(2 / shape[1]) * rng.standard_normal(shape)).astype(dtype)
