"""Losses: how wrong a network is, and which change of its outputs would help.

Both losses return their sum and count, because a mean of means is wrong when batches differ in size, together with the
gradient of the mean. Shapes: n samples, k outputs or classes.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.metrics import Loss
from course_lib.core.validation import validate_finite, validate_same_shape
from course_lib.numpy_nn.finite import as_floats

Floats = NDArray[np.floating]
WIDE = "fdg"  # float32, float64, long double: types whose sums hold


def softmax_cross_entropy(logits: Floats, labels: NDArray[np.integer]) -> tuple[Loss, Floats]:
    """Cross-entropy of softmax(logits) against the right classes, and the gradient of its mean.

    logits (n, k), labels (n,) whole numbers in 0..k-1. Returns Loss(sum over samples in nats, n) and the gradient
    (softmax - one-hot) / n of shape (n, k) in the dtype of the logits, or in float64 for whole numbers.
    Raises ValueError for wrong shapes, no samples, a label outside 0..k-1 or a loss that is not finite, TypeError for
    logits that are no numbers.
    """
    if logits.dtype.char not in WIDE:
        value, gradient = softmax_cross_entropy(as_floats("logits", logits), labels)
        return value, gradient.astype(logits.dtype) if logits.dtype.kind == "f" else gradient
    _validate_labels(logits, labels)
    rows = np.arange(len(labels))
    # Softmax does not change when a row is shifted; with its largest logit at 0 no exponential overflows.
    shifted = logits - logits.max(axis=1, keepdims=True)  # (n, k)
    exponentials = np.exp(shifted)
    sums = exponentials.sum(axis=1, keepdims=True)  # (n, 1), at least 1
    total = float((np.log(sums[:, 0]) - shifted[rows, labels]).sum())
    if not math.isfinite(total):
        raise _not_finite("logits", logits)
    gradient = exponentials
    gradient /= sums  # softmax
    gradient[rows, labels] -= 1  # minus one-hot
    gradient /= len(labels)  # of the mean
    return Loss(total, len(labels)), gradient


def squared_error(predictions: Floats, targets: Floats) -> tuple[Loss, Floats]:
    """Squared error summed over samples and outputs, and the gradient 2 (prediction - target) / count of its mean.

    predictions and targets (n, k). Returns Loss(sum, n * k) and the gradient (n, k), in float64 for whole numbers.
    Raises ValueError for shapes that are not (n, k), different or empty, or a loss that is not finite, TypeError for
    what is no number.
    """
    if predictions.dtype.char not in WIDE or targets.dtype.kind not in "fiub":
        value, gradient = squared_error(as_floats("predictions", predictions), as_floats("targets", targets))
        return value, gradient.astype(predictions.dtype) if predictions.dtype.kind == "f" else gradient
    # (n,) against (n, 1) would broadcast to (n, n) without a word.
    validate_same_shape("predictions", predictions, "targets", targets)
    if predictions.ndim != 2 or predictions.size == 0:
        raise ValueError(f"predictions must be (n, k) with at least one value, got shape {predictions.shape}")
    difference = predictions - targets
    total = float(np.vdot(difference, difference))
    if not math.isfinite(total):
        raise _not_finite("predictions - targets", difference)
    count = predictions.size
    return Loss(total, count), difference * (2 / count)


def _validate_labels(logits: Floats, labels: NDArray[np.integer]) -> None:
    if logits.ndim != 2 or labels.shape != logits.shape[:1]:
        raise ValueError(f"logits must be (n, k) and labels (n,), got {logits.shape} and {labels.shape}")
    if logits.size == 0:
        raise ValueError(f"logits must hold at least one sample and one class, got shape {logits.shape}")
    if labels.dtype.kind not in "iu":
        raise ValueError(f"labels must be whole numbers, got dtype {labels.dtype}")
    classes = logits.shape[1]
    if labels.min() < 0 or labels.max() >= classes:
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise ValueError(f"labels must be in 0..{classes - 1} (logits have {classes} columns), got {wrong}")


def _not_finite(name: str, values: NDArray[Any]) -> ValueError:
    validate_finite(name, values)
    return ValueError(f"{name} must have a finite loss; values up to {np.abs(values).max():.3g} overflow")
