"""The exercise that asks for a function of the library, and whether the learner may see its body yet."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from course_lib.teaching import checks
from course_lib.teaching.exercises.registry import Entry, sheet, sheet_numbers
from course_lib.teaching.learner.store import load_record

_FOLDER = Path(next(iter(checks.__path__)))
_ROOM = re.compile(rf"{re.escape(checks.__name__)}(?:\.| import )(\w+)")


def exercise_of(function: Any) -> Entry | None:
    """The exercise whose answer this function is; None for any other object.

    A sheet is imported only where its files name the function: those from 08 on bring torch.
    """
    name = getattr(function, "__qualname__", "")
    if not name.isidentifier() or not str(getattr(function, "__module__", "")).startswith("course_lib."):
        return None
    named = re.compile(rf"\b{name}\b")
    for number in sheet_numbers():
        if any(named.search(path.read_text(encoding="utf-8")) for path in _files(number)):
            found = [one for one in sheet(number) if one.exercise.reference is function]
            if found and found[0].exercise.kind != "attack":
                return found[0]
    return None


def may_be_seen(slug: str) -> bool:
    """Whether the exercise is solved, or its worked answer was shown before."""
    record = load_record()["exercises"].get(slug, {})
    return "solved" in record or record.get("level") == "worked"


def _files(number: int) -> Iterator[Path]:
    """The module of a sheet and the modules of the folders that it takes its exercises from."""
    first = _FOLDER / f"sheet_{number:02d}.py"
    yield first
    for room in sorted(set(_ROOM.findall(first.read_text(encoding="utf-8")))):
        yield from sorted((_FOLDER / room).glob("*.py"))
