"""Snapshots: how good a network was after each epoch, on data that training did not watch.

`Snapshots` is a hook that keeps the parameters at the end of every epoch; `score_curve` scores them afterwards on any
data, so that validation and test curves of one run can be compared without training it twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.validation import validate_at_least
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import Sequential

Floats = NDArray[np.floating[Any]]


class Snapshots:
    """An on_step hook for `train_mlp`: copies the parameters after every `steps`-th step, once per epoch.

    `kept` holds the copies in order. Raises ValueError unless steps >= 1.
    """

    def __init__(self, steps: int) -> None:
        validate_at_least("steps", steps, 1)
        self.steps, self.count = steps, 0
        self.kept: list[Floats] = []

    def __call__(self, model: Sequential) -> None:
        """Count one step; at the end of an epoch keep a copy."""
        self.count += 1
        if self.count % self.steps == 0:
            self.kept.append(model.parameters.copy())


@dataclass(frozen=True)
class Curve:
    """Scores after each of e epochs, (e,) each: mean loss in nats, accuracy, mean probability of the chosen class."""

    loss: Floats
    accuracy: Floats
    confidence: Floats


def score_curve(model: Sequential, snapshots: Sequence[Floats], data: tuple[Floats, NDArray[Any]]) -> Curve:
    """Score every snapshot of `model` on data = (x (n, inputs), class numbers (n,)), with dropout off.

    The model has its own parameters again afterwards. Raises ValueError for no snapshots.
    """
    if not len(snapshots):
        raise ValueError("snapshots must hold the parameters of at least one epoch, got none")
    x, y = np.asarray(data[0], model.parameters.dtype), np.asarray(data[1])
    own, rows = model.parameters.copy(), []
    for parameters in snapshots:
        model.parameters[:] = parameters
        logits = model.forward(x)  # (n, k)
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))  # 1 for the chosen class
        right = float(np.mean(logits.argmax(axis=1) == y))
        rows.append((softmax_cross_entropy(logits, y)[0].mean, right, float(np.mean(1 / odds.sum(axis=1)))))
    model.parameters[:] = own
    return Curve(*np.array(rows).T)
