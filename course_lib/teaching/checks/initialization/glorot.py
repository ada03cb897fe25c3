"""Is the variance 2 / (fan-in + fan-out), and the distribution uniform? The check of glorot_uniform."""

import math

import numpy as np

from course_lib.numpy_nn.plain_initializers import glorot_uniform
from course_lib.teaching.checks.initialization.facts import initializer_facts, properties
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Variant
from course_lib.teaching.exercises.forms import all_the_same, also_right, known

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _uniform(bound, shape, rng):
    return rng.uniform(-bound, bound, shape)


@also_right(_RIGHT, "the bound written as sqrt(6 / (fan-in + fan-out))")
def by_six(shape, rng):
    return _uniform(math.sqrt(6 / sum(shape)), shape, rng)


@also_right(_RIGHT, "rng.random, moved and stretched")
def stretched(shape, rng):
    return (2 * rng.random(shape) - 1) * (6 / sum(shape)) ** 0.5


@known(_WRONG, "a uniform draw whose bound is the deviation", "what is the variance of a uniform distribution on +-b?")
def deviation_as_bound(shape, rng):
    return _uniform(math.sqrt(2 / sum(shape)), shape, rng)


@known(_WRONG, "Glorot's normal initializer", "which distribution does the docstring ask for?")
def normal(shape, rng):
    return math.sqrt(2 / sum(shape)) * rng.standard_normal(shape)


@known(_WRONG, "a normal draw with the uniform bound as deviation", "is sqrt(6 / (n + m)) a bound or a deviation?")
def bound_as_deviation(shape, rng):
    return math.sqrt(6 / sum(shape)) * rng.standard_normal(shape)


@known(_WRONG, "a bound without its square root, 6 / (n + m)", "is bound^2 / 3 then the variance you want?")
def no_root(shape, rng):
    return _uniform(6 / sum(shape), shape, rng)


@known(_WRONG, "a bound of sqrt(6) / (n + m)", "does the root go over the 6 alone?")
def root_of_six_only(shape, rng):
    return _uniform(math.sqrt(6) / sum(shape), shape, rng)


@known(_WRONG, "LeCun's uniform rule, variance 1 / fan-in", "what does Glorot do with the fan-out?")
def lecun(shape, rng):
    return _uniform(math.sqrt(3 / shape[0]), shape, rng)


@known(_WRONG, "He's uniform rule, variance 2 / fan-in", "what does Glorot do with the fan-out?")
def he(shape, rng):
    return _uniform(math.sqrt(6 / shape[0]), shape, rng)


@known(_WRONG, "a variance of 2 / fan-out", "what does Glorot do with the fan-in?")
def fan_out(shape, rng):
    return _uniform(math.sqrt(6 / shape[1]), shape, rng)


@known(
    _WRONG, "a variance of 4 / (n + m), twice the right one", "the mean of the fans is (n + m) / 2: where did a 2 go?"
)
def mean_fan_twice(shape, rng):
    return _uniform(math.sqrt(3 * 2 / (sum(shape) / 2)), shape, rng)


@known(_WRONG, "a variance of 1 / (n + m), half the right one", "what is 1 / ((n + m) / 2)?")
def sum_for_mean(shape, rng):
    return _uniform(math.sqrt(3 / sum(shape)), shape, rng)


@known(
    _WRONG, "a product of the fans where their sum belongs", "do n and m stand for two layers or for two sides of one?"
)
def product(shape, rng):
    return _uniform(math.sqrt(6 / (shape[0] * shape[1])), shape, rng)


@known(_WRONG, "a bound equal to the variance", "what is the variance of a uniform distribution on +-b?")
def variance_as_bound(shape, rng):
    return _uniform(2 / sum(shape), shape, rng)


@known(_WRONG, "torch's default, uniform on +-1 / sqrt(fan-in)", "what does Glorot do with the fan-out?")
def torch_default(shape, rng):
    return _uniform(1 / math.sqrt(shape[0]), shape, rng)


@known(_WRONG, "a bound with 12 in place of 3", "is b^2 / 12 the variance of an interval of width b or of width 2b?")
def twelve_for_three(shape, rng):
    return _uniform(math.sqrt(12 * 2 / sum(shape)), shape, rng)


@known(_WRONG, "weights between -b/2 and b/2", "how wide is the interval from -b to b?")
def half_as_wide(shape, rng):
    return (rng.random(shape) - 0.5) * math.sqrt(6 / sum(shape))


@known(_WRONG, "b * rng.random with 1/2 taken away", "where do your weights begin and end, if b is 0.1?")
def half_taken_away(shape, rng):
    return rng.random(shape) * math.sqrt(6 / sum(shape)) - 0.5


@known(_WRONG, "a grid of evenly spaced numbers", "which argument has no part in your result?")
def grid(shape, rng):
    bound = math.sqrt(6 / sum(shape))
    return np.linspace(-bound, bound, shape[0] * shape[1]).reshape(shape)


@known(_WRONG, "weights in float32", "which dtype does the docstring promise?")
def single_precision(shape, rng):
    return glorot_uniform(shape, rng).astype(np.float32)


@known(_WRONG, "weights between 0 and the bound", "what is the mean of your weights?")
def positive(shape, rng):
    return rng.uniform(0, math.sqrt(6 / sum(shape)), shape)


@known(_WRONG, "weights of the shape (outputs, inputs)", "which shape does x @ weight need?")
def turned(shape, rng):
    return _uniform(math.sqrt(6 / sum(shape)), shape[::-1], rng)


@known(_WRONG, "random numbers that do not come from rng", "which argument has no part in your result?")
def global_state(shape, rng):
    bound = math.sqrt(6 / sum(shape))
    return np.random.uniform(-bound, bound, shape)


@known(
    _WRONG, "a draw from a generator of its own, with a fixed seed", "what will two layers of one shape have in common?"
)
def own_generator(shape, rng):
    return glorot_uniform(shape, np.random.default_rng(0))


GLOROT_UNIFORM = Exercise(
    slug="glorot_uniform",
    title="A compromise between forward and backward",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=10,
    reference=glorot_uniform,
    observe=initializer_facts,
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=properties(lambda n, m: math.sqrt(2 / (n + m))),
    hints=(
        "Find the variance first, then the bound that gives it.",
        "A uniform distribution on +-b has the variance b squared / 3.",
        "rng.uniform(low, high, shape) draws the weights.",
    ),
    not_tested="a gain for tanh, and shapes with more than two axes",
    indistinguishable=all_the_same(_RIGHT),
)
