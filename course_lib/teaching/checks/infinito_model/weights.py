"""Does every position look at itself and its past only, and do its weights sum to 1? The check of causal attention."""

import math
from typing import Any

import torch
import torch.nn.functional as F

from course_lib.infinito.plain import causal_attention_weights
from course_lib.teaching.checks.infinito_model.facts import numbers, wrong_shape
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.teaching.exercises.observe import calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


def _scores(query, key):
    return query @ key.mT / math.sqrt(query.shape[-1])


def _above(scores, diagonal=1):
    return torch.ones(scores.shape[-2:], dtype=torch.bool).triu(diagonal=diagonal)


def _masked(scores, diagonal=1):
    return scores.masked_fill(_above(scores, diagonal), -math.inf)


@also_right(_RIGHT, "torch's own attention, asked for its weights by values that are the identity")
def by_torch(query, key):
    tokens = query.shape[-2]
    identity = torch.eye(tokens, dtype=query.dtype).expand(*query.shape[:-2], tokens, tokens)
    return F.scaled_dot_product_attention(query, key, identity, is_causal=True)


@also_right(_RIGHT, "weights of the future set to 0 after the softmax, and every row divided by its sum")
def divided_again(query, key):
    weights = _scores(query, key).softmax(dim=-1).tril()
    return weights / weights.sum(dim=-1, keepdim=True)


@known(_WRONG, "attention without a mask", "which positions may position t see?")
def no_mask(query, key):
    return _scores(query, key).softmax(dim=-1)


@known(_WRONG, "a mask laid on after the softmax", "what do the rows sum to, and who is in the denominator?")
def mask_after_softmax(query, key):
    return _scores(query, key).softmax(dim=-1).tril()


@known(_WRONG, "a mask that hides the position itself too", "what is left to see for position 0?")
def hides_itself(query, key):
    return _masked(_scores(query, key), diagonal=0).softmax(dim=-1)


@known(_WRONG, "a mask that lets position t see t + 1", "which target does position t have to forecast?")
def one_ahead(query, key):
    return _masked(_scores(query, key), diagonal=2).softmax(dim=-1)


@known(_WRONG, "a mask the wrong way round", "is the column of a later position right or left of the diagonal?")
def sees_the_future(query, key):
    scores = _scores(query, key)
    return scores.masked_fill(_above(scores).mT, -math.inf).softmax(dim=-1)


@known(_WRONG, "scores of the future set to 0", "what is e^0, and what weight does it leave?")
def zero_for_infinity(query, key):
    return _scores(query, key).tril().softmax(dim=-1)


@known(_WRONG, "a mask of -1 in place of minus infinity", "what is e^-1, and what weight does it leave?")
def small_penalty(query, key):
    scores = _scores(query, key)
    return scores.masked_fill(_above(scores), -1.0).softmax(dim=-1)


@known(_WRONG, "attention without the scale", "how does the size of a product of two vectors grow with d?")
def no_scale(query, key):
    return _masked(query @ key.mT).softmax(dim=-1)


@known(_WRONG, "scores divided by d, not by its root", "is d the variance or the deviation of a product?")
def divided_by_width(query, key):
    return _masked(query @ key.mT / query.shape[-1]).softmax(dim=-1)


@known(_WRONG, "scores multiplied by the root of d", "should the scores become larger or smaller?")
def multiplied(query, key):
    return _masked(query @ key.mT * math.sqrt(query.shape[-1])).softmax(dim=-1)


@known(_WRONG, "scores divided by the root of T", "over which index does query @ key^T sum?")
def scaled_by_tokens(query, key):
    return _masked(query @ key.mT / math.sqrt(query.shape[-2])).softmax(dim=-1)


@known(_WRONG, "a softmax over the queries", "which should sum to 1, the rows or the columns?")
def over_the_queries(query, key):
    return _masked(_scores(query, key)).softmax(dim=-2)


@known(_WRONG, "query and key exchanged", "whose row is it, that of the position that asks or that is asked?")
def exchanged(query, key):
    return _masked(_scores(key, query)).softmax(dim=-1)


@known(_WRONG, "the cosine of query and key", "does the length of a query play a part in the formula?")
def cosines(query, key):
    return _masked(F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT).softmax(dim=-1)


@known(_WRONG, "the masked scores before the softmax", "which function turns scores into weights?")
def scores_only(query, key):
    return _masked(_scores(query, key))


@known(_WRONG, "the logarithms of the weights", "do your weights sum to 1, or do their exponentials?")
def log_weights(query, key):
    return _masked(_scores(query, key)).log_softmax(dim=-1)


_CASES = (
    (2 * numbers(2, 3, 5, 4, seed=0), numbers(2, 3, 5, 4, seed=1)),
    (numbers(4, 2, seed=2), 3 * numbers(4, 2, seed=3)),  # no batch, and T differs from d
    (numbers(1, 6, seed=4), numbers(1, 6, seed=5)),  # one token sees itself
)


def _rows(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        weights = torch.as_tensor(facts["result"])
        if torch.isnan(weights).any():
            return f"{case}: {_not_a_number(torch.isnan(weights))}"
        future = weights.triu(diagonal=1).abs().max()
        if future > 1e-9:
            return f"{case}: a later position gets the weight {future:.3g}; it should be 0"
        sums = weights.sum(dim=-1).flatten()
        worst = sums[(sums - 1).abs().argmax()]
        if abs(worst - 1) > 1e-6:
            return f"{case}: a row of your weights has the sum {worst:.3g}; it should be 1"
    return None


def _not_a_number(bad: torch.Tensor) -> str:
    """What the places (..., T, T) say at which a weight is not a number."""
    if not bad.tril().any():
        return "weights of the future are not a number\nalong which axis does your softmax sum?"
    rows = bad.any(dim=-1)
    if rows.all():
        return "in every row some of your weights are not a number\nwhat is 0 times infinity?"
    return f"in row {rows.nonzero()[0, -1]} your weights are not a number\nwhich positions are left to see there?"


CAUSAL_ATTENTION_WEIGHTS = Exercise(
    slug="causal_attention_weights",
    title="Who looks at whom",
    kind="implement",
    core=True,
    difficulty=1,
    minutes=12,
    reference=causal_attention_weights,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("the shape", lambda seen, right: wrong_shape(seen, right, "(..., T, T)")),
        Property("rows that sum to 1 over the past", _rows),
    ),
    hints=(
        "Three steps: scores query @ key.mT / sqrt(d), the mask, the softmax over the last axis.",
        "torch.ones(T, T).triu(diagonal=1) marks what lies above the diagonal, and that is the future.",
        "scores.masked_fill(future, -math.inf) before the softmax: e to the minus infinity is 0.",
    ),
    not_tested="low precision, devices other than the CPU, and rows of padding",
    indistinguishable=(("reference", "by_torch", "divided_again"),),
)
