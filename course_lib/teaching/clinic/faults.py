"""The faults of the clinic's runs, as exchanged parts of a setup."""

from dataclasses import replace
from functools import lru_cache

import numpy as np

from course_lib.numpy_nn.data import split_indices
from course_lib.numpy_nn.network import Sequential, mlp
from course_lib.teaching.clinic.data import Array, Parts, raw_pixels, standardized
from course_lib.teaching.clinic.loop import SIZES, Setup, healthy_network, mean_cross_entropy, train

HEALTHY = Setup()


def added_up(model: Sequential, kept: dict[str, Array]) -> None:
    """Gradients that are never set to zero: every batch adds to those of all batches before."""
    kept["sum"] = kept.get("sum", np.zeros_like(model.gradients)) + model.gradients
    model.gradients[:] = kept["sum"]


def without_biases(model: Sequential, kept: dict[str, Array]) -> None:
    """A backward pass that leaves the gradients of the biases at zero."""
    model.gradients *= model.weight_mask


def unwilling_network(seed: int) -> Sequential:
    """Biases that start at -12: most hidden units are off for every sample."""
    model = healthy_network(seed)
    for layer in model.linear_layers[:-1]:
        layer.bias[:] = -12
    return model


def zero_network(seed: int) -> Sequential:
    """All weights zero."""
    model = healthy_network(seed)
    model.parameters[:] = 0
    return model


def twin_network(seed: int) -> Sequential:
    """Every weight of a layer starts at the same number."""
    model = healthy_network(seed)
    for layer in model.linear_layers:
        layer.weight[:] = layer.weight.std()
    return model


def thinned_network(seed: int) -> Sequential:
    """Half of the hidden values are dropped in training."""
    return mlp(SIZES, rng=np.random.default_rng(seed), dropout=0.5)


class Softmax:
    """Probabilities as the last layer."""

    def forward(self, x: Array, *, training: bool = False) -> Array:
        """(n, k) -> (n, k), rows with the sum 1."""
        shifted = np.exp(x - x.max(axis=1, keepdims=True))
        self.p = shifted / shifted.sum(axis=1, keepdims=True)
        return self.p

    def backward(self, gradient: Array) -> Array:
        """p * (gradient - sum of p * gradient), row by row."""
        return self.p * (gradient - (self.p * gradient).sum(axis=1, keepdims=True))


def probability_network(seed: int) -> Sequential:
    """The healthy network with a softmax as its last layer."""
    return Sequential(*healthy_network(seed).layers, Softmax())


def unsafe_cross_entropy(logits: Array, labels: Array) -> tuple[Array, Array]:
    """exp(z) / sum(exp(z)) as the formula stands, without subtracting the largest logit."""
    powers = np.exp(logits)
    p = powers / powers.sum(axis=1, keepdims=True)
    rows = np.arange(len(labels))
    losses = -np.log(p[rows, labels])
    p[rows, labels] -= 1
    return losses, p / len(labels)


def summed_cross_entropy(logits: Array, labels: Array) -> tuple[Array, Array]:
    """The gradient of the sum in place of the mean."""
    losses, gradient = mean_cross_entropy(logits, labels)
    return losses, gradient * len(labels)


@lru_cache(maxsize=4)
def strangers(seed: int) -> Parts:
    """Training labels that were shuffled apart from their images."""
    parts = standardized(seed)
    labels = np.random.default_rng(seed).permutation(parts.train[1])
    return Parts((parts.train[0], labels), parts.validation, parts.fresh)


@lru_cache(maxsize=4)
def sorted_file(seed: int) -> Parts:
    """The training part in the order of its labels, as some files are."""
    parts = standardized(seed)
    order = np.argsort(parts.train[1], kind="stable")
    return Parts((parts.train[0][order], parts.train[1][order]), parts.validation, parts.fresh)


def in_file_order(count: int, size: int, seed: int, epoch: int) -> list[Array]:
    """Batches in the order of the file, the same in every epoch."""
    return [np.arange(start, min(start + size, count)) for start in range(0, count, size)]


def _few(seed: int, *, grouped: bool) -> Parts:
    """150 images with labels of which four in ten are wrong, each stored five times with a little noise."""
    rng, parts = np.random.default_rng(seed), standardized(seed)
    rows = rng.choice(len(parts.train[0]), 150, replace=False)
    wrong = rng.random(150) < 0.4
    labels = np.where(wrong, rng.integers(0, 10, 150), parts.train[1][rows])
    image = np.repeat(np.arange(150), 5)
    x = (parts.train[0][rows][image] + 0.2 * rng.standard_normal((750, 64))).astype(np.float32)
    y = labels[image]
    split = split_indices(y, seed=seed, groups=image if grouped else None)
    return Parts((x[split.train], y[split.train]), (x[split.validation], y[split.validation]), parts.fresh)


