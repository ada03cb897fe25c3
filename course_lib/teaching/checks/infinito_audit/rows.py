"""The perplexity of a text that was read in batches: cases and known mistakes."""

import math
from typing import Any

from course_lib.by_hand.entropies import perplexity_of
from course_lib.teaching.exercises.kinds import Property, implement
from course_lib.teaching.exercises.one_number import one_number

CASES = (
    ([(4.0, 32), (3.5, 32), (1.2, 15)],),
    ([(0.3, 2), (2.0, 5), (0.9, 40), (1.1, 1)],),
    ([(2.5, 7), (0.25, 1)],),
    ([(0.5, 4), (0.5, 4), (1.5, 8)],),  # two batches alike
)


def _between(seen: Any, right: Any) -> str | None:
    for (batches,), (case, facts) in zip(CASES, seen.items(), strict=True):
        losses = [mean for mean, _ in batches]
        low, high, value = math.exp(min(losses)), math.exp(max(losses)), float(facts["result"])
        if not low <= value <= high:
            told = f"{case}: {value:.4g} lies outside {low:.4g} to {high:.4g}, the batches' own perplexities"
            return f"{told}\ncan the whole be harder than its hardest part, or easier than its easiest?"
    return None


# The smallest case first.
_ASKED = {
    f"case {number}": f"batches {CASES[number - 1][0]}: {{yours}}\nhow many nats have its {tokens} tokens together?"
    for number, tokens in ((3, 8), (1, 79), (2, 48), (4, 16))
}

PERPLEXITY_OF = implement(
    "perplexity_of_rows: One perplexity from many batches | core, 10 minutes",
    perplexity_of,
    cases=CASES,
    right="""
    weighted: an average with weights
        return: np.exp(np.average([mean for mean, _ in batches], weights=[count for _, count in batches]))
    """,
    wrong="""
    mean_of_means: the mean of the batches, each counted alike | does a batch of 15 tokens count as much as one of 32?
        return: math.exp(sum(mean for mean, _ in batches) / len(batches))
    mean_of_perplexities: the mean of the batches' perplexities | is the mean of e^x the same as e^(mean of x)?
        return: sum(math.exp(mean) for mean, _ in batches) / len(batches)
    weighted_perplexities: the weighted mean of perplexities
        | which is summed over tokens: the loss, or its exponential?
        mean * count -> math.exp(mean) * count; math.exp(total / tokens) -> total / tokens
    loss_only: the loss, not the perplexity | which function turns nats into a number of choices?
        math.exp(total / tokens) -> total / tokens
    base_two: 2 to the loss | in which unit are the losses?
        math.exp(total / tokens) -> 2 ** (total / tokens)
    last_left_out: the last batch left out | are its tokens no tokens?
        first: batches = batches[:-1]
    last_alone: the last batch alone | of which text is it the perplexity?
        first: batches = batches[-1:]
    over_batches: the sum of the losses over the number of batches | how many tokens have the batches together?
        total / tokens -> total / len(batches)
    means_over_tokens: the sum of the means over the number of tokens | is a mean the loss of one token or of all?
        mean * count -> mean
    exp_of_total: the exponential of the total loss | is a perplexity a property of the text, or of one token?
        total / tokens -> total
    first_count_for_all: every batch counted like the first | has the last batch as many tokens as the first?
        mean * count -> mean * batches[0][1]
    first_alone: the first batch alone | what do the other batches say?
        first: batches = batches[:1]
    exchanged: means taken for counts, and counts for means | which of the two numbers of a batch comes first?
        tokens = A -> tokens = sum(mean for mean, count in batches)
    inverted: one divided by the perplexity | can a perplexity be below 1?
        return: 1 / RESULT
    median: the batch in the middle | what do the other batches say?
        return: np.exp(np.median([mean for mean, _ in batches]))
    """,
    properties=one_number(_ASKED, Property("in between", _between)),
    hints="""
    A mean times its count is a sum again.
    Sum of the losses over the sum of the counts is the loss per token.
    The exponential comes last, once.
    """,
    not_tested="batches without tokens, and losses that are not finite",
    equivalent="""
    swap: total = sum((mean * count for mean, <-> tokens = sum((count for _, count i | neither sum needs the other
    """,
)
