"""What goes wrong in a test of an initializer? Its known mistakes; the check itself is in attack_check.py."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.plain_initializers import he_normal_passes
from course_lib.teaching.exercises.exercise import Mistake, Variant

Test = Callable[[Any], bool]


def _looks(
    *,
    shapes: tuple[tuple[int, int], ...] = ((400, 100), (100, 400)),
    mean: bool = True,
    reach: float = 0.03,
    spread: Callable[[int, int], float] = lambda n, m: math.sqrt(2 / n),
    fourth: bool = True,
    copies: bool = True,
    seeds: bool = True,
    dtypes: bool = True,
    shape_first: bool = True,
) -> Test:
    """A test that is right with these defaults; each known mistake changes one of them."""

    def weights_pass(w: np.ndarray, shape: tuple[int, int]) -> bool:
        if shape_first and w.shape != shape:
            return False
        z = np.asarray(w, np.float64) / spread(*shape)
        right = abs(z.std() - 1) < reach and (not mean or abs(z.mean()) < 0.05)
        right = right and (not fourth or abs(np.mean((z / z.std()) ** 4) - 3) < 0.3)
        return right and (not copies or not np.array_equal(w[:, 0], w[:, 1]))

    def test(initializer: Any) -> bool:
        def draw(seed: int, dtype: Any = np.float64, shape: tuple[int, int] = shapes[0]) -> np.ndarray:
            return initializer(shape, np.random.default_rng(seed), dtype)

        if not all(weights_pass(draw(3, shape=shape), shape) for shape in shapes):
            return False
        if seeds and not (np.array_equal(draw(3), draw(3)) and not np.array_equal(draw(3), draw(4))):
            return False
        single, double = draw(3, np.float32), draw(3)
        return not dtypes or bool(single.dtype == np.float32 and np.allclose(single, double, rtol=1e-6, atol=0))

    return test


def _other_seed_only(initializer: Any) -> bool:
    first, other = (initializer((400, 100), np.random.default_rng(seed), np.float64) for seed in (0, 1))
    return _looks(seeds=False, dtypes=False)(initializer) and not np.array_equal(first, other)


def _as_the_library(initializer: Any) -> bool:
    from course_lib.numpy_nn.initializers import he_normal

    ours, theirs = (f((400, 100), np.random.default_rng(0), np.float64) for f in (he_normal, initializer))
    return ours.shape == theirs.shape and np.allclose(ours, theirs)


VARIANTS = (
    Variant("other_bounds", _looks(), "other bounds and other seeds"),
    Variant("more_shapes", _looks(shapes=((500, 90), (90, 500), (256, 200))), "three shapes"),
)
MISTAKES = (
    Mistake(
        "square_only",
        "a test on a square layer",
        "what do fan-in and fan-out have in common in a square layer?",
        _looks(shapes=((200, 200),)),
    ),
    Mistake(
        "few_numbers",
        "a test on so few weights that its bounds must be wide",
        "how much does the deviation of 120 random numbers scatter, and how much that of 40,000?",
        _looks(shapes=((20, 6), (6, 20)), reach=0.35, mean=False, fourth=False),
    ),
    Mistake(
        "too_strict",
        "a test with bounds tighter than chance",
        "what is the standard error of a deviation of 40,000 numbers?",
        _looks(reach=1e-4),
    ),
    Mistake(
        "too_loose",
        "a test that lets a deviation pass that is a fifth off",
        "which planted fault is a tenth off?",
        _looks(reach=0.2),
    ),
    Mistake(
        "variance_expected",
        "a test that expects a deviation of 2 / fan-in",
        "is 2 / fan-in the variance or the standard deviation?",
        _looks(spread=lambda n, m: 2 / n),
    ),
    Mistake(
        "fan_out_expected",
        "a test that expects 2 / fan-out",
        "over which index of the weights does x @ weight sum?",
        _looks(spread=lambda n, m: math.sqrt(2 / m)),
    ),
    Mistake(
        "mean_not_asked", "a test that never looks at the mean", "which mean have the weights?", _looks(mean=False)
    ),
    Mistake(
        "distribution_not_asked",
        "a test of mean and deviation only",
        "which other distribution can have the same two?",
        _looks(fourth=False),
    ),
    Mistake(
        "copies_not_seen",
        "a test that takes all weights as one heap of numbers",
        "would it notice if all units of the layer were the same?",
        _looks(copies=False),
    ),
    Mistake(
        "seeds_not_asked",
        "a test that never compares two seeds",
        "where do the random numbers come from?",
        _looks(seeds=False),
    ),
    Mistake(
        "other_seed_only",
        "a test that two seeds differ, and not that one seed repeats itself",
        "would it notice a draw from NumPy's global generator, or a float32 draw of its own?",
        _other_seed_only,
    ),
    Mistake(
        "dtypes_not_asked",
        "a test in float64 only",
        "does the same seed give the same network in float32?",
        _looks(dtypes=False),
    ),
    Mistake(
        "as_the_library",
        "a comparison with the library's own numbers",
        "must a right initializer use its random numbers in the same order?",
        _as_the_library,
    ),
    Mistake(
        "reversed",
        "a test with True and False exchanged",
        "what shall it return for an initializer that is right?",
        lambda initializer: not he_normal_passes(initializer),
    ),
    Mistake("accepts_all", "a test that accepts everything", "does a path lead to False?", lambda initializer: True),
    Mistake("rejects_all", "a test that rejects everything", "which condition fails?", lambda initializer: False),
)
