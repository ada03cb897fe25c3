"""The learner's folder `my-course`: their own copies of lessons, sheets and solutions, and how a newer course comes in.

No file that git tracks is edited by a learner, so that an update of the course meets no conflict. A copy carries no
outputs, so that a prediction is one. `.course/bases` holds each copy as it was handed out, which makes an update a
three-way merge; `.course/before` holds copies as they were before an update changed them.
"""

import json
import os
import posixpath
import re
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from course_lib.core.files import course_root, write_text, write_then_rename
from course_lib.core.locks import NoLocks, folder_locked
from course_lib.teaching.learner import moved_in
from course_lib.teaching.learner.merge import Notebook, cell_text, merge, touched

FOLDER = "my-course"
BASES, BEFORE = ".course/bases", ".course/before"
LOCK_SECONDS = 20.0

# folder in the course -> how its notebook NN_topic is called in the learner's folder; tabs can be told apart by it.
NAMES = {"notebooks": "{}.ipynb", "exercises": "{}_exercises.ipynb", "solutions": "solutions/{}_solutions.ipynb"}
_LINK = re.compile(r"(\]\(|href=[\"'])([^)\"'#\s]+\.ipynb)")


@dataclass(frozen=True)
class Update:
    """What an update did: names of notebooks that came, were brought up to date, were merged (with the cells that both
    changed), and sentences on what was left as it is."""

    came: tuple[str, ...] = ()
    refreshed: tuple[str, ...] = ()
    merged: tuple[tuple[str, int], ...] = ()
    told: tuple[str, ...] = ()
    same: int = 0

    def __str__(self) -> str:
        lines = list(self.told)
        counts = f"new {len(self.came)}, brought up to date {len(self.refreshed)}, merged {len(self.merged)}"
        lines.append(f"{FOLDER}/: {counts}, as they were {self.same}.")
        for name, both in self.merged:
            marked = (
                f"; {both} {'cell' if both == 1 else 'cells'} that you and the course changed: marked" if both else ""
            )
            lines.append(f"  {name}: your changes are kept, the course's came in{marked}.")
        if self.refreshed or self.merged:
            lines.append(f"  Copies from before lie in {FOLDER}/{BEFORE}/.")
        return "\n".join(lines)


def update_folder(root: Path | None = None) -> Update:
    """Bring the learner's folder up to date with the course at `root`; what the learner wrote stays.

    Raises FileNotFoundError when `root` holds no lessons, TimeoutError when another process updates the folder just
    now, OSError where it cannot be written.
    """
    root = course_root() if root is None else root
    notebooks = dict(_course_notebooks(root))
    if not notebooks:
        raise FileNotFoundError(f"{root} holds no notebooks: is the course complete?")
    told = moved_in.rename(root / moved_in.OLD, root / FOLDER)
    (root / FOLDER).mkdir(exist_ok=True)
    try:
        with folder_locked(root / FOLDER, LOCK_SECONDS):
            return _update(root, notebooks, told)
    except NoLocks:  # two updates at once are rare, and every file is written whole
        return _update(root, notebooks, told)


def _update(root: Path, notebooks: dict[str, str], told: list[str]) -> Update:
    target = root / FOLDER
    told += moved_in.bring(root, target, {source: name for source, name in notebooks.items() if "exercises/" in source})
    came, refreshed, merged, same = [], [], [], 0
    for source, name in notebooks.items():
        new = handed_out(root / source, source, notebooks)
        base, path = _read(target / BASES / name), Path(os.path.realpath(target / name))
        if not path.exists():
            if os.path.lexists(target / name):  # a link that points nowhere is the learner's too
                told.append(f"{name} is a link to a file that is not there; it is left as it is.")
                continue
            _write(path, new)
            came.append(name)
        elif base == new:
            same += 1
            continue
        else:
            mine = _read(path)
            if mine is None:
                told.append(f"{name} cannot be read as a notebook; it is left as it is. Rename it to get a new one.")
                continue
            untouched = base is not None and not touched(base, mine)
            result = merge(base, mine, new)
            if result.notebook != mine:
                _keep(target, path, name)
                _write(path, result.notebook)
                if untouched:
                    refreshed.append(name)
                else:
                    merged.append((name, result.both))
            else:
                same += 1
        _write(target / BASES / name, new)
    return Update(tuple(came), tuple(refreshed), tuple(merged), tuple(told), same)


def handed_out(path: Path, source: str, notebooks: dict[str, str]) -> Notebook:
    """The course's notebook as a learner gets it: no outputs, no widget states, links to the learner's own copies.

    source: its path in the course, such as "exercises/01_training_loop.ipynb"; notebooks: source -> name in the folder.
    """
    notebook: Notebook = json.loads(path.read_text(encoding="utf-8"))
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
        elif cell["cell_type"] == "markdown":
            cell["source"] = _linked(cell_text(cell), source, notebooks)
    return notebook


def _linked(text: str, source: str, notebooks: dict[str, str]) -> str:
    """The text with every link to a notebook of the course led to the learner's copy of it."""

    def leads(match: re.Match[str]) -> str:
        meant = posixpath.normpath(posixpath.join(posixpath.dirname(source), match[2]))
        if meant not in notebooks:
            return match[0]
        here = posixpath.dirname(notebooks[source]) or "."
        return match[1] + posixpath.relpath(notebooks[meant], here)

    return _LINK.sub(leads, text)


def _course_notebooks(root: Path) -> Iterator[tuple[str, str]]:
    """(path in the course, name in the learner's folder) of every notebook."""
    for folder, name in NAMES.items():
        for path in sorted((root / folder).glob("[0-9][0-9]_*.ipynb")):
            yield f"{folder}/{path.name}", name.format(path.stem)


def _read(path: Path) -> Notebook | None:
    """The notebook, None where there is none or what is there is none."""
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
        well = all(isinstance(cell, dict) and "cell_type" in cell for cell in found["cells"])
        return found if well and isinstance(found.get("metadata"), dict) else None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def _write(path: Path, notebook: Notebook) -> None:
    # As JupyterLab writes notebooks.
    write_text(path, json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")


def _keep(target: Path, path: Path, name: str) -> None:
    """Keep the learner's file as it is now, under a name that is free."""
    day = time.strftime("%Y-%m-%d")
    number = 1
    while (kept := target / BEFORE / f"{day}-{number}" / name).exists():
        number += 1
    write_then_rename(kept, lambda part: shutil.copyfile(path, part))
