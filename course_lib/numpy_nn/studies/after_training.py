"""After training: one look at the test part, an analysis of the errors, a picture, a record.

`Sealed` keeps the test part and counts who opened it; `analyse_errors` says which classes are confused and which
samples are worst; `post` checks that all of it was done.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.checklist import Item, Ticks, judged, unchecked
from course_lib.core.metrics import confusion_matrix
from course_lib.numpy_nn.network import Sequential

Floats = NDArray[np.floating[Any]]
Data = tuple[Floats, NDArray[Any]]
SETTINGS = ("sizes", "activation", "initializer", "optimizer", "rate", "batch_size", "epochs", "seed", "split")


class Sealed:
    """A part of the data that is handed out against a reason; `openings` are the reasons so far.

    Raises ValueError for parts of different length or an empty reason.
    """

    def __init__(self, x: Floats, y: NDArray[Any]) -> None:
        if len(x) != len(y):
            raise ValueError(f"x and y must have as many rows, got {len(x)} and {len(y)}")
        self._data = x, y
        self.openings: list[str] = []

    def __len__(self) -> int:
        return len(self._data[0])

    def open(self, reason: str) -> Data:
        """The part (x, y); the reason is written down."""
        if not reason.strip():
            raise ValueError("reason must say what the part is needed for, got an empty text")
        self.openings.append(reason)
        return self._data


@dataclass(frozen=True)
class ErrorAnalysis:
    """matrix (k, k): rows true, columns predicted. worst: row numbers by loss, the largest first, and their losses.

    confused: (true, predicted, count) of the largest entry off the diagonal.
    """

    matrix: NDArray[np.int64]
    worst: tuple[int, ...]
    losses: tuple[float, ...]
    confused: tuple[int, int, int]
    accuracy: float


def analyse_errors(model: Sequential, x: Floats, y: NDArray[Any], *, count: int = 10) -> ErrorAnalysis:
    """Confusion matrix and the `count` samples with the largest cross-entropy; x (n, f), y (n,) class numbers."""
    logits = np.asarray(model.forward(x), np.float64)
    shifted = logits - logits.max(axis=1, keepdims=True)
    losses = np.log(np.exp(shifted).sum(axis=1)) - shifted[np.arange(len(y)), y]
    matrix = confusion_matrix(logits.argmax(axis=1), y, logits.shape[1])
    off = matrix - np.diag(np.diag(matrix))
    true, predicted = (int(place) for place in np.unravel_index(off.argmax(), off.shape))
    worst = np.argsort(-losses, kind="stable")[:count]
    return ErrorAnalysis(
        matrix,
        tuple(int(row) for row in worst),
        tuple(float(losses[row]) for row in worst),
        (true, predicted, int(off[true, predicted])),
        float(np.trace(matrix) / len(y)),
    )


def post(
    *,
    test: Sealed | None = None,
    errors: ErrorAnalysis | None = None,
    figure: Any = None,
    settings: Mapping[str, Any] | None = None,
) -> Ticks:
    """Check that the test part was opened once, errors were analysed, predictions drawn and settings recorded.

    figure: whatever was drawn, with the attribute `axes`. settings: plain values under the names of SETTINGS at least.
    """
    return Ticks("after training", (_once(test), _analysed(test, errors), _drawn(figure), _recorded(settings)))


def _once(test: Sealed | None) -> Item:
    name = "test part used once"
    if test is None:
        return unchecked(name, "keep the test part in a Sealed, which counts")
    used = len(test.openings)
    said = f" ({'; '.join(test.openings)})" if used > 1 else ""
    return judged(name, used == 1, f"openings: {used}{said}", used)


def _analysed(test: Sealed | None, errors: ErrorAnalysis | None) -> Item:
    name = "errors analysed"
    if errors is None:
        return unchecked(name, "pass the result of analyse_errors")
    seen, wanted = int(errors.matrix.sum()), len(test) if test is not None else int(errors.matrix.sum())
    true, predicted, count = errors.confused
    sentence = (
        f"{seen} of {wanted} samples, accuracy {errors.accuracy:.3f}; most often {true} read as {predicted} ({count})"
    )
    return judged(name, seen == wanted and len(errors.worst) > 0, sentence, errors.accuracy)


def _drawn(figure: Any) -> Item:
    name = "predictions drawn"
    if figure is None:
        return unchecked(name, "pass the figure with the predictions")
    drawn = sum(1 for axis in figure.axes if axis.images or axis.lines or axis.collections or axis.patches)
    return judged(name, drawn > 0, f"a figure of {drawn} panels with something in them", drawn)


def _recorded(settings: Mapping[str, Any] | None) -> Item:
    name = "settings recorded"
    if settings is None:
        return unchecked(name, "pass the settings of the run")
    missing = [key for key in SETTINGS if key not in settings]
    try:
        json.dumps(dict(settings), allow_nan=False)
    except (TypeError, ValueError) as error:
        return judged(name, False, f"they cannot be saved as JSON: {error}", len(missing))
    told = f"missing: {', '.join(missing)}" if missing else f"{len(settings)} settings, none missing"
    return judged(name, not missing, told, len(missing))
