"""A limit on the time that a learner's code may take, so that an endless loop ends with a sentence."""

import contextlib
import ctypes
import threading
import time
from collections.abc import Iterator

SECONDS = 10.0  # of processor time; six times as many on the clock, for code that waits
_STEP = 0.1


class TookTooLong(BaseException):
    """Raised inside code that exceeds its limit; a BaseException, so that no `except Exception` of theirs stops it."""


@contextlib.contextmanager
def limited(seconds: float = SECONDS) -> Iterator[None]:
    """Raise TookTooLong in this thread once the process has worked `seconds`, or the clock shows six times as many.

    The exception comes between two steps of Python: one call into NumPy or torch that never ends cannot be ended.
    """
    thread, over, guard = threading.get_ident(), threading.Event(), threading.Lock()
    worked, began = time.process_time(), time.monotonic()

    def interrupt(error: type[BaseException] | None) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(error) if error else None)

    def watch() -> None:
        while not over.wait(_STEP):
            if time.process_time() - worked > seconds or time.monotonic() - began > 6 * seconds:
                with guard:  # again at every step: their code may have caught the first one
                    if not over.is_set():
                        interrupt(TookTooLong)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        with guard:
            over.set()
            interrupt(None)
        watcher.join()
