"""A plain causal language model: the yardstick of lesson 09 and of the speed measurements.

Shapes: B sequences, T tokens, D width, H heads, V vocabulary. INFINITO itself, with its memory, is a system of its own.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.validation import validate_at_least, validate_interval


@dataclass(frozen=True)
class GPTConfig:
    """Sizes of the model; the defaults are those of INFINITO: 6 layers, 8 heads, 512 wide, 10,000 words."""

    vocabulary: int = 10_000
    context: int = 256
    width: int = 512
    layers: int = 6
    heads: int = 8

    def __post_init__(self) -> None:
        for name in ("vocabulary", "context", "width", "layers", "heads"):
            validate_at_least(name, getattr(self, name), 1)
        if self.width % self.heads != 0:
            raise ValueError(f"width ({self.width}) must be a multiple of heads ({self.heads})")


INFINITO_SHAPE = GPTConfig()


class GPTBlock(nn.Module):
    """Attention, then two linear layers with a GELU between them; each adds to its input."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.heads = config.heads
        self.norm1, self.norm2 = nn.LayerNorm(config.width), nn.LayerNorm(config.width)
        self.qkv = nn.Linear(config.width, 3 * config.width)
        self.out = nn.Linear(config.width, config.width)
        self.up = nn.Linear(config.width, 4 * config.width)
        self.down = nn.Linear(4 * config.width, config.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, T, D) -> (B, T, D); a position sees itself and the positions before it."""
        x = x + self.out(self.attention(self.qkv(self.norm1(x))))
        return x + self.down(F.gelu(self.up(self.norm2(x))))

    def attention(self, qkv: torch.Tensor) -> torch.Tensor:
        """(B, T, 3 D) -> (B, T, D)."""
        batch, tokens, _ = qkv.shape
        # (B, T, 3 D) -> three of (B, H, T, D / H)
        q, k, v = (part.view(batch, tokens, self.heads, -1).transpose(1, 2) for part in qkv.chunk(3, dim=-1))
        return F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2)


class GPT(nn.Module):
    """Token and position vectors, `layers` blocks, and a projection to the vocabulary that shares the token vectors."""

    def __init__(self, config: GPTConfig) -> None:
        super().__init__()
        self.config = config
        self.tokens = nn.Embedding(config.vocabulary, config.width)
        self.positions = nn.Embedding(config.context, config.width)
        self.blocks = nn.ModuleList(GPTBlock(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        nn.init.normal_(self.tokens.weight, std=0.02)
        nn.init.normal_(self.positions.weight, std=0.02)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        """ids (B, T) of integers -> logits (B, T, V)."""
        x = self.tokens(ids) + self.positions.weight[: ids.shape[1]]  # (B, T, D)
        for block in self.blocks:
            x = block(x)
        return F.linear(self.norm(x), self.tokens.weight)  # (B, T, D) -> (B, T, V)


def next_token_loss(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
    """Cross-entropy of the next token in nats, summed over all tokens; batch = (x (B, T), y (B, T))."""
    x, y = batch
    logits = model(x)  # (B, T, V)
    return Loss(F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum"), y.numel())


def random_tokens(
    config: GPTConfig, batch_size: int, tokens: int, *, device: torch.device | str = "cpu", seed: int = 0
) -> tuple[torch.Tensor, torch.Tensor]:
    """A batch (x (B, T), y (B, T)) of tokens drawn evenly: for measuring speed, there is nothing to learn in it."""
    validate_interval("tokens", tokens, 1, config.context)
    generator = torch.Generator().manual_seed(seed)
    ids = torch.randint(config.vocabulary, (batch_size, tokens + 1), generator=generator).to(device)
    contiguous = torch.contiguous_format
    return ids[:, :-1].clone(memory_format=contiguous), ids[:, 1:].clone(memory_format=contiguous)
