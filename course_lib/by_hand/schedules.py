"""Learning-rate schedules, with nothing but the rule written down.

These functions are the ones that lesson 04 shows and sheet 04 asks for. They check nothing and are written for reading;
`course_lib.core.schedules` has the validated versions, and the tests hold the two equal.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np


def step_decay_rates(rate: float, factor: float, every: int, epochs: int) -> list[float]:
    """The rate of each epoch, 0 to epochs - 1, when it is multiplied by `factor` after every `every` epochs.

    The first `every` epochs are trained at `rate` itself.
    """
    return [rate * factor ** (epoch // every) for epoch in range(epochs)]


def warmup_cosine(step: int, rate: float, steps: int, warmup: int, floor: float) -> float:
    """The learning rate of update `step` (the first is 0) in a run of `steps` updates.

    Warm-up: the rates of the updates 0, 1, ... warmup - 1 rise in equal steps of rate / (warmup + 1),
    the first of them is one such step, and update `warmup` is the first at `rate` itself.
    From there half a cosine falls to floor * rate, which is reached at step `steps` and kept afterwards.
    """
    if step < warmup:
        return rate * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / (steps - warmup))  # from 0 at the end of the warm-up to 1
    cosine = (1 + math.cos(math.pi * progress)) / 2  # from 1 down to 0
    return rate * (floor + (1 - floor) * cosine)


def plateau_rates(losses: Sequence[float], rate: float, factor: float, patience: int, min_delta: float) -> list[float]:
    """The rate after each measurement of the validation loss, one for each of `losses`.

    A loss improves when it is more than min_delta below the best so far. When more than `patience` losses
    in a row have not improved, the rate is multiplied by `factor` and the counting starts anew.
    NaN never improves.
    """
    best, bad, rates = math.inf, 0, []
    for loss in losses:
        improved = loss < best - min_delta  # False for NaN
        if improved:
            best, bad = loss, 0
        else:
            bad = bad + 1
        if bad > patience:
            rate, bad = rate * factor, 0  # decay, and start counting anew
        rates.append(rate)
    return rates


def updates_per_epoch(samples: int, batch_size: int, accumulate: int, drop_last: bool) -> int:
    """How often the optimizer moves the parameters in one pass over the samples.

    With drop_last an incomplete last batch is left out. The gradients of `accumulate` batches are added
    up before each update; batches that are left over at the end of the epoch make one more update.
    """
    batches = samples // batch_size if drop_last else math.ceil(samples / batch_size)
    return math.ceil(batches / accumulate)


def schedule_passes(make: Callable[[float, int, int, float], Callable[[int], float]]) -> bool:
    """Whether make(rate, steps, warmup, floor) gives a right warm-up with cosine.

    `make` returns a function from the update to its rate, which shall follow the rule of warmup_cosine to
    within a relative error of 1e-5. True for a right version, False for one with a fault.
    """
    for rate, steps, warmup, floor in ((0.3, 20, 4, 0.1), (2.0, 9, 0, 0.0), (0.05, 13, 1, 0.5)):
        schedule = make(rate, steps, warmup, floor)
        rates = np.array([schedule(step) for step in range(steps + 5)])  # beyond the end as well
        rising = rate * np.arange(1, warmup + 1) / (warmup + 1)
        angle = np.pi * np.arange(steps - warmup + 1) / (steps - warmup)  # 0 to pi, both ends included
        falling = rate * (floor + (1 - floor) * (1 + np.cos(angle)) / 2)
        right = np.concatenate([rising, falling, np.full(4, rate * floor)])
        if not np.allclose(rates, right, rtol=1e-5, atol=1e-9):
            return False
    return True
