"""Six runs on the digits whose learning curves sheet 01 asks to be read; all of it is a function of fixed seeds."""

from dataclasses import dataclass

import numpy as np

from course_lib.core.history import History
from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD, Adam, Optimizer
from course_lib.numpy_nn.train import train_mlp

EPOCHS = 25
KNOWING_NOTHING = float(np.log(10))  # the loss of giving each of ten digits the same probability


@dataclass(frozen=True)
class _Run:
    hidden: int
    optimizer: Optimizer
    samples: int
    dropout: float = 0.0
    wrong_labels: float = 0.0  # share of the training labels that are drawn anew
    seed: int = 0


def _plan() -> dict[str, _Run]:
    return {
        "A": _Run(32, SGD(0.0025), 900),
        "B": _Run(64, Adam(3e-3), 50),
        "C": _Run(32, SGD(0.1), 1200),
        "D": _Run(1, SGD(0.1), 600),
        "E": _Run(32, Adam(3e-3), 1200, dropout=0.5, seed=1),
        "F": _Run(64, Adam(3e-3), 500, wrong_labels=0.3),
    }


def six_runs() -> dict[str, History]:
    """The histories of the runs A to F, with the mean loss per epoch of "train" and "val"; a few seconds."""
    digits = load_digits()
    parts = split_indices(digits.y, seed=0)
    scale = Standardizer.fit(digits.x[parts.train])
    x, y = scale.transform(digits.x[parts.train]), digits.y[parts.train]
    validation = scale.transform(digits.x[parts.validation]), digits.y[parts.validation]
    return {letter: _train(run, x[: run.samples], y[: run.samples], validation) for letter, run in _plan().items()}


def _train(run: _Run, x: np.ndarray, y: np.ndarray, validation: tuple[np.ndarray, np.ndarray]) -> History:
    rng = np.random.default_rng(5)
    drawn_anew = rng.random(len(y)) < run.wrong_labels
    labels = np.where(drawn_anew, rng.integers(0, 10, len(y)), y)
    model = mlp((x.shape[1], run.hidden, 10), rng=np.random.default_rng(run.seed), dropout=run.dropout)
    data = x, labels
    return train_mlp(
        model, data, optimizer=run.optimizer, epochs=EPOCHS, batch_size=32, seed=run.seed, validation=validation
    )


def losses(history: History) -> tuple[np.ndarray, np.ndarray]:
    """Training and validation loss per epoch, (EPOCHS,) each."""
    return history.series("train", "loss", "epoch")[1], history.series("val", "loss", "epoch")[1]


def in_words(runs: dict[str, History]) -> str:
    """What a reader sees in the curves, for one who cannot see them: values, and no verdict."""
    sentences = []
    for letter, history in runs.items():
        train, validation = losses(history)
        low = int(validation.argmin())
        sentences.append(
            f"Run {letter}: training {train[0]:.2f} at first, {train[-6]:.2f} five epochs before the end, "
            f"{train[-1]:.2f} at the end; validation {validation[0]:.2f} at first, lowest {validation[low]:.2f} "
            f"at epoch {low + 1}, {validation[-1]:.2f} at the end."
        )
    return f"Six panels of losses over {EPOCHS} epochs; a line at 2.3 is knowing nothing. " + " ".join(sentences)
