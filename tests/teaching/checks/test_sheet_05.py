"""Sheet 05, regularization: its keys hold for the runs and numbers that they are about."""

import numpy as np
import pytest

from course_lib.teaching.checks.regularization.attack import DROPOUT_PASSES
from course_lib.teaching.checks.regularization.audit import FINDINGS
from course_lib.teaching.checks.regularization.find import DECAY, FINE, KEY, LABELS, MODE, SCALE
from course_lib.teaching.checks.regularization.runs import five_runs, in_words
from course_lib.teaching.checks.regularization.versions import Layer


@pytest.fixture(scope="module")
def runs():
    return five_runs()


def read(one):
    """The rule by which the readings can be told apart, each fault by its own instrument."""
    if one.new != one.new_again:
        return MODE
    if one.level < 0.8:
        return SCALE
    if one.known > 0.95 and one.new < 0.3:
        return LABELS
    return DECAY if one.known < 0.9 else FINE


def test_the_key_of_the_five_runs_is_what_their_instruments_say(runs):
    assert {letter: read(one) for letter, one in runs.items()} == KEY


def test_the_faults_show_with_room_to_spare(runs):
    assert abs(runs["E"].new - runs["E"].new_again) >= 0.005
    assert 0.5 < runs["C"].level < 0.7
    assert all(0.95 < runs[letter].level < 1.05 for letter in "ABDE")
    assert runs["A"].length < 0.25 * min(runs[letter].length for letter in "BCDE")
    assert in_words(runs).count("\n") == 5


def test_the_share_with_a_copy_is_what_random_splits_give():
    rng, shares = np.random.default_rng(0), []
    for _ in range(300):
        original, drawn = np.repeat(np.arange(200), 5), rng.permutation(1000)
        shares.append(np.isin(original[drawn[850:]], original[drawn[:700]]).mean())
    assert abs(np.mean(shares) - FINDINGS["with_a_copy"]) < 0.005


def test_a_statistical_test_accepts_right_layers_of_many_seeds():
    assert all(DROPOUT_PASSES.reference(Layer(p, seed=seed)) for p in (0.1, 0.5, 0.95) for seed in range(30))
