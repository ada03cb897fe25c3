"""The range test: train a few hundred steps while the rate grows, and watch the loss.

The rates grow by a constant factor from step to step, so that each decade gets as many steps as the next. Where the
loss begins to fall, the rate is large enough to matter; where it turns up, it is too large.
Source: Smith 2017, Cyclical Learning Rates, section 3.3.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from course_lib.core.metrics import Loss
from course_lib.core.validation import validate_above, validate_at_least, validate_interval
from course_lib.numpy_nn.data import batches
from course_lib.numpy_nn.losses import softmax_cross_entropy
from course_lib.numpy_nn.network import Sequential
from course_lib.numpy_nn.optimizers import Optimizer

Floats = NDArray[np.floating[Any]]
LossFunction = Callable[[Any, Any], tuple[Loss, Floats]]


@dataclass(frozen=True)
class RangeTest:
    """What a range test saw: rates (s,), the loss of each batch before its update (s,), and the same smoothed (s,)."""

    rates: Floats
    losses: Floats
    smoothed: Floats

    @property
    def turning_point(self) -> float:
        """The rate at which the smoothed loss is lowest; beyond it the loss rises."""
        return float(self.rates[int(np.argmin(self.smoothed))])

    @property
    def suggested(self) -> float:
        """A third of the turning point: a rate to start from, not an optimum.

        The turning point itself is too large: there the loss no longer falls. The third is a rule of thumb.
        """
        return self.turning_point / 3


# The run is meant to diverge: what overflows ends it.
@np.errstate(over="ignore", invalid="ignore")
def range_test(
    model: Sequential,
    train: tuple[Floats, NDArray[Any]],
    *,
    optimizer: Optimizer,
    lowest: float = 1e-5,
    highest: float = 10.0,
    steps: int = 200,
    batch_size: int = 32,
    seed: int = 0,
    loss: LossFunction = softmax_cross_entropy,
    smoothing: float = 0.9,
    stop_at: float = 4.0,
) -> RangeTest:
    """Train `model` on train = (x, y) with rates that grow from `lowest` to `highest`; its parameters are put back.

    The smoothed loss is a moving average that forgets by the factor `smoothing` per step, corrected for its start.
    The test ends early when it exceeds `stop_at` times its lowest value, or is not a number. The optimizer's own rate
    has no part in it; take a fresh optimizer, for its state is changed.
    Raises ValueError unless 0 < lowest < highest, steps >= 2, 0 <= smoothing < 1 and stop_at > 1.
    """
    if not 0 < lowest < highest:
        raise ValueError(f"lowest and highest must be 0 < lowest < highest, got {lowest} and {highest}")
    validate_at_least("steps", steps, 2)
    validate_interval("smoothing", smoothing, 0, 1, "[)")
    validate_above("stop_at", stop_at, 1)
    x, y = np.asarray(train[0]).astype(model.parameters.dtype, copy=False), np.asarray(train[1])
    kept = model.parameters.copy()
    planned = np.geomspace(lowest, highest, steps)
    rates, losses, smoothed, average, best = [], [], [], 0.0, math.inf
    for step, (rate, rows) in enumerate(zip(planned, _endless(len(x), batch_size, seed), strict=False)):
        value, finite, gradient = _loss(model, loss, x[rows], y[rows])
        if not finite:
            break
        average = smoothing * average + (1 - smoothing) * value
        corrected = average / (1 - smoothing ** (step + 1))  # the average starts at 0
        rates.append(float(rate))
        losses.append(value)
        smoothed.append(corrected)
        best = min(best, corrected)
        if corrected > stop_at * best:
            break
        model.backward(gradient)
        optimizer.step(model.parameters, model.gradients, float(rate) / optimizer.lr)
    model.parameters[:] = kept
    return RangeTest(np.array(rates), np.array(losses), np.array(smoothed))


def _endless(count: int, batch_size: int, seed: int) -> Iterator[NDArray[np.int64]]:
    epoch = 0
    while True:
        epoch += 1
        yield from batches(count, batch_size, seed=seed, epoch=epoch)


def _loss(model: Sequential, loss: LossFunction, x: Floats, y: NDArray[Any]) -> tuple[float, bool, Floats]:
    """Mean loss, whether it is a finite number, and the gradient; the losses refuse outputs that are not finite."""
    outputs = model.forward(x, training=True)
    if not np.isfinite(outputs).all():
        return math.inf, False, outputs
    value, gradient = loss(outputs, y)
    return value.mean, math.isfinite(value.mean), gradient
