"""Six starts of a network as tables of instruments, the key to their faults, and the known readings.

Nothing is trained here: each panel is one batch of digits, sent forward and backward once.
"""

import math
from collections.abc import Callable

import numpy as np

from course_lib.core.layer_stats import saturated_share
from course_lib.numpy_nn import initializers
from course_lib.numpy_nn.data import Standardizer
from course_lib.numpy_nn.datasets import load_digits
from course_lib.numpy_nn.layers import ReLU, Tanh
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.studies.instruments import layer_stats
from course_lib.teaching.exercises.kinds import find

SIZES = (64, *([120, 40] * 5)[:9], 10)


def _with_deviation(std: Callable[[int, int], float]) -> initializers.Initializer:
    return lambda shape, rng, dtype=np.float32: (std(*shape) * rng.standard_normal(shape)).astype(dtype)


# letter: activation, initializer; standard deviations by fan-in n and fan-out m
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
    reports = layer_stats(model, x, y)
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


HEALTHY, NO_TWO, FANS, VARIANCE, LARGE, ZEROS = WORDS = (
    "healthy", "factor 2 missing", "fan-out for fan-in", "variance for deviation", "far too large", "all zero",
)  # fmt: skip
KEY = {"A": NO_TWO, "B": LARGE, "C": HEALTHY, "D": VARIANCE, "E": FANS, "F": ZEROS}

READ_START_PANELS = find(
    "read_start_panels: Find the fault: six starts on the panel | difficulty 2, 12 minutes",
    KEY,
    words=WORDS,
    ask={
        "A": "by which factor do its sums change from layer 1 to layer 9, and by which per layer?",
        "B": "what share of its units lies beyond 0.99?",
        "C": "is there a trend in its sums, or a zigzag?",
        "D": "by which factor do its sums change per layer, compared with A?",
        "E": "do its sums drift one way, or change from layer to layer?",
        "F": "how large are its sums?",
    },
    synonyms={
        NO_TWO: ("missing factor 2", "factor of 2 missing", "missing factor of 2", "factor two missing", "no factor 2"),
        FANS: ("fan out", "fan out in place of fan in", "fan out used for fan in", "fan out instead of fan in"),
        VARIANCE: ("variance as deviation", "variance used as deviation", "variance in place of deviation"),
        LARGE: ("too large", "much too large", "weights too large"),
        ZEROS: ("zero", "zeros", "all zeros", "weights all zero"),
    },
    wrong="""
    decays_exchanged: a reading that exchanges the two panels whose signal dies
        | which loses a factor of sqrt(2) per layer, and which loses one that depends on the width?
        A = variance for deviation; D = 'factor 2 missing'
    decays_alike [D = 'factor 2 missing']: a reading that takes every dying signal for a missing factor 2
        | how often would a factor of 2 have to be missing for the fall in D?
    all_variance [A = variance for deviation]: a reading that takes every dying signal for a variance used as deviation
        | what would sqrt(2 / n) in place of 2 / n change per layer, for n = 120?
    zigzag_is_healthy [E = healthy]: a reading that takes a zigzag for health
        | why should the size of the sums depend on the width of the layer?
    healthy_is_zigzag [C = 'fan-out for fan-in'; E = healthy]: a reading that exchanges the healthy panel and the zigzag
        | in which panel do narrow layers differ from wide ones?
    nothing_healthy: a reading in which no panel is healthy | how much may sums scatter in layers of 40 units?
        C = 'fan-out for fan-in'
    large_is_zero [B = all zero; F = far too large]: a reading that exchanges the two tanh panels
        | in which of the two is a gradient of 0 in all layers but the last?
    zeros_as_tiny [F = variance for deviation]: a reading that takes zeros for very small weights
        | do small random weights give sums that are exactly 0?
    """,
    hints="""
    First the trend: does the size of the sums fall, rise, keep, or change from layer to layer?
    A missing factor costs the same in every layer; a wrong formula costs more in wide layers.
    Fan-out for fan-in cancels over two layers, and leaves a zigzag.
    """,
    not_tested="faults that only show after training has begun",
)
