"""Fans, and the initializers that are made of them: the known mistakes."""

import math

from course_lib.by_hand.initializers import fan_in_and_out, glorot_uniform, he_normal
from course_lib.teaching.checks.initialization.facts import initializer_facts, properties
from course_lib.teaching.exercises.kinds import implement

FANS = implement(
    "fan_in_and_out: Count the fans | 8 minutes",
    fan_in_and_out,
    cases=[((784, 128), "course")] + [(shape, "torch") for shape in ((128, 784), (16, 3, 5, 7), (10, 48), (6, 4, 3))],
    right="""
    by_slices: one product over the axes
        outputs, inputs, *kernel = shape -> return math.prod(shape[1:]), shape[0] * math.prod(shape[2:])
    """,
    wrong="""
    layout_ignored: fans that ignore the layout | what does the first number of a shape mean in torch?
        layout == "course" -> False; inputs * places <-> outputs * places
    as_it_stands: the first two numbers of the shape as they stand | what is the first number in torch?
        first: return shape[0], shape[1]
    shape_returned: the shape as it stands | what is the first number in torch, and how many fans are there?
        first: return shape
    always_reversed: the first two numbers of every shape, reversed | what does the course store first?
        first: return shape[1], shape[0]
    always_torch: torch's layout for every shape | what does the course store first?
        layout == "course" -> False
    exchanged: fan-in and fan-out exchanged | how many terms does x @ weight sum for weight (784, 128)?
        inputs * places <-> outputs * places; return inputs, outputs -> return outputs, inputs
    kernel_ignored: fans without the kernel | how many pixels of one input map does a unit of a convolution see?
        math.prod(kernel) -> 1
    kernel_in_only: a kernel counted in the fan-in only | in how many sums does one input pixel take part?
        outputs * places -> outputs
    kernel_added: a kernel whose sides are added up | how many places has a kernel of 5 by 7?
        math.prod(kernel) -> sum(kernel) or 1
    """,
    equivalent="""
    swap: if layout == 'course': inputs, outpu <-> outputs, inputs, *kernel = shape | both read the two numbers of shape
    """,
    hints="""
    Fan-in: the number of terms in the sum that one unit makes.
    A unit of a convolution sums over all input maps and over all places of the kernel.
    outputs, inputs, *kernel = shape, and math.prod([]) is 1.
    """,
    not_tested="transposed, grouped and strided convolutions",
)

HE_NORMAL = implement(
    "he_normal: Weights for a ReLU layer | core, 10 minutes",
    he_normal,
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
    hints="""
    Which of the two numbers in `shape` counts the terms of one sum?
    rng.standard_normal(shape) has variance 1. A factor c multiplies the variance by c squared.
    The standard deviation is the square root of 2 / fan-in.
    """,
    not_tested="truncated normal weights, weights divided by their own deviation, and shapes of more than two axes",
)

GLOROT_UNIFORM = implement(
    "glorot_uniform: A compromise between forward and backward | core, 10 minutes",
    glorot_uniform,
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
    hints="""
    Find the variance first, then the bound that gives it.
    A uniform distribution on +-b has the variance b squared / 3.
    rng.uniform(low, high, shape) draws the weights.
    """,
    not_tested="a gain for tanh, and shapes with more than two axes",
)
