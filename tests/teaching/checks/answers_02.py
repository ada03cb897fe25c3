"""Sheet 02, initialization: answers of learners and the cards that they get."""

import math

import numpy as np

from course_lib.by_hand.initializers import fan_in_and_out, orthogonal
from course_lib.numpy_nn.initializers import he_normal
from tests.teaching.answers import find, says

XAVIER, ZERO, PANELS = (find(slug).reference for slug in ("xavier_name", "zero_start", "read_start_panels"))
EVERYWHERE = dict.fromkeys(ZERO, "W1 W2 W3 b1 b2 b3")
NO_EQUATION = says("'equal for' is an equation, such as \"n_in = 3 * n_out\"; yours is 'square layers'")


def bound(shape):
    return math.sqrt(6 / sum(shape))


def shuffled(shape, rng):
    return rng.permutation(he_normal(shape, np.random.default_rng([3, rng.integers(2**31)]), np.float64))


def only_scale(initializer):
    weight = initializer((400, 100), np.random.default_rng(0), np.float64)
    return abs(weight.std() / math.sqrt(2 / 400) - 1) < 0.03


ANSWERS = (
    ("fan_in_and_out", lambda shape, layout: list(fan_in_and_out(shape, layout)), "right"),
    ("fan_in_and_out", lambda shape, layout: fan_in_and_out(shape, layout) if len(shape) != 3 else shape[1::-1],
     says("case 5, part 1 (inputs (6, 4, 3), 'torch'): yours is 4")),
    ("zero_start", ZERO | {"softplus, step 2": {"b3", "w3", "W2", "b2"}, "relu, step 1": ["b3"]}, "right"),
    ("zero_start", ZERO | {"relu, step 1": "b4"}, says("the parameters are W1, b1, W2, b2, W3, b3; you name b4")),
    ("zero_start", EVERYWHERE | {"verdict": "not shown"},
     says("look again at relu, step 1; relu, step 9; softplus", "relu, step 1: what are relu(0)", without=("...",))),
    ("he_normal", shuffled, "right"),
    ("he_normal", lambda s, g: g.normal(scale=np.sqrt(2 / s[0]), size=s[::-1]).T, "right"),
    ("he_normal", lambda s, g: 1.5 * he_normal(s, g, np.float64), says("your standard deviation is 1.49")),
    ("he_normal", lambda s, g: he_normal(s, g).astype(np.float16), says("your weights are float16; the docstring")),
    ("he_normal", lambda s, g: np.zeros(s), says("a second call with the same rng gives the same weights")),
    ("he_normal", lambda s, g: g.choice([-1.0, 1.0], s), says("distribution of your weights is neither normal nor")),
    ("he_normal", lambda s, g: np.tile(g.standard_normal((s[0], s[1] // 2)), 2), says("two units of the")),
    ("he_normal", lambda s, g: np.sort(g.standard_normal(math.prod(s))).reshape(s), says("your numbers rise or fall")),
    ("he_normal", lambda s, g: 1 + g.standard_normal(s), says("the mean of your weights is positive")),
    ("glorot_uniform", lambda s, g: (g.random(s) * 2 - 1) * bound(s), "right"),
    ("xavier_name", XAVIER | {"written": "sqrt(1/512)", "glorot": "0,0589", "torch default": "1 / sqrt(3 * 512)",
                              "named": "Le-Cun", "equal for": "2n = n + m"}, "right"),
    ("xavier_name", XAVIER | {"equal for": "square layers"}, NO_EQUATION),
    *(("xavier_name", XAVIER | {"equal for": text}, says("look again at equal for"))
      for text in ("n_in = 2 * n_out", "n = n", "1/n = 2/(n + m)", "n = m = 64", "n=1/0", "__import__('os') = 1")),
    ("xavier_name", XAVIER | {"written": 0.044}, says("written: 0.044 has two digits: three are asked for")),
    ("xavier_name", XAVIER | {"torch default": "0.03"}, says("torch default: 0.03 has one digit")),
    ("xavier_name", XAVIER | {"written": 0.045}, says("look again at written")),
    ("orthogonal", "np.sign(A) -> rng.choice([-1.0, 1.0])", says("the signs of two columns go together")),
    ("orthogonal", lambda s, g: 2 * orthogonal(s, g), says("(7, 3) the length of your columns is 2; it should be 1")),
    ("orthogonal", lambda s, g: np.linalg.qr(g.standard_normal(s))[0], says("for the shape (3, 7) you give (3, 3)")),
    ("orthogonal", lambda s, g: orthogonal(s, g) + 1e-3, says("your columns is between")),
    ("order_measured_start", "G C H F I B D A", says("measures the weights and not the sums\n  which size")),
    ("order_measured_start", "G C H F E A D", says("divides by the variance of the sums\n  if the sums are 3 times")),
    ("read_start_panels", PANELS | {"A": "Missing factor 2", "B": "too large", "C": "OK", "D": "variance as deviation",
                                    "E": "fan_out for fan_in", "F": "all zeros"}, "right"),
    ("read_start_panels", PANELS | {"A": "healthy", "D": "healthy"}, says("look again at A, D", "A: by which factor")),
    ("he_normal_passes", "0.3 -> 0.5; every 0.03 -> 0.05", "right"),
    ("he_normal_passes", lambda initializer: initializer["x"], "error"),
    ("he_normal_passes", only_scale, says("of 12; survived: uniform, mean", "do you look at the mean?")),
)  # fmt: skip
