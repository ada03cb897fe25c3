"""Five small trainings, four of them with a fault, and what instruments say of each. A function of fixed seeds."""

from dataclasses import dataclass

import numpy as np

from course_lib.numpy_nn.data import split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.layers import Dropout, Linear, ReLU
from course_lib.numpy_nn.network import Sequential
from course_lib.numpy_nn.optimizers import AdamW
from course_lib.numpy_nn.train import train_mlp


@dataclass(frozen=True)
class Reading:
    """What the instruments show after training.

    known, new, new_again: accuracy on the training images, on new ones, and on the same new ones once more. length: of
    all weights together. level: mean output of the hidden layer in training, divided by that in evaluation.
    """

    known: float
    new: float
    new_again: float
    length: float
    level: float


class _Unscaled(Dropout):
    def forward(self, x: np.ndarray, *, training: bool = False) -> np.ndarray:
        super().forward(x, training=training)
        if self.mask is not None:
            self.mask = (self.mask > 0).astype(x.dtype)
        return x if self.mask is None else x * self.mask


def five_runs() -> dict[str, Reading]:
    """The readings of the runs A to E; about a second."""
    return {
        "A": _run(seed=1, decay=20.0),
        "B": _run(seed=2),
        "C": _run(seed=3, dropout=_Unscaled),
        "D": _run(seed=4, shuffled=True),
        "E": _run(seed=5, at_test=True),
    }


def _run(
    *, seed: int, decay: float = 0.0, dropout: type[Dropout] = Dropout, shuffled: bool = False, at_test: bool = False
) -> Reading:
    digits = load_digits()
    part = split_indices(digits.y, seed=seed)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(part.train)[:300]
    x, labels = digits.x / 16, digits.y
    shown = rng.permutation(labels[rows]) if shuffled else labels[rows]
    hidden = [Linear(64, 192, rng=rng), ReLU(), dropout(0.4, rng=rng)]
    model = Sequential(*hidden, Linear(192, 10, rng=rng))
    optimizer = AdamW(3e-3, weight_decay=decay * model.weight_mask)
    train_mlp(model, (x[rows], shown), optimizer=optimizer, epochs=120, batch_size=50, seed=seed)

    def right(images: np.ndarray, wanted: np.ndarray) -> float:
        return float(np.mean(model.forward(images, training=at_test).argmax(axis=1) == wanted))

    def level(training: bool) -> float:
        y = x[rows]
        for layer in hidden:
            y = layer.forward(y, training=training)
        return float(y.mean())

    new = x[part.test], labels[part.test]
    length = float(np.linalg.norm(model.parameters * model.weight_mask))
    return Reading(right(x[rows], shown), right(*new), right(*new), length, level(True) / level(False))


def in_words(runs: dict[str, Reading]) -> str:
    """The readings as a table of text."""
    lines = ["run   training images   new images   once more   length of weights   level training/evaluation"]
    for letter, one in runs.items():
        lines.append(
            f"{letter:<3} {one.known:>16.2f} {one.new:>13.3f} {one.new_again:>11.3f} {one.length:>16.1f}"
            f" {one.level:>19.2f}"
        )
    return "\n".join(lines)
