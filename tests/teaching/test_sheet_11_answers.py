"""What do the cards of sheet 11 say to entropies, perplexities and rates that learners typed?"""

import math
from collections import Counter

import numpy as np
import pytest
import torch

from course_lib.infinito.plain_audit import entropy_rate, perplexity_of, rates_after_epochs, unigram_entropy
from tests.teaching.test_sheet_02_cards import card
from tests.teaching.test_sheet_09_answers import right, wrong

# ---- the rung of counting


def with_categorical(words, sentences, shortest, longest):
    drawn = sentences * (shortest + longest) / 2
    weights = torch.tensor([drawn / words] * words + [sentences - 1.0])
    return torch.distributions.Categorical(probs=weights).entropy()


def knows_the_place(words, sentences, shortest, longest):
    mean = (shortest + longest) / 2
    return (math.log(longest - shortest + 1) + mean * math.log(words)) / (mean + 1)


def of_the_whole_text(words, sentences, shortest, longest):
    tokens = sentences * (shortest + longest) / 2 + sentences - 1
    return tokens * unigram_entropy(words, sentences, shortest, longest)


def rest_shared_with_the_stop(words, sentences, shortest, longest):
    p = (sentences - 1) / (sentences * (shortest + longest) / 2 + sentences - 1)
    return -p * math.log(p) - (1 - p) * math.log((1 - p) / (words + 1))


def each_word_once(words, sentences, shortest, longest):
    p = (sentences - 1) / (words + sentences - 1)
    return -p * math.log(p) - (1 - p) * math.log((1 - p) / words)


def with_a_wrong_sign(words, sentences, shortest, longest):
    p = (sentences - 1) / (sentences * (shortest + longest) / 2 + sentences - 1)
    return -p * math.log(p) + (1 - p) * math.log((1 - p) / words)


def drawn_once(words, sentences, shortest, longest):
    rng, text = np.random.default_rng(0), []
    for _ in range(sentences):
        text += [*rng.integers(words, size=rng.integers(shortest, longest + 1)), -1]
    shares = np.array(list(Counter(text[:-1]).values())) / (len(text) - 1)
    return -(shares * np.log(shares)).sum()


def surprises_not_summed(words, sentences, shortest, longest):
    drawn = sentences * (shortest + longest) / 2
    shares = np.array([drawn / words] * words + [sentences - 1]) / (drawn + sentences - 1)
    return -shares * np.log(shares)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (knows_the_place, ["the best forecaster, who counts the words since the last stop"]),
        (of_the_whole_text, ["nats for the whole text"]),
        (rest_shared_with_the_stop, ["a rest that the words share with the stop once more"]),
        (each_word_once, ["a text in which every word stands once"]),
        (with_a_wrong_sign, ["case 1: -4.281 nats", "can an entropy be below 0"]),
        (drawn_once, ["of 16 words on average and 3 stops", "off by 0.054"]),
        (surprises_not_summed, ["return one number; you return an array", "how do its parts become one number?"]),
        (lambda *given: unigram_entropy(*given) / math.log(10), ["the entropy to the base 10"]),
        (lambda *given: round(unigram_entropy(*given), 2), ["yours is the right result, rounded (4.58)"]),
        (lambda *given: unigram_entropy(*given) * 1.001, ["yours is near the right result", "off by up to 0.1%"]),
        (lambda *given: 1.0986, ["of 97,500 words on average and 4,999 stops"]),
    ],
)
def test_the_rung_of_counting_is_answered(answer, words):
    wrong("unigram_entropy", answer, *words)


def test_an_entropy_in_single_precision_is_right():
    right("unigram_entropy", with_categorical)


# ---- the floor


def mean_length(lengths, chances):
    return sum(p * n for p, n in zip(chances, lengths, strict=True))


def choice_of(chances):
    return -sum(p * math.log(p) for p in chances)


def each_length_by_itself(words, lengths, chances):
    both = zip(chances, lengths, strict=True)
    return sum(p * (n * math.log(words) - math.log(p)) / (n + 1) for p, n in both)


def without_chances(words, lengths, chances):
    mean = mean_length(lengths, chances)
    return (mean * math.log(words) - sum(map(math.log, chances))) / (mean + 1)


def over_all_lengths(words, lengths, chances):
    mean = mean_length(lengths, chances)
    return (choice_of(chances) + mean * math.log(words)) / (sum(lengths) + len(lengths))


def log_of_the_mean(words, lengths, chances):
    mean = mean_length(lengths, chances)
    return (math.log(mean) + mean * math.log(words)) / (mean + 1)


def words_not_as_logarithms(words, lengths, chances):
    mean = mean_length(lengths, chances)
    return (choice_of(chances) + mean * words) / (mean + 1)


def one_more_choice(words, lengths, chances):
    mean = mean_length(lengths, chances)
    return entropy_rate(words, lengths, chances) + math.log(2) / (mean + 1)


def sorts_its_chances(words, lengths, chances):
    chances.sort()
    return entropy_rate(words, lengths, chances)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (each_length_by_itself, ["a rate of each length by itself"]),
        (without_chances, ["surprises of the lengths that are added without their chances"]),
        (over_all_lengths, ["one sentence spread over the tokens of all lengths"]),
        (log_of_the_mean, ["the logarithm of the mean length"]),
        (words_not_as_logarithms, ["words 1, lengths [1, 3], chances [0.5, 0.5]: yours is 0.8977, off by 0.67"]),
        (one_more_choice, ["yours is 0.4621, off by 0.23", "a sentence has 3 tokens on average"]),
        (lambda w, n, p: choice_of(p) / (mean_length(n, p) + 1), ["the choice of the length alone"]),
        (lambda w, n, p: round(entropy_rate(w, n, p), 3), ["the right result, rounded (4.527)"]),
        (sorts_its_chances, ["it writes into what it was given"]),
    ],
)
def test_the_floor_is_answered(answer, words):
    wrong("entropy_rate", answer, *words)


