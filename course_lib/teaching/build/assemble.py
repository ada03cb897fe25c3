"""The notebooks that the sources ask for, and what stands in each before anything is executed.

A source of `solutions/source` gives two notebooks: the solution, with the functions of the library, and the sheet, with
the stubs that are cut from them. A cell tagged `solution` or `sheet` stands in one of the two only.
"""

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode, v4

from course_lib.teaching.build.execute import normalise
from course_lib.teaching.build.folding import comments, roles
from course_lib.teaching.build.links import links_above, sections_of, with_exercise_links
from course_lib.teaching.build.path import halfway_text
from course_lib.teaching.build.percent import (
    DEEPER,
    HALFWAY,
    IGNORE_OUTPUT,
    ONLY_SHEET,
    ONLY_SOLUTION,
    Cell,
    SourceError,
    place,
    read_source,
    validate_cell_ids,
)
from course_lib.teaching.build.source import fenced, level_of
from course_lib.teaching.exercises import registry

_NAME = re.compile(r"\d\d_[a-z0-9_]+")
KIND_WORDS = {"faded": "complete"}  # what a kind is called on the sheet, where it is called otherwise
_SUMMARY = "Stuck? The same function with only the lines missing that carry the idea"


@dataclass(frozen=True)
class Target:
    """One notebook that is built: from `source`, as a "lesson", "solution" or "sheet", to `path`."""

    kind: str
    source: Path
    path: Path


def targets(root: Path) -> list[Target]:
    """Every notebook that the sources under `root` ask for. Raises SourceError for a source not named NN_topic.py."""
    found = []
    places = (("lesson", "notebooks", "notebooks"), ("solution", "solutions", "solutions"))
    for kind, folder, built in (*places, ("sheet", "solutions", "exercises")):
        for source in sorted((root / folder / "source").glob("*.py")):
            if not _NAME.fullmatch(source.stem):
                raise SourceError(f"{place(source)}: the name of a source must be NN_topic.py")
            found.append(Target(kind, source, root / built / f"{source.stem}.ipynb"))
    return found


def orphans(root: Path) -> list[Path]:
    """Built notebooks that no source asks for."""
    wanted = {target.path for target in targets(root)}
    built = [path for folder in ("notebooks", "solutions", "exercises") for path in (root / folder).glob("*.ipynb")]
    return sorted(set(built) - wanted)


def assemble(target: Target) -> NotebookNode:
    """The notebook as its source says, without outputs. Raises SourceError with file and line."""
    cells, lines = [], []
    left_out = {"solution": ONLY_SHEET, "sheet": ONLY_SOLUTION}.get(target.kind)
    source = read_source(target.source)
    kinds = roles(source) if target.kind == "lesson" else {}
    first_lines = comments(source, kinds)
    for cell in source:
        if target.kind == "lesson" and (cell.slug or {ONLY_SHEET, ONLY_SOLUTION} & set(cell.tags)):
            where = place(target.source, cell.line)
            raise SourceError(f"{where}: exercises stand in solutions/source, not in a lesson")
        if left_out in cell.tags:
            continue
        if cell.kind == "markdown":
            text = f"{_heading(cell, target)}{cell.text}"
            if target.kind == "lesson":
                text = with_exercise_links(text, target.source.stem, target.source, cell.line)
            if HALFWAY in cell.tags:
                text = f"{text.rstrip()}\n\n{halfway_text(source)}"
            new = [_node(cell.kind, cell.id, text.rstrip(), cell.tags)]
            if DEEPER in cell.tags:
                new[0].metadata["jp-MarkdownHeadingCollapsed"] = True
        else:
            text = f"{first_lines[cell.id]}\n{cell.text}" if cell.id in first_lines else cell.text
            new = _filled(cell, target) if cell.slug else [_node(cell.kind, cell.id, text, cell.tags)]
            if cell.id in kinds:
                new[0].metadata["jupyter"] = {"source_hidden": True}
        cells += new
        lines += [(node.id, cell.line) for node in new]
    validate_cell_ids(lines, target.source)
    return normalise(v4.new_notebook(cells=cells))


