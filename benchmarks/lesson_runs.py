"""Large runs of lessons: what a lesson trains live on a few seeds, here on all of them, by the lesson's own cells.

    python -m benchmarks.lesson_runs optimizers_compared

The cells are taken from the source of the lesson, so that what is recorded is what the learner reads there. Each takes
a minute or less on one core; writes `notebooks/recorded/NAME.json`.
"""

import argparse
import contextlib
import io
import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from benchmarks.measure import cpu_model, provenance
from course_lib.core.files import course_root
from course_lib.core.recordings import Recording, write_recording
from course_lib.numpy_nn.studies import stopping_runs

Names = dict[str, Any]
Rows = list[dict[str, Any]]


@dataclass(frozen=True)
class LessonRun:
    """The question, the lesson and the ids of the cells that define the run, its seeds, and how it becomes rows."""

    question: str
    lesson: str
    cells: tuple[str, ...]
    seeds: int
    rows: Callable[[Names, range], Rows]


def optimizers_compared(lesson: Names, seeds: range) -> Rows:
    """A row per optimizer and rate; only the rate with the lowest mean validation loss meets the test part."""
    grid = lesson["tune"](seeds)
    tuning = {name: lesson["np"].array([[loss for _, loss in row] for row in rows]) for name, rows in grid.items()}
    chosen = lesson["best_rates"](tuning)
    rows = []
    for name, (_, highest) in lesson["BUDGET"].items():
        for place, down in enumerate(lesson["DOWN"]):
            row = {"optimizer": name, "rate": _six(highest * down), "validation_loss": _numbers(tuning[name][place])}
            if place == chosen[name]:
                models = [model for model, _ in grid[name][place]]
                row["test_accuracy"] = _numbers(lesson["test_accuracies"](models, seeds))
            rows.append(row)
    return rows


def optimizers_again(lesson: Names, seeds: range) -> Rows:
    """A row per optimizer at the rate that was chosen before: test accuracy on seeds that nobody has looked at."""
    return [
        {"optimizer": name, "test_accuracy": _numbers(values)}
        for name, values in lesson["again_accuracies"](range(100, 100 + len(seeds))).items()
    ]


def slow_convergence(lesson: Names, seeds: range) -> Rows:
    """A row per scale of the pixels, first weights, optimizer and rate."""
    return [
        {
            "standardized": standardized,
            "init": init,
            "optimizer": name,
            "rate": rate,
            "validation_loss": _numbers(losses),
        }
        for standardized, init, name in lesson["COMBINATIONS"]
        for rate, losses in zip(
            lesson["SLOW_RATES"][name][1], lesson["slow_losses"](standardized, init, name, seeds), strict=True
        )
    ]


def starts_under_adam(lesson: Names, seeds: range) -> Rows:
    """A row per depth and start: validation accuracy, (seeds, epochs)."""
    depths = ((3, lesson["SHALLOW"], 12), (11, lesson["DEEP"], 6))
    return [
        {"layers": layers, "start": start, "accuracy": [_numbers(line) for line in lines]}
        for layers, sizes, epochs in depths
        for start, lines in lesson["accuracies"](sizes, epochs, seeds).items()
    ]


def sizes_compared(lesson: Names, seeds: range) -> Rows:
    """A row per share of wrong labels and part: accuracy, (draws, widths)."""
    return [
        {"wrong": wrong, "images": images, "accuracy": [_numbers(line) for line in lines]}
        for wrong in (0.0, 0.3)
        for images, lines in zip(("training", "new"), lesson["width_sweep"](wrong, seeds), strict=True)
    ]


def remedies_compared(lesson: Names, seeds: range) -> Rows:
    """A row per share of wrong labels and remedy, with its options: accuracy on new and moved images, (draws, 2)."""
    return [
        {
            "wrong": wrong,
            "remedy": remedy,
            "options": lesson["chosen"].get((wrong, remedy), {}),
            "accuracy": [_numbers(line) for line in lines],
        }
        for (wrong, remedy), lines in lesson["remedies_judged"](seeds).items()
    ]


def early_stopping_runs(lesson: Names, seeds: range) -> Rows:
    """A row of curves of one run with dropout, and a row per plain run: its best epoch, scores there and at the end.

    Three decimals each, which is what a reader of the curves sees.
    """
    _, curves = stopping_runs.stopping_run(lesson["digits"], 7, **stopping_runs.WITH_DROPOUT)
    rows: Rows = [{"seed": 7, **stopping_runs.WITH_DROPOUT}]
    rows[0] |= {f"{part}_curve": _decimals(curves[part].loss) for part in ("validation", "test")}
    for seed in seeds:
        _, curves = stopping_runs.stopping_run(lesson["digits"], seed, **stopping_runs.PLAIN)
        best, test = int(curves["validation"].loss.argmin()), curves["test"]
        scores = {"losses": test.loss, "accuracies": test.accuracy, "confidences": test.confidence}
        rows.append({"seed": seed, **stopping_runs.PLAIN, "best_epoch": best + 1})
        rows[-1] |= {name: _decimals(values[[best, -1]]) for name, values in scores.items()}
    return rows


