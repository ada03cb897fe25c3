"""How close counts as a reproduction: the bands of the run that ended at perplexity 99.25.

A band that is chosen after the result is known proves nothing, so these carry the date and what was known then.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from course_lib.core.reports.tables import get_report
from course_lib.core.validation import validate_interval

# When the bands were chosen. Epochs 1 to 3 of the recorded run were known by then, so that the first band is only a
# description; epochs 4 to 15 were not.
CHOSEN = "2026-11-21"
KNOWN_THEN = 3


@dataclass(frozen=True)
class Band:
    """How far the validation perplexity of epochs `first` to `last` may lie from the report's, as a fraction of it.

    Raises ValueError for epochs out of order or a fraction that is not in (0, 1).
    """

    first: int
    last: int
    relative: float

    def __post_init__(self) -> None:
        if not 1 <= self.first <= self.last:
            raise ValueError(f"epochs must satisfy 1 <= first <= last, got {self.first} and {self.last}")
        validate_interval("relative", self.relative, 0, 1, "()")


# Early epochs are steep: a start a few hundredths of a nat higher is 5 % of the perplexity there, and nothing later.
BANDS = (Band(1, 3, 0.10), Band(4, 6, 0.03), Band(7, 15, 0.01))


def band_of(epoch: int, bands: tuple[Band, ...] = BANDS) -> Band:
    """The band of an epoch. Raises ValueError for an epoch that has none."""
    for band in bands:
        if band.first <= epoch <= band.last:
            return band
    raise ValueError(f"epoch must be in {bands[0].first} to {bands[-1].last}, got {epoch}")


def within_bands(epoch: int, perplexity: float, reported: float, bands: tuple[Band, ...] = BANDS) -> bool:
    """Whether a validation perplexity lies in the band of its epoch around the reported one; NaN never does."""
    return abs(perplexity / reported - 1.0) <= band_of(epoch, bands).relative


@dataclass(frozen=True)
class Reproduced:
    """One epoch: the report's validation perplexity and ours, (ours / reported) - 1, and whether the band holds."""

    epoch: int
    reported: float
    perplexity: float
    relative: float
    holds: bool


def reproduction(rows: Sequence[dict[str, Any]], *, seed: int = 42) -> list[Reproduced]:
    """Hold the rows "val" of a recorded run against the report's table, epoch by epoch.

    Ours is computed as the report computes it: exp of the mean over batches. No rows, no epochs.
    """
    reported = get_report("infinito").table("epochs").column("val perplexity")
    found = []
    for row in rows:
        if row["split"] == "val" and row["seed"] == seed:
            epoch, ours = row["epoch"], math.exp(row["mean_of_batches"])
            theirs = reported[epoch - 1]
            found.append(Reproduced(epoch, theirs, ours, ours / theirs - 1, within_bands(epoch, ours, theirs)))
    return found


def epoch_batches(rows: Sequence[dict[str, Any]], epoch: int, *, seed: int = 42) -> list[tuple[float, int]]:
    """The batches of an epoch of training: the mean loss and the number of tokens of each."""
    return [
        (row["loss"], row["count"])
        for row in rows
        if row["split"] == "batch" and row["epoch"] == epoch and row["seed"] == seed
    ]
