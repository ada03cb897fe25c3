"""What do the cards of the other exercises of sheet 05 say to answers that learners typed?"""

import numpy as np
import pytest

from course_lib.teaching.checks.regularization.attack import DROPOUT_PASSES
from course_lib.teaching.checks.regularization.attack_words import SURVIVED, what_to_ask
from course_lib.teaching.checks.regularization.find import FIND_FAULT, FINE, KEY
from course_lib.teaching.checks.regularization.order import ORDER_AUGMENTATION
from course_lib.teaching.checks.regularization.penalty import L2_STEP
from course_lib.teaching.checks.regularization.versions import PLANTED, RIGHT
from course_lib.teaching.exercises.card import MOST_WIDTH, verdict_of
from course_lib.teaching.exercises.diagnose import diagnose


def card(exercise, answer):
    return verdict_of(exercise, "5.0", diagnose(exercise, answer)).text


@pytest.mark.parametrize("letter", ["A", "D"])
def test_a_faulty_run_taken_for_a_healthy_one_is_not_confirmed(letter):
    said = card(FIND_FAULT, KEY | {letter: FINE})
    assert f"look again at {letter}; {letter}: is it good on training images and on new ones" in said
    assert "is its level near 1?" in said


def looks(*, without=(), p=None):
    """A test that asks for everything but `without`; with p, its limits are those of that p for every layer."""

    def test(layer):
        x = np.random.default_rng(3).uniform(0.5, 1.5, (300, 300))
        share = layer.p if p is None else p
        y = layer.forward(x, training=True)
        kept = y != 0
        asked = {
            "scale": lambda: np.allclose(y[kept], x[kept] / (1 - share)),
            "backward": lambda: np.allclose(layer.backward(x), y),
            "share": lambda: abs(kept.mean() - (1 - share)) < 0.02,
            "rows": lambda: kept.mean(axis=1).std() < 0.05,
            "columns": lambda: kept.mean(axis=0).std() < 0.05,
            "twice": lambda: not share or not np.array_equal(kept, layer.forward(x, training=True) != 0),
            "evaluation": lambda: np.array_equal(layer.forward(x), x),
            "afterwards": lambda: np.array_equal(layer.forward(x), x) and np.array_equal(layer.backward(x), x),
        }
        return all(ask() for name, ask in asked.items() if name not in without)

    return test


@pytest.mark.parametrize(
    ("without", "line"),
    [
        (("rows", "backward"), "one col: every row is kept or dropped as a whole; do you look at the share kept"),
        (("columns", "twice"), "same mask: each call has the same mask; do you call forward twice?"),
        (("columns",), "one row: one row of coins serves all rows; do you look at the share kept of each row and"),
        (("rows", "twice"), "same mask: each call has the same mask; do you call forward twice?"),
        (("evaluation", "afterwards", "rows"), "an evaluation drops values as well; do you evaluate?"),
        (("share", "rows"), "do you count what is dropped and compare its share with p?"),
        (("scale", "rows"), "no scale: what is kept is not scaled; do you compare what is kept with x / (1 - p)?"),
        (("backward", "rows", "columns"), "one row: one row of coins serves all rows; do you look at the share kept"),
    ],
)
def test_a_test_that_lets_a_fault_pass_gets_its_meaning_and_a_question(without, line):
    said = card(DROPOUT_PASSES, looks(without=without))
    assert "killed " in said
    assert line in said
    assert said.count("?") == 1


def test_limits_for_half_are_asked_where_p_enters():
    said = card(DROPOUT_PASSES, looks(p=0.5))
    assert "false alarm on: p = 0.3, p = 0.8, p = 0" in said
    assert "where does layer.p enter your limits?" in said


def test_an_alarm_for_no_dropout_is_asked_what_it_expects():
    def two_masks(layer):
        x = np.ones((9, 9))
        twice = [layer.forward(x, training=True) for _ in range(2)]
        return looks(without=("twice",))(layer) and not np.array_equal(*twice)

    assert "with p = 0 nothing is dropped and nothing differs" in card(DROPOUT_PASSES, two_masks)


@pytest.mark.parametrize("alone", sorted(PLANTED))
def test_every_fault_that_survives_alone_has_a_question_that_fits_the_card(alone):
    assert set(SURVIVED) == set(PLANTED)
    seen = {"right": dict.fromkeys(RIGHT, True), "planted": {name: name == alone for name in PLANTED}}
    asked = what_to_ask(seen, None)
    assert asked.startswith(f"{alone}: ")
    assert asked.endswith("?")
    assert len(asked) <= MOST_WIDTH


def test_the_whole_test_is_right():
    assert card(DROPOUT_PASSES, looks()).startswith("right: ")


@pytest.mark.parametrize(
    ("order", "question"),
    [
        ("E H G F C A I", "F reads `rows`: which line makes them?"),
        ("E H A G F C I", "F reads `rows`: which line makes them?"),
        ("E H F G C A I", "F reads `rows`: which line makes them?"),
        ("E H G F A I", "F reads `rows`: which line makes them?"),
        ("E G C F A H I", "A reads `scale`: which line makes it?"),
        ("E D G C A F I", "what do the mean and the deviation then know of the test part?"),
        ("D E G C A I", "what do the mean and the deviation then know of the test part?"),
        ("E B H G C A I", "on which side of the split are the other copies of a test image?"),
        ("E H B G C F A I", "are the other copies of a test image?"),
    ],
)
def test_an_order_gets_the_question_of_the_line_that_is_wrong(order, question):
    assert question in card(ORDER_AUGMENTATION, order)


def test_a_strange_letter_is_told_first():
    assert "'X' does not belong in it" in card(ORDER_AUGMENTATION, "E X B")


def both_up(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return weight + rate * (weight_gradient + 2 * strength * weight), bias + rate * bias_gradient


def weights_up(weight, bias, weight_gradient, bias_gradient, rate, strength):
    return weight + rate * (weight_gradient + 2 * strength * weight), bias - rate * bias_gradient


@pytest.mark.parametrize("answer", [both_up, weights_up])
def test_a_plus_sign_is_a_step_up_the_gradient(answer):
    said = card(L2_STEP, answer)
    assert "a step up the gradient" in said
    assert "which sign has a step that makes the loss smaller?" in said
