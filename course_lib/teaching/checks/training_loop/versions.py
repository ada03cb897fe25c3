"""Right layers and layers with a planted fault, for a gradient check; each is built fresh for every run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from types import MethodType
from typing import Any

import numpy as np

from course_lib.numpy_nn.layers import LeakyReLU, Linear, ReLU, Sigmoid, Tanh
from course_lib.teaching.exercises.edits import edited


@dataclass(frozen=True)
class Version:
    """A layer to be checked at x (n, i). `build()` gives a new one each time, for a test may change what it gets."""

    make: Callable[[], Any]
    x: np.ndarray
    backward: str = ""  # an edit of the layer's backward

    def build(self) -> Any:
        layer = self.make()
        if self.backward:
            layer.backward = MethodType(edited(type(layer).backward, self.backward), layer)
        return layer


def _linear(inputs: int, outputs: int, bias: float = 1.0) -> Callable[[], Linear]:
    def make() -> Linear:
        rng = np.random.default_rng(1)
        layer = Linear(inputs, outputs, rng=rng, dtype=np.float64)
        layer.bias[:] = bias * rng.standard_normal(outputs)
        return layer

    return make


def _away_from_zero(n: int, i: int) -> np.ndarray:
    """(n, i) of both signs with 0.05 <= |x| <= 1.5, the smallest of them near the lower end."""
    rng = np.random.default_rng(4)
    size = np.linspace(0.05, 1.5, n * i).reshape(n, i)
    return size * np.where(rng.random((n, i)) < 0.5, -1.0, 1.0)


_X = np.random.default_rng(2).normal(0.3, 1.0, (5, 3))
_SQUARE = np.random.default_rng(3).normal(0.3, 1.0, (5, 4))
_KINKS = _away_from_zero(5, 4)

RIGHT = {
    "linear": Version(_linear(3, 4), _X),
    "square linear": Version(_linear(4, 4), _SQUARE),
    "tanh": Version(Tanh, _SQUARE),
    "sigmoid": Version(Sigmoid, 3.0 * _SQUARE),
    "linear (small x)": Version(_linear(3, 4, bias=0.0), 1e-7 * _X),
    "relu": Version(ReLU, _KINKS),
    "relu (all off)": Version(ReLU, -np.abs(_KINKS)),
    "leaky relu": Version(lambda: LeakyReLU(0.01), _KINKS),
}

# The right layer that each fault is planted in, and the edit of its backward.
_THEN = "after self.backward_parameters(gradient) -> self."
_FAULTS = {
    "weight gradient / n": ("linear", _THEN + "weight_gradient /= len(gradient)"),
    "bias gradient a mean": ("linear", _THEN + "bias_gradient[:] = gradient.mean(axis=0)"),
    "bias lacks a sample": ("linear", _THEN + "bias_gradient[:] = gradient[:-1].sum(axis=0)"),
    "square weight not transposed": ("square linear", "self.weight.T -> self.weight"),
    "weight gradient transposed": ("square linear", _THEN + "weight_gradient[:] = self.weight_gradient.T.copy()"),
    "weight gradient / n (small x)": ("linear (small x)", _THEN + "weight_gradient /= len(gradient)"),
    "sign of one column": ("linear", _THEN + "weight_gradient[:, -1] *= -1"),
    "upstream ignored": ("linear", "first: gradient = np.ones_like(gradient)"),
    "outputs reversed": ("linear", "first: gradient = gradient[:, ::-1].copy()"),
    "input gradient a mean": ("linear", "return: np.repeat((RESULT).mean(0, keepdims=True), len(gradient), axis=0)"),
    "tanh slope 1 - y": ("tanh", "self.y * self.y -> self.y"),
    "tanh without signs": ("tanh", "first: gradient = np.abs(gradient)"),
    "sigmoid slope y": ("sigmoid", "1 - self.y -> 1"),
    "relu mask on gradient": ("relu", "return: gradient * (gradient > 0) * (self.y > 0)"),
    "leaky slope doubled": ("leaky relu", "self.slope -> 2 * self.slope"),
}
PLANTED = {name: replace(RIGHT[layer], backward=edit) for name, (layer, edit) in _FAULTS.items()}
