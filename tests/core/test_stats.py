"""Intervals equal SciPy's and cover what they promise; the luck of the best of k is known."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import special, stats

from course_lib.core import stats as module
from course_lib.core.seeding import generator
from course_lib.core.stats import (
    Interval,
    bootstrap_interval,
    expected_best_of,
    t_interval,
)

# The same cases every time, and no limit on time: a busy machine must not turn a test red.
QUICK = settings(max_examples=40, deadline=None, derandomize=True)
SAMPLES = st.lists(st.floats(-100, 100, allow_subnormal=False), min_size=2, max_size=30)
SKEWED = np.random.default_rng(3).exponential(size=25)


def vary(values):
    """Whether the values differ by more than rounding."""
    return np.ptp(values) > 1e-3


# --- the t interval


@QUICK
@given(SAMPLES, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_the_t_interval_equals_scipy(values, level):
    assume(vary(values))
    ours = t_interval(values, level)
    theirs = stats.ttest_1samp(values, 0.0).confidence_interval(level)
    assert (ours.low, ours.high) == pytest.approx(tuple(theirs), rel=1e-9, abs=1e-9)
    assert (ours.mean, ours.count, ours.level) == (pytest.approx(np.mean(values)), len(values), level)


def test_the_t_interval_covers_the_true_mean_as_often_as_its_level_says():
    draws = generator(0, "coverage").normal(3.0, 2.0, size=(2_000, 5))
    covered = np.mean([t.low <= 3.0 <= t.high for t in map(t_interval, draws)])
    assert covered == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / 2_000))  # 4 standard errors


@QUICK
@given(SAMPLES)
def test_a_higher_level_gives_a_wider_interval_around_the_same_mean(values):
    narrow, wide = t_interval(values, 0.9), t_interval(values, 0.99)
    assert wide.low <= narrow.low <= narrow.mean <= narrow.high <= wide.high


def test_equal_values_have_an_interval_of_width_zero():
    assert t_interval([0.1] * 3) == Interval(0.1, 0.1, 0.1, 3, 0.95)


# --- the bootstrap


@pytest.mark.parametrize("statistic", [np.mean, np.median, np.var])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_the_bootstrap_interval_equals_scipy_on_the_same_resamples(statistic, level):
    ours = bootstrap_interval(SKEWED, statistic, level, resamples=2_000, seed=4)
    theirs = stats.bootstrap(
        (SKEWED,),
        statistic,
        confidence_level=level,
        n_resamples=2_000,
        method="BCa",
        rng=generator(4, "bootstrap"),
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-12)
    assert (ours.mean, ours.count, ours.level) == (statistic(SKEWED), 25, level)


def test_the_bootstrap_interval_does_not_depend_on_the_size_of_its_blocks(monkeypatch):
    in_one_block = bootstrap_interval(SKEWED, resamples=1_000)
    monkeypatch.setattr(module, "_NUMBERS_AT_ONCE", 25 * 7)
    assert bootstrap_interval(SKEWED, resamples=1_000) == in_one_block


def test_the_bootstrap_interval_covers_a_skewed_mean_about_as_often_as_its_level_says():
    draws = generator(1, "coverage").exponential(size=(300, 30))
    intervals = [bootstrap_interval(values, resamples=400) for values in draws]
    covered = np.mean([interval.low <= 1.0 <= interval.high for interval in intervals])
    # With n = 30 its true coverage is about 0.93 here; the band is 4 standard errors wide.
    assert 0.86 < covered < 0.98


def test_the_bootstrap_interval_of_a_skewed_sample_reaches_further_on_the_long_side():
    interval = bootstrap_interval(SKEWED)
    assert interval.high - interval.mean > 1.1 * (interval.mean - interval.low)


@QUICK
@given(SAMPLES, st.floats(-50, 50), st.floats(0.125, 8))
def test_shifting_and_scaling_the_values_shifts_and_scales_the_bootstrap_interval(values, shift, scale):
    assume(vary(values))
    plain = bootstrap_interval(values, resamples=200)
    moved = bootstrap_interval([scale * value + shift for value in values], resamples=200)
    assert (moved.low, moved.high) == pytest.approx(
        (scale * plain.low + shift, scale * plain.high + shift), rel=1e-6, abs=1e-6 * scale * np.ptp(values)
    )


def test_equal_seeds_give_equal_bootstrap_intervals_and_other_seeds_others():
    assert bootstrap_interval(SKEWED, seed=1) == bootstrap_interval(SKEWED, seed=1)
    assert bootstrap_interval(SKEWED, seed=1) != bootstrap_interval(SKEWED, seed=2)


@pytest.mark.parametrize("statistic", [np.mean, np.median])
def test_the_bootstrap_interval_of_equal_values_has_width_zero(statistic):
    assert bootstrap_interval([0.1] * 9, statistic) == Interval(pytest.approx(0.1), *[pytest.approx(0.1)] * 2, 9, 0.95)


def test_a_median_that_no_single_value_moves_still_has_an_interval():
    interval = bootstrap_interval([1.0] * 9 + [2.0] * 2, np.median)
    assert (interval.low, interval.mean) == (1.0, 1.0)


def test_a_statistic_whose_resamples_all_lie_on_one_side_is_refused():
    def number_of_different_values(array, axis):
        return np.apply_along_axis(lambda row: len(set(row)), axis, array)

    with pytest.raises(ValueError, match=r"^every resample lies on one side of the estimate 25.0: BCa has no interval"):
        bootstrap_interval(SKEWED, number_of_different_values, resamples=100)


# --- the best of k


@pytest.mark.parametrize(
    ("k", "expected"),
    [(1, 0.0), (2, 1 / math.sqrt(math.pi)), (3, 1.5 / math.sqrt(math.pi)), (10, 1.538752730835), (100, 2.507593636)],
)
def test_the_expected_best_equals_closed_forms_and_tables(k, expected):
    assert expected_best_of(k, 0.0, 1.0) == pytest.approx(expected, abs=1e-9)


def test_the_expected_best_equals_a_simulation():
    best = generator(0, "best").normal(0.8, 0.02, (20_000, 10)).max(axis=1)
    assert expected_best_of(10, 0.8, 0.02) == pytest.approx(best.mean(), abs=4 * best.std() / math.sqrt(20_000))


def test_the_expected_best_of_very_many_is_finite_and_follows_the_extreme_value_law():
    # Fisher & Tippett 1928: about Phi^-1(1 - 1/k) plus Euler's constant times the scale of the Gumbel law.
    k = 10**9
    location, scale = -special.ndtri(1 / k), -special.ndtri(1 / (k * math.e)) + special.ndtri(1 / k)
    assert expected_best_of(k, 0.0, 1.0) == pytest.approx(location + np.euler_gamma * scale, abs=0.01)


@QUICK
@given(st.integers(1, 1000), st.floats(-100, 100), st.floats(0, 10))
def test_the_expected_best_grows_with_k_and_scales_with_the_spread(k, mean, sd):
    gain = expected_best_of(k, 0.0, 1.0)
    assert expected_best_of(k, mean, sd) == pytest.approx(mean + sd * gain, abs=1e-9)
    assert expected_best_of(k + 1, 0.0, 1.0) > gain


# --- bad input


@pytest.mark.parametrize("function", [t_interval, bootstrap_interval])
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([1.0], "values must hold at least 2 values, got 1"),
        ([[1.0, 2.0]], r"values must have shape \(n,\), got \(1, 2\)"),
        ([1.0, math.nan], "values must be finite, got nan at row 1"),
        ([1.0, -math.inf], "values must be finite, got -inf at row 1"),
    ],
)
def test_a_bad_sample_is_named_with_its_rule_and_value(function, values, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        function(values)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: t_interval([1, 2], level=1.0), r"level must be in \(0, 1\), got 1.0"),
        (lambda: t_interval([1, 2], level=95), r"level must be in \(0, 1\), got 95"),
        (lambda: bootstrap_interval([1, 2], level=0), r"level must be in \(0, 1\), got 0"),
        (lambda: bootstrap_interval([1, 2], resamples=99), "resamples must be at least 100, got 99"),
        (lambda: expected_best_of(0, 0.0, 1.0), "k must be at least 1, got 0"),
        (lambda: expected_best_of(3, 0.0, -1.0), "mean and sd must be finite and sd >= 0, got mean 0.0 and sd -1.0"),
        (lambda: expected_best_of(3, math.inf, 1.0), "mean and sd must be finite and sd >= 0, got mean inf and sd 1.0"),
    ],
)
def test_a_bad_argument_is_named_with_its_rule_and_value(call, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        call()
