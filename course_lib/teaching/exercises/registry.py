"""The exercises that are there, and their numbers; sheets are found as modules `checks/sheet_NN`."""

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from course_lib.teaching import checks
from course_lib.teaching.exercises.exercise import Exercise

_SHEET = re.compile(r"sheet_(\d\d)")


@dataclass(frozen=True, eq=False)
class Entry:
    """An exercise in its place: sheet 1, place 3 is number "1.3"."""

    sheet: int
    place: int
    exercise: Exercise

    @property
    def number(self) -> str:
        """For display; the slug is the id."""
        return f"{self.sheet}.{self.place}"


def sheet_numbers() -> list[int]:
    """The numbers of the sheets that are there, without importing any."""
    found = (_SHEET.fullmatch(module.name) for module in pkgutil.iter_modules(checks.__path__))
    return sorted(int(match[1]) for match in found if match)


@lru_cache(maxsize=64)
def sheet(number: int) -> tuple[Entry, ...]:
    """The exercises of one sheet; imports its module."""
    module = importlib.import_module(f"{checks.__name__}.sheet_{number:02d}")
    return tuple(Entry(number, place, exercise) for place, exercise in enumerate(module.SHEET, start=1))


def entries() -> Iterator[Entry]:
    """Every exercise, sheet by sheet; a sheet is imported when the iteration comes to it."""
    for number in sheet_numbers():
        yield from sheet(number)


def entry_of(slug: str) -> Entry:
    """The exercise with this slug. Raises ValueError with close matches for an unknown one."""
    known = []
    for entry in entries():
        if entry.exercise.slug == slug:
            return entry
        known.append(entry.exercise.slug)
    close = difflib.get_close_matches(str(slug), known, n=3)
    told = f"did you mean {' or '.join(map(repr, close))}?" if close else f"there are {', '.join(known) or 'none yet'}"
    raise ValueError(f"there is no exercise {slug!r}; {told}")
