"""What went wrong at the start of this network? Six starts as tables of instruments, for sheet 02.

Nothing is trained here: each panel is one batch of digits, sent forward and backward once.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from course_lib.core.probe import saturated_share
from course_lib.numpy_nn import initializers
from course_lib.numpy_nn.data import Standardizer
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.instruments import layer_report
from course_lib.numpy_nn.layers import ReLU, Tanh
from course_lib.numpy_nn.network import mlp

SIZES = (64, *([120, 40] * 5)[:9], 10)


def _with_deviation(std: Callable[[int, int], float]) -> initializers.Initializer:
    def initializer(shape: tuple[int, int], rng: np.random.Generator, dtype: object = np.float32) -> np.ndarray:
        return (std(*shape) * rng.standard_normal(shape)).astype(dtype)

    return initializer


# letter: activation, standard deviation by fan-in n and fan-out m
_STARTS = {
    "A": (ReLU, _with_deviation(lambda n, m: math.sqrt(1 / n))),
    "B": (Tanh, _with_deviation(lambda n, m: 10.0)),
    "C": (ReLU, _with_deviation(lambda n, m: math.sqrt(2 / n))),
    "D": (ReLU, _with_deviation(lambda n, m: 2 / n)),
    "E": (ReLU, _with_deviation(lambda n, m: math.sqrt(2 / m))),
    "F": (Tanh, initializers.zeros),
}


def six_panels() -> dict[str, str]:
    """One table per letter: per linear layer the size of its sums and of the gradient, per activation its state."""
    digits = load_digits()
    x, y = Standardizer.fit(digits.x).transform(digits.x)[:300].astype(np.float64), digits.y[:300]
    return {letter: _table(letter, x, y) for letter in _STARTS}


def _table(letter: str, x: np.ndarray, y: np.ndarray) -> str:
    activation, initializer = _STARTS[letter]
    rng = np.random.default_rng(2)
    model = mlp(SIZES, rng=rng, activation=activation, initializer=initializer, dtype=np.float64)
    reports = layer_report(model, x, y)
    lines = [f"{letter}  ({activation.__name__})", "layer   shape       rms of sums   |out|>0.99   length of gradient"]
    for place, sums in enumerate(reports[::2]):
        shape = f"{SIZES[place]} x {SIZES[place + 1]}"
        length = sums.gradient.rms * math.sqrt(SIZES[place + 1])
        outputs = reports[2 * place + 1 : 2 * place + 2]
        far = f"{saturated_share(outputs[0].activations):.2f}" if outputs and activation is Tanh else "-"
        lines.append(f"{place + 1:>3}     {shape:<10}  {_short(sums.output.rms):>10}   {far:>8}   {_short(length):>14}")
    return "\n".join(lines)


def _short(value: float) -> str:
    if value == 0 or value >= 100:
        return f"{value:.0f}"
    return f"{value:.2g}" if value >= 0.001 else f"{value:.0e}"
