"""One update of the parameters: gradients of one or several batches, clipped, checked, applied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from course_lib.core.metrics import Loss
from course_lib.training.distributed import gradients_wait, summed_count, unwrapped, world_size
from course_lib.training.precision import autocast
from course_lib.training.state import LossFunction, TrainState

ONE_PASS = ("cpu", "cuda")  # devices on which one call looks through all gradients


def optimizer_step(
    state: TrainState,
    batches: Sequence[Any],
    loss_fn: LossFunction,
    *,
    clip: float | None = None,
    precision: str = "float32",
    check: bool = True,
) -> None:
    """Change the parameters once, by the gradient of the mean loss over all elements of `batches`.

    Several batches are accumulated: sums are added and divided by the number of elements once, so that the result is
    that of one large batch even where the batches differ in size. state.loss and state.norm tell what was found.
    Raises FloatingPointError, before anything is changed, when `check` is True and loss or gradient is not finite (with
    a scaler: a gradient that no factor above 1 makes finite); ValueError for no batch, when no element counts, and for
    complex parameters in float16.
    """
    parameters = [p for group in state.optimizer.param_groups for p in group["params"]]
    _require_batches(state, batches, parameters)
    device = parameters[0].device
    for parameter in parameters:
        parameter.grad = None  # as zero_grad does, whose report to the profiler takes ten times as long
    first, found = 0, None
    for number, batch in enumerate(batches, start=1):
        with gradients_wait(state.model, number < len(batches)):
            with autocast(precision, device):
                loss = loss_fn(state.model, batch)
            _require_loss(loss)
            if found is None:
                first = summed_count(loss.count)
                # How many elements the later batches hold is not known yet: all are taken to be like the first one.
                expected = max(1, first) * len(batches)
            # Started with 1 / n, the backward of a sum is that of the mean. DDP divides by the number of processes.
            start = torch.full_like(loss.total, world_size() / expected)
            (loss.total if state.scaler is None else state.scaler.scale(loss.total)).backward(start)
        loss = Loss(loss.total.detach(), loss.count)
        found = loss if found is None else found + loss
    elements = first if len(batches) == 1 else summed_count(found.count)
    if elements == 0:
        raise ValueError(f"a batch must hold at least one element that counts, got none {_place(state)}")
    if state.scaler is not None:
        state.scaler.unscale_(state.optimizer)  # before clipping: a limit means the gradient, not its multiple
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if elements != expected:
        torch._foreach_mul_(gradients, expected / elements)
    state.loss, state.norm = found, None
    if check:
        _require_finite(state, gradients, device)
    if clip is not None:
        state.norm = torch.nn.utils.get_total_norm(gradients)
        torch.nn.utils.clip_grads_with_norm_(parameters, clip, state.norm)
    if state.scaler is None:
        state.optimizer.step()
    else:
        state.scaler.step(state.optimizer)  # leaves the update out when a gradient overflowed
        state.scaler.update()


def _require_batches(state: TrainState, batches: Sequence[Any], parameters: list[torch.Tensor]) -> None:
    if len(batches) == 0:
        raise ValueError(f"batches must hold at least one batch, got none {_place(state)}")
    if state.scaler is not None and any(parameter.is_complex() for parameter in parameters):
        names = [name for name, parameter in unwrapped(state.model).named_parameters() if parameter.is_complex()]
        raise ValueError(
            f"precision must be float32 or bfloat16 for complex parameters, got float16 for {', '.join(names)}"
        )


def _require_loss(loss: Any) -> None:
    if not isinstance(loss, Loss):
        raise TypeError(f"loss_fn must return a Loss(total, count), got a {type(loss).__name__}")
    if torch.is_complex(loss.total):
        raise TypeError(f"the total of a loss must be a real number, got one of {loss.total.dtype}")


def _require_finite(state: TrainState, gradients: list[torch.Tensor], device: torch.device) -> None:
    # With float16 a gradient that overflows is expected: the scaler leaves that update out and lowers its factor. Below
    # a factor of 1 it is no longer the factor that makes it overflow, and every update would be left out in silence.
    counts = bool(gradients) and (state.scaler is None or state.scaler.get_scale() < 1)
    found = _found_infinite(state, gradients, device) if counts else None
    loss = state.loss.total.item()  # on a GPU this waits for everything that was launched before
    infinite = found is not None and found.item() != 0
    if infinite:
        found.zero_()
    if not math.isfinite(loss):
        raise FloatingPointError(f"the loss is {loss} {_place(state)}; nothing was changed by this step")
    if infinite:
        names = {id(parameter.grad): name for name, parameter in unwrapped(state.model).named_parameters()}
        bad = [names.get(id(g), "a parameter") for g in gradients if not bool(torch.isfinite(_numbers(g)).all())]
        if bad:  # else large numbers, whose sum alone overflowed
            raise FloatingPointError(
                f"the gradient of {', '.join(bad)} is not finite {_place(state)}; nothing was changed"
            )


def _found_infinite(state: TrainState, gradients: list[torch.Tensor], device: torch.device) -> torch.Tensor:
    """A scalar tensor, above 0 when an element is not finite; the caller sets it back to 0."""
    found, one = _zero_and_one(state, device)
    numbers = [_numbers(gradient) for gradient in gradients]
    if device.type in ONE_PASS:
        # What torch's scaler calls: one pass over all gradients, on a GPU in one launch. Times 1 changes no bit.
        torch._amp_foreach_non_finite_check_and_unscale_(numbers, found, one)
        return found
    # A sum is not finite as soon as one element is not.
    sums = torch.stack([values.sum(dtype=torch.float32) for values in numbers])
    return found.copy_(~sums.sum().isfinite())


def _numbers(gradient: torch.Tensor) -> torch.Tensor:
    """The real numbers in a gradient: of a complex one the real and the imaginary parts."""
    values = gradient.coalesce().values() if gradient.is_sparse else gradient
    return torch.view_as_real(values.resolve_conj()) if values.is_complex() else values


def _zero_and_one(state: TrainState, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    # Kept, because to make two small tensors takes as long as to look through the gradients of a small net.
    if state.zero_and_one is None or state.zero_and_one[0].device != device:
        state.zero_and_one = torch.zeros((), device=device), torch.ones((), device=device)
    return state.zero_and_one


def _place(state: TrainState) -> str:
    rates = sorted({group["lr"] for group in state.optimizer.param_groups})
    shown = ", ".join(f"{rate:g}" for rate in rates)
    return f"at step {state.step + 1} (epoch {state.epoch + 1}, batch {state.batch + 1}, rate {shown}, {state.seeds})"
