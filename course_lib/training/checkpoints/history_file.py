"""The history of a checkpoint on disk: what is new is written behind what the checkpoints before it wrote.

To write the whole history at every save would take longer from save to save. So the history.jsonl of a checkpoint is
one more name (a hard link) of the file of the last checkpoint but one, with the new rows at its end. The metadata says
how many of its bytes belong to the checkpoint; what later ones added behind them is not read. Two files take turns, so
that no two checkpoints in a row share what a disk may damage. Where there is no such file, at the first two saves of a
process and on a file system without hard links, the last one is copied; after a row was changed all is written anew.
"""

import hashlib
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from course_lib.core.history import History
from course_lib.core.rows import Mark, mark, only_grew


@dataclass
class Written:
    """A history on disk: where, how many bytes of the file are its own, their SHA-256, and of which rows they are."""

    path: Path
    size: int
    digest: Any
    rows: Mark
    before: int | None = None  # the size of a file that was continued
    ours: bool = True  # written by this process, and not only read

    @property
    def sha256(self) -> str:
        """As 64 hexadecimal digits."""
        return str(self.digest.hexdigest())


_written: WeakKeyDictionary[History, dict[Path, list[Written]]] = WeakKeyDictionary()


def write_history(path: Path, folder: Path, history: History) -> Written:
    """Write the history of a checkpoint of this run folder to `path`, and return when the disk has it."""
    now, former = mark(history.rows), _to_continue(folder, history)
    if former is not None:
        with suppress(_NoLink):
            return _added(path, former, history, now)
    former = _to_copy(history)
    if former is not None:
        with open(former.path, "rb") as source, open(path, "xb") as copy:
            shutil.copyfileobj(source, copy, 2**20)
        os.truncate(path, former.size)
        return _added(path, former, history, now, linked=False)
    history.save(path)
    data = path.read_bytes()
    return Written(path, len(data), hashlib.sha256(data), now)


def note_loaded(path: Path, data: bytes, history: History) -> None:
    """Note that the history came from this file: the next checkpoint copies it and need not write it anew."""
    written = Written(path, len(data), hashlib.sha256(data), mark(history.rows), ours=False)
    _written[history] = {path.parents[1].absolute(): [written]}


def keep(written: Written, path: Path, folder: Path, history: History) -> None:
    """Note that the checkpoint is whole, and its history at `path`: a later one may continue it."""
    written.path = path
    there = _written.setdefault(history, {})
    there[folder.absolute()] = [*there.get(folder.absolute(), []), written][-2:]


def take_back(written: Written | None) -> None:
    """After an error: give a file that was continued its former length."""
    if written is not None and written.before is not None:
        with suppress(OSError):
            os.truncate(written.path, written.before)


class _NoLink(Exception):
    """The file system gives a file no second name."""


def _to_continue(folder: Path, history: History) -> Written | None:
    """The history of the last checkpoint but one, or of the last where only one is kept."""
    last_two = _written.get(history, {}).get(folder.absolute(), [])
    there = [written for written in last_two if _is_there(written, history)]
    return there[0] if len(last_two) == 2 and there and there[0].ours else None


def _to_copy(history: History) -> Written | None:
    """The newest history of these rows on disk, in whatever folder of the run."""
    found = [written for ours in _written.get(history, {}).values() for written in ours if _is_there(written, history)]
    return max(found, key=lambda written: written.size, default=None)


def _is_there(written: Written, history: History) -> bool:
    """Whether the file is as it was left, and the rows in it are as they were then."""
    try:
        size = written.path.stat().st_size
    except OSError:
        return False
    whole = size == written.size and not written.path.is_symlink() if written.ours else size >= written.size
    return whole and only_grew(history.rows, written.rows)


def _added(path: Path, former: Written, history: History, now: Mark, linked: bool = True) -> Written:
    """The new rows at the end of `former`: of the same file under one more name, or of a copy that lies at `path`."""
    if linked:
        try:
            os.link(former.path, path)
        except OSError as error:
            raise _NoLink from error
    more = history.lines(former.rows.count)
    written = Written(path, former.size + len(more), former.digest.copy(), now, before=former.size if linked else None)
    written.digest.update(more)
    try:
        with open(path, "rb+") as file:
            file.seek(former.size)
            file.write(more)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        take_back(written)
        raise
    return written
