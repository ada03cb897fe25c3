"""The model: attention, a block around it, stochastic exploration, and the language model that they make.

`logits, memory = model(x, memory)`. Shapes: B sequences, T tokens, D model width, H heads of width D / H, V words.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.by_hand.attention import causal_attention_weights, split_heads
from course_lib.infinito.config import InfinitoConfig
from course_lib.infinito.losses import chunked_cross_entropy
from course_lib.infinito.memory import MemoryState, PriorityMemory, memory_statistics
from course_lib.infinito.report.as_reported import ReportedMemory, ReportedMetricLayers

STD = 0.02  # of tokens and weights with `scaled_init`; Radford et al. 2019, GPT-2


class Attention(nn.Module):
    """Multi-head self-attention: softmax(Q K^T / sqrt(D / H)) V in each head, with biased projections.

    Source: Vaswani et al. 2017, Attention Is All You Need, section 3.2.
    """

    def __init__(self, config: InfinitoConfig) -> None:
        super().__init__()
        self.heads, self.causal, self.dropout = config.heads, config.causal, config.attention_dropout
        self.query = nn.Linear(config.width, config.width)
        self.key = nn.Linear(config.width, config.width)
        self.value = nn.Linear(config.width, config.width)
        self.out = nn.Linear(config.width, config.width)
        self.keep_maps = config.keep_attention_maps
        if self.keep_maps:
            # A buffer that is None until the first batch: from then on it is part of the state_dict, and a strict
            # load into a new model fails.
            self.register_buffer("last_attention_weights", None)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, D) -> (B, T, D)."""
        query, key, value = (split_heads(layer(x), self.heads) for layer in (self.query, self.key, self.value))
        if self.keep_maps:
            weights = attention_weights(query, key, causal=self.causal)  # (B, H, T, T)
            weights = F.dropout(weights, self.dropout, self.training)
            self.last_attention_weights = weights.detach()
            mixed = weights @ value
        else:
            dropout = self.dropout if self.training else 0.0
            mixed = F.scaled_dot_product_attention(query, key, value, dropout_p=dropout, is_causal=self.causal)
        return self.out(mixed.transpose(1, 2).flatten(2))  # (B, H, T, D/H) -> (B, T, H, D/H) -> (B, T, D)

    def weights(self, x: torch.Tensor) -> torch.Tensor:
        """The attention matrix (B, H, T, T) for x (B, T, D), without dropout: rows sum to 1."""
        query, key = (split_heads(layer(x), self.heads) for layer in (self.query, self.key))
        return attention_weights(query, key, causal=self.causal)


def attention_weights(query: torch.Tensor, key: torch.Tensor, *, causal: bool) -> torch.Tensor:
    """softmax(Q K^T / sqrt(d)) for query and key (..., T, d); with `causal`, position t sees positions <= t only."""
    if causal:
        return causal_attention_weights(query, key)
    return (query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])).softmax(dim=-1)  # (..., T, T)


class Block(nn.Module):
    """Attention, then a two-layer net on each position; each is added to its input.

    Pre-norm (repaired) normalizes what goes into a branch, so that the sum itself is never rescaled: x + f(norm(x)).
    Post-norm (reported) normalizes the sum: norm(x + f(x)). Source: Xiong et al. 2020, On Layer Normalization in the
    Transformer Architecture.
    """

    def __init__(self, config: InfinitoConfig) -> None:
        super().__init__()
        self.pre_norm = config.pre_norm
        self.attention = Attention(config)
        self.feed_forward = nn.Sequential(
            nn.Linear(config.width, config.feed_forward),
            nn.GELU(),
            # The repaired model drops once per branch, where it joins the sum, as GPT-2 does.
            nn.Dropout(0.0 if config.pre_norm else config.dropout),
            nn.Linear(config.feed_forward, config.width),
            nn.Dropout(config.dropout),
        )
        self.drop = nn.Dropout(config.dropout if config.pre_norm else 0.0)  # reported: none after attention
        self.norm_1 = nn.LayerNorm(config.width)
        self.norm_2 = nn.LayerNorm(config.width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, D) -> (B, T, D)."""
        if self.pre_norm:
            x = x + self.drop(self.attention(self.norm_1(x)))
            return x + self.feed_forward(self.norm_2(x))
        x = self.norm_1(x + self.drop(self.attention(x)))
        return self.norm_2(x + self.feed_forward(x))


class StochasticExploration(nn.Module):
    """x + s * noise while training, x otherwise; s is one learned number, shared by all layers.

    With `relative`, the noise is measured in units of each position's own size (its root mean square), which is what
    a sum that no norm rescales needs; after a LayerNorm that size is 1 and the two agree. The noise has a source of
    its own after `seed`, so that dropout draws the same masks with and without it.
    """

    def __init__(self, scale: float, *, relative: bool) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(float(scale)))
        self.relative = relative
        self.generator: torch.Generator | None = None

    def seed(self, seed: int) -> None:
        """Draw the noise from a generator of its own that starts at `seed`, on the device of the model."""
        self.generator = torch.Generator(self.scale.device).manual_seed(seed)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x (B, T, D) -> (B, T, D)."""
        if not self.training:
            return x
        if self.generator is None:
            noise = torch.randn_like(x)
        else:
            noise = torch.randn(x.shape, generator=self.generator, device=x.device, dtype=x.dtype)
        scale = self.scale.to(x.dtype)
        if self.relative:
            # Detached: the unit of the noise is a measure, and nothing should be learned from it.
            length = torch.linalg.vector_norm(x.detach(), dim=-1, keepdim=True, dtype=torch.float32)  # (B, T, 1)
            scale = scale * (length / math.sqrt(x.shape[-1])).to(x.dtype)
        return torch.addcmul(x, noise, scale)


