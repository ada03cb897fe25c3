"""A run that survives: it lives in a folder, locked, saved as it goes, resumed by starting it again."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, nullcontext
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal

import torch.distributed as dist

from course_lib.core.history import History
from course_lib.core.validation import validate_at_least, validate_choice
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.data.workers import require_main_guard
from course_lib.training.loop.callbacks import ask_again, every
from course_lib.training.loop.distributed import rank, world_size
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import Callback, Loader, LossFunction, TrainState
from course_lib.training.runs.lock import locked
from course_lib.training.runs.plan import Plan
from course_lib.training.runs.signals import Interrupted, heed, signals_noted

Keep = Literal["last", "every", "best"]
KEEP = ("last", "every", "best")
OF_FIT = {"accumulate": 1, "clip": None, "precision": "float32"}  # what of `fit` changes the numbers, with defaults
LONGER = ("epochs", "patience")  # fields of a config that say how long, and not what is computed
Log = Callable[[str], object]


def run(
    folder: Path,
    state: TrainState,
    loader: Loader,
    loss_fn: LossFunction,
    *,
    epochs: int,
    config: object | None = None,
    extra: dict[str, Any] | None = None,
    keep: Keep = "last",
    watch: tuple[str, str] = ("val", "loss"),
    mode: str = "min",
    save_steps: int | None = None,
    on_step: Iterable[Callback] = (),
    on_epoch: Iterable[Callback] = (),
    log: Log = print,
    **settings: Any,
) -> History:
    """`fit` in a folder: what is started again with the same arguments goes on, bit for bit, where it was stopped.

    Saves after every epoch, behind on_epoch, and after every `save_steps` updates. keep: "last" keeps the two newest
    checkpoints; "every" keeps all; "best" keeps, beside the newest, the one for which `watch` (split, name) was
    smallest or, with mode="max", largest, in folder/best: of those that are saved, with a value of that very step.
    settings: of `fit` (schedule, clip, ...). config (a frozen dataclass), extra (plain values for JSON), accumulate,
    clip and precision (as "fit" in extra), what the loader's order depends on and the factors of the schedule are saved
    too: a run with others does not go on from there. Fields epochs and patience of the config may grow where the
    schedule stays what it was, and a run that `stop_early` ended goes on with more patience. Plateau keeps its memory.

    SIGINT (Ctrl-C, the notebook's Interrupt), SIGTERM and SIGHUP let the step end, save, and raise Interrupted.
    Raises FolderInUse while another run holds the folder; OSError before the first step when nothing can be written
    there; CheckpointError for a checkpoint that is damaged or of another run; what `fit` raises.
    """
    require_main_guard()
    validate_at_least("epochs", epochs, 1)
    extra = {**(extra or {}), "fit": {name: settings.get(name, value) for name, value in OF_FIT.items()}}
    say = log if rank() == 0 else _nothing
    folder, on_step, on_epoch = Path(folder), tuple(on_step), tuple(on_epoch)
    plan = Plan.of(loader, settings.get("schedule"), epochs, settings.get("accumulate", 1))
    save, save_epoch = _saves(folder, keep, watch, mode, config, extra)
    by_steps = [] if save_steps is None else [every(save_steps, save)]
    with _alone_in(folder):
        found = _load_newest(folder, state, config, extra, plan)
        ask_again(state, [*on_step, *on_epoch])
        if state.stop or state.epoch >= epochs:
            say(f"complete: {_place(state)}{state.reason and '; '}{state.reason}")
            return state.history
        if found:
            say(f"resumed at {_place(state)}")
        state.interrupted = False
        with signals_noted(state) as received:
            heeds = heed(received)
            agree = [heeds] if world_size() > 1 else []
            on_step, on_epoch = [*on_step, *agree, *by_steps], [*on_epoch, heeds, save_epoch]
            fit(state, loader, loss_fn, epochs=epochs, on_step=on_step, on_epoch=on_epoch, **settings)
            if state.batch > 0:  # ended in mid-epoch; the end of an epoch is saved already
                save(state)
    if received.number is not None:
        raise Interrupted(f"interrupted: saved at {_place(state)}; start it again to go on", received.number)
    return state.history


def _saves(
    folder: Path, keep: str, watch: tuple[str, str], mode: str, config: object | None, extra: dict[str, Any] | None
) -> tuple[Callback, Callback]:
    """The callbacks that save in mid-epoch and after an epoch, and remove what is not to be kept."""
    validate_choice("keep", keep, KEEP)
    last = checkpoint.keep_last(folder, config=config, extra=extra)
    if keep == "last":
        return last, last
    if keep == "every":
        return last, checkpoint.keep_every(folder, config=config, extra=extra)
    best = checkpoint.keep_best(folder, split=watch[0], name=watch[1], mode=mode, config=config, extra=extra)

    def best_and_last(state: TrainState) -> None:
        best(state)
        last(state)

    def in_mid_epoch(state: TrainState) -> None:
        # What is saved in mid-epoch can be the best as well, if it was measured just now.
        now = any(row["split"] == watch[0] and watch[1] in row for row in _rows_of_this_step(state))
        (best_and_last if now else last)(state)

    return in_mid_epoch, best_and_last


def _rows_of_this_step(state: TrainState) -> Iterator[dict[str, Any]]:
    return takewhile(lambda row: row["step"] == state.step, reversed(state.history.rows))


def _alone_in(folder: Path) -> AbstractContextManager[None]:
    """The lock, which in a distributed run the first process holds for all."""
    return locked(folder) if rank() == 0 else nullcontext()


def _load_newest(
    folder: Path, state: TrainState, config: object | None, extra: dict[str, Any] | None, plan: Plan
) -> bool:
    """Sweep what a kill left half-written and load the newest checkpoint; whether there was one."""
    if rank() == 0:
        checkpoint.sweep(folder)
        checkpoint.sweep(folder / "best")
    if world_size() > 1:
        dist.barrier()
    newest = checkpoint.latest(folder)
    if newest is None:
        return False
    checkpoint.load(newest, state, config=config, extra=extra, plan=plan, longer=LONGER)
    return True


def _nothing(line: str) -> None:
    """What the other processes of a distributed run print."""


def _place(state: TrainState) -> str:
    part = f" and {state.batch} batches" if state.batch else ""
    return f"step {state.step} ({state.epoch} epochs{part})"
