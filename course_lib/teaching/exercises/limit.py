"""A limit on the time that a learner's code may take, so that an endless loop ends with a sentence."""

import contextlib
import ctypes
import importlib
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

SECONDS = 10.0  # of processor time; six times as many on the clock, for code that waits
_STEP = 0.1
_LINGER = 20  # steps that the watcher stays without a limit: checks come in bursts, and a thread is dear to start


class TookTooLong(BaseException):
    """Raised inside code that exceeds its limit; a BaseException, so that no `except Exception` of theirs stops it."""


@dataclass(eq=False)
class _Limit:
    """A thread that may work so many seconds; `worked` is the reading at the start, `last` that of a step ago."""

    thread: int
    allowed: float
    worked: float
    last: float
    began: float
    over: bool = False

    def exceeded(self) -> bool:
        now, importing = time.process_time(), _imports(self.thread)
        if importing:
            self.allowed += now - self.last
        self.last = now
        if importing:
            return False
        return now - self.worked > self.allowed or time.monotonic() - self.began > 6 * self.allowed


class _Watcher:
    """One thread that watches all limits, and ends when there has been none for a while."""

    def __init__(self) -> None:
        self.guard, self.limits, self.watching = threading.Lock(), list[_Limit](), False

    def add(self, limit: _Limit) -> None:
        with self.guard:
            self.limits.append(limit)
            if not self.watching:
                self.watching = True
                threading.Thread(target=self.watch, daemon=True).start()

    def end(self, limit: _Limit) -> None:
        limit.over = True  # first, and in one step: the exception may still come while the lock is awaited
        with self.guard:
            self.limits.remove(limit)
            _interrupt(limit.thread, None)

    def watch(self) -> None:
        idle = 0
        while True:
            time.sleep(_STEP)
            with self.guard:
                self.limits = [limit for limit in self.limits if not limit.over]
                idle = 0 if self.limits else idle + 1
                if idle >= _LINGER:
                    self.watching = False
                    return
                for limit in self.limits:  # again at every step: their code may have caught the first one
                    if limit.exceeded():
                        _interrupt(limit.thread, TookTooLong)


_watcher = _Watcher()
if hasattr(os, "register_at_fork"):  # a forked process has no watcher, and perhaps a lock that nobody opens
    os.register_at_fork(after_in_child=_watcher.__init__)


@contextlib.contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TookTooLong in this thread once the process has worked `seconds`, or the clock shows six times as many.

    The exception comes between two steps of Python: one call into NumPy or torch that never ends cannot be ended. An
    import is not interrupted and its time does not count: a module that is half there would fail ever after.
    """
    now = time.process_time()
    limit = _Limit(threading.get_ident(), seconds, now, now, time.monotonic())
    _watcher.add(limit)
    try:
        yield
    finally:
        _watcher.end(limit)


def _interrupt(thread: int, error: type[BaseException] | None) -> None:
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error) if error else None)


def _imports(thread: int) -> bool:
    """Whether this thread is importing a module just now: whether it owns the lock of one.

    The frames of a thread that works must not be read from another thread: Python itself may crash.
    """
    # Not public: where a later Python has no such table, an import may be interrupted, and the limit still holds.
    found = getattr(importlib._bootstrap, "_module_locks", {})
    locks = [reference() for reference in list(found.values())]
    return any(getattr(lock, "owner", None) == thread for lock in locks)
