"""Is a smoothed curve a weighted mean of what came before? The check of smoothed."""

from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_stopping import smoothed
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known
from course_lib.teaching.exercises.observe import calls

MISTAKES: list[Mistake] = []
VARIANTS: list[Variant] = []


def _average(values, beta, *, start=0.0, factor=lambda t, beta: 1 - beta**t):
    state, result = start, []
    for t, value in enumerate(values, start=1):
        state = beta * state + (1 - beta) * value
        result.append(state / factor(t, beta))
    return np.array(result)


@also_right(VARIANTS, "the same weighted mean, with the weights written out")
def by_weights(values, beta):
    result = []
    for t in range(1, len(values) + 1):
        weights = beta ** np.arange(t - 1, -1, -1.0)
        result.append(weights @ values[:t] / weights.sum())
    return np.array(result)


@known(MISTAKES, "an average without bias correction", "the first value is 2.3 and beta is 0.9: what do you return?")
def no_correction(values, beta):
    return _average(values, beta, factor=lambda t, beta: 1.0)


@known(MISTAKES, "beta and 1 - beta exchanged", "with beta 0.99, is the curve smooth or nearly the raw one?")
def exchanged(values, beta):
    return _average(values, 1 - beta)


@known(MISTAKES, "a correction that is one step behind", "how many weights have been summed at the first value?")
def one_behind(values, beta):
    return _average(values, beta, factor=lambda t, beta: 1 - beta ** max(t - 1, 1))


@known(MISTAKES, "a correction that is one step ahead", "is the first value returned as it is?")
def one_ahead(values, beta):
    return _average(values, beta, factor=lambda t, beta: 1 - beta ** (t + 1))


@known(MISTAKES, "the correction of the first step at every step", "do the weights sum to the same number at every t?")
def fixed_correction(values, beta):
    return _average(values, beta, factor=lambda t, beta: 1 - beta)


@known(
    MISTAKES,
    "an average that starts at the first value",
    "how much does the first of 50 values count then, and how much the second?",
)
def from_first_value(values, beta):
    return _average(values, beta, start=values[0], factor=lambda t, beta: 1.0)


@known(
    MISTAKES,
    "a corrected value that goes on into the recursion",
    "which of the two does the next step read: the state, or what you returned?",
)
def fed_back(values, beta):
    state, result = 0.0, []
    for t, value in enumerate(values, start=1):
        state = (beta * state + (1 - beta) * value) / (1 - beta**t)
        result.append(state)
    return np.array(result)


@known(
    MISTAKES, "a correction that multiplies", "the weights sum to less than 1: is the average too small or too large?"
)
def multiplied(values, beta):
    return _average(values, beta, factor=lambda t, beta: 1 / (1 - beta**t))


@known(MISTAKES, "the mean of all values so far", "does an old value count as much as the newest?")
def running_mean(values, beta):
    return np.cumsum(values) / np.arange(1, len(values) + 1)


def _first_value(seen: Any, right: Any) -> str | None:
    for case, rule in right.items():
        own = np.asarray(seen[case]["result"])
        if own.shape == rule["result"].shape and not np.isclose(own[0], rule["result"][0]):
            return f"{case}: the average of one value is that value; you return {own[0]:.4g}"
    return None


def _seen(answer: Any) -> Any:
    rng = np.random.default_rng(6)
    return calls(answer, *((2 + rng.standard_normal(n), beta) for n, beta in ((7, 0.9), (5, 0.6), (1, 0.98))))


SMOOTHED = Exercise(
    slug="smoothed",
    title="Smooth a noisy curve without a bias at its start",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=10,
    reference=smoothed,
    observe=_seen,
    accepted=tuple(VARIANTS),
    mistakes=tuple(MISTAKES),
    properties=(Property("the first value", _first_value),),
    hints=(
        "Keep one number, the state. What you return is the state divided by something.",
        "The weights of the first t values are (1 - beta) * beta**age. Sum them: what is the sum at t = 1?",
        "The next step reads the state, not what was returned.",
    ),
    not_tested="beta 1, which never forgets and never learns",
    indistinguishable=all_the_same(VARIANTS),
)
