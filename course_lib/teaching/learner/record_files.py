"""The files of a learner's record: read, kept aside, and written with the mode and the owner that they had."""

import itertools
import os
import stat
from contextlib import suppress
from pathlib import Path

from course_lib.core.files import write_then_rename

_BINARY = getattr(os, "O_BINARY", 0)


class Misplaced(OSError):
    """There is no place for a file where the progress should lie."""


def bytes_of(path: Path) -> bytes | None:
    """What the file holds, None where there is none. Raises Misplaced where something else has its name."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(mode):
        raise Misplaced(f"{path.name} is no file")  # reading a pipe would wait for ever
    return path.read_bytes()


def keep_copy(path: Path, raw: bytes) -> str:
    """Keep the bytes of the file under a name that was free until now, and return the name."""
    for number in itertools.count(1):
        aside = path.with_name(f"{path.stem}.damaged-{number}{path.suffix}")
        try:
            descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        except FileExistsError:
            if not aside.is_file() or aside.read_bytes() != raw:
                continue
            break  # a kernel died, or the disk was full, after it had kept these very bytes
        try:
            with open(descriptor, "wb") as file:
                file.write(raw)
                file.flush()
                os.fsync(file.fileno())
            _like(path.stat(), aside)
        except OSError:
            aside.unlink(missing_ok=True)
            raise
        break
    return aside.name


def write_like(path: Path, target: Path, text: str) -> None:
    """Write `target`, complete or not at all, with the mode and the owner of `path`."""
    before = path.stat() if path.exists() else None

    def write(part: Path) -> None:
        # Made without rights for others: the part must not be read by whom the file is closed to.
        mode = 0o666 if before is None else 0o600
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, mode)
        with open(descriptor, "wb") as file:
            file.write(text.encode("utf-8"))
        _like(before, part, more=0o600)

    write_then_rename(target, write)
    if before is not None and before.st_mode & 0o600 != 0o600:
        with suppress(OSError):
            os.chmod(target, stat.S_IMODE(before.st_mode))


def _like(found: os.stat_result | None, other: Path, *, more: int = 0) -> None:
    """Give `other` the mode that was found, with `more` rights, and the owner where that is allowed."""
    if found is None:
        return
    made = other.stat()
    if hasattr(os, "chown") and (found.st_uid, found.st_gid) != (made.st_uid, made.st_gid):
        with suppress(OSError):
            os.chown(other, found.st_uid, found.st_gid)
    os.chmod(other, stat.S_IMODE(found.st_mode) | more)


def start_beside(path: Path) -> str:
    """How the name of a file starts in which a change waits to be added to `path`."""
    return f"{path.stem}.waiting-"


def names_beside(path: Path) -> list[str]:
    """The names of the files in which changes wait, the oldest first."""
    start = start_beside(path)
    with suppress(OSError):
        return sorted(name for name in os.listdir(path.parent) if name.startswith(start) and name.endswith(path.suffix))
    return []
