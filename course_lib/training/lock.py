"""Who may write into a run folder? One process at a time: the lock is the kernel's, and falls with the process.

A file that merely says "in use" would outlive a process that was killed, and somebody would have to judge how old it
must be to be ignored. A lock of the kernel is gone in the moment in which its process is, however it died.
"""

from __future__ import annotations

import os
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

NAME = "run.lock"


class FolderInUse(OSError):
    """Another run holds the folder."""


_held: set[int] = set()  # file descriptors of this process's locks


def _leave_to_the_parent() -> None:
    # A forked child, such as a worker that loads data, inherits the descriptor and with it a share in the lock. It
    # would hold the folder for the seconds by which it outlives a parent that was killed.
    for descriptor in _held:
        os.close(descriptor)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_leave_to_the_parent)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder`, which is made where it is missing, for the length of the block.

    Raises FolderInUse when another run holds it, in this process or another one; OSError, naming the folder, when
    nothing can be written there.
    """
    folder = Path(folder)
    require_writable(folder)
    descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT, 0o666)
    if not _locks(descriptor):
        os.close(descriptor)
        raise FolderInUse(f"another run is writing to {folder}: wait for it, end it, or choose another folder")
    _held.add(descriptor)
    try:
        # The file stays: were it removed, a third run could lock a new one while a second waits for the old.
        yield
    finally:
        if descriptor in _held:
            _held.discard(descriptor)
            os.close(descriptor)


def require_writable(folder: Path) -> None:
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


if sys.platform == "win32":
    import msvcrt

    def _locks(descriptor: int) -> bool:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import errno
    import fcntl

    def _locks(descriptor: int) -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise
        return True
