"""Which learning rate stands in the row of each epoch? The check of rates_after_epochs."""

import math
from typing import Any

from course_lib.infinito.plain_audit import rates_after_epochs
from course_lib.teaching.checks.writing import also_right, known
from course_lib.teaching.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.observe import Case, Raised, calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _cosine(progress, base, floor):
    return floor + (base - floor) * (1 + math.cos(math.pi * progress)) / 2


@also_right(_RIGHT, "update by update, keeping the rate after the last of each epoch")
def by_updates(*, epochs, updates, horizon, base, floor):
    rates = [_cosine(step / (horizon * updates), base, floor) for step in range(1, epochs * updates + 1)]
    return rates[updates - 1 :: updates]


@known(_WRONG, "the rate that the last update used", "after n updates, is the schedule at n or at n - 1?")
def rate_used(*, epochs, updates, horizon, base, floor):
    return [_cosine((k * updates - 1) / (horizon * updates), base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "the rate at the start of each epoch", "which update comes just before the row is printed?")
def at_the_start(*, epochs, updates, horizon, base, floor):
    return [_cosine((k - 1) / horizon, base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a cosine laid out for the epochs that are trained", "for how many epochs was the schedule made?")
def horizon_is_epochs(*, epochs, updates, horizon, base, floor):
    return [_cosine(k / epochs, base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a horizon counted in updates, not in epochs", "how many updates has the horizon?")
def horizon_in_updates(*, epochs, updates, horizon, base, floor):
    return [_cosine(min(1.0, k * updates / horizon), base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a cosine that falls to 0", "what is the rate at the end of the horizon?")
def no_floor(*, epochs, updates, horizon, base, floor):
    return [_cosine(k / horizon, base, 0.0) for k in range(1, epochs + 1)]


@known(_WRONG, "a floor that is added on top", "what is the rate at update 0?")
def floor_on_top(*, epochs, updates, horizon, base, floor):
    return [floor + _cosine(k / horizon, base, 0.0) for k in range(1, epochs + 1)]


@known(_WRONG, "a cosine that is cut off at the floor", "does the rate touch the floor before the horizon ends?")
def cut_at_floor(*, epochs, updates, horizon, base, floor):
    return [max(floor, _cosine(k / horizon, base, 0.0)) for k in range(1, epochs + 1)]


@known(_WRONG, "a floor that is a share of the base", "is the floor a rate or a fraction?")
def floor_as_share(*, epochs, updates, horizon, base, floor):
    return [_cosine(k / horizon, base, floor * base) for k in range(1, epochs + 1)]


@known(_WRONG, "a straight line", "what is the slope at the beginning?")
def line(*, epochs, updates, horizon, base, floor):
    return [base - (base - floor) * k / horizon for k in range(1, epochs + 1)]


@known(_WRONG, "a quarter of a cosine", "what is the slope at the end of the horizon?")
def quarter(*, epochs, updates, horizon, base, floor):
    return [floor + (base - floor) * math.cos(math.pi / 2 * k / horizon) for k in range(1, epochs + 1)]


@known(_WRONG, "a cosine that is not halved", "what is 1 + cos 0?")
def not_halved(*, epochs, updates, horizon, base, floor):
    return [floor + (base - floor) * (1 + math.cos(math.pi * k / horizon)) for k in range(1, epochs + 1)]


@known(_WRONG, "degrees in place of radians", "which angle does math.cos take?")
def degrees(*, epochs, updates, horizon, base, floor):
    return [floor + (base - floor) * (1 + math.cos(180 * k / horizon)) / 2 for k in range(1, epochs + 1)]


@known(_WRONG, "a cosine that rises", "what is the rate before the first update?")
def rising(*, epochs, updates, horizon, base, floor):
    return [floor + (base - floor) * (1 - math.cos(math.pi * k / horizon)) / 2 for k in range(1, epochs + 1)]


@known(_WRONG, "epochs counted as updates", "how many updates were made after epoch k?")
def epochs_as_updates(*, epochs, updates, horizon, base, floor):
    return [_cosine(k / (horizon * updates), base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a row for every update", "how many rows has the table?")
def every_update(*, epochs, updates, horizon, base, floor):
    return [_cosine(step / (horizon * updates), base, floor) for step in range(1, epochs * updates + 1)]


@known(_WRONG, "a row for the time before training", "which epoch is the first row?")
def with_epoch_zero(*, epochs, updates, horizon, base, floor):
    return [_cosine(k / horizon, base, floor) for k in range(epochs + 1)]


_CASES = (
    Case(epochs=6, updates=4, horizon=8, base=1.0, floor=0.25),
    Case(epochs=3, updates=5, horizon=3, base=0.5, floor=0.01),
    Case(epochs=5, updates=7, horizon=9, base=2.0, floor=0.4),
)


def _rows(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        own, rule = facts["result"], right[case]["result"]
        if isinstance(own, Raised):
            return f"{case} stops with {own.type}: {own.message}"
        try:
            length = len(own)
        except TypeError:
            return f"return a list with a rate per epoch; you return a {type(own).__name__}"
        if length != len(rule):
            return f"{case}: {len(rule)} epochs, and your list has {length} rates"
    return None


RATES_AFTER_EPOCHS = Exercise(
    slug="rates_after_epochs",
    title="A column of learning rates",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=12,
    reference=rates_after_epochs,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("a rate per epoch", _rows),),
    hints=(
        "After epoch k there were k * updates updates, of horizon * updates.",
        "Half a cosine: (1 + cos(pi * progress)) / 2 goes from 1 to 0.",
        "It is stretched to the distance from base to floor, and stands on the floor.",
    ),
    not_tested="what happens after the horizon, and warm-up",
    indistinguishable=(("reference", "by_updates"),),
)
