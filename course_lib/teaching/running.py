"""A line under a cell that runs for longer than a moment: that it runs, and for how long; gone when the cell has ended.

It is for whoever sits in front of the notebook. Stored outputs do not have it: COURSE_PROGRESS_BARS=0 switches it off,
as it does the bar of a training run.
"""

import os
import threading
import time
from typing import Any

from course_lib.teaching.exercises.card import shell

WAIT, EVERY = 1.5, 1.0  # seconds until the line appears, and between its numbers
OFF = ("COURSE_PROGRESS_BARS", "0")
_STYLE = "color:var(--jp-content-font-color2, #666);font-size:90%"

_watched: list[Any] = []


def tell_of_long_cells() -> None:
    """From the next cell on, a long cell of this kernel says that it runs. Without a kernel, nothing happens."""
    running = shell()
    if getattr(running, "kernel", None) is None or running in _watched or os.environ.get(OFF[0]) == OFF[1]:
        return
    _watched.append(running)
    line = _Line()
    running.events.register("pre_run_cell", line.begin)
    running.events.register("post_run_cell", line.end)


class _Line:
    """The line of one cell after the other."""

    def __init__(self) -> None:
        self._ended = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, info: Any) -> None:
        """A cell begins. What a thread displays goes to the cell in which the thread was started."""
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._tell, args=(self._ended,), daemon=True)
        self._thread.start()

    def end(self, result: Any) -> None:
        """The cell has ended, well or with an error."""
        self._ended.set()
        if self._thread is not None:
            self._thread.join(timeout=WAIT)

    def _tell(self, ended: threading.Event) -> None:
        start = time.monotonic()
        if ended.wait(WAIT):
            return
        from IPython.display import display

        shown = display(_text(time.monotonic() - start), raw=True, display_id=True)
        while not ended.wait(EVERY):
            shown.update(_text(time.monotonic() - start), raw=True)
        shown.update({"text/plain": "", "text/html": ""}, raw=True)


def _text(seconds: float) -> dict[str, str]:
    told = f"running, {seconds:.0f} s so far"
    return {"text/plain": told, "text/html": f'<div role="status" style="{_STYLE}">{told}</div>'}
