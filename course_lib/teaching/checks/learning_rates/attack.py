"""A test that finds broken schedules: what it must accept and reject, and the known weak tests."""

from collections.abc import Callable

import numpy as np

from course_lib.by_hand.schedules import warmup_cosine
from course_lib.teaching.checks.learning_rates.schedules import WARMUP_COSINE
from course_lib.teaching.exercises.edits import edited
from course_lib.teaching.exercises.kinds import attack

Make = Callable[[float, int, int, float], Callable[[int], float]]
SETTINGS = ((0.3, 20, 4, 0.1), (2.0, 9, 0, 0.0), (0.05, 13, 1, 0.5), (1.0, 30, 10, 0.2))


def _made_of(rule: Callable[..., float]) -> Make:
    return lambda lr, steps, warmup, floor: lambda step: rule(step, lr, steps, warmup, floor)


def _table(lr: float, steps: int, warmup: int, floor: float) -> Callable[[int], float]:
    """Computed once, kept in single precision, as a library may do."""
    rates = np.array([warmup_cosine(step, lr, steps, warmup, floor) for step in range(steps + 1)], np.float32)
    return lambda step: float(rates[min(step, steps)])


_KNOWN = {one.id: one.answer for one in (*WARMUP_COSINE.accepted, *WARMUP_COSINE.mistakes)}
# What a message calls a survivor, and the mistake that it is.
_SHORT = """zero from_zero, early one_early, no-rise no_warmup, flat flat_warmup, jump counted_from_start,
    long horizon_with_warmup, short ends_early, again rises_again, line straight, quarter quarter_cosine,
    no-floor no_floor, cut cut_at_floor, share multiplier"""
RIGHT = {"plain": _made_of(warmup_cosine), "table": _table}
RIGHT |= {"library": _made_of(_KNOWN["by_library"]), "squared": _made_of(_KNOWN["interpolated"])}
PLANTED = {name: _made_of(_KNOWN[id]) for name, id in map(str.split, _SHORT.split(","))}
PLANTED["0.1 % off"] = _made_of(edited(warmup_cosine, "first: lr = 1.001 * lr"))


def schedule_passes(make: Callable[[float, int, int, float], Callable[[int], float]]) -> bool:
    """Whether make(lr, steps, warmup, floor) gives a right warm-up with cosine.

    `make` returns a function from the update to its rate, which shall follow the rule of warmup_cosine to
    within a relative error of 1e-5. True for a right version, False for one with a fault.
    """
    for lr, steps, warmup, floor in ((0.3, 20, 4, 0.1), (2.0, 9, 0, 0.0), (0.05, 13, 1, 0.5)):
        schedule = make(lr, steps, warmup, floor)
        rates = np.array([schedule(step) for step in range(steps + 5)])  # beyond the end as well
        rising = lr * np.arange(1, warmup + 1) / (warmup + 1)
        angle = np.pi * np.arange(steps - warmup + 1) / (steps - warmup)  # 0 to pi, both ends included
        falling = lr * (floor + (1 - floor) * (1 + np.cos(angle)) / 2)
        right = np.concatenate([rising, falling, np.full(4, lr * floor)])
        if not np.allclose(rates, right, rtol=1e-5, atol=1e-9):
            return False
    return True


