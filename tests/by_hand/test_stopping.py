"""The readable functions of lesson 06 against the validated ones of the library."""

import math

import numpy as np
import pytest

from course_lib.by_hand.stopping import (
    early_stopping,
    expected_best,
    fit_and_restore,
    k_folds,
    smoothed,
)
from course_lib.core.stats import expected_best_of
from course_lib.core.stopping import EarlyStopping
from course_lib.numpy_nn.network import mlp
from course_lib.numpy_nn.optimizers import SGD
from course_lib.numpy_nn.train import evaluate, train_mlp


def columns(values):
    return np.column_stack([np.linspace(2, 1, len(values)), values])


def by_class(values, patience, min_delta):
    stopper, epoch = EarlyStopping(patience, min_delta), 0
    for epoch, value in enumerate(values, start=1):
        stopper.update(value, epoch)
        if stopper.stop:
            break
    return epoch, stopper.best_epoch or 0


def test_it_stops_where_the_class_stops_on_random_curves_with_ties_and_nan():
    rng = np.random.default_rng(0)
    for _ in range(300):
        values = np.round(rng.normal(1, 0.3, rng.integers(1, 20)), 1)
        values[rng.random(len(values)) < 0.1] = np.nan
        patience, min_delta = int(rng.integers(1, 6)), float(rng.choice([0.0, 0.1, 0.25]))
        assert early_stopping(columns(values), patience, min_delta) == by_class(values, patience, min_delta)


@pytest.mark.parametrize(
    ("values", "patience", "min_delta", "expected"),
    [
        ([3, 2, 2.5, 2.1, 1], 2, 0.0, (4, 2)),
        ([5, 4, 4.5, 3, 3.5, 3.2, 3.1, 2.9, 1], 3, 0.0, (7, 4)),
        ([8, 7.9, 7.8, 7.6, 7.5, 7.4, 7.3], 4, 0.3, (7, 4)),
        ([2, 1.5, math.nan, math.nan, math.nan, 1], 3, 0.0, (5, 2)),
        ([math.nan, math.nan], 2, 0.0, (2, 0)),
        ([3, 2, 1], 1, 0.0, (3, 3)),
    ],
)
def test_scripted_sequences_stop_at_the_epoch_worked_out_by_hand(values, patience, min_delta, expected):
    assert early_stopping(columns(values), patience, min_delta) == expected


def test_the_network_holds_its_best_weights_as_after_train_mlp():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((40, 6)).astype(np.float32), rng.integers(0, 3, 40)
    train, validation = (x[:20], y[:20]), (x[20:], y[20:])
    theirs, ours = (mlp([6, 8, 3], rng=np.random.default_rng(1)) for _ in range(2))
    stopper = EarlyStopping(4)
    train_mlp(theirs, train, optimizer=SGD(0.5), epochs=30, batch_size=20, validation=validation, stopper=stopper)

    def train_epoch(_):
        train_mlp(ours, train, optimizer=SGD(0.5), epochs=1, batch_size=20)

    best = fit_and_restore([ours.parameters], train_epoch, lambda _: evaluate(ours, validation)["loss"], 30, 4)
    assert best == stopper.best_epoch
    assert best < 30
    assert np.allclose(ours.parameters, theirs.parameters, atol=1e-5)  # the rows of a batch come in another order


def test_without_any_improvement_the_start_is_restored():
    weights = np.zeros(3)

    def train_epoch(parameters):
        parameters[0] += 1

    assert fit_and_restore([weights], train_epoch, lambda _: math.nan, 10, 2) == 0
    assert not weights.any()


def test_a_smoothed_value_is_the_weighted_mean_of_what_came_before():
    values = np.random.default_rng(0).normal(size=9)
    weights = 0.8 ** np.arange(8, -1, -1)
    assert smoothed(values, 0.8)[-1] == pytest.approx(weights @ values / weights.sum())
    assert np.allclose(smoothed(np.full(5, 4.0), 0.9), 4.0)
    assert np.array_equal(smoothed(values, 0.0), values)


@pytest.mark.parametrize(("count", "k"), [(10, 5), (23, 4), (6, 6)])
def test_every_row_is_validated_once_and_never_trained_on_at_the_same_time(count, k):
    pairs = k_folds(count, k, np.random.default_rng(0))
    assert len(pairs) == k
    assert np.array_equal(np.sort(np.concatenate([held for _, held in pairs])), np.arange(count))
    for training, held in pairs:
        assert np.array_equal(np.sort(np.concatenate([training, held])), np.arange(count))
        assert len(held) in (count // k, count // k + 1)


def test_the_expected_best_is_the_mean_over_all_draws():
    scores, k = np.array([0.2, 0.9, 0.5, 0.5]), 3
    every = scores[np.indices((4,) * k).reshape(k, -1)].max(axis=0)
    assert expected_best(scores, k) == pytest.approx(every.mean())
    assert expected_best(scores, 1) == pytest.approx(scores.mean())
    assert expected_best(np.array([0.0, 1.0]), 2) == 0.75


def test_for_many_normal_scores_it_is_that_of_the_normal_distribution():
    scores = np.random.default_rng(0).normal(0.9, 0.02, 20_000)
    assert expected_best(scores, 10) == pytest.approx(expected_best_of(10, 0.9, 0.02), abs=1e-3)
