"""The parts of a training step, with nothing but the mathematics written down.

These functions are the ones that lesson 01 derives and sheet 01 asks for. They check nothing and are written for
reading; the layers, losses and data functions of this package are their validated versions, and the tests hold the two
equal. Shapes: n samples, i inputs, o outputs, k classes, f features.
"""

import numpy as np


def softmax_cross_entropy(logits: np.ndarray, labels: np.ndarray) -> tuple[float, int, np.ndarray]:
    """Cross-entropy of softmax(logits) against the right classes.

    logits (n, k), labels (n,) whole numbers in 0..k-1. Returns three things: the sum over the
    samples in nats, the count n, and the gradient (n, k) of the mean, sum / n, with respect to
    the logits. Logits may be as large as 1e4. The inputs are not changed.
    """
    rows = np.arange(len(labels))
    shifted = logits - logits.max(axis=1, keepdims=True)  # same softmax, no overflow in exp
    log_probabilities = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    total = -log_probabilities[rows, labels].sum()
    gradient = np.exp(log_probabilities)  # softmax, (n, k)
    gradient[rows, labels] -= 1  # softmax minus one-hot
    return float(total), len(labels), gradient / len(labels)  # of the mean


def linear_forward(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """y = x @ weight + bias: x (n, i), weight (i, o), bias (o,) -> (n, o)."""
    y: np.ndarray = x @ weight + bias
    return y


def linear_backward(
    x: np.ndarray, weight: np.ndarray, gradient: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Gradients of y = x @ weight + bias, given the gradient of the loss with respect to y.

    x (n, i), weight (i, o), gradient (n, o). Returns the gradients with respect to x (n, i),
    weight (i, o) and bias (o,). The 1/n of a mean loss is already in `gradient`.
    """
    input_gradient = gradient @ weight.T  # (n, o) @ (o, i)
    weight_gradient = x.T @ gradient  # (i, n) @ (n, o): summed over the samples
    bias_gradient = gradient.sum(axis=0)  # the bias reaches every sample
    return input_gradient, weight_gradient, bias_gradient


def relu_backward(y: np.ndarray, gradient: np.ndarray) -> np.ndarray:
    """Gradient with respect to the input of y = max(x, 0), any shape: it passes where y is positive."""
    return gradient * (y > 0)


def count_parameters(sizes: tuple[int, ...]) -> int:
    """Weights and biases of a network of linear layers, all of which training may change.

    sizes: the inputs, the hidden layers, the outputs; (784, 128, 64, 10) is three linear layers.
    """
    total = 0
    for inputs, outputs in zip(sizes[:-1], sizes[1:], strict=True):
        total += inputs * outputs  # weight (inputs, outputs)
        total += outputs  # bias (outputs,)
    return total


def batch_rows(count: int, batch_size: int, rng: np.random.Generator) -> list[np.ndarray]:
    """Row numbers 0..count-1 in random order, in pieces of batch_size.

    Every row is in exactly one piece; the last piece holds what is left. One call is one epoch:
    the next call with the same rng gives another order.
    """
    order = rng.permutation(count)
    return [order[start : start + batch_size] for start in range(0, count, batch_size)]


def stratified_split(
    labels: np.ndarray, fractions: tuple[float, float, float], rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the training, validation and test part, each class cut in the same fractions.

    labels (n,). Returns three sorted arrays of row numbers that share none and hold all. A class of
    m rows is cut after round(m * f1) and round(m * (f1 + f2)) of its rows, taken in random order.
    """
    parts: tuple[list[np.ndarray], ...] = ([], [], [])
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))  # the rows of one class, in random order
        ends = np.round(np.cumsum(fractions)[:2] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, ends), strict=True):
            part.append(piece)
    train, validation, test = (np.sort(np.concatenate(part)) for part in parts)
    return train, validation, test


def standardize(train: np.ndarray, other: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both sets, (n, f) and (m, f), in units of the training part.

    Per feature: minus the training mean, divided by the training standard deviation. A feature that
    is constant in the training part is only centred. The inputs are not changed.
    """
    mean = train.mean(axis=0)  # (f,)
    constant = train.max(axis=0) == train.min(axis=0)  # its std can be 1e-9 in place of 0
    std = np.where(constant, 1, train.std(axis=0))  # (f,)
    return (train - mean) / std, (other - mean) / std


def training_step(
    weight: np.ndarray, bias: np.ndarray, x: np.ndarray, labels: np.ndarray, lr: float
) -> tuple[float, np.ndarray, np.ndarray]:
    """One step of gradient descent on the softmax cross-entropy of logits = x @ weight + bias.

    weight (i, k), bias (k,), x (n, i), labels (n,). Returns the mean loss before the step, the new
    weight and the new bias. The inputs are not changed.
    """
    logits = linear_forward(x, weight, bias)  # 1. forward
    total, count, gradient = softmax_cross_entropy(logits, labels)  # 2. loss
    _, weight_gradient, bias_gradient = linear_backward(x, weight, gradient)  # 3. backward
    return total / count, weight - lr * weight_gradient, bias - lr * bias_gradient  # 4. update
