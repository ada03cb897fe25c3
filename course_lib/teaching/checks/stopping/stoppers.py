"""The stopper: scripts of losses, right stoppers and wrong ones; the test of stoppers is run on the same.

Each takes losses (epochs, 2), patience and min_delta, and returns (last epoch, best epoch). The known wrong ones can be
imported by their ids: `stoppers.one_too_many`.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.by_hand.stopping import early_stopping
from course_lib.core.stopping import EarlyStopping
from course_lib.teaching.exercises.kinds import Property, implement

_NAN = math.nan
# Validation losses, patience, min_delta. Each script separates a few ways of getting the rule wrong. Where min_delta
# counts, binary fractions hold all numbers, and some steps are exactly min_delta: those are no improvement.
SCRIPTS = (
    ([5.0, 4.0, 4.5, 3.0, 3.5, 3.2, 3.1, 2.9, 1.0], 3, 0.0),
    ([3.0, 4.0, 5.0, 1.0, 0.5], 2, 0.0),
    ([3.0, 3.0, 3.0, 3.0, 3.0], 3, 0.0),
    ([8.0, 7.875, 7.75, 7.625, 7.5, 7.4375, 7.375, 7.3125], 4, 0.25),
    ([0.5, 0.4375, 0.453125, 0.3125, 0.28125, 0.328125, 0.25, 0.1875], 2, 0.03125),
    ([_NAN, _NAN, _NAN, 1.0], 3, 0.0),
    ([2.0, _NAN, _NAN, 1.0, 2.0, 1.5], 3, 0.0),
    ([4.0, 3.0, 2.0], 1, 0.0),
    ([9.0, 8.0, 8.5, 7.0, 7.5, 6.0, 6.5, 5.0], 2, 0.0),
    ([5.0, 4.0, 4.25, 4.125, 3.875, 3.5], 2, 0.25),
    ([2.0, _NAN, 1.0, 1.5, 1.2, 0.5], 2, 0.0),
    ([1.0, _NAN, 2.0, 1.5, 1.8, 1.9], 3, 0.0),
)


def _losses(values: list[float]) -> np.ndarray:
    """The script as the second column; the training loss falls, with a rise that differs from it."""
    training = np.linspace(3.0, 1.0, len(values))
    training[1] = 3.5
    return np.column_stack([training, values])


def _first_wrong(seen: Any, right: Any) -> str | None:
    for (values, patience, delta), (name, case) in zip(SCRIPTS, right.items(), strict=True):
        own = seen[name]["result"]
        if not isinstance(own, tuple | list | np.ndarray) or len(own) != 2:
            return f"return two numbers, (last epoch, best epoch); you return {own!r}"
        if tuple(own) != tuple(case["result"]):
            shown = ", ".join("nan" if math.isnan(value) else f"{value:g}" for value in values)
            return f"losses {shown}; patience {patience}, min_delta {delta}: you give {tuple(map(int, own))}"
    return None


def by_class(losses, patience, min_delta=0.0):
    stopper, epoch = EarlyStopping(patience, min_delta), 0
    for epoch, value in enumerate(losses[:, 1], start=1):
        stopper.update(value, epoch)
        if stopper.stop:
            break
    return epoch, stopper.best_epoch or 0


EARLY_STOPPING = implement(
    "early_stopping: When to stop, and which epoch to keep | core, difficulty 2, 20 minutes",
    early_stopping,
    cases=tuple((_losses(values), patience, delta) for values, patience, delta in SCRIPTS),
    names={"by_class": by_class, "rule": early_stopping},
    right="""
    by_distance: the distance from the best epoch is the number of bad epochs in a row
        bad_epochs >= patience -> epoch - best_epoch >= patience; best - value > min_delta -> value < best - min_delta
    by_class: the class of the library
    """,
    wrong="""
    one_too_many: a stopper that waits one bad epoch too many | with patience 1, after how many bad epochs do you stop?
        bad_epochs >= patience -> bad_epochs >= patience + 1
    one_too_few: a stopper that waits one bad epoch too few | with patience 2, does one bad epoch stop you?
        bad_epochs >= patience -> bad_epochs >= patience - 1
    tested_first: a stopper that tests the counter before it counts the epoch
        | the counter has reached patience: is another epoch trained before you look?
        drop: if bad_epochs >= patience: break
        before if best - value > min_delta: ... -> if bad_epochs >= patience: break
    never_reset: a counter that is never reset | bad, good, bad, good: how many bad epochs in a row are that?
        best, best_epoch, bad_epochs = value, epoch, 0 -> best, best_epoch = value, epoch
    sign_of_min_delta: min_delta with its sign turned round
        | must a loss be lower or higher than the best in order to improve by min_delta?
        best - value > min_delta -> best - value > -min_delta
    without_min_delta: a stopper that leaves min_delta out | when is 0.999 after 1.000 an improvement?
        best - value > min_delta -> value < best
    relative_min_delta: min_delta as a share of the best value
        | is min_delta a number of nats, or a part of the best loss?
        best - value > min_delta -> value < (best * (1 - min_delta) if math.isfinite(best) else best)
    best_creeps: a best value that moves by less than min_delta
        | a loss falls by half of min_delta at every epoch: does it never improve?
        best, best_epoch, bad_epochs = value, epoch, 0 -> best_epoch, bad_epochs = epoch, 0
        before if bad_epochs >= patience: ... -> best = value if value < best else best
    training_loss: a stopper that watches the training loss | which of the two columns can rise by overfitting?
        losses[:, 1] -> losses[:, 0]
    first_rise: a stopper that stops at the first bad epoch | what is patience for?
        bad_epochs >= patience -> bad_epochs >= 1
    with_the_last: a comparison with the epoch before, not with the best
        | up by 2, then down by 1: is that an improvement on the best?
        before if bad_epochs >= patience: ... -> best = value
    ties_improve: a stopper for which a tie improves | the loss is flat for ever: when do you stop?
        best - value > min_delta -> best - value >= min_delta
    nan_improves: a stopper for which NaN improves | what is `not (nan >= best)`, and is nan a good loss?
        best - value > min_delta -> not best - value <= min_delta
    nan_stops: a stopper that stops at the first NaN | the rule names one reason to stop; is NaN another one?
        bad_epochs >= patience -> bad_epochs >= patience or math.isnan(value)
    nan_skipped: a stopper that does not count NaN | a run is NaN from epoch 3 on: when does it end?
        bad_epochs += 1 -> bad_epochs += not math.isnan(value)
    from_zero: epochs counted from 0 | what is the number of the first epoch here?
        return: epoch - 1, best_epoch - 1
    last_is_best: the last epoch in place of the best | whose weights do you want back, those of the last epoch?
        return: epoch, epoch if best_epoch else 0
    beyond_the_stop: the best epoch of the whole curve, the part after the stop included
        | if training has stopped, who computed the losses that follow?
        return: epoch, rule(losses, len(losses) + 1, min_delta)[1]
    never_stops: a stopper that never stops | which line ends the loop before the losses end?
        drop: if bad_epochs >= patience: break
    highest: a stopper that waits for the highest value | is a validation loss better when it is high?
        losses[:, 1] -> -losses[:, 1]
    exchanged: best and last exchanged | which of the two numbers can be larger than the other?
        return: best_epoch, epoch
    """,
    equivalent="""
    0 -> -1 (3) | the loop sets the epoch; losses hold at least one
    0 -> 1 (3) | the loop sets the epoch; losses hold at least one
    """,
    properties=(Property("the two epochs of each script", _first_wrong),),
    hints="""
    Keep three things: the best value, the epoch it came from, and the bad epochs since then.
    For every epoch: reset on improvement, one more otherwise, and then test the counter.
    A comparison with NaN is False. Write the condition so that False means no improvement.
    """,
    not_tested="patience 0 and losses without any epoch",
)
_KNOWN = {mistake.id: mistake for mistake in EARLY_STOPPING.mistakes}


def __getattr__(name: str) -> Callable[..., tuple[int, int]]:
    """The known wrong stopper of this name."""
    if name not in _KNOWN:
        raise AttributeError(f"there is no stopper {name!r}; known are {', '.join(_KNOWN)}")
    stopper: Callable[..., tuple[int, int]] = _KNOWN[name].answer
    return stopper
