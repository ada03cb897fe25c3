"""What is the perplexity of a text that was read in batches? The check of perplexity_of."""

import math
from typing import Any

import numpy as np

from course_lib.infinito.plain_audit import perplexity_of
from course_lib.teaching.checks.infinito_audit.numbers import nearly, not_a_number
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.teaching.exercises.observe import calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _columns(batches):
    return np.array([mean for mean, _ in batches]), np.array([count for _, count in batches], dtype=float)


@also_right(_RIGHT, "an average with weights")
def weighted(batches):
    means, counts = _columns(batches)
    return float(np.exp(np.average(means, weights=counts)))


@known(_WRONG, "the mean of the batches, each counted alike", "does a batch of 15 tokens count as much as one of 32?")
def mean_of_means(batches):
    return math.exp(_columns(batches)[0].mean())


@known(_WRONG, "the mean of the batches' perplexities", "is the mean of e^x the same as e^(mean of x)?")
def mean_of_perplexities(batches):
    return float(np.exp(_columns(batches)[0]).mean())


@known(_WRONG, "the weighted mean of perplexities", "which is summed over tokens: the loss, or its exponential?")
def weighted_perplexities(batches):
    means, counts = _columns(batches)
    return float(np.average(np.exp(means), weights=counts))


@known(_WRONG, "the loss, not the perplexity", "which function turns nats into a number of choices?")
def loss_only(batches):
    means, counts = _columns(batches)
    return float(np.average(means, weights=counts))


@known(_WRONG, "2 to the loss", "in which unit are the losses?")
def base_two(batches):
    return 2 ** loss_only(batches)


@known(_WRONG, "the last batch left out", "are its tokens no tokens?")
def last_left_out(batches):
    return perplexity_of(batches[:-1])


@known(_WRONG, "the last batch alone", "of which text is it the perplexity?")
def last_alone(batches):
    return math.exp(batches[-1][0])


@known(_WRONG, "the sum of the losses over the number of batches", "how many tokens have the batches together?")
def over_batches(batches):
    means, counts = _columns(batches)
    return float(np.exp(min((means * counts).sum() / len(batches), 300.0)))


@known(_WRONG, "the sum of the means over the number of tokens", "is a mean the loss of one token or of all?")
def means_over_tokens(batches):
    means, counts = _columns(batches)
    return float(np.exp(means.sum() / counts.sum()))


@known(_WRONG, "the exponential of the total loss", "is a perplexity a property of the text, or of one token?")
def exp_of_total(batches):
    means, counts = _columns(batches)
    return float(np.exp((means * counts).sum()))


@known(_WRONG, "every batch counted like the first", "has the last batch as many tokens as the first?")
def first_count_for_all(batches):
    means, counts = _columns(batches)
    return float(np.exp((means * counts[0]).sum() / counts.sum()))


@known(_WRONG, "the first batch alone", "what do the other batches say?")
def first_alone(batches):
    return math.exp(batches[0][0])


@known(_WRONG, "means taken for counts, and counts for means", "which of the two numbers of a batch comes first?")
def exchanged(batches):
    means, counts = _columns(batches)
    return float(np.exp((means * counts).sum() / means.sum()))


@known(_WRONG, "one divided by the perplexity", "can a perplexity be below 1?")
def inverted(batches):
    return 1 / perplexity_of(batches)


@known(_WRONG, "the batch in the middle", "what do the other batches say?")
def median(batches):
    return float(np.exp(np.median(_columns(batches)[0])))


_CASES = (
    ([(4.0, 32), (3.5, 32), (1.2, 15)],),
    ([(0.3, 2), (2.0, 5), (0.9, 40), (1.1, 1)],),
    ([(2.5, 7), (0.25, 1)],),
)


def _between(seen: Any, right: Any) -> str | None:
    for (batches,), (case, facts) in zip(_CASES, seen.items(), strict=True):
        losses = [mean for mean, _ in batches]
        low, high, value = math.exp(min(losses)), math.exp(max(losses)), float(facts["result"])
        if not low <= value <= high:
            told = f"{case}: {value:.4g} lies outside {low:.4g} to {high:.4g}, the batches' own perplexities"
            return f"{told}\ncan the whole be harder than its hardest part, or easier than its easiest?"
    return None


def _tokens(seen: Any, right: Any) -> str | None:
    """The smallest case that is not right, with its number of tokens."""
    for case in ("case 3", "case 1", "case 2"):
        own, rule = float(seen[case]["result"]), float(right[case]["result"])
        if abs(own / rule - 1) > 1e-5:
            (batches,) = _CASES[int(case[-1]) - 1]
            told = f"batches {batches}: yours is {own:.4g}, off by {abs(own - rule):.2g}"
            asked = f"how many nats have its {sum(count for _, count in batches)} tokens together?"
            return f"{told}\n{asked}"
    return None


PERPLEXITY_OF = Exercise(
    slug="perplexity_of_rows",
    title="One perplexity from many batches",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=10,
    reference=perplexity_of,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("one number", not_a_number),
        Property("between the batches", _between),
        Property("all its digits", nearly),
        Property("a loss per token", _tokens),
    ),
    hints=(
        "A mean times its count is a sum again.",
        "Sum of the losses over the sum of the counts is the loss per token.",
        "The exponential comes last, once.",
    ),
    not_tested="batches without tokens, and losses that are not finite",
    indistinguishable=(("reference", "weighted"),),
)
