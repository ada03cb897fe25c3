"""Attention and the priority memory, with nothing but the mathematics written down.

These functions are the ones that lesson 10 derives and sheet 10 asks for. They check nothing and are written for
reading; `attention`, `memory` and `analysis` hold the fast ones, and the tests hold the two equal.

Shapes: B sequences, T tokens, D model width, H heads, d the width of one head, M memory slots of width k.
"""

import math

import torch


def causal_attention_weights(query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """How much each position looks at itself and at every position before it.

    query and key (..., T, d) -> weights (..., T, T): row t belongs to the query at t. The weights are
    softmax(query key^T / sqrt(d)) over the positions that t may see, which are 0 to t. Every row
    sums to 1, and every weight above the diagonal is 0.
    """
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (..., T, T)
    tokens = scores.shape[-1]
    future = torch.ones(tokens, tokens, dtype=torch.bool, device=scores.device).triu(diagonal=1)  # column > row
    scores = scores.masked_fill(future, -math.inf)  # before the softmax: e^-inf is 0
    return scores.softmax(dim=-1)


def split_heads(x: torch.Tensor, heads: int) -> torch.Tensor:
    """Cut the width of every position into heads: x (B, T, D) -> (B, H, T, D / H).

    Head h gets the numbers h * D / H to (h + 1) * D / H - 1 of every position, in their order.
    """
    batch, tokens, width = x.shape
    parts = x.reshape(batch, tokens, heads, width // heads)  # (B, T, H, d): only the width is cut
    return parts.transpose(1, 2)  # (B, H, T, d): the product over T is then one per head


def read_memory(
    query: torch.Tensor, keys: torch.Tensor, values: torch.Tensor, priority: torch.Tensor, *, sharpness: float
) -> torch.Tensor:
    """What a memory answers to each query: its values, weighted by likeness and by priority.

    query (T, k) of any length; keys (M, k) of length 1; values (M, k); priority (M,), 0 for an empty
    slot. The score of a slot is sharpness * cosine(query, key) + log(priority): a slot of twice the
    priority is read twice as much, and an empty one not at all. One more choice, to read nothing,
    has the score log(M) and the value 0. The weights are the softmax over all M + 1 choices.
    Returns (T, k), which is 0 where every slot is empty.
    """
    direction = query / query.norm(dim=-1, keepdim=True)  # (T, k), of length 1
    scores = sharpness * direction @ keys.T + priority.log()  # (T, M); log(0) is -inf
    nothing = torch.full_like(scores[:, :1], math.log(len(keys)))  # (T, 1)
    weights = torch.cat([scores, nothing], dim=1).softmax(dim=1)  # (T, M + 1)
    return weights[:, :-1] @ values  # (T, M) @ (M, k): what was spent on nothing adds 0


def slots_after_writing(
    importance: torch.Tensor, access: torch.Tensor, age: torch.Tensor, offered: torch.Tensor, *, a: float, b: float
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Which M of M slots and W newcomers stay after a segment, and what is known of them.

    importance (M,), 0 for an empty slot, access (M,) and age (M,) of the slots before the segment
    wrote; offered (W,) the importance of the newcomers. Slots become one segment older; newcomers
    start with access 0 and age 0. The priority is importance * (1 + access)^a * exp(-b * age), and
    the M of highest priority stay.
    Returns (kept, importance, access, age), each (M,), in order of falling priority; kept counts the
    slots 0 to M - 1 and the newcomers M to M + W - 1.
    """
    new = torch.zeros_like(offered)
    importance = torch.cat([importance, offered])  # (M + W,)
    access = torch.cat([access, new])
    age = torch.cat([age + 1, new])
    priority = importance * (1 + access) ** a * torch.exp(-b * age)
    kept = priority.argsort(descending=True)[: len(importance) - len(offered)]  # (M,)
    return kept, importance[kept], access[kept], age[kept]


def count_parameters(vocabulary: int, positions: int, width: int, layers: int, feed_forward: int) -> int:
    """How many parameters the reported language model has without its memory, metrics and noise.

    One row of `width` per word and per position. Per layer: four linear maps of attention (query,
    key, value, out) with biases, two of the net (width to feed_forward and back) with biases, and two
    LayerNorms, each with a scale and a shift per number. Then a linear output layer to the
    vocabulary with biases, which shares nothing with the input table.
    """
    attention = 4 * (width * width + width)
    net = (width * feed_forward + feed_forward) + (feed_forward * width + width)
    norms = 2 * (width + width)
    output = width * vocabulary + vocabulary
    return vocabulary * width + positions * width + layers * (attention + net + norms) + output
