"""The units of a language model: nats per token, perplexity per word, bits per byte.

Models that cut text differently (words, pieces, bytes) predict different numbers of tokens; per token their losses
cannot be compared, per word or per byte of the same text they can. All functions take the loss in nats, summed over
the whole part.
"""

import math

from course_lib.core.metrics import Loss, perplexity
from course_lib.core.validation import validate_at_least


def word_perplexity(loss: Loss, words: int) -> float:
    """exp(total / words): the perplexity per word (or <eos>), whatever the tokens were that the loss counted.

    Equals exp(loss.mean) for a model of words. Raises ValueError for fewer than 1 word.
    """
    validate_at_least("words", words, 1)
    return perplexity(float(loss.total) / words)


def bits_per_byte(loss: Loss, byte_count: int) -> float:
    """total / (ln 2 * bytes): how many bits the model needs for a byte of the text, 8 being no compression at all.

    byte_count: of the text that was predicted, as `Corpus.byte_counts` gives it. Raises ValueError for less than 1
    byte.
    """
    validate_at_least("byte_count", byte_count, 1)
    return float(loss.total) / math.log(2) / byte_count


def bits_per_byte_from_perplexity(word_perplexity: float, *, words: int, byte_count: int) -> float:
    """The bits per byte of a published perplexity per word: words * log2(perplexity) / bytes.

    Raises ValueError for a perplexity below 1, or for fewer than 1 word or byte.
    """
    validate_at_least("word_perplexity", word_perplexity, 1)
    validate_at_least("words", words, 1)
    validate_at_least("byte_count", byte_count, 1)
    return words * math.log2(word_perplexity) / byte_count
