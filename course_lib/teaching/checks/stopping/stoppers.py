"""How is early stopping written wrongly? Right versions and known mistakes of early_stopping.

Each takes losses (epochs, 2), patience and min_delta, and returns (last epoch, best epoch). The exercise that writes a
test for stoppers is run on the same versions.
"""

import math
from collections.abc import Callable

import numpy as np

from course_lib.core.stopping import EarlyStopping
from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []
Better = Callable[[float, float, float], bool]


def _better(value: float, best: float, min_delta: float) -> bool:
    return best - value > min_delta


def _run(losses, patience, min_delta=0.0, *, better: Better = _better, enough=None, column=1, reset=True):
    """Early stopping that is right with these defaults; several mistakes change one of them."""
    best, best_epoch, bad, epoch = math.inf, 0, 0, 0
    for epoch, value in enumerate(losses[:, column], start=1):
        if better(value, best, min_delta):
            best, best_epoch, bad = value, epoch, 0 if reset else bad
        else:
            bad += 1
        if bad >= (patience if enough is None else enough(patience)):
            break
    return epoch, best_epoch


@also_right(VARIANTS, "the distance from the best epoch is the number of bad epochs in a row")
def by_distance(losses, patience, min_delta=0.0):
    best, best_epoch, epoch = math.inf, 0, 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        if value < best - min_delta:
            best, best_epoch = value, epoch
        if epoch - best_epoch >= patience:
            break
    return epoch, best_epoch


@also_right(VARIANTS, "the class of the library")
def by_class(losses, patience, min_delta=0.0):
    stopper, epoch = EarlyStopping(patience, min_delta), 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        stopper.update(value, epoch)
        if stopper.stop:
            break
    return epoch, stopper.best_epoch or 0


@known(
    MISTAKES, "a stopper that waits one bad epoch too many", "with patience 1, after how many bad epochs do you stop?"
)
def one_too_many(losses, patience, min_delta=0.0):
    return _run(losses, patience, min_delta, enough=lambda p: p + 1)


@known(MISTAKES, "a stopper that waits one bad epoch too few", "with patience 2, does one bad epoch stop you?")
def one_too_few(losses, patience, min_delta=0.0):
    return _run(losses, patience, min_delta, enough=lambda p: p - 1)


@known(
    MISTAKES,
    "a stopper that tests the counter before it counts the epoch",
    "the counter has reached patience: is another epoch trained before you look?",
)
def tested_first(losses, patience, min_delta=0.0):  # noqa: PT028 (no test, but a name that begins like one)
    best, best_epoch, bad, epoch = math.inf, 0, 0, 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        if bad >= patience:
            break
        if _better(value, best, min_delta):
            best, best_epoch, bad = value, epoch, 0
        else:
            bad += 1
    return epoch, best_epoch


@known(MISTAKES, "a counter that is never reset", "bad, good, bad, good: how many bad epochs in a row are that?")
def never_reset(losses, patience, min_delta=0.0):
    return _run(losses, patience, min_delta, reset=False)


@known(
    MISTAKES,
    "min_delta with its sign turned round",
    "must a loss be lower or higher than the best in order to improve by min_delta?",
)
def sign_of_min_delta(losses, patience, min_delta=0.0):
    return _run(losses, patience, -min_delta)


@known(MISTAKES, "a stopper that leaves min_delta out", "when is 0.999 after 1.000 an improvement?")
def without_min_delta(losses, patience, min_delta=0.0):
    return _run(losses, patience, 0.0)


@known(MISTAKES, "min_delta as a share of the best value", "is min_delta a number of nats, or a part of the best loss?")
def relative_min_delta(losses, patience, min_delta=0.0):
    def better(value, best, delta):
        return value < (best * (1 - delta) if math.isfinite(best) else best)

    return _run(losses, patience, min_delta, better=better)


