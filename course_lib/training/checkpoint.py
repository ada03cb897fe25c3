"""How does a run go on bit for bit after it was killed? Its whole state is saved, verified and loaded as one thing.

Saved: the weights, the optimizer, the scaler, the history, where the run stands, and in the middle of an epoch the
states of the random generators. Not saved: the data and the code; `config` and `extra` say which they were, and a
checkpoint of another run is refused. On disk a checkpoint is a folder, see `checkpoint_files`.
"""

from __future__ import annotations

import datetime
import math
import platform
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

import course_lib
from course_lib.core.history import History
from course_lib.core.metrics import Loss
from course_lib.training.checkpoint_compare import (
    describe,
    differences,
    differences_of_runs,
    tensor_kinds,
)
from course_lib.training.checkpoint_content import (
    all_fine,
    noise_and_running,
    noise_here,
    optimizer_bytes,
    read_optimizer,
    read_weights,
    require_finite,
    weight_bytes,
    weights_of,
)
from course_lib.training.checkpoint_files import (
    FORMAT,
    HISTORY,
    OPTIMIZER,
    WEIGHTS,
    CheckpointError,
    checkpoints,
    latest,
    read_checkpoint,
    read_meta,
    remove,
    sweep,
    verify,
    write_checkpoint,
)
from course_lib.training.checkpoint_groups import load_optimizer, regrouped
from course_lib.training.distributed import rank, unwrapped, world_size
from course_lib.training.group_settings import members
from course_lib.training.lock import hold_on
from course_lib.training.state import Callback, TrainState

__all__ = [
    "CheckpointError", "checkpoints", "keep_best", "keep_every", "keep_last", "latest", "load", "load_weights", "save",
    "sweep", "verify",
]  # fmt: skip


def save(
    state: TrainState, folder: Path, *, config: object | None = None, extra: dict | None = None, kept: bool = False
) -> Path:
    """Write a checkpoint of the run into its folder; returns the checkpoint's folder, `folder/step-...`.

    config: the frozen dataclass that the run was built from; extra: more that must be equal in a run that loads it, as
    a dict for JSON (such as the SHA-256 of a vocabulary). kept: `keep_last` never removes it. A checkpoint of the same
    step is replaced. In a distributed run every process calls it, the first one writes.
    Raises CheckpointError for weights that are not finite, TypeError for a state that needs code to be loaded, OSError
    with path and bytes when it cannot be written, FolderInUse when this process had locked the folder and another run
    took it after its lock was removed. Whatever is raised, the checkpoints that were there are untouched.
    """
    noise, running = noise_and_running(state)
    path, failure = Path(folder) / f"step-{state.step:010d}", None
    if rank() == 0:
        try:
            hold_on(Path(folder))
            path = _write(state, Path(folder), noise, running, describe(state, config, extra), kept)
        except Exception as error:
            failure = error
    # The others must not wait for ever for a process that could not write.
    if not all_fine(failure is None, state):
        raise failure or CheckpointError(f"process 0 could not write {path}; its message says why")
    return path


def load(path: Path, state: TrainState, *, config: object | None = None, extra: dict | None = None) -> dict[str, Any]:
    """Let `state`, freshly built, stand where the run stood that saved this checkpoint; returns the metadata.

    Every file is verified first. Compared are seeds, names, shapes and data types of the weights, class, groups and
    settings of the optimizer as the caller gave them, and config and extra where they are given. Settings that moved
    while the run trained, and groups that were added, are restored. The optimizer keeps the settings of `state` for how
    it computes (foreach, fused, capturable); state.interrupted stays as it is.
    Raises CheckpointError for a damaged checkpoint, and for one of another run with a line for every difference; then
    `state` is unchanged.
    """
    meta, data = read_checkpoint(path)
    weights, parts = read_weights(data[WEIGHTS], meta["tied"]), read_optimizer(data[OPTIMIZER])
    rows = History.load(Path(path) / HISTORY).rows
    found = _differences_of_weights(meta, weights, state.model)
    described = describe(state, config, extra)
    found += differences_of_runs(meta, described, world_size())
    groups, unknown = regrouped(state, meta.get("members"), parts["optimizer"])
    _refuse(path, found + unknown)

    unwrapped(state.model).load_state_dict(weights)
    for name, parameter in unwrapped(state.model).named_parameters():
        parameter.requires_grad_(name not in meta["frozen"])
    state.given = described["optimizer"]["groups"]
    load_optimizer(state.optimizer, parts["optimizer"], groups)
    state.scaler = None
    if parts["scaler"] is not None:
        state.scaler = torch.amp.GradScaler(state.device.type)
        state.scaler.load_state_dict(parts["scaler"])
    state.history.rows[:] = rows
    state.step, state.epoch, state.batch = meta["step"], meta["epoch"], meta["batch"]
    running = meta["running"][rank()] if rank() < len(meta["running"]) else {"total": 0.0, "count": 0}
    state.running, state.seconds, state.stop = Loss(running["total"], running["count"]), meta["seconds"], meta["stop"]
    state.noise = None if parts["noise"] is None else noise_here(parts["noise"][rank()], state)
    state.loss, state.norm = None, None
    return meta


