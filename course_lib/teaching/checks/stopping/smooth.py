"""A smoothed curve as a weighted mean of what came before: cases and known mistakes of smoothed."""

from typing import Any

import numpy as np

from course_lib.by_hand.stopping import smoothed
from course_lib.teaching.exercises.kinds import Property, implement

_RNG = np.random.default_rng(6)


def _first_value(seen: Any, right: Any) -> str | None:
    for case, rule in right.items():
        own = np.asarray(seen[case]["result"])
        if own.shape == rule["result"].shape and not np.isclose(own[0], rule["result"][0]):
            return f"{case}: the average of one value is that value; you return {own[0]:.4g}"
    return None


SMOOTHED = implement(
    "smoothed: Smooth a noisy curve without a bias at its start | 10 minutes",
    smoothed,
    cases=(
        *((2 + _RNG.standard_normal(n), beta) for n, beta in ((7, 0.9), (5, 0.6), (1, 0.98))),
        (np.array([4, 1, 8, 3]), 0.5),  # whole numbers, whose average is none
    ),
    right="""
    by_weights: the same weighted mean, with the weights written out
        state = A -> weights = beta ** np.arange(t - 1, -1, -1.0); state = weights @ values[:t]
        state / (1 - beta**t) -> state / weights.sum()
    """,
    wrong="""
    no_correction: an average without bias correction | the first value is 2.3 and beta is 0.9: what do you return?
        state / (1 - beta**t) -> state
    exchanged: beta and 1 - beta exchanged | with beta 0.99, is the curve smooth or nearly the raw one?
        first: beta = 1 - beta
    one_behind: a correction that is one step behind | how many weights have been summed at the first value?
        beta**t -> beta ** max(t - 1, 1)
    one_ahead: a correction that is one step ahead | is the first value returned as it is?
        beta**t -> beta ** (t + 1)
    fixed_correction: the correction of the first step at every step | do the weights sum to the same number at every t?
        beta**t -> beta
    from_first_value: an average that starts at the first value
        | how much does the first of 50 values count then, and how much the second?
        state, result = A, B -> state, result = values[0], B; state / (1 - beta**t) -> state
    fed_back: a corrected value that goes on into the recursion
        | which of the two does the next step read: the state, or what you returned?
        state / (1 - beta**t) -> state
        state = beta * state + A -> state = (beta * state + A) / (1 - beta**t)
    multiplied: a correction that multiplies | the weights sum to less than 1: is the average too small or too large?
        state / (1 - beta**t) -> state * (1 - beta**t)
    running_mean: the mean of all values so far | does an old value count as much as the newest?
        state / (1 - beta**t) -> np.mean(values[:t])
    whole_numbers: an average cut to whole numbers | of which type is an array that is made like the values?
        np.empty(len(values)) -> np.zeros_like(values)
    """,
    properties=(Property("the first value", _first_value),),
    hints="""
    Keep one number, the state. What you return is the state divided by something.
    The weights of the first t values are (1 - beta) * beta**age. Sum them: what is the sum at t = 1?
    The next step reads the state, not what was returned.
    """,
    not_tested="beta 1, which never forgets and never learns",
)
