"""Learners' answers and what their cards say, as tables: one file a sheet in `tests/teaching/checks`, one test for all.

An answer to a function is an edit of the reference (`v / (1 - beta2**t) -> v`), the code of a function (`def ...`), or
a function; any other answer is the value itself. What is expected is "right", "not started", "error", the id of a known
mistake, or words of the card: `says("up to step 2 all is right")`.
"""

import textwrap
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.card import verdict_of
from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.edits import edited
from course_lib.teaching.exercises.exercise import Exercise
from course_lib.teaching.exercises.match import Finding


@dataclass(frozen=True)
class Says:
    """Words that stand on the card of an answer that is not right, in any order; `without` words that do not."""

    words: tuple[str, ...]
    without: tuple[str, ...] = ()


def says(*words: str, without: tuple[str, ...] = ()) -> Says:
    """What a card has to say."""
    return Says(words, without)


def find(slug: str) -> Exercise:
    """The exercise with this slug."""
    return registry.entry_of(slug).exercise


def made(exercise: Exercise, given: Any) -> Any:
    """The answer that an entry of a table stands for."""
    if not isinstance(given, str) or not callable(exercise.reference):
        return given
    if given.lstrip().startswith(("def ", "import ", "from ")):
        scope = dict(exercise.reference.__globals__) | {"np": np}
        before = set(scope)
        exec(textwrap.dedent(given), scope)
        return scope.get(exercise.reference.__name__) or scope[next(name for name in scope if name not in before)]
    return edited(exercise.reference, given)


def answered(slug: str, given: Any) -> Finding:
    """The finding on an answer."""
    exercise = find(slug)
    return diagnose_answer(exercise, made(exercise, given))


def wrong_with(slug: str, given: Any, expected: str | Says) -> str:
    """What does not hold of the card of an answer; "" where all holds."""
    exercise, finding = find(slug), answered(slug, given)
    card = verdict_of(exercise, "0.0", finding).text
    if isinstance(expected, Says):
        missing = [word for word in expected.words if word not in card]
        present = [word for word in expected.without if word in card]
        if finding.status != "right" and not missing and not present:
            return ""
        return f"status {finding.status!r}; not said: {missing}; said though it should not be: {present}\n{card}"
    known = {mistake.id for mistake in exercise.mistakes}
    holds = expected in finding.mistakes if expected in known else finding.status == expected
    return "" if holds else f"expected {expected!r}, got {finding.status!r} with {finding.mistakes}\n{card}"
