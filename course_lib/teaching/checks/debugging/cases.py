"""Which fault has each patient of the clinic? The checks of name_the_faults and name_more_faults."""

from typing import Any

from course_lib.teaching.clinic_cases import CASES, SIGNS
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property

FIRST = tuple(f"case-{number:02d}" for number in range(5, 12))
SECOND = tuple(f"case-{number:02d}" for number in range(12, 19))


def _key(names: tuple[str, ...]) -> dict[str, str]:
    return {name: CASES[name].fault for name in names}


def _words(answer: Any) -> Any:
    if not isinstance(answer, dict):
        return answer
    return {
        str(name).strip().lower(): " ".join(fault.lower().split()) if isinstance(fault, str) else fault
        for name, fault in answer.items()
    }


def _each(seen: Any, right: Any) -> str | None:
    if not isinstance(seen, dict) or set(seen) != set(right):
        return None
    strange = [name for name in right if seen[name] not in SIGNS]
    if strange:
        return f"{strange[0]}: {seen[strange[0]]!r} is not a name in FAULTS"
    wrong = [name for name in right if seen[name] != right[name]]
    return f"look again at {', '.join(wrong)}; {wrong[0]}: {CASES[wrong[0]].question}" if wrong else None


def _mistakes(names: tuple[str, ...]) -> tuple[Mistake, ...]:
    """Each case taken for its nearest rival, and the key with the two most alike exchanged."""
    return tuple(
        Mistake(
            f"{name.replace('-', '_')}_rival",
            f"the key with {name} taken for its nearest rival, {CASES[name].rival}",
            CASES[name].question,
            _key(names) | {name: CASES[name].rival},
        )
        for name in names
    )


def _exercise(slug: str, title: str, names: tuple[str, ...], minutes: int, hints: tuple[str, ...]) -> Exercise:
    return Exercise(
        slug=slug,
        title=title,
        kind="find",
        core=False,
        difficulty=2,
        minutes=minutes,
        reference=_key(names),
        observe=_words,
        mistakes=_mistakes(names),
        properties=(Property("each case by itself", _each),),
        hints=hints,
        not_tested="runs with two faults at once",
    )


NAME_THE_FAULTS = _exercise(
    "name_the_faults",
    "The clinic: seven patients",
    FIRST,
    20,
    (
        "Begin with the rows of the table that were measured before the first step.",
        "Then the layers: is there output, is there a gradient, are there weights?",
        "Then compare training, validation and fresh samples, two at a time.",
    ),
)
NAME_MORE_FAULTS = _exercise(
    "name_more_faults",
    "The clinic: seven more",
    SECOND,
    20,
    (
        "Two of them become NaN: in which place does the first one stand?",
        "How does the first gradient change with the number of samples, and how many units differ?",
        "One of them trains well: compare its table with that of the healthy run, line by line.",
    ),
)