def load_weights(path: Path, model: nn.Module) -> None:
    """Load the weights alone, into a model of the same names, shapes and data types.

    Raises CheckpointError as `load` does; then the model is unchanged.
    """
    meta, data = read_checkpoint(path)
    weights = read_weights(data[WEIGHTS], meta["tied"])
    _refuse(path, _differences_of_weights(meta, weights, model))
    unwrapped(model).load_state_dict(weights)


def keep_last(folder: Path, *, config: object | None = None, extra: dict | None = None, last: int = 2) -> Callback:
    """Save, then remove all but the `last` newest checkpoints of the folder; those of `keep_every` stay.

    Two, because a disk can damage one. Raises ValueError unless last >= 1.
    """
    if last < 1:
        raise ValueError(f"last must be at least 1, got {last}")

    def callback(state: TrainState) -> None:
        path = save(state, folder, config=config, extra=extra)
        if rank() == 0:
            for old in [p for p in checkpoints(folder) if p != path and not _is_kept(p)][: -last + 1 or None]:
                remove(old)

    return callback


def keep_every(folder: Path, *, config: object | None = None, extra: dict | None = None) -> Callback:
    """Save, and remove nothing. With `every(n, ...)` at every n-th update, else after every epoch."""

    def callback(state: TrainState) -> None:
        save(state, folder, config=config, extra=extra, kept=True)

    return callback


def keep_best(
    folder: Path,
    *,
    split: str = "val",
    name: str = "loss",
    mode: str = "min",
    config: object | None = None,
    extra: dict | None = None,
) -> Callback:
    """Save in `folder/best` when the last value of split/name is the best so far; that folder keeps one checkpoint.

    Put it behind the callback that measures. The best one is no place to go on from: let `keep_last` save beside it.
    Raises ValueError for another mode than "min" and "max"; the callback, when split/name was never measured.
    """
    if mode not in ("min", "max"):
        raise ValueError(f"mode must be 'min' or 'max', got {mode!r}")

    def callback(state: TrainState) -> None:
        values = state.history.series(split, name)[1]
        # NaN is never the best; of equal values the first one is.
        others = [value for value in values[:-1] if not math.isnan(value)]
        best_before = (min if mode == "min" else max)(others, default=math.inf if mode == "min" else -math.inf)
        if values[-1] < best_before if mode == "min" else values[-1] > best_before:
            path = save(state, Path(folder) / "best", config=config, extra=extra)
            if rank() == 0:
                for old in [other for other in checkpoints(path.parent) if other != path]:
                    remove(old)

    return callback


def _write(
    state: TrainState, folder: Path, noise: list | None, running: list[dict], described: dict, kept: bool
) -> Path:
    if not all(math.isfinite(part["total"]) for part in running):
        raise CheckpointError(f"the running loss must be finite to be saved, got {running}")
    tensors, tied = weights_of(state.model)
    require_finite(tensors, state.model)
    before = [path for path in checkpoints(folder) if path.name.split(".")[0] == f"step-{state.step:010d}"]
    meta = {
        "format": FORMAT,
        "step": state.step,
        "epoch": state.epoch,
        "batch": state.batch,
        "running": running,
        "seconds": state.seconds,
        "stop": state.stop,
        "kept": kept or any(_is_kept(path) for path in before),
        "tied": tied,
        "frozen": [name for name, p in unwrapped(state.model).named_parameters() if not p.requires_grad],
        **described,
        "members": members(state.model, state.optimizer),
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
            "course_lib": course_lib.__version__,
        },
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "device": state.device.type,
    }
    contents = {WEIGHTS: weight_bytes(tensors), OPTIMIZER: optimizer_bytes(state, noise)}
    return write_checkpoint(folder, state.step, contents, state.history, meta)


def _is_kept(path: Path) -> bool:
    """Whether `keep_every` wrote it; what cannot be read is left where it is."""
    try:
        return read_meta(path)["kept"]
    except CheckpointError:
        return True


def _differences_of_weights(meta: dict[str, Any], weights: dict[str, torch.Tensor], model: nn.Module) -> list[str]:
    tensors, tied = weights_of(model)
    now = {**tensors, **{name: tensors[other] for name, other in tied.items()}}
    found = differences(tensor_kinds(weights), tensor_kinds(now), "weights")
    return found + differences(meta["tied"], tied, "tied")


def _refuse(path: Path, found: list[str]) -> None:
    if found:
        lines = "\n  ".join(found)
        raise CheckpointError(f"{path} is of another run, and nothing was loaded; {len(found)} differences:\n  {lines}")
