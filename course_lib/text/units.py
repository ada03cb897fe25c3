"""In which unit is a language model measured? Nats per token, perplexity per word, or bits per byte.

Models that cut text differently (words, pieces, bytes) predict different numbers of tokens; per token their losses
cannot be compared, per word or per byte of the same text they can. All functions take the loss in nats, summed over
the whole part.
"""

from __future__ import annotations

import math

from course_lib.core.metrics import Loss, perplexity


def word_perplexity(loss: Loss, words: int) -> float:
    """exp(total / words): the perplexity per word (or <eos>), whatever the tokens were that the loss counted.

    Equals exp(loss.mean) for a model of words. Raises ValueError for fewer than 1 word.
    """
    _check_least_1("words", words)
    return perplexity(float(loss.total) / words)


def bits_per_byte(loss: Loss, byte_count: int) -> float:
    """total / (ln 2 * bytes): how many bits the model needs for a byte of the text, 8 being no compression at all.

    byte_count: of the text that was predicted, as `Corpus.byte_counts` gives it. Raises ValueError for less than 1
    byte.
    """
    _check_least_1("byte_count", byte_count)
    return float(loss.total) / math.log(2) / byte_count


def bits_per_byte_from_perplexity(word_perplexity: float, *, words: int, byte_count: int) -> float:
    """The bits per byte of a published perplexity per word: words * log2(perplexity) / bytes.

    Raises ValueError for a perplexity below 1, or for fewer than 1 word or byte.
    """
    if not word_perplexity >= 1:
        raise ValueError(f"word_perplexity must be >= 1, got {word_perplexity}")
    _check_least_1("words", words)
    _check_least_1("byte_count", byte_count)
    return words * math.log2(word_perplexity) / byte_count


def _check_least_1(name: str, value: int) -> None:
    if value < 1:
        raise ValueError(f"{name} must be >= 1, got {value}")
