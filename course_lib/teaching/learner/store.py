"""The file of the learner's progress: one small JSON file of their own, of which nothing is ever lost.

It lies at $COURSE_PROGRESS, else at my-course/progress.json in the checkout. Every change reads the file, merges and
writes it while this process holds a lock of the kernel on its folder, so that two notebooks lose nothing of each other.

- A change that cannot go into the file now (another kernel holds the lock, the file is of a newer course, there are no
  locks here) is kept beside it, in a small file `progress.waiting-...json`. Whoever next holds the lock adds it, once.
- A damaged file, or one with an odd value, is first kept as `progress.damaged-N.json`, then written anew.
- Where nothing can be written at all, one sentence says so, and the changes wait in memory until the process ends.
"""

import atexit
import copy
import json
import os
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from course_lib.core.files import course_root
from course_lib.core.locks import NoLocks, folder_locked
from course_lib.teaching.learner import record
from course_lib.teaching.learner.record import MERGED, Damaged, Data, Reading
from course_lib.teaching.learner.record_files import (
    Misplaced,
    bytes_of,
    keep_copy,
    names_beside,
    start_beside,
    write_like,
)

LOCK_SECONDS = 2.0  # how long to wait for another notebook
TRIES = 5  # how often to start over when somebody who takes no lock, such as an editor, writes at the same time

_waiting: list[Callable[[Data], Any]] = []  # changes that could not be written yet
_told: set[str] = set()

if hasattr(os, "register_at_fork"):
    # What waits in a parent is the parent's to write; a child would count it a second time.
    os.register_at_fork(after_in_child=lambda: _waiting.clear())


def progress_file() -> Path:
    """Where the file lies. Raises FileNotFoundError (an OSError) where there is no checkout to put it in."""
    named = os.environ.get("COURSE_PROGRESS")
    if named:
        return Path(os.path.expanduser(named))
    mine, before = (course_root() / folder / "progress.json" for folder in ("my-course", "my-exercises"))
    # Where the learner's folder still has its old name, the record stays there until an update moves it.
    return before if before.is_file() and not mine.exists() else mine


def load_record() -> Data:
    """Everything recorded, with what waits; empty sections where nothing is. Changes no file and never raises."""
    data = _view()
    for change in _waiting:
        change(data)
    return data


def change_record(change: Callable[[Data], Any]) -> Any:
    """Apply `change` to the newest state of the file and write it; returns what `change` returns. Never raises."""
    _waiting.append(change)
    try:
        path = _place()
        try:
            return _save(path)[-1]
        except Misplaced:
            raise
        except OSError as error:
            with suppress(OSError):
                result = _save_beside(path)[-1]
                _tell(f"{path.name} is not written now ({_reason(error)}): what you do is kept beside it, added later.")
                return result
            raise
    except OSError as error:
        _tell(f"Progress is not saved ({_reason(error)}); everything else works.")
        data = _view(quiet=True)
        return [waiting(data) for waiting in _waiting][-1]


def _place() -> Path:
    """The file itself, behind every symbolic link, in a folder that is there."""
    named = progress_file()
    path = Path(os.path.realpath(named))
    if not named.is_symlink():
        path.parent.mkdir(parents=True, exist_ok=True)
    elif not path.parent.is_dir():  # such as that of a drive that is not mounted: no other record must begin there
        raise Misplaced(f"the folder to which {named.name} is a link is not there")
    return path


def _save(path: Path) -> list[Any]:
    """Add what waits in memory and beside the file; returns the results of the changes."""
    with folder_locked(path.parent, LOCK_SECONDS):
        results = _save_locked(path)
    _add_the_rest(path)
    return results


def _add_the_rest(path: Path) -> None:
    """Add what others have left beside the file while they could not get the lock, unless one holds it who will."""
    before: set[str] = set()
    while (names := set(names_beside(path))) - before:
        before = names
        try:
            with folder_locked(path.parent, 0):
                _save_locked(path)
        except OSError:
            return


