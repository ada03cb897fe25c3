"""Which learning rate stands in the row of each epoch? The check of rates_after_epochs."""

import math
from typing import Any

import numpy as np

from course_lib.infinito.plain_audit import rates_after_epochs
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.teaching.exercises.observe import Case, Raised, calls

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


@known(_WRONG, "a horizon of as many updates as it has epochs", "how many updates has the horizon?")
def horizon_without_updates(*, epochs, updates, horizon, base, floor):
    return [_cosine(k * updates / horizon, base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a cosine without pi", "which angle is the end of half a cosine?")
def without_pi(*, epochs, updates, horizon, base, floor):
    return [_cosine(k / horizon / math.pi, base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a whole cosine, down and up again", "where is the rate at the end of the horizon?")
def whole_cosine(*, epochs, updates, horizon, base, floor):
    return [_cosine(2 * k / horizon, base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a geometric fall", "what is the slope at the beginning?")
def geometric(*, epochs, updates, horizon, base, floor):
    return [base * (floor / base) ** (k / horizon) for k in range(1, epochs + 1)]


@known(_WRONG, "the mean of the rates that an epoch used", "which single rate does the row show?")
def mean_of_epoch(*, epochs, updates, horizon, base, floor):
    used = [_cosine(step / (horizon * updates), base, floor) for step in range(epochs * updates)]
    return [sum(used[k * updates : (k + 1) * updates]) / updates for k in range(epochs)]


@known(_WRONG, "a cosine that ends one update early", "after which update of the horizon is the floor reached?")
def one_update_short(*, epochs, updates, horizon, base, floor):
    return [_cosine(k * updates / (horizon * updates - 1), base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a quotient without brackets", "what does Python do first in a / b * c?")
def without_brackets(*, epochs, updates, horizon, base, floor):
    return [_cosine(k * updates / horizon * updates, base, floor) for k in range(1, epochs + 1)]


@known(_WRONG, "a cosine that starts anew from the rate of the row above", "from which rate does the one cosine fall?")
def compounded(*, epochs, updates, horizon, base, floor):
    rates = [base]
    for k in range(1, epochs + 1):
        rates.append(_cosine(k / horizon, rates[-1], floor))
    return rates[1:]


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
            length = -1
        if length < 0 or isinstance(own, dict | set | str):
            return f"return a list with a rate per epoch; you return a {type(own).__name__}"
        if length != len(rule):
            told = f"{case}: {len(rule)} epochs, and your list has {length} rate{'s' * (length != 1)}"
            return f"{told}\nis there one for each epoch, from 1 to the last?"
        words = [rate for rate in own if isinstance(rate, str)]
        if words:
            return f"return numbers: your list holds the text {words[0]!r}\nwho turns the rates into text?"
        pairs = [rate for rate in own if np.ndim(rate)]
        if pairs:
            told = f"return the rates alone: an entry of yours holds {np.size(pairs[0])} number"
            return f"{told}{'s' * (np.size(pairs[0]) > 1)}\nwhich of them, without brackets around it, is the rate?"
    return None


def _digits(seen: Any, right: Any) -> str | None:
    """The sentence for rates that are right but for a rounding."""
    both = [zip(facts["result"], right[case]["result"], strict=True) for case, facts in seen.items()]
    pairs = [(float(own), rate) for column in both for own, rate in column]
    for digits in range(1, 6):
        if all(own in (float(f"{rate:.{digits}g}"), round(rate, digits)) for own, rate in pairs):
            return f"your rates are the right ones, rounded ({pairs[0][0]})\nwho else may need the other digits?"
    return None


def _limits(seen: Any, right: Any) -> str | None:
    """The sentence for a rate outside of floor and base, or a horizon that does not end at the floor."""
    for case, (name, facts) in zip(_CASES, seen.items(), strict=True):
        given, rates = case.keywords, np.asarray(facts["result"], dtype=float)
        low, high = given["floor"], given["base"]
        outside = np.flatnonzero((rates < low - 1e-9) | (rates > high + 1e-9))
        if outside.size:
            told = f"{name}: after epoch {outside[0] + 1} yours is {rates[outside[0]]:.4g}"
            return f"{told}, outside of floor {low} and base {high}\nwhat are the largest and the least cosine?"
    end, floor = float(seen["case 2"]["result"][-1]), _CASES[1].keywords["floor"]
    if abs(end / floor - 1) > 1e-6:
        told = f"case 2, at the end of the horizon: yours is {end:.4g}, the floor is {floor}"
        return f"{told}\nwhich angle has the cosine there?"
    return None


def _named(seen: Any, right: Any) -> str | None:
    """The first rate that is not right, with the arguments by their names."""
    for case, (name, facts) in zip(_CASES, seen.items(), strict=True):
        for epoch, (own, rule) in enumerate(zip(facts["result"], right[name]["result"], strict=True), start=1):
            if abs(float(own) / rule - 1) > 1e-6:
                given = ", ".join(f"{key} {value}" for key, value in case.keywords.items())
                made, whole = epoch * case.keywords["updates"], case.keywords["horizon"] * case.keywords["updates"]
                told = f"{given}: after epoch {epoch} yours is {float(own):.4g}, off by {abs(float(own) - rule):.2g}"
                return f"{told}\n{made} of {whole} updates are made then: where is the cosine?"
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
    properties=(
        Property("a rate per epoch", _rows),
        Property("all its digits", _digits),
        Property("between floor and base", _limits),
        Property("each rate", _named),
    ),
    hints=(
        "After epoch k there were k * updates updates, of horizon * updates.",
        "Half a cosine: (1 + cos(pi * progress)) / 2 goes from 1 to 0.",
        "It is stretched to the distance from base to floor, and stands on the floor.",
    ),
    not_tested="what happens after the horizon, and warm-up",
    indistinguishable=(("reference", "by_updates"),),
)