SCHEDULE_PASSES = attack(
    "schedule_passes: Attack: a test that finds broken schedules | core, difficulty 3, 20 minutes",
    schedule_passes,
    right=RIGHT,
    planted=PLANTED,
    each="a schedule that is right",
    never="does it accept warmup_cosine itself?",
    also="""
    many_settings: four settings, held against the rule at every step
        (A, (2.0, 9, 0, 0.0), B) -> SETTINGS
    relative_error: a relative error at every step
        np.allclose(rates, right, rtol=A, atol=B) -> (np.abs(rates - right) <= 1e-4 * np.abs(right) + 1e-9).all()
    """,
    wrong="""
    peak_only: a test of the peak alone | what if the rate is right at update `warmup` and wrong before it?
        after right = A -> rates, right = rates[[warmup]], right[[warmup]]
    ends_only: a test of the first and the last step | what may happen in between?
        after right = A -> rates, right = rates[[0, steps]], right[[0, steps]]
    three_points: a test of the first step, the peak and the end
        | would a straight line from the peak to the end be noticed?
        after right = A -> rates, right = rates[[0, warmup, steps]], right[[0, warmup, steps]]
    not_beyond_the_end: a test that stops at the end of the run | what does the schedule give at steps + 3?
        after right = A -> rates, right = rates[: steps + 1], right[: steps + 1]
    after_the_warmup: a test of the cosine alone | which rates do the first updates have?
        after right = A -> rates, right = rates[warmup:], right[warmup:]
    warmup_alone: a test of the warm-up alone | which rates do the updates after the warm-up have?
        after right = A -> rates, right = rates[:warmup], right[:warmup]
    never_a_warmup: a test whose settings all have warmup = 0 | which faults can only be seen when there is a warm-up?
        (A, (2.0, 9, 0, 0.0), B) -> ((0.3, 20, 0, 0.1), (2.0, 9, 0, 0.0))
    never_a_floor: a test whose settings all have floor = 0 | which faults can only be seen when there is a floor?
        (A, (2.0, 9, 0, 0.0), B) -> ((0.3, 20, 4, 0.0), (2.0, 9, 0, 0.0))
    rate_one: a test whose settings all have rate = 1 | can a multiplier be told from a rate when the rate is 1?
        (A, (2.0, 9, 0, 0.0), B) -> ((1.0, 20, 4, 0.1), (1.0, 9, 0, 0.0))
    monotone: a test of the direction: up in the warm-up, then down | how many curves go up and then down?
        (A, (2.0, 9, 0, 0.0), B) -> SETTINGS; after right = A -> change = np.diff(rates[: steps + 1])
        np.allclose(A, B, rtol=C, atol=D) -> (change[:warmup] > 0).all() and (change[warmup:] <= 1e-9).all()
    within_bounds: a test that the rates lie between 0 and the peak | would a constant rate pass?
        np.allclose(A, B, rtol=C, atol=D) -> ((rates >= 0) & (rates <= lr * 1.0001)).all()
    exact_equality: a test that demands equality to the last bit | how many digits does a table in float32 keep?
        right = A -> right = [warmup_cosine(step, lr, steps, warmup, floor) for step in range(steps + 5)]
        np.allclose(A, B, rtol=C, atol=D) -> np.array_equal(A, B)
    absolute_tolerance: a test that lets every rate be wrong by 0.1
        | how large is the first rate of a warm-up, and how large is your tolerance?
        (A, (2.0, 9, 0, 0.0), B) -> {SETTINGS|SETTINGS[:3]}
        np.allclose(A, B, rtol=C, atol=D) -> np.abs(A - B).max() < 0.1
    absolute_for_relative: a test that lets every rate be wrong by 0.05, whatever its size
        | how large is the rate 0.05 of one of your settings, beside your tolerance?
        np.allclose(A, B, rtol=C, atol=D) -> np.abs(A - B).max() < {0.05|0.04}
    loose: a test with so wide a tolerance that all rates may be off by 0.1 %
        | which relative error does the statement allow?
        np.allclose(A, B, rtol=C, atol=D) -> np.allclose(A, B, rtol={1e-2|1e-1}, atol={1e-9|1e-2})
    strict: a test with a tolerance that is finer than single precision | how many digits does a table in float32 keep?
        np.allclose(A, B, rtol=C, atol=D) -> np.allclose(A, B, rtol={1e-9|0}, atol=1e-9)
    relative_to_zero: a test of the relative error alone, which has no meaning where the rate is 0
        | `squared` ends at a rate of 1e-32: by how much is that wrong, and by how much relative to 0?
        np.allclose(A, B, rtol=C, atol=D) -> np.allclose(A, B, rtol=1e-5, atol=0)
    sums_compared: a test of the mean rate
        | can a rate that is too high at one step and too low at another have the right mean?
        (A, (2.0, 9, 0, 0.0), B) -> SETTINGS
        np.allclose(A, B, rtol=C, atol=D) -> abs(A.mean() / B.mean() - 1) < 0.05
    """,
    alarm="a right schedule is refused: print the largest relative error that you find for `warmup_cosine` itself",
    survived="{name}: at which step, and in which setting, would that fault show?",
    hints="""
    Write down what the rates of one small setting should be, step by step, and compare with a tolerance.
    Take several settings: with and without a warm-up, with and without a floor, and a rate that is not 1.
    Look beyond the last step as well.
    """,
    not_tested="schedules that raise for bad input",
)
