"""The entropy of the best model that only counts symbols: cases and known mistakes."""

import math
from typing import Any

from course_lib.by_hand.entropies import unigram_entropy
from course_lib.teaching.exercises.kinds import Property, implement
from course_lib.teaching.exercises.one_number import one_number

CASES = ((100, 5_000, 10, 29), (7, 4, 2, 6), (30, 12, 1, 8))


def _range(seen: Any, right: Any) -> str | None:
    for (words, *_), (case, facts) in zip(CASES, seen.items(), strict=True):
        value, most = float(facts["result"]), math.log(words + 1)
        if value <= 0:
            return f"{case}: {value:.4g} nats\ncan an entropy be below 0, or be 0 where {words + 1} symbols occur?"
        if value > most + 1e-9:
            told = f"{words} words and a stop allow at most log({words + 1}) = {most:.4g}"
            return f"{case}: {value:.4g} nats\n{told}: why?"
    return None


_WORDS_AND_STOPS = (("97,500", "4,999"), ("16", "3"), ("54", "11"))  # of each case, to compare with one's own
_ASKED = {
    f"case {number}": f"inputs {case}: {{yours}}\n"
    f"of {words} words on average and {stops} stops: do your shares say so, and sum to 1?"
    for number, (case, (words, stops)) in enumerate(zip(CASES, _WORDS_AND_STOPS, strict=True), start=1)
}

UNIGRAM_ENTROPY = implement(
    "unigram_entropy: The rung of counting | core, 15 minutes",
    unigram_entropy,
    cases=CASES,
    right="""
    by_vector: a vector of all shares, and one sum
        first: counts = np.array([sentences - 1, *[sentences * (shortest + longest) / 2 / words] * words])
        return: float(-(counts / counts.sum() * np.log(counts / counts.sum())).sum())
    """,
    wrong="""
    in_bits: the entropy in bits | which logarithm has a perplexity of e to the entropy?
        return: RESULT / math.log(2)
    perplexity: the perplexity | is 97 a number of nats?
        return: math.exp(RESULT)
    negative: the entropy with the sign of a log-likelihood | can an entropy be below 0?
        return: -RESULT
    no_stop: a text without full stops | which symbol is missing?
        return: math.log(words)
    uniform: a full stop that is as frequent as any word | how often does the stop occur, and how often a word?
        return: math.log(words + 1)
    words_only: the words alone | where is the share of surprise that the stop itself has?
        -p * math.log(p) - A -> -A
    two_symbols: one symbol for all words together | how many words share the rest 1 - p?
        words * q * math.log(q) -> (1 - p) * math.log(1 - p)
    words_not_reduced: words that share the whole mass | what is left for the words when the stop has its share?
        words * q * math.log(q) -> (1 - p) * math.log(1 / words)
    stop_at_the_end: a full stop after the last sentence too | how many gaps are between n sentences?
        sentences - 1 -> sentences
    stops_per_word: a share of stops per word, not per token | is the stop itself one of the tokens?
        sentences * mean_length + stops -> sentences * mean_length
    longest_left_out: lengths that stop one before the longest | is the longest length possible?
        shortest + longest -> shortest + longest - 1
    rounded_down: a mean length that is rounded down | must a mean length be a whole number?
        (shortest + longest) / 2 -> (shortest + longest) // 2
    one_word: the stop and a single word | how many words have the share q?
        words * q * math.log(q) -> q * math.log(q)
    all_longest: sentences that all have the longest length | how long is a sentence on average?
        (shortest + longest) / 2 -> longest
    half_the_range: the difference of the lengths as their mean | what is the mean of 10 and 29?
        shortest + longest -> longest - shortest
    knows_the_place: the best forecaster, who counts the words since the last stop | may this model know where it is?
        return: (math.log(longest - shortest + 1) + mean_length * math.log(words)) / (mean_length + 1)
    whole_text: nats for the whole text | over how many tokens is that to be spread?
        return: (sentences * mean_length + stops) * RESULT
    rest_for_the_stop_too: a rest that the words share with the stop once more
        | among how many words is the rest 1 - p shared?
        words * q * math.log(q) -> (1 - p) * math.log((1 - p) / (words + 1))
    every_word_once: a text in which every word stands once | how many words has a text of so many sentences?
        sentences * mean_length + stops -> words + stops
    base_ten: the entropy to the base 10 | which logarithm is a nat?
        return: RESULT / math.log(10)
    """,
    properties=one_number(_ASKED, Property("in its range", _range)),
    hints="""
    First the share p of full stops among all tokens: how many stops, how many words?
    The mean length is (shortest + longest) / 2; between n sentences there are n - 1 stops.
    Each of the words has (1 - p) / words; sum -share * log(share) over the stop and all words.
    """,
    not_tested="words that are not equally frequent, and a text of one sentence",
)
