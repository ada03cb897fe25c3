"""A test that kills broken scalers: what it must accept and reject, and the known weak tests.

make(factor, interval) gives an object with `factor` and `unscaled(gradients)`; see `scaler_passes`.
"""

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from course_lib.teaching.exercises.kinds import asked_of, attack, planted_edits


def scaler(factor: float, interval: int) -> Any:
    """A scaler that is right; each planted fault is an edit of it."""
    own, good = SimpleNamespace(factor=factor), 0

    def unscaled(gradients: list[np.ndarray]) -> list[np.ndarray] | None:
        nonlocal good
        divided = [array / own.factor for array in gradients]
        if not all(np.isfinite(array).all() for array in gradients):
            own.factor, good = own.factor / 2, 0
            return None
        good += 1
        if good >= interval:
            own.factor, good = own.factor * 2, 0
        return divided

    own.unscaled = unscaled
    return own


# Of each fault: what to ask where it survives.
_FAULTS = """
not_divided: do you compare what comes back with what was given, divided by the factor?
    array / own.factor -> array + 0
divided_by_the_next_factor: do you compare what comes back with what was given, divided by the factor?
    array / own.factor -> array / (2 * own.factor)
lets_NaN_pass: do you give it a NaN?
    np.isfinite(array).all() -> not np.isinf(array).any()
lets_infinity_pass: do you give it an infinity?
    np.isfinite(array).all() -> not np.isnan(array).any()
lets_minus_infinity_pass: do you give it minus infinity?
    np.isfinite(array).all() -> not (np.isnan(array) | (array == np.inf)).any()
looks_at_the_first_array: do you let the last of several arrays overflow?
    all(np.isfinite(array).all() for array in gradients) -> np.isfinite(gradients[0]).all()
looks_at_the_last_array: do you let the first of several arrays overflow?
    all(np.isfinite(array).all() for array in gradients) -> np.isfinite(gradients[-1]).all()
zeros_for_None: do you ask for None where a number overflowed?
    return None -> return [np.nan_to_num(array, nan=0.0, posinf=0.0, neginf=0.0) for array in divided]
bad_gradients_returned: do you ask for None where a number overflowed?
    return None -> return divided
never_lowered: do you look at the factor after an overflow?
    own.factor / 2 -> own.factor
back_to_one: do you look at the factor after an overflow?
    own.factor / 2 -> 1.0
never_grows: do you give it as many good lists as `interval` says?
    own.factor * 2 -> own.factor
grows_fourfold: do you look by how much the factor grows?
    own.factor * 2 -> own.factor * 4
overflow_not_counted: do you let a list overflow just before the factor would grow?
    own.factor, good = own.factor / 2, 0 -> own.factor = own.factor / 2
grows_one_late: do you look at the factor after every list?
    good >= interval -> good > interval
grows_early_the_second_time: do you let it grow twice in a row?
    own.factor, good = own.factor * 2, 0 -> own.factor, good = own.factor * 2, 1
interval_ignored: do you try more than one interval?
    first: interval = 3
first_factor_ignored: do you try more than one first factor?
    first: factor = 1024.0
writes_into_what_it_gets: do you compare the arrays that you gave with a copy of them?
    array / own.factor -> np.divide(array, own.factor, out=array)
tells_its_first_factor: do you look at the factor itself, beside what comes back?
    return own -> return SimpleNamespace(factor=factor, unscaled=unscaled)
"""
PLANTED = planted_edits(scaler, _FAULTS)


def scaler_passes(make: Callable[[float, int], Any]) -> bool:
    """True where make(factor, interval) gives a loss scaler that does what it should.

    scaler.factor is the number by which the next loss is multiplied. scaler.unscaled(gradients)
    gets a list of arrays, the gradients of the multiplied loss, and returns a new list of
    arrays, divided by the factor with which they were made; None where any number in any array
    is infinite or NaN. After None the factor is halved. After `interval` lists without None in
    between, all with one factor, it is doubled. Nothing is written into the arrays that it is
    given.
    """

    def same(first: Sequence[np.ndarray], second: Sequence[np.ndarray]) -> bool:
        return all(np.array_equal(one, two, equal_nan=True) for one, two in zip(first, second, strict=True))

    good, bad = [np.array([3.0, -5.0]), np.array([[0.5]])], (math.inf, -math.inf, math.nan)
    for factor, interval in ((8.0, 3), (1024.0, 2)):
        scaler, expected, count = make(factor, interval), factor, 0
        # Growth, twice; overflow of each kind, in the first array and in the last; overflow just
        # before growth would have come, and growth.
        places = [None] * (2 * interval + 1) + [(kind, array) for kind in bad for array in (0, 1)]
        places += [None] * (interval - 1) + [(math.inf, 1)] + [None] * (interval + 1)
        for place in places:
            gradients = [array.copy() for array in good]
            if place is not None:
                gradients[place[1]].flat[0] = place[0]
            given = [array.copy() for array in gradients]
            found, used = scaler.unscaled(gradients), expected
            count = count + 1 if place is None else 0
            expected *= 1.0 if place is None else 0.5
            if count == interval:
                expected, count = 2 * expected, 0
            if scaler.factor != expected or not same(gradients, given):
                return False
            if (found is None) != (place is not None):
                return False
            if found is not None and not same(found, [array / used for array in given]):
                return False
    return True


