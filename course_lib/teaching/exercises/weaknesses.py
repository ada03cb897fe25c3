"""What a check lacks before a learner can trust it: `weaknesses` says it in sentences."""

import math
from collections.abc import Iterator
from typing import Any

from course_lib.teaching.exercises.card import MOST_WIDTH, verdict_of
from course_lib.teaching.exercises.compare import same
from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.exercise import REFERENCE, Exercise
from course_lib.teaching.exercises.known import observations
from course_lib.teaching.exercises.match import NOT_STARTED, RIGHT, WRONG, Finding, separation

LEAST_SEPARATION = 1_000  # times the tolerance
LEAST_MISTAKES = {True: 8, False: 4}  # of a core exercise, of a small one


def weaknesses(exercise: Exercise) -> list[str]:
    """Everything in which this exercise falls short of the demands; empty when it is strong."""
    found = {name: diagnose_answer(exercise, answer) for name, answer in exercise.answers().items()}
    return [
        *_probe(exercise, found),
        *_right_answers(exercise, found),
        *_known_mistakes(exercise, found),
        *_worked_test(exercise),
        *_unanswered(exercise),
        *_levels(exercise),
    ]


def _probe(exercise: Exercise, diagnosed: dict[str, Finding]) -> Iterator[str]:
    # A diagnosis observes the answer once more.
    first = observations(exercise)
    changing = [name for name, seen in first.items() if not same(diagnosed[name].seen, seen)]
    if changing:
        yield f"the probe is not deterministic for {', '.join(changing)}"
    gap, pair = separation(exercise)
    if not math.isinf(gap) and gap < LEAST_SEPARATION * exercise.tolerance:
        yield (
            f"the probe separates {pair[0]} and {pair[1]} by {gap:.1e}, less than {LEAST_SEPARATION} times "
            f"the tolerance {exercise.tolerance:.0e}"
        )


def _right_answers(exercise: Exercise, diagnosed: dict[str, Finding]) -> Iterator[str]:
    for name in (REFERENCE, *(variant.id for variant in exercise.accepted)):
        found = diagnosed[name]
        if found.status != RIGHT:
            yield f"{name} is right, but the check says {found.status!r}: {' / '.join(found.lines)}"
        elif found.variant != name and not exercise.declared_same(name, found.variant):
            yield f"{name} is taken for {found.variant}"


def _known_mistakes(exercise: Exercise, diagnosed: dict[str, Finding]) -> Iterator[str]:
    least = LEAST_MISTAKES[exercise.core]
    if len(exercise.mistakes) < least:
        size = "a core" if exercise.core else "a small"
        yield f"{len(exercise.mistakes)} known mistakes, {size} exercise has at least {least}"
    for mistake in exercise.mistakes:
        found = diagnosed[mistake.id]
        if found.status != WRONG or mistake.id not in found.mistakes:
            yield f"mistake {mistake.id} gets {found.status!r} with {found.mistakes}, not its own message"
            continue
        others = [one for one in found.mistakes if one != mistake.id and not exercise.declared_same(mistake.id, one)]
        if others:
            yield f"mistake {mistake.id} also gets the message of {', '.join(others)}"
        card = verdict_of(exercise, "0.0", found).text
        if mistake.cause not in card or any(len(line) > MOST_WIDTH for line in found.lines):
            yield f"the card of mistake {mistake.id} is cut at {MOST_WIDTH} characters; shorten its cause or question"


def _worked_test(exercise: Exercise) -> Iterator[str]:
    if exercise.kind == "attack":
        seen = observations(exercise)[REFERENCE]
        for kind, due in (("right", True), ("planted", False)):
            wrong = [name for name, accepted in seen[kind].items() if accepted is not due]
            if wrong:
                yield f"the worked test judges {', '.join(wrong)} wrongly, of the {kind} versions"


def _unanswered(exercise: Exercise) -> Iterator[str]:
    def stub(*_: Any, **__: Any) -> None:
        raise NotImplementedError

    for answer in (None, ..., *([stub] if callable(exercise.reference) else [])):
        found = diagnose_answer(exercise, answer)
        if found.status != NOT_STARTED:
            yield f"the unanswered {answer!r} gets {found.status!r}, not {NOT_STARTED!r}"


def _levels(exercise: Exercise) -> Iterator[str]:
    """Every level that `start` offers is Python, and the faded one is not taken for an answer."""
    if exercise.kind not in ("implement", "faded"):
        return
    from course_lib.teaching.build.source import level_of

    if exercise.kind == "faded" and not exercise.fade:
        yield "a faded exercise needs `fade`, the texts of the statements to leave out"
    for level in ("blank", "worked", *(["faded"] if exercise.fade else [])):
        try:
            compile(level_of(exercise.reference, level, exercise.fade), level, "exec")
        except (ValueError, TypeError, SyntaxError) as error:
            yield f"the level {level} cannot be cut from the reference: {error}"
