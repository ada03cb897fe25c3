"""Early stopping: the validation value has not improved for `patience` epochs in a row."""

import math

from course_lib.core.validation import validate_at_least, validate_choice


class EarlyStopping:
    """Counts the epochs since the watched value last improved.

    To improve is to lie more than `min_delta` beyond the best value so far: below it with mode "min" (a
    loss), above it with mode "max" (an accuracy). NaN never improves and counts as a bad epoch.

    `best` and `best_epoch` describe the best epoch so far (best_epoch is None before there is one),
    `bad_epochs` counts the epochs since then, and `stop` is True from the epoch in which bad_epochs reaches
    `patience`. The weights of `best_epoch` are the caller's to keep and to restore: those of the last epoch
    are `patience` epochs past the best.

    Raises ValueError unless patience >= 1, min_delta >= 0 and mode is "min" or "max".
    Source: Goodfellow, Bengio & Courville 2016, Deep Learning, algorithm 7.1.
    """

    def __init__(self, patience: int, min_delta: float = 0.0, mode: str = "min") -> None:
        validate_at_least("patience", patience, 1)
        validate_at_least("min_delta", min_delta, 0)
        validate_choice("mode", mode, ("min", "max"))
        self.patience, self.min_delta, self.mode = patience, min_delta, mode
        self.best = math.inf if mode == "min" else -math.inf
        self.best_epoch: int | None = None
        self.bad_epochs = 0

    @property
    def stop(self) -> bool:
        """Whether `patience` bad epochs in a row have passed."""
        return self.bad_epochs >= self.patience

    def update(self, value: float, epoch: int) -> bool:
        """Take note of the value measured after `epoch`; returns whether it is the best so far."""
        value = float(value)
        gain = self.best - value if self.mode == "min" else value - self.best
        improved = gain > self.min_delta
        if improved:  # a comparison with NaN is False, so NaN arrives in the other branch
            self.best, self.best_epoch, self.bad_epochs = value, epoch, 0
        else:
            self.bad_epochs += 1
        return improved
