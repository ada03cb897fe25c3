"""Before the first step of training: whether everything is in order.

`preflight` looks at the data, the split, the network and the loss, and trains nothing. Its limits are choices that fit
small networks, not constants of nature; every item says what it measured. Shapes: n samples, f features, k classes.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.checklist import Item, Ticks, judged, unchecked
from course_lib.core.metrics import Loss
from course_lib.numpy_nn.layers import Linear
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import Sequential

Floats = NDArray[np.floating[Any]]
Data = tuple[Floats, NDArray[Any]]
LossFunction = Callable[[Any, Any], tuple[Loss, Floats]]

CENTRE, SPREAD = 0.1, (0.5, 2.0)  # of a training feature: largest |mean|, range of the standard deviation
SCALE = (0.1, 10.0)  # root mean square of what a layer gives at the start
START = 1.6  # the first loss over the loss of knowing nothing


def preflight(
    model: Sequential,
    *,
    train: Data,
    validation: Data | None = None,
    test: Data | None = None,
    groups: tuple[NDArray[Any], ...] | None = None,
    loss: LossFunction = softmax_cross_entropy,
) -> Ticks:
    """Check data, split, architecture, initialization and the pairing of outputs and loss; one item each.

    train, validation, test: (x (n, f), y) each; y whole class numbers (n,) or values (n, outputs). groups: for the same
    parts in the same order the group of every row (patient, writer), of which none may stand in two parts.
    The model is used forward only and stays as it is. Raises ValueError for a training part without rows.
    """
    if len(train[0]) == 0:
        raise ValueError("train must have at least one row, got none")
    parts = [part for part in (train, validation, test) if part is not None]
    classes = np.asarray(train[1]).dtype.kind in "iu"
    fits = _architecture(model, parts, classes)
    items = [_normalised(train[0]), _disjoint(parts, groups), _stratified(parts, classes), fits]
    if fits.status == "fail" or not all(np.isfinite(part[0]).all() for part in parts):
        why = "the inputs do not fit the network, or are not finite"
        items += [unchecked("initial scale", why), unchecked("outputs and loss", why)]
    else:
        items += [_initial_scale(model, train[0]), _pairing(model, train, loss, classes)]
    return Ticks("before training", tuple(items))


def _normalised(x: Floats) -> Item:
    name = "inputs normalised"
    bad = int(np.sum(~np.isfinite(x)))
    if bad:
        return judged(name, False, f"{bad} input values are NaN or infinite", bad)
    values = np.asarray(x, np.float64)
    varying = values.max(axis=0) > values.min(axis=0)
    if not varying.any():
        return judged(name, False, "every feature is constant in the training part", 0)
    mean = np.abs(values.mean(axis=0)).max()
    std = values.std(axis=0)[varying]
    holds = mean <= CENTRE and SPREAD[0] <= std.min() and std.max() <= SPREAD[1]
    sentence = f"training features: largest |mean| {mean:.2g}, deviations from {std.min():.2g} to {std.max():.2g}"
    return judged(name, bool(holds), sentence, max(mean, std.max()))


def _disjoint(parts: list[Data], groups: tuple[NDArray[Any], ...] | None) -> Item:
    name = "parts share nothing"
    if len(parts) < 2:
        return unchecked(name, "only a training part was given")
    rows = [{row.tobytes() for row in np.ascontiguousarray(x, np.float64)} for x, _ in parts]
    copies = sum(len(one & other) for k, one in enumerate(rows) for other in rows[k + 1 :])
    if groups is None:
        return judged(name, copies == 0, f"{copies} rows of one part are in another too (exact copies only)", copies)
    if [len(group) for group in groups] != [len(x) for x, _ in parts]:
        raise ValueError(
            f"groups must have a value for every row of every part, got {[len(group) for group in groups]} "
            f"for parts of {[len(x) for x, _ in parts]} rows"
        )
    members = [set(np.asarray(group).tolist()) for group in groups]
    shared = len(set().union(*(one & other for k, one in enumerate(members) for other in members[k + 1 :])))
    sentence = f"{copies} rows and {shared} groups of one part are in another too"
    return judged(name, copies == 0 and shared == 0, sentence, copies + shared)


def _stratified(parts: list[Data], classes: bool) -> Item:
    name = "parts alike in classes"
    if not classes:
        return unchecked(name, "the targets are values, not classes")
    if len(parts) < 2:
        return unchecked(name, "only a training part was given")
    labels = np.unique(np.concatenate([y for _, y in parts]))
    shares = np.array([[np.mean(y == label) for label in labels] for _, y in parts])  # (parts, classes)
    sizes = np.array([[len(y)] for _, y in parts])
    expected = shares[0]
    # A quarter of a class, but never less than two samples: rounding alone moves one.
    allowed = np.maximum(2 / sizes, 0.25 * expected)
    worst = float(np.abs(shares - expected).max())
    missing = int((shares == 0).sum())
    holds = missing == 0 and bool((np.abs(shares - expected) <= allowed).all())
    return judged(name, holds, f"shares of a class differ by at most {worst:.3f}; {missing} classes missing", worst)


def _architecture(model: Sequential, parts: list[Data], classes: bool) -> Item:
    name = "architecture fits"
    inputs, outputs = model.linear_layers[0].weight.shape[0], model.linear_layers[-1].weight.shape[1]
    features = sorted({x.shape[1] for x, _ in parts})
    if classes:
        low = min(int(y.min()) for _, y in parts)
        needed = max(int(y.max()) for _, y in parts) + 1
        target = f"labels {low} to {needed - 1}"
        holds = low == 0 and needed == outputs
    else:
        needed = parts[0][1].shape[1] if parts[0][1].ndim == 2 else 0
        target, holds = f"targets of {needed} columns", needed == outputs
    sentence = f"network {inputs} in, {outputs} out; data of {', '.join(map(str, features))} features, {target}"
    return judged(name, holds and features == [inputs], sentence, outputs)


def _initial_scale(model: Sequential, x: Floats) -> Item:
    name = "initial scale"
    sizes, twins = [], 0
    out = x[:512]
    for layer in model.layers:
        out = layer.forward(out)
        sizes.append(float(np.sqrt(np.mean(np.asarray(out, np.float64) ** 2))))
        if isinstance(layer, Linear) and layer is not model.linear_layers[-1]:
            twins += layer.weight.shape[1] - np.unique(layer.weight, axis=1).shape[1]
    if twins:
        return judged(
            name, False, f"{twins} hidden units have the weights of another unit: they will stay equal", twins
        )
    low, high = min(sizes), max(sizes)
    sentence = f"outputs of the layers have root mean squares from {low:.2g} to {high:.2g}"
    return judged(name, bool(SCALE[0] <= low and high <= SCALE[1]), sentence, high)


def _pairing(model: Sequential, train: Data, loss: LossFunction, classes: bool) -> Item:
    name = "outputs and loss"
    x, y = train[0][:512], train[1][:512]
    out = model.forward(x)
    if classes and bool((out >= 0).all()):
        if np.allclose(out.sum(axis=1), 1, atol=1e-4):
            return judged(name, False, "the outputs are probabilities already; this loss wants logits", 1.0)
        return judged(name, False, "no output is negative: an activation stands after the last layer", 0.0)
    value = float(loss(out, y)[0].mean)
    nothing = math.log(out.shape[1]) if classes else float(np.var(y))
    sentence = f"first loss {value:.2f}, knowing nothing {nothing:.2f}"
    return judged(name, bool(nothing / START <= value <= START * nothing), sentence, value)
