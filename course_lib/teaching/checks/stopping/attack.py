"""Does the learner's test accept right stoppers and kill planted ones? The check of stopper_passes."""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_stopping import early_stopping, stopper_passes
from course_lib.teaching.checks.stopping import stoppers
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Variant
from course_lib.teaching.exercises.forms import all_the_same
from course_lib.teaching.exercises.observe import attack

_NAN = math.nan
RIGHT = {"reference": early_stopping} | {variant.id: variant.answer for variant in stoppers.VARIANTS}
PLANTED = {mistake.id: mistake.answer for mistake in stoppers.MISTAKES}
Script = tuple[list[float], int, float]
_PLAIN: tuple[Script, ...] = (
    ([5.0, 4.0, 4.5, 3.0, 3.5, 3.2, 3.1, 2.9, 1.0], 3, 0.0),
    ([3.0, 4.0, 5.0, 1.0], 2, 0.0),
    ([4.0, 3.0, 2.0], 1, 0.0),
)
_TIES: Script = ([3.0, 3.0, 3.0, 3.0], 3, 0.0)
_DELTA: tuple[Script, ...] = (([8.0, 7.9, 7.8, 7.6, 7.5, 7.4, 7.3], 4, 0.3), ([5.0, 4.0, 4.2, 4.1, 3.9, 3.5], 2, 0.3))
_MISSING: tuple[Script, ...] = (
    ([_NAN, _NAN, _NAN, 1.0], 3, 0.0),
    ([2.0, _NAN, _NAN, 1.0, 2.0, 1.5], 3, 0.0),
    ([1.0, _NAN, 2.0, 1.5, 1.8, 1.9], 3, 0.0),
)
_ALL = (*_PLAIN, _TIES, *_DELTA, *_MISSING)


def _test(scripts: Sequence[Script], *, part: slice = slice(None), same_columns: bool = False) -> Callable[..., bool]:
    """A test by scripts; right with all of them, each known mistake lacks something."""

    def test(stopper: Any) -> bool:
        for values, patience, min_delta in scripts:
            training = values if same_columns else np.linspace(2.0, 1.0, len(values))
            losses = np.column_stack([training, values])
            own, rule = tuple(stopper(losses, patience, min_delta)), early_stopping(losses, patience, min_delta)
            if own[part] != rule[part]:
                return False
        return True

    return test


_RIGHT = (Variant("by_reference", _test(_ALL), "a comparison with a second implementation"),)
_WRONG = (
    Mistake("plain_only", "a test of plain sequences", "which scripts have a tie, a small step, a NaN?", _test(_PLAIN)),
    Mistake(
        "without_nan",
        "a test without NaN",
        "what does a stopper do with a run that has diverged?",
        _test((*_PLAIN, _TIES, *_DELTA)),
    ),
    Mistake(
        "without_min_delta",
        "a test in which min_delta is always 0",
        "would it notice a stopper that leaves min_delta out?",
        _test((*_PLAIN, _TIES, *_MISSING)),
    ),
    Mistake(
        "last_epoch_only",
        "a test of the last epoch alone",
        "which of the two numbers says whose weights are restored?",
        _test(_ALL, part=slice(0, 1)),
    ),
    Mistake(
        "best_epoch_only",
        "a test of the best epoch alone",
        "would it notice a stopper that never stops?",
        _test(_ALL, part=slice(1, 2)),
    ),
    Mistake(
        "one_column",
        "a test in which both columns are equal",
        "would it notice a stopper that watches the training loss?",
        _test(_ALL, same_columns=True),
    ),
    Mistake(
        "falling_only",
        "a test of curves that only fall",
        "when does training ever stop in your test?",
        _test((([4.0, 3.0, 2.0], 2, 0.0),)),
    ),
    Mistake(
        "one_dip",
        "a test with one rise and no way back",
        "would it notice a counter that is never reset?",
        _test((([3.0, 2.0, 2.5, 2.6, 2.7, 2.8], 3, 0.0),)),
    ),
    Mistake("accepts_all", "a test that accepts everything", "what does it ever reject?", lambda stopper: True),
    Mistake("rejects_all", "a test that rejects everything", "what does it ever accept?", lambda stopper: False),
)

STOPPER_PASSES = Exercise(
    slug="stopper_passes",
    title="Attack: a test that finds wrong stoppers",
    kind="attack",
    core=False,
    difficulty=3,
    minutes=20,
    reference=stopper_passes,
    observe=lambda test: attack(test, right=RIGHT, planted=PLANTED),
    accepted=_RIGHT,
    mistakes=_WRONG,
    hints=(
        "Write short sequences of losses, work out the two epochs by hand, and compare.",
        "You need a reset, a tie, small steps with min_delta, NaN at the start and within, and an end without stop.",
        "Make the training loss fall all the time, and continue the sequence beyond the stop.",
    ),
    not_tested="speed, and what a stopper does with bad settings",
    indistinguishable=all_the_same(_RIGHT),
)