def test_the_floor_by_torch_is_right():
    def answer(words, lengths, chances):
        p, n = torch.tensor(chances, dtype=torch.float64), torch.tensor(lengths, dtype=torch.float64)
        return (torch.special.entr(p).sum() + (p @ n) * math.log(words)) / (p @ n + 1)

    right("entropy_rate", answer)


# ---- one perplexity


def returned_inside_the_loop(batches):
    total = tokens = 0
    for mean, count in batches:
        total += mean * count
        tokens += count
        return math.exp(total / tokens)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (returned_inside_the_loop, ["the first batch alone"]),
        (
            lambda b: math.exp(sum(m * n for n, m in b) / sum(n for n, _ in b)),
            ["means taken for counts, and counts for means"],
        ),
        (lambda b: 1 / perplexity_of(b), ["one divided by the perplexity"]),
        (lambda b: sum(math.exp(m) * n for m, n in b) / len(b), ["lies outside", "harder than its hardest part"]),
        (lambda b: perplexity_of([*b, (1.0, 1)]), ["batches [(2.5, 7), (0.25, 1)]", "its 8 tokens together?"]),
        (lambda b: round(perplexity_of(b), 2), ["the right result, rounded (26.2)"]),
    ],
)
def test_a_perplexity_is_answered(answer, words):
    wrong("perplexity_of_rows", answer, *words)


# ---- a column of rates


def column(progress):
    def answer(*, epochs, updates, horizon, base, floor):
        told = [progress(k, epochs, updates, horizon) for k in range(1, epochs + 1)]
        return [floor + (base - floor) * (1 + math.cos(angle)) / 2 for angle in told]

    return answer


def misplaced_brackets(*, epochs, updates, horizon, base, floor):
    return [floor + (base - floor) * 1 + math.cos(math.pi * k / horizon) / 2 for k in range(1, epochs + 1)]


def compounded(*, epochs, updates, horizon, base, floor):
    rate, told = base, []
    for k in range(1, epochs + 1):
        rate = floor + (rate - floor) * (1 + math.cos(math.pi * k / horizon)) / 2
        told.append(rate)
    return told


def geometric(*, epochs, updates, horizon, base, floor):
    return [base * (floor / base) ** (k / horizon) for k in range(1, epochs + 1)]


def by_scheduler(*, epochs, updates, horizon, base, floor):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=base)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, horizon * updates, eta_min=floor)
    for _ in range(epochs):
        for _ in range(updates):
            optimizer.step()
            schedule.step()
        yield optimizer.param_groups[0]["lr"]


def mean_of_those_used(*, epochs, updates, horizon, base, floor):
    steps = np.arange(epochs * updates).reshape(epochs, updates) / (horizon * updates)
    return (floor + (base - floor) * (1 + np.cos(np.pi * steps)) / 2).mean(axis=1)


def rates(change):
    return lambda **given: change(rates_after_epochs(**given))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (column(lambda k, e, u, h: k / h), ["a cosine without pi"]),
        (column(lambda k, e, u, h: 2 * math.pi * k / h), ["a whole cosine, down and up again"]),
        (column(lambda k, e, u, h: math.pi * k * u / h), ["a horizon of as many updates as it has epochs"]),
        (column(lambda k, e, u, h: math.pi * k * u / (h * u - 1)), ["a cosine that ends one update early"]),
        (column(lambda k, e, u, h: math.pi * (k + 1) / (h + 1)), ["epochs 6, updates 4, horizon 8", "4 of 32 updates"]),
        (column(lambda k, e, u, h: math.pi * k / (h + 1)), ["case 2, at the end of the horizon", "the floor is 0.01"]),
        (column(lambda k, e, u, h: math.pi * k * u / h * u), ["what does Python do first in a / b * c?"]),
        (compounded, ["a cosine that starts anew from the rate of the row above"]),
        (rates(lambda c: list(enumerate(c, start=1))), ["return the rates alone: an entry of yours holds 2 numbers"]),
        (rates(lambda c: np.array(c)[:, None]), ["an entry of yours holds 1 number\n"]),
        (misplaced_brackets, ["after epoch 1 yours is 1.462, outside of floor 0.25 and base 1.0"]),
        (geometric, ["a geometric fall"]),
        (mean_of_those_used, ["the mean of the rates that an epoch used"]),
        (rates(lambda c: [f"{rate:.2e}" for rate in c]), ["your list holds the text '9.71e-01'"]),
        (rates(lambda c: [float(f"{rate:.2e}") for rate in c]), ["the right ones, rounded (0.971)"]),
        (rates(lambda c: dict(enumerate(c, start=1))), ["return a list with a rate per epoch; you return a dict"]),
        (rates(lambda c: c[:1]), ["6 epochs, and your list has 1 rate", "one for each epoch"]),
    ],
)
def test_rates_are_answered(answer, words):
    wrong("rates_after_epochs", answer, *words)


def test_the_rates_of_the_scheduler_of_torch_are_right():
    right("rates_after_epochs", by_scheduler)


@pytest.mark.parametrize("slug", ["unigram_entropy", "entropy_rate", "perplexity_of_rows", "rates_after_epochs"])
def test_results_of_another_type_raise_nothing(slug):
    for value in (None, "x", {}, {1}, [], (), [[]], True, 1j, math.nan, math.inf, -1, np.zeros(3), object()):
        assert card(slug, lambda *_, value=value, **__: value)[0] in ("wrong", "error")
