"""What happens between the updates: functions of the state that measure, decide and report.

A callback keeps nothing that is not in the state: what it needs of the past it reads from the history, so that a
resumed run decides as the uninterrupted one does.
"""

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.stopping import EarlyStopping
from course_lib.core.validation import validate_at_least, validate_not_empty
from course_lib.training.loop.distributed import summed
from course_lib.training.loop.precision import autocast
from course_lib.training.loop.state import Callback, TrainState

Measure = Callable[[nn.Module, Any], Loss | dict[str, Loss]]


def every(n: int, callback: Callback) -> Callback:
    """The callback, at every n-th update. Raises ValueError unless n >= 1."""
    validate_at_least("n", n, 1)

    def at_times(state: TrainState) -> None:
        if state.step % n == 0:
            callback(state)

    at_times.rule = getattr(callback, "rule", None)
    return at_times


@torch.no_grad()
def evaluate(
    model: nn.Module, batches: Iterable[Any], measure: Measure, *, precision: str = "float32"
) -> dict[str, float]:
    """Means over all elements of all batches, in evaluation mode (dropout off) and without gradients.

    measure(model, batch) returns a Loss, which is named "loss", or several of them by name; an accuracy is a Loss of
    right answers over answers. Sums are added and divided once: batches of different size do not distort the mean.
    The mode of every part of the model is put back afterwards. Raises ValueError for no batches.
    """
    modes = {module: module.training for module in model.modules()}
    parameter = next(model.parameters(), None)
    device = torch.device("cpu") if parameter is None else parameter.device
    totals: dict[str, Loss] = {}
    model.eval()
    try:
        for batch in batches:
            with autocast(precision, device):
                found = measure(model, batch)
            for name, loss in ({"loss": found} if isinstance(found, Loss) else found).items():
                totals[name] = totals.get(name, Loss(0.0, 0)) + loss
    finally:
        for module, mode in modes.items():
            module.training = mode
    validate_not_empty("batches", totals, "batch")
    return {name: float(summed(loss, device).mean) for name, loss in totals.items()}


def evaluate_on(name: str, batches: Iterable[Any], measure: Measure, *, precision: str = "float32") -> Callback:
    """Add a row `name` with the means of `evaluate` to the history."""

    def callback(state: TrainState) -> None:
        scores = evaluate(state.model, batches, measure, precision=precision)
        state.history.add(name, step=state.step, epoch=state.epoch, **scores)

    return callback


def note_batch(state: TrainState) -> None:
    """Add a row "batch" with the loss of the last update: its mean and its count.

    The mean of these over an epoch counts each batch alike, as a script does that averages what it prints.
    """
    loss = state.last.loss
    state.history.add("batch", step=state.step, epoch=state.epoch + 1, loss=float(loss.mean), count=loss.count)


def stop_early(
    patience: int, *, min_delta: float = 0.0, split: str = "val", name: str = "loss", mode: str = "min"
) -> Callback:
    """Set state.stop when split/name has not improved for `patience` rows; put it behind the callback that measures.

    The rule of `core.stopping.EarlyStopping`, which it replays over the history: `run` asks it again when it is started
    with a larger patience. The weights of the best epoch are in the checkpoint that keeps the best. Raises as
    EarlyStopping does.
    """
    EarlyStopping(patience, min_delta, mode)  # a setting that makes no sense is refused here, not after an epoch

    def callback(state: TrainState) -> None:
        stopper = EarlyStopping(patience, min_delta, mode)
        epochs, values = state.history.series(split, name, x="epoch")
        for epoch, value in zip(epochs, values, strict=True):
            stopper.update(value, int(epoch))
        if stopper.stop and not state.stop:
            state.stop = True
            rows = "1 row" if patience == 1 else f"{patience} rows"
            state.reason = f"{split}/{name} has not improved for {rows}; a larger patience goes on"

    callback.rule = callback
    return callback


def ask_again(state: TrainState, callbacks: Iterable[Callback]) -> None:
    """Let the rules of `stop_early` among the callbacks decide anew whether the run that one of them ended is over.

    A stop for another reason stays, and so does one whose rule is not among the callbacks.
    """
    rules = [rule for callback in callbacks if (rule := getattr(callback, "rule", None)) is not None]
    if not (state.stop and state.reason and rules):
        return
    state.stop, state.reason = False, ""
    for rule in rules:
        rule(state)
