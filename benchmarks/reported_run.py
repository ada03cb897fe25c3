"""`python -m benchmarks.reported_run RUN --notes FILE [--first RUN ...]`: the recording that lesson 11 reads.

RUN is the folder of `python -m course_lib train infinito --preset as-reported --seed 42`; --first names folders of
other seeds, of which the first epoch is taken. Of the weights nothing is kept but what `forecast_of` sees in them and
the statistics of the memory, so that the recording is small. A run keeps its last checkpoints only: `--look` adds to
FILE what those forecast that are there now and stops; it is called after each epoch, or from time to time. For a run on
a CPU; `python -m benchmarks.gpu --part infinito_run` records one on a GPU.
"""

import argparse
import json
import math
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.measure import cpu_model
from course_lib.core import config as configs
from course_lib.core.history import History
from course_lib.core.recordings import Recording, recordings_folder, write_recording
from course_lib.core.seeding import Seeds
from course_lib.infinito.report.forecast import Forecast, forecast_of
from course_lib.infinito.train import AS_REPORTED_RUN, Recipe, prepare, start_state
from course_lib.text.synthetic import REPORTED
from course_lib.training.checkpoints.saving import checkpoints, load_weights, verify

Row = dict[str, Any]
NAME, QUESTION = (
    "infinito_as_reported",
    "does the run that ended at perplexity 99.25 come out again, and what did it learn",
)
COMMAND = "python -m course_lib train infinito --preset as-reported --device cpu --seed 42 --out runs/as-reported"
MOST = 4  # batches of 8 blocks that a checkpoint is asked about: 8,192 tokens of the validation part
STOP_ID = 3  # the full stop is the most frequent symbol, after <pad>, <unk> and <eos>


def look(run: Path, notes: Path, recipe: Recipe, seed: int, *, most: int = MOST) -> list[Row]:
    """Add a row for every checkpoint of the run that has none in `notes` (JSON lines), and for the start; all rows."""
    rows = read_rows(notes)
    seeds = Seeds.same(seed)
    data, model = prepare(recipe, seeds), start_state(recipe, seeds).model
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
    return {
        name: [_six(v) for v in value] if isinstance(value, tuple) else _six(value) for name, value in plain.items()
    }


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


def recording(run: Path, first: list[Path], notes: Path, recipe: Recipe) -> Recording:
    """Everything of the run, the first epoch of the others, and what was noted of the forecasts.

    Raises ValueError unless each folder holds a run of this recipe.
    """
    rows: list[Row] = []
    seeds = []
    for place, folder in enumerate([run, *first]):
        meta = verify(checkpoints(folder)[-1]) if checkpoints(folder) else None
        if meta is None or configs.from_dict(Recipe, meta["config"]) != recipe:
            raise ValueError(f"{folder.name} must hold a checkpoint of the recipe")
        seeds.append(meta["seeds"]["init"])
        rows += history_rows(folder, seeds[-1], recipe.epochs if place == 0 else 1)
    meta = verify(checkpoints(run)[-1])
    forecasts = [row for row in read_rows(notes) if row["seed"] == seeds[0] and row["epoch"] <= meta["epoch"]]
    if meta["device"] != "cpu":
        raise ValueError(f"{run.name} must be a run on a CPU, got one on {meta['device']}")
    return Recording(
        name=NAME,
        question=QUESTION,
        config={"recipe": configs.to_dict(recipe), "seeds": seeds, "forecast_batches_of_8": MOST},
        rows=rows + forecasts,
        provenance={
            "date": meta["date"][:10],
            "command": COMMAND,
            "device": f"{cpu_model()}, 1 thread",
            "versions": meta["versions"],
        },
    )


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reported_run", description=__doc__)
    parser.add_argument("run", type=Path, help="folder of the run with seed 42")
    parser.add_argument("--first", type=Path, nargs="*", default=[], help="folders of other seeds: their first epoch")
    parser.add_argument("--notes", type=Path, required=True, help="file of the forecasts, one JSON object per line")
    parser.add_argument("--look", action="store_true", help="note the forecasts of the checkpoints and stop")
    parser.add_argument("--out", type=Path, default=recordings_folder(), help="folder of the recording")
    given = parser.parse_args(arguments)
    look(given.run, given.notes, AS_REPORTED_RUN, seed=42)
    if not given.look:
        found = recording(given.run, given.first, given.notes, AS_REPORTED_RUN)
        print(f"{write_recording(found, given.out).name}: {len(found.rows)} rows")


if __name__ == "__main__":
    main()