def _save_locked(path: Path) -> list[Any]:
    raw, seen = _read(path)
    data = copy.deepcopy(seen.data)
    names = _add_what_waits(path, data)
    results = [change(data) for change in _waiting]
    if not names and not results:
        return results
    for _ in range(TRIES):
        if raw is not None and (seen.odd or seen.damaged):
            _tell_of_copy(keep_copy(path, raw), seen.odd)
        if bytes_of(path) == raw:
            write_like(path, path, record.text_of(data))
            break
        raw, theirs = _read(path)
        # The changes are not made a second time: they may have counted.
        data, seen = record.merged(seen.data, data, theirs.data), theirs
    else:
        raise OSError("somebody else is writing the file")
    _waiting.clear()
    for name in names:
        with suppress(OSError):
            path.with_name(name).unlink()
    return results


def _save_beside(path: Path) -> list[Any]:
    """Keep what waits in memory in a file of its own, which whoever gets the lock adds to the progress."""
    before = _view(quiet=True)
    after = copy.deepcopy(before)
    results = [change(after) for change in _waiting]
    old, new = record.record_changes(before, after)
    # The time first, so that changes are added in their order; the rest so that no two kernels choose one name.
    aside = path.with_name(f"{start_beside(path)}{time.time_ns():020d}-{uuid.uuid4().hex[:12]}{path.suffix}")
    write_like(path, aside, record.text_of({"before": old, "after": new}))
    _waiting.clear()
    _add_the_rest(path)
    return results


def _add_what_waits(path: Path, data: Data) -> list[str]:
    """Add the changes beside the file to `data`, each one once; returns the names of their files."""
    names = names_beside(path)
    done = set(data.get(MERGED, ()))
    read = []
    for name in names:
        try:
            waiting = json.loads(path.with_name(name).read_bytes())
            form, before, after = waiting["format"], waiting["before"], waiting["after"]
            if form != record.FORMAT or not (isinstance(before, dict) and isinstance(after, dict)):
                continue  # of a newer course, or not ours: it stays where it is
        except (OSError, ValueError, RecursionError, KeyError, TypeError):
            continue
        read.append(name)
        if name not in done:
            # In the file as well, for a kernel that dies before it has removed the small file must not count it twice.
            data.update(record.repaired(record.merged(before, after, data)))
    data[MERGED] = sorted(read)
    if not read:
        del data[MERGED]
    return read


def _view(*, quiet: bool = False) -> Data:
    """The record as it stands, without a lock; empty where it cannot be read, which is said unless `quiet`."""
    try:
        path = Path(os.path.realpath(progress_file()))
        for _ in range(TRIES):
            try:
                raw, data = bytes_of(path), None
                data = record.empty() if raw is None else record.parse(raw).data
            except (Damaged, OSError) as error:
                if not quiet:
                    _tell(f"{path.name} cannot be read ({_reason(error)}); it is left as it is.")
                raw, data = None, record.empty()
            _add_what_waits(path, data)
            if raw is None or bytes_of(path) == raw:
                break
        return data
    except OSError:
        return record.empty()


def _read(path: Path) -> tuple[bytes | None, Reading]:
    """The bytes, None without a file, and the record. Raises OSError where it cannot be read or is a newer course's."""
    raw = bytes_of(path)
    if raw is None:
        return None, Reading(record.empty())
    try:
        return raw, record.parse(raw)
    except Damaged:
        return raw, Reading(record.empty(), damaged=True)


def _write_at_exit() -> None:
    """The last chance for what waits in memory."""
    if _waiting:
        with suppress(OSError):
            path = _place()
            try:
                _save(path)
            except Misplaced:
                raise
            except OSError:
                _save_beside(path)


atexit.register(_write_at_exit)


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "another notebook holds the file"
    if isinstance(error, NoLocks):
        return f"{error}; the variable COURSE_PROGRESS may name a file elsewhere"
    reason = getattr(error, "strerror", None) or str(error)
    return reason[:1].lower() + reason[1:]


def _tell_of_copy(name: str, odd: tuple[str, ...]) -> None:
    if odd:
        _tell(f"The progress file held what could not be read ({odd[0]}); as it was, it is kept as {name}.")
    else:
        _tell(f"The progress file could not be read; it is kept as {name} and a new one is begun.")


def _tell(sentence: str) -> None:
    """Say it once in a session."""
    if sentence not in _told:
        _told.add(sentence)
        print(sentence)
