"""`python -m benchmarks.leak_runs`: small models on the source of the INFINITO report, honest and not, step by step.

Lesson 11 shows in them how a held-out perplexity below the entropy of the source comes about; in sheet 11 the learner
tells the runs apart. About six minutes on one core; writes notebooks/recorded/infinito_leaks.json.
"""

from __future__ import annotations

import argparse
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.measure import cpu_model
from course_lib.core import config as configs
from course_lib.core.recordings import Recording, recordings_folder, write_recording
from course_lib.infinito import leaks

NAME = "infinito_leaks"
# Run, seeds, updates, and how often it is measured.
PLAN = (
    ("no mask", leaks.NO_MASK, range(5), 800, 50),
    ("honest", leaks.HONEST, range(5), 800, 50),
    ("no mask, quiet positions", leaks.NO_MASK_QUIET, range(1), 2_500, 100),
    ("not shifted", leaks.NOT_SHIFTED, range(1), 800, 50),
    ("memorizes", leaks.MEMORIZES, range(5), 800, 50),
    ("same text", leaks.SAME_TEXT, range(1), 800, 50),
    ("padded", leaks.PADDED, range(1), 800, 50),
)


def rows(*, quick: bool = False) -> list[dict[str, Any]]:
    """A row per run, seed and measured step."""
    found = []
    for name, run, seeds, steps, every in PLAN:
        for seed in list(seeds)[:1] if quick else seeds:
            for point in leaks.small_run(run, steps=2 if quick else steps, every=1 if quick else every, seed=seed):
                numbers = {"train": point.train, "held_out": point.held_out, "noisy": point.noisy}
                six = {key: float(f"{value:.6g}") for key, value in numbers.items()}
                found.append({"run": name, "seed": seed, "step": point.step, **six})
        print(f"{name}: done", flush=True)
    return found


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leak_runs", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="two updates of each run; for tests")
    parser.add_argument("--out", type=Path, default=recordings_folder(), help="folder of the recording")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    recording = Recording(
        name=NAME,
        question="what does a small model reach on the source of the report, honestly and otherwise",
        config={"runs": {name: configs.to_dict(run) for name, run, *_ in PLAN}, "batch": leaks.BATCH,
                "rate": leaks.RATE},
        rows=rows(quick=given.quick),
        provenance={
            "date": datetime.now(UTC).date().isoformat(),
            "command": "python -m benchmarks.leak_runs",
            "device": f"{cpu_model()}, 1 thread",
            "versions": {"python": platform.python_version(), "torch": torch.__version__},
        },
    )  # fmt: skip
    print(f"{write_recording(recording, given.out).name}: {len(recording.rows)} rows")


if __name__ == "__main__":
    main()
