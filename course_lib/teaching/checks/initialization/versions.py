"""Initializers that a test of He's rule must accept, and those with a planted fault."""

import math

import numpy as np

from course_lib.teaching.exercises.kinds import planted_edits


def _he(shape, rng, dtype=np.float32):
    std = math.sqrt(2 / shape[0])
    return (std * rng.standard_normal(shape)).astype(dtype)


RIGHT = {"he": _he} | planted_edits(
    _he,
    """
    normal: by rng.normal
        std * A -> rng.normal(0, std, shape)
    rows: drawn transposed
        std * A -> np.ascontiguousarray(std * rng.standard_normal(shape[::-1]).T)
    units: drawn unit by unit
        std * A -> np.stack([rng.normal(0, std, shape[0]) for _ in range(shape[1])], axis=1)
    """,
)
PLANTED = planted_edits(
    _he,
    """
    fan-out: the other fan
        2 / shape[0] -> 2 / shape[1]
    lecun: half the variance
        2 / shape[0] -> 1 / shape[0]
    variance: the variance as the deviation
        math.sqrt(2 / shape[0]) -> 2 / shape[0]
    ten_percent_more: a tenth too large
        std = A -> std = 1.1 * A
    uniform: the right variance
        std * A -> rng.uniform(-math.sqrt(3) * std, math.sqrt(3) * std, shape)
    mean: the right deviation about the wrong mean
        rng.standard_normal(shape) -> (rng.standard_normal(shape) + 0.2)
    turned: the shape (outputs, inputs)
        return: (RESULT).T
    copies: each unit stands twice
        rng.standard_normal(shape) -> np.repeat(rng.standard_normal((shape[0], shape[1] // 2)), 2, axis=1)
    seed: one seed for all
        first: rng = np.random.default_rng(0)
    global: NumPy's global generator
        rng.standard_normal -> np.random.standard_normal
    drawn: drawn in the dtype
        rng.standard_normal(shape) -> rng.standard_normal(shape, dtype=dtype)
    dtype: always float64
        A.astype(dtype) -> A.astype(np.float64)
    """,
)
