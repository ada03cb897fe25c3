"""Weights with variance 2 / fan-in: the known mistakes of he_normal."""

import math

from course_lib.by_hand.initializers import he_normal
from course_lib.teaching.checks.initialization.facts import initializer_facts, properties
from course_lib.teaching.exercises.kinds import implement

HE_NORMAL = implement(
    "he_normal",
    "Weights for a ReLU layer",
    he_normal,
    core=True,
    observe=initializer_facts,
    right="""
    by_normal: rng.normal with the standard deviation
        std * A -> rng.normal(0.0, (2 / shape[0]) ** 0.5, size=shape)
    unit_by_unit: drawn unit by unit
        std * A -> np.stack([rng.normal(0, std, fan_in) for _ in range(shape[1])], axis=1)
    """,
    wrong="""
    variance_as_deviation: weights whose deviation is 2 / fan-in | is 2 / fan-in the variance or the standard deviation?
        math.sqrt(2 / fan_in) -> 2 / fan_in
    lecun: LeCun's variance, 1 / fan-in | which share of the mean square does a ReLU let through?
        2 / fan_in -> 1 / fan_in
    fan_out: a variance of 2 / fan-out | over which index of the weights does x @ weight sum?
        2 / fan_in -> 2 / shape[1]
    glorot: Glorot's variance, 2 / (fan-in + fan-out) | which of the two fans appears in He's rule?
        2 / fan_in -> 2 / sum(shape)
    root_of_two_only: a deviation of sqrt(2) / fan-in | does the root go over the 2 alone?
        math.sqrt(2 / fan_in) -> math.sqrt(2) / fan_in
    root_of_fan_only: a deviation of 2 / sqrt(fan-in) | does the root go over fan-in alone?
        math.sqrt(2 / fan_in) -> 2 / math.sqrt(fan_in)
    divided: a division where the factor belongs | do more inputs ask for larger or for smaller weights?
        std * A -> A / std
    no_scale: a standard normal without any scale | what is the size of a sum of 300 such terms?
        std * A -> A
    all_weights: a variance of 2 / number of weights | how many terms does one sum have?
        2 / fan_in -> 2 / math.prod(shape)
    uniform: He's uniform initializer | which distribution does the docstring ask for?
        std * A -> rng.uniform(-math.sqrt(3) * std, math.sqrt(3) * std, shape)
    uniform_on_deviation: uniform weights on +-sqrt(2 / fan-in) | what is the variance of a uniform distribution on +-b?
        std * A -> rng.uniform(-std, std, shape)
    positive: weights that are never negative | what is the mean of rng.random?
        rng.standard_normal -> rng.random
    mean_for_deviation: a mean of sqrt(2 / fan-in) and a deviation of 1
        | is the first argument of rng.normal the mean or the deviation?
        std * A -> rng.normal(std, size=shape)
    single_precision: weights in float32 | which dtype does the docstring promise?
        return: (RESULT).astype(np.float32)
    turned: weights of the shape (outputs, inputs) | which shape does x @ weight need?
        rng.standard_normal(shape) -> rng.standard_normal(shape[::-1])
    copied_units: one set of weights, copied for all units | what tells one unit of the layer from another?
        rng.standard_normal(shape) -> np.repeat(rng.standard_normal((fan_in, 1)), shape[1], axis=1)
    copied_inputs: one number per unit, copied for all its inputs | how many random numbers does the layer need?
        rng.standard_normal(shape) -> np.repeat(rng.standard_normal((1, shape[1])), fan_in, axis=0)
    global_state: random numbers that do not come from rng | which argument has no part in your result?
        rng.standard_normal -> np.random.standard_normal
    own_generator: a draw from a generator of its own, with a fixed seed
        | what will two layers of one shape have in common?
        rng.standard_normal -> np.random.default_rng(0).standard_normal
    """,
    properties=properties(lambda n, m: math.sqrt(2 / n)),
    hints=(
        "Which of the two numbers in `shape` counts the terms of one sum?",
        "rng.standard_normal(shape) has variance 1. A factor c multiplies the variance by c squared.",
        "The standard deviation is the square root of 2 / fan-in.",
    ),
    not_tested="truncated normal weights, weights divided by their own deviation, and shapes of more than two axes",
)
