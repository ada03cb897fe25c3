"""The whole state of a run, saved, verified and loaded as one thing, so that it goes on bit for bit.

Saved: the weights, the optimizer, the scaler, the history, where the run stands, and in the middle of an epoch the
states of the random generators. Not saved: the data and the code; `config` and `extra` say which they were, and a
checkpoint of another run is refused. On disk a checkpoint is a folder, see `checkpoint_files`.
"""

import datetime
import math
from collections.abc import Collection
from pathlib import Path
from typing import Any

from torch import nn

from course_lib.core.history import History
from course_lib.core.validation import validate_at_least, validate_choice
from course_lib.training.checkpoints.compare import (
    describe,
    differences_of_plans,
    differences_of_runs,
    differences_of_weights,
    may_grow,
)
from course_lib.training.checkpoints.content import (
    all_fine,
    generators_and_running,
    generators_here,
    generators_of,
    optimizer_bytes,
    read_optimizer,
    read_weights,
    scaler_of,
    validate_finite_tensors,
    validate_whole,
    weight_bytes,
    weights_of,
)
from course_lib.training.checkpoints.files import (
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
from course_lib.training.checkpoints.groups import load_optimizer, regrouped
from course_lib.training.checkpoints.history_file import note_loaded
from course_lib.training.checkpoints.place import best_of_epochs, place_of, put_back, versions
from course_lib.training.checkpoints.restore import all_or_nothing, put_weights, refuse, refused, validate_fitting
from course_lib.training.loop.distributed import rank, unwrapped, world_size
from course_lib.training.loop.state import Callback, TrainState
from course_lib.training.runs.lock import hold_on
from course_lib.training.runs.plan import Plan

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
    noise, running = generators_and_running(state)
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


def load(
    path: Path,
    state: TrainState,
    *,
    config: object | None = None,
    extra: dict | None = None,
    plan: Plan | None = None,
    longer: Collection[str] = (),
) -> dict[str, Any]:
    """Let `state`, freshly built, stand where the run stood that saved this checkpoint; returns the metadata.

    Every file is verified first. Compared are seeds, names, shapes and data types of the weights, class, groups and
    settings of the optimizer as the caller gave them, and config, extra and plan (loader and schedule) where they are
    given. longer: fields of the config, such as epochs, that may be larger here. Settings that moved while the run
    trained, and groups that were added, are restored. The optimizer keeps the settings of `state` for how it computes
    (foreach, fused, capturable); state.interrupted stays as it is. The next `fit` restores its schedule's memory.
    Raises CheckpointError for a damaged checkpoint, and for one of another run with a line for every difference; then
    `state` is unchanged.
    """
    described = describe(state, config, extra)
    with refused(path):
        meta, data = read_checkpoint(path)
        weights, parts = read_weights(data[WEIGHTS], meta["tied"]), read_optimizer(data[OPTIMIZER])
        rows = History.parse(data[HISTORY], Path(path) / HISTORY).rows
        found = differences_of_weights(meta, weights, *weights_of(state.model))
        found += differences_of_runs(meta, described, world_size(), longer if may_grow(meta, plan) else ())
        found += [] if plan is None else differences_of_plans(meta, plan, parts["optimizer"]["param_groups"])
        groups, unknown = regrouped(state, meta.get("members"), parts["optimizer"])
        refuse(path, found + unknown)
        validate_fitting(path, state.model, weights)
        validate_whole(path, meta, parts, state.optimizer, groups)
        scaler, noise = scaler_of(parts["scaler"], state), generators_of(parts["noise"], meta)

    with all_or_nothing(path, state.model, state):
        put_weights(state.model, weights)
        for name, parameter in unwrapped(state.model).named_parameters():
            parameter.requires_grad_(name not in meta["frozen"])
        state.given = described["optimizer"]["groups"]
        load_optimizer(state.optimizer, parts["optimizer"], groups)
        state.scaler = scaler
        state.history.rows[:] = rows
        put_back(state, meta)
        state.generators = None if noise is None else generators_here(noise, state)
    note_loaded(Path(path) / HISTORY, data[HISTORY], state.history)
    return meta


def load_weights(path: Path, model: nn.Module) -> None:
    """Load the weights alone, into a model of the same names, shapes and data types.

    Raises CheckpointError as `load` does; then the model is unchanged.
    """
    with refused(path):
        meta, data = read_checkpoint(path)
        weights = read_weights(data[WEIGHTS], meta["tied"])
        refuse(path, differences_of_weights(meta, weights, *weights_of(model)))
        validate_fitting(path, model, weights)
    with all_or_nothing(path, model):
        put_weights(model, weights)


def keep_last(folder: Path, *, config: object | None = None, extra: dict | None = None, last: int = 2) -> Callback:
    """Save, then remove all but the `last` newest checkpoints of the folder; those of `keep_every` stay.

    Two, because a disk can damage one. Raises ValueError unless last >= 1.
    """
    validate_at_least("last", last, 1)

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
    """Save in `folder/best` when split/name, measured at this step, is the best so far; it keeps one checkpoint there.

    The best so far is that of the states which this callback met: a value that was measured between two saves belongs
    to a state that nobody kept. Put it behind the callback that measures. The best one is no place to go on from: let
    `keep_last` save beside it.
    Raises ValueError for another mode than "min" and "max"; the callback, when split/name was never measured.
    """
    validate_choice("mode", mode, ("min", "max"))
    key, sign = f"{split}/{name}, {mode}", 1 if mode == "min" else -1
    keep = keep_last(Path(folder) / "best", config=config, extra=extra, last=1)

    def callback(state: TrainState) -> None:
        row = state.history.newest(split, name)
        before = state.best
        best = best_of_epochs(state, split, name, sign) if before is None else before.get(key, sign * math.inf)
        # NaN is never the best; of equal values the first one is.
        if row["step"] == state.step and sign * row[name] < sign * best:
            state.best = {**(before or {}), key: float(row[name])}
            try:
                keep(state)
            except BaseException:
                state.best = before
                raise

    return callback


def _write(
    state: TrainState, folder: Path, noise: list | None, running: list[dict], described: dict, kept: bool
) -> Path:
    if not all(math.isfinite(part["total"]) for part in running):
        raise CheckpointError(f"the running loss must be finite to be saved, got {running}")
    tensors, tied = weights_of(state.model)
    validate_finite_tensors(tensors, state.model)
    before = [path for path in checkpoints(folder) if path.name.split(".")[0] == f"step-{state.step:010d}"]
    meta = {
        "format": FORMAT,
        **place_of(state, running),
        "kept": kept or any(_is_kept(path) for path in before),
        "tied": tied,
        "frozen": [name for name, p in unwrapped(state.model).named_parameters() if not p.requires_grad],
        **described,
        "versions": versions(),
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
