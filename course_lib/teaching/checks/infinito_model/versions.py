"""Small language models: those that a test of causality must accept, and planted leaks that it must find.

Shapes: B sequences, T tokens, D = 16 numbers per position, 2 heads. A model is called like INFINITO,
`logits, memory = model(x, memory)`; its memory is the hidden states of the segment before, or None.
"""

import math

import torch

WORDS, WIDTH, HEADS, SEAM, LATE = 10, 16, 2, 8, 16


class Toy:
    """One layer of attention, a memory, and at most one fault, on weights drawn from `seed`."""

    def __init__(self, fault: str = "", *, remembers: bool = True, mix: str = "attention", seed: int = 0) -> None:
        draws = torch.Generator().manual_seed(seed)
        self.fault, self.remembers, self.mix = fault, remembers, mix
        self.words, self.places = (torch.randn(n, WIDTH, generator=draws) for n in (WORDS, 64))
        self.maps = torch.randn(5, WIDTH, WIDTH, generator=draws) / math.sqrt(WIDTH)
        self.output = torch.randn(WIDTH, WORDS, generator=draws)
        self.hidden_buffer: torch.Tensor | None = None

    def __call__(self, x: torch.Tensor, memory: torch.Tensor | None = None):
        """Ids x (B, T) and what an earlier call returned -> logits (B, T, V) and the memory after it."""
        h = self.words[x] + self.places[torch.arange(x.shape[1]) % len(self.places)]  # (B, T, D), for any T
        h = self._normalized(h + self._mixed(h))
        if self.fault == "last token":
            h = h + 0.3 * h[:, -1:]
        if self.remembers:
            h, memory = self._remember(h, memory)
        return h @ self.output, memory if self.remembers else None

    def _mixed(self, h: torch.Tensor) -> torch.Tensor:
        """What the positions before t tell position t: (B, T, D)."""
        tokens = h.shape[1]
        counts = torch.arange(1, tokens + 1).unsqueeze(1)  # (T, 1)
        if self.mix == "recurrence":
            return h.cumsum(dim=1) / counts
        if self.mix == "shifted":
            # A shift that knows the whole segment is added and taken away: causal but for rounding, for any T.
            shift = 4 * h.amax(dim=1, keepdim=True)
            return (h.cumsum(dim=1) / counts + shift) - shift
        query, key, value = ((h @ m).unflatten(-1, (HEADS, -1)).transpose(1, 2) for m in self.maps[:3])
        scores = query @ key.mT / math.sqrt(query.shape[-1])  # (B, H, T, T)
        mixed = scores.masked_fill(self._hidden(tokens), -math.inf).softmax(dim=-1) @ value
        if self.fault == "faint":
            mixed = mixed + 1e-4 * value.mean(dim=2, keepdim=True)
        return mixed.transpose(1, 2).flatten(2) @ self.maps[3]

    def _hidden(self, tokens: int) -> torch.Tensor:
        """Which scores (H, T, T) the mask hides."""
        mask = torch.ones(HEADS, tokens, tokens, dtype=torch.bool).triu(diagonal=1)
        row = torch.arange(tokens)
        if self.fault == "no mask":
            mask[:] = False
        elif self.fault == "off by one":
            mask = torch.ones_like(mask).triu(diagonal=2)
        elif self.fault == "two ahead":
            mask[:, row[:-2], row[2:]] = False  # the token after the next one, and not the next
        elif self.fault == "one head":
            mask[1] = False
        elif self.fault == "beyond 16":
            mask[:, LATE:] = False
        elif self.fault == "seam":
            # The last row of a chunk of 8 sees the first token of the next one.
            seam = row[SEAM - 1 : tokens - 1 : SEAM]
            mask[:, seam, seam + 1] = False
        return mask

    def _normalized(self, h: torch.Tensor) -> torch.Tensor:
        axes = {"time norm": (1, 2), "batch norm": (0, 2)}.get(self.fault, (2,))
        return (h - h.mean(dim=axes, keepdim=True)) / h.std(dim=axes, keepdim=True)

    def _remember(self, h: torch.Tensor, memory: torch.Tensor | None):
        """h with what the memory (B, N, D) answers, and the memory for the next segment."""
        if self.fault == "hidden buffer":
            memory, self.hidden_buffer = self.hidden_buffer, h.mean(dim=0, keepdim=True).expand_as(h)
        if self.fault == "writes first":
            memory = h if memory is None else torch.cat([memory, h], dim=1)
        if memory is not None:
            asking = h.mean(dim=1, keepdim=True) if self.fault == "mean asks" else h
            weights = (asking @ self.maps[4] @ memory.mT / math.sqrt(WIDTH)).softmax(dim=-1)
            h = h + weights @ memory
        kept = h.mean(dim=0, keepdim=True).expand_as(h) if self.fault == "batch memory" else h
        return h, kept


RIGHT = {
    "attention": Toy(),
    "other weights": Toy(seed=1),
    "no memory": Toy(remembers=False),
    "running mean": Toy(mix="recurrence"),
    "rounding": Toy(mix="shifted"),
}
_FAULTS = (
    "no mask, off by one, two ahead, one head, beyond 16, seam, faint, last token, time norm, batch norm, "
    "mean asks, writes first, batch memory, hidden buffer"
)
PLANTED = {fault: Toy(fault) for fault in _FAULTS.split(", ")}
