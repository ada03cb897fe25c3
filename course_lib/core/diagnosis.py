"""What the two loss curves of a run say about it.

The rule of lesson 01, in numbers. It needs one outside fact: the loss of knowing nothing (log of the number of classes
for cross-entropy, the variance of the targets for a squared error), without which "high" has no meaning.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from course_lib.core.validation import validate_above


@dataclass(frozen=True)
class Diagnosis:
    """verdict: "underfit", "overfit", "still learning" or "ideal"; the other fields are what it was read from.

    Shares of the loss of knowing nothing: train and validation (at the end), gap (validation - train), rise (of the
    validation loss above its lowest value) and fall (of the training loss over the last fifth of the run).
    """

    verdict: str
    train: float
    validation: float
    gap: float
    rise: float
    fall: float


def diagnose_curves(
    train: Sequence[float],
    validation: Sequence[float],
    *,
    knowing_nothing: float,
    high: float = 0.25,
    wide: float = 0.2,
    risen: float = 0.03,
    falling: float = 0.03,
) -> Diagnosis:
    """Classify a run by its losses per epoch (equal length, at least 5).

    In this order. Overfit: the gap is above `wide`, or the validation loss has risen by more than `risen` above its
    lowest value. Still learning: the training loss fell by more than `falling` over the last fifth. Underfit: the
    training loss ends above `high`. Otherwise: ideal. All limits are shares of `knowing_nothing`; they are choices
    that fit small classifiers, not constants of nature.
    Raises ValueError for curves of different length, below 5 epochs or with values that are not finite, or when
    knowing_nothing is not above 0.
    """
    losses = np.asarray(train, float), np.asarray(validation, float)
    if losses[0].shape != losses[1].shape or losses[0].ndim != 1 or len(losses[0]) < 5:
        raise ValueError(
            "train and validation must be curves of equal length with at least 5 epochs, "
            f"got shapes {losses[0].shape} and {losses[1].shape}"
        )
    if not (np.isfinite(losses[0]).all() and np.isfinite(losses[1]).all()):
        raise ValueError("train and validation must be finite; a run with NaN has diverged and needs no rule")
    validate_above("knowing_nothing", knowing_nothing, 0)
    shares_train, shares_validation = (curve / knowing_nothing for curve in losses)
    window = max(1, len(shares_train) // 5)
    gap = float(shares_validation[-1] - shares_train[-1])
    rise = float(shares_validation[-1] - shares_validation.min())
    fall = float(shares_train[-window - 1] - shares_train[-1])
    if gap > wide or rise > risen:
        verdict = "overfit"
    elif fall > falling:
        verdict = "still learning"
    elif shares_train[-1] > high:
        verdict = "underfit"
    else:
        verdict = "ideal"
    return Diagnosis(verdict, float(shares_train[-1]), float(shares_validation[-1]), gap, rise, fall)
