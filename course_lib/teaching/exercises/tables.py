"""Tables of known answers: a row is `id: cause | question` (`id: note` for a right answer) with its edit under it.

    only_m: Adam that corrects m only | which of the two means starts at zero?
        v / (1 - beta2**t) -> v
    epsilon_added: a small number added to every deviation | what becomes of 2 / 1e-8 where a feature was constant?
        train.std(axis=0) -> train.std(axis=0) + {1e-8|1e-12|1e-6}
        when: nearly_divided_by_zero
    power_iteration: another algorithm | what does it converge to?
    bands_last [DFEJBAGI]: bands chosen after the run | which bands would not fit a run that has been seen?

A short answer may stand behind the id: the letters of an order, the value of a finding. A row without an edit stands
for the function of that name among `names`. `{a|b|c}` is a constant of the learner's choice: every one is known.
`when: NAME` names a function of the observation and that of the reference that recognises any other choice.
A line that begins with "|" goes on with the header, one that begins with "->" with the edit before.
"""

import itertools
import re
import textwrap
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from course_lib.teaching.exercises.exercise import Later, Mistake, Variant

Make = Callable[[str], Any]  # from the text of an edit to the answer
_HEADER = re.compile(r"([a-z0-9][\w-]*)(?: \[(.+?)\])?: (.+)")
_CHOICE = re.compile(r"\{([^{}]*\|[^{}]*)\}")


@dataclass(frozen=True)
class MistakeRow:
    """One row: `text` is its header without the id, `edit` the lines under it, `when` the name of a function or ""."""

    id: str
    text: str
    edit: str
    when: str


def rows(table: str) -> list[MistakeRow]:
    """The rows of a table. Raises ValueError for a line that belongs to none."""
    found: list[tuple[str, list[str]]] = []
    for line in textwrap.dedent(table).strip("\n").splitlines():
        if not line.strip():
            continue
        if not line[0].isspace():
            found.append((line.strip(), []))
        elif not found:
            raise ValueError(f"a table begins with a row at its left edge, got {line!r}")
        elif line.strip().startswith("|") and not found[-1][1]:
            found[-1] = (f"{found[-1][0]} {line.strip()}", [])
        else:
            found[-1][1].append(line.strip())
    return [_row(header, lines) for header, lines in found]


def _row(header: str, lines: list[str]) -> MistakeRow:
    match = _HEADER.fullmatch(header)
    if match is None:
        raise ValueError(f"a row of a table begins with `id: cause | question`, got {header!r}")
    lines = [match[2], *lines] if match[2] else lines
    when = [line.removeprefix("when:").strip() for line in lines if line.startswith("when:")]
    edit = "\n".join(line for line in lines if not line.startswith("when:"))
    return MistakeRow(match[1], match[3], re.sub(r"\n->", " ->", edit), when[0] if when else "")


def choices(edit: str) -> list[str]:
    """The edit with each choice of its free constants, the first ones first."""
    parts = _CHOICE.split(edit)  # text, choices, text, choices, ..., text
    options = [part.split("|") if place % 2 else [part] for place, part in enumerate(parts)]
    return ["".join(chosen) for chosen in itertools.product(*options)]


def mistakes(
    table: str | list[MistakeRow], make: Make, names: Mapping[str, Any], asked: Callable[[Any], str] | None = None
) -> tuple[Mistake, ...]:
    """The known mistakes of a table; `make` turns an edit into an answer, when it is first asked for.

    asked: the question about an answer, for a row that has none of its own.
    """
    found = []
    for row in rows(table) if isinstance(table, str) else table:
        cause, bar, question = row.text.rpartition(" | ")
        if not bar and asked:
            cause, question = row.text, asked(_made(row, make, choices(row.edit)[0]))
        elif not bar:
            raise ValueError(f"{row.id}: a known mistake has a cause and a question, `id: cause | question`")
        cause = cause.replace(" | ", " ")  # a long one goes on in the next line
        found.append(Mistake(row.id, cause.strip(), question.strip(), _given(row, make, names), _when(row, names)))
    return tuple(found)


def variants(table: str, make: Make, names: Mapping[str, Any]) -> tuple[Variant, ...]:
    """The accepted variants of a table of `id: note` rows."""
    return tuple(Variant(row.id, _given(row, make, names), row.text.replace(" | ", " ")) for row in rows(table))


def _given(row: MistakeRow, make: Make, names: Mapping[str, Any]) -> Any:
    if row.edit:
        return Later(lambda: tuple(_made(row, make, edit) for edit in choices(row.edit)))
    if row.id not in names:
        raise ValueError(f"{row.id}: a row without an edit needs a function of that name among `names`")
    return names[row.id]


def _made(row: MistakeRow, make: Make, edit: str) -> Any:
    try:
        return make(edit)
    except (ValueError, SyntaxError) as error:
        raise ValueError(f"{row.id}: {error}") from error


def _when(row: MistakeRow, names: Mapping[str, Any]) -> Any:
    if row.when and row.when not in names:
        raise ValueError(f"{row.id}: `when` names {row.when!r}, which is not among `names`")
    return names[row.when] if row.when else None
