"""`python -m benchmarks.reported_run RUN [FIRST_EPOCHS ...]`: the recording that lesson 11 reads, from run folders.

RUN is the folder of `python -m course_lib train infinito --preset as-reported --seed 42`; the other folders are of
other seeds, of which the first epoch is taken. Nothing of the weights is kept but what `forecast_of` sees in them, and
the statistics of the memory: the rows are a few kilobytes. `--look RUN --notes FILE` adds to FILE what the checkpoints
forecast that are there now; a run keeps two, so that it is called after each epoch.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from course_lib.core import config as configs
from course_lib.core.history import History
from course_lib.core.seeding import Seeds
from course_lib.infinito.forecast import Forecast, forecast_of
from course_lib.infinito.train import AS_REPORTED_RUN, Data, Recipe, prepare, start
from course_lib.text.synthetic import REPORTED
from course_lib.training.checkpoint import checkpoints, load_weights, verify

Row = dict[str, Any]
STOP_ID = 3  # the full stop is the most frequent symbol, after <pad>, <unk> and <eos>


def look(run: Path, notes: Path, recipe: Recipe, seed: int, *, most: int | None) -> list[Row]:
    """Add a row for every checkpoint of the run that has none in `notes` (JSON lines), and for the start; all rows."""
    rows = read_rows(notes)
    seeds = Seeds.same(seed)
    data, model = prepare(recipe, seeds), start(recipe, seeds).model
    for step, folder in [(0, None), *((int(path.name.split("-")[-1]), path) for path in checkpoints(run))]:
        if any(row["step"] == step for row in rows):
            continue
        if folder is not None:
            load_weights(folder, model)
        epoch = step // len(data.train)
        seen = rounded(forecast_of(model, data.validation.ids, length=recipe.length, stop=STOP_ID,
                                   longest=REPORTED.longest, most=most))  # fmt: skip
        memory = {f"memory_{name}": value for name, value in model.get_memory_statistics().items()}
        rows.append({"split": "forecast", "seed": seed, "step": step, "epoch": epoch, **seen, **memory})
        notes.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
        print(f"looked at step {step}", flush=True)
    return rows


def rounded(forecast: Forecast) -> Row:
    """The forecast as plain numbers of six digits."""
    plain = asdict(forecast)
    return {name: [_six(v) for v in value] if isinstance(value, tuple) else _six(value) for name, value in plain.items()}


def _six(value: float) -> float:
    return value if isinstance(value, int) or not math.isfinite(value) else float(f"{value:.6g}")


def read_rows(path: Path) -> list[Row]:
    """Rows of a file of JSON lines; none where there is no file."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()] if path.is_file() else []


def history_rows(run: Path, seed: int, last_epoch: int) -> Iterator[Row]:
    """The rows "batch", "train" and "val" of the newest checkpoint's history up to `last_epoch`.

    Raises FileNotFoundError for a folder without a checkpoint, ValueError for a run with another seed.
    """
    found = checkpoints(run)
    if not found:
        raise FileNotFoundError(f"{run.name} holds no checkpoint")
    meta = verify(found[-1])
    if set(meta["seeds"].values()) != {seed}:
        raise ValueError(f"{run.name} must be a run of seed {seed}, got {meta['seeds']}")
    for row in History.load(found[-1] / "history.jsonl").rows:
        if row["epoch"] <= last_epoch and row["split"] in ("batch", "train", "val"):
            yield {"seed": seed, **{name: _six(v) if isinstance(v, float) else v for name, v in row.items()}}
