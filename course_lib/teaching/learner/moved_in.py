"""What learners had before `my-course`: the folder `my-exercises` with sheets and progress, which moves there whole.

Nothing is written over: a file whose name is taken gets another name, and a second record of progress waits beside the
first until it is added to it.
"""

import hashlib
import json
import os
import shutil
import subprocess
import time
import uuid
from pathlib import Path

from course_lib.core.files import write_text
from course_lib.teaching.learner import record
from course_lib.teaching.learner.record_files import start_beside

OLD = "my-exercises"
ORIGINS = ".origins.json"  # in the old folder: sheet -> SHA-256 of the version of the course that it was copied from
PROGRESS = "progress.json"


def rename(old: Path, new: Path) -> list[str]:
    """Give the old folder (or the link that stands for it) its new name, where the new one is free."""
    if not os.path.lexists(old) or not old.is_dir() or os.path.lexists(new):
        return []
    os.rename(old, new)
    return [f"{old.name}/ is now {new.name}/."]


def bring(root: Path, target: Path, sheets: dict[str, str]) -> list[str]:
    """Give sheets of the old folder their new names, in `target` and in what is left of the old folder; what was done.

    sheets: "exercises/01_loop.ipynb" -> name in `target`. A sheet's base is looked for in the history of the course.
    """
    told = []
    names = {Path(source).name: name for source, name in sheets.items()}
    old = root / OLD
    if (target / ORIGINS).is_file():
        told += _rename_sheets(root, target, target, names)
    if old.is_dir() and not old.is_symlink() and not (target.exists() and os.path.samefile(old, target)):
        told += _rename_sheets(root, old, target, names)
        _move_the_rest(old, target)
    return told


def _rename_sheets(root: Path, old: Path, target: Path, names: dict[str, str]) -> list[str]:
    origins = _origins(old / ORIGINS)
    told = []
    for sheet, name in names.items():
        if not os.path.lexists(old / sheet):
            continue
        new = _free(target / name)
        shutil.move(old / sheet, new)
        told.append(f"Your sheet {sheet} is now {new.name}.")
        base = _version(root, f"exercises/{sheet}", origins.get(sheet, ""))
        if base is not None and new.name == name:
            write_text(target / ".course" / "bases" / name, base)
    (old / ORIGINS).unlink(missing_ok=True)
    return told


def _move_the_rest(old: Path, target: Path) -> None:
    for path in sorted(old.iterdir()):
        if path.name == PROGRESS and (target / PROGRESS).exists() and _waits(path, target / PROGRESS):
            path.unlink()
        else:
            shutil.move(path, _free(target / path.name))
    old.rmdir()


def _waits(path: Path, progress: Path) -> bool:
    """Leave the record at `path` beside `progress`, as a change that is added to it; False where it cannot be read."""
    try:
        data = record.parse(path.read_bytes()).data
    except (OSError, ValueError):
        return False
    name = f"{start_beside(progress)}{time.time_ns():020d}-{uuid.uuid4().hex[:12]}{progress.suffix}"
    write_text(progress.with_name(name), record.text_of({"before": record.empty(), "after": data}))
    return True


def _free(path: Path) -> Path:
    """`path`, or the first of `name (2)`, `name (3)` ... that nothing has."""
    number, found = 1, path
    while os.path.lexists(found):
        number += 1
        found = path.with_name(f"{path.stem} ({number}){path.suffix}")
    return found


def _origins(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(name): str(digest) for name, digest in found.items()} if isinstance(found, dict) else {}


def _version(root: Path, path: str, digest: str) -> str | None:
    """The version of a file of the course with this SHA-256, as it is or from the checkout's history, or None."""
    if not digest:
        return None
    try:
        now = (root / path).read_bytes()
        if hashlib.sha256(now).hexdigest() == digest:
            return now.decode("utf-8")
        for commit in _git(root, "log", "--format=%H", "--", path).decode().split():
            found = _git(root, "show", f"{commit}:{path}")
            if hashlib.sha256(found).hexdigest() == digest:
                return found.decode("utf-8")
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        pass
    return None


def _git(root: Path, *arguments: str) -> bytes:
    command = ["git", "-C", str(root), *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=20).stdout
