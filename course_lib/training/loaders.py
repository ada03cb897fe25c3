"""In which batches do the data come? In an order that is a function of seed and epoch, so that a run can be resumed.

Shapes: n samples. A loader has `len(loader)` batches per epoch and gives them by `loader.epoch(epoch, start)`, where
`start` leaves out those that an interrupted epoch has used already. In a distributed run each process gets its share
of every batch.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
import torch

from course_lib.core.seeding import epoch_order
from course_lib.training.distributed import rank, world_size


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
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        if drop_last and batch_size > lengths[0]:
            raise ValueError(f"batch_size must be at most {lengths[0]} samples with drop_last, got {batch_size}")
        self.tensors = tuple(tensor if device is None else tensor.to(device) for tensor in tensors)
        self.count, self.batch_size, self.seed = lengths[0], batch_size, seed
        self.shuffle, self.drop_last = shuffle, drop_last

    def __len__(self) -> int:
        if self.drop_last:
            return self.count // self.batch_size
        return math.ceil(self.count / self.batch_size)

    def __iter__(self) -> Iterator[tuple[torch.Tensor, ...]]:
        return self.epoch(1)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[torch.Tensor, ...]]:
        """The batches of that epoch, without the first `start` of them."""
        order = epoch_order(self.count, self.seed, epoch) if self.shuffle else np.arange(self.count)
        # One transfer for the epoch, not one for each batch.
        rows = torch.from_numpy(order).to(self.tensors[0].device)
        for number in range(start, len(self)):
            chosen = rows[number * self.batch_size : (number + 1) * self.batch_size][rank() :: world_size()]
            yield tuple(tensor[chosen] for tensor in self.tensors)
