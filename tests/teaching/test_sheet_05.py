"""Do the keys of sheet 05 hold for the runs and numbers that they are about?"""

import numpy as np
import pytest

from course_lib.teaching.checks.regularization.attack import DROPOUT_PASSES
from course_lib.teaching.checks.regularization.audit import COPIES_BEFORE_SPLIT, FINDINGS
from course_lib.teaching.checks.regularization.dropout_check import DROPOUT_FORWARD
from course_lib.teaching.checks.regularization.find import DECAY, FINE, KEY, LABELS, MODE, SCALE
from course_lib.teaching.checks.regularization.order import LINES, ORDER_AUGMENTATION
from course_lib.teaching.checks.regularization.runs import five_runs, in_words
from course_lib.teaching.checks.regularization.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.diagnose import diagnose


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


@pytest.mark.parametrize("share", [0.9919, 0.99, "0.99", "99%", "99 %", "0,99", ".9919"])
def test_the_audit_takes_the_share_with_more_digits_and_as_a_text(share):
    assert diagnose(COPIES_BEFORE_SPLIT, FINDINGS | {"with_a_copy": share}).status == "right"


def test_the_audit_takes_counts_that_are_texts():
    assert (
        diagnose(COPIES_BEFORE_SPLIT, FINDINGS | {"test_images": "150", "different_images": " 200"}).status == "right"
    )
    found = diagnose(COPIES_BEFORE_SPLIT, FINDINGS | {"different_images": "1,000"})
    assert found.mistakes == ("all_different",)


@pytest.mark.parametrize(("share", "mistake"), [(99, "in_percent"), ("99.19", "in_percent"), ("70%", "one_copy")])
def test_a_wrong_share_is_the_same_mistake_as_a_number_and_as_a_text(share, mistake):
    assert diagnose(COPIES_BEFORE_SPLIT, FINDINGS | {"with_a_copy": share}).mistakes == (mistake,)


def test_the_order_may_be_written_as_a_text():
    assert diagnose(ORDER_AUGMENTATION, "E H G C F A I").status == "right"
    assert set("EHGCFAI") < set(LINES)


def test_a_global_generator_and_a_binomial_mask_are_told_apart():
    def theirs(x, rate, rng, training):  # as the source document writes it, with p = 1 refused
        if not 0 <= rate < 1:
            raise ValueError
        if not training:
            return x, None
        mask = np.random.binomial(1, 1 - rate, size=x.shape) / (1 - rate)
        return x * mask, mask > 0

    found = diagnose(DROPOUT_FORWARD, theirs)
    assert found.mistakes == ("global_random_state",)


def test_a_forward_that_returns_only_the_values_is_told_its_form():
    found = diagnose(DROPOUT_FORWARD, lambda x, p, rng, training: x)
    assert found.status == "wrong"
    assert "expected y and kept" in " ".join(found.lines)


def test_every_planted_fault_is_found_by_the_reference_and_every_right_layer_accepted():
    seen = DROPOUT_PASSES.observe(DROPOUT_PASSES.reference)
    assert seen == {"right": dict.fromkeys(RIGHT, True), "planted": dict.fromkeys(PLANTED, False)}


def test_a_statistical_test_accepts_right_layers_of_many_seeds():
    from course_lib.teaching.checks.regularization.versions import Layer

    assert all(DROPOUT_PASSES.reference(Layer(p, seed=seed)) for p in (0.1, 0.5, 0.95) for seed in range(30))
