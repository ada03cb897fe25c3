"""Where is the learner's progress kept, so that nothing of it is ever lost? In one small JSON file of their own.

It lies at $COURSE_PROGRESS, else at my-exercises/progress.json in the checkout. Every change reads the
file, merges and writes it under a lock, so that two notebooks lose nothing of each other; a damaged file is set aside;
where nothing can be written one sentence says so and the changes wait in memory.
"""

import contextlib
import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from course_lib.core.files import course_root, write_text

FORMAT = 1
SECTIONS = ("exercises", "predictions", "recall")
_TYPES = {"attempts": int, "hints": int, "mistakes": dict, "level": str, "choice": str, "right": bool}
LOCK_SECONDS = 2.0  # how long to wait for another notebook
STALE_SECONDS = 10.0  # a lock this old was left by a kernel that died

Data = dict[str, Any]
_waiting: list[Callable[[Data], Any]] = []  # changes that could not be written yet
_told: set[str] = set()


def progress_file() -> Path:
    """Where the file lies. Raises FileNotFoundError (an OSError) where there is no checkout to put it in."""
    named = os.environ.get("COURSE_PROGRESS")
    return Path(named) if named else course_root() / "my-exercises" / "progress.json"


def load() -> Data:
    """Everything recorded, with what waits in memory; empty sections where nothing is. Never raises."""
    data = _read_quietly()
    for change in _waiting:
        change(data)
    return data


def update(change: Callable[[Data], Any]) -> Any:
    """Apply `change` to the newest state of the file and write it; returns what `change` returns. Never raises."""
    _waiting.append(change)
    try:
        path = progress_file()
        with _locked(path):
            data = _read(path)
            results = [waiting(data) for waiting in _waiting]
            write_text(path, json.dumps({"format": FORMAT, **data}, indent=1, ensure_ascii=False) + "\n")
        _waiting.clear()
        return results[-1]
    except OSError as error:
        reason = error.strerror or str(error)
        _tell(f"Progress is not saved ({reason[:1].lower()}{reason[1:]}); everything else works.")
        data = _read_quietly()
        return [waiting(data) for waiting in _waiting][-1]


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold `<path>.lock`, a file that only one process can create; works alike on every platform."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock = path.with_name(path.name + ".lock")
    until = time.monotonic() + LOCK_SECONDS
    while True:
        try:
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            break
        except OSError as error:
            # Windows reports a lock that is just being deleted as "permission denied".
            if not isinstance(error, FileExistsError) and not (os.name == "nt" and isinstance(error, PermissionError)):
                raise
            if time.monotonic() > until:
                raise TimeoutError("another notebook holds the file") from error
        _drop_stale(lock)
        time.sleep(0.01)
    try:
        yield
    finally:
        lock.unlink(missing_ok=True)


def _drop_stale(lock: Path) -> None:
    with contextlib.suppress(OSError):
        if time.time() - lock.stat().st_mtime > STALE_SECONDS:
            lock.unlink(missing_ok=True)


def _read_quietly() -> Data:
    try:
        return _read(progress_file())
    except OSError:
        return {section: {} for section in SECTIONS}


def _read(path: Path) -> Data:
    """The file's sections; an absent file is empty, a damaged one is set aside. Raises OSError if it is unreadable."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        data = {"format": FORMAT}
    except ValueError:  # not JSON, not UTF-8
        data = None
    if not _sound(data):
        _set_aside(path)
        data = {}
    return {section: data.get(section, {}) for section in SECTIONS}


def _sound(data: Any) -> bool:
    """Whether these are sections of records whose fields have their types, as this course writes them."""
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        return False
    sections = [data.get(section, {}) for section in SECTIONS]
    if not all(isinstance(section, dict) for section in sections):
        return False
    records = [record for section in sections for record in section.values()]
    return all(isinstance(record, dict) and _typed(record) for record in records)


def _typed(record: Data) -> bool:
    return all(isinstance(value, _TYPES.get(name, object)) for name, value in record.items())


def _set_aside(path: Path) -> None:
    number = 1
    while (aside := path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")).exists():
        number += 1
    os.replace(path, aside)
    _tell(f"The progress file could not be read; it is kept as {aside.name} and a new one is begun.")


def _tell(sentence: str) -> None:
    """Say it once in a session."""
    if sentence not in _told:
        _told.add(sentence)
        print(sentence)
