"""Samples a second of `train_mlp`, beside torch, scikit-learn and its own matrix products.

784-128-64-10, Adam, float32, one thread, 10,000 synthetic images made from a seed, the usual loop of every library: new
order per epoch, forward, loss, backward, update, and the loss of each step as a number. All take turns in one process.
The floor is what no NumPy loop can avoid: the 8 matrix products of a step into arrays that are there, and Adam.
"""

import argparse
import statistics
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

from benchmarks.measure import alternating, provenance, ratios, table
from benchmarks.recordings import RECORDS
from course_lib.core.files import write_json
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import Adam
from course_lib.numpy_nn.train import train_mlp

SIZES = (784, 128, 64, 10)
COUNT = 10_000
EPOCHS = 3  # of each contender per round
ROUNDS = 9
OURS, FLOOR = "train_mlp", "matrix products + Adam"
# times as fast as the peer; of the floor, the share of train_mlp's time that it makes up
GOALS = {
    32: {"torch": 1.7, "torch, fused Adam": 1.25, "scikit-learn": 1.9, FLOOR: 0.85},
    128: {"torch": 1.35, "torch, fused Adam": 1.1, "scikit-learn": 1.4, FLOOR: 0.85},
}

Images = NDArray[np.float32]  # (n, 784)
Labels = NDArray[np.int64]  # (n,)
Epoch = Callable[[], object]


def images(count: int, seed: int = 0) -> tuple[Images, Labels]:
    """Ten classes of 28 x 28 pixels in 0..1, most of them 0 as in MNIST: a noisy stroke, moved by up to 2 pixels.

    One label in ten is wrong, so that the loss does not vanish during the measurement.
    """
    rng = np.random.default_rng(seed)
    row, column = np.mgrid[:28, :28]
    turns = np.cumsum(rng.normal(0, 0.6, (10, 14)), axis=1)  # a stroke is a walk of 14 steps with smooth turns
    path = np.stack([np.sin(turns), np.cos(turns)]).cumsum(axis=2) * 1.5  # (2, 10, 14)
    path = path - path.mean(axis=2, keepdims=True) + 13.5
    distance = (path[0, ..., None, None] - row) ** 2 + (path[1, ..., None, None] - column) ** 2  # (10, 14, 28, 28)
    strokes = np.exp(-distance.min(axis=1) / 2)
    strokes[strokes < 0.1] = 0
    labels = rng.integers(0, 10, count)
    moves = rng.integers(-2, 3, (count, 2))
    moved = np.stack([np.roll(strokes[label], move, (0, 1)) for label, move in zip(labels, moves, strict=True)])
    pixels = np.clip(moved * rng.normal(1, 0.3, moved.shape), 0, 1)
    labels = np.where(rng.random(count) < 0.1, rng.integers(0, 10, count), labels)
    return pixels.reshape(count, 784).astype(np.float32), labels


def ours(x: Images, y: Labels, batch_size: int) -> Epoch:
    """`train_mlp` as a lesson calls it, its checks of the data included."""
    model, optimizer = mlp(SIZES, rng=np.random.default_rng(0)), Adam()
    return lambda: train_mlp(model, (x, y), optimizer=optimizer, epochs=EPOCHS, batch_size=batch_size)


