"""How unsure is the best forecaster of all? The check of entropy_rate."""

import math
from typing import Any

from course_lib.infinito.plain_audit import entropy_rate
from course_lib.teaching.checks.infinito_audit.numbers import nearly, not_a_number
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.teaching.exercises.observe import calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _parts(lengths, chances):
    """Nats for the length, and the mean length."""
    choice = -sum(p * math.log(p) for p in chances)
    return choice, sum(p * n for p, n in zip(chances, lengths, strict=True))


@also_right(_RIGHT, "token by token: the chance that the sentence ends now, from what is left of the lengths")
def by_hazard(words, lengths, chances):
    total = 0.0
    for n in range(max(lengths) + 1):
        reached = sum(p for length, p in zip(lengths, chances, strict=True) if length >= n)
        ends = sum(p for length, p in zip(lengths, chances, strict=True) if length == n)
        goes_on = reached - ends
        total -= ends * math.log(ends / reached) if ends > 0 else 0.0
        total -= goes_on * math.log(goes_on / reached / words) if goes_on > 1e-12 else 0.0
    return total / (_parts(lengths, chances)[1] + 1)


@known(_WRONG, "a forecaster that knows the length beforehand", "what does the choice of the length cost?")
def no_choice(words, lengths, chances):
    _, mean = _parts(lengths, chances)
    return mean * math.log(words) / (mean + 1)


@known(_WRONG, "nats per word, not per token", "over how many tokens is a sentence spread?")
def per_word(words, lengths, chances):
    choice, mean = _parts(lengths, chances)
    return (choice + mean * math.log(words)) / mean


@known(_WRONG, "nats per sentence", "over how many tokens is a sentence spread?")
def per_sentence(words, lengths, chances):
    choice, mean = _parts(lengths, chances)
    return choice + mean * math.log(words)


@known(_WRONG, "lengths that are all equally likely", "which length is the likely one in `chances`?")
def equal_chances(words, lengths, chances):
    return entropy_rate(words, lengths, [1 / len(lengths)] * len(lengths))


@known(_WRONG, "the logarithm of the number of lengths", "are all the lengths equally likely?")
def log_of_the_number(words, lengths, chances):
    _, mean = _parts(lengths, chances)
    return (math.log(len(lengths)) + mean * math.log(words)) / (mean + 1)


@known(_WRONG, "a full stop that is chosen like a word", "how many choices has the token after the last word?")
def stop_is_a_word(words, lengths, chances):
    choice, mean = _parts(lengths, chances)
    return (choice + (mean + 1) * math.log(words)) / (mean + 1)


@known(_WRONG, "words chosen among the full stop too", "can the stop stand where a word is drawn?")
def one_more_word(words, lengths, chances):
    choice, mean = _parts(lengths, chances)
    return (choice + mean * math.log(words + 1)) / (mean + 1)


@known(_WRONG, "a mean of rates, one per length", "do long sentences have more tokens than short ones?")
def mean_of_rates(words, lengths, chances):
    choice, _ = _parts(lengths, chances)
    return sum(
        p * (choice + n * math.log(words)) / (n + 1) for p, n in zip(chances, lengths, strict=True)
    )  # fmt: skip


@known(_WRONG, "the choice of the length with the wrong sign", "is log(p) positive or negative?")
def choice_subtracted(words, lengths, chances):
    choice, mean = _parts(lengths, chances)
    return (mean * math.log(words) - choice) / (mean + 1)


@known(_WRONG, "a mean length in which all lengths count alike", "how often does each length occur?")
def plain_mean(words, lengths, chances):
    choice, mean = _parts(lengths, chances)[0], sum(lengths) / len(lengths)
    return (choice + mean * math.log(words)) / (mean + 1)


@known(_WRONG, "the words alone", "which token of a sentence is no word?")
def words_alone(words, lengths, chances):
    return math.log(words)


@known(_WRONG, "a length in bits and words in nats", "which logarithm is a nat?")
def mixed_units(words, lengths, chances):
    choice, mean = _parts(lengths, chances)
    return (choice / math.log(2) + mean * math.log(words)) / (mean + 1)


