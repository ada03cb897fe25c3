"""Sources (percent scripts): their cells, with ids, tags and exercises.

A source is Python with a marker line above every cell (`# %% id="run"`, `# %% [markdown] id="why"`). Everything that
could be a slip (an unknown key or tag, an id twice, text outside a cell) is an error that names the line.
"""

import ast
import io
import re
import tokenize
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import jupytext
from nbformat import NotebookNode

IGNORE_OUTPUT = "nbval-ignore-output"
ONLY_SOLUTION, ONLY_SHEET = "solution", "sheet"
RESULTS = "results"  # a check whose numbers are shown, see `folding`
DEEPER, HALFWAY = "deeper", "halfway"  # a section off the core path; where half of the path is done
TAGS = {IGNORE_OUTPUT, ONLY_SOLUTION, ONLY_SHEET, RESULTS, DEEPER, HALFWAY}
KEYS = {"id", "tags", "exercise", "function", "fade"}
_NOISE = {"lines_to_next_cell", "cell_marker", "title"}  # what jupytext adds for its own round trip
_MARKER = re.compile(r"#\s*%%")
_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")  # nbformat 4.5


class SourceError(ValueError):
    """A source that cannot be built; the message starts with file and line."""


@dataclass(frozen=True)
class Cell:
    """One cell of a source.

    `slug` is set in an exercise cell, with `function` ("module:name") and `fade`, and in the Markdown cell before it.
    """

    id: str
    kind: str  # "markdown" or "code"
    text: str
    line: int  # of its marker in the source
    tags: tuple[str, ...] = ()
    slug: str = ""
    function: str = ""
    fade: tuple[str, ...] = ()


def place(path: Path, line: int = 0) -> str:
    """How messages name a file: from the folder of the course on, so that they read the same on every machine."""
    name = "/".join(path.parts[-3 if path.parent.name == "source" else -2 :])
    return f"{name}:{line}" if line else name


def read_source(path: Path) -> list[Cell]:
    """The cells of a percent script. Raises SourceError with file and line."""
    return list(_cells_of(path, path.read_text(encoding="utf-8")))


@lru_cache(maxsize=128)
def _cells_of(path: Path, text: str) -> tuple[Cell, ...]:
    """The cells of a text; cached, as a lesson is read for each exercise that links to its sections."""
    lines = _marker_lines(path, text)
    if not lines:
        raise SourceError(f"{place(path)}: has no cell; a cell starts with a line `# %%`")
    notebook = jupytext.reads(text, fmt="py:percent")
    if len(notebook.cells) != len(lines):
        raise SourceError(f"{place(path, 1)}: text above the first `# %%`, or a marker that jupytext does not read")
    rows, ends = text.splitlines(), [*lines[1:], len(text.splitlines()) + 1]
    cells: list[Cell] = []
    named, unnamed = "", 0
    for node, line, end in zip(notebook.cells, lines, ends, strict=True):
        where = place(path, line)
        _validate_form(node, rows[line : end - 1], where)
        if not cells:
            _validate_first(node, where)
        if node.metadata.get("id") is not None:
            named, unnamed = str(node.metadata["id"]), 0
        else:
            unnamed += 1
        cells.append(_cell(node, f"{named}-{unnamed}" if unnamed else named, line, where))
    validate_cell_ids([(cell.id, cell.line) for cell in cells], path)
    return tuple(cells)


def validate_cell_ids(ids: Sequence[tuple[str, int]], path: Path) -> None:
    """Raise SourceError when an id (with its line) is illegal or stands twice."""
    first: dict[str, int] = {}
    for id_, line in ids:
        if not _ID.fullmatch(id_):
            rule = "1 to 64 characters of a-z, A-Z, 0-9, - and _"
            raise SourceError(f"{place(path, line)}: a cell id must be {rule}, got {id_!r}")
        if id_ in first:
            raise SourceError(f"{place(path, line)}: the cell id {id_!r} stands already in line {first[id_]}")
        first[id_] = line


