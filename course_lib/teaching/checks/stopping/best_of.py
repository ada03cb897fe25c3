"""What is the best of k worth? The check of expected_best."""

from typing import Any

import numpy as np

from course_lib.core.stats import expected_best_of
from course_lib.numpy_nn.plain_stopping import expected_best
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


@also_right(VARIANTS, "the sum of the chances that the best is above each step")
def by_steps(scores, k):
    ranked = np.sort(scores)
    above = 1 - (np.arange(1, len(ranked)) / len(ranked)) ** k
    return ranked[0] + np.diff(ranked) @ above


@known(MISTAKES, "the mean of the scores", "do you report the mean of your k runs, or the best of them?")
def mean(scores, k):
    return np.mean(scores)


@known(MISTAKES, "the highest of all recorded scores", "are k draws sure to hit the best of n?")
def highest(scores, k):
    return np.max(scores)


@known(MISTAKES, "the best of the first k", "what would it be if the scores stood in another order?")
def first_k(scores, k):
    return np.max(scores[:k])


@known(MISTAKES, "the expected worst of k", "in which direction did you sort?")
def worst(scores, k):
    return -expected_best(-np.asarray(scores), k)


@known(MISTAKES, "chances that are not differences", "the chance of at most this score, or of exactly this score?")
def not_differences(scores, k):
    ranked = np.sort(scores)
    chance = (np.arange(1, len(ranked) + 1) / len(ranked)) ** k
    return ranked @ chance / chance.sum()


@known(MISTAKES, "scores that were not sorted", "which score belongs to rank i?")
def not_sorted(scores, k):
    n = len(scores)
    return np.diff((np.arange(n + 1) / n) ** k) @ scores


@known(MISTAKES, "ranks from 0 to n - 1", "what is the chance that one draw is at most the highest score?")
def ranks_from_zero(scores, k):
    n = len(scores)
    return np.diff((np.arange(-1, n).clip(0) / n) ** k) @ np.sort(scores)


@known(MISTAKES, "k times the chance, not its k-th power", "must all k draws be below, or any one of them?")
def times_k(scores, k):
    n = len(scores)
    return np.diff(np.minimum(k * np.arange(n + 1) / n, 1)) @ np.sort(scores)


@known(MISTAKES, "draws without putting back", "may the same recorded score be drawn twice here?")
def without_replacement(scores, k):
    ranked, n = np.sort(scores), len(scores)
    chance = np.ones(n + 1)
    for drawn in range(min(k, n)):
        chance *= np.maximum(np.arange(n + 1) - drawn, 0) / (n - drawn)
    return np.diff(chance) @ ranked


@known(MISTAKES, "the best of k normal draws", "does anyone say that these scores are normal?")
def normal(scores, k):
    return expected_best_of(k, float(np.mean(scores)), float(np.std(scores)))


def _one_draw(seen: Any, right: Any) -> str | None:
    own = seen["case 2"]["result"]
    rule = right["case 2"]["result"]
    return None if np.isclose(own, rule) else f"k = 1: the best of one draw is the mean, {rule:.4g}; you give {own:.4g}"


def _seen(answer: Any) -> Any:
    scores = np.array([0.91, 0.83, 0.88, 0.97, 0.85, 0.90, 0.84])
    return calls(answer, (scores, 3), (scores, 1), (scores[:4] * 10, 2), (scores, 6))


EXPECTED_BEST = Exercise(
    slug="expected_best",
    title="What the best of k is worth",
    kind="implement",
    core=False,
    difficulty=3,
    minutes=15,
    reference=expected_best,
    observe=_seen,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(Property("the best of one", _one_draw),),
    hints=(
        "Sort the scores. The chance that one draw is at most the i-th smallest is i / n.",
        "The best of k is at most that score if all k draws are: (i / n)**k.",
        "The chance of exactly that score is what the i-th chance has more than the one before.",
    ),
    not_tested="scores that are better when they are low",
    indistinguishable=all_the_same(VARIANTS),
)
