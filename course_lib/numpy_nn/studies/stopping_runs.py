"""The runs whose curves lesson and sheet 06 read: trained by `stopping_run`, or recorded for all readers alike.

The digits, 108 training images, a network 64-64-64-10, Adam, batches of 32. The numbers differ in the last digits from
machine to machine, which is why they are recorded; `python -m benchmarks.lesson_runs early_stopping_runs` makes them.
"""

import numpy as np

from course_lib.core.history import History
from course_lib.core.recordings import read_recording
from course_lib.numpy_nn.data import Standardizer, batches_per_epoch, split_indices
from course_lib.numpy_nn.datasets import Dataset
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import Adam
from course_lib.numpy_nn.studies.snapshots import Curve, Snapshots, score_curve
from course_lib.numpy_nn.train import train_mlp

RECORDING = "early_stopping_runs"
FRACTIONS = (0.06, 0.06, 0.88)  # 108 images to learn from, 108 to decide with, and many to know the truth
PLAIN = {"lr": 1e-2, "dropout": 0.0, "epochs": 40}
WITH_DROPOUT = {"lr": 5e-3, "dropout": 0.5, "epochs": 100}


def stopping_run(
    digits: Dataset, seed: int, *, lr: float, dropout: float, epochs: int
) -> tuple[History, dict[str, Curve]]:
    """Train on split and start number `seed`; the history, and the curves of "train", "validation" and "test"."""
    part = split_indices(digits.y, seed=seed, fractions=FRACTIONS)
    x = Standardizer.fit(digits.x[part.train]).transform(digits.x)
    rows = {"train": part.train, "validation": part.validation, "test": part.test}
    data = {name: (x[chosen], digits.y[chosen]) for name, chosen in rows.items()}
    model = mlp([64, 64, 64, 10], rng=np.random.default_rng(seed), dropout=dropout)
    snapshots = Snapshots(batches_per_epoch(len(part.train), 32))
    history = train_mlp(model, data["train"], optimizer=Adam(lr), epochs=epochs, seed=seed, on_step=[snapshots])
    return history, {name: score_curve(model, snapshots.kept, each) for name, each in data.items()}


def recorded_curve() -> tuple[list[float], list[float]]:
    """Seed 7 of WITH_DROPOUT: the validation loss and the test loss after epochs 1 to 100."""
    row = read_recording(RECORDING).row(seed=7, dropout=WITH_DROPOUT["dropout"])
    return row["validation_curve"], row["test_curve"]


def ten_runs() -> np.ndarray:
    """Seeds 0 to 9 of PLAIN, a row each (10, 7): the epoch of the lowest validation loss, and, all on the test part,
    loss, accuracy and mean probability of the choice, each at that epoch and after epoch 40."""
    rows = [row for row in read_recording(RECORDING).rows if row["dropout"] == PLAIN["dropout"]]
    return np.array([[row["best_epoch"], *row["losses"], *row["accuracies"], *row["confidences"]] for row in rows])
