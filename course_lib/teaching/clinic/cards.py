"""The broken-run clinic: look at the instruments, name the fault, see the mend.

`show_case("case-05")` draws what the instruments read, `diagnose("case-05", "rate too low")` says whether that is it,
`show_mended("case-05")` runs it with the mend. The names of the faults are `FAULTS`.
"""

import difflib
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from course_lib.plots import style
from course_lib.teaching.clinic.cases import CASES, SIGNS, BrokenRun
from course_lib.teaching.clinic.loop import Readings, Setup, train
from course_lib.teaching.exercises.card import show_card
from course_lib.teaching.learner import progress

FAULTS = tuple(sorted(SIGNS))
HEALTHY = "healthy"
KNOWING_NOTHING = float(np.log(10))
SEED = 0


@dataclass(frozen=True)
class RunDiagnosis:
    """What `diagnose` said of a case: status is "right", "not this", "no such fault" or "not started"."""

    case: str
    status: str
    lines: tuple[str, ...]

    def _ipython_display_(self) -> None:
        """Nothing: the card is on the page already, also when this is the last value of a cell."""


@lru_cache(maxsize=64)
def readings(name: str, *, mended: bool = False, seed: int = SEED) -> Readings:
    """What the instruments of a case read; "healthy" is the run that nothing is wrong with.

    Raises ValueError for a case that is not there.
    """
    # Imported here: the setups are functions, and most readers of this module want a card, not a run.
    from course_lib.teaching.clinic.faults import SETUPS

    setup = Setup() if name == HEALTHY else SETUPS[_case(name).fault][int(mended)]
    return train(setup, seed)


def _case(name: str) -> BrokenRun:
    if name not in CASES:
        raise ValueError(f"there is no case {name!r}; there are {', '.join(CASES)}")
    return CASES[name]


def show_case(name: str) -> None:
    """The instruments of a broken run: four panels and a table."""
    run = readings(name)
    style.show(_panels(run, name), _in_words(run, name))
    print(table(run))


def show_mended(name: str) -> None:
    """The mend, and the losses of the broken and of the mended run side by side."""
    case, before, after = _case(name), readings(name), readings(name, mended=True)
    print(f"mend of {name}: {case.mend}")
    figure, (left, right) = style.canvas(1, 2, width=8, height=2.7, sharey=True)
    tops: list[float] = []
    for axis, run, title in ((left, before, f"{name}, broken"), (right, after, f"{name}, mended")):
        _losses(axis, run)
        axis.set_title(title)
        tops.append(axis.get_ylim()[1])
    right.set_ylim(0, max(tops))
    words = f"Losses of {name} before and after the mend. Broken: {_ends(before)} Mended: {_ends(after)}"
    style.show(figure, words)


def diagnose(name: str, fault: Any, *, record: bool = True) -> RunDiagnosis:
    """Say whether `fault` is what is wrong with the run, show why, and return the verdict.

    Right: the reason, and the question that separates the fault from its nearest rival. Wrong: what that fault would
    show, and a question. `...` or None is not a diagnosis. Raises ValueError for a case that is not there.
    """
    found = _diagnosis(name, _case(name), fault)
    if record and found.status in ("right", "not this"):
        question = f"What is wrong with {name}?"
        progress.record_recall(f"07-{name}", question, _plain(fault), right=found.status == "right")
    show_card("diagnosis", found.status, name, found.lines)
    return found


def _plain(fault: Any) -> str:
    return " ".join(str(fault).lower().split())


def _diagnosis(name: str, case: BrokenRun, fault: Any) -> RunDiagnosis:
    if fault is None or fault is Ellipsis:
        return RunDiagnosis(name, "not started", ("name one of FAULTS",))
    said = _plain(fault)
    if said not in SIGNS:
        close = difflib.get_close_matches(said, FAULTS, n=1)
        line = f"did you mean {close[0]!r}?" if close else f"the faults are {', '.join(FAULTS)}"
        return RunDiagnosis(name, "no such fault", (f"{fault!r} is not a name of a fault", line))
    if said == case.fault:
        lines = (case.reason, f"not {case.rival}: {case.question}", f"mend: {case.mend}")
        return RunDiagnosis(name, "right", lines)
    return RunDiagnosis(name, "not this", (f"{said} would show {SIGNS[said]}", case.question))


