"""Locks of the kernel on a folder: taken within a set time or not at all, and gone with the process that holds them.

A file that merely says "in use" outlives a process that was killed, and a clock that is set back makes it look new. A
lock of the kernel has no age: it lasts as long as its process, also while that process is stopped.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


class NoLocks(OSError):
    """The file system of a folder has no locks."""


if sys.platform == "win32":
    import msvcrt

    def _open(folder: Path) -> int:
        # Windows opens no folder; the file stays, because another process may be waiting for this very one.
        return os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o666)

    def try_lock(descriptor: int) -> bool:
        """Whether the lock of an open file is taken now; False where somebody else holds it."""
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

    def _release(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import errno
    import fcntl

    def _open(folder: Path) -> int:
        # The folder itself: there is no lock file that somebody could remove, leave behind or make unreadable.
        return os.open(folder, os.O_RDONLY)

    def try_lock(descriptor: int) -> bool:
        """Whether the lock of an open file or folder is taken now; False where somebody else holds it.

        Raises OSError where its file system has no locks.
        """
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return False
            raise
        return True

    def _release(descriptor: int) -> None:
        # Not left to close(): a forked child may hold a copy of the descriptor, and with it the lock.
        fcntl.flock(descriptor, fcntl.LOCK_UN)


@contextmanager
def folder_locked(folder: Path, seconds: float) -> Iterator[None]:
    """Hold the lock of `folder` for the length of the block, after waiting for it `seconds` at most.

    Raises TimeoutError when another process, or another part of this one, still holds it then; NoLocks, naming the
    folder, where its file system has none; OSError where there is no such folder.
    """
    descriptor = _open(folder)
    try:
        until = time.monotonic() + seconds
        while not _locked(descriptor, folder):
            if time.monotonic() >= until:
                raise TimeoutError(f"another process holds {folder.name}")
            time.sleep(0.01)
        try:
            yield
        finally:
            with suppress(OSError):
                _release(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int, folder: Path) -> bool:
    try:
        return try_lock(descriptor)
    except OSError as error:
        raise NoLocks(f"the file system of {folder} has no locks: {error.strerror or error}") from error
