"""Does every head get its own numbers of every position? The check of split_heads."""

from typing import Any

import torch

from course_lib.infinito.plain import split_heads
from course_lib.teaching.checks.infinito_model.facts import wrong_shape
from course_lib.teaching.exercises.exercise import Exercise, Mistake, Property, Variant
from course_lib.teaching.exercises.forms import also_right, known
from course_lib.teaching.exercises.observe import calls

_WRONG: list[Mistake] = []
_RIGHT: list[Variant] = []


@also_right(_RIGHT, "the width cut into pieces, and the pieces stacked")
def stacked(x, heads):
    return torch.stack(x.chunk(heads, dim=-1), dim=1)


@known(_WRONG, "x read as (B, H, T, d) without moving an axis", "does head 0 hold numbers of every position?")
def view_only(x, heads):
    batch, tokens, width = x.shape
    return x.reshape(batch, heads, tokens, width // heads)


@known(_WRONG, "the order (B, T, H, d)", "over which two axes will query @ key^T run?")
def not_moved(x, heads):
    return x.unflatten(-1, (heads, -1))


@known(_WRONG, "heads that take every H-th number", "which numbers does head 0 get, by the docstring?")
def interleaved(x, heads):
    return x.unflatten(-1, (-1, heads)).permute(0, 3, 1, 2)


@known(_WRONG, "d heads of width H", "which of the two numbers is the count of heads?")
def counts_exchanged(x, heads):
    return x.unflatten(-1, (-1, heads)).transpose(1, 2)


@known(_WRONG, "the order (B, H, d, T)", "which axis should come last?")
def turned(x, heads):
    return x.unflatten(-1, (heads, -1)).permute(0, 2, 3, 1)


@known(_WRONG, "the order (H, B, T, d)", "which axis should come first?")
def heads_first(x, heads):
    return x.unflatten(-1, (heads, -1)).permute(2, 0, 1, 3)


@known(_WRONG, "every head with the whole width", "how wide is one head?")
def copied(x, heads):
    return x.unsqueeze(1).expand(-1, heads, -1, -1)


_CASES = tuple(
    (torch.arange(batch * tokens * width, dtype=torch.float64).reshape(batch, tokens, width), heads)
    for batch, tokens, width, heads in ((2, 5, 12, 3), (1, 4, 10, 2), (3, 2, 4, 4))
)


def _which(seen: Any, right: Any) -> str | None:
    for case, facts in seen.items():
        rule = right[case]["result"]
        wrong = (facts["result"] != rule).nonzero()
        if len(wrong):
            b, h, t, i = wrong[0].tolist()
            return (
                f"{case}: at [{b}, {h}, {t}, {i}] stands input number {facts['result'][b, h, t, i]:.0f}; "
                f"it should be number {rule[b, h, t, i]:.0f}"
            )
    return None


SPLIT_HEADS = Exercise(
    slug="split_heads",
    title="Cut the width into heads",
    kind="implement",
    core=False,
    difficulty=1,
    minutes=8,
    reference=split_heads,
    observe=lambda answer: calls(answer, *_CASES),
    accepted=tuple(_RIGHT),
    mistakes=tuple(_WRONG),
    properties=(
        Property("the shape", lambda seen, right: wrong_shape(seen, right, "(B, H, T, d)")),
        Property("each number in its place", _which),
    ),
    hints=(
        "Two steps: cut the last axis in two, then exchange two axes.",
        "x.reshape(batch, tokens, heads, -1) cuts the width and leaves the positions as they are.",
        "transpose(1, 2) moves the heads before the positions.",
    ),
    not_tested="whether the result shares its storage with x",
    indistinguishable=(("reference", "stacked"),),
)
