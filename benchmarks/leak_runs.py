"""`python -m benchmarks.leak_runs`: small models on the source of the INFINITO report, honest and not, step by step.

Lesson 11 shows in them how a held-out perplexity below the entropy of the source comes about; in sheet 11 the learner
tells the runs apart. `--part first` asks what moves the first epoch of a reported run: weights, data, or rounding.
About ten minutes on one core; writes notebooks/recorded/infinito_leaks.json and infinito_first.json.
"""

import argparse
import math
import platform
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from benchmarks.measure import cpu_model
from course_lib.core import config as configs
from course_lib.core.recordings import Recording, recordings_folder, write_recording
from course_lib.core.seeding import Seeds
from course_lib.infinito.losses import language_loss
from course_lib.infinito.report import leaks
from course_lib.infinito.train import AS_REPORTED_RUN, prepare, start_state

QUESTIONS = {
    "leaks": "what does a small model reach on the source of the report, honestly and otherwise",
    "first": "what moves the first epoch of a small reported run: its first weights, its data, or rounding",
}
# Run, seeds, updates, and how often it is measured.
PLAN = (
    ("no mask", leaks.NO_MASK, range(5), 800, 50),
    ("honest", leaks.HONEST, range(5), 800, 50),
    ("no mask, quiet positions", leaks.NO_MASK_QUIET, range(1), 6_000, 200),
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


# The reported recipe at a small size: 13 updates, as its first epoch has.
FIRST = replace(
    AS_REPORTED_RUN,
    model=replace(leaks.REPORTED_SMALL, vocabulary=2_000, width=128, feed_forward=512, context=64),
    batch=8,
    length=64,
    lr=3e-4,
)
UPDATES = 13


def first_epoch(seeds: Seeds, rounding: int = 0) -> float:
    """The validation perplexity after 13 updates; a `rounding` above 0 is the seed of one rounding error per weight."""
    state, data = start_state(FIRST, seeds), prepare(FIRST, seeds)
    if rounding:
        generator = torch.Generator().manual_seed(rounding)
        with torch.no_grad():
            for parameter in state.model.parameters():
                parameter *= 1 + 2.0**-23 * torch.randn(parameter.shape, generator=generator)
    torch.manual_seed(0)  # dropout and exploration: the same for all
    for _, batch in zip(range(UPDATES), data.train.epoch(1), strict=False):
        state.optimizer.zero_grad()
        language_loss(state.model, batch).mean.backward()
        torch.nn.utils.clip_grad_norm_(state.model.parameters(), FIRST.clip)
        state.optimizer.step()
    state.model.eval()
    with torch.no_grad():
        parts = [language_loss(state.model, batch) for _, batch in zip(range(16), data.validation, strict=False)]
    return math.exp(float(sum(part.total for part in parts)) / sum(part.count for part in parts))


def first_rows(*, quick: bool = False) -> list[dict[str, Any]]:
    """Ten runs that differ in their first weights, ten in their data (training and validation), ten in rounding."""
    found = []
    for seed in range(2 if quick else 10):
        for varied in ("init", "data", "rounding"):
            if varied == "rounding":
                value = first_epoch(Seeds(init=0, data=0, noise=0), rounding=seed)
            else:
                value = first_epoch(replace(Seeds(init=0, data=0, noise=0), **{varied: seed}))
            found.append({"varied": varied, "seed": seed, "perplexity": float(f"{value:.6g}")})
    return found


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.leak_runs", description=__doc__)
    parser.add_argument("--part", choices=sorted(QUESTIONS), help="one recording; without it both")
    parser.add_argument("--quick", action="store_true", help="two updates of each run; for tests")
    parser.add_argument("--out", type=Path, default=recordings_folder(), help="folder of the recordings")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    runs = {name: configs.to_dict(run) for name, run, *_ in PLAN}
    setting = {
        "leaks": {"runs": runs, "batch": leaks.BATCH, "rate": leaks.RATE},
        "first": {"recipe": configs.to_dict(FIRST), "updates": UPDATES},
    }
    for part in [given.part] if given.part else QUESTIONS:
        recording = Recording(
            name=f"infinito_{part}",
            question=QUESTIONS[part],
            config=setting[part],
            rows=rows(quick=given.quick) if part == "leaks" else first_rows(quick=given.quick),
            provenance={
                "date": datetime.now(UTC).date().isoformat(),
                "command": "python -m benchmarks.leak_runs",
                "device": f"{cpu_model()}, 1 thread",
                "versions": {"python": platform.python_version(), "torch": torch.__version__},
            },
        )
        print(f"{write_recording(recording, given.out).name}: {len(recording.rows)} rows")


if __name__ == "__main__":
    main()