def _heading(cell: Cell, target: Target) -> str:
    """Number, title, kind and minutes above the text of an exercise, as the exercise has them; "" above other cells."""
    if not cell.slug:
        return ""
    sheet = int(target.source.stem[:2])
    entries = registry.sheet(sheet) if sheet in registry.sheet_numbers() else ()
    found = [entry for entry in entries if entry.exercise.slug == cell.slug]
    if not found:
        raise SourceError(f"{place(target.source, cell.line)}: sheet {sheet:02d} has no exercise {cell.slug!r}")
    exercise = found[0].exercise
    kind = KIND_WORDS.get(exercise.kind, exercise.kind) + (", core" if exercise.core else "")
    about = f"`{exercise.slug}` · {kind} · difficulty {exercise.difficulty} of 3 · {exercise.minutes} minutes"
    title, stem = f"{found[0].number} {exercise.title}", target.source.stem
    about += links_above(cell.slug, title, stem, _sections(target.source), solution=target.kind == "sheet")
    return f"## {title}\n\n{about}\n\n"


def _sections(source: Path) -> dict[str, str]:
    """Sections of the lesson that a sheet belongs to; none where the lesson is not there (yet)."""
    lesson = source.parents[2] / "notebooks" / "source" / source.name
    return sections_of(read_source(lesson)) if lesson.exists() else {}


def _node(kind: str, id_: str, text: str, tags: Sequence[str] = (), slug: str = "") -> NotebookNode:
    kept = [tag for tag in tags if tag in (IGNORE_OUTPUT, DEEPER)]
    metadata = ({"tags": kept} if kept else {}) | ({"exercise": slug} if slug else {})
    new = v4.new_markdown_cell if kind == "markdown" else v4.new_code_cell
    return new(text, id=id_, metadata=metadata)


def _filled(cell: Cell, target: Target) -> list[NotebookNode]:
    """The exercise cell at its level; on the sheet also the faded level, folded away, for readers without a kernel."""
    try:
        function = resolve(cell.function)
        level = "worked" if target.kind == "solution" else "blank"
        nodes = [_node("code", cell.id, level_of(function, level), cell.tags, cell.slug)]
        fade = _fade(cell, function, sheet=int(target.source.stem[:2]))
        faded = fenced(level_of(function, "faded", fade)) if fade else ""
    except (ValueError, TypeError) as error:
        raise SourceError(f"{place(target.source, cell.line)}: exercise {cell.slug!r}: {error}") from error
    if fade and target.kind == "sheet":
        text = f"<details>\n<summary>{_SUMMARY}</summary>\n\n{faded}\n\n</details>"
        nodes.append(_node("markdown", f"{cell.id}-faded", text))
    return nodes


def resolve(reference: str) -> Callable[..., Any]:
    """The function that "module:name" names. Raises ValueError when there is none."""
    module, _, name = reference.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise ValueError(f'function must be "module:name" of a function that is there, got {reference!r}') from error


def _fade(cell: Cell, function: Callable[..., Any], sheet: int) -> tuple[str, ...]:
    """The lines that the faded level leaves out: the check's, or the source's where no check is registered (yet)."""
    entries = registry.sheet(sheet) if sheet in registry.sheet_numbers() else ()
    known = {entry.exercise.slug: entry.exercise for entry in entries}
    if cell.slug not in known:
        return cell.fade
    exercise = known[cell.slug]
    if exercise.reference is not function:
        held = getattr(exercise.reference, "__qualname__", exercise.reference)
        raise ValueError(f"the cell is filled from {cell.function}, but its check holds {held!r}")
    if cell.fade not in ((), exercise.fade):
        raise ValueError(f"fade is {cell.fade} here and {exercise.fade} in the check; leave it out here")
    return exercise.fade
