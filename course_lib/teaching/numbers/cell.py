"""The numbers of one cell, collected while it runs and shown as one table when it has ended.

A cell that only checks the text starts with the comment FOLDED or LAST, which the builder writes: its rows then wait
for the last such cell of the section and show there as one line. Outside a notebook each row is printed at once.
"""

import json
import os
from typing import Any

from course_lib.teaching.exercises.card import shell
from course_lib.teaching.numbers.rows import NumberRow, folded, lines_of, page

FOLDED = "# Checks the text. Its numbers show in the line at the end of this section."
LAST = "# Checks the text."
LOG, NOTEBOOK = "COURSE_CLAIMS_LOG", "COURSE_NOTEBOOK"  # variables: a file to write to, the notebook that runs

_rows: list[NumberRow] = []
_section: dict[tuple[str, str], NumberRow] = {}
_hooked: list[Any] = []


def add(row: NumberRow) -> None:
    """Take one row: printed now, or shown with the others of its cell when that has ended."""
    _write_log(row)
    running = shell()
    if running is None:
        print(lines_of([row]))
        return
    if running not in _hooked:
        _hooked.append(running)
        running.events.register("post_run_cell", _cell_has_ended)
    _rows.append(row)


def _cell_has_ended(result: Any) -> None:
    rows = list(_rows)
    _rows.clear()
    first = str(getattr(getattr(result, "info", None), "raw_cell", "") or "").split("\n")[0].rstrip()
    if first in (FOLDED, LAST):
        _section.update({(row.says, row.what): row for row in rows})
    if first == LAST and _section:
        rows = list(_section.values())
        _section.clear()
        _display(rows, *folded(rows), is_folded=True)
    elif first != FOLDED and rows:
        _display(rows, lines_of(rows), page(rows))


def _display(rows: list[NumberRow], text: str, html: str, *, is_folded: bool = False) -> None:
    from IPython.display import display

    kept = {"numbers": [row.record() for row in rows], "folded": is_folded}
    display({"text/plain": text, "text/html": html}, metadata={"course": kept}, raw=True)


def _write_log(row: NumberRow) -> None:
    path = os.environ.get(LOG)
    if path:
        line = json.dumps({"notebook": os.environ.get(NOTEBOOK, ""), **row.record()}, ensure_ascii=False)
        with open(path, "a", encoding="utf-8") as file:  # one short write: two processes may share the file
            file.write(line + "\n")
