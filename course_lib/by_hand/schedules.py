"""Learning-rate schedules, with nothing but the rule written down.

These functions are the ones that lesson 04 shows and sheet 04 asks for. They check nothing and are written for reading;
`course_lib.core.schedules` has the validated versions, and the tests hold the two equal.
"""

import math
from collections.abc import Sequence


def step_decay_rates(lr: float, factor: float, every: int, epochs: int) -> list[float]:
    """The rate of each epoch, 0 to epochs - 1, when it is multiplied by `factor` after every `every` epochs.

    The first `every` epochs are trained at `lr` itself.
    """
    return [lr * factor ** (epoch // every) for epoch in range(epochs)]


def warmup_cosine(step: int, lr: float, steps: int, warmup: int, floor: float) -> float:
    """The learning rate of update `step` (the first is 0) in a run of `steps` updates.

    Warm-up: the rates of the updates 0, 1, ... warmup - 1 rise in equal steps of lr / (warmup + 1),
    the first of them is one such step, and update `warmup` is the first at `lr` itself.
    From there half a cosine falls to floor * lr, which is reached at step `steps` and kept afterwards.
    """
    if step < warmup:
        return lr * (step + 1) / (warmup + 1)
    progress = min(1.0, (step - warmup) / (steps - warmup))  # from 0 at the end of the warm-up to 1
    cosine = (1 + math.cos(math.pi * progress)) / 2  # from 1 down to 0
    return lr * (floor + (1 - floor) * cosine)


def plateau_rates(losses: Sequence[float], lr: float, factor: float, patience: int, min_delta: float) -> list[float]:
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
            lr, bad = lr * factor, 0  # decay, and start counting anew
        rates.append(lr)
    return rates


def updates_per_epoch(samples: int, batch_size: int, accumulate: int, drop_last: bool) -> int:
    """How often the optimizer moves the parameters in one pass over the samples.

    With drop_last an incomplete last batch is left out. The gradients of `accumulate` batches are added
    up before each update; batches that are left over at the end of the epoch make one more update.
    """
    batches = samples // batch_size if drop_last else math.ceil(samples / batch_size)
    return math.ceil(batches / accumulate)