SCALER_PASSES = attack(
    "scaler_passes: Attack: a test that kills broken scalers | core, difficulty 3, 25 minutes",
    scaler_passes,
    right={"plain": scaler}
    | planted_edits(
        scaler,
        """
    by_a_product: times one over the factor, the good lists counted down, a sum that tells of overflow
        array / own.factor -> array * (1 / own.factor)
        all(np.isfinite(array).all() for array in gradients) -> np.isfinite(sum(np.abs(a).sum() for a in gradients))
        own, good = A, 0 -> own, good = A, interval
        own.factor, good = own.factor / 2, 0 -> own.factor, good = own.factor * 0.5, interval
        good += 1 -> good -= 1; good >= interval -> good == 0
        own.factor, good = own.factor * 2, 0 -> own.factor, good = own.factor + own.factor, interval
    """,
    ),
    planted=PLANTED,
    also="""
    written_otherwise: the same questions, asked in another way
        count = A -> count = (count + 1) * (place is None); expected *= A -> expected /= 2 - (place is None)
    longer: other factors and intervals
        ((8.0, 3), (1024.0, 2)) -> ((2.0, 5), (65536.0, 1), (8.0, 3))
    through_float16: overflow as float16 makes it
        gradients[place[1]].flat[0] = place[0]
        -> with np.errstate(over="ignore"): gradients[place[1]].flat[0] = np.float16(np.clip(place[0], -1e6, 1e6))
    close: a comparison that allows for rounding, and any factors
        ((8.0, 3), (1024.0, 2)) -> ((10.0, 3), (1000.0, 2)); np.array_equal(A, B, equal_nan=True)
        -> np.allclose(A, B, rtol=1e-9, atol=0, equal_nan=True)
    """,
    wrong="""
    no_nan: a test that gives infinities and no NaN | what is infinity minus infinity?
        (math.inf, -math.inf, math.nan) -> (math.inf, -math.inf)
    only_nan: a test that gives NaN and no infinity | what does float16 make of 70,000?
        (math.inf, -math.inf, math.nan) -> (math.nan,); (math.inf, 1) -> (math.nan, 1)
    no_minus: a test without minus infinity | which two signs can an overflow have?
        (math.inf, -math.inf, math.nan) -> (math.inf, math.nan)
    first_array: a test whose overflow is always in the first array | in which gradients can a number overflow?
        (0, 1) -> (0,); (math.inf, 1) -> (math.inf, 0)
    last_array: a test whose overflow is always in the last array | in which gradients can a number overflow?
        (0, 1) -> (1,)
    factor_alone: a test that looks at the factor alone | what does the optimizer get from the scaler?
        scaler.factor != expected or A -> scaler.factor != expected; if (found is None) != A: ... -> else
        if found is not None and A: ... -> else
    gradients_alone: a test that never looks at the factor | by what is the next loss multiplied?
        scaler.factor != expected or A -> A
    none_not_asked: a test that does not ask for None
        | how does the training loop know that the update must not be made?
        if (found is None) != A: ... -> else
        found is not None and A -> place is None and (found is None or A)
    inputs_trusted: a test that trusts the scaler with its arrays | who else may need the gradients that were handed in?
        scaler.factor != expected or A -> scaler.factor != expected
    no_overflow: a test in which nothing ever overflows | what is the scaler there for?
        for place in places: ... -> for place in [None] * (3 * interval): ...
    no_growth: a test that is too short for the factor to grow | after how many good lists is the factor doubled?
        for place in places: ... -> for place in [*places[2 * interval + 1 :][:6], None]: ...
    grows_once: a test that ends before the factor grows a second time in a row | when is it doubled again?
        for place in places: ... -> for place in places[interval + 1 : -1][: -1 if interval > 2 else None]: ...
    no_count_broken: a test in which no overflow interrupts a count
        | what if a list overflows just before the factor would grow?
        for place in places: ... -> for place in [None] * (2 * interval) + places[2 * interval + 1 :][:6]: ...
    one_interval: a test with one interval | what if the scaler does not read the interval that it is given?
        ((8.0, 3), (1024.0, 2)) -> ((8.0, 3), (1024.0, 3))
    one_factor: a test with one first factor | what if the scaler does not read the factor that it is given?
        ((8.0, 3), (1024.0, 2)) -> ((1024.0, 2), (1024.0, 3))
    exactly_equal: a test that wants the last bit to agree | do a / 10 and a * 0.1 round alike?
        ((8.0, 3), (1024.0, 2)) -> {((10.0, 3), (1000.0, 2))|((12.0, 3), (100.0, 2))|((7.0, 3), (700.0, 2))}
    loose: a test that compares what comes back with too large a tolerance, or not at all
        | how far is 3 / 65536 from 3, and would your test tell them apart?
        ((8.0, 3), (1024.0, 2)) -> ((1024.0, 3), (65536.0, 2)); found is not None and not same(A, B)
        -> found is not None and not all(np.allclose(A[n], B[n], atol={5.0|10.0}) for n in (0, 1))
    loose_by_two: a test that lets what comes back be half of what it should be
        | how far is 3 / 8 from 3 / 16, and would your test tell them apart?
        found is not None and not same(A, B)
        -> found is not None and not all(np.allclose(A[n], B[n], rtol={0.5|0.6}) for n in (0, 1))
    """,
    each="a scaler that is right",
    alarm=(
        "one right scaler is rejected, another is not: what do you ask that is not in the rules?",
        "a right scaler is rejected: which of your demands is none of the rules?",
    ),
    survived=asked_of(_FAULTS),
    hints="""
    Keep the factor that a right scaler would have in a variable of your own, and compare after every list.
    Good lists until it has grown twice; then inf, -inf and nan, each in the first array and in the last.
    Interrupt a count one list before it is full. Try two factors, two intervals, and copies of what you give.
    """,
    not_tested="factors that overflow themselves, and gradients on a GPU",
)
