"""Checkpoints of a small training run in NumPy: those that a test of resuming must accept, and broken ones.

A run has everything that a real one has: an order of the rows, noise, momentum, a rate that falls, running statistics
that only the measurement uses. Shapes: 20 rows of 3 features, 7 batches an epoch.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from course_lib.by_hand.torch_loop import rows_from

_RNG = np.random.default_rng(35)
_X = _RNG.normal(0.5, 1.0, (20, 3))
_Y = _X @ np.array([1.0, -2.0, 0.5]) + _RNG.normal(0, 0.3, 20)
_OTHER_X = _RNG.normal(0.5, 1.0, (8, 3))
_OTHER_Y = _OTHER_X @ np.array([1.0, -2.0, 0.5])
BATCHES = 7  # of 3 rows, the last of 2


@lru_cache(maxsize=512)
def _rows(seed: int, epoch: int) -> tuple[np.ndarray, ...]:
    return tuple(rows_from(len(_X), 3, seed, epoch))


@lru_cache(maxsize=512)
def _noise(seed: int, epoch: int, skip: int) -> np.ndarray:
    """The noise (3, 3) of the update number `skip` of an epoch, drawn after that of the updates before it."""
    return np.random.default_rng([seed, epoch, 1]).normal(1.0, 0.2, (BATCHES, 3, 3))[skip]


class Run:
    """A linear regression by momentum; `step()` makes one update, `score()` measures and changes nothing."""

    def __init__(self, seed: int) -> None:
        self.seed, self.updates, self.epoch, self.batch, self.drawn = seed, 0, 1, 0, 0
        self.weights = np.random.default_rng([seed, 2]).normal(0, 1, 3)
        self.velocity = np.zeros(3)
        self.mean = np.zeros(3)  # running mean of the features; only score() reads it

    def step(self) -> None:
        """One update."""
        rows = _rows(self.seed, self.epoch)[self.batch]
        x = _X[rows] * _noise(self.seed, self.epoch, self.drawn)[: len(rows)]
        gradient = 2 * (x @ self.weights - _Y[rows]) @ x / len(rows)
        self.velocity = 0.8 * self.velocity + gradient
        self.weights -= 0.02 * 0.97**self.updates * self.velocity  # in place, as optimizers do
        self.mean = 0.9 * self.mean + 0.1 * x.mean(axis=0)
        self.updates, self.batch, self.drawn = self.updates + 1, self.batch + 1, self.drawn + 1
        if self.batch == BATCHES:
            self.epoch, self.batch, self.drawn = self.epoch + 1, 0, 0

    def score(self) -> float:
        """The mean squared error on other rows, with the running mean taken off."""
        return float(np.mean(((_OTHER_X - self.mean) @ self.weights - _OTHER_Y) ** 2))


ARRAYS, COUNTERS = ("weights", "velocity", "mean"), ("seed", "updates", "epoch", "batch", "drawn")


def save_all(run: Run) -> dict[str, Any]:
    """Everything, copied."""
    return copy.deepcopy(vars(run))


def load_all(checkpoint: dict[str, Any]) -> Run:
    """A new run from what was saved."""
    run = Run(0)
    vars(run).update(copy.deepcopy(checkpoint))
    return run


def _save_text(run: Run) -> str:
    state = vars(run)
    return json.dumps({name: state[name].tolist() if name in ARRAYS else state[name] for name in state})


def _load_text(text: str) -> Run:
    state = json.loads(text)
    return load_all({name: np.array(value) if name in ARRAYS else value for name, value in state.items()})


def _save_little(run: Run) -> dict[str, Any]:
    # Place and noise follow from the number of updates, so that they need not be saved.
    return {name: copy.copy(getattr(run, name)) for name in (*ARRAYS, "seed", "updates")}


def _load_little(checkpoint: dict[str, Any]) -> Run:
    run = load_all(checkpoint)
    run.epoch, run.batch = 1 + run.updates // BATCHES, run.updates % BATCHES
    run.drawn = run.batch
    return run


@dataclass(frozen=True)
class Version:
    """A way of saving and loading."""

    save: Callable[[Run], Any] = save_all
    load: Callable[[Any], Run] = load_all


def _with(**changed: Callable[[Run], Any]) -> Version:
    """Loading goes wrong: these fields of the loaded run are what the functions say."""

    def load(checkpoint: dict[str, Any]) -> Run:
        run = load_all(checkpoint)
        for name, value in changed.items():
            setattr(run, name, value(run))
        return run

    return Version(load=load)


def _save_since_loading(run: Run) -> dict[str, Any]:
    # The counter of batches starts anew in every process: right once, wrong for a run that was resumed before.
    checkpoint = save_all(run)
    checkpoint["batch"] = checkpoint["drawn"] = run.batch - getattr(run, "loaded_at", 0)
    checkpoint.pop("loaded_at", None)
    return checkpoint


def _load_and_remember(checkpoint: dict[str, Any]) -> Run:
    run = load_all(checkpoint)
    run.loaded_at = run.batch
    return run


def _rounded(name: str, dtype: type) -> Version:
    return _with(**{name: lambda run: getattr(run, name).astype(dtype).astype(np.float64)})


RIGHT = {
    "all, copied": Version(),
    "as text": Version(_save_text, _load_text),
    "place computed": Version(_save_little, _load_little),
}
PLANTED = {
    "momentum lost": _with(velocity=lambda run: np.zeros(3)),
    "order starts again": _with(batch=lambda run: 0),
    "noise starts again": _with(drawn=lambda run: 0),
    "schedule starts again": _with(updates=lambda run: 0),
    "epochs start again": _with(epoch=lambda run: 1),
    "next epoch": _with(epoch=lambda run: run.epoch + (run.batch > 0), batch=lambda run: 0, drawn=lambda run: 0),
    "seed not saved": _with(seed=lambda run: 0),
    "weights in float32": _rounded("weights", np.float32),
    "momentum in float16": _rounded("velocity", np.float16),
    "statistics lost": _with(mean=lambda run: np.zeros(3)),
    "arrays shared": Version(lambda run: dict(vars(run)), load_all),
    "right only once": Version(_save_since_loading, _load_and_remember),
}
