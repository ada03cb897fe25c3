"""A training run for lesson 08 that the learner kills at a step of their own choice, in a process of its own.

The child trains the digits in a folder with `run`. After every update it writes the number of the step and waits for a
word, so that the kill falls on the step that was asked for and not a few updates later. SIGKILL cannot be caught: no
handler runs, nothing is flushed, nothing is tidied up.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from course_lib.core.config import from_dict, to_dict
from course_lib.core.files import course_root
from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, digits_loaders, digits_net
from course_lib.training.checkpoints.saving import checkpoints
from course_lib.training.loop.state import Callback, TrainState
from course_lib.training.runs.run import run

SAVING = "saving\n"


@dataclass(frozen=True)
class Killed:
    """What a killed run leaves: the last step that it wrote, its exit code, and its checkpoints, oldest first."""

    step: int
    exit_code: int
    checkpoints: tuple[str, ...]

    def __str__(self) -> str:
        saved = ", ".join(self.checkpoints) or "none"
        return f"killed after step {self.step} (exit code {self.exit_code})\nwhole checkpoints: {saved}"


def digits_run(
    folder: Path,
    config: DigitsConfig,
    seeds: Seeds,
    *,
    save_steps: int,
    on_step: Iterable[Callback] = (),
    log: Callable[[str], object] = print,
) -> TrainState:
    """Train the digits in `folder`, or go on there, with a checkpoint at every `save_steps`-th update."""
    loader, _ = digits_loaders(config, seeds)
    model = digits_net(config, seed=seeds.init)
    state = TrainState(model, torch.optim.Adam(model.parameters(), lr=config.lr), seeds)
    settings: dict[str, Any] = {"config": config, "save_steps": save_steps, "on_step": on_step, "log": log}
    run(folder, state, loader, classification_loss, epochs=config.epochs, **settings)
    return state


def run_and_kill(
    folder: Path, config: DigitsConfig, seeds: Seeds, *, after: int, save_steps: int, while_saving: bool = False
) -> Killed:
    """Start the run in a process of its own and kill it (SIGKILL) after the update number `after`.

    while_saving: not at once but in the middle of the next save, with one of its files written and the others not.
    Raises ValueError unless the run has such a step.
    """
    loader, _ = digits_loaders(config, seeds)
    last = config.epochs * len(loader)
    if not 1 <= after <= last:
        raise ValueError(f"after must be a step of the run, 1 to {last}, got {after}")
    task = json.dumps([str(folder), to_dict(config), to_dict(seeds), save_steps, after if while_saving else None])
    path = os.pathsep.join(filter(None, [str(course_root()), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-c", f"from {__name__} import child; child()", task]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=os.environ | {"PYTHONPATH": path}, **pipes) as process:
        step = 0
        for line in process.stdout:  # the number of each update, or "saving"
            saving = line == SAVING
            step = step if saving else int(line)
            if saving or (step == after and not while_saving):
                process.kill()
                break
            process.stdin.write("go on\n")
            process.stdin.flush()
    return Killed(step, process.returncode, tuple(path.name for path in checkpoints(folder)))


def child() -> None:
    """The process that will be killed: writes its step after every update and waits for a word."""
    folder, config, seeds, save_steps, last_whole_save = json.loads(sys.argv[1])

    def wait() -> None:
        sys.stdout.flush()
        sys.stdin.readline()

    def tell(state: TrainState) -> None:
        print(state.step)
        wait()
        if state.step == last_whole_save:
            os.fsync = half_way

    def half_way(file: int) -> None:
        # A checkpoint flushes every file with fsync: at the first one, the others are still to come.
        print(SAVING, end="")
        wait()

    digits_run(
        Path(folder),
        from_dict(DigitsConfig, config),
        from_dict(Seeds, seeds),
        save_steps=save_steps,
        on_step=[tell],
        log=lambda text: None,
    )
