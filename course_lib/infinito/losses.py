"""What does training minimize? The cross-entropy of the next token, as a sum and a count.

Shapes: B sequences, T tokens of a segment, N = S * T tokens of a stream of S segments. Padding is -100 in the targets.
"""

import torch
import torch.nn.functional as F
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.infinito.chunked import PADDING
from course_lib.infinito.config import InfinitoConfig
from course_lib.infinito.memory import MemoryState

Batch = tuple[torch.Tensor, torch.Tensor]  # x (B, N) and y (B, N), the tokens that follow


def plain_language_loss(model: nn.Module, batch: Batch) -> Loss:
    """The loss of `language_loss` for one segment, as one reads it in a book: all logits, then the cross-entropy."""
    x, y = batch
    logits, _ = model(x)  # (B, T, V)
    y = counted_targets(model, y)
    total = F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=PADDING, reduction="sum")
    return Loss(total, int((y != PADDING).sum()))


def language_loss(model: nn.Module, batch: Batch, *, padded: bool = True) -> Loss:
    """Cross-entropy in nats of the tokens y (B, N) that follow x (B, N), summed over the targets that count.

    A batch that is longer than the model's context is read segment by segment from a fresh memory: what one segment
    writes and a later one reads is how the memory learns. Targets that are padding do not count, nor those equal to
    the config's `ignored_token`. `padded=False` promises that all count: then no number has to come back from a GPU.
    """
    loss, _ = stream_loss(model, batch, None, padded=padded)
    return loss


def stream_loss(
    model: nn.Module, batch: Batch, memory: MemoryState | None, *, padded: bool = True
) -> tuple[Loss, MemoryState | None]:
    """`language_loss` of a batch that continues streams, from the memory that the batch before left.

    The memory that it returns is cut from the graph, so that the next batch does not reach back into this one.
    """
    x, y = batch
    config = config_of(model)
    y = counted_targets(model, y)
    total = x.new_zeros((), dtype=torch.float32)
    for xs, ys in zip(x.split(config.context, dim=1), y.split(config.context, dim=1), strict=True):
        loss, memory = model(xs, memory, targets=ys)
        total = total + loss
    count = int((y != PADDING).sum()) if padded or config.ignored_token is not None else y.numel()
    return Loss(total, count), None if memory is None else memory.detach()


def counted_targets(model: nn.Module, y: torch.Tensor) -> torch.Tensor:
    """y with -100 in the place of the token that the config ignores. (The report ignored id 0, its padding.)"""
    ignored = config_of(model).ignored_token
    return y if ignored is None else y.masked_fill(y == ignored, PADDING)


def config_of(model: nn.Module) -> InfinitoConfig:
    """The configuration of a model, also of one that data parallel training has wrapped.

    Raises ValueError for a model that has none.
    """
    found = model
    while not isinstance(getattr(found, "config", None), InfinitoConfig):
        if not isinstance(getattr(found, "module", None), nn.Module):
            raise ValueError(f"{type(model).__name__} has no config and wraps no model that has one")
        found = found.module
    return found.config
