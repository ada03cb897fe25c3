"""Which samples are learned from, in what form, and in which order?

Shapes: n samples, f features. A split is three arrays of row numbers, so that images, labels and groups are cut alike:
`x[split.train], y[split.train]`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.core.seeding import epoch_order, generator
from course_lib.numpy_nn.finite import require_finite

Floats = NDArray[np.floating[Any]]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Split:
    """Row numbers of three parts that share no row and together hold all."""

    train: Indices
    validation: Indices
    test: Indices


def split_indices(
    labels: ArrayLike,
    *,
    seed: int,
    fractions: Sequence[float] = (0.70, 0.15, 0.15),
    stratify: bool = True,
    groups: ArrayLike | None = None,
) -> Split:
    """Cut n rows into training, validation and test parts.

    labels (n,): with stratify=True every class is cut in these fractions (to within one sample). groups (n,), such
    as patients: all rows of a group land in the same part, and whole groups are then cut in these fractions (not
    stratified). A function of its arguments alone.
    Raises ValueError for no rows, NaN, fractions that are not three numbers above 0 with the sum 1, groups of another
    length, or a part that would be empty.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or len(labels) == 0:
        raise ValueError(f"labels must be (n,) with n at least 1, got shape {labels.shape}")
    if labels.dtype.kind == "f":
        require_finite("labels", labels)  # NaN equals no class, and its rows would be in no part
    if len(fractions) != 3 or min(fractions) <= 0 or not math.isclose(sum(fractions), 1):
        raise ValueError(f"fractions must be three numbers above 0 with the sum 1, got {tuple(fractions)}")
    rng = generator(seed, "split")
    if groups is not None:
        groups = np.asarray(groups)
        if groups.shape != labels.shape:
            raise ValueError(f"groups must have the shape of labels, got {groups.shape} and {labels.shape}")
        names, member = np.unique(groups, return_inverse=True)
        parts = [np.flatnonzero(np.isin(member, chosen)) for chosen in _cut(rng.permutation(len(names)), fractions)]
    elif stratify:
        classes = [np.flatnonzero(labels == label) for label in np.unique(labels)]
        cuts = [_cut(rng.permutation(rows), fractions) for rows in classes]
        parts = [np.sort(np.concatenate(pieces)) for pieces in zip(*cuts, strict=True)]
    else:
        parts = [np.sort(rows) for rows in _cut(rng.permutation(len(labels)), fractions)]
    for name, rows in zip(("training", "validation", "test"), parts, strict=True):
        if len(rows) == 0:
            unit = "group" if groups is not None else "class" if stratify else "row"
            raise ValueError(
                f"every part must hold a row, got none in the {name} part of {len(labels)} rows (cut by {unit})"
            )
    return Split(*parts)


def _cut(rows: Indices, fractions: Sequence[float]) -> list[Indices]:
    """Three consecutive pieces of `rows`, cut where the rounded running sums of the fractions fall."""
    ends = np.round(np.cumsum(fractions)[:2] * len(rows)).astype(int)
    return np.split(rows, ends)


@dataclass(frozen=True)
class Standardizer:
    """Mean and standard deviation of every feature, (f,) each, measured on the training part and nowhere else.

    `Standardizer.fit(x_train)` makes one; `transform` then serves the training, validation and test parts, and every
    sample that the network is shown later.
    """

    mean: Floats
    std: Floats

    @classmethod
    def fit(cls, x: Floats) -> Standardizer:
        """Measure (n, f). A constant feature gets std 1, so that it becomes 0 in place of 0 / 0.

        Raises TypeError for whole numbers, whose std would be rounded; ValueError for no samples, another number of
        dimensions, or values that are not finite.
        """
        if x.ndim != 2 or len(x) == 0:
            raise ValueError(f"x must be (n, f) with n at least 1, got shape {x.shape}")
        if x.dtype.kind != "f":
            raise TypeError(f"x must be floating point, as x.astype(np.float32) is, got {x.dtype}")
        require_finite("x", x)
        # Summed in float64: thousands of float32 values around 1e6 have a mean that is off by more than their spread.
        mean = x.mean(axis=0, dtype=np.float64).astype(x.dtype)
        std = x.std(axis=0, mean=mean[np.newaxis])
        constant = x.max(axis=0) == x.min(axis=0)  # exact, where a computed std may be 1e-8
        return cls(np.where(constant, x[0], mean), np.where(constant, 1, std).astype(x.dtype))

    def transform(self, x: Floats) -> Floats:
        """(x - mean) / std, (n, f) -> (n, f)."""
        self._fits(x)
        return (x - self.mean) / self.std

    def inverse(self, x: Floats) -> Floats:
        """x * std + mean, back to the units of the data."""
        self._fits(x)
        return x * self.std + self.mean

    def _fits(self, x: Floats) -> None:
        if x.ndim != 2 or x.shape[1] != len(self.mean):
            raise ValueError(f"x must be (n, {len(self.mean)}) like the training part, got {x.shape}")


def batches(
    count: int, batch_size: int, *, seed: int, epoch: int, shuffle: bool = True, drop_last: bool = False
) -> Iterator[Indices]:
    """Row numbers 0..count-1 in pieces of batch_size: every row exactly once, in an order set by seed and epoch.

    The last piece holds what is left, unless drop_last. 1,000 rows in pieces of 32 are 32 batches, the last of 8.
    Raises ValueError (at the call, not at the first batch) unless count and batch_size are at least 1.
    """
    _check_batches(count, batch_size, drop_last)
    order = epoch_order(count, seed, epoch) if shuffle else np.arange(count)
    end = count - count % batch_size if drop_last else count
    return (order[start : start + batch_size] for start in range(0, end, batch_size))


def batches_per_epoch(count: int, batch_size: int, *, drop_last: bool = False) -> int:
    """How many pieces `batches` makes: count / batch_size rounded up, or down with drop_last. Raises as it does."""
    _check_batches(count, batch_size, drop_last)
    return count // batch_size if drop_last else math.ceil(count / batch_size)


def _check_batches(count: int, batch_size: int, drop_last: bool) -> None:
    if count < 1:
        raise ValueError(f"count must be at least 1, got {count}")
    if batch_size < 1:
        raise ValueError(f"batch_size must be at least 1, got {batch_size}")
    if drop_last and batch_size > count:
        raise ValueError(f"batch_size must be at most {count} rows with drop_last, got {batch_size}")
