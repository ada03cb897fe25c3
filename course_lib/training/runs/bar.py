"""A line and a bar for a run while it runs, and a watch for losses that grow."""

import importlib.util
import math
import os
import statistics
import sys
import time
from collections.abc import Callable
from typing import Any, TextIO

from course_lib.core.history import Row
from course_lib.core.metrics import Loss
from course_lib.core.validation import validate_above, validate_at_least
from course_lib.training.loop.distributed import rank, summed
from course_lib.training.loop.state import Callback, Loader, TrainState

# Outputs that are stored and compared are made with this set to "0": a bar shows times, which differ in every run.
BARS_VARIABLE = "COURSE_PROGRESS_BARS"


def total_steps(loader: Loader, *, epochs: int, accumulate: int = 1) -> int:
    """How many updates `fit` makes with these settings: what a bar and most schedules ask for."""
    return epochs * math.ceil(len(loader) / accumulate)


def run_line(state: TrainState) -> str:
    """The state in one line, to three significant digits and without times.

    In an epoch the loss of the last update; between epochs what the history holds since the epoch's end.
    """
    place = f"epoch {state.epoch + (state.batch > 0):>3}  step {state.step:>6}"
    if state.batch > 0:
        return f"{place}  loss {_mean(state.loss):.3g}  rate {state.lr:.3g}"
    rows: list[Row] = []
    for row in reversed(state.history.rows):
        if row["epoch"] != state.epoch:
            break
        rows.insert(0, row)
        if row["split"] == "train":  # the first one after the last update
            break
    hidden = ("split", "step", "epoch", "seconds")
    parts = [f"{row['split']} {name} {row[name]:.3g}" for row in rows for name in row if name not in hidden]
    return "  ".join([place, *parts])


def _mean(loss: Loss | None) -> float:
    """NaN where there is no loss, or one over no elements."""
    return float(loss.mean) if loss is not None and loss.count > 0 else math.nan


def print_line(state: TrainState) -> None:
    """A callback: print `line`. In on_step as every(100, print_line), in on_epoch behind what measures."""
    if rank() == 0:
        print(run_line(state))


def run_bar(total: int, *, seconds: float = 0.5, file: TextIO | None = None) -> Callback:
    """A bar of tqdm over `total` updates with loss and rate; pass it in on_step (and in on_epoch, if that may stop).

    It is drawn at most every `seconds`, and the loss is read only then: on a GPU a reading waits for the device.
    file: where to draw as text; None draws in a notebook or a terminal, and nothing where there is neither, where tqdm
    is not installed, or where the environment says COURSE_PROGRESS_BARS=0. A run that goes on starts the bar where it
    stands.
    Raises ValueError unless total >= 1 and seconds >= 0.
    """
    validate_at_least("total", total, 1)
    validate_at_least("seconds", seconds, 0)
    shown: list[Any] = []  # the bar, once there is something to show; it is no part of the run
    drawn, drawn_step = -math.inf, -1

    def callback(state: TrainState) -> None:
        nonlocal drawn, drawn_step
        ended = state.step >= total or state.ended
        if not ended and time.perf_counter() - drawn < seconds:
            return
        if (not shown and state.step == drawn_step) or not _somebody_looks(file):
            return  # the bar is closed, or there is nobody to see it
        if not shown:
            shown.append(_bar(total, state.step, file))
        shown[0].set_postfix(loss=f"{_mean(state.loss):.3g}", rate=f"{state.lr:.3g}", refresh=False)
        shown[0].update(state.step - shown[0].n)
        shown[0].refresh()
        drawn, drawn_step = time.perf_counter(), state.step
        if ended:
            shown.pop().close()

    return callback


def _somebody_looks(file: TextIO | None) -> bool:
    if rank() > 0 or importlib.util.find_spec("tqdm") is None:
        return False
    if file is not None:
        return True
    return os.environ.get(BARS_VARIABLE) != "0" and ("ipykernel" in sys.modules or sys.stderr.isatty())


def _bar(total: int, done: int, file: TextIO | None) -> Any:
    if file is not None:
        from tqdm import tqdm
    else:
        from tqdm.auto import tqdm  # a widget in a notebook, text in a terminal
    return tqdm(total=total, initial=done, file=file, unit="step", mininterval=0)


def watch_divergence(
    *,
    factor: float = 3.0,
    least: float = 0.1,
    window: int = 50,
    recent: int = 5,
    stop: bool = False,
    log: Callable[[str], object] = print,
) -> Callback:
    """For on_step: say when the loss has grown to more than `factor` times what it was, and to more than `least`.

    Compares the median of the last `recent` losses with the median of the up to `window` losses before them (at least
    `recent` of them), so that one hard batch is no alarm. An alarm is a row "divergence" (loss, before) in the
    history, a sentence to `log`, and with stop=True the end of the run; what comes next is compared with what came
    after the alarm. Each call adds a row "watch" with the loss of the step (over all processes), from which a resumed
    run decides as the uninterrupted one does; it reads the loss, which on a GPU waits for the device.
    every(10, ...) reads less often, and counts in tens. least: a loss that is next to nothing may well triple; one that
    diverges grows without bound. For losses that are at least 0.
    Raises ValueError unless factor > 1, least >= 0 and 1 <= recent <= window.
    """
    validate_above("factor", factor, 1)
    validate_at_least("least", least, 0)
    if not 1 <= recent <= window:
        raise ValueError(f"recent must be in [1, window], got {recent} with window {window}")

    def callback(state: TrainState) -> None:
        place = {"step": state.step, "epoch": state.epoch + 1}
        loss = _mean(None if state.loss is None else summed(state.loss, state.device))
        state.history.add("watch", **place, loss=loss)
        losses = _losses_since_alarm(state, window + recent)
        if len(losses) < 2 * recent:
            return
        now, before = statistics.median(losses[-recent:]), statistics.median(losses[:-recent])
        if now <= max(factor * before, least):
            return
        state.history.add("divergence", **place, loss=now, before=before)
        state.stop = state.stop or stop
        log(
            f"the loss has grown from {before:.3g} to {now:.3g} (medians) by step {state.step} at rate {state.lr:g}: "
            "the rate may be too high"
        )

    return callback


def _losses_since_alarm(state: TrainState, count: int) -> list[float]:
    """Up to `count` watched losses of this run, oldest first, none of them older than the last alarm."""
    losses: list[float] = []
    step = state.step
    for row in reversed(state.history.rows):
        # Runs may share a history, one behind the other, and each counts its steps from 0.
        if row["split"] == "divergence" or row["step"] > step:
            break
        step = row["step"]
        if row["split"] == "watch":
            losses.append(math.inf if math.isnan(row["loss"]) else row["loss"])  # NaN has no place in an order
            if len(losses) == count:
                break
    return losses[::-1]
