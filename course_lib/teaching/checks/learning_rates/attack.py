"""Does the learner's test accept right schedules and find broken ones? The check of schedule_passes."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_schedules import schedule_passes, warmup_cosine
from course_lib.teaching.checks.learning_rates.warmup import MISTAKES, VARIANTS
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Variant
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import attack

Make = Callable[[float, int, int, float], Callable[[int], float]]
_SETTINGS = ((0.3, 20, 4, 0.1), (2.0, 9, 0, 0.0), (0.05, 13, 1, 0.5), (1.0, 30, 10, 0.2))


def _made_of(rule: Callable[..., float]) -> Make:
    return lambda rate, steps, warmup, floor: lambda step: rule(step, rate, steps, warmup, floor)


def _table(rate: float, steps: int, warmup: int, floor: float) -> Callable[[int], float]:
    """Computed once, kept in single precision, as a library may do."""
    rates = np.array([warmup_cosine(step, rate, steps, warmup, floor) for step in range(steps + 1)], np.float32)
    return lambda step: float(rates[min(step, steps)])


RIGHT = {"plain": _made_of(warmup_cosine), "table": _table, "library": _made_of(VARIANTS[0].answer)}
RIGHT["squared"] = _made_of(VARIANTS[1].answer)
_NAMES = {  # short, because a message lists the survivors
    "zero": "from_zero",
    "early": "one_early",
    "no-rise": "no_warmup",
    "flat": "flat_warmup",
    "jump": "counted_from_start",
    "long": "horizon_with_warmup",
    "short": "ends_early",
    "again": "rises_again",
    "line": "straight",
    "quarter": "quarter_cosine",
    "no-floor": "no_floor",
    "cut": "cut_at_floor",
    "share": "multiplier",
}
_BY_ID = {one.id: one.answer for one in MISTAKES}
PLANTED = {name: _made_of(_BY_ID[id]) for name, id in _NAMES.items()}


def _close(own: np.ndarray, rule: np.ndarray) -> bool:
    return bool(np.allclose(own, rule, rtol=1e-5, atol=1e-9))


def _tester(
    *,
    settings: tuple[tuple[float, int, int, float], ...] = _SETTINGS,
    steps_of: Callable[[int, int], Any] = lambda steps, warmup: range(steps + 5),
    same: Callable[[np.ndarray, np.ndarray], bool] = _close,
) -> Callable[[Make], bool]:
    """A test of schedules that is right with these defaults; each known mistake changes one of them."""

    def test(make: Make) -> bool:
        for rate, steps, warmup, floor in settings:
            schedule, looked_at = make(rate, steps, warmup, floor), list(steps_of(steps, warmup))
            own = np.array([schedule(step) for step in looked_at], np.float64)
            rule = np.array([warmup_cosine(step, rate, steps, warmup, floor) for step in looked_at])
            if not same(own, rule):
                return False
        return True

    return test


def _monotone(make: Make) -> bool:
    for rate, steps, warmup, floor in _SETTINGS:
        schedule = make(rate, steps, warmup, floor)
        change = np.diff([schedule(step) for step in range(steps + 1)])
        if (change[:warmup] <= 0).any() or (change[warmup:] > 1e-9).any():
            return False
    return True


def _within(make: Make) -> bool:
    for rate, steps, warmup, floor in _SETTINGS:
        schedule = make(rate, steps, warmup, floor)
        if not all(0 <= schedule(step) <= rate * 1.0001 for step in range(steps + 5)):
            return False
    return True


_RIGHT = (
    Variant("many_settings", _tester(), "four settings, held against the rule at every step"),
    Variant(
        "relative_error",
        _tester(same=lambda own, rule: bool((np.abs(own - rule) <= 1e-4 * np.abs(rule) + 1e-9).all())),
        "a relative error at every step",
    ),
)
_WRONG = (
    Mistake(
        "peak_only",
        "a test of the peak alone",
        "what if the rate is right at update `warmup` and wrong before it?",
        _tester(steps_of=lambda steps, warmup: [warmup]),
    ),
    Mistake(
        "ends_only",
        "a test of the first and the last step",
        "what may happen in between?",
        _tester(steps_of=lambda steps, warmup: [0, steps]),
    ),
    Mistake(
        "three_points",
        "a test of the first step, the peak and the end",
        "would a straight line from the peak to the end be noticed?",
        _tester(steps_of=lambda steps, warmup: [0, warmup, steps]),
    ),
    Mistake(
        "not_beyond_the_end",
        "a test that stops at the end of the run",
        "what does the schedule give at steps + 3?",
        _tester(steps_of=lambda steps, warmup: range(steps + 1)),
    ),
    Mistake(
        "after_the_warmup",
        "a test of the cosine alone",
        "which rates do the first updates have?",
        _tester(steps_of=lambda steps, warmup: range(warmup, steps + 5)),
    ),
    Mistake(
        "warmup_alone",
        "a test of the warm-up alone",
        "which rates do the updates after the warm-up have?",
        _tester(steps_of=lambda steps, warmup: range(warmup)),
    ),
    Mistake(
        "never_a_warmup",
        "a test whose settings all have warmup = 0",
        "which faults can only be seen when there is a warm-up?",
        _tester(settings=((0.3, 20, 0, 0.1), (2.0, 9, 0, 0.0))),
    ),
    Mistake(
        "never_a_floor",
        "a test whose settings all have floor = 0",
        "which faults can only be seen when there is a floor?",
        _tester(settings=((0.3, 20, 4, 0.0), (2.0, 9, 0, 0.0))),
    ),
    Mistake(
        "rate_one",
        "a test whose settings all have rate = 1",
        "can a multiplier be told from a rate when the rate is 1?",
        _tester(settings=((1.0, 20, 4, 0.1), (1.0, 9, 0, 0.0))),
    ),
    Mistake(
        "monotone",
        "a test of the direction: up in the warm-up, then down",
        "how many curves go up and then down?",
        _monotone,
    ),
    Mistake(
        "within_bounds",
        "a test that the rates lie between 0 and the peak",
        "would a constant rate pass?",
        _within,
    ),
    Mistake(
        "exact_equality",
        "a test that demands equality to the last bit",
        "how many digits does a table in float32 keep?",
        _tester(same=lambda own, rule: bool((own == rule).all())),
    ),
    Mistake(
        "absolute_tolerance",
        "a test that lets every rate be wrong by 0.1",
        "how large is the first rate of a warm-up, and how large is your tolerance?",
        _tester(same=lambda own, rule: bool(np.abs(own - rule).max() < 0.1)),
    ),
    Mistake(
        "sums_compared",
        "a test of the mean rate",
        "can a rate that is too high at one step and too low at another have the right mean?",
        _tester(same=lambda own, rule: bool(abs(own.mean() / rule.mean() - 1) < 0.05)),
    ),
    Mistake(
        "reversed",
        "a test with True and False exchanged",
        "what shall it return for a schedule that is right?",
        lambda make: not schedule_passes(make),
    ),
    Mistake(
        "accepts_all",
        "a test that accepts everything",
        "does a path lead to `return False`, and is what you return a bool?",
        lambda make: True,
    ),
    Mistake(
        "rejects_all", "a test that rejects everything", "does it accept warmup_cosine itself?", lambda make: False
    ),
)


def _observe(answer: Callable[[Make], Any]) -> dict[str, Any]:
    return attack(answer, right=RIGHT, planted=PLANTED)


SCHEDULE_PASSES = Exercise(
    slug="schedule_passes",
    title="Attack: a test that finds broken schedules",
    kind="attack",
    core=True,
    difficulty=3,
    minutes=20,
    reference=schedule_passes,
    observe=_observe,
    accepted=_RIGHT,
    mistakes=_WRONG,
    hints=(
        "Write down what the rates of one small setting should be, step by step, and compare with a tolerance.",
        "Take several settings: with and without a warm-up, with and without a floor, and a rate that is not 1.",
        "Look beyond the last step as well.",
    ),
    not_tested="schedules that raise for bad input",
    indistinguishable=all_the_same(_RIGHT),
)
