"""How unsure is the best model that only counts symbols? The check of unigram_entropy."""

import math
from typing import Any

import numpy as np

from course_lib.infinito.plain_audit import unigram_entropy
from course_lib.teaching.checks.infinito_audit.numbers import NEAR, nearly, not_a_number
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.teaching.exercises.observe import calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _share(sentences: float, mean_length: float, stops: float) -> float:
    return stops / (sentences * mean_length + stops)


def _entropy(p: float, words: int) -> float:
    return -p * math.log(p) - (1 - p) * math.log((1 - p) / words)


def _mean(shortest: int, longest: int) -> float:
    return (shortest + longest) / 2


@also_right(_RIGHT, "a vector of all shares, and one sum")
def by_vector(words, sentences, shortest, longest):
    lengths = np.arange(shortest, longest + 1)
    counts = np.array([sentences - 1, *[sentences * lengths.mean() / words] * words])
    shares = counts / counts.sum()
    return float(-(shares * np.log(shares)).sum())


@known(_WRONG, "the entropy in bits", "which logarithm has a perplexity of e to the entropy?")
def in_bits(words, sentences, shortest, longest):
    return unigram_entropy(words, sentences, shortest, longest) / math.log(2)


@known(_WRONG, "the perplexity", "is 97 a number of nats?")
def perplexity(words, sentences, shortest, longest):
    return math.exp(unigram_entropy(words, sentences, shortest, longest))


@known(_WRONG, "the entropy with the sign of a log-likelihood", "can an entropy be below 0?")
def negative(words, sentences, shortest, longest):
    return -unigram_entropy(words, sentences, shortest, longest)


@known(_WRONG, "a text without full stops", "which symbol is missing?")
def no_stop(words, sentences, shortest, longest):
    return math.log(words)


@known(_WRONG, "a full stop that is as frequent as any word", "how often does the stop occur, and how often a word?")
def uniform(words, sentences, shortest, longest):
    return math.log(words + 1)


@known(_WRONG, "the words alone", "where is the share of surprise that the stop itself has?")
def words_only(words, sentences, shortest, longest):
    p = _share(sentences, _mean(shortest, longest), sentences - 1)
    return -(1 - p) * math.log((1 - p) / words)


@known(_WRONG, "one symbol for all words together", "how many words share the rest 1 - p?")
def two_symbols(words, sentences, shortest, longest):
    p = _share(sentences, _mean(shortest, longest), sentences - 1)
    return -p * math.log(p) - (1 - p) * math.log(1 - p)


@known(_WRONG, "words that share the whole mass", "what is left for the words when the stop has its share?")
def words_not_reduced(words, sentences, shortest, longest):
    p = _share(sentences, _mean(shortest, longest), sentences - 1)
    return -p * math.log(p) + (1 - p) * math.log(words)


@known(_WRONG, "a full stop after the last sentence too", "how many gaps are between n sentences?")
def stop_at_the_end(words, sentences, shortest, longest):
    return _entropy(_share(sentences, _mean(shortest, longest), sentences), words)


@known(_WRONG, "a share of stops per word, not per token", "is the stop itself one of the tokens?")
def stops_per_word(words, sentences, shortest, longest):
    return _entropy((sentences - 1) / (sentences * _mean(shortest, longest)), words)


@known(_WRONG, "lengths that stop one before the longest", "is the longest length possible?")
def longest_left_out(words, sentences, shortest, longest):
    return _entropy(_share(sentences, _mean(shortest, longest - 1), sentences - 1), words)


