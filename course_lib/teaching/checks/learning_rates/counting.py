"""How many updates does an epoch have, with accumulation and drop_last? The check of updates_per_epoch."""

import math
from typing import Any

from course_lib.numpy_nn.plain_schedules import updates_per_epoch
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_CASES = ((1000, 32, 4, False), (1000, 32, 3, True), (95, 10, 3, True), (90, 10, 3, False), (7, 8, 2, False))
_CASES += ((7, 8, 2, True), (961, 32, 5, False), (961, 32, 5, True), (640, 32, 1, False))
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _batches(samples, batch_size, drop_last):
    return samples // batch_size if drop_last else math.ceil(samples / batch_size)


@also_right(_RIGHT, "counted by a loop")
def counted(samples, batch_size, accumulate, drop_last):
    updates = waiting = 0
    for start in range(0, samples, batch_size):
        if drop_last and start + batch_size > samples:
            break
        waiting += 1
        if waiting == accumulate:
            updates, waiting = updates + 1, 0
    return updates + (waiting > 0)


@known(_WRONG, "iterations, not updates", "how many batches does one update wait for?")
def iterations(samples, batch_size, accumulate, drop_last):
    return _batches(samples, batch_size, drop_last)


@known(_WRONG, "full groups only", "what becomes of the batches that are left over at the end of the epoch?")
def full_groups(samples, batch_size, accumulate, drop_last):
    return _batches(samples, batch_size, drop_last) // accumulate


@known(_WRONG, "full batches only, with or without drop_last", "which batch holds the last samples?")
def always_dropped(samples, batch_size, accumulate, drop_last):
    return math.ceil(samples // batch_size / accumulate)


@known(_WRONG, "an incomplete batch in spite of drop_last", "what does drop_last leave out?")
def never_dropped(samples, batch_size, accumulate, drop_last):
    return math.ceil(samples / (batch_size * accumulate))


@known(_WRONG, "drop_last and its opposite exchanged", "which value of drop_last gives fewer batches?")
def exchanged(samples, batch_size, accumulate, drop_last):
    return math.ceil(_batches(samples, batch_size, not drop_last) / accumulate)


@known(_WRONG, "a fraction of an update", "can a loop run a quarter of a time?")
def fraction(samples, batch_size, accumulate, drop_last):
    return samples / (batch_size * accumulate)


@known(_WRONG, "more updates by accumulation", "does waiting for several batches give more updates, or fewer?")
def multiplied(samples, batch_size, accumulate, drop_last):
    return _batches(samples, batch_size, drop_last) * accumulate


@known(_WRONG, "whole groups dropped by drop_last", "does drop_last leave out a batch, or a group of batches?")
def groups_dropped(samples, batch_size, accumulate, drop_last):
    size = batch_size * accumulate
    return samples // size if drop_last else math.ceil(samples / size)


@known(_WRONG, "one update too many where it divides", "how many updates do 9 batches make, three at a time?")
def one_more(samples, batch_size, accumulate, drop_last):
    return _batches(samples, batch_size, drop_last) // accumulate + 1


def _which(seen: Any, right: Any) -> str | None:
    for case, given in zip(right, _CASES, strict=True):
        own, rule = seen[case]["result"], right[case]["result"]
        if own != rule:
            text = "{} samples, batch size {}, accumulate {}, drop_last {}".format(*given)
            return f"{text}: you count {own} updates; count the batches first, by hand"
    return None


COUNT_UPDATES = Exercise(
    slug="count_updates",
    title="Count the updates of an epoch",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=8,
    reference=updates_per_epoch,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("each case by itself", _which),),
    hints=(
        "Two questions, one after the other: how many batches, and how many updates do so many batches make?",
        "An incomplete batch counts unless drop_last; an incomplete group of batches always counts.",
    ),
    not_tested="a data set without samples",
    indistinguishable=all_the_same(_RIGHT),
)
