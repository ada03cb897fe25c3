"""A run killed at a random moment, and how it is told that nothing was lost. POSIX only: processes are forked.

This process imports torch once and trains nothing itself; every run, the uninterrupted one too, is a forked child. The
child writes a byte into a pipe after each update. The parent waits for a drawn number of them, and then for some
milliseconds that are drawn too, so that the kill falls anywhere: into a forward pass, an update, a save.
"""

import os
import random
import select
import signal
import tempfile
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import safetensors.torch  # noqa: F401  imported by the first save: once here, not in every child
import torch

from benchmarks.killed_runs import KINDS, STEPS, digest
from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.signals import Interrupted

PATIENCE = 120.0  # seconds after which a child that says nothing is given up
LONGEST_WAIT = {"while saving": 0.02}  # seconds between the byte and the kill, at most
USUAL_WAIT = 0.006
PIECE = 8192  # bytes that a slowed-down write brings to the disk at once
RESULT = "digest.txt"


@dataclass
class Outcome:
    """What became of one run: how often it was hit, how many of the kills fell into a save, what was wrong."""

    kills: int = 0
    in_a_save: int = 0
    equal: bool = False
    codes: list[int] = field(default_factory=list)  # exit codes of the children that were hit
    problem: str = ""


def uninterrupted(kind: str, scratch: Path) -> str:
    """The digest of a run that nobody disturbs. Raises RuntimeError when it fails."""
    folder = scratch / "uninterrupted"
    code = reap(_fork(kind, folder)[0])
    if code != 0:
        raise RuntimeError(f"the uninterrupted run of {kind!r} ended with {code}")
    return (folder / RESULT).read_text(encoding="utf-8")


def interrupted(
    kind: str, folder: Path, expected: str, *, kills: int, rng: random.Random, with_signal: int = signal.SIGKILL
) -> Outcome:
    """Start the run, end it by the signal at a random moment, start it again, ... and let it finish after `kills`."""
    outcome = Outcome()
    while True:
        pid, pipe = _fork(kind, folder)
        done = step_of(checkpoint.latest(folder))
        hit = outcome.kills < kills and done < STEPS - 1
        if hit:
            wait_for(pipe, rng.randint(1, STEPS - 1 - done))
            time.sleep(rng.uniform(0, LONGEST_WAIT.get(kind, USUAL_WAIT)))
            os.kill(pid, with_signal)
        code = reap(pid)
        os.close(pipe)
        if code == 0:
            break
        if not hit or code not in (-with_signal, 128 + with_signal):
            outcome.problem = f"ended with {code} after {outcome.kills} kills"
            return outcome
        outcome.kills += 1
        outcome.codes.append(code)
        outcome.in_a_save += any(folder.rglob("*.part"))
    outcome.equal = (folder / RESULT).read_text(encoding="utf-8") == expected
    return outcome


def trials(kind: str, count: int, *, seed: int = 0, most: int = 4, with_signal: int = signal.SIGKILL) -> list[Outcome]:
    """`count` runs, each hit at least once and at most 1 to `most` times; one that was over before is drawn again."""
    # The first optimizer of a process imports a large part of torch: once here, not in every child.
    torch.optim.SGD([torch.zeros(1)])
    rng = random.Random(f"{kind} {seed}")
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(dir=_in_memory()) as scratch:
        expected = uninterrupted(kind, Path(scratch))
        for _ in range(3 * count + 10):
            if len(outcomes) == count:
                return outcomes
            with tempfile.TemporaryDirectory(dir=scratch) as folder:
                kills = rng.randint(1, most)
                outcome = interrupted(
                    kind, Path(folder) / "run", expected, kills=kills, rng=rng, with_signal=with_signal
                )
            if outcome.kills or outcome.problem:
                outcomes.append(outcome)
    raise RuntimeError(f"the runs of {kind!r} are over before they can be hit")


def _in_memory() -> Path | None:
    """A file system in memory where there is one: a killed process loses nothing that it has given to the system."""
    folder = Path("/dev/shm")
    return folder if os.access(folder, os.W_OK) else None


def _fork(kind: str, folder: Path) -> tuple[int, int]:
    """A child that runs `kind` in `folder`; its process id and the pipe that gets a byte per update."""
    read, write = os.pipe()
    pid = os.fork()
    if pid:
        os.close(write)
        return pid, read
    code = 99
    try:
        os.close(read)
        code = _child(KINDS[kind], folder, write, slow=kind == "while saving")
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(code)


def _child(run: Callable[..., TrainState], folder: Path, pipe: int, *, slow: bool) -> int:
    # A signal that comes before the run took charge of it, or after its last save, interrupts no run: it does nothing.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    if slow:
        _slow_writes()

    def told(state: TrainState) -> None:
        del state
        os.write(pipe, b".")

    try:
        state = run(folder, [told])
    except Interrupted as error:
        return error.exit_code
    (folder / RESULT).write_text(digest(state), encoding="utf-8")
    return 0


def step_of(path: Path | None) -> int:
    """The updates that a checkpoint holds, by its name; 0 for none."""
    return 0 if path is None else int(path.name.removeprefix("step-").partition(".")[0])


def wait_for(pipe: int, count: int) -> None:
    """Read `count` bytes, or up to the end of the child."""
    while count > 0:
        if not select.select([pipe], [], [], PATIENCE)[0]:
            raise RuntimeError(f"a run said nothing for {PATIENCE:g} s")
        found = os.read(pipe, count)
        if not found:
            return
        count -= len(found)


def reap(pid: int) -> int:
    """Wait for the child and return its exit code, or minus the signal that killed it."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def _slow_writes() -> None:
    """Let every file of a checkpoint reach the disk in pieces, with a pause between them."""

    def write_in_pieces(path: Path, data: bytes) -> None:
        with open(path, "xb", buffering=0) as file:
            for start in range(0, len(data), PIECE):
                file.write(data[start : start + PIECE])
                time.sleep(0.001)
            os.fsync(file.fileno())

    checkpoint_files.write_flushed = write_in_pieces
