"""Which rate does a range test speak for? The check of read_range_tests."""

import math
from collections.abc import Callable
from typing import Any

from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

# The largest power of ten at most a third of the lowest point; a test runs the four and holds this key to it.
KEY = {"A": 1e-3, "B": 0.1, "C": 0.01, "D": 0.1}
TURNING = {"A": 1e-3, "B": 1.0, "C": 0.01, "D": 0.1}  # the decade of the lowest point itself
FLAT, RAW = "B", "C"


def _decades(answer: Any) -> Any:
    """The answer with letters as upper-case keys and each rate as its power of ten, -3.0 for 0.001."""
    if not isinstance(answer, dict):
        return answer
    return {str(key).strip().upper(): _power(value) for key, value in answer.items()}


def _power(value: Any) -> Any:
    is_rate = isinstance(value, int | float) and not isinstance(value, bool) and value > 0
    return round(math.log10(value), 6) if is_rate else value


def _read_as(change: Callable[[str, float], float]) -> dict[str, float]:
    return {letter: change(letter, rate) for letter, rate in KEY.items()}


_WRONG = (
    Mistake(
        "lowest_point",
        "the decade of the lowest point itself, not of a third of it",
        "does the loss still fall at the rate at which it is lowest?",
        TURNING,
    ),
    Mistake(
        "too_careful",
        "a decade less than the rule asks for",
        "how much slower is a training at a tenth of the rate?",
        _read_as(lambda _, rate: rate / 10),
    ),
    Mistake(
        "too_bold",
        "a decade more than the rule asks for",
        "on which side of the lowest point do your rates lie?",
        _read_as(lambda _, rate: rate * 10),
    ),
    Mistake(
        "all_the_same",
        "0.001 for all, the rate of the books",
        "do all four curves turn at the same place?",
        _read_as(lambda *_: 1e-3),
    ),
    Mistake(
        "upper_end_for_all",
        "0.01 for all, the upper end of the range of the books",
        "do all four curves turn at the same place?",
        _read_as(lambda *_: 1e-2),
    ),
    Mistake(
        "as_if_linear",
        "an axis read as if it were linear",
        "the rates grow by the same factor from mark to mark: how far is a third on such an axis?",
        {"A": 1e-4, "B": 0.1, "C": 1e-3, "D": 0.01},
    ),
    Mistake(
        "scale_forgotten",
        "the rate of the standardized data for the raw pixels too",
        "which of the panels turns two marks before its neighbour?",
        _read_as(lambda letter, rate: KEY[FLAT] if letter == RAW else rate),
    ),
)


def _which(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    odd = [k for k in right if not isinstance(seen[k], float) or abs(seen[k] - round(seen[k])) > 1e-4]
    if odd:
        return f"{odd[0]}: give a power of ten, such as 0.01 or 1.0"
    wrong = [k for k in right if abs(seen[k] - right[k]) > 1e-4]
    first = wrong[0]
    how = "at a third of its lowest point or below?" if seen[first] > right[first] else "the largest such power?"
    return f"look again at {', '.join(wrong)}; {first}: is {10 ** seen[first]:g} {how}"


READ_RANGE_TESTS = Exercise(
    slug="read_range_tests",
    title="Read four range tests",
    kind="find",
    core=False,
    difficulty=2,
    minutes=10,
    reference=KEY,
    observe=_decades,
    mistakes=_WRONG,
    properties=(Property("each test by itself", _which),),
    hints=(
        "Find the lowest point of each curve first, and read its rate on the axis.",
        "On a log axis a third is about half a decade to the left.",
        "Then go left to the next power of ten.",
    ),
    not_tested="whether the rate is the best one; the rule gives a start",
)
