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