class Infinito(nn.Module):
    """The language model of `config`: embeddings, blocks with exploration, an external memory, the output layer.

    `Infinito(AS_REPORTED)` keeps the reported memory in buffers; `Infinito(FULL)` keeps none: what it remembers is
    the state that a call returns and the next one takes.
    """

    def __init__(self, config: InfinitoConfig) -> None:
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocabulary, config.width)
        self.position_embedding = nn.Parameter(torch.empty(1, config.positions, config.width))
        self.drop = nn.Dropout(config.dropout if config.pre_norm else 0.0)  # reported: none on the embeddings
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        # Before the memory: the recorded run of the reported model drew its weights in this order.
        self.output = nn.Linear(config.width, config.vocabulary, bias=not config.tied)
        self.exploration = (
            StochasticExploration(config.exploration, relative=config.pre_norm) if config.exploration > 0.0 else None
        )
        self.memory = _memory_of(config)
        # Half of the blocks prepare what is asked and written, the other half can use what was read.
        self.memory_after = (config.layers + 1) // 2
        self.norm = nn.LayerNorm(config.width) if config.pre_norm else nn.Identity()
        self.metric_layers = ReportedMetricLayers(config.width) if config.metric_layers else None
        self._initialize()

    def forward(
        self, x: torch.Tensor, memory: MemoryState | None = None, *, targets: torch.Tensor | None = None
    ) -> tuple[torch.Tensor, MemoryState | None]:
        """Ids x (B, T) and the memory of the segments before -> logits (B, T, V) and the memory after this segment.

        Logit t is the forecast of token t + 1. Without `memory` the sequences start fresh. With `targets` (B, T) the
        summed cross-entropy takes the place of the logits, in less time and memory; targets of -100 do not count.
        Raises ValueError for more tokens than positions, or a memory of another batch or where there is none.
        """
        hidden, memory = self.hidden(x, memory)
        if targets is None:
            return self.output(hidden), memory
        return chunked_cross_entropy(hidden.flatten(0, 1), self.output, targets.flatten()), memory

    def hidden(self, x: torch.Tensor, memory: MemoryState | None = None) -> tuple[torch.Tensor, MemoryState | None]:
        """As `forward`, up to the input of the output layer: (B, T, D)."""
        memory = self._memory_for(x, memory)
        hidden = self.drop(self.token_embedding(x) + self.position_embedding[:, : x.shape[1]])  # (B, T, D)
        for number, block in enumerate(self.blocks, start=1):
            hidden = block(hidden)
            if self.exploration is not None:
                hidden = self.exploration(hidden)
            if memory is not None and number == self.memory_after:
                hidden, memory = self.memory(hidden, memory)
        if self.config.shared_memory:
            hidden = self.memory(hidden)
        return self.norm(hidden), memory

    def fresh_memory(self, batch: int) -> MemoryState | None:
        """The empty memory of `batch` new sequences; None for a model whose calls return no memory.

        Raises ValueError for a batch below 1.
        """
        if (
            batch < 1
        ):  # said here and not in core/validation: each training step asks, and enters as few files as it can
            raise ValueError(f"batch must hold one sequence or more, got {batch}")
        return self.memory.fresh(batch) if isinstance(self.memory, PriorityMemory) else None

    def get_memory_statistics(self, memory: MemoryState | None = None) -> dict[str, float]:
        """What the memory is like: see `memory_statistics`, or for the reported memory `ReportedMemory.statistics`.

        Raises ValueError for a model without memory, or without the state that a call returned.
        """
        if isinstance(self.memory, ReportedMemory):
            return self.memory.statistics()
        if self.memory is None:
            raise ValueError("this model has no memory (memory_slots is 0)")
        if memory is None:
            raise ValueError("memory must be the state that model(x, memory) returned, got None")
        return memory_statistics(memory)

    def _memory_for(self, x: torch.Tensor, memory: MemoryState | None) -> MemoryState | None:
        if x.shape[1] > self.config.positions:
            raise ValueError(f"x must have at most {self.config.positions} tokens (positions), got {x.shape[1]}")
        if memory is None:
            return self.fresh_memory(len(x))
        if not isinstance(self.memory, PriorityMemory):
            raise ValueError("memory must be None: this model keeps no explicit memory")
        if len(memory.age) != len(x):
            raise ValueError(f"memory must belong to the {len(x)} sequences of x, got one of {len(memory.age)}")
        return memory

    @torch.no_grad()
    def _initialize(self) -> None:
        """Positions always, the rest with `scaled_init` as in GPT-2; otherwise it stays as torch made it."""
        nn.init.normal_(self.position_embedding, std=self.config.position_std)
        if self.config.scaled_init:
            for module in self.modules():
                if isinstance(module, nn.Linear | nn.Embedding):
                    nn.init.normal_(module.weight, std=STD)
                if isinstance(module, nn.Linear) and module.bias is not None:
                    nn.init.zeros_(module.bias)
            # The sum over 2L branches should not grow with the number of layers.
            for block in self.blocks:
                for layer in (block.attention.out, block.feed_forward[3]):
                    nn.init.normal_(layer.weight, std=STD / math.sqrt(2 * self.config.layers))
        if self.config.tied:
            self.output.weight = self.token_embedding.weight


def _memory_of(config: InfinitoConfig) -> nn.Module | None:
    """The memory that the configuration asks for, or None."""
    if config.memory_slots == 0:
        return None
    return ReportedMemory(config) if config.shared_memory else PriorityMemory(config)
