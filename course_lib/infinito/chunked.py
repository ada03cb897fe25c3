"""How is the loss over a large vocabulary computed without ever holding all its logits? Some rows at a time.

Shapes: N tokens, D model width, V words. All logits of 32 x 256 tokens over 10,000 words are 328 MB, and their
gradient as much again; those of a chunk stay near the processor. The gradient is made on the way forward, while they
are there. Source of the idea: Hsu et al. 2024, Liger Kernel, section 3.2.
"""

from typing import Any

import torch
from torch import nn
from torch.autograd.function import once_differentiable

PADDING = -100  # a target that does not count
# On a GPU every chunk costs the launch of its kernels, and the logits of 8,192 rows are a small part of its memory.
CHUNK = {"cpu": 512, "cuda": 8_192}


def chunked_cross_entropy(hidden: torch.Tensor, layer: nn.Linear, targets: torch.Tensor) -> torch.Tensor:
    """F.cross_entropy(layer(hidden), targets, ignore_index=-100, reduction="sum") for hidden (N, D), targets (N,).

    The products run in the precision of autocast, the rest in float32 or the higher precision of `hidden`. The
    gradient has no gradient of its own.
    """
    device = hidden.device.type
    low = torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype
    return _ChunkedCrossEntropy.apply(hidden, layer.weight, layer.bias, targets, low)


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
    ) -> torch.Tensor:
        wanted = any(ctx.needs_input_grad)
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
                log_sum = logits.logsumexp(dim=1, keepdim=True)  # (n, 1)
                total += ((log_sum - logits.gather(1, right)) * counts).sum()
                if not wanted:
                    continue
                # The gradient of a row's logits: softmax - one-hot. In place, as nothing else needs the logits.
                gradient = logits.sub_(log_sum).exp_()
                gradient = gradient.scatter_add_(1, right, -torch.ones_like(log_sum)).to(low)  # (n, V)
                d_hidden[start : start + chunk] = (gradient @ columns.t()) * counts
                _add_product(d_weight, gradient.t(), rows * counts.to(low))
                if d_bias is not None:
                    d_bias += (counts.to(low).t() @ gradient).squeeze(0)
        ctx.save_for_backward(d_hidden, d_weight, d_bias)
        return total

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, upstream: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        """The kept gradient times that of the sum; none for the targets and the precision."""
        scaled = (None if part is None else part * upstream for part in ctx.saved_tensors)
        return (*scaled, None, None)


def _add_product(total: torch.Tensor, left: torch.Tensor, right: torch.Tensor) -> None:
    """total += left @ right, in one pass where the precisions agree."""
    if total.dtype == left.dtype:
        total.addmm_(left, right)
    else:
        total += left @ right
