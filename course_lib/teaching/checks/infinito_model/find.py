"""Six models, of which some leak: their pictures and the known misreadings."""

import copy
import math
from dataclasses import replace

import torch
from torch import nn

from course_lib.by_hand.attention import split_heads
from course_lib.infinito.config import TINY
from course_lib.infinito.model import Infinito
from course_lib.teaching.exercises.kinds import find

_WORDS = "healthy,no mask,mask off by one,mean over time asks,memory never heard,one memory for all"
HEALTHY, NO_MASK, ONE_AHEAD, POOLED, UNHEARD, SHARED = WORDS = tuple(_WORDS.split(","))
KEY = {"A": POOLED, "B": ONE_AHEAD, "C": UNHEARD, "D": HEALTHY, "E": SHARED, "F": NO_MASK}
_SIZES = replace(TINY, vocabulary=20, exploration=0.0, memory_slots=8, memory_writes=4)
_TOKENS = 7
# What a model has otherwise; the mask that is off by one is put in behind.
_OTHERWISE: dict[str, dict[str, bool]] = {
    POOLED: {"pooled_query": True}, UNHEARD: {"memory_read": False}, SHARED: {"shared_memory": True},
    NO_MASK: {"causal": False},
}  # fmt: skip


class _OneAhead(nn.Module):
    """The attention of a model, with a mask that ends one column too late."""

    def __init__(self, attention: nn.Module) -> None:
        super().__init__()
        self.inner = attention

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        maps = (self.inner.query, self.inner.key, self.inner.value)
        query, key, value = (split_heads(layer(x), self.inner.heads) for layer in maps)
        scores = query @ key.mT / math.sqrt(query.shape[-1])
        hidden = torch.ones(scores.shape[-2:], dtype=torch.bool).triu(diagonal=2)
        mixed = scores.masked_fill(hidden, -math.inf).softmax(dim=-1) @ value
        return self.inner.out(mixed.transpose(1, 2).flatten(2))


def _model(word: str) -> Infinito:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model = Infinito(replace(_SIZES, **_OTHERWISE.get(word, {})))
        with torch.no_grad():
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    parameter.mul_(5.0)  # so that every path shows
    if word == ONE_AHEAD:
        for block in model.blocks:
            block.attention = _OneAhead(block.attention)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model.train()  # a hidden memory is written while training


@torch.no_grad()
def _logits(model: Infinito, first: torch.Tensor | None, x: torch.Tensor) -> torch.Tensor:
    """The logits of the segment x (2, T), alone or after the segment `first` (2, T)."""
    model = copy.deepcopy(model)  # a hidden memory would keep what the last call wrote
    memory = None if first is None else model(first)[1]
    return model(x, memory)[0]


def _moved(before: torch.Tensor, after: torch.Tensor) -> list[bool]:
    """For each position of row 0 whether one of its logits moved by more than rounding."""
    return ((after[0] - before[0]).abs().amax(dim=-1) > 1e-4).tolist()


def picture(word: str) -> str:
    """Which logits of row 0 move when one of its tokens changes: "#" moves, "." stays."""
    model, ids = _model(word), torch.Generator().manual_seed(1)
    first, x, other = (torch.randint(0, 20, (2, _TOKENS), generator=ids) for _ in range(3))
    alone, second = (_logits(model, past, x) for past in (None, first))
    numbers = " ".join(map(str, range(_TOKENS)))
    lines = ["         logits, no memory    logits of segment 2", f"changed  {numbers}        {numbers}"]
    for place in range(_TOKENS):
        changed = x.clone()
        changed[0, place] = (x[0, place] + 7) % 20
        cells = [_moved(before, _logits(model, past, changed)) for before, past in ((alone, None), (second, first))]
        rows = [" ".join("#" if moved else "." for moved in row) for row in cells]
        lines.append(f"token {place}  " + "        ".join(rows))
    own, theirs = first.clone(), first.clone()
    own[0], theirs[1] = other[0], other[1]
    for name, past in (("segment 1 of this row", own), ("segment 1 of the other row", theirs)):
        said = "moves" if any(_moved(second, _logits(model, past, x))) else "does not move"
        lines.append(f"{name} {said} the logits of segment 2")
    return "\n".join(lines)


def six_pictures() -> dict[str, str]:
    """The pictures of the models A to F."""
    return {letter: f"Model {letter}\n{picture(word)}" for letter, word in KEY.items()}


FIND_THE_LEAKS = find(
    "find_the_leaks: Find: which of six models leaks, and how | difficulty 2, 12 minutes",
    KEY,
    words=WORDS,
    synonyms={
        HEALTHY: ("no leak", "right", "correct"),
        NO_MASK: ("missing mask", "mask missing", "without mask", "not causal"),
        ONE_AHEAD: ("off by one", "mask one off", "off by one mask"),
        POOLED: ("pooled query", "mean asks", "mean over time", "pooled"),
        UNHEARD: ("memory not heard", "memory unheard", "memory ignored", "never heard"),
        SHARED: ("shared memory", "one memory", "memory shared"),
    },
    ask={
        "A": "does the future move a logit without memory, and does it with one?",
        "B": "how many places before a changed token do logits move, in a model of two layers?",
        "C": "what does segment 1 do to the logits of segment 2?",
        "D": "does anything move that should not, and does segment 1 still count?",
        "E": "whose first segment moves the logits of row 0?",
        "F": "does the last token move the logit at 0 even without a memory?",
    },
    wrong="""
    pooled_is_no_mask [A = no mask; F = mean over time asks]: a reading that exchanges the two full squares
        | which of the two squares is full without a memory as well?
    both_no_mask [A = no mask]: a reading that finds one cause for two full squares
        | what does the left table of each of the two say?
    ahead_is_healthy [B = healthy]: a reading that lets two places before the diagonal pass
        | may the logit at 1 move when token 3 does?
    ahead_is_no_mask [B = no mask]: a reading that takes every leak for a missing mask
        | does the last token move the logit at 0?
    unheard_is_healthy [C = healthy]: a reading of the triangles alone | does segment 1 of the same row move anything?
    healthy_and_unheard: a reading that exchanges a memory that is heard and one that is not
        | should what was read before move the logits of segment 2?
        C = healthy; D = memory never heard
    shared_is_healthy [E = healthy]: a reading that never asks the other row
        | may a text move the forecast for another one?
    healthy_and_shared: a reading that exchanges a memory of one's own and one for all
        | whose segment 1 should move the logits of a row?
        D = one memory for all; E = healthy
    """,
    hints="""
    Left of a changed token nothing may move: everything but a lower triangle is a leak.
    Compare both tables: what moves only with a memory came through the memory.
    The two lines below tell who is heard: the row's own past, nobody, or somebody else's.
    """,
    not_tested="leaks that are smaller than rounding, and models with two faults",
)
