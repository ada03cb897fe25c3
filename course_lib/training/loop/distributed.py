"""Several processes train one model: each takes its share of every batch; DDP averages the gradients.

torchrun starts the processes, one for each GPU, and `processes` joins them. Started without torchrun the same program
is one process, and everything here does nothing.
"""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from course_lib.core.metrics import Loss
from course_lib.core.validation import validate_above

_NOTHING = nullcontext()  # one for all: to make it anew takes time in every step
PATIENCE = 300.0  # seconds; torch's own half an hour is a long time for GPUs that wait


class ProcessLost(RuntimeError):
    """Another process of the run has ended, or did not answer in time."""


def world_size() -> int:
    """Number of processes of this run; 1 where no group was started."""
    return dist.get_world_size() if dist.is_available() and dist.is_initialized() else 1


def rank() -> int:
    """Number of this process, from 0."""
    return dist.get_rank() if world_size() > 1 else 0


def start_processes(device: str = "auto", patience: float = PATIENCE) -> None:
    """Join the processes that torchrun started; with "auto" or "cuda" each takes the CUDA device of its number.

    patience: seconds that a process waits for the others before it ends. It must be longer than what one of them does
    alone, such as writing a checkpoint.

    Numbers on the CPU go through gloo, so that a count of samples never waits for the GPU; gradients on GPUs through
    NCCL. Does nothing where there is one process.
    Raises ValueError for another device, for more processes on a machine than it has CUDA devices, or for a patience
    that is not above 0.
    """
    validate_above("patience", patience, 0, finite=True, unit=" seconds")
    if int(os.environ.get("WORLD_SIZE", "1")) == 1 or dist.is_initialized():
        return
    kind = ("cuda" if torch.cuda.is_available() else "cpu") if device == "auto" else device
    if kind not in ("cpu", "cuda"):
        raise ValueError(f"device must be auto, cpu or cuda for several processes, got {device!r}")
    if kind == "cpu":
        dist.init_process_group("gloo", timeout=timedelta(seconds=patience))
        return
    place, found = int(os.environ["LOCAL_RANK"]), torch.cuda.device_count()
    if place >= found:
        raise ValueError(
            f"each process needs a CUDA device of its own; process {place + 1} of this machine finds {found}"
        )
    torch.cuda.set_device(place)
    dist.init_process_group("cpu:gloo,cuda:nccl", timeout=timedelta(seconds=patience))


def stop() -> None:
    """Leave the group, where there is one."""
    if dist.is_available() and dist.is_initialized():
        dist.destroy_process_group()


@contextmanager
def processes(device: str = "auto", patience: float = PATIENCE) -> Iterator[None]:
    """`start` and, at the end, `stop`. After an error this process just ends, and torchrun ends the others.

    Raises ProcessLost when another process has ended, or is silent for `patience` seconds.
    """
    start_processes(device, patience)
    try:
        yield
    except RuntimeError as error:
        if world_size() > 1 and _tells_of_a_loss(error):
            raise ProcessLost(
                f"another process of this run has ended, or did not answer within {patience:g} seconds (process"
                f" {rank()} waited for it): start the run again to go on from its last checkpoint, with a longer"
                " --patience if it was only slow"
            ) from error
        raise
    stop()


def _tells_of_a_loss(error: RuntimeError) -> bool:
    """Whether it comes from what passes numbers between processes; only some of its errors have a type."""
    words = ("gloo", "nccl", "connection closed by peer", "connection reset by peer", "timed out")
    return isinstance(error, dist.DistError) or any(word in str(error).lower() for word in words)


def wrap(model: nn.Module, *, unused: bool = False) -> nn.Module:
    """The model with gradients that are averaged over the processes; the model itself where there is one process.

    It must lie on its device already. All processes start with the weights of the first one. unused: whether a batch
    may leave out parameters; looking for them costs time. Batch statistics stay those of each process's share, and
    the first one's are kept.
    """
    if world_size() == 1:
        return model
    device = next(model.parameters()).device
    devices = [device] if device.type == "cuda" else None
    return DistributedDataParallel(model, device_ids=devices, find_unused_parameters=unused)


def unwrapped(model: nn.Module) -> nn.Module:
    """The model inside what DDP and torch.compile wrap around it: its parameters have the names that were given."""
    return list(_layers_of(model))[-1]


def _layers_of(model: nn.Module) -> Iterator[nn.Module]:
    """The model, what is wrapped in it, and so on."""
    while model is not None:
        yield model
        inner = model.module if isinstance(model, DistributedDataParallel) else None
        model = inner if inner is not None else getattr(model, "_orig_mod", None)


def summed(loss: Loss, device: torch.device) -> Loss:
    """The loss over the batches of all processes; the loss itself where there is one process."""
    if world_size() == 1:
        return loss
    total = torch.as_tensor(loss.total, dtype=torch.float64, device=device).reshape(1)
    parts = torch.cat([total, torch.tensor([loss.count], dtype=torch.float64, device=device)])
    dist.all_reduce(parts)
    return Loss(parts[0], int(parts[1]))


def summed_count(count: int) -> int:
    """The sum of the counts of all processes, by way of the CPU; the count itself where there is one process."""
    if world_size() == 1:
        return count
    total = torch.tensor(count)
    dist.all_reduce(total)
    return int(total)


def gradients_wait(model: nn.Module, wait: bool) -> AbstractContextManager[object]:
    """While accumulating: let DDP keep the gradients of this process to itself until the last backward."""
    if wait:
        for layer in _layers_of(model):
            if isinstance(layer, DistributedDataParallel):
                return layer.no_sync()
    return _NOTHING
