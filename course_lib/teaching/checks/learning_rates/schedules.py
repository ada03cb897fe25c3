"""Schedules and updates: the cases and the known mistakes."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.by_hand.schedules import plateau_rates, step_decay_rates, updates_per_epoch, warmup_cosine
from course_lib.core.schedules import Plateau, cosine_with_warmup
from course_lib.teaching.exercises.kinds import Property, apart, implement, one_each
from course_lib.teaching.exercises.one_number import one_number

_PER_EPOCH, _EPOCHS = one_each("rate", "epoch", "how many epochs are 0 to epochs - 1, and has each its rate?")
STEP_DECAY = implement(
    "step_decay: Step decay, and what epoch 0 gets | 8 minutes",
    step_decay_rates,
    # In the last case the run ends before the first decay.
    cases=((0.3, 0.5, 4, 11), (2.0, 0.1, 3, 7), (0.7, 0.8, 1, 5), (0.5, 0.25, 6, 4)),
    form=_PER_EPOCH,
    properties=(_EPOCHS,),
    right="""
    in_a_loop: a loop that leaves epoch 0 alone
        factor ** (epoch // every) -> factor ** sum(k % every == 0 for k in range(1, epoch + 1))
    at_once: all epochs at once, with NumPy
        return: lr * factor ** (np.arange(epochs) // every)
    """,
    wrong="""
    fires_at_zero: a decay that fires at epoch 0 already | what is 0 % every, and what rate does epoch 0 then have?
        epoch // every -> epoch // every + 1
    one_early: a decay one epoch early | how many epochs have been trained at the first rate?
        epoch // every -> (epoch + 1) // every
    one_late: a decay one epoch late | which epoch is the first after `every` epochs, if they count from 0?
        epoch // every -> max(epoch - 1, 0) // every
    every_epoch: a decay in every epoch | how long does each rate stay the same?
        epoch // every -> epoch
    smooth: a smooth decay, without stairs | is epoch / every a whole number in every epoch?
        epoch // every -> epoch / every
    only_once: a decay that happens once | what happens at epoch 2 * every?
        epoch // every -> min(epoch // every, 1)
    multipliers: multipliers in place of rates | which rate do you get when the first argument is doubled?
        lr * A -> A
    divided: a rate divided by the factor | does the rate rise or fall with a factor below 1?
        lr * A -> lr / A
    subtracted: a decay by the same amount each time | is the rate multiplied, or is something taken off?
        factor ** A -> (1 - (1 - factor) * A)
    times_stairs: the factor times the number of stairs | what is the factor after two stairs: twice it, or its square?
        factor ** A -> (factor * A if A else 1)
    one_more: one epoch too many | how many epochs are 0 to epochs - 1?
        range(epochs) -> range(epochs + 1)
    compounded: a decay of what was decayed already | is `rate` in your loop still the first rate?
        epoch // every -> sum(k // every for k in range(epoch + 1))
    """,
    hints="""
    Write down by hand the rates of the first 7 epochs for every = 3.
    How often has the rate been multiplied by the factor before epoch e? That number is a whole division.
    A closed form, lr * factor ** (...), has no state that could go wrong.
    """,
    not_tested="factors above 1, every = 0",
)

_COUNTS = ((1000, 32, 4, False), (1000, 32, 3, True), (95, 10, 3, True), (90, 10, 3, False), (7, 8, 2, False))
_COUNTS += ((7, 8, 2, True), (961, 32, 5, False), (961, 32, 5, True), (640, 32, 1, False))
_ASKED = {
    f"case {number}": f"{samples} samples, batch size {size}, accumulate {group}, drop_last {drop}: {{yours}}\n"
    "how many batches are there, counted by hand?"
    for number, (samples, size, group, drop) in enumerate(_COUNTS, start=1)
}


def counted(samples, batch_size, accumulate, drop_last):
    updates = waiting = 0
    for start in range(0, samples, batch_size):
        if drop_last and start + batch_size > samples:
            break
        waiting += 1
        if waiting == accumulate:
            updates, waiting = updates + 1, 0
    return updates + (waiting > 0)


COUNT_UPDATES = implement(
    "count_updates: Count the updates of an epoch | 8 minutes",
    updates_per_epoch,
    cases=_COUNTS,
    names={"counted": counted},
    properties=one_number(_ASKED, all_digits=False),
    right="counted: counted by a loop",
    wrong="""
    iterations: iterations, not updates | how many batches does one update wait for?
        return: batches
    full_groups: full groups only | what becomes of the batches that are left over at the end of the epoch?
        return: batches // accumulate
    always_dropped: full batches only, with or without drop_last | which batch holds the last samples?
        math.ceil(samples / batch_size) -> samples // batch_size
    never_dropped: an incomplete batch in spite of drop_last | what does drop_last leave out?
        samples // batch_size -> math.ceil(samples / batch_size)
    exchanged: drop_last and its opposite exchanged | which value of drop_last gives fewer batches?
        A if drop_last else B -> B if drop_last else A
    fraction: a fraction of an update | can a loop run a quarter of a time?
        return: samples / (batch_size * accumulate)
    multiplied: more updates by accumulation | does waiting for several batches give more updates, or fewer?
        return: batches * accumulate
    groups_dropped: whole groups dropped by drop_last | does drop_last leave out a batch, or a group of batches?
        first: batch_size, accumulate = batch_size * accumulate, 1
    one_more: one update too many where it divides | how many updates do 9 batches make, three at a time?
        return: batches // accumulate + 1
    """,
    hints="""
    Two questions, one after the other: how many batches, and how many updates do so many batches make?
    An incomplete batch counts unless drop_last; an incomplete group of batches always counts.
    """,
    not_tested="a data set without samples",
)

_NAN = math.nan
_LONG = [2.0, 1.5, 1.4375, 1.53125, 1.5, 1.4375, 1.40625, 1.25, 1.625, 1.125, 1.5625, 1.5, 1.4375, 1.375]
# Numbers that binary fractions hold: `best - loss > min_delta` and `loss + min_delta < best` are the same rule.
_PLATEAUS = (
    ([*_LONG, 1.3125, 1.25, 1.1875, 1.25, 0.875, 1.0], 0.4, 0.5, 2, 0.125),
    ([3.0, 2.875, 2.75, 3.125, 2.8125, 2.625, 2.75, 2.6875, 2.65625, 2.625, 2.75, 2.625, 2.75], 0.03, 0.1, 1, 0.0),
    ([1.0, _NAN, _NAN, 0.75, _NAN, 0.875, 0.8125, 0.625, 0.6875], 2.0, 0.3, 1, 0.03125),
    ([1.0, 0.875, 0.9375, 0.8125, 0.75, 0.75], 1.0, 0.7, 0, 0.0625),  # two losses exactly min_delta below the best
    ([1.0, 0.9375, 0.875, 0.8125, 0.75, 0.6875, 0.625, 0.5625, 0.5], 0.5, 0.4, 3, 0.125),  # creeping down
    ([0.0, 0.5, -1.0, -0.75, -1.25, -1.5, -1.125, -2.0], 0.8, 0.5, 0, 0.25),  # 0 and below, as a log-likelihood
    ([_NAN, 2.0, 2.0, 1.0, math.inf, 1.0], 0.6, 0.5, 1, 0.5),  # NaN and infinity
    ([_NAN, 4.0, -math.inf, 3.0, 2.0], 0.6, 0.25, 0, 0.5),
)


def _when(seen: Any, right: Any) -> str | None:
    for case, (losses, *_) in zip(right, _PLATEAUS, strict=True):
        own, rule = np.asarray(seen[case]["result"], float), np.asarray(right[case]["result"], float)
        wrong = np.flatnonzero(~np.isclose(own, rule)) if own.shape == rule.shape else ()
        if len(wrong):
            k = int(wrong[0])
            should, yours = apart(rule[k], own[k], 3)
            return f"{case}: after loss {k} ({losses[k]}) the rate should be {should}, yours is {yours}"
    return None


PLATEAU = implement(
    "plateau: Lower the rate on a plateau | difficulty 2, 12 minutes",
    plateau_rates,
    complete=True,
    cases=_PLATEAUS,
    names={"Plateau": Plateau},
    right="""
    by_library: the library's Plateau, times the rate
        first: rule = Plateau(factor, patience, min_delta)
        bad > patience -> rule.update(loss) is not None; rates.append(lr) -> rates.append(lr * rule(0))
    """,
    wrong="""
    one_early: a decay one loss too early | must the bad losses reach `patience`, or exceed it?
        bad > patience -> bad >= max(patience, 1)
    one_late: a decay one loss too late | how many bad losses in a row are more than `patience`?
        bad > patience -> bad > patience + 1
    not_anew: a count that goes on after a decay | how often does the rate fall if the losses stay bad for long?
        lr, bad = lr * factor, 0 -> lr = lr * factor
    counted_in_all: bad losses counted in all, not in a row | what becomes of the count when a loss improves?
        best, bad = loss, 0 -> best = loss
    with_the_last: a comparison with the loss before, not with the best | is 1.5 an improvement after 1.2 and 1.6?
        bad = bad + 1 -> best, bad = loss, bad + 1
    with_the_first: a best loss that is never updated | what is `best` after the second improvement?
        best, bad = loss, 0 -> bad = 0; after improved = A -> best = loss if math.isinf(best) else best
    delta_ignored: no min_delta | is 1.49 an improvement on 1.5 when min_delta is 0.1?
        best - min_delta -> best
    delta_added: min_delta with the wrong sign | is a loss that is a little higher than the best an improvement?
        best - min_delta -> best + min_delta
    creeping_best: a best loss that creeps down by less than min_delta | does `best` change when nothing has improved?
        bad = bad + 1 -> best, bad = loss if loss < best else best, bad + 1
    nan_improves: NaN as an improvement | is `not nan >= best` true, and `nan < best`?
        loss < A -> not loss >= A
    equal_improves: an equal loss as an improvement | is a loss `more than` min_delta below the best if it equals it?
        loss < A -> loss <= A
    from_the_first_rate: a decay that happens once | what is lr * factor at the second decay, and which rate is meant?
        first: first = lr; lr, bad = lr * factor, 0 -> lr, bad = first * factor, 0
    best_forgotten: a best loss that is forgotten at each decay | does a smaller rate make an old best worthless?
        lr, bad = lr * factor, 0 -> lr, bad, best = lr * factor, 0, math.inf
    before_the_loss: the rate before each loss was seen | shall a loss already act on the rate in its own place?
        drop: rates.append(lr); before improved = A -> rates.append(lr)
    upside_down: a score that should rise | is a lower loss better or worse?
        losses -> [-loss for loss in losses]
    """,
    properties=(Property("the first rate that is wrong", _when),),
    hints="""
    `best` is the lowest loss that counted as an improvement; it changes nowhere else.
    The count goes back to 0 in two places: after an improvement, and after a decay.
    With patience 2, the third bad loss in a row lowers the rate.
    """,
    not_tested="factors above 1, negative min_delta",
    fade=("improved =", "best, bad = loss, 0", "lr, bad ="),
)

# rate, steps, warmup, floor, and how many updates are looked at: beyond the end as well
_RUNS = (0.4, 15, 4, 0.15, 19), (3.0, 9, 1, 0.0, 11), (0.02, 7, 0, 0.5, 9)


def _rates(answer: Callable[..., Any]) -> Callable[..., Any]:
    """A whole run of an answer: its rates over the peak, update by update."""

    def run(lr: float, steps: int, warmup: int, floor: float, looked_at: int) -> Any:
        values = [answer(step, lr, steps, warmup, floor) for step in range(looked_at)]
        return None if all(value is None for value in values) else np.array(values, float) / lr

    return run


def _where(seen: Any, right: Any) -> str | None:
    for case, (lr, steps, warmup, floor, _) in zip(right, _RUNS, strict=True):
        own, rule = np.asarray(seen[case]["result"]) * lr, np.asarray(right[case]["result"]) * lr
        wrong = np.flatnonzero(~np.isclose(own, rule, rtol=1e-6, atol=1e-12))
        if len(wrong):
            k = int(wrong[0])
            part = "in the warm-up" if k < warmup else "where the cosine begins" if k == warmup else "in the cosine"
            part = part if k < steps else "at the end or after it"
            given = f"rate {lr}, steps {steps}, warmup {warmup}, floor {floor}"
            has, should = apart(own[k], rule[k])
            return f"{given}: update {k} ({part}) has {has} and should have {should}"
    return None


WARMUP_COSINE = implement(
    "warmup_cosine: Warm-up, then cosine | core, difficulty 2, 15 minutes",
    warmup_cosine,
    cases=_RUNS,
    run=_rates,
    names={"cosine_with_warmup": cosine_with_warmup},
    right="""
    by_library: the library's schedule, times the rate
        first: return lr * cosine_with_warmup(steps, warmup, floor)(step)
    interpolated: by interpolation, and the cosine by a square of half the angle
        lr * (step + 1) / (warmup + 1) -> np.interp(step, [-1, warmup], [0, lr])
        (1 + math.cos(math.pi * progress)) / 2 -> np.cos(np.clip(progress, 0, 1) * np.pi / 2) ** 2
        lr * (floor + (1 - floor) * cosine) -> floor * lr + (lr - floor * lr) * cosine
    """,
    wrong="""
    from_zero: a warm-up that starts at rate 0 | what does the first update do at a rate of 0?
        lr * (step + 1) / (warmup + 1) -> lr * step / warmup
    one_early: a warm-up that reaches the full rate one update early | which rate has update warmup - 1?
        warmup + 1 -> warmup
    from_zero_small_steps: a warm-up with equal steps that starts at 0 | which rate has update 0?
        step + 1 -> step
    no_warmup: a schedule without warm-up | what is the rate of update 0 when warmup is 5?
        first: warmup = 0
    flat_warmup: a warm-up at the full rate, and then the cosine | which of the updates before `warmup` are small?
        lr * (step + 1) / (warmup + 1) -> lr
    counted_from_start: a cosine that counts from update 0, not from the end of the warm-up
        | which rate has update `warmup`?
        (step - warmup) / (steps - warmup) -> step / steps
    horizon_with_warmup: a cosine as long as the whole run, so that the floor is not reached at `steps`
        | how many updates lie between the end of the warm-up and the end of the run?
        steps - warmup -> steps
    ends_early: a cosine that ends one update early | at which step is the floor reached?
        steps - warmup -> steps - 1 - warmup
    starts_late: a cosine that starts one update late | what is the progress at update `warmup` + 1?
        (step - warmup) / (steps - warmup) -> max(0, step - warmup - 1) / (steps - warmup - 1)
    rises_again: a rate that rises again after the last step | what does the cosine do beyond pi?
        min(1.0, A) -> A
    whole_cosine: a whole cosine, down and up again | which angle belongs to the end: pi or 2 pi?
        math.pi * progress -> 2 * math.pi * progress
    quarter_cosine: a quarter of a cosine | is the fall at its steepest in the middle, or at the end?
        (1 + math.cos(math.pi * progress)) / 2 -> math.cos(math.pi * progress / 2)
    straight: a straight line down | is your rate at a quarter of the way three quarters of the rate?
        (1 + math.cos(math.pi * progress)) / 2 -> 1 - progress
    no_floor: a cosine down to 0, without the floor | what is the rate at the last step?
        floor + (1 - floor) * cosine -> cosine
    cut_at_floor: a cosine to 0 that is cut off at the floor | where does your curve bend, and shall it bend there?
        floor + (1 - floor) * cosine -> max(floor, cosine)
    floor_added: a floor that is added on top | what is the rate at update `warmup`?
        floor + (1 - floor) * cosine -> floor + cosine
    floor_as_rate: a floor taken for a rate | which share of the rate is left at the end when floor is 0.1?
        floor + (1 - floor) * cosine -> floor / lr + (1 - floor / lr) * cosine
    not_halved: a cosine that is not halved | what is 1 + cos(0)?
        (1 + A) / 2 -> 1 + A
    multiplier: a multiplier in place of the rate | which argument has no part in your result?
        first: lr = 1.0
    whole_numbers: a progress in whole numbers, // in place of / | what is 3 // 10?
        (step - warmup) / (steps - warmup) -> (step - warmup) // (steps - warmup)
    """,
    equivalent="""
    step < warmup -> step <= warmup | both formulas give update `warmup` the full rate
    swap: if step < warmup: return lr * (step <-> progress = min(1.0, (step - warmup
        | the progress of a warm-up is not used
    """,
    properties=(Property("each part by itself", _where),),
    hints="""
    Two cases: step < warmup, and the rest. Update `warmup` itself belongs to the rest.
    For the rest make one number, the progress: 0 at update `warmup`, 1 at `steps`, and never above 1.
    (1 + cos(pi * progress)) / 2 goes from 1 to 0; stretch it so that it goes from lr to floor * lr.
    """,
    not_tested="warmup >= steps, steps that are not whole numbers",
    fade=("progress =", "return lr * (floor"),
)