@known(_WRONG, "the entropy in bits", "which logarithm has a perplexity of e to the entropy?")
def in_bits(words, lengths, chances):
    return entropy_rate(words, lengths, chances) / math.log(2)


@known(_WRONG, "the perplexity", "is 92 a number of nats?")
def perplexity(words, lengths, chances):
    return math.exp(entropy_rate(words, lengths, chances))


@known(_WRONG, "the model that counts symbols", "does it see how many words stand since the last stop?")
def counting(words, lengths, chances):
    _, mean = _parts(lengths, chances)
    p = 1 / (mean + 1)
    return -p * math.log(p) - (1 - p) * math.log((1 - p) / words)


@known(_WRONG, "a rate of each length by itself, and their mean", "which sentences hold more of the tokens?")
def mean_of_own_rates(words, lengths, chances):
    return sum(p * (n * math.log(words) - math.log(p)) / (n + 1) for p, n in zip(chances, lengths, strict=True))


@known(_WRONG, "surprises of the lengths that are added without their chances", "how often is each length met?")
def bare_surprises(words, lengths, chances):
    _, mean = _parts(lengths, chances)
    return (mean * math.log(words) - sum(math.log(p) for p in chances)) / (mean + 1)


@known(_WRONG, "the choice of the length alone", "what do the words of a sentence cost?")
def length_alone(words, lengths, chances):
    choice, mean = _parts(lengths, chances)
    return choice / (mean + 1)


@known(_WRONG, "the logarithm of the mean length", "is a length a choice among so many?")
def log_of_the_mean(words, lengths, chances):
    _, mean = _parts(lengths, chances)
    return (math.log(mean) + mean * math.log(words)) / (mean + 1)


@known(_WRONG, "one sentence spread over the tokens of all lengths", "how many tokens has one sentence, on average?")
def over_all_lengths(words, lengths, chances):
    choice, mean = _parts(lengths, chances)
    return (choice + mean * math.log(words)) / (sum(lengths) + len(lengths))


_CASES = (
    (100, list(range(10, 30)), [0.05] * 20),
    (8, [1, 2, 6], [0.5, 0.2, 0.3]),
    (20, [3, 9], [0.9, 0.1]),
    (1, [1, 3], [0.5, 0.5]),  # the example of the sheet
)


def _cost(seen: Any, right: Any) -> str | None:
    """The example where it is wrong, else the first case that is."""
    if any(facts["inputs changed"] != "none" for facts in seen.values()):
        return None  # the fallback tells that
    for case in ("case 4", "case 3", "case 2", "case 1"):
        own, rule = float(seen[case]["result"]), float(right[case]["result"])
        if abs(own - rule) > 1e-5:
            words, lengths, chances = _CASES[int(case[-1]) - 1]
            given = "words 1, lengths [1, 3], chances [0.5, 0.5]" if case == "case 4" else ""
            given = given or f"words {words}, lengths {lengths[:3]}{' ...' * (len(lengths) > 3)}, chances {chances[:3]}"
            tokens = 1 + _parts(lengths, chances)[1]
            asked = f"a sentence has {tokens:.4g} tokens on average: what do its length and its words cost?"
            return f"{given}: yours is {own:.4g}, off by {abs(own - rule):.2g}\n{asked}"
    return None


ENTROPY_RATE = Exercise(
    slug="entropy_rate",
    title="The floor",
    kind="faded",
    core=True,
    difficulty=2,
    minutes=15,
    reference=entropy_rate,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("one number", not_a_number),
        Property("all its digits", nearly),
        Property("what a sentence costs", _cost),
    ),
    hints=(
        "What has to be told of a sentence, so that somebody else can write it down? Its length, and its words.",
        "The length costs -sum p log p; each word costs log(words).",
        "A sentence of n words has n + 1 tokens: the stop is one.",
    ),
    not_tested="words that are not equally likely, and lengths with probability 0",
    fade=("choice = -sum", "per_sentence = choice", "tokens = mean_length"),
    indistinguishable=(("reference", "by_hazard"),),
)
