"""Which of the answers that an exercise knows does an observation equal?

The reference and the accepted variants are right; a known mistake is named with its cause. `separation` says how far
the probe holds all of them apart.
"""

import io
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from typing import Any

from course_lib.teaching.exercises.compare import (
    children,
    distance,
    form_notes,
    leaf_distance,
    pairs,
    to_array,
    tolerance_for,
)
from course_lib.teaching.exercises.difference_in_words import name_of
from course_lib.teaching.exercises.exercise import REFERENCE, Exercise, Mistake
from course_lib.teaching.exercises.observe import Detail, probing

NOT_STARTED, RIGHT, WRONG, ERROR = "not started", "right", "wrong", "error"
_EQUALS = {"implement": "your result equals", "faded": "your result equals", "attack": "your test behaves like"}
_BEHAVES = "your result behaves like"  # where traits are compared and not numbers


@dataclass(frozen=True)
class Finding:
    """What the probe shows: `mistakes` are the ids of all known mistakes that fit, `variant` of the right answer."""

    status: str
    lines: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    variant: str = ""
    printed: str = ""


@lru_cache(maxsize=256)
def observations(exercise: Exercise) -> dict[str, Any]:
    """The observation of every answer that the exercise knows, by id. Raises what an author's answer raises."""
    seen = {}
    for name, answer in exercise.answers().items():
        with probing(io.StringIO()):
            seen[name] = exercise.observe(answer)
    return seen


def right_answer(exercise: Exercise, seen: Any) -> Finding | None:
    """A finding when the observation is that of the reference or of an accepted variant, within the tolerance."""
    known = observations(exercise)
    notes = {REFERENCE: ""} | {variant.id: variant.note for variant in exercise.accepted}
    for name, note in notes.items():
        if distance(seen, known[name]) <= tolerance_for(seen, known[name], exercise.tolerance):
            lines = ["accepted variant: " + note] if note else []
            form = form_notes(seen, known[name])
            lines += ["right numbers; " + "; ".join(form)] if form else []
            lines += ["not tested: " + exercise.not_tested] if exercise.not_tested else []
            return Finding(RIGHT, tuple(lines), variant=name)
    return None


def matches(exercise: Exercise, seen: Any) -> list[tuple[Mistake, float]]:
    """Every known mistake that the probe cannot tell from this observation, with the distance."""
    known = observations(exercise)
    apart = [(mistake, distance(seen, known[mistake.id])) for mistake in exercise.mistakes]
    return [(m, gap) for m, gap in apart if gap <= tolerance_for(seen, known[m.id], exercise.tolerance)]


def known_mistake(exercise: Exercise, seen: Any) -> Finding | None:
    """A finding that names every known mistake within the tolerance of the observation, or None."""
    found = matches(exercise, seen)
    if not found:
        return None
    verb = _BEHAVES if by_traits(exercise) else _EQUALS.get(exercise.kind, "your answer equals")
    causes = [mistake.cause for mistake, _ in found]
    text = causes[0] if len(causes) == 1 else "one of: " + "; ".join(causes)
    first = f"{verb} {text}{_how_close(exercise, found[0][1], seen)}"
    lines = (*attacked(seen, exercise), first, found[0][0].question)
    return Finding(WRONG, lines, tuple(mistake.id for mistake, _ in found))


def _how_close(exercise: Exercise, gap: float, seen: Any) -> str:
    if exercise.kind not in ("implement", "faded") or by_traits(exercise):
        return ""
    cases = len(seen) if isinstance(seen, dict) else 1
    size = f"{gap:.0e}" if gap else "0"
    return f" (difference {size} over {cases} cases)" if cases > 1 else f" (difference {size})"


def by_traits(exercise: Exercise) -> bool:
    """Whether the probe compares traits (a share, a formula, an order) and keeps the numbers as a Detail."""
    right = observations(exercise)[REFERENCE]
    return any(isinstance(leaf, Detail) for _, leaf, _ in pairs(right, right))


def separation(exercise: Exercise) -> tuple[float, tuple[str, str]]:
    """The smallest distance between two known answers that are not declared indistinguishable, and their ids.

    A distance is the smaller of both directions. (inf, ("", "")) where there is only one answer.
    """
    smallest, closest = float("inf"), ("", "")
    for (one, first), (other, second) in combinations(observations(exercise).items(), 2):
        if exercise.declared_same(one, other):
            continue
        gap = min(distance(first, second), distance(second, first))
        if gap < smallest or not closest[0]:
            smallest, closest = gap, (one, other)
    return smallest, closest


def known_part(exercise: Exercise, seen: Any, right: Any) -> Finding | None:
    """A known mistake in one part of the result (the gradient, say) while another part is right or wrong otherwise."""
    parts = _parts(seen, right)
    for part, leaves in parts.items():
        if sum(array.size for _, own, _ in leaves if (array := to_array(own)) is not None) < 3:
            continue  # a few whole numbers agree by chance
        if all(isinstance(own, bool) for _, own, _ in leaves):
            continue  # and so do answers of yes and no
        if all(leaf_distance(own, rule) <= exercise.tolerance for _, own, rule in leaves):
            continue
        for mistake in exercise.mistakes:
            theirs = _parts(seen, observations(exercise)[mistake.id]).get(part, [])
            if len(theirs) == len(leaves) and all(leaf_distance(o, m) <= exercise.tolerance for _, o, m in theirs):
                first = f"in {name_of(part)} your result equals {mistake.cause}"
                return Finding(WRONG, (first, mistake.question, *_other_parts(part, parts, exercise)), (mistake.id,))
    return None


def _parts(seen: Any, other: Any) -> dict[Any, list[tuple[Any, Any, Any]]]:
    """Leaves of a probe by `calls`, gathered over the cases by their place in a result of several parts."""
    parts: dict[Any, list[tuple[Any, Any, Any]]] = {}
    for path, own, theirs in pairs(seen, other):
        if len(path) >= 3 and path[1] == "result":
            parts.setdefault(path[2:], []).append((path, own, theirs))
    return parts


def _other_parts(part: Any, parts: dict[Any, list[tuple[Any, Any, Any]]], exercise: Exercise) -> tuple[str, ...]:
    fine = [
        name_of(name)
        for name, leaves in parts.items()
        if name != part and all(leaf_distance(own, rule) <= exercise.tolerance for _, own, rule in leaves)
    ]
    return (f"right already: {', '.join(fine)}",) if fine else ()


def attacked(seen: Any, exercise: Exercise) -> tuple[str, ...]:
    """The line of an attack: how many planted bugs the learner's test killed, and what it got wrong."""
    planted = children(seen.get("planted")) if isinstance(seen, dict) else None
    if exercise.kind != "attack" or not planted:
        return ()
    alive = [name for name, accepted in planted.items() if accepted is True]
    alarms = [name for name, accepted in seen.get("right", {}).items() if accepted is False]
    text = f"killed {len(planted) - len(alive)} of {len(planted)}"
    text += f"; survived: {_some(alive)}" if alive else ""
    text += f"; false alarm on: {_some(alarms)}" if alarms else ""
    return (text,)


def _some(names: list[str], most: int = 3) -> str:
    """The first names, and how many more: a line of a card is short."""
    rest = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + rest
