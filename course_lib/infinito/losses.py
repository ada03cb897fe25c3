"""The loss of the language model: the cross-entropy of the next token, as a sum and a count, some rows at a time.

Shapes: B sequences, T tokens of a segment, N = S * T tokens of a stream of S segments, D model width, V words. In
`chunked_cross_entropy` N counts all tokens of a batch. Padding is -100 in the targets.

All logits of 32 x 256 tokens over 10,000 words are 328 MB, and their gradient as much again; those of a chunk of rows
stay near the processor, and the gradient is made on the way forward, while they are there. Source of the idea: Hsu et
al. 2024, Liger Kernel, section 3.2.
"""

from typing import Any

import torch
import torch.nn.functional as F
from torch import nn
from torch.autograd.function import once_differentiable

from course_lib.core.metrics import Loss
from course_lib.infinito.config import InfinitoConfig
from course_lib.infinito.memory import MemoryState

Batch = tuple[torch.Tensor, torch.Tensor]  # x (B, N) and y (B, N), the tokens that follow
PADDING = -100  # a target that does not count
# On a GPU every chunk costs the launch of its kernels, and the logits of 8,192 rows are a small part of its memory.
CHUNK = {"cpu": 512, "cuda": 8_192}


def plain_language_loss(model: nn.Module, batch: Batch) -> Loss:
    """The loss of `language_loss` for one segment, as one reads it in a book: all logits, then the cross-entropy."""
    x, y = batch
    logits, _ = model(x)  # (B, T, V)
    y = counted_targets(model, y)
    total = F.cross_entropy(logits.flatten(0, 1), y.flatten(), ignore_index=PADDING, reduction="sum")
    return Loss(total, int((y != PADDING).sum()))


def language_loss(model: nn.Module, batch: Batch, *, padded: bool = True, config: InfinitoConfig | None = None) -> Loss:
    """Cross-entropy in nats of the tokens y (B, N) that follow x (B, N), summed over the targets that count.

    A batch that is longer than the model's context is read segment by segment from a fresh memory: what one segment
    writes and a later one reads is how the memory learns. Targets that are padding do not count, nor those equal to
    the config's `ignored_token`. `padded=False` promises that all count: then no number has to come back from a GPU.
    config: the model's, where the caller knows it; else the model is asked for it.
    """
    loss, _ = stream_loss(model, batch, None, padded=padded, config=config)
    return loss


def stream_loss(
    model: nn.Module,
    batch: Batch,
    memory: MemoryState | None,
    *,
    padded: bool = True,
    config: InfinitoConfig | None = None,
) -> tuple[Loss, MemoryState | None]:
    """`language_loss` of a batch that continues streams, from the memory that the batch before left.

    The memory that it returns is cut from the graph, so that the next batch does not reach back into this one.
    """
    x, y = batch
    config = config_of(model) if config is None else config
    y = _counted(y, config)
    total = x.new_zeros((), dtype=torch.float32)
    for xs, ys in zip(x.split(config.context, dim=1), y.split(config.context, dim=1), strict=True):
        loss, memory = model(xs, memory, targets=ys)
        total = total + loss
    count = int((y != PADDING).sum()) if padded or config.ignored_token is not None else y.numel()
    return Loss(total, count), None if memory is None else memory.detach()


def counted_targets(model: nn.Module, y: torch.Tensor) -> torch.Tensor:
    """y with -100 in the place of the token that the config ignores. (The report ignored id 0, its padding.)"""
    return _counted(y, config_of(model))


def _counted(y: torch.Tensor, config: InfinitoConfig) -> torch.Tensor:
    return y if config.ignored_token is None else y.masked_fill(y == config.ignored_token, PADDING)


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


def chunked_cross_entropy(hidden: torch.Tensor, layer: nn.Linear, targets: torch.Tensor) -> torch.Tensor:
    """F.cross_entropy(layer(hidden), targets, ignore_index=-100, reduction="sum") for hidden (N, D), targets (N,).

    The products run in the precision of autocast, the rest in float32 or the higher precision of `hidden`. The
    gradient has no gradient of its own.
    """
    device = hidden.device.type
    low = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
    # Asked here, because inside `forward` gradients are always off.
    return _ChunkedCrossEntropy.apply(hidden, layer.weight, layer.bias, targets, low, torch.is_grad_enabled())


class _ChunkedCrossEntropy(torch.autograd.Function):
    """The sum over all rows, and the gradient of that sum kept for the way back."""

    @staticmethod
    def forward(
        ctx: Any,
        hidden: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        targets: torch.Tensor,
        low: torch.dtype,
        wanted: bool,
    ) -> torch.Tensor:
        total = hidden.new_zeros((), dtype=torch.promote_types(hidden.dtype, torch.float32))
        d_hidden, d_weight, d_bias = (
            None if not wanted or p is None else torch.zeros_like(p) for p in (hidden, weight, bias)
        )
        chunk = CHUNK.get(hidden.device.type, CHUNK["cuda"])
        columns = weight.to(low).t()  # (D, V)
        with torch.autocast(hidden.device.type, enabled=False):
            for start in range(0, len(hidden), chunk):
                rows = hidden[start : start + chunk].to(low)  # (n, D)
                target = targets[start : start + chunk].unsqueeze(1)  # (n, 1)
                counts = (target != PADDING).to(total.dtype)  # (n, 1)
                right = target.clamp_min(0)  # padding points at some word; `counts` takes it out again
                logits = (rows @ columns if bias is None else torch.addmm(bias.to(low), rows, columns)).to(total.dtype)
                # exp(logit - largest), its sum, and so -log softmax of the right word without another pass.
                largest = logits.amax(dim=1, keepdim=True)  # (n, 1)
                right_logits = logits.gather(1, right) - largest
                powers = logits.sub_(largest).exp_()  # (n, V), in place: nothing else needs the logits
                sums = powers.sum(dim=1, keepdim=True)  # (n, 1)
                total += ((sums.log() - right_logits) * counts).sum()
                if not wanted:
                    continue
                if low != total.dtype:  # float16 ends at 65,504: there the division cannot wait
                    powers, sums = powers.div_(sums), torch.ones_like(sums)
                # The gradient of a row's logits is softmax - one-hot = (powers - sum * one-hot) / sum. The division,
                # and the 0 of rows that do not count, wait until the words are summed up: D columns in place of V.
                gradient = powers.scatter_add_(1, right, -sums).to(low)  # (n, V)
                scale = (counts / sums).to(low)  # (n, 1)
                d_hidden[start : start + chunk] = (gradient @ columns.t()) * scale
                _add_product(d_weight, gradient.t(), rows * scale)
                if d_bias is not None:
                    d_bias += (scale.t() @ gradient).squeeze(0)
        ctx.save_for_backward(d_hidden, d_weight, d_bias)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """The kept gradient times that of the sum; none for the rest."""
        scaled = (None if part is None else part * upstream for part in ctx.saved_tensors)
        return (*scaled, None, None, None)


def _add_product(total: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
    """total += left @ right, in one pass where the precisions agree."""
    if total.dtype == left.dtype:
        torch.addmm(total, left, right, out=total)
    else:
        total += left @ right