@known(
    MISTAKES,
    "a best value that moves by less than min_delta",
    "a loss falls by half of min_delta at every epoch: does it never improve?",
)
def best_creeps(losses, patience, min_delta=0.0):
    best, best_epoch, bad, epoch = math.inf, 0, 0, 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        if _better(value, best, min_delta):
            best_epoch, bad = epoch, 0
        else:
            bad += 1
        if value < best:
            best = value
        if bad >= patience:
            break
    return epoch, best_epoch


@known(MISTAKES, "a stopper that watches the training loss", "which of the two columns can rise by overfitting?")
def training_loss(losses, patience, min_delta=0.0):
    return _run(losses, patience, min_delta, column=0)


@known(MISTAKES, "a stopper that stops at the first bad epoch", "what is patience for?")
def first_rise(losses, patience, min_delta=0.0):
    return _run(losses, patience, min_delta, enough=lambda _: 1)


@known(
    MISTAKES,
    "a comparison with the epoch before, not with the best",
    "up by 2, then down by 1: is that an improvement on the best?",
)
def with_the_last(losses, patience, min_delta=0.0):
    previous, best_epoch, bad, epoch = math.inf, 0, 0, 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        if _better(value, previous, min_delta):
            best_epoch, bad = epoch, 0
        else:
            bad += 1
        previous = value
        if bad >= patience:
            break
    return epoch, best_epoch


@known(MISTAKES, "a stopper for which a tie improves", "the loss is flat for ever: when do you stop?")
def ties_improve(losses, patience, min_delta=0.0):
    return _run(losses, patience, min_delta, better=lambda value, best, delta: best - value >= delta)


@known(MISTAKES, "a stopper for which NaN improves", "what is `not (nan >= best)`, and is nan a good loss?")
def nan_improves(losses, patience, min_delta=0.0):
    return _run(losses, patience, min_delta, better=lambda value, best, delta: not best - value <= delta)


@known(MISTAKES, "a stopper that stops at the first NaN", "the rule names one reason to stop; is NaN another one?")
def nan_stops(losses, patience, min_delta=0.0):
    best, best_epoch, bad, epoch = math.inf, 0, 0, 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        if _better(value, best, min_delta):
            best, best_epoch, bad = value, epoch, 0
        else:
            bad += 1
        if bad >= patience or math.isnan(value):
            break
    return epoch, best_epoch


@known(MISTAKES, "a stopper that does not count NaN", "a run is NaN from epoch 3 on: when does it end?")
def nan_skipped(losses, patience, min_delta=0.0):
    best, best_epoch, bad, epoch = math.inf, 0, 0, 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        if _better(value, best, min_delta):
            best, best_epoch, bad = value, epoch, 0
        elif not math.isnan(value):
            bad += 1
        if bad >= patience:
            break
    return epoch, best_epoch


@known(MISTAKES, "epochs counted from 0", "what is the number of the first epoch here?")
def from_zero(losses, patience, min_delta=0.0):
    last, best = _run(losses, patience, min_delta)
    return last - 1, best - 1


@known(MISTAKES, "the last epoch in place of the best", "whose weights do you want back, those of the last epoch?")
def last_is_best(losses, patience, min_delta=0.0):
    last, best = _run(losses, patience, min_delta)
    return last, last if best else 0


@known(
    MISTAKES,
    "the best epoch of the whole curve, the part after the stop included",
    "if training has stopped, who computed the losses that follow?",
)
def beyond_the_stop(losses, patience, min_delta=0.0):
    last, _ = _run(losses, patience, min_delta)
    return last, _run(losses, len(losses) + 1, min_delta)[1]


@known(MISTAKES, "a stopper that never stops", "which line ends the loop before the losses end?")
def never_stops(losses, patience, min_delta=0.0):
    return _run(losses, len(losses) + 1, min_delta)


@known(MISTAKES, "a stopper that waits for the highest value", "is a validation loss better when it is high?")
def highest(losses, patience, min_delta=0.0):
    return _run(np.negative(losses), patience, min_delta)


@known(MISTAKES, "best and last exchanged", "which of the two numbers can be larger than the other?")
def exchanged(losses, patience, min_delta=0.0):
    last, best = _run(losses, patience, min_delta)
    return best, last
