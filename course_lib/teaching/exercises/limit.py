"""A limit on the time that a learner's code may take, so that an endless loop ends with a sentence."""

import contextlib
import ctypes
import sys
import threading
import time
from collections.abc import Iterator

SECONDS = 10.0  # of processor time; six times as many on the clock, for code that waits
_STEP = 0.1
_STARTING = threading.Lock()  # while a thread starts, Python takes it for the one that starts it: not interrupted then


class TookTooLong(BaseException):
    """Raised inside code that exceeds its limit; a BaseException, so that no `except Exception` of theirs stops it."""


@contextlib.contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TookTooLong in this thread once the process has worked `seconds`, or the clock shows six times as many.

    The exception comes between two steps of Python: one call into NumPy or torch that never ends cannot be ended. An
    import is not interrupted and its time does not count: a module that is half there would fail ever after.
    """
    thread, over, guard = threading.get_ident(), threading.Event(), threading.Lock()
    worked, began = time.process_time(), time.monotonic()

    def interrupt(error: type[BaseException] | None) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error) if error else None)

    def watch() -> None:
        allowed, last = seconds, worked
        while not over.wait(_STEP):
            now = time.process_time()
            if _imports(thread):
                allowed += now - last
            elif now - worked > allowed or time.monotonic() - began > 6 * allowed:
                with _STARTING, guard:  # again at every step: their code may have caught the first one
                    if not over.is_set():
                        interrupt(TookTooLong)
            last = now

    watcher = threading.Thread(target=watch, daemon=True)
    with _STARTING:
        watcher.start()
    try:
        yield
    finally:
        with guard:
            over.set()
            interrupt(None)
        watcher.join()


def _imports(thread: int) -> bool:
    """Whether this thread is importing a module just now."""
    frame = sys._current_frames().get(thread)
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False
