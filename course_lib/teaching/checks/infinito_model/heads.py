"""The width cut into heads: cases and known mistakes of split_heads."""

from typing import Any

import torch

from course_lib.by_hand.attention import split_heads
from course_lib.teaching.checks.infinito_model.facts import GRADIENTS, cases_of, flow, numbers
from course_lib.teaching.exercises.kinds import Property, calls, implement

_CASES = tuple(
    (torch.arange(batch * tokens * width, dtype=torch.float64).reshape(batch, tokens, width), heads)
    for batch, tokens, width, heads in ((2, 5, 12, 3), (1, 4, 10, 2), (3, 2, 4, 4))
)


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in cases_of(seen):
        own, rule = facts["result"], right[case]["result"]
        place = (own != rule).nonzero()[:1].tolist() if own.shape == rule.shape else []
        if place:
            given, due = own[tuple(place[0])], rule[tuple(place[0])]
            return f"{case}: at {place[0]} stands input number {given:.0f}; it should be number {due:.0f}"
    return None


SPLIT_HEADS = implement(
    "split_heads: Cut the width into heads | 8 minutes",
    split_heads,
    observe=lambda answer: calls(answer, *_CASES) | flow(answer, numbers(2, 5, 12, seed=6), others=(3,)),
    right="""
    stacked: the width cut into pieces, and the pieces stacked
        return: torch.stack(x.chunk(heads, dim=-1), dim=1)
    """,
    wrong="""
    view_only: x read as (B, H, T, d) without moving an axis | does head 0 hold numbers of every position?
        x.reshape(batch, tokens, heads, A) -> x.reshape(batch, heads, tokens, A); parts.transpose(1, 2) -> parts
    not_moved: the order (B, T, H, d) | over which two axes will query @ key^T run?
        parts.transpose(1, 2) -> parts
    interleaved: heads that take every H-th number | which numbers does head 0 get, by the docstring?
        x.reshape(batch, tokens, heads, A) -> x.reshape(batch, tokens, A, heads)
        parts.transpose(1, 2) -> parts.permute(0, 3, 1, 2)
    counts_exchanged: d heads of width H | which of the two numbers is the count of heads?
        x.reshape(batch, tokens, heads, A) -> x.reshape(batch, tokens, A, heads)
    turned: the order (B, H, d, T) | which axis should come last?
        parts.transpose(1, 2) -> parts.permute(0, 2, 3, 1)
    heads_first: the order (H, B, T, d) | which axis should come first?
        parts.transpose(1, 2) -> parts.permute(2, 0, 1, 3)
    copied: every head with the whole width | how wide is one head?
        return: x.unsqueeze(1).expand(-1, heads, -1, -1)
    """,
    equivalent="swap: 1 <-> 2 | the same two axes change places",
    properties=(Property("each number in its place", _which), GRADIENTS),
    hints="""
    Two steps: cut the last axis in two, then exchange two axes.
    x.reshape(batch, tokens, heads, -1) cuts the width and leaves the positions as they are.
    transpose(1, 2) moves the heads before the positions.
    """,
    not_tested="whether the result shares its storage with x",
)
