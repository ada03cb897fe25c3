"""The learning rate in the row of each epoch: cases and known mistakes."""

from typing import Any

import numpy as np

from course_lib.by_hand.entropies import rates_after_epochs
from course_lib.teaching.exercises.kinds import Case, Property, implement, one_each
from course_lib.teaching.exercises.one_number import ROUNDED

CASES = (
    Case(epochs=6, updates=4, horizon=8, base=1.0, floor=0.25),
    Case(epochs=3, updates=5, horizon=3, base=0.5, floor=0.01),
    Case(epochs=5, updates=7, horizon=9, base=2.0, floor=0.4),
)
FORM, ROWS = one_each("rate", "epoch", "is there one for each epoch, from 1 to the last?")


def _columns(seen: Any, right: Any) -> list[tuple[dict[str, Any], str, np.ndarray, np.ndarray]]:
    """Of each case its arguments, its name, the rates (epochs,) that were given, and the right ones."""
    both = [(name, *(np.asarray(each[name]["result"], dtype=float) for each in (seen, right))) for name in right]
    return [(case.keywords, *column) for case, column in zip(CASES, both, strict=True)]


def _limits(seen: Any, right: Any) -> str | None:
    """The sentence for a rate outside of floor and base, or a horizon that does not end at the floor."""
    for given, name, rates, _ in _columns(seen, right):
        low, high = given["floor"], given["base"]
        outside = np.flatnonzero((rates < low - 1e-9) | (rates > high + 1e-9))
        if outside.size:
            told = f"{name}: after epoch {outside[0] + 1} yours is {rates[outside[0]]:.4g}"
            return f"{told}, outside of floor {low} and base {high}\nwhat are the largest and the least cosine?"
        if name == "case 2" and abs(rates[-1] / low - 1) > 1e-6:
            told = f"case 2, at the end of the horizon: yours is {rates[-1]:.6g}, the floor is {low}"
            return f"{told}\nwhich angle has the cosine there?"
    return None


def _named(seen: Any, right: Any) -> str | None:
    """The first rate that is not right, with the arguments by their names."""
    for case, _, rates, rule in _columns(seen, right):
        wrong = np.flatnonzero(np.abs(rates / rule - 1) > 1e-6)
        if wrong.size:
            epoch, own, off = wrong[0] + 1, rates[wrong[0]], abs(rates - rule)[wrong[0]]
            given = ", ".join(f"{key} {value}" for key, value in case.items())
            made, whole = epoch * case["updates"], case["horizon"] * case["updates"]
            told = f"{given}: after epoch {epoch} yours is {own:.4g}, off by {off:.2g}"
            return f"{told}\n{made} of {whole} updates are made then: where is the cosine?"
    return None


RATES_AFTER_EPOCHS = implement(
    "rates_after_epochs: A column of learning rates | 12 minutes",
    rates_after_epochs,
    cases=CASES,
    form=FORM,
    right="""
    by_updates: update by update, keeping the rate after the last of each epoch
        range(1, epochs + 1) -> range(1, epochs * updates + 1); epoch * updates -> epoch
        return: RESULT[updates - 1 :: updates]
    """,
    wrong="""
    rate_used: the rate that the last update used | after n updates, is the schedule at n or at n - 1?
        epoch * updates -> epoch * updates - 1
    at_the_start: the rate at the start of each epoch | which update comes just before the row is printed?
        epoch * updates -> (epoch - 1) * updates
    horizon_is_epochs: a cosine laid out for the epochs that are trained | for how many epochs was the schedule made?
        horizon * updates -> epochs * updates
    horizon_in_updates: a horizon counted in updates, not in epochs | how many updates has the horizon?
        progress = A -> progress = min(1.0, epoch * updates / horizon)
    no_floor: a cosine that falls to 0 | what is the rate at the end of the horizon?
        floor + (base - floor) * A / 2 -> base * A / 2
    floor_on_top: a floor that is added on top | what is the rate at update 0?
        base - floor -> base
    cut_at_floor: a cosine that is cut off at the floor | does the rate touch the floor before the horizon ends?
        floor + (base - floor) * A / 2 -> max(floor, base * A / 2)
    floor_as_share: a floor that is a share of the base | is the floor a rate or a fraction?
        every floor -> floor * base
    line: a straight line | what is the slope at the beginning?
        floor + (base - floor) * A / 2 -> base - (base - floor) * progress
    quarter: a quarter of a cosine | what is the slope at the end of the horizon?
        A * B / 2 -> A * math.cos(math.pi / 2 * progress)
    not_halved: a cosine that is not halved | what is 1 + cos 0?
        A * B / 2 -> A * B
    degrees: degrees in place of radians | which angle does math.cos take?
        math.pi -> 180
    rising: a cosine that rises | what is the rate before the first update?
        1 + math.cos(A) -> 1 - math.cos(A)
    epochs_as_updates: epochs counted as updates | how many updates were made after epoch k?
        epoch * updates -> epoch
    every_update: a row for every update | how many rows has the table?
        range(1, epochs + 1) -> range(1, epochs * updates + 1); epoch * updates -> epoch
    with_epoch_zero: a row for the time before training | which epoch is the first row?
        range(1, epochs + 1) -> range(epochs + 1)
    horizon_without_updates: a horizon of as many updates as it has epochs | how many updates has the horizon?
        horizon * updates -> horizon
    without_pi: a cosine without pi | which angle is the end of half a cosine?
        math.pi * progress -> progress
    whole_cosine: a whole cosine, down and up again | where is the rate at the end of the horizon?
        math.pi * progress -> 2 * math.pi * progress
    geometric: a geometric fall | what is the slope at the beginning?
        floor + (base - floor) * A / 2 -> base * (floor / base) ** progress
    mean_of_epoch: the mean of the rates that an epoch used | which single rate does the row show?
        math.cos(A) -> np.mean(np.cos(np.pi * (np.arange(updates) + (epoch - 1) * updates) / (horizon * updates)))
    one_update_short: a cosine that ends one update early | after which update of the horizon is the floor reached?
        horizon * updates -> horizon * updates - 1
    without_brackets: a quotient without brackets | what does Python do first in a / b * c?
        progress = A -> progress = epoch * updates / horizon * updates
    compounded: a cosine that starts anew from the rate of the row above | from which rate does the one cosine fall?
        base - floor -> (rates[-1] if rates else base) - floor
    """,
    properties=(ROWS, ROUNDED, Property("limits", _limits), Property("each rate", _named)),
    hints="""
    After epoch k there were k * updates updates, of horizon * updates.
    Half a cosine: (1 + cos(pi * progress)) / 2 goes from 1 to 0.
    It is stretched to the distance from base to floor, and stands on the floor.
    """,
    not_tested="what happens after the horizon, and warm-up",
)