def _marker_lines(path: Path, text: str) -> list[int]:
    """The line of every cell marker. Tokens, not lines: a `# %%` within a string is none."""
    try:
        ast.parse(text)
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (SyntaxError, tokenize.TokenError) as error:
        line = getattr(error, "lineno", None) or 1
        hint = "in a Markdown cell every line starts with `# `"
        raise SourceError(f"{place(path, line)}: a source must be valid Python ({error}); {hint}") from error
    comments = [token for token in tokens if token.type == tokenize.COMMENT and token.start[1] == 0]
    return [token.start[0] for token in comments if _MARKER.match(token.string)]


def _validate_form(node: NotebookNode, rows: Sequence[str], where: str) -> None:
    if node.cell_type not in ("markdown", "code"):
        raise SourceError(f"{where}: a cell must be Markdown or code, got {node.cell_type}")
    if "incorrectly_encoded_metadata" in node.metadata:
        keys = node.metadata["incorrectly_encoded_metadata"]
        raise SourceError(f"{where}: cannot read the keys of the marker: {keys}")
    unknown = sorted(set(node.metadata) - KEYS - _NOISE)
    if unknown:
        raise SourceError(f"{where}: unknown keys {unknown}; a marker takes {sorted(KEYS)}")
    if node.cell_type == "markdown" and "cell_marker" not in node.metadata:
        bare = [row for row in rows if row.strip() and not row.startswith("#")]
        if bare:
            raise SourceError(f"{where}: every line of a Markdown cell must start with `#`, got {bare[0]!r}")


def _validate_first(node: NotebookNode, where: str) -> None:
    has_title = re.search(r"^# \S", node.source, re.MULTILINE)
    if node.cell_type != "markdown" or not has_title or node.metadata.get("id") is None:
        raise SourceError(f"{where}: the first cell must be a Markdown cell with an id and a title (`# # Title`)")


def _cell(node: NotebookNode, id_: str, line: int, where: str) -> Cell:
    tags = node.metadata.get("tags", [])
    if not isinstance(tags, list) or not set(tags) <= TAGS:
        raise SourceError(f"{where}: tags must be a list of {sorted(TAGS)}, got {tags!r}")
    if {ONLY_SHEET, ONLY_SOLUTION} <= set(tags):
        raise SourceError(f"{where}: a cell is for the sheet or for the solution, got both tags")
    cell = Cell(id_, node.cell_type, node.source, line, tuple(tags))
    if cell.kind == "markdown" and set(node.metadata) & {"exercise", "function", "fade"}:
        return _heading(node, cell, where)
    if set(node.metadata) & {"exercise", "function", "fade"}:
        return _exercise(node, cell, where)
    if not node.source.strip():
        raise SourceError(f"{where}: the cell {id_!r} is empty")
    return cell


def _heading(node: NotebookNode, cell: Cell, where: str) -> Cell:
    slug = node.metadata.get("exercise")
    if not slug or set(node.metadata) & {"function", "fade"}:
        raise SourceError(f'{where}: a Markdown cell that introduces an exercise has exercise="slug" and nothing more')
    if re.match(r"\s*#+ ", cell.text):
        raise SourceError(f"{where}: the heading of {slug!r} is written from its exercise; take it out here")
    return Cell(cell.id, cell.kind, cell.text, cell.line, cell.tags, slug)


def _exercise(node: NotebookNode, cell: Cell, where: str) -> Cell:
    slug, function, fade = (node.metadata.get(key) for key in ("exercise", "function", "fade"))
    if not slug or not function:
        raise SourceError(f'{where}: an exercise cell needs exercise="slug" and function="module:name"')
    if cell.kind != "code" or {ONLY_SHEET, ONLY_SOLUTION} & set(cell.tags):
        raise SourceError(f"{where}: an exercise is a code cell for both, the sheet and the solution")
    code = [row for row in cell.text.splitlines() if row.strip() and not row.lstrip().startswith("#")]
    if code:
        raise SourceError(f"{where}: an exercise cell is filled from {function}; take out {code[0]!r}")
    texts = tuple(text.strip() for text in fade.split("||")) if fade else ()
    if fade is not None and not (texts and all(texts)):
        raise SourceError(f"{where}: fade must be texts joined by ||, none of them empty, got {fade!r}")
    return Cell(cell.id, cell.kind, "", cell.line, cell.tags, slug, function, texts)
