"""The schedules in their most readable form give the rates of the guarded ones."""

import math

import numpy as np
import pytest

from course_lib.by_hand.schedules import (
    plateau_rates,
    step_decay_rates,
    updates_per_epoch,
    warmup_cosine,
)
from course_lib.core.schedules import Plateau, cosine_with_warmup, step_decay
from course_lib.numpy_nn.data import batches_per_epoch


@pytest.mark.parametrize(("factor", "every"), [(0.5, 10), (0.1, 3), (0.9, 1)])
def test_step_decay_equals_the_library(factor, every):
    schedule = step_decay(factor, every)
    assert step_decay_rates(0.2, factor, every, 35) == pytest.approx([0.2 * schedule(epoch) for epoch in range(35)])


@pytest.mark.parametrize(("steps", "warmup", "floor"), [(20, 0, 0.0), (20, 5, 0.1), (7, 6, 0.5), (1, 0, 0.0)])
def test_warmup_with_cosine_equals_the_library(steps, warmup, floor):
    schedule = cosine_with_warmup(steps, warmup, floor)
    ours = [warmup_cosine(step, 0.3, steps, warmup, floor) for step in range(steps + 4)]
    assert ours == pytest.approx([0.3 * schedule(step) for step in range(steps + 4)])


@pytest.mark.parametrize(("patience", "min_delta"), [(0, 0.0), (1, 0.05), (3, 0.0), (2, 0.3)])
def test_plateau_equals_the_library(patience, min_delta):
    losses = [*np.abs(np.random.default_rng(0).standard_normal(40)) + np.linspace(2, 1, 40), math.nan, 0.5, math.nan]
    rule, expected = Plateau(0.5, patience, min_delta), []
    for loss in losses:
        rule.update(loss)
        expected.append(0.2 * rule(0))
    assert plateau_rates(losses, 0.2, 0.5, patience, min_delta) == pytest.approx(expected)


@pytest.mark.parametrize("drop_last", [True, False])
@pytest.mark.parametrize("samples", [1000, 960, 32, 33])
def test_without_accumulation_updates_are_batches(samples, drop_last):
    assert updates_per_epoch(samples, 32, 1, drop_last) == batches_per_epoch(samples, 32, drop_last=drop_last)


def test_batches_left_over_make_an_update():
    assert updates_per_epoch(100, 10, 4, drop_last=False) == 3
