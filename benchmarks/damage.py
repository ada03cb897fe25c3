"""What a damaged file does to a run that goes on from it: ours beside plain torch.save and safetensors alone.

Faults: a process that is killed while it overwrites its newest file; one flipped bit; a file cut short. A file that is
refused costs the time since the one before; one that loads with other numbers in it costs the whole result.
"""

import os
import random
import signal
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

from benchmarks.killed_runs import mlp
from benchmarks.kills import reap, step_of, wait_for
from course_lib.core.seeding import Seeds
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.loop.state import TrainState

OURS, TORCH, SAFETENSORS = "course_lib", "torch.save", "safetensors"
LARGE = 12_000_000  # numbers of float32 in the file that is killed while it is written: 48 MB
Reader = Callable[[], object]


@dataclass
class Format:
    """A way to keep a run: the files that it wrote, and a reader that raises for what it refuses."""

    name: str
    files: Sequence[Path]
    read: Reader


def formats(scratch: Path) -> list[Format]:
    """The same small run (a network and its Adam) in three formats."""
    folder = scratch / "run"
    state = mlp(folder, [])
    newest = checkpoint.latest(folder)
    plain = scratch / "checkpoint.pt"
    torch.save({"model": state.model.state_dict(), "optimizer": state.optimizer.state_dict()}, plain)
    safe = scratch / "weights.safetensors"
    save_file(state.model.state_dict(), safe)
    return [
        Format(OURS, sorted(newest.iterdir()), lambda: checkpoint.load(newest, state)),
        Format(TORCH, [plain], lambda: torch.load(plain, weights_only=True)),
        Format(SAFETENSORS, [safe], lambda: load_file(safe)),
    ]


def damaged(of: Format, count: int, change: Callable[[bytes, random.Random], bytes], *, seed: int = 0) -> int:
    """How many of `count` damages, each to one file drawn from the format's, are refused."""
    rng = random.Random(f"{of.name} {seed}")
    refused = 0
    for _ in range(count):
        path = rng.choice(of.files)
        whole = path.read_bytes()
        try:
            path.write_bytes(change(whole, rng))
            refused += _refuses(of.read)
        finally:
            path.write_bytes(whole)
    of.read()  # and whole again
    return refused


def flip(data: bytes, rng: random.Random) -> bytes:
    """One bit is another."""
    changed = bytearray(data)
    changed[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def cut(data: bytes, rng: random.Random) -> bytes:
    """The end is missing."""
    return data[: rng.randrange(len(data))]


def killed_while_writing(name: str, kills: int, *, numbers: int = LARGE, seed: int = 0) -> int:
    """How often the newest file cannot be loaded after a process that keeps writing it was killed. POSIX only."""
    rng = random.Random(f"{name} {seed}")
    lost = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write, read = _writer(name, folder, numbers)
        for _ in range(kills):
            took, pid = _write_for_ever(write)
            time.sleep(rng.uniform(0, 2 * took))
            os.kill(pid, signal.SIGKILL)
            reap(pid)
            lost += _refuses(read)
            if name == OURS:
                checkpoint.sweep(folder)
    return lost


def _write_for_ever(write: Callable[[], object]) -> tuple[float, int]:
    """A child that writes again and again: the seconds that it took to write once, and its process id."""
    reading, writing = os.pipe()
    started = time.perf_counter()
    pid = os.fork()
    if pid == 0:
        try:
            while True:
                write()
                os.write(writing, b".")
        finally:
            os._exit(1)
    os.close(writing)
    wait_for(reading, 1)
    os.close(reading)
    return time.perf_counter() - started, pid


def _writer(name: str, folder: Path, numbers: int) -> tuple[Callable[[], object], Reader]:
    model = torch.nn.Linear(numbers // 1000, 1000, bias=False)
    if name == TORCH:
        path = folder / "newest.pt"
        return lambda: torch.save(model.state_dict(), path), lambda: torch.load(path, weights_only=True)
    if name == SAFETENSORS:
        path = folder / "newest.safetensors"
        return lambda: save_file(model.state_dict(), path), lambda: load_file(path)
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0))
    save = checkpoint.keep_last(folder)

    def write() -> None:
        state.step = step_of(checkpoint.latest(folder)) + 1
        save(state)

    return write, lambda: checkpoint.verify(checkpoint.latest(folder))


def _refuses(read: Reader) -> bool:
    """Whether a reader raises. Anything else that it does is an answer, wrong or right."""
    try:
        read()
    except Exception:  # torch.load raises what pickle and zipfile raise, and more
        return True
    return False
