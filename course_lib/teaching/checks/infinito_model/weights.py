"""Causal attention weights: their cases and known mistakes."""

from typing import Any

import torch
import torch.nn.functional as F

from course_lib.by_hand.attention import causal_attention_weights
from course_lib.teaching.checks.infinito_model.facts import GRADIENTS, cases_of, flow, numbers
from course_lib.teaching.exercises.kinds import Property, calls, implement

_CASES = (
    (2 * numbers(2, 3, 5, 4, seed=0), numbers(2, 3, 5, 4, seed=1)),
    (numbers(4, 2, seed=2), 3 * numbers(4, 2, seed=3)),  # no batch, and T differs from d
    (numbers(1, 6, seed=4), numbers(1, 6, seed=5)),  # one token sees itself
)


def _rows(seen: Any, right: Any) -> str | None:
    for case, facts in cases_of(seen):
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


def by_torch(query, key):
    tokens = query.shape[-2]
    identity = torch.eye(tokens, dtype=query.dtype).expand(*query.shape[:-2], tokens, tokens)
    return F.scaled_dot_product_attention(query, key, identity, is_causal=True)


CAUSAL_ATTENTION_WEIGHTS = implement(
    "causal_attention_weights: Who looks at whom | core, 12 minutes",
    causal_attention_weights,
    observe=lambda answer: calls(answer, *_CASES) | flow(answer, *_CASES[0]),
    names={"by_torch": by_torch, "F": F},
    right="""
    by_torch: torch's own attention, asked for its weights by values that are the identity
    divided_again: weights of the future set to 0 after the softmax, and every row divided by its sum
        scores = scores.masked_fill(A, B) -> pass
        return: (lambda weights: weights / weights.sum(dim=-1, keepdim=True))(scores.softmax(dim=-1).tril())
    """,
    wrong="""
    no_mask: attention without a mask | which positions may position t see?
        scores = scores.masked_fill(A, B) -> pass
    mask_after_softmax: a mask laid on after the softmax | what do the rows sum to, and who is in the denominator?
        scores = scores.masked_fill(A, B) -> pass; return: RESULT.tril()
    hides_itself: a mask that hides the position itself too | what is left to see for position 0?
        A.triu(diagonal=1) -> A.triu(diagonal=0)
    one_ahead: a mask that lets position t see t + 1 | which target does position t have to forecast?
        A.triu(diagonal=1) -> A.triu(diagonal=2)
    sees_the_future: a mask the wrong way round | is the column of a later position right or left of the diagonal?
        A.triu(diagonal=1) -> A.tril(diagonal=-1)
    zero_for_infinity: scores of the future set to 0 | what is e^0, and what weight does it leave?
        -math.inf -> 0.0
    small_penalty: a mask of -1 in place of minus infinity | what is e^-1, and what weight does it leave?
        -math.inf -> -1.0
    no_scale: attention without the scale | how does the size of a product of two vectors grow with d?
        A / math.sqrt(B) -> A
    divided_by_width: scores divided by d, not by its root | is d the variance or the deviation of a product?
        math.sqrt(A) -> A
    multiplied: scores multiplied by the root of d | should the scores become larger or smaller?
        A / math.sqrt(B) -> A * math.sqrt(B)
    scaled_by_tokens: scores divided by the root of T | over which index does query @ key^T sum?
        query.shape[-1] -> query.shape[-2]
    over_the_queries: a softmax over the queries | which should sum to 1, the rows or the columns?
        scores.softmax(dim=-1) -> scores.softmax(dim=-2)
    exchanged: query and key exchanged | whose row is it, that of the position that asks or that is asked?
        query @ key.transpose(A, B) -> key @ query.transpose(A, B)
    cosines: the cosine of query and key | does the length of a query play a part in the formula?
        A / math.sqrt(B) -> F.normalize(query, dim=-1) @ F.normalize(key, dim=-1).mT
    scores_only: the masked scores before the softmax | which function turns scores into weights?
        return: scores
    log_weights: the logarithms of the weights | do your weights sum to 1, or do their exponentials?
        scores.softmax(dim=-1) -> scores.log_softmax(dim=-1)
    detached: a right result through which no gradient flows | how would a query learn from these weights?
        return: RESULT.detach()
    """,
    equivalent="""
    swap: -2 <-> -1 | the same two axes change places
    1 -> 2 | scores are as wide as they are high
    torch.ones(tokens, tokens, dtype=torch.bool, device=scores.device) -> torch.ones(tokens, tokens, dtype=torch.bool)
        | the cases are on the CPU
    """,
    properties=(Property("rows that sum to 1 over the past", _rows), GRADIENTS),
    hints="""
    Three steps: scores query @ key.mT / sqrt(d), the mask, the softmax over the last axis.
    torch.ones(T, T).triu(diagonal=1) marks what lies above the diagonal, and that is the future.
    scores.masked_fill(future, -math.inf) before the softmax: e to the minus infinity is 0.
    """,
    not_tested="low precision, devices other than the CPU, and rows of padding",
)