@lru_cache(maxsize=4)
def copies_apart(seed: int) -> Parts:
    """Copies of one image in the training and in the validation part."""
    return _few(seed, grouped=False)


@lru_cache(maxsize=4)
def copies_together(seed: int) -> Parts:
    """All copies of one image in the same part."""
    return _few(seed, grouped=True)


@lru_cache(maxsize=4)
def judged_by_few(seed: int) -> Parts:
    """120 training samples, and 20 samples of the test part on which the epoch is chosen and reported."""
    parts = standardized(seed)
    few = np.random.default_rng(seed).permutation(len(parts.fresh[0]))[:20]
    judge = parts.fresh[0][few], parts.fresh[1][few]
    return Parts((parts.train[0][:120], parts.train[1][:120]), judge, parts.validation)


@lru_cache(maxsize=4)
def judged_by_validation(seed: int) -> Parts:
    """The same training samples; the epoch is chosen on the validation part and reported on the test part."""
    parts = standardized(seed)
    return Parts((parts.train[0][:120], parts.train[1][:120]), parts.validation, parts.fresh)


@lru_cache(maxsize=4)
def divided_by_std(seed: int) -> Parts:
    """(x - mean) / std, also where the deviation is zero."""
    raw = raw_pixels(seed)
    mean, std = raw.train[0].mean(axis=0), raw.train[0].std(axis=0)
    with np.errstate(all="ignore"):
        train, validation, fresh = (((x - mean) / std, y) for x, y in (raw.train, raw.validation, raw.fresh))
    return Parts(train, validation, fresh)


@lru_cache(maxsize=4)
def one_large_feature(seed: int) -> Parts:
    """Standardized pixels, and one of them in other units: a thousand times as large."""
    parts = standardized(seed)
    factor = np.ones(64, np.float32)
    factor[20] = 1000
    train, validation, fresh = ((x * factor, y) for x, y in (parts.train, parts.validation, parts.fresh))
    return Parts(train, validation, fresh)


def large_start(seed: int) -> Sequential:
    """First weights twelve times as large as He's in the last layer: logits of a hundred and more."""
    model = healthy_network(seed)
    model.linear_layers[-1].weight *= 12
    return model


def shifted_by_one(labels: Array) -> Array:
    """Class numbers counted from 1 where the network counts from 0."""
    return (labels + 1) % 10


JUMPY = Setup(network=thinned_network, batch=4, epochs=40)  # its accuracy jumps from epoch to epoch
SETUPS: dict[str, tuple[Setup, Setup]] = {  # fault: (broken, mended)
    "zero_grad missing": (replace(HEALTHY, gradients=added_up, lr=0.01), replace(HEALTHY, lr=0.01)),
    "rate too high": (replace(HEALTHY, lr=10.0), HEALTHY),
    "rate too low": (replace(HEALTHY, lr=0.001), HEALTHY),
    "dead units": (replace(HEALTHY, network=unwilling_network), HEALTHY),
    "labels shuffled": (replace(HEALTHY, data=strangers, epochs=40), replace(HEALTHY, epochs=40)),
    "dropout on in evaluation": (
        replace(HEALTHY, network=thinned_network, evaluated_in_training_mode=True),
        replace(HEALTHY, network=thinned_network),
    ),
    "leak across the split": (
        replace(HEALTHY, data=copies_apart, epochs=60),
        replace(HEALTHY, data=copies_together, epochs=60),
    ),
    "no shuffling": (
        replace(HEALTHY, data=sorted_file, order=in_file_order),
        replace(HEALTHY, data=sorted_file),
    ),
    "inputs not standardized": (replace(HEALTHY, data=one_large_feature), HEALTHY),
    "softmax twice": (replace(HEALTHY, network=probability_network), HEALTHY),
    "bias gradient missing": (replace(HEALTHY, gradients=without_biases), HEALTHY),
    "all weights zero": (replace(HEALTHY, network=zero_network), HEALTHY),
    "units start as twins": (replace(HEALTHY, network=twin_network), HEALTHY),
    "labels off by one": (replace(HEALTHY, evaluation_labels=shifted_by_one), HEALTHY),
    "chosen on the test part": (
        replace(JUMPY, data=judged_by_few),
        replace(JUMPY, data=judged_by_validation),
    ),
    "gradient of the sum": (replace(HEALTHY, loss=summed_cross_entropy), HEALTHY),
    "zero by zero": (replace(HEALTHY, data=divided_by_std), HEALTHY),
    "softmax overflows": (
        replace(HEALTHY, loss=unsafe_cross_entropy, network=large_start),
        replace(HEALTHY, network=large_start),
    ),
}


def stubborn_losses(lr: float, *, seed: int = 0, epochs: int = 12) -> list[float]:
    """Training loss per epoch of the network of lesson 07's first attempt, at a rate of the learner's choice."""
    setup = replace(SETUPS["softmax twice"][0], lr=lr, epochs=epochs)
    return [float(loss) for loss in train(setup, seed).train_loss]
