"""Checkpoints of a small training run in NumPy: those that a test of resuming must accept, and broken ones.

A run has everything that a real one has: an order of the rows, noise, momentum, a rate that falls, running statistics
that only the measurement uses. Shapes: 20 rows of 3 features, 7 batches an epoch.
"""

import copy
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from course_lib.by_hand.torch_loop import rows_from
from course_lib.teaching.exercises.kinds import planted_edits

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


ARRAYS = ("weights", "velocity", "mean")


def copied() -> tuple[Callable[[Run], Any], Callable[[Any], Run]]:
    """Saving and loading that are right; the other versions are edits of it."""

    def save(run: Run) -> Any:
        return copy.deepcopy(vars(run))

    def load(checkpoint: Any) -> Run:
        run = Run(0)
        vars(run).update(copy.deepcopy(checkpoint))
        return run

    return save, load


RIGHT = {"all, copied": copied} | planted_edits(
    copied,
    """
    as_text: everything as text
        copy.deepcopy(vars(run)) -> json.dumps({name: np.asarray(value).tolist() for name, value in vars(run).items()})
        copy.deepcopy(checkpoint)
        -> {name: np.array(v) if isinstance(v, list) else v for name, v in json.loads(checkpoint).items()}
    place_computed: place and noise follow from the number of updates, so that they need not be saved
        copy.deepcopy(vars(run)) -> {name: copy.copy(getattr(run, name)) for name in (*ARRAYS, "seed", "updates")}
        before return run -> run.epoch, run.batch = 1 + run.updates // BATCHES, run.updates % BATCHES
        before return run -> run.drawn = run.batch
    """,
    {"json": json},
)
# Of each fault: what to ask where it survives.
FAULTS = """
momentum_lost: do you make steps after loading, and compare then?
    before return run -> run.velocity = np.zeros(3)
order_starts_again: do you cut in the middle of an epoch?
    before return run -> run.batch = 0
noise_starts_again: do you cut in the middle of an epoch?
    before return run -> run.drawn = 0
schedule_starts_again: do you make steps after loading, and compare then?
    before return run -> run.updates = 0
epochs_start_again: do you cut after the first epoch too?
    before return run -> run.epoch = 1
next_epoch: do you cut in the middle of an epoch?
    before return run -> run.epoch, run.batch, run.drawn = run.epoch + (run.batch > 0), 0, 0
seed_not_saved: do you try more than one seed?
    before return run -> run.seed = 0
statistics_lost: do you compare score() as well as weights?
    before return run -> run.mean = np.zeros(3)
arrays_shared: does the saved run make a step before you load?
    copy.deepcopy(vars(run)) -> dict(vars(run))
right_only_once: do you resume a run that was resumed before?
    before return run -> run.loaded_at = run.batch
    return copy.deepcopy(A) -> since = run.batch - getattr(run, "loaded_at", 0)
        ; return copy.deepcopy(A) | {"batch": since, "drawn": since}
weights_in_float32: do you compare bit for bit?
    before return run -> run.weights = run.weights.astype(np.float32).astype(float)
momentum_in_float16: do you compare bit for bit?
    before return run -> run.velocity = run.velocity.astype(np.float16).astype(float)
"""
PLANTED = planted_edits(copied, FAULTS)
