"""Lowering the rate on a plateau: its cases and its known mistakes."""

import math
from typing import Any

import numpy as np

from course_lib.by_hand.schedules import plateau_rates
from course_lib.core.schedules import Plateau
from course_lib.teaching.exercises.exercise import Property
from course_lib.teaching.exercises.forms import apart
from course_lib.teaching.exercises.kinds import implement

_NAN = math.nan
_LONG = [2.0, 1.5, 1.4375, 1.53125, 1.5, 1.4375, 1.40625, 1.25, 1.625, 1.125, 1.5625, 1.5, 1.4375, 1.375]
# Numbers that binary fractions hold: `best - loss > min_delta` and `loss + min_delta < best` are the same rule.
_CASES = (
    ([*_LONG, 1.3125, 1.25, 1.1875, 1.25, 0.875, 1.0], 0.4, 0.5, 2, 0.125),
    ([3.0, 2.875, 2.75, 3.125, 2.8125, 2.625, 2.75, 2.6875, 2.65625, 2.625, 2.75, 2.625, 2.75], 0.03, 0.1, 1, 0.0),
    ([1.0, _NAN, _NAN, 0.75, _NAN, 0.875, 0.8125, 0.625, 0.6875], 2.0, 0.3, 1, 0.03125),
    ([1.0, 0.875, 0.9375, 0.8125, 0.75, 0.75], 1.0, 0.7, 0, 0.0625),  # two losses exactly min_delta below the best
    ([1.0, 0.9375, 0.875, 0.8125, 0.75, 0.6875, 0.625, 0.5625, 0.5], 0.5, 0.4, 3, 0.125),  # creeping down
    ([0.0, 0.5, -1.0, -0.75, -1.25, -1.5, -1.125, -2.0], 0.8, 0.5, 0, 0.25),  # 0 and below, as a log-likelihood
    ([_NAN, 2.0, 2.0, 1.0, math.inf, 1.0], 0.6, 0.5, 1, 0.5),  # NaN and infinity
    ([_NAN, 4.0, -math.inf, 3.0, 2.0], 0.6, 0.25, 0, 0.5),
)


def by_library(losses, lr, factor, patience, min_delta):
    rule, rates = Plateau(factor, patience, min_delta), []
    for loss in losses:
        rule.update(loss)
        rates.append(lr * rule(0))
    return rates


def _when(seen: Any, right: Any) -> str | None:
    for case, (losses, *_) in zip(right, _CASES, strict=True):
        own, rule = np.asarray(seen[case]["result"], float), np.asarray(right[case]["result"], float)
        wrong = np.flatnonzero(~np.isclose(own, rule)) if own.shape == rule.shape else ()
        if len(wrong):
            k = int(wrong[0])
            should, yours = apart(rule[k], own[k], 3)
            return f"{case}: after loss {k} ({losses[k]}) the rate should be {should}, yours is {yours}"
    return None


PLATEAU = implement(
    "plateau",
    "Lower the rate on a plateau",
    plateau_rates,
    complete=True,
    difficulty=2,
    minutes=12,
    cases=_CASES,
    names={"by_library": by_library},
    right="by_library: the library's Plateau, times the rate",
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
    hints=(
        "`best` is the lowest loss that counted as an improvement; it changes nowhere else.",
        "The count goes back to 0 in two places: after an improvement, and after a decay.",
        "With patience 2, the third bad loss in a row lowers the rate.",
    ),
    not_tested="factors above 1, negative min_delta",
    fade=("improved =", "best, bad = loss, 0", "lr, bad ="),
)
