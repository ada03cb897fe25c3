"""The path through a lesson: its core, the sections that go deeper, and the minutes that both take.

150 words of text a minute, half a minute for a code cell that is not collapsed, and the minutes of an exercise that the
lesson itself checks. `python -m course_lib.teaching.build.path` prints a table of all lessons.
"""

import ast
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from course_lib.core.files import course_root
from course_lib.teaching.build.folding import roles, uses_of
from course_lib.teaching.build.percent import DEEPER, HALFWAY, Cell, read_source
from course_lib.teaching.exercises import registry

WORDS_A_MINUTE, MINUTES_A_CELL = 150, 0.5
LONGEST = 60  # minutes of a core path
_HEADING = re.compile(r"(?m)^(#{1,6}) ")
_NO_WORDS = re.compile(r"(?ms)^```.*?^```|<[^>]*>|\]\([^)]*\)|^\|[-| :]*\|$")
_FORMULA = re.compile(r"(?s)\$\$.+?\$\$|\$[^$]+\$")


@dataclass(frozen=True)
class PathPart:
    """A part of a lesson: words of text, code cells that are seen, minutes of exercises."""

    words: int = 0
    cells: int = 0
    exercises: float = 0.0

    @property
    def minutes(self) -> float:
        """What the part takes."""
        return self.words / WORDS_A_MINUTE + MINUTES_A_CELL * self.cells + self.exercises

    def __add__(self, other: "PathPart") -> "PathPart":
        return PathPart(self.words + other.words, self.cells + other.cells, self.exercises + other.exercises)


def deeper(cells: Sequence[Cell]) -> set[str]:
    """The ids of the cells in sections that are marked as deeper: from their heading to the next one as high."""
    found, level = set(), 0
    for cell in cells:
        if cell.kind == "markdown" and (marks := _HEADING.findall(cell.text)):
            highest = min(map(len, marks))
            if DEEPER in cell.tags:
                level = highest if not level else min(level, highest)
            elif level and highest <= level:
                level = 0
        if level:
            found.add(cell.id)
    return found


def halves(cells: Sequence[Cell]) -> tuple[PathPart, PathPart]:
    """The core path and the deeper sections."""
    aside, kinds = deeper(cells), roles(cells)
    core, rest = PathPart(), PathPart()
    for cell in cells:
        if cell.id in aside:
            rest += part_of(cell, kinds)
        else:
            core += part_of(cell, kinds)
    return core, rest


def part_of(cell: Cell, kinds: dict[str, str]) -> PathPart:
    """What one cell takes; `kinds` are the roles of the collapsed ones."""
    if cell.kind == "markdown":
        return PathPart(words=words(cell.text))
    checked = re.findall(r"\bcheck\(\s*[\"']([\w-]+)[\"']", cell.text)
    minutes = sum(registry.entry_of(slug).exercise.minutes for slug in checked)
    return PathPart(cells=int(cell.id not in kinds), exercises=minutes)


def words(text: str) -> int:
    """Words of Markdown that are read; a formula counts as one, code blocks and targets of links as none."""
    plain = _FORMULA.sub(" formula ", _NO_WORDS.sub(" ", text))
    return sum(bool(re.search(r"\w", word)) for word in plain.split())


def halfway_text(cells: Sequence[Cell]) -> str:
    """The sentence that is added to the cell with the tag "halfway"; "" where no cell has it."""
    place = next((place for place, cell in enumerate(cells) if HALFWAY in cell.tags), None)
    if place is None:
        return ""
    aside, kinds = deeper(cells), roles(cells)
    behind = sum((part_of(cell, kinds) for cell in cells[: place + 1] if cell.id not in aside), PathPart()).minutes
    return (
        f"**Half-way stop.** About {behind:.0f} of {halves(cells)[0].minutes:.0f} minutes are behind you. "
        "What follows can wait until tomorrow."
    )


def broken(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """(cell id, broken rule): marks of the path in the wrong place, and core cells that need a deeper one."""
    found = [
        (cell.id, 'has the tag "deeper"; it belongs to a Markdown cell that starts with a heading `## Deeper: ...`')
        for cell in cells
        if DEEPER in cell.tags and not (cell.kind == "markdown" and re.match(r"#{2,6} Deeper", cell.text))
    ]
    stops = [cell for cell in cells if HALFWAY in cell.tags]
    found += [(cell.id, 'has the tag "halfway"; one Markdown cell has it') for cell in stops if cell.kind == "code"]
    found += [(cell.id, "is the second half-way stop; a lesson has one") for cell in stops[1:]]
    aside, made_aside, made = deeper(cells), set[str](), set[str]()
    for cell in cells:
        if cell.kind == "code" and not cell.slug:
            uses = uses_of(ast.parse(cell.text))
            own = {name for name, is_read in uses if not is_read}
            if cell.id in aside:
                made_aside |= own
                continue
            before = dict(reversed(uses))  # how a name is used first
            needed = sorted(name for name, is_read in before.items() if is_read and name in made_aside - made)
            found += [(cell.id, f"needs {name!r}, which only a deeper section defines") for name in needed]
            made |= own
            made_aside -= own
    return found


def path_table() -> str:
    """One line per lesson: the core path, what is deeper, and the sheet."""
    head = f"{'lesson':<22}{'core: words':>12}{'cells':>7}{'minutes':>9}{'deeper: minutes':>17}{'half-way':>10}"
    lines = [f"{head}{'sheet: core':>13}{'all':>6}"]
    for source in sorted((course_root() / "notebooks" / "source").glob("[0-9][0-9]_*.py")):
        cells, number = read_source(source), int(source.stem[:2])
        core, rest = halves(cells)
        stop = "yes" if halfway_text(cells) else "no"
        sheet = registry.sheet(number) if number in registry.sheet_numbers() else ()
        minutes = [sum(one.exercise.minutes for one in sheet if one.exercise.core or full) for full in (False, True)]
        row = f"{source.stem:<22}{core.words:>12,}{core.cells:>7}{core.minutes:>9.0f}{rest.minutes:>17.0f}{stop:>10}"
        lines.append(f"{row}{minutes[0]:>13}{minutes[1]:>6}")
    return "\n".join(lines)


if __name__ == "__main__":
    print(path_table())
    sys.exit(0)
