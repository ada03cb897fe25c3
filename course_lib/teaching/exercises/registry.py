"""The exercises that are there, and their numbers; sheets are found as modules `checks/sheet_NN`."""

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import ModuleType

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


def in_order(room: ModuleType, *slugs: str) -> tuple[Exercise, ...]:
    """The exercises in the modules of a room of `checks`, in the order of these slugs, which may be several in a text.

    Raises ValueError for a slug that no exercise has, and for an exercise whose slug is not among them.
    """
    names = [f"{room.__name__}.{module.name}" for module in pkgutil.iter_modules(room.__path__)]
    values = [value for name in names for value in vars(importlib.import_module(name)).values()]
    found = {value.slug: value for value in values if isinstance(value, Exercise)}
    order = " ".join(slugs).split()
    if odd := sorted(set(order) ^ set(found)):
        raise ValueError(f"{room.__name__}: only the list or only the room holds {', '.join(odd)}")
    return tuple(found[slug] for slug in order)


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
