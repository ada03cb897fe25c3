"""Checks as the sheets call them: `check`, `hint` and `start`.

`python -m course_lib.teaching.check --table` prints what the checks hold.
"""

import argparse
import math
from dataclasses import replace
from typing import Any

from course_lib.core.validation import validate_choice
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.card import Verdict, shell, verdict_of
from course_lib.teaching.exercises.diagnose import diagnose_answer
from course_lib.teaching.exercises.exercise import Exercise
from course_lib.teaching.exercises.learner import FOUND, learners_function
from course_lib.teaching.exercises.match import NOT_STARTED, RIGHT, Finding, separation
from course_lib.teaching.learner import progress
from course_lib.teaching.running import tell_of_long_cells

LEVELS = ("blank", "faded", "worked")

tell_of_long_cells()  # every sheet imports this module in its first cell


def check(slug: str, answer: Any = FOUND, *, record: bool = True) -> Verdict:
    """Probe `answer` (a function, a value or a test), show the verdict and return it.

    Without an answer the function that the exercise asks for is taken from the notebook, by its name. record=False
    leaves no trace in the learner's progress: for demonstrations. Never raises on a wrong or missing answer. Raises
    ValueError for a slug that no sheet has, and TypeError where an exercise that asks for a value is given none.
    """
    entry = registry.entry_of(slug)
    exercise, told = entry.exercise, ""
    if answer is FOUND:
        answer, told = learners_function(exercise)
    finding = Finding(NOT_STARTED, (told,)) if told else diagnose_answer(exercise, answer)
    read_only = record and finding.status == RIGHT and _is_librarys(answer)
    if read_only:
        finding = replace(finding, lines=("this is the course's own function: it counts as read, not as solved",))
    verdict = verdict_of(exercise, entry.number, finding)
    if record and read_only:
        progress.record_level(slug, "worked")
    elif record:
        progress.record_attempt(slug, verdict.status, verdict.mistake)
        _lead_on(verdict, exercise)
    verdict.show()
    return verdict


def _is_librarys(answer: Any) -> bool:
    return callable(answer) and str(getattr(answer, "__module__", "")).startswith("course_lib.")


def _lead_on(verdict: Verdict, exercise: Exercise) -> None:
    """After the same mistake twice the card goes on to the next hint, which counts as taken."""
    if not verdict.mistake or not exercise.hints or progress.times(verdict.slug, verdict.mistake) < 2:
        return
    given = progress.record_hint(verdict.slug, most=len(exercise.hints))
    place = min(given, len(exercise.hints))
    verdict.message += f"\nonce more the same; hint {place} of {len(exercise.hints)}: {exercise.hints[place - 1]}"


def hint(slug: str) -> None:
    """Print one more hint of this exercise at every call, up to the last."""
    hints = registry.entry_of(slug).exercise.hints
    if not hints:
        print(f"{slug} has no hints")
        return
    given = min(progress.record_hint(slug, most=len(hints)), len(hints))
    for place, text in enumerate(hints[:given], start=1):
        print(f"hint {place} of {len(hints)}: {text}")


def start(slug: str, level: str = "blank") -> None:
    """Put a cell with the function to write under this one: "blank", "faded" (one idea missing) or "worked".

    Raises ValueError for another level, and for an exercise whose answer is not a function.
    """
    exercise = registry.entry_of(slug).exercise
    validate_choice("level", level, LEVELS)
    if not callable(exercise.reference) or exercise.kind == "attack":
        raise ValueError(f"{slug} asks for {'a test' if exercise.kind == 'attack' else 'a value'}, it has no levels")
    if level == "faded" and not exercise.fade:
        raise ValueError(f"{slug} has no faded level; its levels are 'blank' and 'worked'")
    from course_lib.teaching.build.source import level_of

    text = level_of(exercise.reference, level, exercise.fade)
    progress.record_level(slug, level)
    running = shell()
    if running is None:
        print(text)
    else:
        running.set_next_input(text)


def table_of_checks() -> str:
    """One line per exercise: sheet, slug, kind, accepted variants, known mistakes, smallest separation / tolerance."""
    rows = [("lesson", "slug", "kind", "accepted", "mistakes", "separation/tolerance", "closest pair")]
    for entry in registry.entries():
        one = entry.exercise
        gap, pair = separation(one)
        ratio = f"{gap / one.tolerance:.1e}" if math.isfinite(gap) else "exact"
        rows.append((
            entry.number, one.slug, one.kind, str(len(one.accepted)), str(len(one.mistakes)), ratio,
            " / ".join(pair) if math.isfinite(gap) else "",
        ))  # fmt: skip
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m course_lib.teaching.check", description=__doc__)
    parser.add_argument("--table", action="store_true", help="print what every check holds and how well it separates")
    if parser.parse_args(arguments).table:
        print(table_of_checks())
    else:
        parser.print_help()


if __name__ == "__main__":
    main()
