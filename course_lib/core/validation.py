"""Validation of what callers hand over: one function for each rule, one sentence: "name must be RULE, got VALUE".

Every function takes the name that the caller knows, so that the sentence speaks of the caller's own argument. Only
these functions write these sentences; a rule that is about one function alone stands in that function.
"""

import math
import numbers
from collections.abc import Collection, Sized
from typing import Any

import numpy as np
from numpy.typing import NDArray


def validate_at_least(name: str, value: Any, least: float, *, finite: bool = False, unit: str = "") -> None:
    """Raise ValueError unless value >= least; NaN is refused, infinity only with `finite`."""
    if not value >= least or (finite and not math.isfinite(value)):
        raise ValueError(f"{name} must be {'a finite number of ' if finite else ''}at least {least}{unit}, got {value}")


def validate_above(name: str, value: Any, limit: float, *, finite: bool = False, unit: str = "") -> None:
    """Raise ValueError unless value > limit; NaN is refused, infinity only with `finite`."""
    if not value > limit or (finite and not math.isfinite(value)):
        raise ValueError(f"{name} must be {'a finite number ' if finite else ''}above {limit}{unit}, got {value}")


def validate_interval(name: str, value: Any, low: float, high: float, ends: str = "[]") -> None:
    """Raise ValueError unless value lies between low and high.

    `ends` says which of the two belong to it, as in mathematics: "[]" both, "[)" low alone, "(]" high alone, "()"
    neither. NaN is refused.
    """
    above = value >= low if ends[0] == "[" else value > low
    below = value <= high if ends[1] == "]" else value < high
    if not (above and below):
        raise ValueError(f"{name} must be in {ends[0]}{low}, {high}{ends[1]}, got {value}")


def validate_choice(name: str, value: Any, choices: Collection[Any]) -> None:
    """Raise ValueError unless value is one of the choices, which the sentence lists."""
    if value not in choices:
        raise ValueError(f"{name} must be one of {', '.join(map(str, choices))}, got {value!r}")


def validate_integer(name: str, value: Any) -> None:
    """Raise TypeError unless value is an integer of Python or NumPy; a bool is none."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral):
        raise TypeError(f"{name} must be an integer, got {value!r}")


def validate_text(name: str, value: Any) -> None:
    """Raise TypeError unless value is a text."""
    if not isinstance(value, str):
        raise TypeError(f"{name} must be a text, got {value!r}")


def validate_not_empty(name: str, values: Sized, one: str) -> None:
    """Raise ValueError unless values hold at least one item; `one` is what an item is called: "batch", "row"."""
    if len(values) == 0:
        raise ValueError(f"{name} must hold at least one {one}, got none")


def validate_vector(name: str, array: Any) -> None:
    """Raise ValueError unless the array or tensor has the shape (n,)."""
    if array.ndim != 1:
        raise ValueError(f"{name} must have shape (n,), got {tuple(array.shape)}")


def validate_same_shape(name: str, array: Any, other_name: str, other: Any) -> None:
    """Raise ValueError unless two arrays or tensors have the same shape.

    (n,) against (n, 1) would be stretched to (n, n), and the result would look like a right one.
    """
    if array.shape != other.shape:
        raise ValueError(
            f"{name} and {other_name} must have the same shape, got {tuple(array.shape)} and {tuple(other.shape)}"
        )


def validate_floating(name: str, dtype: Any, because: str = "") -> None:
    """Raise TypeError unless the dtype (of NumPy) is one of floating point; `because` says what would go wrong."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"{name} must be floating point, got {np.dtype(dtype)}{because}")


def validate_finite(name: str, values: NDArray[Any]) -> None:
    """Raise ValueError with the first value that is NaN or infinite and its place in values of any shape."""
    finite = np.isfinite(values)
    if finite.all():
        return
    place = tuple(int(index) for index in np.argwhere(~finite)[0])
    words = ", ".join(f"{axis} {index}" for axis, index in zip(("row", "column"), place, strict=False))
    raise ValueError(f"{name} must be finite, got {values[place]} at {words}")


def validate_ids(name: str, array: NDArray[Any], count: int) -> None:
    """Raise ValueError unless the array is (n,) and in [0, count), TypeError unless it holds integers; n may be 0."""
    validate_vector(name, array)
    if array.size == 0:
        return
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name} must be integers, got {array.dtype}")
    if array.min() < 0 or array.max() >= count:
        raise ValueError(f"{name} must be in [0, {count}), got {array.min()} to {array.max()}")