@known(_WRONG, "a mean length that is rounded down", "must a mean length be a whole number?")
def rounded_down(words, sentences, shortest, longest):
    return _entropy(_share(sentences, (shortest + longest) // 2, sentences - 1), words)


@known(_WRONG, "the stop and a single word", "how many words have the share q?")
def one_word(words, sentences, shortest, longest):
    p = _share(sentences, _mean(shortest, longest), sentences - 1)
    q = (1 - p) / words
    return -p * math.log(p) - q * math.log(q)


@known(_WRONG, "sentences that all have the longest length", "how long is a sentence on average?")
def all_longest(words, sentences, shortest, longest):
    return _entropy(_share(sentences, longest, sentences - 1), words)


@known(_WRONG, "the difference of the lengths as their mean", "what is the mean of 10 and 29?")
def half_the_range(words, sentences, shortest, longest):
    return _entropy(_share(sentences, (longest - shortest) / 2, sentences - 1), words)


@known(_WRONG, "the best forecaster, who counts the words since the last stop", "may this model know where it is?")
def knows_the_place(words, sentences, shortest, longest):
    mean = _mean(shortest, longest)
    return (math.log(longest - shortest + 1) + mean * math.log(words)) / (mean + 1)


@known(_WRONG, "nats for the whole text", "over how many tokens is that to be spread?")
def whole_text(words, sentences, shortest, longest):
    tokens = sentences * _mean(shortest, longest) + sentences - 1
    return tokens * unigram_entropy(words, sentences, shortest, longest)


@known(_WRONG, "a rest that the words share with the stop once more", "among how many words is the rest 1 - p shared?")
def rest_for_the_stop_too(words, sentences, shortest, longest):
    p = _share(sentences, _mean(shortest, longest), sentences - 1)
    return -p * math.log(p) - (1 - p) * math.log((1 - p) / (words + 1))


@known(_WRONG, "a text in which every word stands once", "how many words has a text of so many sentences?")
def every_word_once(words, sentences, shortest, longest):
    return _entropy((sentences - 1) / (words + sentences - 1), words)


@known(_WRONG, "the entropy to the base 10", "which logarithm is a nat?")
def base_ten(words, sentences, shortest, longest):
    return unigram_entropy(words, sentences, shortest, longest) / math.log(10)


_CASES = ((100, 5_000, 10, 29), (7, 4, 2, 6), (30, 12, 1, 8))


UNIGRAM_ENTROPY = Exercise(
    slug="unigram_entropy",
    title="The rung of counting",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=15,
    reference=unigram_entropy,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("one number", not_a_number),
        Property("in its range", lambda seen, right: _range(seen)),
        Property("all its digits", nearly),
        Property("the counts", lambda seen, right: _counts(seen, right)),
    ),
    hints=(
        "First the share p of full stops among all tokens: how many stops, how many words?",
        "The mean length is (shortest + longest) / 2; between n sentences there are n - 1 stops.",
        "Each of the words has (1 - p) / words; sum -share * log(share) over the stop and all words.",
    ),
    not_tested="words that are not equally frequent, and a text of one sentence",
    indistinguishable=(("reference", "by_vector"),),
)


def _range(seen: Any) -> str | None:
    for (words, *_), (case, facts) in zip(_CASES, seen.items(), strict=True):
        value = float(facts["result"])
        if value <= 0:
            return f"{case}: {value:.4g} nats\ncan an entropy be below 0, or be 0 where {words + 1} symbols occur?"
        if value > math.log(words + 1) + 1e-9:
            most = math.log(words + 1)
            return (
                f"{case}: {value:.4g} nats\n{words} words and a stop allow at most log({words + 1}) = {most:.4g}: why?"
            )
    return None


def _counts(seen: Any, right: Any) -> str | None:
    """The numbers of words and stops of the first case that is not right, to compare with one's own."""
    for (_, sentences, shortest, longest), (case, facts) in zip(_CASES, seen.items(), strict=True):
        own, rule = float(facts["result"]), float(right[case]["result"])
        if abs(own / rule - 1) > NEAR:
            drawn, stops = sentences * _mean(shortest, longest), sentences - 1
            text = f"{case} (inputs {facts['inputs']}): yours is {own:.4g} nats, off by {abs(own - rule):.2g}"
            return f"{text}\nof {drawn:,.0f} words on average and {stops:,} stops: do your shares say so, and sum to 1?"
    return None
