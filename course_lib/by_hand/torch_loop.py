"""A training loop in torch, with nothing but the idea written down. Lesson 08 shows it, sheet 08 asks for it.

A loss function takes a model and a batch and gives Loss(total, count): a sum, as a tensor, and how many elements it
holds. The library's own functions (`step`, `callbacks`, `fit`) do the same with more care.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

LossFunction = Callable[[nn.Module, Any], Any]  # of a model and a batch; its result has `total` and `count`


def accumulated_step(
    model: nn.Module, optimizer: torch.optim.Optimizer, batches: Sequence[Any], loss_fn: LossFunction
) -> float:
    """One update from several batches, as if they were one large batch.

    loss_fn(model, batch) gives Loss(total, count): the sum of the losses of a batch, as a tensor,
    and over how many elements. Batches differ in size, and in some of them nothing counts (0, 0).
    The update uses the gradient of the mean loss over all elements of all batches, and only that:
    what stands in the gradients from before must not take part.
    Returns that mean loss, taken before the update, as a plain number.
    """
    optimizer.zero_grad()
    total, count = 0.0, 0
    for batch in batches:
        loss = loss_fn(model, batch)
        loss.total.backward()  # adds the gradients of this sum to those of the sums before
        total, count = total + loss.total.item(), count + loss.count
    for parameter in model.parameters():
        parameter.grad /= count  # sum over count, divided once
    optimizer.step()
    return total / count


def mean_loss(model: nn.Module, batches: Iterable[Any], loss_fn: LossFunction) -> float:
    """The mean loss over all elements of all batches, with the model as it is used: in eval mode.

    loss_fn(model, batch) gives Loss(total, count). No gradients are recorded. Afterwards every part
    of the model is in the mode in which it was before: a part may have been in eval mode already
    while the rest was training. Returns a plain number.
    """
    modes = [(part, part.training) for part in model.modules()]
    model.eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for batch in batches:
            loss = loss_fn(model, batch)
            total, count = total + loss.total.item(), count + loss.count
    for part, mode in modes:
        part.training = mode
    return total / count


def rows_from(count: int, batch_size: int, seed: int, epoch: int, start: int = 0) -> list[np.ndarray]:
    """The batches of one epoch as arrays of row numbers, without the first `start` batches.

    The order of the rows 0..count-1 is a function of seed and epoch and of nothing else: every
    pair gives an order of its own, the same at every call. The last batch may be smaller. An epoch
    that was interrupted after `start` batches goes on with exactly the batches that were left.
    """
    rng = np.random.default_rng([seed, epoch])  # a stream of its own for every pair
    order = rng.permutation(count)
    batches = [order[first : first + batch_size] for first in range(0, count, batch_size)]
    return batches[start:]


def scheduled_steps(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    batches: Iterable[Any],
    loss_fn: LossFunction,
    base: float,
    schedule: Callable[[int], float],
    limit: float,
) -> list[float]:
    """One update per batch along the gradient of its mean loss, clipped, at a rate that changes.

    Update number k, counted from 0, is made at the rate base * schedule(k), set in every group of
    optimizer.param_groups under "lr". A gradient whose length over all parameters together is above
    `limit` is shortened to that length, a shorter one stays as it is.
    Returns the lengths before clipping, as plain numbers.
    """
    lengths = []
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = base * schedule(step)  # the rate of this update, before it
        optimizer.zero_grad()
        loss = loss_fn(model, batch)
        (loss.total / loss.count).backward()
        length = nn.utils.clip_grad_norm_(model.parameters(), limit)  # between backward and update
        optimizer.step()
        lengths.append(length.item())
    return lengths
