"""The rule for learning curves names the four kinds of run, and reads nothing but shares of knowing nothing."""

import numpy as np
import pytest

from course_lib.core.diagnosis import diagnose_curves

EPOCHS = np.arange(20)
LEARNED = 0.05 + 0.95 * 0.5**EPOCHS  # falls to 0.05 and stays
RISEN = np.concatenate([LEARNED[:10], LEARNED[10:] + 0.02 * np.arange(10)])
CASES = {
    "ideal": (LEARNED, LEARNED + 0.05),
    "overfit": (0.9 * 0.5**EPOCHS, RISEN),
    "underfit": (np.full(20, 0.7), np.full(20, 0.72)),
    "still learning": (1 - 0.02 * EPOCHS, 1 - 0.02 * EPOCHS),
}


@pytest.mark.parametrize("verdict", CASES)
def test_a_textbook_run_of_each_kind_gets_its_name(verdict):
    assert diagnose_curves(*CASES[verdict], knowing_nothing=1.0).verdict == verdict


@pytest.mark.parametrize("verdict", CASES)
@pytest.mark.parametrize("unit", [2.303, 5900.0])
def test_the_verdict_and_its_numbers_do_not_depend_on_the_unit_of_the_loss(verdict, unit):
    train, validation = CASES[verdict]
    plain = diagnose_curves(train, validation, knowing_nothing=1.0)
    scaled = diagnose_curves(unit * train, unit * validation, knowing_nothing=unit)
    assert scaled.verdict == verdict
    assert (scaled.train, scaled.rise, scaled.fall) == pytest.approx((plain.train, plain.rise, plain.fall), abs=1e-12)


def test_the_numbers_are_what_the_verdict_was_read_from():
    found = diagnose_curves([1, 0.8, 0.5, 0.25, 0.125], [1, 0.75, 0.5, 0.5, 0.625], knowing_nothing=1.0)
    assert (found.train, found.validation, found.gap, found.rise, found.fall) == (0.125, 0.625, 0.5, 0.125, 0.125)


@pytest.mark.parametrize(("rise", "verdict"), [(0.029, "ideal"), (0.031, "overfit")])
def test_the_limit_of_the_rise_lies_where_it_is_said_to(rise, verdict):
    validation = LEARNED + rise * (EPOCHS == 19)
    assert diagnose_curves(LEARNED, validation, knowing_nothing=1.0).verdict == verdict
    assert diagnose_curves(LEARNED, validation, knowing_nothing=1.0, risen=1.0).verdict == "ideal"


@pytest.mark.parametrize(("gap", "verdict"), [(0.199, "ideal"), (0.201, "overfit")])
def test_a_wide_gap_is_overfitting_even_when_the_validation_loss_never_rises(gap, verdict):
    assert diagnose_curves(LEARNED, LEARNED + gap, knowing_nothing=1.0).verdict == verdict
    assert diagnose_curves(LEARNED, LEARNED + gap, knowing_nothing=1.0, wide=1.0).verdict == "ideal"


def test_the_limit_of_a_high_training_loss_can_be_moved():
    curve = np.full(20, 0.3)
    assert diagnose_curves(curve, curve, knowing_nothing=1.0).verdict == "underfit"
    assert diagnose_curves(curve, curve, knowing_nothing=1.0, high=0.35).verdict == "ideal"


@pytest.mark.parametrize(
    ("train", "validation", "knowing_nothing", "words"),
    [
        ([1] * 6, [1] * 5, 1.0, r"equal length with at least 5 epochs, got shapes \(6,\) and \(5,\)"),
        ([1] * 4, [1] * 4, 1.0, r"at least 5 epochs, got shapes \(4,\) and \(4,\)"),
        ([[1]] * 5, [[1]] * 5, 1.0, r"at least 5 epochs, got shapes \(5, 1\) and \(5, 1\)"),
        ([1, 1, np.nan, 1, 1], [1] * 5, 1.0, "must be finite; a run with NaN has diverged"),
        ([1] * 5, [1, 1, 1, 1, np.inf], 1.0, "must be finite; a run with NaN has diverged"),
        ([1] * 5, [1] * 5, 0.0, "knowing_nothing must be above 0, got 0.0"),
        ([1] * 5, [1] * 5, float("nan"), "knowing_nothing must be above 0, got nan"),
    ],
)
def test_curves_that_cannot_be_judged_are_refused_in_words(train, validation, knowing_nothing, words):
    with pytest.raises(ValueError, match=words):
        diagnose_curves(train, validation, knowing_nothing=knowing_nothing)
