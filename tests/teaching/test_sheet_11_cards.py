"""What do the cards of sheet 11 say to orders, names of runs, audits and tests that learners typed?"""

import math

import numpy as np
import pytest

from course_lib.teaching.checks.infinito_audit import attack, find
from tests.teaching.test_sheet_02_cards import card
from tests.teaching.test_sheet_09_answers import right, wrong
from tests.teaching.test_sheet_11 import NUMBERS, RUNS, SEEDS

# ---- the order


@pytest.mark.parametrize(
    "answer", ["J D F E G B A I", "D A F J E G B I", "J > D > F > E > G > B > A > I", list("DFAJEBGI")]
)
def test_every_sound_order_is_right(answer):
    right("order_audit", answer)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("J D F E G B I A", ["a verdict before the floor is known"]),
        ("A D F J E G I B", ["a verdict before the comparison with the bands"]),
        ("A J D F E B I G", ["a verdict before the evaluation"]),
        ("J D F G E B A I", ["an evaluation before the training"]),
        ("I J D F E G B A", ["line I comes too early", "`reproduced`, `loss`, `floor`", "which lines make them?"]),
        ("D F E G A B J I", ["line B comes too early: it reads `bands`", "which line makes it?"]),
        ("J E D F G B A I", ["line E comes too early: it reads `vocabulary`, `train_text`"]),
        ("D F E G J B A I", ["chooses its bands when the run is known"]),
    ],
)
def test_the_order_is_told_what_a_line_lacks(answer, words):
    wrong("order_audit", answer, *words)


def test_a_verdict_that_follows_the_evaluation_is_never_said_to_precede_it():
    for answer in ("J D F E G B I A", "A D F J E G I B", "J D F E G I B A"):
        assert "before the evaluation" not in card("order_audit", answer)[1]


# ---- the runs


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"C": "held-out is the training text"}, ["did you mean 'held out is the training text'?"]),
        ({"A": '"padding counted"'}, ["did you mean 'padding counted'?"]),
        ({"E": "leak"}, ["which is none of the six words", "'padding counted'"]),
        ({"A": 1}, ["A is 1, which is none of the six words"]),
        ({"A": find.HONEST, "B": find.PADDED}, ["look again at A, B"]),
    ],
)
def test_a_name_that_is_none_is_told_in_full(changed, words):
    wrong("name_the_runs", RUNS | changed, *words)


# ---- 92.3 %


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("reduction", 92.3, "is a percentage"),
        ("reduction", 0.0769, "is the share that is left"),
        ("reduction", 13.0, "13 is how many times smaller"),
        ("reduction", 0.9, "0.9 is near; what is it with two significant digits"),
        ("reduction", -0.92, "has the other sign"),
        ("symbols alone", 0.078, "is the share that is left"),
        ("symbols alone", 0.0173, "is the way from 101 to 99.25"),
        ("symbols alone", 101, "is the perplexity of that model"),
        ("nats fallen", 3.7, "is the fall in bits"),
        ("nats fallen", 1.1, "to the base 10"),
        ("nats fallen", 1192.06, "is a difference of perplexities"),
        ("nats fallen", 2.548, "is the fall from 1,291.31 to 101: where does the run end?"),
        ("nats fallen", 2.5, "2.5 is near"),
        ("nats below symbols", 0.022, "is the distance above counting"),
        ("nats below symbols", -0.0222, "is measured from counting"),
        ("nats below symbols", -0.017, "has the other sign"),
        ("nats below symbols", 1.75, "is a difference of perplexities"),
        ("nats below symbols", 0.0068, "is a share of the whole fall"),
        ("nats below symbols", 0.02, "0.02 is near"),
        ("nats below symbols", math.nan, "how far is log(99.25) below log(101)?"),
        ("verdict", "contradicted", "takes what is not shown for refuted"),
    ],
)
def test_a_finding_of_the_improvement_is_told_what_it_is(key, value, words):
    wrong("audit_improvement", NUMBERS | {key: value}, words)


@pytest.mark.parametrize(
    ("key", "value"), [("nats fallen", 2.6), ("nats fallen", 2.57), ("nats below symbols", 0.018), ("reduction", 0.92)]
)
def test_two_digits_are_enough(key, value):
    right("audit_improvement", NUMBERS | {key: value})


# ---- p = 0.039


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("one in", 24, "24 times 0.039 is 0.94"),
        ("one in", "30", "30 times 0.039 is 1.17"),
        ("one in", 1000, "how many comparisons does it take"),
        ("std of a coin", 0.25, "with 0.25 the throws differ"),
        ("std of a coin", 0.158, "with 0.16 the throws differ"),
        ("std of a coin", math.nan, "ten throws of a generator with the same seed"),
        ("verdict", "contradicted", "do these two numbers alone refute it too?"),
        ("zero measures", "nothing", "is one of 'that the program repeats itself'"),
        ("nan passes", 0, "expected True or False"),
    ],
)
def test_a_finding_of_the_seeds_is_told_what_it_is(key, value, words):
    wrong("audit_seeds", SEEDS | {key: value}, words)


