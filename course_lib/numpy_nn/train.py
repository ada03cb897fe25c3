"""The training loop of a NumPy network.

The NumPy loop of the course, in the open: forward, loss, backward, update, for every batch of every epoch. The loop for
torch (`course_lib.training.loop.fit`) has the same four lines.
"""

import time
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.history import History
from course_lib.core.metrics import Loss, accuracy
from course_lib.core.schedules import Schedule, constant
from course_lib.core.stopping import EarlyStopping
from course_lib.core.validation import validate_at_least, validate_finite
from course_lib.numpy_nn.data import batches
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import Sequential
from course_lib.numpy_nn.optimizers import Optimizer

Floats = NDArray[np.floating[Any]]
Data = tuple[Floats, NDArray[Any]]
LossFunction = Callable[[Any, Any], tuple[Loss, Floats]]
Hook = Callable[[Sequential], None]


# A run that diverges overflows before its loss is refused; the error says more than NumPy's warnings.
@np.errstate(over="ignore", invalid="ignore")
def train_mlp(
    model: Sequential,
    train: Data,
    *,
    optimizer: Optimizer,
    epochs: int,
    loss: LossFunction = softmax_cross_entropy,
    batch_size: int = 32,
    seed: int = 0,
    schedule: Schedule | None = None,
    validation: Data | None = None,
    stopper: EarlyStopping | None = None,
    on_gradient: Iterable[Hook] = (),
    on_step: Iterable[Hook] = (),
) -> History:
    """Train `model` in place on train = (x, y); returns the history, with rows "train" and "val" per epoch.

    x (n, inputs), y as the loss wants it. The rate of a step is optimizer.lr * schedule(step). on_gradient hooks run
    between backward and update (penalties, clipping), on_step hooks after the update. With a stopper, which needs
    validation, training ends when the stopper says so, and the best parameters are restored.
    The training loss of a row is the mean over its epoch, measured while the network changes.
    Raises ValueError for data that do not fit or hold NaN, and for a run that diverges: with its epoch, step and rate.
    """
    _validate_settings(epochs, stopper, validation)
    x, y = _validated("train", train, model)
    validation = None if validation is None else _validated("validation", validation, model)
    schedule, on_gradient, on_step = schedule or constant(), tuple(on_gradient), tuple(on_step)
    history, step, best = History(), 0, model.parameters.copy()
    for epoch in range(1, epochs + 1):
        total, count, started = 0.0, 0, time.perf_counter()
        try:
            for rows in batches(len(x), batch_size, seed=seed, epoch=epoch):
                outputs = model.forward(x.take(rows, axis=0), training=True)  # 1. forward (take is a faster x[rows])
                value, gradient = loss(outputs, y[rows])  # 2. loss
                model.backward(gradient)  # 3. backward
                for hook in on_gradient:
                    hook(model)
                optimizer.step(model.parameters, model.gradients, schedule(step))  # 4. update
                for hook in on_step:
                    hook(model)
                step, total, count = step + 1, total + value.total, count + value.count
            history.add("train", step=step, epoch=epoch, loss=total / count, seconds=time.perf_counter() - started)
            if validation is not None:
                scores = evaluate(model, validation, loss)
                history.add("val", step=step, epoch=epoch, **scores)
                if stopper is not None and stopper.update(scores["loss"], epoch):
                    best = model.parameters.copy()
        except ValueError as error:
            where = f"in epoch {epoch}, at step {step}, at rate {optimizer.lr * schedule(step):g}"
            raise ValueError(f"{error} ({where})") from error
        if stopper is not None and stopper.stop:
            break
    if stopper is not None:
        model.parameters[:] = best
    return history


def evaluate(
    model: Sequential, data: Data, loss: LossFunction = softmax_cross_entropy, *, batch_size: int = 1024
) -> dict[str, float]:
    """Mean loss over all samples with dropout off, and for class labels the accuracy.

    The mean is a sum over a count: batches of different size do not distort it.
    """
    x, y = _validated("data", data, model)
    outputs = np.concatenate([model.forward(x[i : i + batch_size]) for i in range(0, len(x), batch_size)])
    value, _ = loss(outputs, y)
    scores = {"loss": value.mean}
    if y.ndim == 1:
        scores["accuracy"] = accuracy(outputs, y)
    return scores


def _validate_settings(epochs: int, stopper: EarlyStopping | None, validation: Data | None) -> None:
    validate_at_least("epochs", epochs, 1)
    if stopper is not None and validation is None:
        raise ValueError("stopper must have validation data to watch, got validation=None")


def _validated(name: str, data: Data, model: Sequential) -> Data:
    """The data as arrays in the precision of the model; class numbers stay whole."""
    # float64 data would turn every product with float32 weights into a float64 one, without a word and slowly.
    dtype = model.parameters.dtype
    x, y = np.asarray(data[0]).astype(dtype, copy=False), np.asarray(data[1])
    inputs = model.linear_layers[0].weight.shape[0]
    if x.ndim != 2 or x.shape[1] != inputs or len(x) == 0:
        raise ValueError(f"{name} x must be (n, {inputs}) with n at least 1 for this model, got shape {x.shape}")
    if y.ndim == 0 or len(y) != len(x):
        raise ValueError(f"{name} x and y must have as many rows, got shapes {x.shape} and {y.shape}")
    validate_finite(f"{name} x", x)
    if y.dtype.kind == "f":
        y = y.astype(dtype, copy=False)
        validate_finite(f"{name} y", y)
    return x, y
