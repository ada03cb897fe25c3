"""Is the rate lowered when, and only when, the loss stands still? Known mistakes and the check of plateau_rates."""

import math
from typing import Any

import numpy as np

from course_lib.core.schedules import Plateau
from course_lib.numpy_nn.plain_schedules import plateau_rates
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

_NAN = float("nan")
_LONG = [2.0, 1.5, 1.49, 1.52, 1.48, 1.47, 1.44, 1.3, 1.6, 1.2, 1.55, 1.5, 1.45, 1.4, 1.35, 1.3, 1.25, 1.3, 0.9, 1.0]
_CASES = (
    (_LONG, 0.4, 0.5, 2, 0.1),
    ([3.0, 2.9, 2.8, 3.1, 2.85, 2.7, 2.75, 2.72, 2.71, 2.7, 2.74, 2.73, 2.75], 0.03, 0.1, 1, 0.0),
    ([1.0, _NAN, _NAN, 0.8, _NAN, 0.85, 0.82, 0.7, 0.75], 2.0, 0.3, 1, 0.02),
    ([1.0, 0.9, 0.95, 0.8, 0.9, 0.9], 1.0, 0.7, 0, 0.05),
    ([1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7, 0.65, 0.6], 0.5, 0.4, 3, 0.12),  # creeping down
)
_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _rule(
    losses,
    rate,
    factor,
    patience,
    min_delta,
    *,
    better=lambda loss, best, d: loss < best - d,
    full=lambda bad, patience: bad > patience,
    best_of=lambda loss, best, improved: loss if improved else best,
    bad_after=lambda bad, improved: 0 if improved else bad + 1,
    start_anew=True,
    lowered=None,
    best_after_decay=lambda best: best,
):
    """The right rule; each known mistake replaces one of its parts."""
    best, bad, rates, first = math.inf, 0, [], rate
    for loss in losses:
        improved = better(loss, best, min_delta)
        best, bad = best_of(loss, best, improved), bad_after(bad, improved)
        if full(bad, patience):
            rate = lowered(first, factor) if lowered else rate * factor
            bad = 0 if start_anew else bad
            best = best_after_decay(best)
        rates.append(rate)
    return rates


@also_right(_RIGHT, "the library's Plateau, times the rate")
def by_library(losses, rate, factor, patience, min_delta):
    rule, rates = Plateau(factor, patience, min_delta), []
    for loss in losses:
        rule.update(loss)
        rates.append(rate * rule(0))
    return rates


@known(_WRONG, "a decay one loss too early", "must the bad losses reach `patience`, or exceed it?")
def one_early(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, full=lambda bad, p: bad >= max(p, 1))


@known(_WRONG, "a decay one loss too late", "how many bad losses in a row are more than `patience`?")
def one_late(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, full=lambda bad, p: bad > p + 1)


@known(_WRONG, "a count that goes on after a decay", "how often does the rate fall if the losses stay bad for long?")
def not_anew(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, start_anew=False)


@known(_WRONG, "bad losses counted in all, not in a row", "what becomes of the count when a loss improves?")
def counted_in_all(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, bad_after=lambda bad, improved: bad + (not improved))


@known(_WRONG, "a comparison with the loss before, not with the best", "is 1.5 an improvement after 1.2 and 1.6?")
def with_the_last(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, best_of=lambda loss, best, improved: loss)


@known(_WRONG, "a best loss that is never updated", "what is `best` after the second improvement?")
def with_the_first(losses, rate, factor, patience, min_delta):
    return _rule(
        losses,
        rate,
        factor,
        patience,
        min_delta,
        best_of=lambda loss, best, improved: loss if math.isinf(best) else best,
    )


@known(_WRONG, "no min_delta", "is 1.49 an improvement on 1.5 when min_delta is 0.1?")
def delta_ignored(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, 0.0)


@known(_WRONG, "min_delta with the wrong sign", "is a loss that is a little higher than the best an improvement?")
def delta_added(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, -min_delta)


@known(_WRONG, "a best loss that creeps down by less than min_delta", "does `best` change when nothing has improved?")
def creeping_best(losses, rate, factor, patience, min_delta):
    return _rule(
        losses,
        rate,
        factor,
        patience,
        min_delta,
        best_of=lambda loss, best, improved: loss if loss < best else best,
    )


@known(_WRONG, "NaN as an improvement", "is `not nan >= best` true, and `nan < best`?")
def nan_improves(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, better=lambda loss, best, d: not loss >= best - d)


@known(_WRONG, "an equal loss as an improvement", "is a loss `more than` min_delta below the best if it equals it?")
def equal_improves(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, better=lambda loss, best, d: loss <= best - d)


@known(_WRONG, "a decay that happens once", "what is rate * factor at the second decay, and which rate is meant?")
def from_the_first_rate(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, lowered=lambda first, f: first * f)


@known(_WRONG, "a best loss that is forgotten at each decay", "does a smaller rate make an old best worthless?")
def best_forgotten(losses, rate, factor, patience, min_delta):
    return _rule(losses, rate, factor, patience, min_delta, best_after_decay=lambda best: math.inf)


@known(_WRONG, "the rate before each loss was seen", "shall a loss already act on the rate in its own place?")
def before_the_loss(losses, rate, factor, patience, min_delta):
    return [rate, *plateau_rates(losses, rate, factor, patience, min_delta)[:-1]]


@known(_WRONG, "a score that should rise", "is a lower loss better or worse?")
def upside_down(losses, rate, factor, patience, min_delta):
    return plateau_rates([-loss for loss in losses], rate, factor, patience, min_delta)


def _when(seen: Any, right: Any) -> str | None:
    for case, (losses, *_) in zip(right, _CASES, strict=True):
        own, rule = np.asarray(seen[case]["result"], float), np.asarray(right[case]["result"], float)
        if own.shape != rule.shape:
            return f"{case} has {len(losses)} losses, you give {own.size} rates"
        wrong = np.flatnonzero(~np.isclose(own, rule))
        if len(wrong):
            k = int(wrong[0])
            return f"{case}: after loss {k} ({losses[k]}) the rate should be {rule[k]:.3g}, yours is {own[k]:.3g}"
    return None


PLATEAU = Exercise(
    slug="plateau",
    title="Lower the rate on a plateau",
    kind="faded",
    core=False,
    difficulty=2,
    minutes=12,
    reference=plateau_rates,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(Property("the first rate that is wrong", _when),),
    hints=(
        "`best` is the lowest loss that counted as an improvement; it changes nowhere else.",
        "The count goes back to 0 in two places: after an improvement, and after a decay.",
        "With patience 2, the third bad loss in a row lowers the rate.",
    ),
    not_tested="factors above 1, negative min_delta",
    fade=("improved =", "best, bad = loss, 0", "rate, bad ="),
    indistinguishable=all_the_same(_RIGHT),
)
