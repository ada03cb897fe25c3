"""The training loop in torch: the same four lines as in NumPy, written once for every system of the course."""

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

import torch

from course_lib.core.history import History
from course_lib.core.metrics import Loss
from course_lib.core.schedules import Schedule
from course_lib.core.validation import validate_above, validate_at_least, validate_not_empty
from course_lib.training.checkpoints.compare import differences
from course_lib.training.data.workers import require_main_guard
from course_lib.training.loop.distributed import rank, summed
from course_lib.training.loop.generators import generator_states, generators_kept, seed_generators, set_generator_states
from course_lib.training.loop.precision import scaler_for, validate_precision
from course_lib.training.loop.state import Callback, Loader, LossFunction, TrainState
from course_lib.training.loop.step import Step
from course_lib.training.runs.plan import Plan


def fit(
    state: TrainState,
    loader: Loader,
    loss_fn: LossFunction,
    *,
    epochs: int,
    schedule: Schedule | None = None,
    accumulate: int = 1,
    clip: float | None = None,
    precision: str = "float32",
    check_every: int = 1,
    on_step: Iterable[Callback] = (),
    on_epoch: Iterable[Callback] = (),
) -> History:
    """Train state.model until `epochs` epochs are complete or a callback sets state.stop; returns state.history.

    Goes on where `state` stands, also in the middle of an epoch. Per update: `accumulate` batches, gradients clipped to
    the length `clip`, the rate of each group multiplied by schedule(step). on_step runs after each update, on_epoch
    after each epoch, in their order: measure first, then decide, then save. check_every: every how many updates loss
    and gradient are read and must be finite; on a GPU each reading waits for the device.
    A row "train" per epoch: the mean loss while the model changes, rate (of the last update, first group), seconds (of
    data and updates, without callbacks).
    Raises ValueError for settings that make no sense, FloatingPointError as `step.optimizer_step` does, RuntimeError as
    `workers.require_main_guard` does.
    """
    require_main_guard()
    _validate_settings(loader, epochs, accumulate, clip, precision, check_every)
    on_step, on_epoch = tuple(on_step), tuple(on_epoch)
    state.settings_given()
    state.plan = _planned(state, loader, schedule, epochs, accumulate)
    state.scaler = state.scaler or scaler_for(precision, state.device)
    with generators_kept(state.device), _generators_noted(state):
        while state.epoch < epochs and not state.ended:
            _start_epoch(state)
            step, clock, first = Step(state, loss_fn, precision=precision), time.perf_counter(), state.batch
            for batches in batches_of_updates(loader.epoch(state.epoch + 1, state.batch), accumulate):
                _set_rates(state, schedule)
                with step.of(batches, check=(state.step + 1) % check_every == 0):  # an error in it changes nothing
                    for batch in batches:
                        loss = step.forward(batch)
                        step.backward(loss)
                    step.validate_finite()
                    step.clip(clip)
                    step.update()
                state.step, state.batch = state.step + 1, state.batch + len(batches)
                state.running = _added(state.running, step.loss)
                state.seconds += time.perf_counter() - clock
                for callback in on_step:
                    callback(state)
                clock = time.perf_counter()  # what callbacks take is not training
                if state.stop or state.interrupted:
                    break
            else:
                _validate_batches(state, loader, first)
                _end_epoch(state)
                for callback in on_epoch:
                    callback(state)
    return state.history


def batches_of_updates(batches: Iterator[Any], size: int) -> Iterator[Sequence[Any]]:
    """Lists of `size` batches; the last one may be shorter."""
    while group := list(islice(batches, size)):
        yield group


def _planned(state: TrainState, loader: Loader, schedule: Schedule | None, epochs: int, accumulate: int) -> Plan:
    """The plan of this call, after a look whether the epoch in progress can go on with this loader."""
    plan = Plan.of(loader, schedule, epochs, accumulate)
    if state.batch:
        found = [] if state.plan.loader is None else differences(state.plan.loader, plan.loader, "loader")
        if state.batch > len(loader):
            found.append(f"loader.batches: {state.batch} were used already, this loader has {len(loader)} in an epoch")
        if found:
            place = f"epoch {state.epoch + 1} is in progress (after {state.batch} batches) and must end with its loader"
            raise ValueError("\n  ".join([f"{place}; {len(found)} differences:", *found]))
    plan.take_over(state.plan.awaited)
    return plan


def _validate_batches(state: TrainState, loader: Loader, first: int) -> None:
    """An epoch in which the loader gave nothing is not one that was trained."""
    if state.batch == first < len(loader):
        raise ValueError(
            f"loader must give its batches in every epoch, got none after batch {first} of {len(loader)} in epoch "
            f"{state.epoch + 1}: an iterator that can be used once is no loader"
        )


def _start_epoch(state: TrainState) -> None:
    state.model.train()
    if state.generators is None:
        seed_generators(state.seeds, state.epoch + 1, rank())
    else:
        set_generator_states(state.generators, state.device)
    state.generators = None


@contextmanager
def _generators_noted(state: TrainState) -> Iterator[None]:
    """Where the block ends in mid-epoch, asked to or by an error, the next call goes on with the noise of then."""
    try:
        yield
    finally:
        if state.batch > 0 and state.generators is None:
            state.generators = generator_states(state.device)


def _end_epoch(state: TrainState) -> None:
    loss = summed(state.running, state.device)
    state.epoch, state.batch = state.epoch + 1, 0
    state.history.add(
        "train", step=state.step, epoch=state.epoch, loss=float(loss.mean), rate=state.lr, seconds=state.seconds
    )
    state.running, state.seconds = Loss(0.0, 0), 0.0


def _set_rates(state: TrainState, schedule: Schedule | None) -> None:
    if schedule is not None:
        factor = state.plan.factor = schedule(state.step)
        for group in state.optimizer.param_groups:
            if "initial_lr" not in group:  # a group that was added while the run trains
                group["initial_lr"] = float(group["lr"])
            group["lr"] = group["initial_lr"] * factor


def _added(running: Loss, loss: Loss) -> Loss:
    """The sum in float64 (Apple's GPU has none), so that it is the same however the epoch is interrupted.

    On the CPU a plain number; on a GPU a tensor, as reading a number would wait for the device.
    """
    if loss.total.is_cpu:
        return Loss(running.total + loss.total.item(), running.count + loss.count)
    if not isinstance(running.total, torch.Tensor):
        dtype = torch.float32 if loss.total.is_mps else torch.float64
        running = Loss(torch.tensor(running.total, dtype=dtype, device=loss.total.device), running.count)
    return Loss(running.total.add_(loss.total), running.count + loss.count)


def _validate_settings(
    loader: Loader, epochs: int, accumulate: int, clip: float | None, precision: str, check_every: int
) -> None:
    for name, value in (("epochs", epochs), ("accumulate", accumulate), ("check_every", check_every)):
        validate_at_least(name, value, 1)
    if clip is not None:
        validate_above("clip", clip, 0)
    validate_precision(precision)
    validate_not_empty("loader", loader, "batch")
