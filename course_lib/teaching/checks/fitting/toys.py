"""Small models and batches on which the torch functions of sheet 08 are observed, in float64, from fixed seeds.

Shapes: B rows of 3 features, a value per row; a row with weight 0 does not count.
"""

from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.teaching.exercises.compare import to_array

Batch = tuple[torch.Tensor, torch.Tensor, torch.Tensor]  # x (B, 3), y (B,), which rows count (B,)


def tensor(values: Any) -> torch.Tensor:
    """A float64 tensor of these numbers."""
    return torch.tensor(np.asarray(values), dtype=torch.float64)


def linear(seed: int, inputs: int = 3) -> nn.Linear:
    """A linear model to one number, with weights from `seed`."""
    rng = np.random.default_rng(seed)
    with torch.random.fork_rng(devices=[]):  # torch draws weights too; an answer's own draws shall show
        model = nn.Linear(inputs, 1).double()
    with torch.no_grad():
        model.weight.copy_(tensor(rng.normal(0, 1, (1, inputs))))
        model.bias.copy_(tensor(rng.normal(0, 1, 1)))
    return model


class Halved(nn.Module):
    """Halves its input while it trains: like dropout another thing in each mode, and without chance."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(B, d) to (B, d)."""
        return x / 2 if self.training else x


def batch(rng: np.random.Generator, size: int, counting: int, *, shift: float = 0.0) -> Batch:
    """`size` rows, of which the first `counting` count; the targets are `shift` higher than those of other batches."""
    x = rng.normal(0.3, 1.0, (size, 3))
    y = x @ np.array([1.0, -2.0, 0.5]) + shift + rng.normal(0, 0.3, size)
    return tensor(x), tensor(y), tensor(np.arange(size) < counting)


def squared(model: nn.Module, batch: Batch) -> Loss:
    """The squared errors of the rows that count, summed."""
    x, y, counts = batch
    return Loss((((model(x)[:, 0] - y) ** 2) * counts).sum(), int(counts.sum()))


def numbers(model: nn.Module) -> np.ndarray:
    """All parameters in one array."""
    return torch.cat([p.detach().ravel() for p in model.parameters()]).numpy().copy()


def one_number(said: Any) -> bool:
    """Whether it is one number, also one in a tensor."""
    array = to_array(said)
    return array is not None and array.size == 1


def plain(*said: Any) -> bool:
    """Whether all of these are numbers outside of a tensor."""
    return not any(isinstance(value, torch.Tensor) for value in said)
