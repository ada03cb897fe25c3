"""The pieces in which a language model sees its text: blocks in shuffled order, or streams that are read on.

Shapes: N ids, M pairs (an id and the one after it), B rows of a batch, T tokens of a block. A batch is x (B, T) and
y (B, T), where y holds what follows each token of x, and IGNORE where nothing does. Both are int64; the ids lie once on
the device, as int32, and every batch is gathered there.

A loader has `len(loader)` batches, and `loader.epoch(e, start=k)` yields those of epoch e from batch k on: a run that
is resumed goes on with the batch that it would have seen. Iterating over the loader itself gives epoch 1. In a
distributed run each process gets its share of the rows, in every batch the same ones.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch

from course_lib.core.seeding import epoch_order, generator
from course_lib.core.validation import validate_at_least, validate_interval, validate_vector
from course_lib.training.loop.distributed import rank, world_size

IGNORE = -100  # what torch's cross_entropy leaves out by default

Batch = tuple[torch.Tensor, torch.Tensor]


class ShuffledBlocks:
    """Blocks of T tokens that do not overlap, in an order that is a function of seed and epoch. For training.

    Every epoch has M // T blocks; the M % T pairs that are left over are not seen. Without `offset` these are always
    the last, and every block always starts at the same word. With it the cutting starts at another pair in every
    epoch, and one block then goes over the end of the text to its beginning. The last batch is smaller where B does
    not divide the number of blocks, unless drop_last leaves it out.

    ids (N,) integers. before: an id to stand before the first (the end of a line), so that the first is predicted too.
    Raises ValueError for ids of another shape or beyond int32, too few ids for a block, or sizes below 1; TypeError
    for ids that are not integers.
    """

    def __init__(
        self,
        ids: Any,
        *,
        batch: int,
        length: int,
        seed: int = 0,
        shuffle: bool = True,
        offset: bool = False,
        drop_last: bool = False,
        before: int | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        validate_at_least("batch", batch, 1)
        validate_at_least("length", length, 1)
        self.ids = _resident(ids, before, device)
        self.batch, self.length, self.seed = batch, length, seed
        self.shuffle, self.offset, self.drop_last = shuffle, offset, drop_last
        self.blocks = (len(self.ids) - 1) // length
        if self.blocks < (batch if drop_last else 1):
            wanted = f"{batch} blocks for a full batch" if drop_last else "one block"
            raise ValueError(f"ids must hold {wanted} of {length} tokens and their targets, got {len(self.ids)} ids")
        self._within = torch.arange(length, device=self.ids.device)

    def __len__(self) -> int:
        return self.blocks // self.batch if self.drop_last else -(-self.blocks // self.batch)

    def identity(self) -> dict[str, Any]:
        """What the batches depend on beside the words of the text."""
        return _identity(self, "batch", "length", "seed", "shuffle", "offset", "drop_last")

    @property
    def targets(self) -> int:
        """How many tokens an epoch predicts."""
        return self.length * (len(self) * self.batch if self.drop_last else self.blocks)

    def __iter__(self) -> Iterator[Batch]:
        return self.epoch(1)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, from batch `start` on. Raises ValueError, at the call, unless 0 <= start <= len."""
        validate_interval("start", start, 0, len(self))
        return self._batches(self._first_pairs(epoch), start)

    def _first_pairs(self, epoch: int) -> torch.Tensor:
        """Where each block of the epoch starts, in order: (blocks,)."""
        order = epoch_order(self.blocks, self.seed, epoch) if self.shuffle else np.arange(self.blocks)
        first = order * self.length
        if self.offset:
            first = first + generator(self.seed, "offset", epoch).integers(len(self.ids) - 1)
        return torch.from_numpy(first).to(self.ids.device)

    def _batches(self, first: torch.Tensor, start: int) -> Iterator[Batch]:
        pairs, mine = len(self.ids) - 1, slice(rank(), None, world_size())
        for number in range(start, len(self)):
            rows = first[number * self.batch : (number + 1) * self.batch][mine]
            place = (rows[:, None] + self._within) % pairs  # (B, T); only the epoch's offset ever goes round
            yield self.ids[place].long(), self.ids[place + 1].long()


