"""Ctrl-C and the system's wish to end a run: it finishes its step, saves, and says so.

Python runs a handler between two lines of whatever is executed, in the middle of a step too. So the handler only notes
the signal, and a callback heeds it after the step.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any

import torch
import torch.distributed as dist

from course_lib.training.loop.distributed import world_size
from course_lib.training.loop.state import Callback, TrainState

# Ctrl-C or the notebook's Interrupt; `kill`, or a cluster that takes back; a terminal or connection that was closed.
HEEDED = (signal.SIGINT, signal.SIGTERM, *((signal.SIGHUP,) if hasattr(signal, "SIGHUP") else ()))
ASKED_EVERY = 10  # updates, in a distributed run


class Interrupted(KeyboardInterrupt):
    """A signal ended the run after a whole step, and where it stood is saved.

    A KeyboardInterrupt, so that it ends a loop over several runs and the cells that follow, as Ctrl-C always does.
    exit_code: 128 + the number of the signal, as a shell gives it: 130 for SIGINT, 143 for SIGTERM, 129
    for SIGHUP.
    """

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number

    @property
    def exit_code(self) -> int:
        """What the process should end with."""
        return 128 + self.number


@dataclass
class Received:
    """The signal that asked for the end, None as long as there was none."""

    number: int | None = None


@contextmanager
def signals_noted(state: TrainState | None = None) -> Iterator[Received]:
    """Within the block SIGINT, SIGTERM and SIGHUP are noted and do nothing else; after it the old handlers are back.

    state: interrupted in the moment of the signal, so that no step has to ask; several processes agree first (`heed`).

    A SIGHUP that is ignored, as `nohup` has it, stays ignored.

    A second signal does at once what it did before the block: the way out of a step that takes too long. Outside the
    main thread, where Python allows no handlers, nothing is changed.
    """
    received = Received()
    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    before: dict[int, Any] = {}

    def restore() -> None:
        while before:
            number, handler = before.popitem()
            # None stands for a handler that was not set from Python, which signal.signal cannot set.
            signal.signal(number, signal.SIG_DFL if handler is None else handler)

    def note(number: int, frame: FrameType | None) -> None:
        received.number = number
        if state is not None and world_size() == 1:
            state.interrupted = True
        restore()

    try:
        for number in HEEDED:
            if number not in (signal.SIGINT, signal.SIGTERM) and signal.getsignal(number) is signal.SIG_IGN:
                continue
            before[number] = signal.getsignal(number)
            signal.signal(number, note)
        yield received
    finally:
        restore()


def heed(received: Received) -> Callback:
    """Set state.interrupted once a signal was noted, in all processes of a distributed run after the same step."""

    def callback(state: TrainState) -> None:
        if world_size() > 1:
            # A signal reaches the processes in the middle of different steps. One that stopped alone would leave the
            # others waiting for its gradients. Asking takes as long as the slowest needs, hence not after every step.
            if state.batch and state.step % ASKED_EVERY:
                return
            number = torch.tensor(received.number or 0)  # on the CPU: a GPU need not wait
            dist.all_reduce(number, op=dist.ReduceOp.MAX)
            received.number = int(number) or None
        state.interrupted = state.interrupted or received.number is not None

    return callback
