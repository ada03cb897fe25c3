"""Uniform weights with variance 2 / (fan-in + fan-out): the known mistakes of glorot_uniform."""

import math

from course_lib.by_hand.initializers import glorot_uniform
from course_lib.teaching.checks.initialization.facts import initializer_facts, properties
from course_lib.teaching.exercises.kinds import implement

GLOROT_UNIFORM = implement(
    "glorot_uniform",
    "A compromise between forward and backward",
    glorot_uniform,
    core=True,
    observe=initializer_facts,
    right="""
    by_six: the bound written as sqrt(6 / (fan-in + fan-out))
        math.sqrt(3 * variance) -> math.sqrt(6 / sum(shape))
    stretched: rng.random, moved and stretched
        rng.uniform(A, B, C) -> (2 * rng.random(shape) - 1) * bound
    """,
    wrong="""
    deviation_as_bound: a uniform draw whose bound is the deviation
        | what is the variance of a uniform distribution on +-b?
        3 * variance -> variance
    normal: Glorot's normal initializer | which distribution does the docstring ask for?
        rng.uniform(A, B, C) -> math.sqrt(variance) * rng.standard_normal(shape)
    bound_as_deviation: a normal draw with the uniform bound as deviation | is sqrt(6 / (n + m)) a bound or a deviation?
        rng.uniform(A, B, C) -> bound * rng.standard_normal(shape)
    no_root: a bound without its square root, 6 / (n + m) | is bound^2 / 3 then the variance you want?
        math.sqrt(3 * variance) -> 3 * variance
    root_of_six_only: a bound of sqrt(6) / (n + m) | does the root go over the 6 alone?
        math.sqrt(3 * variance) -> math.sqrt(6) / (fan_in + fan_out)
    lecun: LeCun's uniform rule, variance 1 / fan-in | what does Glorot do with the fan-out?
        2 / (fan_in + fan_out) -> 1 / fan_in
    he: He's uniform rule, variance 2 / fan-in | what does Glorot do with the fan-out?
        2 / (fan_in + fan_out) -> 2 / fan_in
    fan_out: a variance of 2 / fan-out | what does Glorot do with the fan-in?
        2 / (fan_in + fan_out) -> 2 / fan_out
    mean_fan_twice: a variance of 4 / (n + m), twice the right one
        | the mean of the fans is (n + m) / 2: where did a 2 go?
        2 / (fan_in + fan_out) -> 4 / (fan_in + fan_out)
    sum_for_mean: a variance of 1 / (n + m), half the right one | what is 1 / ((n + m) / 2)?
        2 / (fan_in + fan_out) -> 1 / (fan_in + fan_out)
    product: a product of the fans where their sum belongs | do n and m stand for two layers or for two sides of one?
        fan_in + fan_out -> fan_in * fan_out
    variance_as_bound: a bound equal to the variance | what is the variance of a uniform distribution on +-b?
        math.sqrt(3 * variance) -> variance
    torch_default: torch's default, uniform on +-1 / sqrt(fan-in) | what does Glorot do with the fan-out?
        math.sqrt(3 * variance) -> 1 / math.sqrt(fan_in)
    twelve_for_three: a bound with 12 in place of 3 | is b^2 / 12 the variance of an interval of width b or of width 2b?
        3 * variance -> 12 * variance
    half_as_wide: weights between -b/2 and b/2 | how wide is the interval from -b to b?
        rng.uniform(A, B, C) -> (rng.random(shape) - 0.5) * bound
    half_taken_away: b * rng.random with 1/2 taken away | where do your weights begin and end, if b is 0.1?
        rng.uniform(A, B, C) -> rng.random(shape) * bound - 0.5
    grid: a grid of evenly spaced numbers | which argument has no part in your result?
        rng.uniform(A, B, C) -> np.linspace(-bound, bound, fan_in * fan_out).reshape(shape)
    single_precision: weights in float32 | which dtype does the docstring promise?
        return: RESULT.astype(np.float32)
    positive: weights between 0 and the bound | what is the mean of your weights?
        -bound -> 0
    turned: weights of the shape (outputs, inputs) | which shape does x @ weight need?
        rng.uniform(A, B, C) -> rng.uniform(A, B, shape[::-1])
    global_state: random numbers that do not come from rng | which argument has no part in your result?
        rng.uniform -> np.random.uniform
    own_generator: a draw from a generator of its own, with a fixed seed
        | what will two layers of one shape have in common?
        first: rng = np.random.default_rng(0)
    """,
    properties=properties(lambda n, m: math.sqrt(2 / (n + m))),
    hints=(
        "Find the variance first, then the bound that gives it.",
        "A uniform distribution on +-b has the variance b squared / 3.",
        "rng.uniform(low, high, shape) draws the weights.",
    ),
    not_tested="a gain for tanh, and shapes with more than two axes",
)
