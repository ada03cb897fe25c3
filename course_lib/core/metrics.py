"""A loss as a sum and a count, and the scores of classifiers and regressions.

Shapes: n examples, k classes.
"""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from course_lib.core.validation import (
    validate_at_least,
    validate_finite,
    validate_ids,
    validate_not_empty,
    validate_same_shape,
    validate_vector,
)


@dataclass(frozen=True)
class Loss:
    """A loss as the sum over `count` elements, so that batches of unequal size add up to the right mean.

    The mean of batch means weights each example of a small last batch too much; the sum of sums over the sum
    of counts does not. `total` is a number, or a scalar tensor as long as its gradient is needed; one of NumPy's
    float16 is kept as a float, because sums of float16 end at 65,504. The start value of a sum is Loss(0.0, 0).
    Raises TypeError for a count that is not an integer, ValueError for a negative one.
    """

    total: Any
    count: int

    def __post_init__(self) -> None:
        # Said here and not in core/validation: each training step makes losses, and enters as few files as it can.
        if not isinstance(self.count, (int, np.integer)):
            raise TypeError(f"count must be a whole number of elements, got {self.count!r}")
        if self.count < 0:
            raise ValueError(f"count must be a number of elements, 0 or more, got {self.count}")
        if isinstance(self.total, np.float16):
            object.__setattr__(self, "total", float(self.total))

    @property
    def mean(self) -> Any:
        """total / count, of the type of `total`. Raises ValueError when the count is 0."""
        if self.count == 0:
            raise ValueError("the mean of a loss needs a count of at least 1, got 0")
        return self.total / self.count

    def __add__(self, other: "Loss") -> "Loss":
        """The loss over the elements of both."""
        if not isinstance(other, Loss):
            return NotImplemented
        return Loss(self.total + other.total, self.count + other.count)


class ClassScores(NamedTuple):
    """One number per class, each array of shape (k,)."""

    precision: npt.NDArray[np.float64]
    recall: npt.NDArray[np.float64]
    f1: npt.NDArray[np.float64]


def accuracy(predictions: npt.ArrayLike, labels: npt.ArrayLike) -> float:
    """The share of examples, in [0, 1], whose predicted class equals the label.

    `predictions` holds classes (n,) or scores (n, k), of which the largest counts (the first of equals);
    `labels` (n,).
    Raises TypeError for classes that are not integers, ValueError for other shapes, no examples, or NaN
    scores.
    """
    predictions, labels = np.asarray(predictions), _classes("labels", labels)
    if predictions.ndim == 2:
        if predictions.shape[1] < 2:
            raise ValueError(f"scores must have a column for each of 2 or more classes, got {predictions.shape}")
        if np.isnan(predictions).any():
            raise ValueError(f"scores must not be NaN, got {int(np.isnan(predictions).sum())} NaN")
        predictions = predictions.argmax(axis=1)  # (n, k) -> (n,)
    predicted = _classes("predictions", predictions)
    validate_same_shape("predictions", predicted, "labels", labels)
    return float((predicted == labels).mean())


def confusion_matrix(predicted: npt.ArrayLike, labels: npt.ArrayLike, classes: int) -> npt.NDArray[np.int64]:
    """How often class i (row, the label) was predicted as class j (column): counts (k, k), k = `classes`.

    `predicted` and `labels` are integers (n,) in [0, classes). Raises TypeError or ValueError if they are
    not.
    """
    validate_at_least("classes", classes, 2)
    predicted, labels = _classes("predicted", predicted), _classes("labels", labels)
    validate_same_shape("predicted", predicted, "labels", labels)
    validate_ids("predicted", predicted, classes)
    validate_ids("labels", labels, classes)
    # The pair (i, j) is written as the one number i * classes + j, so that a single count of numbers does it.
    pairs = np.bincount(labels * classes + predicted, minlength=classes**2)  # (k * k,)
    return pairs.reshape(classes, classes).astype(np.int64)


def precision_recall_f1(matrix: npt.ArrayLike) -> ClassScores:
    """Precision, recall and F1 per class, each (k,) in [0, 1], from a confusion matrix (k, k), labels as rows.

    precision = right / predicted as the class, recall = right / labelled as the class, F1 = their harmonic
    mean. 0 / 0 (a class never predicted, or without examples) counts as 0, as in scikit-learn. Raises
    ValueError unless the matrix is square and its counts are >= 0. Source: van Rijsbergen 1979, Information
    Retrieval, chapter 7.
    """
    matrix = np.asarray(matrix, dtype=np.float64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise ValueError(f"matrix must be square, got shape {matrix.shape}")
    if not (matrix >= 0).all():
        raise ValueError(f"matrix must hold counts >= 0, got {matrix.min()}")
    right = np.diagonal(matrix)  # (k,)
    predicted, labelled = matrix.sum(axis=0), matrix.sum(axis=1)  # (k,), (k,)
    return ClassScores(
        precision=_ratio(right, predicted),
        recall=_ratio(right, labelled),
        # The harmonic mean 2pr / (p + r), written with counts: defined also where p and r are both 0.
        f1=_ratio(2.0 * right, predicted + labelled),
    )


def perplexity(loss: Loss | float) -> float:
    """exp of the mean cross-entropy in nats: how many equally likely tokens would be as hard to guess.

    Takes a Loss or its mean. A mean above 709 gives infinity, NaN gives NaN: a run that diverged has no
    finite one.
    """
    mean = float(loss.mean if isinstance(loss, Loss) else loss)
    try:
        return math.exp(mean)
    except OverflowError:
        return math.inf


def r2(predictions: npt.ArrayLike, targets: npt.ArrayLike) -> float:
    """The coefficient of determination: 1 is perfect, 0 as good as the mean of the targets, below 0 worse.

    r2 = 1 - sum (target - prediction)^2 / sum (target - mean target)^2. Both are (n,) or both (n, 1).
    Raises ValueError for other shapes, no examples, NaN or infinity, or targets that are all equal.
    """
    predictions = np.asarray(predictions, dtype=np.float64)
    targets = np.asarray(targets, dtype=np.float64)
    validate_same_shape("predictions", predictions, "targets", targets)
    if targets.ndim != 1 and targets.shape[1:] != (1,):
        raise ValueError(f"targets must have shape (n,) or (n, 1), got {targets.shape}")
    validate_not_empty("targets", targets, "example")
    validate_finite("predictions", predictions)
    validate_finite("targets", targets)
    if (targets == targets.flat[0]).all():
        raise ValueError(f"targets must vary, got {targets.flat[0]} every time: r2 divides by their variance")
    residual = np.sum((targets - predictions) ** 2)
    spread = np.sum((targets - targets.mean()) ** 2)
    return float(1.0 - residual / spread)


def _ratio(part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """part / whole, and 0 where `whole` is 0."""
    return np.divide(part, whole, out=np.zeros_like(whole), where=whole > 0)


def _classes(name: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """`values` as a non-empty vector of integers."""
    array = np.asarray(values)
    validate_vector(name, array)
    validate_not_empty(name, array, "example")
    if array.dtype.kind not in "iub":
        raise TypeError(f"{name} must be integers, got {array.dtype}")
    return array.astype(np.int64)
