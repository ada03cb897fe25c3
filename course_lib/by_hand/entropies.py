"""The few formulas that decide what a perplexity is worth: entropies, a perplexity from rows, rates.

These functions are the ones that lesson 11 derives and sheet 11 asks for. They check nothing and are written for
reading; `course_lib.text.synthetic` and `course_lib.core` hold the validated ones, and the tests hold the two equal.
Entropies and losses are in nats per token.
"""

import math
from collections.abc import Sequence


def unigram_entropy(words: int, sentences: int, shortest: int, longest: int) -> float:
    """Nats per token of the best model that knows only how often each symbol occurs.

    A text of `sentences` sentences; their lengths are whole numbers from `shortest` to `longest`, each
    equally likely, and count words. All `words` words are equally frequent. Between two sentences (and
    not after the last) stands one full stop, which is a token too.
    """
    mean_length = (shortest + longest) / 2
    stops = sentences - 1
    p = stops / (sentences * mean_length + stops)  # share of full stops among the tokens
    q = (1 - p) / words  # share of each word
    return -p * math.log(p) - words * q * math.log(q)


def entropy_rate(words: int, lengths: Sequence[int], chances: Sequence[float]) -> float:
    """Nats per token of a source of sentences: the best that any honest model can reach.

    A sentence has lengths[i] words with probability chances[i]; every word is one of `words`, equally
    likely and independent of the rest, and a full stop ends it. A sentence costs the choice of its
    length and of its words, spread over its words and its full stop.
    """
    choice = -sum(p * math.log(p) for p in chances)  # nats for the length
    mean_length = sum(p * n for p, n in zip(chances, lengths, strict=True))
    per_sentence = choice + mean_length * math.log(words)
    tokens = mean_length + 1  # the full stop is a token
    return per_sentence / tokens


def perplexity_of(batches: Sequence[tuple[float, int]]) -> float:
    """The perplexity per token of a text that was read in batches.

    Each batch is a pair: the mean loss of its tokens in nats, and how many tokens it has. The last
    batch may be smaller.
    """
    total = sum(mean * count for mean, count in batches)
    tokens = sum(count for _, count in batches)
    return math.exp(total / tokens)


def rates_after_epochs(*, epochs: int, updates: int, horizon: int, base: float, floor: float) -> list[float]:
    """The learning rate after the last update of each epoch, for epochs 1 to `epochs`.

    An epoch has `updates` updates. The rate falls as half a cosine from `base` at update 0 to `floor`
    at the last update of epoch `horizon`; training may end before.
    """
    rates = []
    for epoch in range(1, epochs + 1):
        progress = epoch * updates / (horizon * updates)
        rates.append(floor + (base - floor) * (1 + math.cos(math.pi * progress)) / 2)
    return rates
