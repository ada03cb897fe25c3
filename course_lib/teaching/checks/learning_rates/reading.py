"""Four range tests: the key to them, and the known readings."""

import math
from typing import Any

from course_lib.teaching.exercises.kinds import Property, find

# The largest power of ten at most a third of the lowest point; a test runs the four and holds this key to it.
KEY = {"A": 1e-3, "B": 0.1, "C": 0.01, "D": 0.1}
TURNING = {"A": 1e-3, "B": 1.0, "C": 0.01, "D": 0.1}  # the decade of the lowest point itself


def _powers(seen: Any, right: Any) -> str | None:
    for letter in right:
        rate = seen[letter]
        if isinstance(rate, int | float) and (rate <= 0 or abs(math.log10(rate) - round(math.log10(rate))) > 1e-4):
            return f"{letter}: give a power of ten, such as 0.01 or 1.0; yours is {rate:g}"
    return None


def _ask(letter: str, rate: float, right: float) -> str:
    return f"is {rate:g} " + ("at a third of its lowest point or below?" if rate > right else "the largest such power?")


READ_RANGE_TESTS = find(
    "read_range_tests: Read four range tests | difficulty 2, 10 minutes",
    KEY,
    words=(),
    ask=_ask,
    within=dict.fromkeys(KEY, 0.0),
    wrong="""
    lowest_point [B = 1.0]: the decade of the lowest point itself, not of a third of it
        | does the loss still fall at the rate at which it is lowest?
    too_careful: a decade less than the rule asks for | how much slower is a training at a tenth of the rate?
        A = 0.0001; B = 0.01; C = 0.001; D = 0.01
    too_bold: a decade more than the rule asks for | on which side of the lowest point do your rates lie?
        A = 0.01; B = 1.0; C = 0.1; D = 1.0
    all_the_same: 0.001 for all, the rate of the books | do all four curves turn at the same place?
        B = 0.001; C = 0.001; D = 0.001
    upper_end_for_all [A = 0.01; B = 0.01; D = 0.01]: 0.01 for all, the upper end of the range of the books
        | do all four curves turn at the same place?
    as_if_linear [A = 0.0001; C = 0.001; D = 0.01]: an axis read as if it were linear
        | the rates grow by the same factor from mark to mark: how far is a third on such an axis?
    scale_forgotten [C = 0.1]: the rate of the standardized data for the raw pixels too
        | which of the panels turns two marks before its neighbour?
    """,
    properties=(Property("powers of ten", _powers),),
    hints="""
    Find the lowest point of each curve first, and read its rate on the axis.
    On a log axis a third is about half a decade to the left.
    Then go left to the next power of ten.
    """,
    not_tested="whether the rate is the best one; the rule gives a start",
)
