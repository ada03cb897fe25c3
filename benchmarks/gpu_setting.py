"""The size at which each part of the GPU benchmark is run, and what stands beside its numbers."""

import os
import platform
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import torch

from benchmarks.measure import cpu_model
from course_lib.core.recordings import Recording
from course_lib.infinito.config import AS_REPORTED, FULL, SMALL, TINY, InfinitoConfig
from course_lib.infinito.train import AS_REPORTED_RUN, Recipe
from course_lib.training.machine.gpt import INFINITO_SHAPE, GPTConfig
from course_lib.training.machine.profile import Timing

Row = dict[str, Any]


@dataclass(frozen=True)
class Setting:
    """The model and the batch (B sequences of T tokens) that are timed, how often, and on which kind of device."""

    device: str
    model: GPTConfig = INFINITO_SHAPE
    batch: int = 32
    tokens: int = 256
    rounds: int = 7
    calls: int = 10
    batches: tuple[int, ...] = (1, 4, 16, 32, 64, 128)  # for the sweep over batch sizes
    sides: tuple[int, ...] = (256, 512, 1024, 2048, 4096, 8192)  # of the matrices whose product is timed
    elements: int = 2**28  # of the vector whose copy is timed
    images: int = 20_000  # that the loaders give
    compiler: str = "inductor"
    infinito: InfinitoConfig = FULL
    recipe: Recipe = AS_REPORTED_RUN

    def config(self) -> dict[str, Any]:
        """As JSON gives it back: tuples are lists there."""
        plain = asdict(self)
        return {name: list(value) if isinstance(value, tuple) else value for name, value in plain.items()}


CUDA = Setting("cuda")
CPU = Setting(
    "cpu",
    model=GPTConfig(vocabulary=2_000, context=128, width=256, layers=4, heads=8),
    batch=8,
    tokens=128,
    rounds=5,
    calls=1,
    batches=(1, 2, 4, 8, 16),
    sides=(64, 128, 256, 512, 1024, 2048),
    elements=2**24,
    images=4_000,
    infinito=replace(SMALL, width=256, heads=8, feed_forward=1_024),
)
QUICK = Setting(
    "cpu",
    model=GPTConfig(vocabulary=50, context=16, width=16, layers=1, heads=2),
    batch=2,
    tokens=8,
    rounds=2,
    calls=1,
    batches=(1, 2),
    sides=(16, 32),
    elements=1_000,
    images=64,
    compiler="eager",  # needs no C compiler
    infinito=replace(TINY, vocabulary=50, context=8, positions=8, width=16, heads=2, feed_forward=32),
    recipe=replace(
        AS_REPORTED_RUN,
        model=replace(AS_REPORTED, vocabulary=104, width=16, layers=1, heads=2, feed_forward=32),
        epochs=1,
    ),
)


@dataclass(frozen=True)
class Part:
    """One recording to make: its name without the device, what it answers, and the function that gives its rows."""

    name: str
    question: str
    rows: Callable[[Setting], list[Row]]
    settings: tuple[str, ...] = field(default=("model", "batch", "tokens"))  # fields that its numbers depend on
    devices: tuple[str, ...] = ("cpu", "cuda")  # for which a recording is wanted


def seconds_row(timing: Timing, **labels: Any) -> Row:
    """A row with the seconds of one call: median, lowest and highest."""
    return {**labels, "seconds": timing.median, "lowest": timing.low, "highest": timing.high}


def make(part: Part, setting: Setting, command: str) -> Recording:
    """Run the part and return what it found, with its provenance."""
    return Recording(
        name=f"{setting.device}_{part.name}",
        question=part.question,
        config=config_of(part, setting),
        rows=part.rows(setting),
        provenance=provenance(setting, command),
    )


def config_of(part: Part, setting: Setting) -> dict[str, Any]:
    """The fields of the setting that the numbers of this part depend on."""
    everything = setting.config()
    return {name: everything[name] for name in ("device", *part.settings)}


def provenance(setting: Setting, command: str) -> dict[str, Any]:
    """What a reader needs in order to judge and repeat it; holds no name of a user, a folder or a host."""
    versions = {"python": platform.python_version(), "torch": torch.__version__}
    device = f"{cpu_model()}, {torch.get_num_threads()} thread(s)"
    if setting.device == "cuda":
        versions["cuda"] = str(torch.version.cuda)
        memory = torch.cuda.get_device_properties(0).total_memory / 2**30
        device = f"{torch.cuda.get_device_name(0)}, {memory:.0f} GiB"
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "device": device,
        "system": f"{platform.system()} {platform.machine()}",
        "versions": versions,
        "load": load(),
    }


def load() -> str | None:
    """How busy the machine was in the last minute, as "6.9 on 2 cores"; None on a system that does not tell."""
    return f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} cores" if hasattr(os, "getloadavg") else None
