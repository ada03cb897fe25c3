"""Which curves do lesson and sheet 06 read? Recorded once, so that every reader sees the same numbers.

All runs: the digits, 108 training images, a network 64-64-64-10, Adam, batches of 32; `run` repeats one of them. The
numbers differ in the last digits from machine to machine, which is why they are kept.
"""

from __future__ import annotations

import numpy as np

from course_lib.core.history import History
from course_lib.numpy_nn.data import Standardizer, batches_per_epoch, split_indices
from course_lib.numpy_nn.datasets import Dataset
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import Adam
from course_lib.numpy_nn.studies.snapshots import Curve, Snapshots, score_curve
from course_lib.numpy_nn.train import train_mlp

FRACTIONS = (0.06, 0.06, 0.88)  # 108 images to learn from, 108 to decide with, and many to know the truth
PLAIN = {"rate": 1e-2, "dropout": 0.0, "epochs": 40}
WITH_DROPOUT = {"rate": 5e-3, "dropout": 0.5, "epochs": 100}


def run(digits: Dataset, seed: int, *, rate: float, dropout: float, epochs: int) -> tuple[History, dict[str, Curve]]:
    """Train on split and start number `seed`; the history, and the curves of "train", "validation" and "test"."""
    part = split_indices(digits.y, seed=seed, fractions=FRACTIONS)
    x = Standardizer.fit(digits.x[part.train]).transform(digits.x)
    rows = {"train": part.train, "validation": part.validation, "test": part.test}
    data = {name: (x[chosen], digits.y[chosen]) for name, chosen in rows.items()}
    model = mlp([64, 64, 64, 10], rng=np.random.default_rng(seed), dropout=dropout)
    snapshots = Snapshots(batches_per_epoch(len(part.train), 32))
    history = train_mlp(model, data["train"], optimizer=Adam(rate), epochs=epochs, seed=seed, on_step=[snapshots])
    return history, {name: score_curve(model, snapshots.kept, each) for name, each in data.items()}


# Seed 7 of WITH_DROPOUT: the validation loss and the test loss after epochs 1 to 100.
VALIDATION = (
    2.175, 1.915, 1.717, 1.564, 1.427, 1.316, 1.223, 1.150, 1.082, 1.022, 0.968, 0.914, 0.865, 0.820, 0.772, 0.728,
    0.696, 0.672, 0.649, 0.621, 0.587, 0.555, 0.523, 0.503, 0.486, 0.479, 0.477, 0.478, 0.472, 0.468, 0.462, 0.448,
    0.440, 0.431, 0.438, 0.447, 0.446, 0.459, 0.478, 0.490, 0.488, 0.476, 0.464, 0.455, 0.440, 0.418, 0.386, 0.371,
    0.365, 0.366, 0.364, 0.359, 0.353, 0.352, 0.361, 0.360, 0.363, 0.371, 0.372, 0.378, 0.387, 0.387, 0.377, 0.367,
    0.381, 0.394, 0.402, 0.403, 0.398, 0.390, 0.365, 0.347, 0.338, 0.329, 0.330, 0.333, 0.336, 0.345, 0.353, 0.349,
    0.349, 0.351, 0.362, 0.383, 0.405, 0.419, 0.430, 0.431, 0.430, 0.427, 0.422, 0.424, 0.444, 0.462, 0.471, 0.473,
    0.468, 0.459, 0.448, 0.442,
)  # fmt: skip
TEST = (
    2.180, 1.907, 1.728, 1.587, 1.445, 1.326, 1.222, 1.137, 1.062, 0.997, 0.937, 0.882, 0.832, 0.785, 0.740, 0.696,
    0.664, 0.641, 0.619, 0.593, 0.564, 0.536, 0.510, 0.493, 0.481, 0.474, 0.466, 0.464, 0.459, 0.456, 0.452, 0.444,
    0.445, 0.444, 0.449, 0.454, 0.448, 0.448, 0.456, 0.466, 0.467, 0.462, 0.458, 0.451, 0.438, 0.422, 0.404, 0.400,
    0.395, 0.393, 0.385, 0.379, 0.374, 0.379, 0.386, 0.392, 0.399, 0.408, 0.412, 0.412, 0.412, 0.410, 0.407, 0.403,
    0.409, 0.417, 0.424, 0.424, 0.421, 0.415, 0.406, 0.399, 0.398, 0.400, 0.410, 0.416, 0.416, 0.420, 0.423, 0.423,
    0.419, 0.418, 0.425, 0.438, 0.453, 0.465, 0.476, 0.480, 0.481, 0.481, 0.483, 0.486, 0.496, 0.507, 0.509, 0.511,
    0.508, 0.499, 0.495, 0.498,
)  # fmt: skip

# Seeds 0 to 9 of PLAIN: the epoch of the lowest validation loss, and, all on the test part: the loss there and after
# epoch 40; the accuracy there and after epoch 40; the mean probability that the network gives its choice there and
# after epoch 40.
TEN_RUNS = (
    (5, 0.523, 0.615, 0.851, 0.878, 0.873, 0.941),
    (3, 0.814, 0.871, 0.780, 0.855, 0.780, 0.945),
    (4, 0.917, 1.205, 0.846, 0.868, 0.856, 0.947),
    (5, 0.502, 0.535, 0.863, 0.882, 0.893, 0.941),
    (3, 0.859, 1.157, 0.816, 0.877, 0.773, 0.941),
    (8, 0.511, 0.565, 0.860, 0.868, 0.910, 0.944),
    (5, 0.998, 1.351, 0.817, 0.829, 0.880, 0.945),
    (5, 0.471, 0.536, 0.860, 0.877, 0.891, 0.951),
    (6, 0.765, 0.866, 0.837, 0.858, 0.900, 0.940),
    (5, 0.468, 0.471, 0.856, 0.887, 0.857, 0.940),
)