class Streams:
    """The text cut into B long streams, one per row; each batch holds the next T tokens of every stream.

    Row r of a batch goes on where row r of the one before ended, so that a memory can be carried from batch to batch;
    a new epoch starts afresh. Every pair is seen exactly once: streams of unequal length, and the last segment, are
    filled up with targets of IGNORE, and all batches have one shape. For evaluation, and for training with a memory:
    there, drop_last leaves out what would have to be filled up, so that every target counts.

    With `offset` the cutting starts at another pair in every epoch, and goes round: a row then reads over the end of
    the text to its beginning. ids, before and errors as in ShuffledBlocks; a batch may not exceed the number of pairs.
    """

    def __init__(
        self,
        ids: Any,
        *,
        batch: int,
        length: int,
        seed: int = 0,
        offset: bool = False,
        drop_last: bool = False,
        before: int | None = None,
        device: torch.device | str = "cpu",
    ) -> None:
        validate_at_least("batch", batch, 1)
        validate_at_least("length", length, 1)
        self.ids = _resident(ids, before, device)
        self.batch, self.length, self.seed = batch, length, seed
        self.offset, self.drop_last = offset, drop_last
        pairs = len(self.ids) - 1
        if pairs < batch * (length if drop_last else 1):
            wanted = "one segment" if drop_last else "one pair of tokens"
            raise ValueError(f"ids must hold {wanted} for each of {batch} rows, got {pairs} pairs")
        # Rows differ by at most one pair: with rows of the rounded-up length, the last ones could be left empty.
        bounds = np.arange(batch + 1) * pairs // batch
        on_device = torch.from_numpy(bounds).to(self.ids.device)
        self._first, self._end = on_device[:-1, None], on_device[1:, None]  # (B, 1) each
        self._shortest, self._longest = int(np.diff(bounds).min()), int(np.diff(bounds).max())
        self._within = torch.arange(length, device=self.ids.device)

    def __len__(self) -> int:
        return self._shortest // self.length if self.drop_last else -(-self._longest // self.length)

    def identity(self) -> dict[str, Any]:
        """What the batches depend on beside the words of the text."""
        return _identity(self, "batch", "length", "seed", "offset", "drop_last")

    @property
    def targets(self) -> int:
        """How many tokens an epoch predicts: M, each once, or those of the whole segments."""
        return len(self) * self.batch * self.length if self.drop_last else len(self.ids) - 1

    def __iter__(self) -> Iterator[Batch]:
        return self.epoch(1)

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Batch]:
        """The segments in order, from segment `start` on. Raises ValueError, at the call, unless 0 <= start <= len."""
        validate_interval("start", start, 0, len(self))
        shift = int(generator(self.seed, "offset", epoch).integers(len(self.ids) - 1)) if self.offset else 0
        return self._segments(shift, start)

    def _segments(self, shift: int, start: int) -> Iterator[Batch]:
        mine = slice(rank(), None, world_size())
        for number in range(start, len(self)):
            place = self._first[mine] + number * self.length + self._within  # (B, T)
            ended = place >= self._end[mine]
            place = (place + shift) % (len(self.ids) - 1)
            y = self.ids[place + 1].long()
            yield self.ids[place].long(), y if self.drop_last else y.masked_fill(ended, IGNORE)


def _identity(loader: ShuffledBlocks | Streams, *settings: str) -> dict[str, Any]:
    return {"ids": len(loader.ids), **{name: getattr(loader, name) for name in settings}}


def _resident(ids: Any, before: int | None, device: torch.device | str) -> torch.Tensor:
    """The ids as one int32 tensor (N,) on the device; half the memory of int64, and an index has no need of more."""
    tensor = torch.as_tensor(ids)
    validate_vector("ids", tensor)
    if tensor.is_floating_point() or tensor.is_complex() or tensor.dtype == torch.bool:
        raise TypeError(f"ids must be integers, got {tensor.dtype}")
    tensor = tensor.long()  # small integers may have no room for what is checked here
    if before is not None:
        tensor = torch.cat([tensor.new_tensor([before]), tensor])
    if len(tensor) < 2:
        raise ValueError(f"ids must hold at least one token and the one after it, got {len(tensor)}")
    low, high = int(tensor.min()), int(tensor.max())
    if low < 0 or high >= 2**31:
        raise ValueError(f"ids must be in [0, 2**31), got {low} to {high}")
    return tensor.to(device=device, dtype=torch.int32)
