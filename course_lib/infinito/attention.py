"""How does a position look at the others? Multi-head attention, causal or (as reported) not, and one block around it.

Shapes: B sequences, T tokens, D model width, H heads of width D / H.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.by_hand.attention import causal_attention_weights, split_heads
from course_lib.infinito.config import InfinitoConfig


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