_DATA_03 = ("setup", "data", "data-parts")
_DATA_05 = ("setup", "task-draw", "task-train")
RUNS = {
    "starts_under_adam": LessonRun(
        "do the first weights still matter with Adam, in 3 and in 11 layers",
        "02_initialization",
        ("setup", "try-first-data", "zeros-train", "adam-run", "adam-seeds"),
        10,
        starts_under_adam,
    ),
    "optimizers_compared": LessonRun(
        "how far apart are five optimizers that are tuned alike, on the digits",
        "03_optimizers",
        (*_DATA_03, "compare-run", "compare-trained", "compare-train", "compare-tested"),
        10,
        optimizers_compared,
    ),
    "optimizers_again": LessonRun(
        "do the differences between the five tuned optimizers come back with ten other seeds",
        "03_optimizers",
        (
            *_DATA_03,
            "compare-run",
            "compare-trained",
            "compare-train",
            "compare-tested",
            "compare-recorded",
            "compare-other",
        ),
        10,
        optimizers_again,
    ),
    "slow_convergence": LessonRun(
        "what mends a network that learns slowly: its data, its first weights, its optimizer or its rate",
        "03_optimizers",
        (*_DATA_03, "slow-run", "slow-loss", "slow-train"),
        5,
        slow_convergence,
    ),
    "sizes_compared": LessonRun(
        "how many hidden units are best where all labels are right, and where 30 % are wrong",
        "05_regularization",
        (*_DATA_05, "width-run"),
        10,
        sizes_compared,
    ),
    "remedies_compared": LessonRun(
        "what does each remedy against overfitting gain, with right and with wrong labels",
        "05_regularization",
        (*_DATA_05, "strengths-run", "compare-define", "compare-judge", "compare-run"),
        10,
        remedies_compared,
    ),
    "early_stopping_runs": LessonRun(
        "how do losses, accuracy and confidence of a small network go on after its best epoch",
        "06_early_stopping",
        ("setup",),
        10,
        early_stopping_runs,
    ),
}


def names_of(run: LessonRun) -> Names:
    """What the lesson's cells define. Raises KeyError for a cell that the lesson does not have."""
    import jupytext  # late: the table of all recordings, which every benchmark reads, does without it

    path = course_root() / "notebooks" / "source" / f"{run.lesson}.py"
    script = jupytext.reads(path.read_text(encoding="utf-8"), fmt="py:percent")
    cells = {cell.metadata.get("id"): cell.source for cell in script.cells}
    names: Names = {"__name__": run.lesson}
    with contextlib.redirect_stdout(io.StringIO()):  # what the lesson shows is not asked for here
        for cell in run.cells:
            exec(compile(cells[cell], f"{run.lesson}: {cell}", "exec"), names)
    return names


def command_of(name: str) -> str:
    """The command that makes a recording."""
    return f"python -m benchmarks.lesson_runs {name}"


def rows_of(name: str, seeds: int | None = None) -> Rows:
    """The rows of a run; on the first `seeds` seeds, or on all of them."""
    run = RUNS[name]
    return run.rows(names_of(run), range(run.seeds if seeds is None else seeds))


def _six(value: float) -> float:
    """Six significant digits, which is more than a training repeats on another machine."""
    return float(f"{value:.6g}")


def _decimals(values: Iterable[float]) -> list[float]:
    return [round(float(value), 3) for value in values]


def _numbers(values: Iterable[float]) -> list[float | None]:
    """Six digits each; None for a run that diverged."""
    return [_six(value) if math.isfinite(value) else None for value in values]


def main(arguments: list[str] | None = None) -> None:
    """Make the recordings that are named, or all of them."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.lesson_runs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(RUNS)}; all where none is given")
    names = parser.parse_args(arguments).names or list(RUNS)
    for name in names:
        if name not in RUNS:
            parser.error(f"name must be one of {', '.join(RUNS)}, got {name!r}")
    for name in names:
        run = RUNS[name]
        config = {"lesson": run.lesson, "cells": list(run.cells), "seeds": run.seeds}
        made = {"device": cpu_model(), **provenance(command_of(name), ("numpy", "scikit-learn"))}
        print(f"wrote {write_recording(Recording(name, run.question, config, rows_of(name), made)).name}")


if __name__ == "__main__":
    main()
