"""The cost of a training step, and what keeps it right in float16 and on several devices, in the most readable form.

The exercises of sheet 09 are cut from these functions. `cost`, `step_memory`, `dataset_loader` and `step` do the same
for every kind of layer and with more care.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import nn


def training_flops(sizes: Sequence[int], batch: int) -> int:
    """FLOPs of the matrix products of one training step of a network of linear layers.

    The layers lead from width sizes[0] to sizes[1], and so on to sizes[-1]; a batch has `batch`
    rows. A FLOP is one multiplication or one addition. Forward and backward count, biases,
    activations and the update do not. Nobody asks for the gradient of the data.
    """
    flops = 0
    for number, (inputs, outputs) in enumerate(pairwise(sizes)):
        product = 2 * batch * inputs * outputs  # x W: batch times outputs sums of `inputs` products
        # x W and x' dy; and dy W', which the first layer is spared.
        flops += 2 * product if number == 0 else 3 * product
    return flops


def memory_of_step(
    sizes: Sequence[int],
    batch: int,
    moments: int = 2,
    activation_bytes: int = 4,
) -> dict[str, float]:
    """Bytes that a training step of a network of linear layers holds when its forward is complete.

    Layers as in `training_flops`, each with a bias. Weights, gradients and the optimizer's
    moments (`moments` numbers for each parameter; Adam has 2) are float32. Kept for backward
    are the batch itself, the output of each hidden layer (once: ReLU needs no more), and the
    last output, with `activation_bytes` for each number.
    Returns {"weights", "gradients", "moments", "activations"} in bytes and their sum as "MiB".
    """
    parameters = sum((inputs + 1) * outputs for inputs, outputs in pairwise(sizes))  # W and bias
    weights = 4 * parameters
    activations = activation_bytes * batch * sum(sizes)  # each width once for each row
    parts = {
        "weights": weights,
        "gradients": weights,
        "moments": moments * weights,
        "activations": activations,
    }
    return parts | {"MiB": sum(parts.values()) / 2**20}


def roofline_seconds(
    operations: Sequence[tuple[float, float]],
    rate: float,
    bandwidth: float,
) -> float:
    """The shortest time in which a machine can run the operations, one after the other.

    Each operation is a pair (FLOPs, bytes moved). The machine computes at most `rate` FLOPs and
    moves at most `bandwidth` bytes per second. Within an operation it computes and moves at the
    same time; an operation begins when the one before it has ended. Either number may be 0.
    """
    seconds = 0.0
    for flops, moved in operations:
        computing = flops / rate  # seconds
        moving = moved / bandwidth  # seconds
        seconds += max(computing, moving)
    return seconds


def loader_flags(workers: int, ahead: int, cuda: bool) -> dict[str, Any]:
    """Keyword arguments for torch's DataLoader, only those that make sense.

    workers: how many processes load batches; with 0 the training process does it itself.
    ahead: how many batches at least shall be ready in advance, over all workers together.
    cuda: whether the batches are going to be copied to a CUDA device.
    Keys: "num_workers", "pin_memory", "persistent_workers" (workers live on from epoch to
    epoch), "prefetch_factor" (batches that EACH worker keeps ready). The last two are refused
    without workers; leave out a key, or give its default (False, None), where it does not
    apply.
    """
    flags: dict[str, Any] = {"num_workers": workers, "pin_memory": cuda}
    if workers > 0:
        flags["persistent_workers"] = True  # one start in place of one per epoch
        flags["prefetch_factor"] = math.ceil(ahead / workers)  # for each
    return flags


def scaled_step(
    loss: torch.Tensor,
    parameters: Sequence[nn.Parameter],
    optimizer: torch.optim.Optimizer,
    scale: float,
    good: int,
    limit: float,
    interval: int = 2000,
) -> tuple[float, int]:
    """One update from a loss whose backward goes through float16; returns (scale, good) for the next.

    The loss is multiplied by `scale` before backward, so that small gradients do not become 0.
    The update uses the gradient of the loss itself, clipped to the length `limit` over all
    parameters. If any gradient is infinite or NaN, nothing is updated and the scale is halved.
    `good` counts the updates made since the scale last changed; when it reaches `interval`, the
    scale is doubled. What stands in the gradients from before must not take part.
    """
    optimizer.zero_grad()
    (scale * loss).backward()
    for parameter in parameters:
        parameter.grad /= scale  # in float32, where small numbers are safe
    if not all(torch.isfinite(parameter.grad).all() for parameter in parameters):
        return scale / 2, 0
    nn.utils.clip_grad_norm_(parameters, limit)  # a limit means the gradient, not a multiple of it
    optimizer.step()
    if good + 1 == interval:
        return 2 * scale, 0  # a larger one may do by now
    return scale, good + 1


def union_gradient(
    sums: Sequence[np.ndarray],
    counts: Sequence[int],
    exchange: Callable[[Sequence[Any]], Any],
) -> np.ndarray:
    """The gradient of the mean loss over the elements of all devices together.

    sums[k]: the gradient of the SUM of the losses on device k; counts[k]: over how many
    elements it runs, 0 on a device on which nothing counts. exchange(values), with one value
    per device, returns the MEAN of the values, as data parallel training does with gradients.
    All devices take part in it, and gradients of different devices meet nowhere else.
    """
    world = len(counts)
    elements = world * exchange(counts)  # on all devices together
    return exchange([world * gradient / elements for gradient in sums])