def table(run: Readings) -> str:
    """The readings that are numbers, as text."""
    best = int(np.argmax(run.val_accuracy))
    rows = [
        ("samples", "{} training, {} validation, {} fresh".format(*run.samples)),
        ("loss before the first step", f"{run.start_loss:.3g} (knowing nothing: {KNOWING_NOTHING:.3f})"),
        (
            "first gradient, its length",
            "{:.3g} for 8 samples, {:.3g} for 32, {:.3g} for 128".format(*run.gradient_lengths),
        ),
        (
            "validation accuracy",
            f"{run.val_accuracy[-1]:.3f} at the end, best {run.val_accuracy[best]:.3f} in epoch {best + 1}",
        ),
        (
            "accuracy on fresh samples",
            f"{run.fresh_accuracy[-1]:.3f} at the end, {run.fresh_accuracy[best]:.3f} in epoch {best + 1}",
        ),
        ("two evaluations agree", "yes" if run.repeats else "no"),
        ("biases moved", "yes" if run.bias_moved else "no"),
        ("first value not finite", run.first_bad or "none"),
    ]
    lines = [f"{name:<29}{value}" for name, value in rows]
    lines.append(
        f"{'at the end':<16}{'output':>9}{'gradient':>10}{'first weights':>15}{'always off':>12}{'different units':>17}"
    )
    for one in run.layers:
        numbers = f"{one.output:>9.3g}{one.gradient:>10.1e}{one.weight:>15.3g}{one.dead:>12.0%}"
        lines.append(f"{one.name:<16}{numbers}{f'{one.different} of {one.units}':>17}")
    return "\n".join(lines)


def _panels(run: Readings, name: str) -> Any:
    figure, axes = style.canvas(1, 4, width=12, height=2.8)
    _losses(axes[0], run)
    axes[0].set_title(f"{name}: losses")
    axes[1].plot(np.arange(1, len(run.batch_losses) + 1), run.batch_losses, color=style.PALETTE[0], linewidth=0.8)
    axes[1].set(xlabel="step", ylabel="loss of the batch (nats)", title="Every batch", xlim=(0, len(run.batch_losses)))
    if np.nanmax(run.batch_losses, initial=0.0) > 100:  # a run that blew up: on a linear scale it is one last point
        axes[1].set_yscale("log")
    steps = np.arange(1, run.updates.shape[1] + 1)
    for layer, ratios in enumerate(run.updates):
        look = style.look(layer)
        shown = np.where(ratios > 0, ratios, np.nan)
        axes[2].plot(
            steps, shown, color=look["color"], linestyle=look["linestyle"], linewidth=0.9, label=f"layer {layer + 1}"
        )
    axes[2].set(xscale="log", yscale="log", xlabel="step", ylabel="change / weights", title="Length of a step")
    axes[2].set_ylim(1e-5, 1e3)
    axes[2].set_xlim(1, len(steps))
    axes[2].minorticks_off()  # their labels would overlap on a short run
    axes[2].legend(fontsize=8, loc="lower left")
    axes[3].imshow(run.confusion, cmap="Greys", vmin=0)
    axes[3].set(xlabel="predicted digit", ylabel="true digit", title="Validation part", xticks=range(0, 10, 3))
    axes[3].set_yticks(range(0, 10, 3))
    axes[3].grid(False)
    return figure


def _losses(axis: Any, run: Readings) -> None:
    epochs = np.arange(1, len(run.train_loss) + 1)
    for index, (values, label) in enumerate(((run.train_loss, "training"), (run.val_loss, "validation"))):
        look = style.look(index)
        axis.plot(
            epochs, values, label=label, markevery=max(1, len(epochs) // 8), markersize=4, **{k: look[k] for k in look}
        )
    axis.axhline(KNOWING_NOTHING, color="0.5", linewidth=1, linestyle=":")
    axis.set(xlabel="epoch", ylabel="loss (nats)", xlim=(0.5, len(epochs) + 0.5))
    finite = np.concatenate([run.train_loss, run.val_loss])
    top = np.nanmax(finite) if np.isfinite(finite).any() else 0.0
    axis.set_ylim(0, max(3.0, min(1.05 * top, 15)))
    if not np.isfinite(finite).any():
        axis.text(0.5, 0.55, "no finite loss", transform=axis.transAxes, ha="center")
    else:
        axis.legend(fontsize=9)


def _ends(run: Readings) -> str:
    said = []
    for values, name in ((run.train_loss, "training"), (run.val_loss, "validation")):
        finite = values[np.isfinite(values)]
        if len(finite):
            said.append(f"{name} loss {finite[0]:.2f} in the first epoch, {finite[-1]:.2f} in epoch {len(finite)}")
        else:
            said.append(f"{name} loss never finite")
    return "; ".join(said) + "."


def _in_words(run: Readings, name: str) -> str:
    """What the panels show, in numbers and without a verdict."""
    losses = run.batch_losses[np.isfinite(run.batch_losses)]
    batches = (
        f"batch losses between {losses.min():.3g} and {losses.max():.3g}" if len(losses) else "no finite batch loss"
    )
    steps = "; ".join(
        f"layer {k + 1} {row[0]:.1e} at step 1, {row[min(39, len(row) - 1)]:.1e} at step 40, {row[-1]:.1e} at the end"
        for k, row in enumerate(run.updates)
    )
    share = float(np.trace(run.confusion) / max(run.confusion.sum(), 1))
    return (
        f"Four panels of {name}. Losses: {_ends(run)} Every batch: {batches}. Relative length of a step: {steps}. "
        f"Confusion matrix: {share:.0%} of the validation samples lie on the diagonal."
    )
