"""What do the cards of sheet 02 say to counts, orders, audits and tests that learners typed?"""

import pytest

from course_lib.numpy_nn.plain_initializers import fan_in_and_out, he_normal_passes
from course_lib.teaching.checks.initialization import attack_check, versions, xavier, zero_start
from course_lib.teaching.checks.initialization.equation import says_equal_fans
from tests.teaching.test_sheet_02_cards import card

# ---- fans, order, audits


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda shape, layout: (shape[0], shape[1]), "what is the first number in torch?"),
        (lambda shape, layout: shape, "what is the first number in torch, and how many fans are there?"),
        (lambda shape, layout: (shape[1], shape[0]), "what does the course store first?"),
        (lambda shape, layout: fan_in_and_out(shape, "torch"), "what does the course store first?"),
    ],
)
def test_a_shape_read_in_one_way_is_asked_about(answer, words):
    assert words in card("fan_in_and_out", answer)[1]


@pytest.mark.parametrize(
    ("letters", "words"),
    [
        ("G C H I B A D", "measures the weights and not the sums\n  which size should be 1?"),
        ("G C H F I B D A", "measures the weights and not the sums\n  which size should be 1?"),
        ("G C H F E A D", "divides by the variance of the sums\n  if the sums are 3 times too large"),
        ("G C H F B D", "a loop in which every layer is measured on the data"),
        ("G C H B D A", "6 letters; 1 is missing"),
        ("C H G F B D A", "line 1 cannot be 'C' yet"),
        ("G C H A B F D", "right up to line 3; line 4 cannot be 'A' yet"),
    ],
)
def test_orders_are_told_in_plain_words(letters, words):
    status, text = card("order_measured_start", letters)
    assert status == "wrong"
    assert words in text


@pytest.mark.parametrize(
    "text",
    [
        *("n_in==n_out", "n_in=n_out", "n_out = n_in", "n_in/n_out = 1", "n_in - n_out = 0", "2*n_in = n_in + n_out"),
        *("n_in equals n_out", "n = m", "2n = n + m", "N_in = N_out"),
    ],
)
def test_every_way_to_write_equal_fans_is_right(text):
    assert card("xavier_name", xavier.FINDINGS | {"equal for": text})[0] == "right"


@pytest.mark.parametrize(
    "text",
    [
        "n_in = 2 * n_out",
        "n = n",
        "1/n = 2/(n + m)",
        "n = m = 64",
        "n_in = 512",
        "n < m",
        "__import__('os') = 1",
        "n=1/0",
    ],
)
def test_another_equation_is_wrong(text):
    assert not says_equal_fans(text)
    assert card("xavier_name", xavier.FINDINGS | {"equal for": text})[0] == "wrong"


@pytest.mark.parametrize("text", ["square", "square layers"])
def test_a_word_is_no_equation(text):
    status, told = card("xavier_name", xavier.FINDINGS | {"equal for": text})
    assert status == "wrong"
    assert f"'equal for' is an equation, such as \"n_in = 3 * n_out\"; yours is '{text}'" in told


@pytest.mark.parametrize(
    ("key", "number", "words"),
    [
        ("written", 0.044, "written: 0.044 has two digits: three are asked for"),
        ("glorot", "0.059", "glorot: 0.059 has two digits"),
        ("torch default", 0.026, "torch default: 0.026 has two digits"),
        ("torch default", 0.03, "torch default: 0.03 has one digit"),
        ("written", 0.045, "look again at written"),
    ],
)
def test_too_few_digits_are_told(key, number, words):
    status, text = card("xavier_name", xavier.FINDINGS | {key: number})
    assert status == "wrong"
    assert words in text


def test_numbers_as_texts_are_read():
    assert card("xavier_name", xavier.FINDINGS | {"written": "0.04419"})[0] == "right"


def test_no_card_of_the_audit_of_zeros_is_cut():
    everywhere = dict.fromkeys(zero_start.KEY, "W1 W2 W3 b1 b2 b3")
    for verdict in zero_start.VERDICTS:
        text = card("zero_start", everywhere | {"verdict": verdict})[1]
        assert "..." not in text
        assert "?" in text
    assert "look again at relu, step 1; relu, step 9 and 4 more\n  relu, step 1: what are relu(0)" in text


# ---- the attack


def test_a_test_that_forgets_its_return_is_told():
    def forgot(initializer):
        if not he_normal_passes(initializer):
            return False

    for answer in (forgot, lambda initializer: None):
        status, text = card("he_normal_passes", answer)
        assert status == "wrong"
        assert "your test returned None for a right one: end it with `return True`" in text
    assert set(attack_check._SURVIVED) | {"variance"} == set(versions.PLANTED)
