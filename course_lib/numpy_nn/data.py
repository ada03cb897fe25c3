"""Samples: which are learned from, in what form, and in which order.

Shapes: n samples, f features. A split is three arrays of row numbers, so that images, labels and groups are cut alike:
`x[split.train], y[split.train]`.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from course_lib.by_hand.first_step import stratified_split
from course_lib.by_hand.schedules import updates_per_epoch
from course_lib.core.seeding import epoch_order, generator
from course_lib.core.validation import validate_at_least, validate_finite, validate_floating

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
        validate_finite("labels", labels)  # NaN equals no class, and its rows would be in no part
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
        train, validation, test = fractions
        parts = list(stratified_split(labels, (train, validation, test), rng))
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
    wide: mean and std are in float64 (or wider), and so is the arithmetic, because the units of a feature are so small
    or so large that squares leave the range of the type of the data.
    """

    mean: Floats
    std: Floats
    wide: bool = field(default=False, repr=False)

    @classmethod
    def fit(cls, x: Floats) -> "Standardizer":
        """Measure (n, f). A constant feature gets std 1, so that it becomes 0 in place of 0 / 0.

        Raises TypeError for whole numbers, whose std would be rounded; ValueError for no samples, another number of
        dimensions, or values that are not finite.
        """
        if x.ndim != 2 or len(x) == 0:
            raise ValueError(f"x must be (n, f) with n at least 1, got shape {x.shape}")
        validate_floating("x", x.dtype, ": call x.astype(np.float32)")
        validate_finite("x", x)
        constant = x.max(axis=0) == x.min(axis=0)  # exact, where a computed std may be 1e-8
        # Summed in float64: thousands of float32 values around 1e6 have a mean that is off by more than their spread.
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            mean = x.mean(axis=0, dtype=np.result_type(x.dtype, np.float64)).astype(x.dtype)
            std = x.std(axis=0, mean=mean[np.newaxis])
        wide = not _measured(x, std[~constant])
        if wide:
            mean, std = _wide_moments(x)
        return cls(np.where(constant, x[0], mean), np.where(constant, 1, std).astype(mean.dtype), wide)

    def transform(self, x: Floats) -> Floats:
        """(x - mean) / std, (n, f) -> (n, f).

        Raises ValueError for another number of features, and for values that are not finite or would not be.
        """
        self._fits(x)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.wide:
                _, power = np.frexp(self.std)  # in units near the std, x - mean overflows only where the result does
                shifted = np.ldexp(self._widened(x), -power) - np.ldexp(self.mean, -power)
                y: Floats = (shifted / np.ldexp(self.std, -power)).astype(x.dtype)
            else:
                y = (x - self.mean) / self.std
        return _finite(x, y)

    def inverse(self, x: Floats) -> Floats:
        """x * std + mean, back to the units of the data. Raises as `transform` does."""
        self._fits(x)
        with np.errstate(over="ignore", invalid="ignore"):
            if self.wide:
                y: Floats = (self._widened(x) * self.std + self.mean).astype(x.dtype)
            else:
                y = x * self.std + self.mean
        return _finite(x, y)

    def _widened(self, x: Floats) -> Floats:
        return x.astype(np.result_type(x.dtype, self.std.dtype))

    def _fits(self, x: Floats) -> None:
        if x.ndim != 2 or x.shape[1] != len(self.mean):
            raise ValueError(f"x must be (n, {len(self.mean)}) like the training part, got {x.shape}")


def _measured(x: Floats, std: Floats) -> bool:
    """Whether deviations (f,) computed in the type of x are right: no square left its range, no sum stood still."""
    if x.dtype.itemsize == 2 or len(x) * np.finfo(x.dtype).eps > 0.1:
        return False
    safe = 2.0 ** (np.finfo(x.dtype).maxexp // 3)  # 4e12 for float32: its square and its inverse square are in range
    return bool(np.abs(x).max() < safe) and bool((std > 1 / safe).all())


def _wide_moments(x: Floats) -> tuple[Floats, Floats]:
    """Mean and standard deviation (f,) of each feature in float64 or wider, computed in units of its largest value."""
    values = x.astype(np.result_type(x.dtype, np.float64))
    _, power = np.frexp(np.abs(values).max(axis=0))  # exact, as every change of a power of two
    values = np.ldexp(values, -power)
    return np.ldexp(values.mean(axis=0), power), np.ldexp(values.std(axis=0), power)


def _finite(x: Floats, y: Floats) -> Floats:
    """The result y of x, both (n, f), unless it holds what is not finite."""
    if not np.isfinite(y).all():
        validate_finite("x", x)
        row, column = np.argwhere(~np.isfinite(y))[0]
        raise ValueError(
            f"x must be in the range of the training part, got {x[row, column]} at row {row}, column {column}"
        )
    return y


def batches(
    count: int, batch_size: int, *, seed: int, epoch: int, shuffle: bool = True, drop_last: bool = False
) -> Iterator[Indices]:
    """Row numbers 0..count-1 in pieces of batch_size: every row exactly once, in an order set by seed and epoch.

    The last piece holds what is left, unless drop_last. 1,000 rows in pieces of 32 are 32 batches, the last of 8.
    Raises ValueError (at the call, not at the first batch) unless count and batch_size are at least 1.
    """
    _validate_batches(count, batch_size, drop_last)
    order = epoch_order(count, seed, epoch) if shuffle else np.arange(count)
    end = count - count % batch_size if drop_last else count
    return (order[start : start + batch_size] for start in range(0, end, batch_size))


def batches_per_epoch(count: int, batch_size: int, *, drop_last: bool = False) -> int:
    """How many pieces `batches` makes: count / batch_size rounded up, or down with drop_last. Raises as it does."""
    _validate_batches(count, batch_size, drop_last)
    return updates_per_epoch(count, batch_size, 1, drop_last)


def _validate_batches(count: int, batch_size: int, drop_last: bool) -> None:
    validate_at_least("count", count, 1)
    validate_at_least("batch_size", batch_size, 1)
    if drop_last and batch_size > count:
        raise ValueError(f"batch_size must be at most {count} rows with drop_last, got {batch_size}")
