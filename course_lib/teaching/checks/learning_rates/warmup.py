"""What goes wrong in a warm-up with cosine? Known mistakes; the check itself is in warmup_check.py."""

import math

import numpy as np

from course_lib.core.schedules import cosine_with_warmup
from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.teaching.exercises.forms import also_right, known

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _half(progress):
    return (1 + math.cos(math.pi * progress)) / 2


def _rule(step, rate, steps, warmup, floor, *, rise=None, progress=None, fall=None):
    """The right rule; each known mistake replaces one of its three parts."""
    if step < warmup:
        return rate * (rise(step, warmup) if rise else (step + 1) / (warmup + 1))
    place = progress(step, steps, warmup) if progress else min(1.0, (step - warmup) / (steps - warmup))
    return rate * (fall(place, floor) if fall else floor + (1 - floor) * _half(place))


@also_right(VARIANTS, "the library's schedule, times the rate")
def by_library(step, rate, steps, warmup, floor):
    return rate * cosine_with_warmup(steps, warmup, floor)(step)


@also_right(VARIANTS, "by interpolation, and the cosine by a square of half the angle")
def interpolated(step, rate, steps, warmup, floor):
    if step <= warmup:
        return np.interp(step, [-1, warmup], [0, rate])
    angle = np.clip((step - warmup) / (steps - warmup), 0, 1) * np.pi
    return floor * rate + (rate - floor * rate) * np.cos(angle / 2) ** 2


@known(MISTAKES, "a warm-up that starts at rate 0", "what does the first update do at a rate of 0?")
def from_zero(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, rise=lambda s, w: s / w)


@known(MISTAKES, "a warm-up that reaches the full rate one update early", "which rate has update warmup - 1?")
def one_early(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, rise=lambda s, w: (s + 1) / w)


@known(MISTAKES, "a warm-up with equal steps that starts at 0", "which rate has update 0?")
def from_zero_small_steps(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, rise=lambda s, w: s / (w + 1))


@known(MISTAKES, "a schedule without warm-up", "what is the rate of update 0 when warmup is 5?")
def no_warmup(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, 0, floor)


@known(MISTAKES, "a warm-up at the full rate, and then the cosine", "which of the updates before `warmup` are small?")
def flat_warmup(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, rise=lambda s, w: 1.0)


@known(
    MISTAKES, "a cosine that counts from update 0, not from the end of the warm-up", "which rate has update `warmup`?"
)
def counted_from_start(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, progress=lambda s, n, w: min(1.0, s / n))


@known(
    MISTAKES,
    "a cosine as long as the whole run, so that the floor is not reached at `steps`",
    "how many updates lie between the end of the warm-up and the end of the run?",
)
def horizon_with_warmup(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, progress=lambda s, n, w: min(1.0, (s - w) / n))


@known(MISTAKES, "a cosine that ends one update early", "at which step is the floor reached?")
def ends_early(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, progress=lambda s, n, w: min(1.0, (s - w) / (n - 1 - w)))


@known(MISTAKES, "a cosine that starts one update late", "what is the progress at update `warmup` + 1?")
def starts_late(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, progress=lambda s, n, w: min(1.0, max(0, s - w - 1) / (n - w - 1)))


@known(MISTAKES, "a rate that rises again after the last step", "what does the cosine do beyond pi?")
def rises_again(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, progress=lambda s, n, w: (s - w) / (n - w))


@known(MISTAKES, "a whole cosine, down and up again", "which angle belongs to the end: pi or 2 pi?")
def whole_cosine(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, fall=lambda p, f: f + (1 - f) * _half(2 * p))


@known(MISTAKES, "a quarter of a cosine", "is the fall at its steepest in the middle, or at the end?")
def quarter_cosine(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, fall=lambda p, f: f + (1 - f) * math.cos(math.pi * p / 2))


@known(MISTAKES, "a straight line down", "is your rate at a quarter of the way three quarters of the rate?")
def straight(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, fall=lambda p, f: f + (1 - f) * (1 - p))


@known(MISTAKES, "a cosine down to 0, without the floor", "what is the rate at the last step?")
def no_floor(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, fall=lambda p, f: _half(p))


@known(MISTAKES, "a cosine to 0 that is cut off at the floor", "where does your curve bend, and shall it bend there?")
def cut_at_floor(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, fall=lambda p, f: max(f, _half(p)))


@known(MISTAKES, "a floor that is added on top", "what is the rate at update `warmup`?")
def floor_added(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, fall=lambda p, f: f + _half(p))


@known(MISTAKES, "a floor taken for a rate", "which share of the rate is left at the end when floor is 0.1?")
def floor_as_rate(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, fall=lambda p, f: f / rate + (1 - f / rate) * _half(p))


@known(MISTAKES, "a cosine that is not halved", "what is 1 + cos(0)?")
def not_halved(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, fall=lambda p, f: f + (1 - f) * 2 * _half(p))


@known(MISTAKES, "a multiplier in place of the rate", "which argument has no part in your result?")
def multiplier(step, rate, steps, warmup, floor):
    return _rule(step, 1.0, steps, warmup, floor)


@known(MISTAKES, "a progress in whole numbers, // in place of /", "what is 3 // 10?")
def whole_numbers(step, rate, steps, warmup, floor):
    return _rule(step, rate, steps, warmup, floor, progress=lambda s, n, w: min(1, (s - w) // (n - w)))
