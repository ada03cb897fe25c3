"""Mean field: how large signals and gradients are in layer l of a random network, without building one.

Mean-field theory: in a wide layer the sums x @ weight of one unit are nearly normal with mean 0, so that one number per
layer, their mean square q, tells all. With weights of variance gain^2 / fan-in and biases of 0

    q_1 = gain^2 * mean(x^2),    q_(l+1) = gain^2 * E[phi(sqrt(q_l) z)^2],    z ~ N(0, 1)

for any widths. The squared length of the gradient of one sample with respect to these sums is multiplied by
gain^2 * E[phi'(sqrt(q_l) z)^2] on its way back from layer l + 1 to layer l. Source: Poole et al. 2016 and Schoenholz
et al. 2017 (both without the letters that they use).
"""

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from course_lib.core.validation import validate_above, validate_at_least, validate_choice

Floats = NDArray[np.float64]
Function = Callable[[Floats], Floats]

# An even number of points, so that none lies on the kink of a ReLU. What lies beyond has weights below 1e-17.
_Z = np.linspace(-9.0, 9.0, 3600)
_WEIGHTS = np.exp(-_Z * _Z / 2) / np.exp(-_Z * _Z / 2).sum()

# Each activation with its derivative. The derivative of the ReLU at 0 is taken as 0, as in the layers.
ACTIVATIONS: dict[str, tuple[Function, Function]] = {
    "linear": (lambda x: x, np.ones_like),
    "relu": (lambda x: np.maximum(x, 0), lambda x: np.where(x > 0, 1.0, 0.0)),
    "tanh": (np.tanh, lambda x: 1 - np.tanh(x) ** 2),
    "sigmoid": (lambda x: 0.5 + 0.5 * np.tanh(x / 2), lambda x: 0.25 * (1 - np.tanh(x / 2) ** 2)),
}


def gaussian_mean(function: Function, q: float) -> float:
    """E[function(sqrt(q) z)] for standard normal z, by the trapezoid rule. Raises ValueError unless q >= 0."""
    validate_at_least("q", q, 0)
    return float(_WEIGHTS @ function(math.sqrt(q) * _Z))


def signal_squares(activation: str, gain: float, depth: int, *, x_square: float = 1.0) -> Floats:
    """q_1 ... q_depth: the mean square of the sums x @ weight of each layer, (depth,).

    x_square is the mean square of the data. Raises ValueError for an unknown activation, depth < 1, or a gain or
    x_square that is not positive.
    """
    phi, _ = _functions(activation)
    _validate(gain, depth, x_square)
    q = [gain**2 * x_square]
    for _ in range(depth - 1):
        q.append(gain**2 * gaussian_mean(lambda x: phi(x) ** 2, q[-1]))
    return np.array(q)


def gradient_squares(activation: str, gain: float, depth: int, *, x_square: float = 1.0) -> Floats:
    """The squared length of the gradient with respect to the sums of each layer, relative to the last, (depth,).

    Raises ValueError as signal_squares does.
    """
    _, slope = _functions(activation)
    q = signal_squares(activation, gain, depth, x_square=x_square)
    factors = [gain**2 * gaussian_mean(lambda x: slope(x) ** 2, one) for one in q[:-1]]
    return np.append(np.cumprod(factors[::-1])[::-1], 1.0)


def _functions(activation: str) -> tuple[Function, Function]:
    validate_choice("activation", activation, ACTIVATIONS)
    return ACTIVATIONS[activation]


def _validate(gain: float, depth: int, x_square: float) -> None:
    validate_at_least("depth", depth, 1)
    for name, value in (("gain", gain), ("x_square", x_square)):
        validate_above(name, value, 0, finite=True)
