"""Warm-up, then cosine: its runs and its known mistakes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.by_hand.schedules import warmup_cosine
from course_lib.core.schedules import cosine_with_warmup
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.forms import apart
from course_lib.teaching.exercises.kinds import implement

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
    "warmup_cosine",
    "Warm-up, then cosine",
    warmup_cosine,
    core=True,
    difficulty=2,
    minutes=15,
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
    swap: if step < warmup: return lr * (ste <-> progress = min(1.0, (step - warmu
        | the progress of a warm-up is not used
    """,
    properties=(Property("each part by itself", _where),),
    hints=(
        "Two cases: step < warmup, and the rest. Update `warmup` itself belongs to the rest.",
        "For the rest make one number, the progress: 0 at update `warmup`, 1 at `steps`, and never above 1.",
        "(1 + cos(pi * progress)) / 2 goes from 1 to 0; stretch it so that it goes from lr to floor * lr.",
    ),
    not_tested="warmup >= steps, steps that are not whole numbers",
    fade=("progress =", "return lr * (floor"),
)
