"""Links between a lesson's section, the exercise that belongs to it, and the exercise's solution.

A section of a lesson says `{exercise: slug}` where its text is done. The builder puts the link to the exercise there,
and a link back to the section above the exercise.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

from course_lib.teaching.build.percent import Cell, SourceError, place
from course_lib.teaching.exercises import registry

_MARK = re.compile(r"\{exercise: ([\w-]+)\}")
_HEADING = re.compile(r"(?m)^#{1,6} (.+)$")


def with_exercise_links(text: str, stem: str, source: Path, line: int) -> str:
    """The text of a lesson's cell with a link in place of every mark. Raises SourceError for an unknown exercise."""

    def link(match: re.Match[str]) -> str:
        number = int(stem[:2])
        entries = registry.sheet(number) if number in registry.sheet_numbers() else ()
        entry = next((one for one in entries if one.exercise.slug == match[1]), None)
        if entry is None:
            raise SourceError(f"{place(source, line)}: sheet {number:02d} has no exercise {match[1]!r}")
        title = f"{entry.number} {entry.exercise.title}"
        address = f"../exercises/{stem}.ipynb#{anchor(title)}"
        return f"**[Exercise {title}]({address})**, {entry.exercise.minutes} minutes"

    return _MARK.sub(link, text)


def sections_of(cells: Sequence[Cell]) -> dict[str, str]:
    """slug -> the heading of the section of a lesson that has the mark of the exercise."""
    found, heading = {}, ""
    for cell in cells:
        if cell.kind != "markdown":
            continue
        for part in re.finditer(f"{_HEADING.pattern}|{_MARK.pattern}", cell.text, re.MULTILINE):
            if part[1]:
                heading = part[1].strip()
            else:
                found[part[2]] = heading
    return found


def links_above(slug: str, title: str, stem: str, sections: dict[str, str], *, solution: bool) -> str:
    """What stands beside the minutes of an exercise: links to its section, where one has its mark, and to its solution.

    title: the exercise's heading, which the solution has as well.
    """
    parts = []
    if slug in sections:
        parts.append(f"[its section](../notebooks/{stem}.ipynb#{anchor(sections[slug])})")
    if solution:
        parts.append(f"[its solution](../solutions/{stem}.ipynb#{anchor(title)})")
    return "".join(f" · {part}" for part in parts)


def anchor(heading: str) -> str:
    """The fragment under which JupyterLab finds a heading: its text with hyphens for spaces, as an address has it."""
    return quote(re.sub(r"[`*]", "", heading).replace(" ", "-"), safe="-_.~:,!?'=+")
