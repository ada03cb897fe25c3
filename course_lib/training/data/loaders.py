"""Batches in an order that is a function of seed and epoch, so that a run can be resumed.

Shapes: n samples. A loader has `len(loader)` batches per epoch and gives them by `loader.epoch(epoch, start)`, where
`start` leaves out those that an interrupted epoch has used already. In a distributed run each process gets its share
of every batch, so that the batch size is that of all processes together.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch

from course_lib.core.seeding import epoch_order
from course_lib.core.validation import validate_at_least
from course_lib.training.loop.distributed import rank, world_size


@dataclass(frozen=True)
class BatchOrder:
    """Which rows stand in which batch: `count` rows in pieces of batch_size, shuffled by `seed` and epoch.

    The last batch holds what is left, unless drop_last. The order is that of `numpy_nn.data.batches`.
    Raises ValueError for a count or batch_size below 1, or drop_last with fewer rows than one batch.
    """

    count: int
    batch_size: int
    seed: int = 0
    shuffle: bool = True
    drop_last: bool = False

    def __post_init__(self) -> None:
        validate_at_least("count", self.count, 1)
        validate_at_least("batch_size", self.batch_size, 1)
        if self.drop_last and self.batch_size > self.count:
            raise ValueError(f"batch_size must be at most {self.count} samples with drop_last, got {self.batch_size}")

    def __len__(self) -> int:
        if self.drop_last:
            return self.count // self.batch_size
        return math.ceil(self.count / self.batch_size)

    def identity(self) -> dict[str, Any]:
        """What the order depends on."""
        return asdict(self)

    def batches(self, epoch: int, start: int = 0, device: torch.device | str = "cpu") -> Sequence[torch.Tensor]:
        """The row numbers (B,) of each batch of that epoch, on `device`, without the first `start` batches."""
        if start >= len(self):
            return ()
        order = epoch_order(self.count, self.seed, epoch) if self.shuffle else np.arange(self.count)
        rows = torch.from_numpy(order[start * self.batch_size : len(self) * self.batch_size])
        return rows.to(device).split(self.batch_size)  # one transfer for the epoch, not one for each batch


def share(rows: torch.Tensor) -> torch.Tensor:
    """This process's part of a batch, every world_size-th row; empty where the batch has fewer rows than processes."""
    return rows if world_size() == 1 else rows[rank() :: world_size()]


class TensorLoader:
    """Batches of tensors (n, ...) that lie in memory: each batch is a tuple of their rows, on `device`.

    The tensors are moved to the device once. shuffle=False keeps the order. The last batch holds what is left, unless
    drop_last. Iterating over the loader itself gives the batches of epoch 1.
    Raises ValueError for no tensors, tensors of different length or none, a batch_size below 1, or drop_last with
    fewer samples than one batch.
    """

    def __init__(
        self,
        *tensors: torch.Tensor,
        batch_size: int,
        seed: int = 0,
        shuffle: bool = True,
        drop_last: bool = False,
        device: torch.device | str | None = None,
    ) -> None:
        lengths = [len(tensor) for tensor in tensors]
        if not lengths or min(lengths) == 0 or len(set(lengths)) > 1:
            raise ValueError(f"tensors must have one length of at least 1, got {lengths}")
        self.order = BatchOrder(lengths[0], batch_size, seed, shuffle, drop_last)
        self.tensors = tuple(tensor if device is None else tensor.to(device) for tensor in tensors)

    def __len__(self) -> int:
        return len(self.order)

    def identity(self) -> dict[str, Any]:
        """What the batches depend on beside the numbers in the tensors."""
        return {**self.order.identity(), "rows": [[str(t.dtype), *t.shape[1:]] for t in self.tensors]}

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        return self.epoch(1)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[torch.Tensor, ...]]:
        """The batches of that epoch, without the first `start` of them."""
        for rows in self.order.batches(epoch, start, self.tensors[0].device):
            chosen = share(rows)
            yield tuple(tensor.index_select(0, chosen) for tensor in self.tensors)
