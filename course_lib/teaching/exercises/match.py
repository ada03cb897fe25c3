"""Matching: the answers that an exercise knows and that an observation equals.

The reference and the accepted variants are right; a known mistake is named with its cause, and so are two of them at
once; beyond these the kind of a generated mutant. `separation` says how far the cases hold the known answers apart.
"""

from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from course_lib.teaching.exercises.candidates import mutants_of, pairs_of
from course_lib.teaching.exercises.compare import (
    children,
    distance,
    form_notes,
    gap_within,
    leaf_distance,
    pairs,
    to_array,
)
from course_lib.teaching.exercises.difference_in_words import name_of
from course_lib.teaching.exercises.exercise import REFERENCE, Exercise, Mistake
from course_lib.teaching.exercises.known import FUNCTIONS, answer_names, crashes, notes_of_right, observations
from course_lib.teaching.exercises.observe import ASIDE, Detail

NOT_STARTED, RIGHT, WRONG, ERROR = "not started", "right", "wrong", "error"
_EQUALS = {"implement": "your result equals", "faded": "your result equals", "attack": "your test behaves like"}
FEW_NUMBERS = 6  # an observation with fewer decimal numbers may agree with another by chance
MOST_PARTS = 100  # of a result in which one wrong part is looked for
_BEHAVES = "your result behaves like"  # where traits are compared and not numbers


@dataclass(frozen=True)
class Finding:
    """What the probe shows: `mistakes` are the ids of all known mistakes that fit, `variant` of the right answer."""

    status: str
    lines: tuple[str, ...] = ()
    mistakes: tuple[str, ...] = ()
    variant: str = ""
    printed: str = ""
    seen: Any = field(default=None, compare=False, repr=False)  # the observation that it was made of


def right_answer(exercise: Exercise, seen: Any) -> Finding | None:
    """A finding when the observation is that of the reference or of an accepted variant, within the tolerance."""
    known = observations(exercise)
    for name, note in notes_of_right(exercise).items():
        close = gap_within(seen, known[name], exercise.tolerance) is not None
        if close and not crashes(seen, known[REFERENCE]):
            lines = ["accepted variant: " + note] if note else []
            form = form_notes(seen, known[name])
            lines += ["right numbers; " + "; ".join(form)] if form else []
            lines += ["not tested: " + exercise.not_tested] if exercise.not_tested else []
            return Finding(RIGHT, tuple(lines), variant=name.partition("#")[0])
    return None


def matches(exercise: Exercise, seen: Any) -> list[tuple[Mistake, float]]:
    """Every known mistake that the probe cannot tell from this observation, with the distance."""
    known, right = observations(exercise), observations(exercise)[REFERENCE]
    found = []
    for mistake in exercise.mistakes:
        names = answer_names(mistake.id, len(mistake.answers))
        gaps = [gap_within(seen, known[name], exercise.tolerance) for name in names]
        if fitting := [gap for gap in gaps if gap is not None]:
            found.append((mistake, min(fitting)))
    if found:
        return found
    return [(mistake, float("nan")) for mistake in exercise.mistakes if _recognised(mistake, seen, right)]


def _recognised(mistake: Mistake, seen: Any, right: Any) -> bool:
    try:
        return bool(mistake.when is not None and mistake.when(seen, right))
    except Exception:  # written for observations of the right shape
        return False


def known_mistake(exercise: Exercise, seen: Any) -> Finding | None:
    """A finding that names every known mistake within the tolerance of the observation, or None."""
    found = matches(exercise, seen)
    if not found:
        return None
    causes = [mistake.cause for mistake, _ in found]
    text = causes[0] if len(causes) == 1 else "one of: " + "; ".join(causes)
    lines = (*attacked(seen, exercise), _said(exercise, text, found[0][1], seen), found[0][0].question)
    return Finding(WRONG, lines, tuple(mistake.id for mistake, _ in found))


def _said(exercise: Exercise, cause: str, gap: float, seen: Any) -> str:
    """ "your result equals ...": where few numbers agree, or a constant is the learner's own, no more than that."""
    if exercise.kind not in FUNCTIONS:
        return f"{_EQUALS.get(exercise.kind, 'your answer equals')} {cause}"
    if by_traits(exercise) or gap != gap:
        return f"{_BEHAVES} {cause}"
    if _decimals(observations(exercise)[REFERENCE]) < FEW_NUMBERS:
        return f"the same numbers as {cause}{_how_close(exercise, gap, seen)}"
    return f"your result equals {cause}{_how_close(exercise, gap, seen)}"


def comes_of(exercise: Exercise, kind: str) -> str:
    """The line for the kind of a mutant: no more than "the same numbers" where few numbers agree."""
    few = _decimals(observations(exercise)[REFERENCE]) < FEW_NUMBERS
    return f"the same numbers come of {kind}" if few else f"your result is what comes of {kind}"


def _decimals(observation: Any) -> int:
    arrays = [to_array(leaf) for path, leaf, _ in pairs(observation, observation) if not path or path[-1] not in ASIDE]
    return sum(array.size for array in arrays if array is not None and array.dtype.kind == "f")


def two_at_once(exercise: Exercise, seen: Any) -> Finding | None:
    """A finding that names two known mistakes which together give this observation, or None."""
    if by_traits(exercise):
        return None  # few traits, which two other mistakes may share by chance
    right = observations(exercise)[REFERENCE]
    found = next(pairs_of(exercise).fitting(seen, right), None)
    if found is None:
        return None
    said = _said(exercise, found.what.cause, distance(seen, found.seen), seen)
    return Finding(WRONG, (*attacked(seen, exercise), said, found.what.question), tuple(found.what.id.split("-and-")))


def mutant_of(exercise: Exercise, seen: Any) -> str:
    """The kind of the mutants that give this observation ("a sum where a mean belongs"); "" where none does.

    Where mutants of more than two kinds do, the cases do not tell them apart, and nothing is said.
    """
    if exercise.kind not in FUNCTIONS or by_traits(exercise):
        return ""
    right = observations(exercise)[REFERENCE]
    kinds = list(dict.fromkeys(found.what.kind for found in mutants_of(exercise).fitting(seen, right)))
    return " or ".join(kinds) if len(kinds) <= 2 else ""


def _how_close(exercise: Exercise, gap: float, seen: Any) -> str:
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
        one_id, other_id = one.partition("#")[0], other.partition("#")[0]
        if one_id == other_id or exercise.declared_same(one_id, other_id):
            continue
        gap = min(distance(first, second, most=smallest), distance(second, first, most=smallest))
        if gap < smallest or not closest[0]:
            smallest, closest = gap, (one, other)
    return smallest, closest


def known_part(exercise: Exercise, seen: Any, right: Any) -> Finding | None:
    """A known mistake in one part of the result (the gradient, say) while another part is right or wrong otherwise."""
    parts = _parts(seen, right)
    if len(parts) > MOST_PARTS:
        return None
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
        if len(path) >= 3 and path[1] == "result" and not _is_one_list(other[path[0]]["result"]):
            parts.setdefault(path[2:], []).append((path, own, theirs))
    return parts


def _is_one_list(result: Any) -> bool:
    """Whether a result is a list of numbers: one thing, whose places are no parts with a meaning of their own."""
    return isinstance(result, list) and to_array(result) is not None


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
