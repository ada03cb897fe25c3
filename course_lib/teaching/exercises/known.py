"""What an exercise knows: the observation of each of its answers, and the side effects that the right ones have."""

import io
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from course_lib.teaching.exercises.compare import pairs
from course_lib.teaching.exercises.effects import Effects, watched
from course_lib.teaching.exercises.exercise import REFERENCE, Exercise
from course_lib.teaching.exercises.observe import Raised, probing

FUNCTIONS = ("implement", "faded")


@lru_cache(maxsize=256)
def _known(exercise: Exercise) -> dict[str, tuple[Any, Effects]]:
    return {name: _observed(exercise, answer, exercise.observe) for name, answer in exercise.answers().items()}


@lru_cache(maxsize=256)
def observations(exercise: Exercise) -> dict[str, Any]:
    """The observation of every answer that the exercise knows, by id. Raises what an author's answer raises."""
    return {name: seen for name, (seen, _) in _known(exercise).items()}


def allowed_effects(exercise: Exercise) -> list[Effects]:
    """The side effects of the reference and of every accepted variant."""
    return [_known(exercise)[name][1] for name in notes_of_right(exercise)]


def _observed(exercise: Exercise, answer: Any, observe: Callable[[Any], Any]) -> tuple[Any, Effects]:
    with probing(io.StringIO()) as effects:
        return observe(watched(answer, effects) if exercise.kind in FUNCTIONS else answer), effects


def crashes(seen: Any, right: Any) -> bool:
    """Whether something was raised where the reference raises nothing: that is never right, whoever else crashes."""
    return any(isinstance(own, Raised) and not isinstance(rule, Raised) for _, own, rule in pairs(seen, right))


def notes_of_right(exercise: Exercise) -> dict[str, str]:
    """What the card says of each right answer, by its id."""
    notes = {REFERENCE: ""}
    for variant in exercise.accepted:
        notes |= dict.fromkeys(answer_names(variant.id, len(variant.answers)), variant.note)
    return notes


def answer_names(id: str, count: int) -> list[str]:
    """The ids of `count` answers that say the same."""
    return [f"{id}#{n}" if n > 1 else id for n in range(1, count + 1)]
