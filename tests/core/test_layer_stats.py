"""The instruments read what is there."""

import math

import numpy as np
import pytest

from course_lib.core.layer_stats import dead_share, moments, saturated_share, update_ratio


def test_moments_are_those_of_numpy():
    values = np.random.default_rng(0).normal(2.0, 3.0, (40, 30)).astype(np.float32)
    values[0, :6] = 0
    found = moments(values)
    exact = values.astype(np.float64)
    assert found.mean == pytest.approx(exact.mean())
    assert found.std == pytest.approx(exact.std())
    assert found.rms**2 == pytest.approx(found.mean**2 + found.std**2)
    assert found.largest == np.abs(exact).max()
    assert found.zeros == 6 / 1200


def test_not_a_number_shows_in_the_moments():
    assert math.isnan(moments(np.array([1.0, np.nan])).mean)


def test_float16_squares_do_not_overflow():
    assert moments(np.full(10, 60_000, np.float16)).rms == pytest.approx(60_000, rel=1e-3)


def test_a_unit_is_dead_only_when_no_sample_wakes_it():
    activations = np.array([[0.0, 0.0, 1.0, 0.0], [0.0, 2.0, 1.0, 0.0]])
    assert dead_share(activations) == 0.5


def test_saturation_counts_both_ends():
    assert saturated_share(np.array([-0.995, -0.5, 0.5, 0.991])) == 0.5
    assert saturated_share(np.array([0.005, 0.5, 0.5, 0.5]), low=0.01, high=0.99) == 0.25


def test_the_update_ratio_is_the_relative_length_of_the_change():
    assert update_ratio(np.array([3.0, 4.0]), np.array([3.0, 4.5])) == pytest.approx(0.1)
    assert update_ratio(np.zeros(2), np.ones(2)) == math.inf
    assert update_ratio(np.zeros(2), np.zeros(2)) == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: moments(np.empty((0, 3))), r"values must hold at least one value, got shape \(0, 3\)"),
        (lambda: dead_share(np.ones(3)), r"activations must be \(n, u\), got shape \(3,\)"),
        (lambda: saturated_share(np.ones(3), low=1, high=1), r"low must be below high, got 1 and 1"),
        (lambda: update_ratio(np.ones(3), np.ones(2)), r"before and after must have the same shape, got \(3,\)"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
