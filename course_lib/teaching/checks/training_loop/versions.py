"""Right layers and layers with a planted fault, for a gradient check; each is built fresh for every run."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.numpy_nn.layers import LeakyReLU, Linear, ReLU, Sigmoid, Tanh

Spoil = Callable[[Any, np.ndarray, np.ndarray], np.ndarray]  # layer, gradient, right result -> result


@dataclass(frozen=True)
class Version:
    """A layer to be checked at x (n, i). `build()` gives a new one each time, for a test may change what it gets."""

    make: Callable[[], Any]
    x: np.ndarray
    spoil: Spoil | None = None

    def build(self) -> Any:
        layer = self.make()
        if self.spoil is not None:
            right, spoil = layer.backward, self.spoil
            layer.backward = lambda gradient: spoil(layer, gradient, right(gradient))
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


def _weight_over_n(layer, gradient, result):
    layer.weight_gradient /= len(gradient)
    return result


def _bias_mean(layer, gradient, result):
    layer.bias_gradient[:] = gradient.mean(axis=0)
    return result


def _bias_without_last(layer, gradient, result):
    layer.bias_gradient[:] = gradient[:-1].sum(axis=0)
    return result


def _weight_gradient_transposed(layer, gradient, result):
    layer.weight_gradient[:] = layer.weight_gradient.T.copy()
    return result


def _column_turned(layer, gradient, result):
    layer.weight_gradient[:, -1] *= -1
    return result


def _upstream_ignored(layer, gradient, result):
    ones = np.ones_like(gradient)
    layer.weight_gradient[:], layer.bias_gradient[:] = layer.x.T @ ones, len(ones)
    return ones @ layer.weight.T


def _outputs_reversed(layer, gradient, result):
    layer.weight_gradient[:] = layer.weight_gradient[:, ::-1].copy()
    layer.bias_gradient[:] = layer.bias_gradient[::-1].copy()
    return gradient[:, ::-1] @ layer.weight.T


PLANTED = {
    "weight gradient / n": Version(_linear(3, 4), _X, _weight_over_n),
    "bias gradient a mean": Version(_linear(3, 4), _X, _bias_mean),
    "bias lacks a sample": Version(_linear(3, 4), _X, _bias_without_last),
    "square weight not transposed": Version(_linear(4, 4), _SQUARE, lambda layer, g, _: g @ layer.weight),
    "weight gradient transposed": Version(_linear(4, 4), _SQUARE, _weight_gradient_transposed),
    "weight gradient / n (small x)": Version(_linear(3, 4, bias=0.0), 1e-7 * _X, _weight_over_n),
    "sign of one column": Version(_linear(3, 4), _X, _column_turned),
    "upstream ignored": Version(_linear(3, 4), _X, _upstream_ignored),
    "outputs reversed": Version(_linear(3, 4), _X, _outputs_reversed),
    "input gradient a mean": Version(
        _linear(3, 4), _X, lambda _, g, result: np.repeat(result.mean(0, keepdims=True), len(g), axis=0)
    ),
    "tanh slope 1 - y": Version(Tanh, _SQUARE, lambda layer, g, _: g * (1 - layer.y)),
    "tanh without signs": Version(Tanh, _SQUARE, lambda layer, g, _: np.abs(g) * (1 - layer.y**2)),
    "sigmoid slope y": Version(Sigmoid, 3.0 * _SQUARE, lambda layer, g, _: g * layer.y),
    "relu mask on gradient": Version(ReLU, _KINKS, lambda layer, g, _: g * (g > 0) * (layer.y > 0)),
    "leaky slope doubled": Version(
        lambda: LeakyReLU(0.01), _KINKS, lambda layer, g, _: g * np.where(layer.y > 0, 1, 0.02)
    ),
}
