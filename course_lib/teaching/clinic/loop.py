"""A small training on the digits with instruments, in which one part can be exchanged.

`Setup` holds the parts of a run as functions; a case of the clinic exchanges one. `train` runs it and returns what the
instruments read. Everything is a function of the seed. Shapes: n samples, k = 10 classes, L linear layers.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

import numpy as np

from course_lib.core.layer_stats import update_ratio
from course_lib.core.metrics import accuracy, confusion_matrix
from course_lib.numpy_nn.data import batches as shuffled_batches
from course_lib.numpy_nn.layers import Linear
from course_lib.numpy_nn.network import Sequential, mlp
from course_lib.teaching.clinic.data import Array, Data, Parts, standardized

SIZES = (64, 32, 32, 10)
LARGEST = 1e30  # a loss above it is drawn as a gap, like NaN


def healthy_network(seed: int) -> Sequential:
    """64-32-32-10 with ReLU and He initialization."""
    return mlp(SIZES, rng=np.random.default_rng(seed))


def mean_cross_entropy(logits: Array, labels: Array) -> tuple[Array, Array]:
    """Losses (n,) and the gradient of their mean (n, k); NaN and infinity pass on, unguarded."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    gradient = np.exp(log_p)
    gradient[np.arange(len(labels)), labels] -= 1
    return -log_p[np.arange(len(labels)), labels], gradient / len(labels)


def shuffled(count: int, size: int, seed: int, epoch: int) -> list[Array]:
    """The rows of the batches of one epoch, in a new order."""
    return list(shuffled_batches(count, size, seed=seed, epoch=epoch))


def as_computed(model: Sequential, kept: dict[str, Array]) -> None:
    """What is done to the gradients between backward and update: nothing."""


@dataclass(frozen=True)
class Setup:
    """The exchangeable parts of a run; the defaults train well."""

    data: Callable[[int], Parts] = standardized
    network: Callable[[int], Sequential] = healthy_network
    loss: Callable[[Array, Array], tuple[Array, Array]] = mean_cross_entropy
    order: Callable[[int, int, int, int], list[Array]] = shuffled
    gradients: Callable[[Sequential, dict[str, Array]], None] = as_computed
    lr: float = 0.1
    batch: int = 32
    epochs: int = 12
    evaluated_in_training_mode: bool = False
    evaluation_labels: Callable[[Array], Array] = field(default=lambda y: y)


@dataclass(frozen=True)
class LinearLayer:
    """A layer at the end of the run, on 256 training samples: root mean squares of its output, the gradient and its
    weights at the start; the share of its units that are always 0; how many of its units differ from each other."""

    name: str
    output: float
    gradient: float
    weight: float
    dead: float
    different: int
    units: int


@dataclass(frozen=True)
class Readings:
    """What the instruments show. Losses and accuracies: one number per epoch; batch_losses: one per step.

    updates (L, steps): relative change of the weights of each layer in a step. samples: training, validation, fresh.
    bias_moved: whether any bias changed. repeats: whether two evaluations on the same samples agree. gradient_lengths:
    of the whole gradient at the start, for the first 8, 32 and 128 training samples. first_bad: where the first number
    that is not finite stood, "" where there was none.
    """

    start_loss: float
    train_loss: Array
    val_loss: Array
    val_accuracy: Array
    fresh_accuracy: Array
    batch_losses: Array
    updates: Array
    samples: tuple[int, int, int]
    bias_moved: bool
    repeats: bool
    gradient_lengths: tuple[float, float, float]
    layers: tuple[LinearLayer, ...]
    confusion: Array
    first_bad: str


@lru_cache(maxsize=256)
@np.errstate(all="ignore")
def train(setup: Setup, seed: int) -> Readings:
    """Run the setup to its end, or to the first value that is not finite."""
    parts, model = setup.data(seed), setup.network(seed)
    x, y = parts.train
    lengths = tuple(_length(setup, model, x[:n], y[:n]) for n in (8, 32, 128))
    start = float(np.mean(setup.loss(model.forward(x), y)[0]))
    first_bad = _first_bad(model, x, start)
    weights = [float(np.sqrt(np.mean(layer.weight**2))) for layer in model.linear_layers]
    biases = [layer.bias.copy() for layer in model.linear_layers]
    rows_seen: list[Any] = []
    updates: list[list[float]] = []
    batch_losses: list[float] = []
    kept: dict[str, Array] = {}
    for epoch in range(1, setup.epochs + 1):
        total, order = 0.0, setup.order(len(x), setup.batch, seed, epoch)
        for rows in order:
            losses, gradient = setup.loss(model.forward(x[rows], training=True), y[rows])
            model.backward(gradient)
            setup.gradients(model, kept)
            before = [layer.weight.copy() for layer in model.linear_layers]
            model.parameters -= np.float32(setup.lr) * model.gradients
            updates.append([update_ratio(b, one.weight) for b, one in zip(before, model.linear_layers, strict=True)])
            total += float(losses.sum())
            batch_losses.append(float(losses.mean()))
            if not np.isfinite(losses).all() and not first_bad:
                first_bad = f"step {len(batch_losses)}: {_first_bad(model, x[rows], float(losses.mean()))}"
        rows_seen.append((total / len(x), *_scores(setup, model, parts)))
    train_loss, val_loss, val_accuracy, fresh = zip(*rows_seen, strict=True)
    return Readings(
        start_loss=start,
        train_loss=_drawn(train_loss),
        val_loss=_drawn(val_loss),
        val_accuracy=np.array(val_accuracy),
        fresh_accuracy=np.array(fresh),
        batch_losses=_drawn(batch_losses),
        updates=_drawn(updates).T,
        samples=(len(x), len(parts.validation[0]), len(parts.fresh[0])),
        bias_moved=any((b != one.bias).any() for b, one in zip(biases, model.linear_layers, strict=True)),
        repeats=_repeats(setup, model, parts.validation[0]),
        gradient_lengths=lengths,
        layers=_layers(setup, model, x[:256], y[:256], weights),
        confusion=_confusion(setup, model, parts.validation),
        first_bad=first_bad,
    )


