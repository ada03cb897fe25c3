"""The entropy rate, below which no honest forecaster comes: cases and known mistakes."""

import math

from course_lib.by_hand.entropies import entropy_rate
from course_lib.teaching.exercises.kinds import implement
from course_lib.teaching.exercises.one_number import one_number

# The example first; behind it how many tokens a sentence has on average.
_GIVEN = {
    "case 4": ("words 1, lengths [1, 3], chances [0.5, 0.5]", 3),
    "case 3": ("words 20, lengths [3, 9], chances [0.9, 0.1]", 4.6),
    "case 2": ("words 8, lengths [1, 2, 6], chances [0.5, 0.2, 0.3]", 3.7),
    "case 1": ("words 100, lengths 10 to 29, all chances 0.05", 20.5),
}
_COSTS = "a sentence has {} tokens on average: what do its length and its words cost?"
_ASKED = {case: f"{given}: {{yours}}\n{_COSTS.format(tokens)}" for case, (given, tokens) in _GIVEN.items()}


def by_hazard(words, lengths, chances):
    total = 0.0
    for n in range(max(lengths) + 1):
        reached = sum(p for length, p in zip(lengths, chances, strict=True) if length >= n)
        ends = sum(p for length, p in zip(lengths, chances, strict=True) if length == n)
        goes_on = reached - ends
        total -= ends * math.log(ends / reached) if ends > 0 else 0.0
        total -= goes_on * math.log(goes_on / reached / words) if goes_on > 1e-12 else 0.0
    return total / (sum(p * n for p, n in zip(chances, lengths, strict=True)) + 1)


ENTROPY_RATE = implement(
    "entropy_rate: The floor | core, difficulty 2, 15 minutes",
    entropy_rate,
    complete=True,
    cases=(
        (100, list(range(10, 30)), [0.05] * 20),
        (8, [1, 2, 6], [0.5, 0.2, 0.3]),
        (20, [3, 9], [0.9, 0.1]),
        (1, [1, 3], [0.5, 0.5]),  # the example of the sheet
    ),
    names={"by_hazard": by_hazard},
    right="""
    by_hazard: token by token: the chance that the sentence ends now, from what is left of the lengths
    """,
    wrong="""
    no_choice: a forecaster that knows the length beforehand | what does the choice of the length cost?
        choice + A -> A
    per_word: nats per word, not per token | over how many tokens is a sentence spread?
        mean_length + 1 -> mean_length
    per_sentence: nats per sentence | over how many tokens is a sentence spread?
        per_sentence / tokens -> per_sentence
    equal_chances: lengths that are all equally likely | which length is the likely one in `chances`?
        first: chances = [1 / len(lengths)] * len(lengths)
    log_of_the_number: the logarithm of the number of lengths | are all the lengths equally likely?
        choice = A -> choice = math.log(len(lengths))
    stop_is_a_word: a full stop that is chosen like a word | how many choices has the token after the last word?
        mean_length * math.log(words) -> (mean_length + 1) * math.log(words)
    one_more_word: words chosen among the full stop too | can the stop stand where a word is drawn?
        math.log(words) -> math.log(words + 1)
    mean_of_rates: a mean of rates, one per length | do long sentences have more tokens than short ones?
        return: sum(p * (choice + n * math.log(words)) / (n + 1) for p, n in zip(chances, lengths))
    choice_subtracted: the choice of the length with the wrong sign | is log(p) positive or negative?
        choice + A -> A - choice
    plain_mean: a mean length in which all lengths count alike | how often does each length occur?
        mean_length = A -> mean_length = sum(lengths) / len(lengths)
    words_alone: the words alone | which token of a sentence is no word?
        return: math.log(words)
    mixed_units: a length in bits and words in nats | which logarithm is a nat?
        math.log(p) -> math.log2(p)
    in_bits: the entropy in bits | which logarithm has a perplexity of e to the entropy?
        return: RESULT / math.log(2)
    perplexity: the perplexity | is 92 a number of nats?
        return: math.exp(RESULT)
    counting: the model that counts symbols | does it see how many words stand since the last stop?
        return: (math.log(tokens) - (tokens - 1) * math.log((1 - 1 / tokens) / words)) / tokens
    mean_of_own_rates: a rate of each length by itself, and their mean | which sentences hold more of the tokens?
        return: sum(p * (n * math.log(words) - math.log(p)) / (n + 1) for p, n in zip(chances, lengths))
    bare_surprises: surprises of the lengths that are added without their chances | how often is each length met?
        p * math.log(p) -> math.log(p)
    length_alone: the choice of the length alone | what do the words of a sentence cost?
        choice + A -> choice
    log_of_the_mean: the logarithm of the mean length | is a length a choice among so many?
        choice + A -> math.log(mean_length) + A
    over_all_lengths: one sentence spread over the tokens of all lengths | how many tokens has one sentence, on average?
        mean_length + 1 -> sum(lengths) + len(lengths)
    """,
    properties=one_number(_ASKED),
    hints="""
    What has to be told of a sentence, so that somebody else can write it down? Its length, and its words.
    The length costs -sum p log p; each word costs log(words).
    A sentence of n words has n + 1 tokens: the stop is one.
    """,
    not_tested="words that are not equally likely, and lengths with probability 0",
    fade=("choice = -sum", "per_sentence = choice", "tokens = mean_length"),
    equivalent="""
    swap: choice = -sum((p * math.log(p) for p <-> mean_length = sum((p * n for p, n | neither sum needs the other
    swap: chances <-> lengths | p and n exchange their names, and their product is the same
    """,
)
