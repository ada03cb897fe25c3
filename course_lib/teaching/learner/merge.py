"""A three-way merge of notebooks, cell by cell: what the learner changed stays, what the course changed comes in.

Cells have stable ids, so that each is found again after it was edited or moved. A cell that both changed is the
learner's, with the course's new text below it as Markdown: it is read, and cannot run in place of an answer. (nbdime
merges lines within a cell and writes its marks of a conflict into it, after which the cell no longer runs.)
"""

import copy
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

Cell = dict[str, Any]
Notebook = dict[str, Any]

NEW = "-course"  # what is added to the id of a cell that both changed, for the course's text below it
HEAD = "**The course has changed the cell above.** Yours is kept as it is. This is the course's new text:"


@dataclass(frozen=True)
class Merged:
    """The notebook, and how many of its cells came from the course and how many were changed by both."""

    notebook: Notebook
    came: int
    both: int


def merge(base: Notebook | None, mine: Notebook, course: Notebook) -> Merged:
    """Bring into `mine` what changed from `base` (the course's notebook that `mine` was made from) to `course`.

    Without a base, a cell in which the two differ counts as changed by both. Outputs stay where the text stays. None
    of the three is changed.
    """
    old = _by_id(base["cells"]) if base else {}
    new = _by_id(course["cells"])
    own = _by_id(_with_ids(mine["cells"], base or course))
    cells: dict[str, Cell] = {}
    came = both = 0
    for id_ in _order(list(old) if base else None, list(own), list(new)):
        before, yours, theirs = old.get(id_), own.get(id_), new.get(id_)
        if id_ in cells:
            continue  # the note of an earlier update, which a new one has replaced
        if theirs is None:
            # Yours alone, or a cell that the course has taken out: it goes where you left it as it was.
            if yours is not None and (before is None or not _same(before, yours)):
                cells[id_] = yours
        elif yours is None:
            # New, or deleted by you: it stays deleted until the course changes it.
            if before is None or not _same(before, theirs):
                cells[id_] = theirs
                came += 1
        elif _same(yours, theirs) or (before is not None and _same(before, theirs)):
            cells[id_] = _dressed(yours, before, theirs)
        elif before is not None and _same(before, yours):
            cells[id_] = theirs
            came += 1
        else:
            cells[id_] = _dressed(yours, before, theirs)
            cells[f"{id_}{NEW}"] = _note(id_, theirs)
            both += 1
    notebook = {**copy.deepcopy(mine), "cells": [copy.deepcopy(cell) for cell in cells.values()]}
    notebook["nbformat"], notebook["nbformat_minor"] = 4, max(5, int(course.get("nbformat_minor", 5)))
    return Merged(notebook, came, both)


def touched(base: Notebook, mine: Notebook) -> bool:
    """Whether the learner changed the text, the kind or the order of a cell. To run a cell is no change."""
    one, other = (list(_by_id(notebook["cells"]).values()) for notebook in (base, mine))
    return len(one) != len(other) or any(
        a.get("id") != b.get("id") or not _same(a, b) for a, b in zip(one, other, strict=True)
    )


def cell_text(cell: Cell) -> str:
    """The text of a cell, which a notebook on disk may hold as a list of lines."""
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(source)


def _same(one: Cell, other: Cell) -> bool:
    # Blank lines at the end come and go with the editor.
    return one["cell_type"] == other["cell_type"] and cell_text(one).rstrip() == cell_text(other).rstrip()


def _by_id(cells: Iterable[Cell]) -> dict[str, Cell]:
    """The cells under their ids; one without an id, or with one that came before, gets a name by its place."""
    found: dict[str, Cell] = {}
    for place, cell in enumerate(cells):
        id_ = str(cell.get("id") or f"cell-{place}")
        while id_ in found:
            id_ = f"{id_}-{place}"
        found[id_] = {**cell, "id": id_}
    return found


def _with_ids(cells: list[Cell], known: Notebook) -> list[Cell]:
    """The cells; one whose id nobody knows, but whose text stands in a cell that is missing, gets that cell's id.

    Editors that do not know ids write new ones, or none.
    """
    ids = {cell.get("id") for cell in cells}
    missing = [cell for cell in known["cells"] if cell["id"] not in ids]
    here = {cell["id"] for cell in known["cells"]}
    named = []
    for cell in cells:
        found = None
        if cell.get("id") not in here:
            found = next((one for one in missing if _same(one, cell)), None)
        if found is not None:
            missing.remove(found)
            cell = {**cell, "id": found["id"]}
        named.append(cell)
    return named


def _dressed(yours: Cell, before: Cell | None, theirs: Cell) -> Cell:
    """Your cell, with the course's metadata (what is folded, what is compared) where the course has changed them."""
    if before is not None and before.get("metadata") != theirs.get("metadata"):
        return {**yours, "metadata": theirs.get("metadata", {})}
    return yours


def _note(id_: str, theirs: Cell) -> Cell:
    text = cell_text(theirs)
    if theirs["cell_type"] == "code":
        fence = "`" * 4 if "```" in text else "```"
        text = f"{fence}python\n{text}\n{fence}"
    return {"cell_type": "markdown", "id": f"{id_}{NEW}", "metadata": {}, "source": f"{HEAD}\n\n{text}"}


def _order(old: list[str] | None, own: list[str], new: list[str]) -> list[str]:
    """All ids in one order: yours, unless the course has moved a cell; each other id comes after its neighbour."""
    common = set(own) & set(new)
    moved = old is not None and [i for i in old if i in common] != [i for i in new if i in common]
    first, second = (new, own) if moved or old is None else (own, new)
    ids = list(first)
    seen = set(first)
    for place, id_ in enumerate(second):
        if id_ in seen:
            continue
        # After the nearest cell above it that is placed already, which every cell in between was.
        at = next((ids.index(above) + 1 for above in reversed(second[:place]) if above in seen), 0)
        ids.insert(at, id_)
        seen.add(id_)
    if old is not None:
        ids += [id_ for id_ in old if id_ not in seen]  # gone from both
    return ids