def _drawn(values: Any) -> Array:
    array = np.asarray(values, np.float64)
    return np.where(np.abs(array) < LARGEST, array, np.nan)


def _length(setup: Setup, model: Sequential, x: Array, y: Array) -> float:
    model.backward(setup.loss(model.forward(x), y)[1])
    return float(np.linalg.norm(model.gradients.astype(np.float64)))


def _scores(setup: Setup, model: Sequential, parts: Parts) -> tuple[float, float, float]:
    """Validation loss and accuracy as this run measures them, and the accuracy on fresh samples as it should be."""
    x, y = parts.validation
    out, labels = model.forward(x, training=setup.evaluated_in_training_mode), setup.evaluation_labels(y)
    fresh = model.forward(parts.fresh[0])
    return float(setup.loss(out, labels)[0].mean()), _accuracy(out, labels), _accuracy(fresh, parts.fresh[1])


def _accuracy(out: Array, labels: Array) -> float:
    return accuracy(np.nan_to_num(out).argmax(axis=1), labels)


def _confusion(setup: Setup, model: Sequential, data: Data) -> Array:
    out = np.nan_to_num(model.forward(data[0], training=setup.evaluated_in_training_mode))
    return confusion_matrix(out.argmax(axis=1), setup.evaluation_labels(data[1]), 10)


def _first_bad(model: Sequential, x: Array, loss: float) -> str:
    """Where the first value that is not finite stands, in the order of the computation; "" for none."""
    if not np.isfinite(x).all():
        column = int(np.flatnonzero(~np.isfinite(x).all(axis=0))[0])
        return f"the input, column {column}"
    for number, layer in enumerate(model.layers):
        if isinstance(layer, Linear) and not (np.isfinite(layer.weight).all() and np.isfinite(layer.bias).all()):
            return f"the weights of layer {number}"
        x = layer.forward(x)
        if not np.isfinite(x).all():
            return f"the output of layer {number}"
    return "" if np.isfinite(loss) else f"the loss (largest logit {np.abs(x).max():.0f})"


def _layers(setup: Setup, model: Sequential, x: Array, y: Array, weights: list[float]) -> tuple[LinearLayer, ...]:
    """Output, gradient and dead units of every hidden activation and of the logits."""
    outputs = []
    for layer in model.layers:
        x = layer.forward(x)
        outputs.append(x)
    gradient, gradients = setup.loss(x, y)[1], []
    for layer in reversed(model.layers):
        gradients.append(gradient)
        gradient = layer.backward(gradient)
    shown: list[LinearLayer] = []
    last = len(model.layers) - 1
    for place, (layer, out, back) in enumerate(zip(model.layers, outputs, reversed(gradients), strict=True)):
        if place < last and type(layer).__name__ in ("Linear", "Dropout"):
            continue
        name = f"hidden layer {len(shown) + 1}" if place < last else "outputs"
        size, slope = (float(np.sqrt(np.mean(values**2))) for values in (out, back))
        dead, different = float(np.mean((out == 0).all(axis=0))), _different(out)
        shown.append(LinearLayer(name, size, slope, weights[len(shown)], dead, different, out.shape[1]))
    return tuple(shown)


def _different(out: Array) -> int:
    # Twins drift apart in the last digits, because a matrix product sums its columns in different orders.
    size = float(np.sqrt(np.mean(out**2)))
    return int(np.unique(np.round(out / size, 2) if size > 0 else out, axis=1).shape[1])


def _repeats(setup: Setup, model: Sequential, x: Array) -> bool:
    first, second = (model.forward(x, training=setup.evaluated_in_training_mode).copy() for _ in range(2))
    return bool(np.array_equal(first, second, equal_nan=True))
