"""What happens when a worker process of a DataLoader dies? The one who waits for its batch is told, and nobody else."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch.utils.data import DataLoader


class WorkersFailed(Exception):
    """The worker processes of a DataLoader did not start, or one of them died; the message says how."""


def from_workers(loader: DataLoader[Any], data_error: type[Exception]) -> Iterator[Any]:
    """The batches of the loader. Raises `data_error` as the workers do, WorkersFailed for every other error.

    After an error the workers have ended, and the loader must be made anew.
    """
    batches = None
    while True:
        try:
            with _signals.wanted():
                if batches is None:
                    batches = iter(loader)
                batch = next(batches)
        except StopIteration:
            return
        except data_error:
            _end(batches)
            raise
        except Exception as error:
            _end(batches)
            cause = str(error).partition("\n")[0].rstrip(". ")
            number = loader.num_workers
            name = "the worker of the loader" if number == 1 else f"the {number} workers of the loader"
            raise WorkersFailed(f"{name} failed ({type(error).__name__}: {cause})") from error
        finally:
            _signals.install()
        yield batch


def _end(batches: Any) -> None:
    """End the workers now: the garbage collector may close their queues first, and then it waits for seconds."""
    end = getattr(batches, "_shutdown_workers", None)  # torch has no public name for it
    if end is not None:
        end()


class _ChildSignals:
    """Holds back torch's word of a dead worker while nobody waits for a batch.

    torch raises from its handler of SIGCHLD, wherever the main thread is at that moment: also in the middle of an
    update. Nothing is lost, as whoever waits for a batch next is told then.
    """

    def __init__(self) -> None:
        self.waiting = self.pending = False
        self.former: Callable[[int, Any], Any] | None = None

    def install(self) -> None:
        """Stand before torch's handler, which exists as soon as a loader has started workers in the main thread."""
        if sys.platform == "win32" or threading.current_thread() is not threading.main_thread():
            return
        handler = signal.getsignal(signal.SIGCHLD)
        if callable(handler) and handler != self.handle:
            self.former = handler
            signal.signal(signal.SIGCHLD, self.handle)

    def handle(self, number: int, frame: Any) -> None:
        """The handler of the signal."""
        if self.waiting and self.former is not None:
            self.former(number, frame)
        else:
            self.pending = True

    @contextmanager
    def wanted(self) -> Iterator[None]:
        """Inside the block torch may raise, and does so at once for a worker that died before it."""
        self.waiting = True
        try:
            if self.pending and self.former is not None:
                self.pending = False
                self.former(signal.SIGCHLD, None)
            yield
        finally:
            self.waiting = False


_signals = _ChildSignals()
