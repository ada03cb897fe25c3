"""What does stochastic exploration add? Gaussian noise after each layer, while training only, on one learned scale.

Shapes: B sequences, T tokens, D model width.
"""

import math

import torch
from torch import nn


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
