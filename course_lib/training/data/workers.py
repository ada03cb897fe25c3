"""The worker processes of a DataLoader: of one that dies, the one who waits for its batch is told, and nobody else."""

import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from torch.utils.data import DataLoader

UNGUARDED = 64  # exit status of a worker process that was about to run its script a second time
LOOK_EVERY = 1.0  # seconds: how often one who waits for a batch looks whether the workers live


class WorkersFailed(Exception):
    """The worker processes of a DataLoader did not start, or one of them died; the message says how."""


def require_main_guard() -> None:
    """Ends a process that is started by another one and runs the script from its beginning; elsewhere does nothing.

    With the start methods spawn and forkserver each new process imports the script. What trains outside of
    `if __name__ == "__main__":` would train once more in each of them. Such a process says what torch says and ends.
    """
    process = multiprocessing.current_process()
    if not getattr(process, "_inheriting", False):
        return
    error = RuntimeError(
        "An attempt has been made to start a new process before the current process has finished its bootstrapping"
        ' phase: put what the script does below `if __name__ == "__main__":`'
    )
    if process.name == "MainProcess":  # the server that forks the others
        raise error
    traceback.print_exception(error)
    sys.stdout.flush(), sys.stderr.flush()
    os._exit(UNGUARDED)  # a status of its own reaches the process that waits for this one


def from_workers(loader: DataLoader[Any], data_error: type[Exception]) -> Iterator[Any]:
    """The batches of the loader. Raises `data_error` as the workers do, WorkersFailed for every other error.

    After an error the workers have ended, and the loader must be made anew. Raises RuntimeError for a script that
    would run in the workers once more, as `require_main_guard` says.
    """
    require_main_guard()
    batches = None
    while True:
        try:
            with _signals.wanted():
                if batches is None:
                    batches = _looked_after(iter(loader))
                batch = next(batches)
        except StopIteration:
            return
        except data_error:
            _end(batches)
            raise
        except Exception as error:
            unguarded = any(worker.exitcode == UNGUARDED for worker in getattr(batches, "_workers", ()))
            _end(batches)
            if unguarded:
                raise RuntimeError(
                    "the workers of the loader were about to run the script once more (An attempt has been made to"
                    " start a new process before the current process has finished its bootstrapping phase): put what"
                    ' it does below `if __name__ == "__main__":`, or set workers=0'
                ) from None
            cause = str(error).partition("\n")[0].rstrip(". ")
            number = loader.num_workers
            name = "the worker of the loader" if number == 1 else f"the {number} workers of the loader"
            raise WorkersFailed(f"{name} failed ({type(error).__name__}: {cause})") from error
        finally:
            _signals.install()
        yield batch


def _looked_after(batches: Any) -> Any:
    """Batches whose wait for a worker is cut into short ones, so that a dead worker is seen at once.

    torch looks at its workers when a wait is over; the system's word of a death reaches their parent alone, and with
    the start method forkserver that is another process.
    """
    wait = getattr(batches, "_try_get_data", None)  # torch has no public name for it
    if wait is not None and "_try_get_data" not in vars(batches):

        def wait_in_turns(timeout: float = LOOK_EVERY) -> tuple[bool, Any]:
            end = time.monotonic() + timeout
            while True:
                success, data = wait(min(LOOK_EVERY, max(0.0, end - time.monotonic())))
                if success or time.monotonic() >= end:
                    return success, data

        batches._try_get_data = wait_in_turns
    return batches


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