def floor(x: Images, y: Labels, batch_size: int) -> Epoch:
    """The 8 matrix products of a step, out= everywhere and with inputs that stay, and the update."""
    del y
    model, optimizer = mlp(SIZES, rng=np.random.default_rng(0)), Adam()
    layers = model.linear_layers
    activations = [np.ascontiguousarray(x[:batch_size])]
    activations += [np.ones((batch_size, size), np.float32) for size in SIZES[1:]]
    deltas = [np.ones((batch_size, size), np.float32) for size in SIZES]
    model.gradients[:] = 1e-3
    steps = EPOCHS * (len(x) // batch_size)  # whole batches; `measure` scales to all

    def step() -> None:
        for i, layer in enumerate(layers):
            np.matmul(activations[i], layer.weight, out=activations[i + 1])
        for i in (2, 1, 0):
            np.matmul(activations[i].T, deltas[i + 1], out=layers[i].weight_gradient)
            if i > 0:
                np.matmul(deltas[i + 1], layers[i].weight.T, out=deltas[i])
        optimizer.step(model.parameters, model.gradients)

    def epochs() -> None:
        for _ in range(steps):
            step()

    return epochs


def torch_loop(x: Images, y: Labels, batch_size: int, *, fused: bool) -> Epoch:
    """The eager loop of the torch tutorials, without the cost of a DataLoader."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    model = torch.nn.Sequential(
        torch.nn.Linear(784, 128), torch.nn.ReLU(), torch.nn.Linear(128, 64), torch.nn.ReLU(), torch.nn.Linear(64, 10)
    )
    optimizer = torch.optim.Adam(model.parameters(), fused=True) if fused else torch.optim.Adam(model.parameters())
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def epochs() -> None:
        for _ in range(EPOCHS):
            total = 0.0
            for rows in torch.randperm(len(inputs)).split(batch_size):
                optimizer.zero_grad()
                loss = torch.nn.functional.cross_entropy(model(inputs[rows]), labels[rows])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(rows)

    return epochs


def scikit_learn(x: Images, y: Labels, batch_size: int) -> Epoch:
    """MLPClassifier, which computes in the float32 of its data, one pass per partial_fit."""
    model = MLPClassifier(SIZES[1:-1], solver="adam", alpha=0.0, batch_size=batch_size, random_state=0)

    def epochs() -> None:
        for _ in range(EPOCHS):
            model.partial_fit(x, y, classes=np.arange(10))

    return epochs


def contenders(x: Images, y: Labels, batch_size: int) -> dict[str, Epoch]:
    """One prepared, untrained network each."""
    return {
        OURS: ours(x, y, batch_size),
        "torch": torch_loop(x, y, batch_size, fused=False),
        "torch, fused Adam": torch_loop(x, y, batch_size, fused=True),
        "scikit-learn": scikit_learn(x, y, batch_size),
        FLOOR: floor(x, y, batch_size),
    }


def measure(count: int = COUNT, rounds: int = ROUNDS) -> list[dict[str, Any]]:
    """One row per batch size and contender: samples/s, us per step, and its time over that of train_mlp."""
    x, y = images(count)
    rows = []
    for batch_size, goals in GOALS.items():
        seconds = alternating(contenders(x, y, batch_size), rounds)
        steps = EPOCHS * -(-count // batch_size)
        # The floor runs whole batches only: per sample, the last and smaller one costs it as much as the others.
        seconds[FLOOR] = [value * count / (count // batch_size * batch_size) for value in seconds[FLOOR]]
        for name, values in seconds.items():
            middle, low, high = ratios(seconds[OURS], values)
            median = statistics.median(values)
            row = {"batch_size": batch_size, "name": name, "samples_per_second": EPOCHS * count / median}
            row |= {"microseconds_per_step": median / steps * 1e6, "ratio": middle, "low": low, "high": high}
            rows.append(row | {"goal": goals.get(name)})
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table, with the verdict on each goal."""
    header = ("batch, contender", "samples/s", "us/step", "time / train_mlp's", "lowest .. highest", "goal", "met")
    cells = []
    for row in rows:
        goal = row["goal"]
        verdict = "" if goal is None else ("yes" if row["ratio"] >= goal else "no")
        spread = f"{row['low']:.2f} .. {row['high']:.2f}"
        numbers = (f"{row['samples_per_second']:,.0f}", f"{row['microseconds_per_step']:.0f}", f"{row['ratio']:.2f}")
        cells.append((f"{row['batch_size']}, {row['name']}", *numbers, spread, f">= {goal}" if goal else "", verdict))
    return table(header, cells)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and with the full number of rounds write the record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.numpy_mlp", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer images and 3 rounds; writes no record")
    quick = parser.parse_args(arguments).quick
    warnings.filterwarnings("ignore", category=ConvergenceWarning)
    rows = measure(2_000, 3) if quick else measure()
    print(report(rows))
    if not quick:
        record = RECORDS["numpy_mlp"]
        versions = provenance(record.command, ("numpy", "torch", "scikit-learn"))
        setting = {"sizes": SIZES, "images": COUNT, "epochs_per_round": EPOCHS, "rounds": ROUNDS, "threads": 1}
        write_json(record.path, {"setting": setting, "rows": rows, "provenance": versions})


if __name__ == "__main__":
    main()
