"""Is the variance of the weights 2 / fan-in? The check of he_normal."""

import math

import numpy as np

from course_lib.numpy_nn.plain_initializers import he_normal
from course_lib.teaching.checks.initialization.facts import initializer_facts, properties
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


@also_right(_RIGHT, "rng.normal with the standard deviation")
def by_normal(shape, rng):
    return rng.normal(0.0, (2 / shape[0]) ** 0.5, size=shape)


@also_right(_RIGHT, "drawn unit by unit")
def unit_by_unit(shape, rng):
    return np.stack([rng.normal(0, math.sqrt(2 / shape[0]), shape[0]) for _ in range(shape[1])], axis=1)


@known(_WRONG, "weights whose deviation is 2 / fan-in", "is 2 / fan-in the variance or the standard deviation?")
def variance_as_deviation(shape, rng):
    return 2 / shape[0] * rng.standard_normal(shape)


@known(_WRONG, "LeCun's variance, 1 / fan-in", "which share of the mean square does a ReLU let through?")
def lecun(shape, rng):
    return math.sqrt(1 / shape[0]) * rng.standard_normal(shape)


@known(_WRONG, "a variance of 2 / fan-out", "over which index of the weights does x @ weight sum?")
def fan_out(shape, rng):
    return math.sqrt(2 / shape[1]) * rng.standard_normal(shape)


@known(_WRONG, "Glorot's variance, 2 / (fan-in + fan-out)", "which of the two fans appears in He's rule?")
def glorot(shape, rng):
    return math.sqrt(2 / sum(shape)) * rng.standard_normal(shape)


@known(_WRONG, "a deviation of sqrt(2) / fan-in", "does the root go over the 2 alone?")
def root_of_two_only(shape, rng):
    return math.sqrt(2) / shape[0] * rng.standard_normal(shape)


@known(_WRONG, "a deviation of 2 / sqrt(fan-in)", "does the root go over fan-in alone?")
def root_of_fan_only(shape, rng):
    return 2 / math.sqrt(shape[0]) * rng.standard_normal(shape)


@known(_WRONG, "a division where the factor belongs", "do more inputs ask for larger or for smaller weights?")
def divided(shape, rng):
    return rng.standard_normal(shape) / math.sqrt(2 / shape[0])


@known(_WRONG, "a standard normal without any scale", "what is the size of a sum of 300 such terms?")
def no_scale(shape, rng):
    return rng.standard_normal(shape)


@known(_WRONG, "a variance of 2 / number of weights", "how many terms does one sum have?")
def all_weights(shape, rng):
    return math.sqrt(2 / (shape[0] * shape[1])) * rng.standard_normal(shape)


@known(_WRONG, "He's uniform initializer", "which distribution does the docstring ask for?")
def uniform(shape, rng):
    bound = math.sqrt(6 / shape[0])
    return rng.uniform(-bound, bound, shape)


@known(_WRONG, "uniform weights on +-sqrt(2 / fan-in)", "what is the variance of a uniform distribution on +-b?")
def uniform_on_deviation(shape, rng):
    bound = math.sqrt(2 / shape[0])
    return rng.uniform(-bound, bound, shape)


@known(_WRONG, "weights that are never negative", "what is the mean of rng.random?")
def positive(shape, rng):
    return math.sqrt(2 / shape[0]) * rng.random(shape)


@known(
    _WRONG,
    "a mean of sqrt(2 / fan-in) and a deviation of 1",
    "is the first argument of rng.normal the mean or the deviation?",
)
def mean_for_deviation(shape, rng):
    return rng.normal(math.sqrt(2 / shape[0]), size=shape)


@known(_WRONG, "weights in float32", "which dtype does the docstring promise?")
def single_precision(shape, rng):
    return he_normal(shape, rng).astype(np.float32)


@known(_WRONG, "weights of the shape (outputs, inputs)", "which shape does x @ weight need?")
def turned(shape, rng):
    return math.sqrt(2 / shape[0]) * rng.standard_normal(shape[::-1])


@known(_WRONG, "one set of weights, copied for all units", "what tells one unit of the layer from another?")
def copied_units(shape, rng):
    return np.repeat(math.sqrt(2 / shape[0]) * rng.standard_normal((shape[0], 1)), shape[1], axis=1)


@known(_WRONG, "one number per unit, copied for all its inputs", "how many random numbers does the layer need?")
def copied_inputs(shape, rng):
    return np.repeat(math.sqrt(2 / shape[0]) * rng.standard_normal((1, shape[1])), shape[0], axis=0)


@known(_WRONG, "random numbers that do not come from rng", "which argument has no part in your result?")
def global_state(shape, rng):
    return math.sqrt(2 / shape[0]) * np.random.standard_normal(shape)


@known(
    _WRONG, "a draw from a generator of its own, with a fixed seed", "what will two layers of one shape have in common?"
)
def own_generator(shape, rng):
    return math.sqrt(2 / shape[0]) * np.random.default_rng(0).standard_normal(shape)


HE_NORMAL = Exercise(
    slug="he_normal",
    title="Weights for a ReLU layer",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=10,
    reference=he_normal,
    observe=initializer_facts,
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=properties(lambda n, m: math.sqrt(2 / n)),
    hints=(
        "Which of the two numbers in `shape` counts the terms of one sum?",
        "rng.standard_normal(shape) has variance 1. A factor c multiplies the variance by c squared.",
        "The standard deviation is the square root of 2 / fan-in.",
    ),
    not_tested="truncated normal weights, weights divided by their own deviation, and shapes of more than two axes",
    indistinguishable=all_the_same(_RIGHT),
)
