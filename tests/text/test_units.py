"""Perplexity per word and bits per byte, on numbers that can be checked by hand."""

import math
import re

import pytest

from course_lib.core.metrics import Loss
from course_lib.text.units import bits_per_byte, bits_per_byte_from_perplexity, word_perplexity


def test_ten_words_each_of_probability_one_eighth_have_perplexity_eight():
    assert word_perplexity(Loss(10 * math.log(8), 10), 10) == pytest.approx(8)


def test_the_number_of_pieces_does_not_change_the_perplexity_per_word():
    assert word_perplexity(Loss(10 * math.log(8), 35), 10) == pytest.approx(8)


def test_a_uniform_guess_of_bytes_costs_eight_bits_each():
    assert bits_per_byte(Loss(1_000 * math.log(256), 1_000), 1_000) == pytest.approx(8)


def test_ten_words_of_three_bits_in_sixty_bytes_are_half_a_bit_per_byte():
    assert bits_per_byte(Loss(10 * math.log(8), 10), 60) == pytest.approx(0.5)


def test_both_ways_to_bits_per_byte_agree():
    loss = Loss(123.4, 50)
    published = word_perplexity(loss, 50)
    assert bits_per_byte_from_perplexity(published, words=50, byte_count=260) == pytest.approx(bits_per_byte(loss, 260))


def test_a_diverged_loss_has_an_infinite_perplexity():
    assert word_perplexity(Loss(1e6, 10), 10) == math.inf


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: word_perplexity(Loss(1.0, 1), 0), "words must be at least 1, got 0"),
        (lambda: bits_per_byte(Loss(1.0, 1), 0), "byte_count must be at least 1, got 0"),
        (
            lambda: bits_per_byte_from_perplexity(0.5, words=1, byte_count=1),
            "word_perplexity must be at least 1, got 0.5",
        ),
        (
            lambda: bits_per_byte_from_perplexity(math.nan, words=1, byte_count=1),
            "word_perplexity must be at least 1, got nan",
        ),
        (lambda: bits_per_byte_from_perplexity(2.0, words=0, byte_count=1), "words must be at least 1, got 0"),
        (lambda: bits_per_byte_from_perplexity(2.0, words=1, byte_count=0), "byte_count must be at least 1, got 0"),
    ],
)
def test_numbers_out_of_range_are_refused(call, words):
    with pytest.raises(ValueError, match=f"^{re.escape(words)}"):
        call()
