"""Whether a training goes as it should, as far as its history shows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.checklist import Item, Ticks, judged, unchecked
from course_lib.core.diagnosis import diagnose_curves
from course_lib.core.history import History
from course_lib.core.validation import validate_above
from course_lib.numpy_nn.network import Sequential
from course_lib.numpy_nn.train import evaluate

Data = tuple[NDArray[np.floating[Any]], NDArray[Any]]
FALL = 0.1  # the share of its start by which a training loss has to fall


def monitor(
    history: History,
    *,
    knowing_nothing: float,
    model: Sequential | None = None,
    validation: Data | None = None,
    best_loss: float | None = None,
) -> Ticks:
    """Check that both losses were watched, the training loss falls, nothing overfits and the best weights were kept.

    knowing_nothing: the loss of a constant answer, log k for k classes. With the model as it is after training and the
    validation part, the item on the best weights compares its loss with the lowest of the history; best_loss, the
    loss of a saved copy, may stand for them. Raises ValueError unless knowing_nothing is above 0.
    """
    validate_above("knowing_nothing", knowing_nothing, 0)
    train, val = _losses(history, "train"), _losses(history, "val")
    watched = judged(
        "both losses watched",
        len(train) >= 5 and len(val) == len(train),
        f"{len(train)} epochs with a training loss, {len(val)} with a validation loss",
        len(val),
    )
    if best_loss is None and model is not None and validation is not None and np.isfinite(model.parameters).all():
        best_loss = evaluate(model, validation)["loss"] if validation[1].ndim == 1 else None
    items = (watched, _finite(train, val), _falls(train), _overfit(train, val, knowing_nothing), _kept(val, best_loss))
    return Ticks("during training", items)


def _losses(history: History, split: str) -> NDArray[np.float64]:
    try:
        return history.series(split, "loss", "epoch")[1]
    except ValueError:
        return np.empty(0)


def _finite(train: NDArray[np.float64], val: NDArray[np.float64]) -> Item:
    name = "losses finite"
    values = np.concatenate([train, val])
    if not len(values):
        return unchecked(name, "no loss was recorded")
    bad = int(np.sum(~np.isfinite(values)))
    return judged(name, bad == 0, f"{bad} of {len(values)} recorded losses are NaN or infinite", bad)


def _falls(train: NDArray[np.float64]) -> Item:
    name = "training loss falls"
    if len(train) < 2 or not np.isfinite(train).all():
        return unchecked(name, "it takes two epochs with a finite training loss")
    # The median of the last three epochs: one noisy epoch is no trend.
    fall = float(1 - np.median(train[-3:]) / train[0])
    return judged(name, fall >= FALL, f"it fell by {fall:.0%} of its first epoch", fall)


def _overfit(train: NDArray[np.float64], val: NDArray[np.float64], nothing: float) -> Item:
    name = "no overfitting"
    if len(train) < 5 or len(val) != len(train) or not np.isfinite([train, val]).all():
        return unchecked(name, "it takes five epochs with both losses, all finite")
    found = diagnose_curves(train.tolist(), val.tolist(), knowing_nothing=nothing)
    sentence = f"verdict {found.verdict}: gap {found.gap:.2f}, rise {found.rise:.2f} (shares of knowing nothing)"
    return judged(name, found.verdict != "overfit", sentence, found.gap)


def _kept(val: NDArray[np.float64], best_loss: float | None) -> Item:
    name = "best weights kept"
    finite = val[np.isfinite(val)]
    if best_loss is None or not len(finite):
        return unchecked(name, "pass the model after training and the validation part")
    lowest = float(finite.min())
    holds = best_loss <= lowest * 1.001 + 1e-6
    return judged(name, holds, f"kept weights: validation loss {best_loss:.3f}, lowest {lowest:.3f}", best_loss)
