"""Which tests of a scaler are right, and which are known mistakes?"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.teaching.exercises.exercise import Mistake, Variant
from course_lib.training.plain_cuda import scaler_passes

Test = Callable[[Any], bool]
Place = tuple[float, int] | None  # which number stands in which array; None where all is finite
_KINDS = (math.inf, -math.inf, math.nan)
_GOOD = (np.array([3.0, -5.0]), np.array([[0.5]]))


def _places(kinds: Sequence[float] = _KINDS, arrays: Sequence[int] = (0, 1)) -> Callable[[int], list[Place]]:
    """Growth twice, overflow of each kind in each array, an overflow just before growth, growth."""

    def of_interval(interval: int) -> list[Place]:
        bad: list[Place] = [(kind, array) for kind in kinds for array in arrays]
        end: list[Place] = [None] * (interval - 1) + bad[:1] + [None] * (interval + 1)
        return [None] * (2 * interval + 1) + bad + end

    return of_interval


_ALL_PLACES = _places()


def _tester(
    *,
    settings: Sequence[tuple[float, int]] = ((8.0, 3), (1024.0, 2)),
    places: Callable[[int], list[Place]] = _ALL_PLACES,
    factor: bool = True,
    gradients: bool = True,
    none: bool = True,
    inputs: bool = True,
) -> Test:
    """A test of scalers that is right with these defaults; each known mistake changes one of them."""

    def test(make: Callable[[float, int], Any]) -> bool:
        for first, interval in settings:
            scaler, expected, count = make(first, interval), first, 0
            for place in places(interval):
                given = [array.copy() for array in _GOOD]
                if place is not None:
                    given[place[1]].flat[-1] = place[0]
                kept = [array.copy() for array in given]
                found, used = scaler.unscaled(given), expected
                count, expected = (count + 1, expected) if place is None else (0, expected / 2)
                if count == interval:
                    expected, count = 2 * expected, 0
                wrong = factor and scaler.factor != expected
                wrong = wrong or (inputs and not all(map(_equal, given, kept)))
                wrong = wrong or (none and (found is None) != (place is not None))
                if gradients and place is None and not wrong:
                    wrong = found is None or not all(map(_equal, found, [array / used for array in kept]))
                if wrong:
                    return False
        return True

    return test


def _equal(one: np.ndarray, two: np.ndarray) -> bool:
    return np.array_equal(one, two, equal_nan=True)


def _through_a_model(make: Callable[[float, int], Any]) -> bool:
    """Overflow from numbers that are too large for float16, in place of an infinity that was written down."""
    for factor, interval in ((256.0, 4), (4096.0, 2)):
        scaler, expected, count = make(factor, interval), factor, 0
        for slope in (
            [1.0] * (2 * interval + 1) + [1e6, -1e6, 1e6, -1e6, math.nan] + [1.0] * (interval - 1) + [1e6, 1.0]
        ):
            for place in (0, 2):
                true = [np.array([0.25]), np.array([1.0, -1.0]), np.array([2.0])]
                true[place] = true[place] * slope
                with np.errstate(all="ignore"):
                    given = [(expected * array).astype(np.float16).astype(float) for array in true]
                kept, fine = [array.copy() for array in given], all(np.isfinite(array).all() for array in given)
                found, used = scaler.unscaled(given), expected
                count, expected = (count + 1, expected) if fine else (0, expected / 2)
                if count == interval:
                    expected, count = 2 * expected, 0
                if scaler.factor != expected or (found is not None) != fine or not all(map(_equal, given, kept)):
                    return False
                if fine and not all(np.allclose(own, array / used) for own, array in zip(found, kept, strict=True)):
                    return False
    return True


VARIANTS = (
    Variant("written_otherwise", _tester(), "the same questions, asked in another way"),
    Variant("longer", _tester(settings=((2.0, 5), (65536.0, 1), (8.0, 3))), "other factors and intervals"),
    Variant("through_float16", _through_a_model, "overflow as float16 makes it"),
)


def _mistake(id: str, cause: str, question: str, answer: Test) -> Mistake:
    return Mistake(id, cause, question, answer)


MISTAKES = (
    _mistake(
        "no_nan",
        "a test that gives infinities and no NaN",
        "what is infinity minus infinity?",
        _tester(places=_places((math.inf, -math.inf))),
    ),
    _mistake(
        "only_nan",
        "a test that gives NaN and no infinity",
        "what does float16 make of 70,000?",
        _tester(places=_places((math.nan,))),
    ),
    _mistake(
        "no_minus",
        "a test without minus infinity",
        "which two signs can an overflow have?",
        _tester(places=_places((math.inf, math.nan))),
    ),
    _mistake(
        "first_array",
        "a test whose overflow is always in the first array",
        "in which gradients can a number overflow?",
        _tester(places=_places(arrays=(0,))),
    ),
    _mistake(
        "last_array",
        "a test whose overflow is always in the last array",
        "in which gradients can a number overflow?",
        _tester(places=_places(arrays=(1,))),
    ),
    _mistake(
        "factor_alone",
        "a test that looks at the factor alone",
        "what does the optimizer get from the scaler?",
        _tester(gradients=False, none=False, inputs=False),
    ),
    _mistake(
        "gradients_alone",
        "a test that never looks at the factor",
        "by what is the next loss multiplied?",
        _tester(factor=False),
    ),
    _mistake(
        "none_not_asked",
        "a test that does not ask for None",
        "how does the training loop know that the update must not be made?",
        _tester(none=False),
    ),
    _mistake(
        "inputs_trusted",
        "a test that trusts the scaler with its arrays",
        "who else may need the gradients that were handed in?",
        _tester(inputs=False),
    ),
    _mistake(
        "no_overflow",
        "a test in which nothing ever overflows",
        "what is the scaler there for?",
        _tester(places=lambda interval: [None] * (3 * interval)),
    ),
    _mistake(
        "no_growth",
        "a test that is too short for the factor to grow",
        "after how many good lists is the factor doubled?",
        _tester(places=lambda interval: [*_ALL_PLACES(interval)[2 * interval + 1 :][:6], None]),
    ),
    _mistake(
        "grows_once",
        "a test that ends before the factor grows a second time in a row",
        "when is it doubled again?",
        _tester(places=lambda interval: _ALL_PLACES(interval)[interval + 1 : -1][: -1 if interval > 2 else None]),
    ),
    _mistake(
        "no_count_broken",
        "a test in which no overflow interrupts a count",
        "what if a list overflows just before the factor would grow?",
        _tester(places=lambda interval: [None] * (2 * interval) + _ALL_PLACES(interval)[2 * interval + 1 :][:6]),
    ),
    _mistake(
        "one_interval",
        "a test with one interval",
        "what if the scaler does not read the interval that it is given?",
        _tester(settings=((8.0, 3), (1024.0, 3))),
    ),
    _mistake(
        "one_factor",
        "a test with one first factor",
        "what if the scaler does not read the factor that it is given?",
        _tester(settings=((1024.0, 2), (1024.0, 3))),
    ),
    _mistake(
        "reversed",
        "a test with True and False exchanged",
        "what shall it return for a scaler that is right?",
        lambda make: not scaler_passes(make),
    ),
    _mistake("accepts_all", "a test that accepts everything", "does a path lead to `return False`?", lambda make: True),
    _mistake(
        "rejects_all",
        "a test that rejects everything",
        "which path through it ends with `return True`?",
        lambda make: False,
    ),
)