@pytest.mark.parametrize("slug", ["order_audit", "name_the_runs", "audit_improvement", "audit_seeds"])
def test_answers_of_another_type_raise_nothing(slug):
    for value in ("x", 5, 1j, [1], {1: 2}, {"A": []}, np.zeros(3), print, True):
        assert card(slug, value)[0] == "wrong"
    for parts in ({}, {"A": [1]}, {"verdict": None}, {"reduction": 1j}, {"one in": [26]}, {"std of a coin": "a"}):
        whole = {"name_the_runs": RUNS, "audit_seeds": SEEDS}.get(slug, NUMBERS)
        assert card(slug, whole | parts)[0] in ("wrong", "right")


# ---- the test of an evaluation


def expected(model, text):
    mode, model.training = model.training, False
    losses = model.losses(model.ids(text))
    model.training = mode
    return losses


TEXT = ["w0", "w1", "w2", "w3", "w99", "w0", "w1"]


def as_test(rule, *, text=TEXT, batch=2, close=1e-4, modes=(True, False)):
    def test(evaluate, new_model):
        for mode in modes:
            model = new_model(0)
            model.training = mode
            right_one = rule(expected(model, text))
            if abs(evaluate(model, text, batch) / right_one - 1) > close or model.training != mode:
                return False
        return True

    return test


def plain(losses):
    return math.exp(losses.mean())


def by_batches(losses):
    return math.exp(np.mean([losses[start : start + 2].mean() for start in range(0, len(losses), 2)]))


def noisy(evaluate, new_model):
    model = new_model(0)
    return bool(np.isclose(evaluate(model, TEXT, 2), math.exp(model.losses(model.ids(TEXT)).mean())))


def expects_evaluation_mode(evaluate, new_model):
    model = new_model(0)
    return abs(evaluate(model, TEXT, 2) / plain(expected(model, TEXT)) - 1) < 1e-4 and not model.training


def returns_a_difference(evaluate, new_model):
    model = new_model(0)
    return evaluate(model, TEXT, 2) - plain(expected(model, TEXT))


def returns_an_array(evaluate, new_model):
    model = new_model(0)
    return np.array([abs(evaluate(model, TEXT, b) - plain(expected(model, TEXT))) < 1e-3 for b in (1, 2, 3)])


def never_ends(evaluate, new_model):
    while evaluate(new_model(0), TEXT, 2) > 0:
        pass
    return True


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (as_test(by_batches), ["of all it accepts 'mean of batches', and no sound one", "over all words alike"]),
        (noisy, ["accepts 'left in evaluation mode', and no sound one", "is your own right answer without noise?"]),
        (expects_evaluation_mode, ["and no sound one", "in which mode do you expect the model afterwards"]),
        (returns_a_difference, ["your test returns a number, which counts as True unless it is 0"]),
        (returns_an_array, ["returns an array (3,) of True and False"]),
        (lambda evaluate, new_model: "ok", ["returns a text"]),
        (lambda evaluate, new_model: [True, False], ["returns a list, which counts as True"]),
        (as_test(np.mean), ["a test that rejects everything", "which is the perplexity"]),
        (as_test(plain, close=0), ["add up in another order are rejected: how close must two numbers be?"]),
        (as_test(plain, text=TEXT[:6]), ["which faults show only in a batch that is shorter"]),
        (as_test(plain, text=["w0", "w1", "w99"] * 4000, batch=7), ["in a text so short that it counts?"]),
        (as_test(plain, modes=(True,)), ["a test on models in training mode alone"]),
        (as_test(plain, close=0.1, modes=(True,)), ["killed", "survived"]),
        (lambda evaluate, new_model: None, ["end it with `return True`"]),
    ],
)
def test_a_test_of_an_evaluation_is_answered(answer, words):
    wrong("evaluation_is_sound", answer, *words)


def test_a_test_that_never_ends_is_stopped(monkeypatch):
    monkeypatch.setattr(attack, "_MOST_CALLS", 200)
    wrong("evaluation_is_sound", never_ends, "does not end for an evaluation that is sound (by sums)")


def test_one_text_with_a_short_batch_and_both_modes_is_enough():
    right("evaluation_is_sound", as_test(plain))


def test_an_evaluation_may_be_called_by_keywords():
    test = as_test(plain)
    right("evaluation_is_sound", lambda evaluate, new_model: test(
        lambda model, text, batch: evaluate(model=model, text=text, batch=batch), new_model))  # fmt: skip


def test_a_test_that_asserts_is_right_where_it_returns_true():
    def asserts(evaluate, new_model):
        assert as_test(plain)(evaluate, new_model)
        return True

    right("evaluation_is_sound", asserts)
