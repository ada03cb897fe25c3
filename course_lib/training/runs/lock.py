"""The lock of a run folder: one process at a time writes there; the lock is the kernel's, and falls with the process.

A file that merely says "in use" would outlive a process that was killed, and somebody would have to judge how old it
must be to be ignored. A lock of the kernel is gone in the moment in which its process is, however it died.

Locked are the file `run.lock` and, where the system can, the folder itself: the file's name may be removed under a run
that goes on, and a new file of that name would be free. What is held is compared with what has the name now before
every save, see `hold_on`.
"""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from course_lib.core.locks import try_lock

NAME = "run.lock"
VARIABLE = "COURSE_RUN_LOCK"  # "off": no lock, for file systems that have none


class FolderInUse(OSError):
    """Another run holds the folder."""


class _Lock:
    """The lock of one folder: descriptors of the folder and of its lock file, by their paths."""

    def __init__(self, folder: Path) -> None:
        self.name = folder  # as the caller wrote it, for messages
        self.folder = Path(os.path.abspath(folder))
        self.descriptors: dict[Path, int] = {}

    def take(self) -> None:
        """Lock what has the names now and is not held yet. Raises as `locked` does."""
        validate_writable(self.name)
        if _switched_off():
            return
        for path, lock in ((self.folder, self._lock_folder), (self.folder / NAME, self._lock_file)):
            if not self._holds(path):
                # The new one first, and the old one is held until then: nobody gets in between.
                new, old = lock(path), self.descriptors.pop(path, None)
                if new is not None:
                    self.descriptors[path] = new
                if old is not None:
                    os.close(old)

    def holds(self) -> bool:
        """Whether all that was locked still has its name."""
        return all(self._holds(path) for path in self.descriptors) and bool(self.descriptors)

    def has_folder(self) -> bool:
        """Whether the folder of this name is the one that was locked."""
        return self._holds(self.folder)

    def release(self) -> None:
        """Close what this process holds."""
        while self.descriptors:
            os.close(self.descriptors.popitem()[1])

    def _holds(self, path: Path) -> bool:
        """Whether what has this name now is what was locked."""
        return path in self.descriptors and _is_at(self.descriptors[path], path)

    def _lock_folder(self, path: Path) -> int | None:
        if os.name != "posix":
            return None  # Windows neither locks a folder nor lets the file be removed that is held
        number = os.open(path, os.O_RDONLY)
        try:
            free = try_lock(number)
        except OSError:  # file systems of a network may lock files alone
            os.close(number)
            return None
        return self._alone(number, free)

    def _lock_file(self, path: Path) -> int:
        while True:
            try:
                number = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
            except OSError as error:
                raise OSError(error.errno, f"its {NAME} cannot be opened ({error.strerror})", str(self.name)) from error
            try:
                free = try_lock(number)
            except OSError as error:
                os.close(number)
                words = (
                    f"the file system of the run folder has no locks ({error.strerror or error}): choose a folder on"
                    f" another one, or set {VARIABLE}=off and start no second run in the folder"
                )
                raise OSError(error.errno, words, str(self.name)) from error
            self._alone(number, free)
            if _is_at(number, path):
                return number
            os.close(number)  # removed between the opening and the locking: it is no longer the file of that name

    def _alone(self, number: int, free: bool) -> int:
        if not free:
            os.close(number)
            raise FolderInUse(f"another run is writing to {self.name}: wait for it, end it, or choose another folder")
        return number


def _switched_off() -> bool:
    return os.environ.get(VARIABLE, "").lower() == "off"


def _is_at(number: int, path: Path) -> bool:
    """Whether an open file or folder is the one that has this name now."""
    try:
        return os.path.samestat(os.fstat(number), os.stat(path))
    except OSError:
        return False


_held: list[_Lock] = []  # this process's locks


def _leave_to_the_parent() -> None:
    # A forked child, such as a worker that loads data, inherits the descriptor and with it a share in the lock. It
    # would hold the folder for the seconds by which it outlives a parent that was killed.
    for lock in _held:
        lock.release()
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made where it is missing, for the length of the block.

    The environment variable COURSE_RUN_LOCK=off leaves the lock out.
    Raises FolderInUse when another run holds it, in this process or another one; OSError, naming the folder, when
    nothing can be written there, or when its file system has no locks.
    """
    lock = _Lock(Path(folder))
    try:
        lock.take()
        _held.append(lock)
        # The file stays: were it removed, a third run could lock a new one while a second waits for the old.
        yield
    finally:
        lock.release()
        if lock in _held:
            _held.remove(lock)


def hold_on(folder: Path) -> None:
    """Before something is written into `folder`: where this process has locked it, or a folder above, it still must.

    A folder or a lock file that was removed or renamed in the meantime is made and locked once more under its name.
    Raises FolderInUse when another run has taken the name or has left checkpoints under it: two runs never write into
    one folder.
    """
    place = Path(os.path.abspath(folder))
    ours = [lock for lock in _held if lock.folder in (place, *place.parents)]
    if not ours or _switched_off() or ours[-1].holds():
        return
    same = ours[-1].has_folder()
    ours[-1].take()
    if not same and any(ours[-1].folder.glob("step-*")):
        raise FolderInUse(f"{folder} was removed, and another run has written there since: choose another folder")


def validate_writable(folder: Path) -> None:
    """Make `folder` and write one byte into it. Raises OSError, naming the folder, when that does not work."""
    probe = folder / f".write-test.{uuid.uuid4().hex[:12]}.part"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"\n")
    except OSError as error:
        reason = error.strerror or str(error)
        raise OSError(error.errno, f"the run folder cannot be written to ({reason})", str(folder)) from error
    finally:
        # The probe, where it cannot be removed, must not hide why it could not be written.
        with suppress(OSError):
            probe.unlink(missing_ok=True)
