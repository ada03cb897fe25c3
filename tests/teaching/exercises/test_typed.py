"""Typed answers are read as they are meant, and what cannot be read stays as it is."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch

from course_lib.teaching.exercises import typed


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (3, 3.0), ("3", 3.0), (" 3.50 ", 3.5), ("0,93", 0.93), ("1,234,567", 1234567.0), ("1 000", 1000.0),
        ("1.234,5", 1234.5), ("+54", 54.0), ("-0.5", -0.5), ("−0.5", -0.5), ("1e-3", 0.001), ("10^-3", 0.001),
        ("10**-3", 0.001), ("3 x 10^4", 30000.0), ("3·10^4", 30000.0), ("2^5", 32.0), ("1/3", 1 / 3), ("1 / 6", 1 / 6),
        ("128 * 4", 512.0), ("sqrt(2)", 2**0.5), ("math.sqrt(2)", 2**0.5), ("ln(4)", np.log(4)), ("np.exp(1)", np.e),
        ("2 * pi", 2 * np.pi), ("~15.1 s", 15.1), ("about 7 epochs", 7.0), ("12 it/s", 12.0), ("2 GiB", 2.0),
        ("0.5 nats per word", 0.5), ("3 times", 3.0), ("007", 7.0), ("86.75 %", 86.75), ("54 percent", 54.0),
        (Fraction(1, 3), 1 / 3), (Decimal("0.1"), 0.1), (np.float32(2), 2.0), (np.array(4), 4.0), (np.array([4]), 4.0),
        ([4], 4.0), (torch.tensor(2.5), 2.5), ("`3.9`", 3.9), ("= 3", 3.0),
    ],
)  # fmt: skip
def test_a_number_is_read(given, meant):
    assert typed.read_number(given) == pytest.approx(meant, rel=1e-7)


def test_of_several_readings_the_one_that_is_near_counts():
    assert typed.numbers_in("86.75%") == [86.75, 0.8675]
    assert typed.read_number("86.75 %", near=0.9) == 0.8675
    assert typed.read_number("1,234", near=1) == 1.234
    assert typed.read_number("1,234", near=1000) == 1234


@pytest.mark.parametrize(
    "given",
    [True, None, "", "foo", "9**9**9**9", "1/0", "0.7.3", "__import__('os')", "x", [1, 2], {"a": 1}, "nan", "inf",
     "lambda: 3", "(" * 500, "e" * 1000],
)  # fmt: skip
def test_what_is_no_number_stays_as_it_is(given):
    assert typed.read_number(given) is given or typed.read_number(given) == given


ALLOWED = ("rate too large", "sound", "zeros", "not shown", "overfitting", "standard deviation")


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("rate too large", "rate too large"), ("Rate_too-large.", "rate too large"), ("LR too big", "rate too large"),
        ("learning rate too high", "rate too large"), ("the learning-rate too large", "rate too large"),
        ("ratetoolarge", "rate too large"), (" SOUND ", "sound"), ("OK", "sound"), ("all zeros", "zeros"),
        ("Not_Shown", "not shown"), ("unsupported", "not shown"), ("overfit", "overfitting"),
        ("std", "standard deviation"), ("'sound'", "sound"),
    ],
)  # fmt: skip
def test_a_word_is_read(given, meant):
    assert typed.word(given, ALLOWED) == meant


def test_a_word_that_is_none_stays_and_synonyms_are_known():
    assert typed.word("rate", ALLOWED) == "rate"
    assert typed.word(3, ALLOWED) == 3
    assert typed.word("diverges", ALLOWED, {"rate too large": ("diverges",)}) == "rate too large"


def test_true_words_are_not_taken_for_their_opposites():
    assert typed.word("not supported", ("supported", "not shown", "contradicted")) == "not shown"
    assert typed.word("supported", ("supported", "not shown", "contradicted")) == "supported"
    assert typed.word("true", ("supported", "not shown", "contradicted")) == "supported"


@pytest.mark.parametrize(
    "given",
    ["GCH", "g c h", "G, C, H", "G -> C -> H", "1. G 2. C 3. H", ["g", "C", "h."], ("G", "C", "H"), "G\nC\nH",
     np.array(["G", "C", "H"]), {1: "G", 2: "C", 3: "H"}, ["loss = f(x)", "C", "H"], "loss = f(x)\nback()\nstep()"],
)  # fmt: skip
def test_letters_are_read(given):
    assert typed.letters(given, {"G": "loss = f(x)", "C": "back()", "H": "step()"}) == ["G", "C", "H"]


@pytest.mark.parametrize(
    ("given", "rule", "meant"),
    [
        ("3, 4", [3, 4], [3, 4]), ((1, "2"), [1, 2], [1, 2]), ("0.1; 0.2", (0.1, 0.2), (0.1, 0.2)), ("yes", True, True),
        (1, True, True), ("False", True, False), (np.array([1, 2]), [1, 2], [1, 2]), (None, 3, None),
        ("[3, 4]", [3, 4], [3, 4]),
    ],
)  # fmt: skip
def test_an_answer_is_read_as_what_is_asked_for(given, rule, meant):
    assert typed.like(given, rule) == meant


def test_a_dictionary_is_read_by_its_keys_however_they_are_written():
    assert typed.mapping({"a": 1, "B ": 2}, ("A", "B")) == {"A": 1, "B": 2}
    assert typed.mapping([1, 2, 3], ("A", "B", "C")) == {"A": 1, "B": 2, "C": 3}
    assert typed.mapping([("a", 1), ("b", 2), ("c", 3)], ("A", "B", "C")) == {"A": 1, "B": 2, "C": 3}
    assert typed.mapping({"best-rate": 1}, ("best_rate",)) == {"best_rate": 1}
    assert typed.mapping(3, ("A",)) == 3
