"""The rules for code cells of a source and for outputs of a built notebook.

Each rule was learned from a way in which notebooks go wrong under nbval or for a reader who cannot see a figure.
"""

import io
import re
import tempfile
import tokenize
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from course_lib.core.files import course_root
from course_lib.teaching.build.execute import executed_in_order
from course_lib.teaching.build.path import broken
from course_lib.teaching.build.percent import ONLY_SHEET, ONLY_SOLUTION, Cell

MOST_LINES = 15
_PYPLOT = re.compile(r"\bpyplot\b|\bplt\s*\.")
_IMAGE = re.compile(r"<img\b[^>]*>")
_ALT = re.compile(r"""\balt=(["'])\s*[^\s"']""")
_ABSOLUTE = re.compile(r"(?<![\w.:/~])/(?:home|root|Users|tmp|var|opt|usr|mnt|private)/[\w.-]+|\b[A-Z]:\\\w")


@dataclass(frozen=True)
class Complaint:
    """A broken rule: `where` names the source to edit (file:line)."""

    where: str
    cell: str
    says: str

    def __str__(self) -> str:
        return f"{self.where}: cell {self.cell!r} {self.says}" if self.cell else f"{self.where}: {self.says}"


def code_findings(cells: Sequence[Cell]) -> Iterator[tuple[str, str]]:
    """(cell id, broken rule) for the code cells of a source; exercise cells are the library's and not looked at."""
    for cell in cells:
        if cell.kind != "code" or cell.slug:
            continue
        length = len(cell.text.splitlines())
        # What answers an exercise that is no function (a test, a list) may be as long as it needs.
        if length > MOST_LINES and not {ONLY_SOLUTION, ONLY_SHEET} & set(cell.tags):
            yield cell.id, f"has {length} lines; a cell has at most {MOST_LINES} (one idea per cell)"
        if _PYPLOT.search(cell.text):
            yield cell.id, "uses pyplot; use course_lib.plots (canvas and show), which asks for alt text"
        if _ends_with_semicolon(cell.text):
            yield cell.id, "ends a line with `;`, which does not hide the output under nbval"
    yield from broken(cells)


def _ends_with_semicolon(text: str) -> bool:
    tokens = tokenize.generate_tokens(io.StringIO(text + "\n").readline)
    said = [token for token in tokens if token.type not in (tokenize.COMMENT, tokenize.NL)]
    return any(one.string == ";" and other.type == tokenize.NEWLINE for one, other in pairwise(said))


def output_findings(notebook: NotebookNode) -> Iterator[tuple[str, str]]:
    """(cell id, broken rule) for the stored outputs."""
    if not executed_in_order(notebook):
        counts = [cell.get("execution_count") for cell in notebook.cells if cell.cell_type == "code"]
        yield "", f"the cells were not executed from top to bottom (counts {counts})"
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for says in _broken_by(output):
                yield cell.id, says


def _broken_by(output: NotebookNode) -> Iterator[str]:
    if output.output_type == "error":
        yield f"stores an error: {output.ename}: {output.evalue}"
    if output.get("name") == "stderr":
        yield f"writes to stderr: {output.text.strip()[:200]!r}"
    data = output.get("data", {})
    if _lacks_alt(output, data):
        yield "stores a figure without alt text; draw with course_lib.plots and display with its show(figure, alt)"
    texts = [output.get("text", ""), *(value for key, value in data.items() if key.startswith("text/"))]
    for path in _absolute_paths(texts):
        yield f"prints an absolute path, which differs on every machine: {path!r}"


def _lacks_alt(output: NotebookNode, data: Mapping[str, Any]) -> bool:
    plain = str(data.get("text/plain", "")).strip()
    pictures = _IMAGE.findall(str(data.get("text/html", "")))
    if "image/png" in data:
        alt = output.metadata.get("image/png", {}).get("alt", "")
        return not alt.strip() or not plain.startswith("Figure: ")
    # A row of pictures (widgets.strip) says in its own words what they show.
    return any(not _ALT.search(picture) for picture in pictures) or (bool(pictures) and not plain)


def _absolute_paths(texts: Sequence[Any]) -> list[str]:
    here = {str(course_root()), str(Path.home()), tempfile.gettempdir()} - {"/"}
    found: list[str] = []
    for text in map(str, texts):
        found += [match.group() for match in _ABSOLUTE.finditer(text)]
        found += [folder for folder in here if folder + "/" in text]
    return sorted(set(found))
