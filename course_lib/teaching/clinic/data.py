"""The data of the clinic's runs, when nothing is wrong with them."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_digits

Array = np.ndarray
Data = tuple[Array, Array]


@dataclass(frozen=True)
class Parts:
    """The data of a run: train, validation and fresh samples, which stand for the data of next week."""

    train: Data
    validation: Data
    fresh: Data


@lru_cache(maxsize=8)
def standardized(seed: int) -> Parts:
    """The digits as they should be: split, then standardized by the training part."""
    raw = raw_pixels(seed)
    scale = Standardizer.fit(raw.train[0])
    train, validation, fresh = ((scale.transform(x), y) for x, y in (raw.train, raw.validation, raw.fresh))
    return Parts(train, validation, fresh)


@lru_cache(maxsize=8)
def raw_pixels(seed: int) -> Parts:
    """The digits with pixels from 0 to 16."""
    digits = load_digits()
    split = split_indices(digits.y, seed=seed)
    return Parts(*((digits.x[rows], digits.y[rows]) for rows in (split.train, split.validation, split.test)))
