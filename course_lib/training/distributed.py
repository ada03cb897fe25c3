"""How do several processes train one model? Each takes its share of every batch; gradients are averaged by DDP."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext

import torch
import torch.distributed as dist
from torch import nn

from course_lib.core.metrics import Loss


def world_size() -> int:
    """Number of processes of this run; 1 where no group was started."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside what DDP and torch.compile wrap around it."""
    while True:
        if isinstance(model, nn.parallel.DistributedDataParallel):
            model = model.module
        elif hasattr(model, "_orig_mod"):
            model = model._orig_mod
        else:
            return model


def summed(loss: Loss, device: torch.device) -> Loss:
    """The loss over the batches of all processes; the loss itself where there is one process."""
    if world_size() == 1:
        return loss
    total = torch.as_tensor(loss.total, dtype=torch.float64, device=device).reshape(1)
    parts = torch.cat([total, torch.tensor([loss.count], dtype=torch.float64, device=device)])
    dist.all_reduce(parts)
    return Loss(parts[0], int(parts[1]))


def gradients_wait(model: nn.Module, wait: bool) -> AbstractContextManager[object]:
    """While accumulating: let DDP keep the gradients of this process to itself until the last backward."""
    if wait and isinstance(model, nn.parallel.DistributedDataParallel):
        return model.no_sync()
    return nullcontext()
