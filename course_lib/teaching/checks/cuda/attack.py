"""Which scalers does the learner's test meet? Right ones, and ones with a planted fault.

make(factor, interval) gives an object with `factor` and `unscaled(gradients)`; see `scaler_passes`.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Arrays = Sequence[np.ndarray]


def _finite(arrays: Arrays) -> bool:
    return all(bool(np.isfinite(array).all()) for array in arrays)


class Scaler:
    """A scaler that is right with the defaults; a planted fault changes one of them."""

    def __init__(
        self,
        factor: float,
        interval: int,
        *,
        finite: Callable[[Arrays], bool] = _finite,
        divide_by: Callable[[float], float] = lambda factor: factor,
        lower: Callable[[float], float] = lambda factor: factor / 2,
        grow: float = 2.0,
        reset: bool = True,
        after_growth: int = 0,
        late: int = 0,
        skipped: Callable[[list[np.ndarray]], Any] = lambda divided: None,
        in_place: bool = False,
        told: Callable[[float, float], float] = lambda first, now: now,
    ) -> None:
        self._factor, self._interval, self._good = factor, interval, 0
        self._finite, self._divide_by, self._lower, self._grow = finite, divide_by, lower, grow
        self._reset, self._after_growth, self._late = reset, after_growth, late
        self._skipped, self._in_place, self._told, self._first = skipped, in_place, told, factor

    @property
    def factor(self) -> float:
        """The number by which the next loss is multiplied."""
        return self._told(self._first, self._factor)

    def unscaled(self, gradients: list[np.ndarray]) -> Any:
        """The gradients divided by the factor, or None."""
        divisor = self._divide_by(self._factor)
        if self._in_place:
            for array in gradients:
                array /= divisor
            divided = gradients
        else:
            divided = [array / divisor for array in gradients]
        if not self._finite(gradients):
            self._factor = self._lower(self._factor)
            self._good = 0 if self._reset else self._good
            return self._skipped(divided)
        self._count()
        return divided

    def _count(self) -> None:
        self._good += 1
        if self._good >= self._interval + self._late:
            self._factor, self._good = self._factor * self._grow, self._after_growth


class ByExponent:
    """The same scaler, written otherwise: the factor as a power of two times the first, good steps counted down."""

    def __init__(self, factor: float, interval: int) -> None:
        self._first, self._power = factor, 0
        self._interval = self._left = interval

    @property
    def factor(self) -> float:
        """The number by which the next loss is multiplied."""
        return self._first * 2.0 ** min(self._power, 1023)  # a float ends there; infinite from then on

    def unscaled(self, gradients: list[np.ndarray]) -> list[np.ndarray] | None:
        """The gradients divided by the factor, or None."""
        total = sum(float(np.abs(array).sum()) for array in gradients)
        divided = [array * (1 / self.factor) for array in gradients]
        self._left -= 1
        if not math.isfinite(total):
            self._power, self._left = self._power - 1, self._interval
            return None
        if self._left == 0:
            self._power, self._left = self._power + 1, self._interval
        return divided


def _version(**changed: Any) -> Callable[[float, int], Any]:
    """make(factor, interval) of a scaler with these settings."""

    def make(factor: float, interval: int) -> Any:
        return Scaler(factor, interval, **changed)

    return make


def _zeros(divided: list[np.ndarray]) -> list[np.ndarray]:
    return [np.nan_to_num(array, nan=0.0, posinf=0.0, neginf=0.0) for array in divided]


RIGHT = {"plain": _version(), "by exponent": ByExponent}
PLANTED = {
    "not divided": _version(divide_by=lambda factor: 1.0),
    "divided by the next factor": _version(divide_by=lambda factor: 2 * factor),
    "lets NaN pass": _version(finite=lambda arrays: not any(np.isinf(array).any() for array in arrays)),
    "lets infinity pass": _version(finite=lambda arrays: not any(np.isnan(array).any() for array in arrays)),
    "lets minus infinity pass": _version(
        finite=lambda arrays: not any((np.isnan(array) | (array == np.inf)).any() for array in arrays)
    ),
    "looks at the first array": _version(finite=lambda arrays: _finite(arrays[:1])),
    "looks at the last array": _version(finite=lambda arrays: _finite(arrays[-1:])),
    "zeros for None": _version(skipped=_zeros),
    "bad gradients returned": _version(skipped=lambda divided: divided),
    "never lowered": _version(lower=lambda factor: factor),
    "back to one": _version(lower=lambda factor: 1.0),
    "never grows": _version(grow=1.0),
    "grows fourfold": _version(grow=4.0),
    "overflow not counted": _version(reset=False),
    "grows one late": _version(late=1),
    "grows early the second time": _version(after_growth=1),
    "interval ignored": lambda factor, interval: Scaler(factor, 3),
    "first factor ignored": lambda factor, interval: Scaler(1024.0, interval),
    "writes into what it gets": _version(in_place=True),
    "tells its first factor": _version(told=lambda first, now: first),
}
