"""Real data that a lesson can use without a network.

Both sets come with scikit-learn, which is imported only when one is loaded.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Dataset:
    """x (n, f) float32 and y: (n,) class numbers, or (n, 1) float32 values of a regression; names of the features."""

    x: NDArray[np.float32]
    y: NDArray[Any]
    features: tuple[str, ...]


def load_digits() -> Dataset:
    """1,797 handwritten digits of 13 writers, 8 x 8 pixels of 0..16: x (1797, 64), y (1797,) digits 0..9.

    Source: the test part of "Optical Recognition of Handwritten Digits" (Alpaydin & Kaynak 1998, UCI). The file does
    not say who wrote which digit, so that a split by writer is impossible: results on it are for known writers.
    """
    from sklearn import datasets

    data = datasets.load_digits()
    return Dataset(data.data.astype(np.float32), data.target, tuple(data.feature_names))


def load_diabetes() -> Dataset:
    """442 patients, 10 measurements in their own units, and the progression of the disease a year later, 25..346.

    x (442, 10), y (442, 1). Source: Efron et al. 2004, "Least angle regression".
    """
    from sklearn import datasets

    data = datasets.load_diabetes(scaled=False)
    return Dataset(data.data.astype(np.float32), data.target.astype(np.float32)[:, None], tuple(data.feature_names))
