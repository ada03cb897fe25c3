"""What the best of k is worth: cases and known mistakes of expected_best."""

from typing import Any

import numpy as np

from course_lib.by_hand.stopping import expected_best
from course_lib.core.stats import expected_best_of
from course_lib.teaching.exercises.kinds import Property, apart, implement

_SCORES = np.array([0.91, 0.83, 0.88, 0.97, 0.85, 0.90, 0.84])


def _one_draw(seen: Any, right: Any) -> str | None:
    own = seen["case 2"]["result"]
    rule = right["case 2"]["result"]
    given, mean = apart(own, rule)
    return None if np.isclose(own, rule) else f"k = 1: the best of one draw is the mean, {mean}; you give {given}"


EXPECTED_BEST = implement(
    "expected_best: What the best of k is worth | difficulty 3, 15 minutes",
    expected_best,
    # Also scores that came up more than once, whole numbers, and more draws than scores.
    cases=(
        (_SCORES, 3),
        (_SCORES, 1),
        (_SCORES[:4] * 10, 2),
        (_SCORES, 6),
        (np.array([0.5, 0.75, 0.5, 0.25, 0.75, 0.5]), 4),
        (np.array([3, 7, 2]), 5),
    ),
    names={"expected_best": expected_best, "expected_best_of": expected_best_of},
    right="""
    by_steps: the sum of the chances that the best is above each step
        return: ranked[0] + np.diff(ranked) @ (1 - at_most[1:-1])
    """,
    wrong="""
    mean: the mean of the scores | do you report the mean of your k runs, or the best of them?
        return: np.mean(scores)
    highest: the highest of all recorded scores | are k draws sure to hit the best of n?
        return: np.max(scores)
    first_k: the best of the first k | what would it be if the scores stood in another order?
        return: np.max(scores[:k])
    worst: the expected worst of k | in which direction did you sort?
        np.sort(scores) -> np.sort(scores)[::-1]
    not_differences: chances that are not differences | the chance of at most this score, or of exactly this score?
        return: at_most[1:] @ ranked / at_most.sum()
    not_sorted: scores that were not sorted | which score belongs to rank i?
        np.sort(scores) -> scores
    ranks_from_zero: ranks from 0 to n - 1 | what is the chance that one draw is at most the highest score?
        np.arange(len(ranked) + 1) -> np.arange(-1, len(ranked)).clip(0)
    times_k: k times the chance, not its k-th power | must all k draws be below, or any one of them?
        A ** k -> np.minimum(k * A, 1)
    without_replacement: draws without putting back | may the same recorded score be drawn twice here?
        at_most = A -> n = len(ranked)
            ; at_most = np.prod([np.maximum(np.arange(n + 1) - i, 0) / (n - i) for i in range(min(k, n))], axis=0)
    normal: the best of k normal draws | does anyone say that these scores are normal?
        return: expected_best_of(k, float(np.mean(scores)), float(np.std(scores)))
    without_ties: every score counted once, however often it came up
        | how likely is a draw of a score that stands twice in the list?
        np.sort(scores) -> np.unique(scores)
    """,
    equivalent="np.diff(at_most) @ ranked -> ranked @ np.diff(at_most) | the product of two vectors has no order",
    properties=(Property("the best of one", _one_draw),),
    hints="""
    Sort the scores. The chance that one draw is at most the i-th smallest is i / n.
    The best of k is at most that score if all k draws are: (i / n)**k.
    The chance of exactly that score is what the i-th chance has more than the one before.
    """,
    not_tested="scores that are better when they are low",
)
