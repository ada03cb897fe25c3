"""Which dropout layers must a test accept, and which planted faults must it find? Built fresh for every run."""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.numpy_nn.layers import Dropout

Array = np.ndarray


class Layer:
    """Dropout with its pieces as methods, so that a version can change one of them. p is the share dropped."""

    def __init__(self, p: float, seed: int = 11) -> None:
        self.p, self.rng, self.kept = p, np.random.default_rng(seed), None

    def draw(self, x: Array) -> Array:
        return self.rng.random(x.shape) >= self.p

    def scale(self) -> float:
        return 1 / (1 - self.p)

    def evaluate(self, x: Array) -> Array:
        self.kept = None
        return x

    def forward(self, x: Array, *, training: bool = False) -> Array:
        if not training:
            return self.evaluate(x)
        self.kept = self.draw(x)
        return np.where(self.kept, x * self.scale(), 0.0)

    def backward(self, gradient: Array) -> Array:
        return gradient if self.kept is None else gradient * self.kept * self.scale()


class _Unscaled(Layer):
    def scale(self) -> float:
        return 1.0


class _ByP(Layer):
    def scale(self) -> float:
        return 1 / self.p


class _ScaledAtTest(_Unscaled):
    def evaluate(self, x: Array) -> Array:
        self.kept = None
        return x * (1 - self.p)


class _KeepsP(Layer):
    """p taken for the share that is kept, in a consistent way."""

    def draw(self, x: Array) -> Array:
        return self.rng.random(x.shape) < self.p

    def scale(self) -> float:
        return 1 / self.p


class _KeepsPUnscaled(Layer):
    """Keeps the share p and scales as if it dropped it."""

    def draw(self, x: Array) -> Array:
        return self.rng.random(x.shape) < self.p


class _SharedRow(Layer):
    def draw(self, x: Array) -> Array:
        return np.broadcast_to(self.rng.random((1, x.shape[1])) >= self.p, x.shape)


class _SharedColumn(Layer):
    def draw(self, x: Array) -> Array:
        return np.broadcast_to(self.rng.random((len(x), 1)) >= self.p, x.shape)


class _OneMask(Layer):
    def draw(self, x: Array) -> Array:
        return np.random.default_rng(3).random(x.shape) >= self.p


class _AlwaysOn(Layer):
    def evaluate(self, x: Array) -> Array:
        return self.forward(x, training=True)


class _NewMaskBack(Layer):
    def backward(self, gradient: Array) -> Array:
        return gradient if self.kept is None else gradient * self.draw(gradient) * self.scale()


class _NoMaskBack(Layer):
    def backward(self, gradient: Array) -> Array:
        return gradient


class _UnscaledBack(Layer):
    def backward(self, gradient: Array) -> Array:
        return gradient if self.kept is None else gradient * self.kept


class _OldMaskBack(Layer):
    """An evaluation leaves the mask of the last training step in place."""

    def evaluate(self, x: Array) -> Array:
        return x


class _TooFew(Layer):
    """Drops four fifths of the share that it should, and scales for what it keeps: the mean is right."""

    def draw(self, x: Array) -> Array:
        return self.rng.random(x.shape) >= 0.8 * self.p

    def scale(self) -> float:
        return 1 / (1 - 0.8 * self.p)


def _library(p: float) -> Callable[[], Any]:
    return lambda: Dropout(p, rng=np.random.default_rng(2))


RIGHT: dict[str, Callable[[], Any]] = {
    "p = 0.3": lambda: Layer(0.3),
    "p = 0.5": lambda: Layer(0.5, seed=1),
    "p = 0.8": lambda: Layer(0.8, seed=2),
    "p = 0": lambda: Layer(0.0),
    "library, p = 0.2": _library(0.2),
    "library, p = 0.6": _library(0.6),
    "another seed": lambda: Layer(0.3, seed=99),
}
# Short names, for a message lists them.
PLANTED: dict[str, Callable[[], Any]] = {
    name: (lambda kind=kind: kind(0.3, seed=5))
    for name, kind in {
        "no scale": _Unscaled,
        "by 1/p": _ByP,
        "at test": _ScaledAtTest,
        "keeps p": _KeepsP,
        "mixed p": _KeepsPUnscaled,
        "one row": _SharedRow,
        "one col": _SharedColumn,
        "same mask": _OneMask,
        "always on": _AlwaysOn,
        "new mask": _NewMaskBack,
        "no mask": _NoMaskBack,
        "back raw": _UnscaledBack,
        "old mask": _OldMaskBack,
        "too few": _TooFew,
    }.items()
}
