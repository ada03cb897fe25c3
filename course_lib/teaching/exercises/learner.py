"""The learner's own function: found in the notebook by its name, with what stands in the way of checking it.

`watch_cells` notes which cells define which names and how their last run ended; it begins when this module is imported,
in the first cell of a sheet.
"""

import ast
import json
import os
import textwrap
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from course_lib.teaching.exercises.card import shell
from course_lib.teaching.exercises.exercise import Exercise

FOUND = object()  # the default of `check`: the answer is to be found in the notebook


@dataclass
class _Run:
    """The last run of a cell that defines a name."""

    source: str
    worked: bool
    cell: str  # the id of the cell where the page sends it, else ""
    ended: float  # seconds since the epoch


_runs: dict[str, _Run] = {}
_watching: list[Any] = []


def watch_cells() -> None:
    """From now on, note how every cell of this notebook ends. Does nothing outside IPython."""
    running = shell()
    if running is None or running in _watching:
        return
    _watching.append(running)
    running.events.register("post_run_cell", _note)


def _note(result: Any) -> None:
    source = str(getattr(result.info, "raw_cell", "") or "")
    cell = str(getattr(result.info, "cell_id", "") or "")
    for name in _defined(source):
        _runs[name] = _Run(source, bool(result.success), cell, time.time())


def _defined(source: str) -> Iterator[str]:
    """Names of the functions that a cell defines; of a cell that is no Python, of lines that begin with `def`."""
    try:
        yield from (node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef))
    except (SyntaxError, ValueError):
        for line in source.splitlines():
            if line.startswith("def ") and "(" in line:
                yield line[4 : line.index("(")].strip()


def learners_function(exercise: Exercise) -> tuple[Any, str]:
    """(the function that the exercise asks for, ""), or (None, a sentence on why there is none to check).

    Raises TypeError for an exercise that asks for a value: which of the notebook's names holds it cannot be known.
    """
    if not callable(exercise.reference):
        raise TypeError(f'check("{exercise.slug}", answer) needs the answer: this exercise asks for a value')
    running, name = shell(), exercise.reference.__name__
    names = running.user_ns if running is not None else _callers_names()
    if name in _runs and not _runs[name].worked:
        return None, f"the last run of the cell that defines {name} failed: mend it and run it again"
    if name not in names:
        return None, f"there is no {name} yet: run the cell above first"
    if name in _runs and _edited(_runs[name]):
        return None, f"the cell that defines {name} was edited since it ran: run it again"
    return names[name], ""


def _callers_names() -> dict[str, Any]:
    """The names of the script that calls `check` without IPython."""
    import __main__

    return vars(__main__)


def _edited(run: _Run) -> bool:
    """Whether the notebook was saved after the run with another text in that cell.

    False where that cannot be known: the page tells no ids of cells or no file, or has not saved since.
    """
    path = Path(os.environ.get("JPY_SESSION_NAME", ""))
    if not run.cell or path.suffix != ".ipynb" or not path.is_file():
        return False
    try:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    except (OSError, ValueError, KeyError, TypeError):
        return False
    saved = ["".join(cell.get("source", "")) for cell in cells if cell.get("id") == run.cell]
    return bool(saved) and _plain(saved[0]) != _plain(run.source) and path.stat().st_mtime > run.ended


def _plain(text: str) -> str:
    return textwrap.dedent(text).strip()


watch_cells()
