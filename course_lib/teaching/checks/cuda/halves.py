"""The small problem of the scaled steps of sheet 09: a loss whose gradient goes through float16.

The model has a weight of 3 numbers and a bias of 1. The gradient of a loss is chosen: `up` less `down` for the weight,
`bias` for the bias; each of the three passes float16 on its way back, where it may become 0 or infinite.
"""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import nn


class Slopes(NamedTuple):
    """The gradient that a loss is to have: (3,) up, less (3,) down, and one number for the bias."""

    up: Sequence[float] = (0.0, 0.0, 0.0)
    bias: float = 0.0
    down: Sequence[float] = (0.0, 0.0, 0.0)


class Model(nn.Module):
    """Four parameters in float32."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0, 0.5]))
        self.bias = nn.Parameter(torch.tensor([0.25]))


def through_half(parameter: torch.Tensor) -> torch.Tensor:
    """The same numbers; the gradient is written in float16 on its way back."""
    return parameter.half().float()


def loss_of(model: Model, slopes: Slopes, *, halves: bool = True) -> torch.Tensor:
    """A loss with this gradient; with halves=False all of it stays in float32."""
    cast = through_half if halves else torch.Tensor.clone
    up, down = torch.tensor(slopes.up), torch.tensor(slopes.down)
    loss = (up * cast(model.weight)).sum() + slopes.bias * cast(model.bias).sum()
    return loss - (down * cast(model.weight)).sum() if any(slopes.down) else loss
