"""Tests of paired differences equal SciPy's, and reject a true null as rarely as they promise."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import stats

from course_lib.core import stats as module
from course_lib.core.seeding import generator
from course_lib.core.stats import paired_comparison, sign_flip_test

# The same cases every time, and no limit on time: a busy machine must not turn a test red.
QUICK = settings(max_examples=40, deadline=None, derandomize=True)


# --- the sign-flip test


@pytest.mark.parametrize("n", [2, 5, 10, 13])
@pytest.mark.parametrize("shift", [0.0, 0.4, 1.5])
def test_the_exact_sign_flip_test_equals_scipy(n, shift):
    differences = generator(n, "differences").normal(shift, 1.0, n)
    theirs = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", vectorized=True, n_resamples=2**n
    )
    assert sign_flip_test(differences) == pytest.approx(theirs.pvalue, abs=1e-12)


def test_the_sampled_sign_flip_test_agrees_with_the_exact_one(monkeypatch):
    differences = generator(0, "differences").normal(0.4, 1.0, 14)
    exact = sign_flip_test(differences)
    monkeypatch.setattr(module, "_EXACT_UP_TO", 0)
    sampled = sign_flip_test(differences, resamples=20_000)
    assert sampled != exact
    assert sampled == pytest.approx(exact, abs=4 * math.sqrt(exact * (1 - exact) / 20_000))  # 4 standard errors


def test_the_sampled_sign_flip_test_equals_scipy_within_its_sampling_error():
    differences = generator(2, "differences").normal(0.3, 1.0, 40)
    theirs = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", vectorized=True, n_resamples=20_000, rng=0
    ).pvalue
    error = math.sqrt(2 * theirs * (1 - theirs) / 20_000)
    assert sign_flip_test(differences, resamples=20_000) == pytest.approx(theirs, abs=4 * error)


@QUICK
@given(st.integers(1, 16))
def test_differences_of_one_sign_have_the_smallest_exact_p_value(n):
    assert sign_flip_test(np.arange(1, n + 1)) == 2 / 2**n


def test_a_sampled_p_value_is_never_zero():
    assert sign_flip_test(np.full(40, 1.0), resamples=999) == 1 / 1000


@QUICK
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=9))
def test_the_sign_flip_test_counts_ties_as_the_definition_does(differences):
    signs = np.array(np.meshgrid(*[[-1, 1]] * len(differences))).reshape(len(differences), -1)  # (n, 2**n)
    sums = np.abs(np.array(differences) @ signs)
    expected = np.mean(sums >= abs(sum(differences)))
    # Tenths are not exact in binary: equal sums differ in their last bits and must count as equal all the same.
    assert sign_flip_test(np.array(differences) * 0.1) == expected


@QUICK
@given(st.lists(st.floats(-10, 10), min_size=1, max_size=9), st.randoms())
def test_order_and_overall_sign_do_not_change_the_p_value(differences, random):
    p = sign_flip_test(differences)
    assert sign_flip_test([-value for value in differences]) == p
    assert sign_flip_test(random.sample(differences, len(differences))) == pytest.approx(p, abs=1e-12)
    assert 0 < p <= 1


def test_the_sign_flip_test_rejects_a_true_null_no_more_often_than_its_p_value_says():
    draws = generator(3, "differences").standard_t(df=3, size=(1_000, 8))
    p_values = np.array([sign_flip_test(differences) for differences in draws])
    for threshold in (0.05, 0.25):
        error = math.sqrt(threshold * (1 - threshold) / 1_000)
        assert np.mean(p_values <= threshold) < threshold + 4 * error


# --- two arms


@QUICK
@given(st.lists(st.tuples(st.integers(-99, 99), st.integers(-99, 99)), min_size=2, max_size=20))
def test_the_t_test_and_the_interval_of_a_paired_comparison_equal_scipy(pairs):
    a, b = np.array(pairs).T
    assume(np.ptp(a - b) > 0)
    result, theirs = paired_comparison(a, b, level=0.9), stats.ttest_rel(a, b)
    assert result.t_p == pytest.approx(theirs.pvalue, rel=1e-6, abs=1e-12)
    assert (result.interval.low, result.interval.high) == pytest.approx(
        tuple(theirs.confidence_interval(0.9)), rel=1e-9, abs=1e-9
    )
    assert result.sign_flip_p == sign_flip_test(a - b)


@pytest.mark.parametrize("n", [2, 3, 8, 16, 17, 40])
def test_the_wilcoxon_test_equals_scipy_where_no_ranks_are_tied(n):
    a, b = generator(n, "arms").normal(0.2, 1.0, (2, n))
    assert paired_comparison(a, b).wilcoxon_p == pytest.approx(stats.wilcoxon(a, b).pvalue, abs=1e-12)


@pytest.mark.parametrize("n", [4, 7, 9, 25])
def test_the_wilcoxon_test_equals_scipy_on_tied_accuracies(n):
    a, b = generator(n, "accuracies").integers(90, 96, (2, n))
    # SciPy gets whole numbers, whose ties are exact; hundredths are not exact in binary, and must give the same.
    expected = stats.wilcoxon(a, b).pvalue
    assert paired_comparison(a / 100, b / 100).wilcoxon_p == pytest.approx(expected, abs=1e-12)


def test_wins_and_ties_do_not_see_rounding():
    result = paired_comparison([0.1 + 0.2, 0.7, 0.5], [0.3, 0.6, 0.6])
    assert (result.wins, result.ties) == (1, 1)


def test_swapping_the_arms_turns_the_interval_and_keeps_the_p_values():
    a, b = generator(5, "arms").normal(0.3, 1.0, (2, 12))
    forth, back = paired_comparison(a, b), paired_comparison(b, a)
    assert (back.interval.low, back.interval.high) == pytest.approx((-forth.interval.high, -forth.interval.low))
    assert (back.t_p, back.wilcoxon_p) == pytest.approx((forth.t_p, forth.wilcoxon_p))
    assert back.sign_flip_p == forth.sign_flip_p
    assert forth.wins + back.wins + forth.ties == 12


def test_wins_and_ties_count_pairs():
    result = paired_comparison([3, 1, 2, 5, 5], [1, 1, 3, 4, 2])
    assert (result.wins, result.ties, result.interval.count) == (3, 1, 5)


def test_pairing_sees_what_the_spread_between_seeds_hides():
    seeds = generator(6, "arms").normal(0.0, 5.0, 10)
    gain = generator(7, "arms").normal(0.5, 0.1, 10)
    assert paired_comparison(seeds + gain, seeds).t_p < 1e-6
    assert stats.ttest_ind(seeds + gain, seeds).pvalue > 0.5


@pytest.mark.parametrize(("difference", "t_p", "wilcoxon_p", "flip_p"), [(0.0, 1, 1, 1), (0.5, 0, 0.0625, 0.0625)])
def test_equal_differences_give_p_values_without_a_warning(difference, t_p, wilcoxon_p, flip_p):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        result = paired_comparison(np.arange(5) + difference, np.arange(5))
    assert (result.t_p, result.wilcoxon_p, result.sign_flip_p) == (t_p, wilcoxon_p, flip_p)
    assert (result.interval.low, result.interval.high) == (difference, difference)


# --- bad input


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: sign_flip_test([]), "differences must hold at least 1 values, got 0"),
        (lambda: sign_flip_test([math.nan]), "differences must be finite, got nan at row 0"),
        (lambda: sign_flip_test([1.0], resamples=10), "resamples must be at least 100, got 10"),
        (lambda: paired_comparison([1, 2, 3], [1, 2]), "a and b must be pairs, got 3 and 2 values"),
        (lambda: paired_comparison([1, 2], [1, math.nan]), "b must be finite, got nan at row 1"),
        (lambda: paired_comparison([1], [1]), "a must hold at least 2 values, got 1"),
    ],
)
def test_a_bad_argument_is_named_with_its_rule_and_value(call, words):
    with pytest.raises(ValueError, match=f"^{words}$"):
        call()
