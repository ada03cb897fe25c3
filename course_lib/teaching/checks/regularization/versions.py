"""Dropout layers that a test must accept, and those with a planted fault that it must find; built fresh every time."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from course_lib.numpy_nn.layers import Dropout
from course_lib.teaching.exercises.edits import edited


class Layer:
    """Dropout in its shortest form. p is the share dropped."""

    def __init__(self, p: float, seed: int = 11) -> None:
        self.p, self.rng, self.kept = p, np.random.default_rng(seed), None

    def forward(self, x: np.ndarray, *, training: bool = False) -> np.ndarray:
        if not training:
            self.kept = None
            return x
        self.kept = self.rng.random(x.shape) >= self.p
        return np.where(self.kept, x / (1 - self.p), 0.0)

    def backward(self, gradient: np.ndarray) -> np.ndarray:
        return gradient if self.kept is None else gradient * self.kept / (1 - self.p)


# The edits of forward and of backward that make each fault. Short names, for a message lists them.
_COINS = "self.rng.random(x.shape) >= self.p -> np.broadcast_to(self.rng.random({}) >= self.p, x.shape)"
_FAULTS = {
    "no scale": ("1 - self.p -> 1", "1 - self.p -> 1"),
    "by 1/p": ("1 - self.p -> self.p", "1 - self.p -> self.p"),
    "at test": ("1 - self.p -> 1; return x -> return x * (1 - self.p)", "1 - self.p -> 1"),
    "keeps p": ("A >= self.p -> A < self.p; 1 - self.p -> self.p", "1 - self.p -> self.p"),
    "mixed p": ("A >= self.p -> A < self.p", ""),
    "one row": (_COINS.format("(1, x.shape[1])"), ""),
    "one col": (_COINS.format("(len(x), 1)"), ""),
    "same mask": ("self.rng -> np.random.default_rng(3)", ""),
    "always on": ("drop: if not training: ...", ""),
    "new mask": ("", "gradient * self.kept -> gradient * (self.rng.random(gradient.shape) >= self.p)"),
    "no mask": ("", "return: gradient"),
    "back raw": ("", "A / (1 - self.p) -> A"),
    "old mask": ("drop: self.kept = None", ""),
    "too few": ("every self.p -> 0.8 * self.p", "every self.p -> 0.8 * self.p"),
}


def _planted(forward: str, backward: str) -> Callable[[], Any]:
    methods = {"forward": edited(Layer.forward, forward), "backward": edited(Layer.backward, backward)}
    kind: Any = type("Faulty", (Layer,), methods)
    return lambda: kind(0.3, seed=5)


PLANTED = {name: _planted(*edits) for name, edits in _FAULTS.items()}
_LAYERS = {
    "p = 0.3": (0.3, 11),
    "p = 0.5": (0.5, 1),
    "p = 0.8": (0.8, 2),
    "p = 0": (0.0, 11),
    "another seed": (0.3, 99),
}
RIGHT: dict[str, Callable[[], Any]] = {name: partial(Layer, *given) for name, given in _LAYERS.items()}
RIGHT |= {f"library, p = {p}": lambda p=p: Dropout(p, rng=np.random.default_rng(2)) for p in (0.2, 0.6)}
