"""Small language models: those that a test of causality must accept, and planted leaks that it must find.

Shapes: B sequences, T tokens, D = 16 numbers per position, 2 heads. A model is called like INFINITO,
`logits, memory = model(x, memory)`; its memory is the hidden states of the segment before, or None.
"""

import math
from collections.abc import Callable
from typing import Any

import torch

from course_lib.teaching.exercises.kinds import planted_edits

WORDS, WIDTH, HEADS = 10, 16, 2


def toy(seed: int = 0) -> Callable[..., Any]:
    """A new model: one layer of attention and a memory, on weights drawn from `seed`; the others are edits of it."""
    draws = torch.Generator().manual_seed(seed)
    words, places = (torch.randn(n, WIDTH, generator=draws) for n in (WORDS, 64))
    maps = torch.randn(5, WIDTH, WIDTH, generator=draws) / math.sqrt(WIDTH)
    output = torch.randn(WIDTH, WORDS, generator=draws)
    axes = (2,)

    def model(x: torch.Tensor, memory: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        """Ids x (B, T) and what an earlier call returned -> logits (B, T, V) and the memory after it."""
        tokens = x.shape[1]
        h = words[x] + places[torch.arange(tokens) % len(places)]  # (B, T, D), for any T
        query, key, value = ((h @ m).unflatten(-1, (HEADS, -1)).transpose(1, 2) for m in maps[:3])
        mask = torch.ones(HEADS, tokens, tokens, dtype=torch.bool).triu(diagonal=1)
        scores = query @ key.mT / math.sqrt(query.shape[-1])  # (B, H, T, T)
        mixed = scores.masked_fill(mask, -math.inf).softmax(dim=-1) @ value
        h = h + mixed.transpose(1, 2).flatten(2) @ maps[3]
        h = (h - h.mean(dim=axes, keepdim=True)) / h.std(dim=axes, keepdim=True)
        asking = h
        if memory is not None:  # (B, N, D)
            h = h + (asking @ maps[4] @ memory.mT / math.sqrt(WIDTH)).softmax(dim=-1) @ memory
        return h @ output, h

    return model


# The last adds a shift that knows the whole segment and takes it away: causal but for rounding, for any T.
RIGHT = {"attention": toy} | planted_edits(
    toy,
    """
    other_weights: another seed
        first: seed = 1
    no_memory: nothing is remembered
        after asking = h -> memory = None
        return A, h -> return A, None
    running_mean: the mean of what came before in place of attention
        mixed.transpose(1, 2).flatten(2) @ maps[3] -> h.cumsum(dim=1) / torch.arange(1, tokens + 1).unsqueeze(1)
    rounding: that mean by a detour
        after mixed = A -> shift = 4 * h.amax(dim=1, keepdim=True)
        mixed.transpose(1, 2).flatten(2) @ maps[3]
        -> (h.cumsum(dim=1) / torch.arange(1, tokens + 1).unsqueeze(1) + shift - shift)
    """,
)
# Of each leak: what to ask where it survives.
LEAKS = """
no_mask: do you compare the logits up to t when tokens after t change?
    A.triu(diagonal=1) -> A.triu(diagonal=tokens)
last_token: is the last token among those that you change?
    before asking = h -> h = h + 0.3 * h[:, -1:]
off_by_one: do you change token t + 1 as well?
    A.triu(diagonal=1) -> A.triu(diagonal=2)
two_ahead: do you change every token after t, or only the next one?
    after mask = A -> mask[:, range(tokens - 2), range(2, tokens)] = False
one_head: how large may a change be before you call it a leak?
    after mask = A -> mask[1] = False
time_norm: do you compare all logits up to t?
    (2,) -> (1, 2)
faint: how large may a change be before you call it a leak?
    after mixed = A -> mixed = mixed + 1e-4 * value.mean(dim=2, keepdim=True)
beyond_16: how long is your segment, and at which t do you look?
    after mask = A -> mask[:, 16:] = False
seam: at which t do you look?
    after mask = A -> mask[:, range(7, tokens - 1, 8), range(8, tokens, 8)] = False
batch_norm: does your batch hold a second sequence, and does it change up to t as well?
    (2,) -> (0, 2)
writes_first: does the memory hold the tokens that you change?
    after asking = h -> memory = h if memory is None else torch.cat([memory, h], dim=1)
mean_asks: does the memory hold anything when you look?
    asking = h -> asking = h.mean(dim=1, keepdim=True)
batch_memory: what did the other sequence write before?
    return A, h -> return A, h.mean(dim=0, keepdim=True).expand_as(h)
hidden_buffer: are two equal calls equal?
    first: buffer = [None]
    after asking = h -> memory, buffer[0] = buffer[0], h.mean(dim=0, keepdim=True).expand_as(h)
"""
PLANTED = planted_edits(toy, LEAKS)
