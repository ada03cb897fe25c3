"""Initializers that a test of He's rule must accept, and those with a planted fault."""

import math

import numpy as np


def _he(shape, rng, dtype=np.float32):
    return (math.sqrt(2 / shape[0]) * rng.standard_normal(shape)).astype(dtype)


def _scaled(std):
    """He's initializer but for its standard deviation, a function of fan-in and fan-out."""

    def initializer(shape, rng, dtype=np.float32):
        return (std(*shape) * rng.standard_normal(shape)).astype(dtype)

    return initializer


def _by_normal(shape, rng, dtype=np.float32):
    return rng.normal(0, math.sqrt(2 / shape[0]), shape).astype(dtype)


def _drawn_transposed(shape, rng, dtype=np.float32):
    return np.ascontiguousarray(math.sqrt(2 / shape[0]) * rng.standard_normal(shape[::-1]).T).astype(dtype)


def _unit_by_unit(shape, rng, dtype=np.float32):
    return np.stack([rng.normal(0, math.sqrt(2 / shape[0]), shape[0]) for _ in range(shape[1])], axis=1).astype(dtype)


def _uniform(shape, rng, dtype=np.float32):
    bound = math.sqrt(6 / shape[0])  # the right variance
    return rng.uniform(-bound, bound, shape).astype(dtype)


def _shifted(shape, rng, dtype=np.float32):
    std = math.sqrt(2 / shape[0])  # the right deviation about the wrong mean
    return (std * (rng.standard_normal(shape) + 0.2)).astype(dtype)


def _turned(shape, rng, dtype=np.float32):
    return _he(shape, rng, dtype).T


def _copied_units(shape, rng, dtype=np.float32):
    return np.repeat(_he((shape[0], shape[1] // 2), rng, dtype), 2, axis=1)


def _seed_ignored(shape, rng, dtype=np.float32):
    return _he(shape, np.random.default_rng(0), dtype)


def _global_state(shape, rng, dtype=np.float32):
    return (math.sqrt(2 / shape[0]) * np.random.standard_normal(shape)).astype(dtype)


def _drawn_in_dtype(shape, rng, dtype=np.float32):
    return np.asarray(math.sqrt(2 / shape[0]) * rng.standard_normal(shape, dtype=dtype), dtype)


def _dtype_ignored(shape, rng, dtype=np.float32):
    return _he(shape, rng, np.float64)


RIGHT = {
    "he": _he,
    "normal": _by_normal,
    "rows": _drawn_transposed,
    "units": _unit_by_unit,
}
PLANTED = {
    "fan-out": _scaled(lambda n, m: math.sqrt(2 / m)),
    "LeCun": _scaled(lambda n, m: math.sqrt(1 / n)),
    "variance": _scaled(lambda n, m: 2 / n),
    "+10 %": _scaled(lambda n, m: 1.1 * math.sqrt(2 / n)),
    "uniform": _uniform,
    "mean": _shifted,
    "turned": _turned,
    "copies": _copied_units,
    "seed": _seed_ignored,
    "global": _global_state,
    "drawn": _drawn_in_dtype,
    "dtype": _dtype_ignored,
}
