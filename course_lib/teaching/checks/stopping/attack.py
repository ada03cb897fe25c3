"""A test that finds wrong stoppers: the known weak tests of stopper_passes."""

import math
from collections.abc import Callable

import numpy as np

from course_lib.by_hand.stopping import early_stopping
from course_lib.teaching.checks.stopping.stoppers import EARLY_STOPPING
from course_lib.teaching.exercises.kinds import attack

# Two more scripts, as those of `stopper_passes`.
DELTA = ([5.0, 4.0, 4.25, 4.125, 3.875, 3.5], 2, 0.25, 4, 2)
NAN = ([1.0, math.nan, 2.0, 1.5, 1.8, 1.9], 3, 0.0, 4, 1)


def stopper_passes(stopper: Callable[[np.ndarray, int, float], tuple[int, int]]) -> bool:
    """Whether stopper(losses, patience, min_delta) follows the rule of `early_stopping`.

    losses (epochs, 2) as there; it returns (last epoch, best epoch). A right stopper gives True,
    a wrong one False.
    """
    nan = math.nan
    scripts: tuple[tuple[list[float], int, float, int, int], ...] = (
        # validation losses, patience, min_delta, the last epoch, the best epoch
        ([5.0, 4.0, 4.5, 3.0, 3.5, 3.2, 3.1, 2.9, 1.0], 3, 0.0, 7, 4),  # a reset; below the last is not below the best
        ([3.0, 4.0, 5.0, 1.0], 2, 0.0, 3, 1),  # what comes after the stop was never seen
        ([3.0, 3.0, 3.0, 3.0], 3, 0.0, 4, 1),  # as good as the best is not better
        ([8.0, 7.9, 7.8, 7.6, 7.5, 7.4, 7.3], 4, 0.3, 7, 4),  # many small steps make a large one
        ([nan, nan, nan, 1.0], 3, 0.0, 3, 0),
        ([2.0, nan, nan, 1.0, 2.0], 3, 0.0, 5, 4),
        ([4.0, 3.0, 2.0], 1, 0.0, 3, 3),  # the losses end first
    )
    for values, patience, min_delta, last, best in scripts:
        training = np.linspace(2.0, 1.0, len(values))  # always falls
        if tuple(stopper(np.column_stack([training, values]), patience, min_delta)) != (last, best):
            return False
    return True


STOPPER_PASSES = attack(
    "stopper_passes: Attack: a test that finds wrong stoppers | difficulty 3, 20 minutes",
    stopper_passes,
    right={"reference": early_stopping} | {variant.id: variant.answer for variant in EARLY_STOPPING.accepted},
    planted={mistake.id: mistake.answer for mistake in EARLY_STOPPING.mistakes},
    each="a stopper that is right",
    also="""
    by_reference: a comparison with a second implementation
        (last, best) -> early_stopping(np.column_stack([training, values]), patience, min_delta)
    """,
    wrong="""
    plain_only: a test of plain sequences | which scripts have a tie, a small step, a NaN?
        for A in scripts: ... -> for A in scripts[:2] + scripts[6:]: ...
    without_nan: a test without NaN | what does a stopper do with a run that has diverged?
        for A in scripts: ... -> for A in [*scripts[:4], DELTA, scripts[6]]: ...
    without_min_delta: a test in which min_delta is always 0 | would it notice a stopper that leaves min_delta out?
        for A in scripts: ... -> for A in scripts[:3] + scripts[4:]: ...
    last_epoch_only: a test of the last epoch alone | which of the two numbers says whose weights are restored?
        tuple(A) != (last, best) -> A[0] != last; for A in scripts: ... -> for A in [*scripts, DELTA, NAN]: ...
    best_epoch_only: a test of the best epoch alone | would it notice a stopper that never stops?
        tuple(A) != (last, best) -> A[1] != best
    one_column: a test in which both columns are equal | would it notice a stopper that watches the training loss?
        [training, values] -> [values, values]
    falling_only: a test of curves that only fall | when does training ever stop in your test?
        for A in scripts: ... -> for A in [([4.0, 3.0, 2.0], 2, 0.0, 3, 3)]: ...
    one_dip: a test with one rise and no way back | would it notice a counter that is never reset?
        for A in scripts: ... -> for A in [([3.0, 2.0, 2.5, 2.6, 2.7, 2.8], 3, 0.0, 5, 2)]: ...
    """,
    hints="""
    Write short sequences of losses, work out the two epochs by hand, and compare.
    You need a reset, a tie, small steps with min_delta, NaN at the start and within, and an end without stop.
    Make the training loss fall all the time, and continue the sequence beyond the stop.
    """,
    not_tested="speed, and what a stopper does with bad settings",
)
