"""How do attention, memory and exploration become a language model? `logits, memory = model(x, memory)`.

Shapes: B sequences, T tokens, D model width, V words.
"""

from typing import Any

import torch
from torch import nn

from course_lib.infinito.attention import Block
from course_lib.infinito.config import InfinitoConfig
from course_lib.infinito.exploration import StochasticExploration
from course_lib.infinito.reported import ReportedMemory, ReportedMetricLayers


class Infinito(nn.Module):
    """The language model of `config`: embeddings, blocks with exploration, an external memory, the output layer."""

    def __init__(self, config: InfinitoConfig) -> None:
        super().__init__()
        self.config = config
        self.token_embedding = nn.Embedding(config.vocabulary, config.width)
        self.position_embedding = nn.Parameter(torch.empty(1, config.positions, config.width))
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.layers))
        self.output = nn.Linear(config.width, config.vocabulary)
        if config.shared_memory:
            self.memory = ReportedMemory(config)
        if config.metric_layers:
            self.metric_layers = ReportedMetricLayers(config.width)
        if config.exploration > 0.0:
            self.exploration = StochasticExploration(config.exploration, relative=config.pre_norm)
        nn.init.normal_(self.position_embedding, std=config.position_std)

    def forward(self, x: torch.Tensor, memory: Any = None) -> tuple[torch.Tensor, Any]:
        """Ids x (B, T) and the memory of the segments before -> logits (B, T, V) and the memory after this segment.

        Logit t is the forecast of token t + 1. Raises ValueError for more tokens than there are positions.
        """
        hidden, memory = self.hidden(x, memory)
        return self.output(hidden), memory

    def hidden(self, x: torch.Tensor, memory: Any = None) -> tuple[torch.Tensor, Any]:
        """As `forward`, up to the input of the output layer: (B, T, D)."""
        if x.shape[1] > self.config.positions:
            raise ValueError(f"x must have at most {self.config.positions} tokens (positions), got {x.shape[1]}")
        hidden = self.token_embedding(x) + self.position_embedding[:, : x.shape[1]]  # (B, T, D)
        for block in self.blocks:
            hidden = block(hidden)
            if self.config.exploration > 0.0:
                hidden = self.exploration(hidden)
        if self.config.shared_memory:
            hidden = self._use_shared_memory(hidden)
        return hidden, memory

    def _use_shared_memory(self, hidden: torch.Tensor) -> torch.Tensor:
        """The reported memory: read and (unless `memory_read`) not listened to, then written."""
        pooled = hidden.mean(dim=1)  # (B, T, D) -> (B, D): all positions, the last ones too
        writes = self.training or self.config.write_in_evaluation
        if self.config.memory_read:
            query = pooled.unsqueeze(1) if self.config.pooled_query else hidden  # (B, 1, D) or (B, T, D)
            content = self.memory.read(query, update=writes)  # (B, 1, k) or (B, T, k)
            hidden = hidden + self.memory.importance_enhancer(content)  # one answer is added to every position
        elif writes:
            # Nobody hears the answer. Asked without gradient, because none could come back.
            with torch.no_grad():
                self.memory.read(pooled, update=True)
        if writes:
            self.memory.write(pooled)
        return hidden
