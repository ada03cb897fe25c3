"""A test that tells He's initializer from twelve others: what it must accept and reject, and the known weak tests."""

import math

import numpy as np

from course_lib.numpy_nn.initializers import Initializer
from course_lib.teaching.checks.initialization.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.kinds import attack


def he_normal_passes(initializer: Initializer) -> bool:
    """Whether initializer(shape, rng, dtype) draws first weights as He's normal initializer does.

    shape is (inputs, outputs). The weights are independent normal numbers of mean 0 and variance
    2 / fan-in; they come from rng alone, so that an equal seed gives equal weights and another seed
    others; and float32 weights are the float64 weights of the same seed, rounded.
    """
    for shape in ((400, 100), (100, 400)):  # never square: fan-in and fan-out would be the same
        weight = initializer(shape, np.random.default_rng(0), np.float64)
        if weight.shape != shape:
            return False
        z = weight / math.sqrt(2 / shape[0])  # should be standard normal, 40,000 numbers
        right = abs(z.mean()) < 0.03 and abs(z.std() - 1) < 0.03 and abs(np.mean(z**4) - 3) < 0.3
        if not right or len(np.unique(weight)) < weight.size:  # a number that stands twice is a copy
            return False
    again = initializer((400, 100), np.random.default_rng(0), np.float64)
    other = initializer((400, 100), np.random.default_rng(1), np.float64)
    single = initializer((400, 100), np.random.default_rng(0), np.float32)
    first = initializer((400, 100), np.random.default_rng(0), np.float64)
    rounded = single.dtype == np.float32 and np.allclose(single, first, rtol=1e-6, atol=0)
    return bool(np.array_equal(again, first) and not np.array_equal(other, first) and rounded)


HE_NORMAL_PASSES = attack(
    "he_normal_passes: Attack: a test that tells He's initializer from twelve others | core, difficulty 3, 25 minutes",
    he_normal_passes,
    right=RIGHT,
    planted=PLANTED,
    each="an initializer that is right",
    never="which condition fails?",
    also="""
    other_bounds: other bounds and other seeds
        every np.random.default_rng(0) -> np.random.default_rng(3); abs(z.mean()) < 0.03 -> abs(z.mean()) < 0.05
    more_shapes: three shapes
        ((400, 100), (100, 400)) -> ((500, 90), (90, 500), (256, 200))
    """,
    wrong="""
    square_only: a test on a square layer | what do fan-in and fan-out have in common in a square layer?
        ((400, 100), (100, 400)) -> ((200, 200),)
    few_numbers: a test on so few weights that its bounds must be wide
        | how much does the deviation of 120 random numbers scatter, and how much that of 40,000?
        ((400, 100), (100, 400)) -> ((20, 6), (6, 20)); right = A -> right = abs(z.std() - 1) < 0.35
    too_strict: a test with bounds tighter than chance | what is the standard error of a deviation of 40,000 numbers?
        abs(z.std() - 1) < 0.03 -> abs(z.std() - 1) < {1e-4|1e-6}
    too_loose: a test that lets a deviation pass that is a fifth off | which planted fault is a tenth off?
        abs(z.std() - 1) < 0.03 -> abs(z.std() - 1) < 0.2; np.mean(z**4) -> np.mean((z / z.std()) ** 4)
    variance_expected: a test that expects a deviation of 2 / fan-in
        | is 2 / fan-in the variance or the standard deviation?
        math.sqrt(2 / shape[0]) -> 2 / shape[0]
    fan_out_expected: a test that expects 2 / fan-out | over which index of the weights does x @ weight sum?
        2 / shape[0] -> 2 / shape[1]
    mean_not_asked: a test that never looks at the mean | which mean have the weights?
        abs(z.mean()) < 0.03 -> True
    mean_loose: a bound on the mean that lets a fifth pass | which mean have the weights?
        abs(z.mean()) < 0.03 -> abs(z.mean()) < 0.25
    distribution_not_asked: a test of mean and deviation only | which other distribution can have the same two?
        abs(np.mean(z**4) - 3) < 0.3 -> True
    distribution_loose: a bound on E[z^4] that lets a uniform one pass
        | what is E[z^4] of a uniform distribution with variance 1?
        abs(np.mean(z**4) - 3) < 0.3 -> abs(np.mean(z**4) - 3) < 2
    copies_not_seen: a test that takes all weights as one heap of numbers
        | would it notice if all units of the layer were the same?
        not right or A -> not right
    seeds_not_asked: a test that never compares two seeds | where do the random numbers come from?
        return: bool(rounded)
    other_seed_only: a test that two seeds differ, and not that one seed repeats itself
        | would it notice a draw from NumPy's global generator, or a float32 draw of its own?
        return: not np.array_equal(other, first)
    dtypes_not_asked: a test in float64 only | does the same seed give the same network in float32?
        return: np.array_equal(again, first) and not np.array_equal(other, first)
    as_the_library: a comparison with the library's own numbers
        | must a right initializer use its random numbers in the same order?
        first: ours, theirs = (f((400, 100), np.random.default_rng(0), np.float64) for f in (he_normal, initializer))
        after ours, theirs = A -> return ours.shape == theirs.shape and np.allclose(ours, theirs)
    """,
    alarm="right initializers are rejected: print what you measure for one of them, and your bounds",
    # What to ask about each fault that survived, in the order in which it is asked.
    survived={
        "lecun": "do you compare the deviation with sqrt(2 / fan-in)?",
        "variance": "do you compare the deviation with sqrt(2 / fan-in)?",
        "fan-out": "is fan-in different from fan-out in your shapes?",
        "ten percent more": "how far off may the deviation be before you reject it?",
        "mean": "do you look at the mean?",
        "turned": "do you look at the shape?",
        "uniform": "which number tells a normal from a uniform distribution of the same variance?",
        "copies": "do you compare one column with another?",
        "seed": "do you try two seeds?",
        "global": "do you draw twice from equal seeds?",
        "drawn": "do you compare float32 and float64 weights of one seed?",
        "dtype": "do you look at the dtype?",
    },
    hints="""
    Draw enough weights that chance is small: 40,000 numbers have a deviation that is off by 0.4 % at most.
    Never square shapes; mean, deviation, and E[z^4], which is 3 for a normal and 1.8 for a uniform distribution.
    Then the seeds: equal seeds, different seeds, and float32 against float64.
    """,
    not_tested="truncated normal weights, and dependence between weights that are not copies",
    same=[
        ("too_strict", "rejects_all"), ("mean_not_asked", "mean_loose"),
        ("distribution_not_asked", "distribution_loose"),
    ],
)  # fmt: skip
