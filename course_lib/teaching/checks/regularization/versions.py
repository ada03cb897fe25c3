"""Dropout layers that a test must accept, and those with a planted fault that it must find; built fresh every time."""

from collections.abc import Callable
from functools import partial
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


def _shared(shape: Callable[[Array], tuple[int, int]]) -> Callable[..., Array]:
    return lambda self, x: np.broadcast_to(self.rng.random(shape(x)) >= self.p, x.shape)


def _by_p(self: Any) -> float:
    return 1 / self.p


def _keep_p(self: Any, x: Array) -> Array:
    return self.rng.random(x.shape) < self.p


def _back(factor: Callable[[Any, Array], Any]) -> Callable[..., Array]:
    """A backward that multiplies by `factor(layer, gradient)` after a forward in training."""
    return lambda self, gradient: gradient if self.kept is None else gradient * factor(self, gradient)


# What each fault has in place of a method of `Layer`. Short names, for a message lists them.
_FAULTS: dict[str, dict[str, Callable[..., Any]]] = {
    "no scale": {"scale": lambda self: 1.0},
    "by 1/p": {"scale": _by_p},
    "at test": {"scale": lambda self: 1.0, "evaluate": lambda self, x: Layer.evaluate(self, x) * (1 - self.p)},
    "keeps p": {"draw": _keep_p, "scale": _by_p},
    "mixed p": {"draw": _keep_p},
    "one row": {"draw": _shared(lambda x: (1, x.shape[1]))},
    "one col": {"draw": _shared(lambda x: (len(x), 1))},
    "same mask": {"draw": lambda self, x: np.random.default_rng(3).random(x.shape) >= self.p},
    "always on": {"evaluate": lambda self, x: self.forward(x, training=True)},
    "new mask": {"backward": _back(lambda self, gradient: self.draw(gradient) * self.scale())},
    "no mask": {"backward": _back(lambda self, gradient: 1)},
    "back raw": {"backward": _back(lambda self, gradient: self.kept)},
    "old mask": {"evaluate": lambda self, x: x},
    "too few": {
        "draw": lambda self, x: self.rng.random(x.shape) >= 0.8 * self.p,
        "scale": lambda self: 1 / (1 - 0.8 * self.p),
    },
}


def _of_the_library(p: float) -> Dropout:
    return Dropout(p, rng=np.random.default_rng(2))


def _planted(methods: dict[str, Callable[..., Any]]) -> Callable[[], Any]:
    kind: Any = type("Faulty", (Layer,), methods)
    return lambda: kind(0.3, seed=5)


PLANTED = {name: _planted(methods) for name, methods in _FAULTS.items()}
_LAYERS = {
    "p = 0.3": (0.3, 11),
    "p = 0.5": (0.5, 1),
    "p = 0.8": (0.8, 2),
    "p = 0": (0.0, 11),
    "another seed": (0.3, 99),
}
RIGHT: dict[str, Callable[[], Any]] = {name: partial(Layer, *given) for name, given in _LAYERS.items()}
RIGHT |= {f"library, p = {p}": partial(_of_the_library, p) for p in (0.2, 0.6)}
