"""Four range tests on the digits that sheet 04 asks to be read. Everything is a function of fixed seeds."""

from dataclasses import dataclass

import numpy as np

from course_lib.numpy_nn.data import Standardizer, split_indices
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD, Adam, Momentum, Optimizer
from course_lib.numpy_nn.studies.range_test import RangeTest, range_test

LOWEST, HIGHEST, STEPS = 1e-5, 100.0, 200


@dataclass(frozen=True)
class _Setting:
    optimizer: type[Optimizer]
    hidden: tuple[int, ...] = (32,)
    standardized: bool = True


_SETTINGS = {
    "A": _Setting(Adam, hidden=(256, 256, 256, 256)),
    "B": _Setting(SGD),
    "C": _Setting(SGD, standardized=False),
    "D": _Setting(Momentum),
}


def four_range_tests(seed: int = 0) -> dict[str, RangeTest]:
    """The range tests A to D, each with rates from 1e-5 to 100; about a second."""
    digits = load_digits()
    rows = split_indices(digits.y, seed=0).train
    raw = digits.x[rows]
    scaled = Standardizer.fit(raw).transform(raw)
    tests = {}
    for letter, setting in _SETTINGS.items():
        model = mlp((64, *setting.hidden, 10), rng=np.random.default_rng(seed))
        data = (scaled if setting.standardized else raw), digits.y[rows]
        tests[letter] = range_test(
            model, data, optimizer=setting.optimizer(1.0), lowest=LOWEST, highest=HIGHEST, steps=STEPS, seed=seed
        )
    return tests


def decade_below(rate: float) -> float:
    """The largest power of ten that is at most `rate`."""
    return float(10.0 ** np.floor(np.log10(rate) + 1e-9))


def in_words(tests: dict[str, RangeTest]) -> str:
    """What a reader sees in the curves, for one who cannot see them: places on the axes, and no choice of a rate."""
    sentences = []
    for letter, test in tests.items():
        start = test.smoothed[0]
        falling = test.rates[int(np.argmax(test.smoothed < 0.9 * start))]
        sentences.append(
            f"Test {letter}: the loss starts at {start:.2f}, begins to fall near rate {falling:.1g}, is lowest "
            f"({test.smoothed.min():.2f}) near rate {test.turning_point:.2g} and ends at rate {test.rates[-1]:.2g}."
        )
    return "Four panels of the smoothed loss against the rate, which grows from 1e-5. " + " ".join(sentences)
