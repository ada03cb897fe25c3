"""One update of the parameters: gradients of one or several batches, clipped, checked, applied."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch

from course_lib.core.metrics import Loss
from course_lib.training.loop.distributed import gradients_wait, summed_count, unwrapped, world_size
from course_lib.training.loop.precision import autocast
from course_lib.training.loop.state import LossFunction, TrainState
from course_lib.training.loop.undo import BeforeUpdate, Buffers, longest_gradient

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
    Raises FloatingPointError when `check` is True and loss, gradient or update is not finite (with a scaler: a gradient
    that no factor above 1 makes finite); ValueError for no batch, when no element counts, and for complex parameters in
    float16. A step that is refused has changed nothing: parameters, buffers and optimizer are as before it.
    """
    parameters = [p for group in state.optimizer.param_groups for p in group["params"]]
    _require_batches(state, batches, parameters)
    buffers = _noted_buffers(state) if check else None
    try:
        state.loss, gradients = mean_gradient(state, batches, loss_fn, parameters, precision)
        state.norm = None
        if check:
            _require_finite(state, gradients, parameters[0].device)
        if clip is not None:
            state.norm = torch.nn.utils.get_total_norm(gradients)
            torch.nn.utils.clip_grads_with_norm_(parameters, clip, state.norm)
        if check and not _surely_finite(state, gradients, clip):
            _checked_update(state)
        else:
            _update(state)
    except BaseException:
        if buffers is not None:
            buffers.put_back()
        _unscaled_no_more(state)
        raise


def mean_gradient(
    state: TrainState, batches: Sequence[Any], loss_fn: LossFunction, parameters: list[torch.Tensor], precision: str
) -> tuple[Loss, list[torch.Tensor]]:
    """The loss over all batches, and the gradients of its mean, which stand at the parameters too."""
    device, count = parameters[0].device, len(batches)
    for parameter in parameters:
        parameter.grad = None  # as zero_grad does, whose report to the profiler takes ten times as long
    first, found = 0, None
    for number, batch in enumerate(batches, start=1):
        with gradients_wait(state.model, number < count):
            with autocast(precision, device):
                loss = loss_fn(state.model, batch)
            _require_loss(loss)
            if found is None:
                first = summed_count(loss.count)
                # How many elements the later batches hold is not known yet: all are taken to be like the first one.
                expected = max(1, first) * count
            # Started with 1 / n, the backward of a sum is that of the mean. DDP divides by the number of processes.
            start = _start(state, loss.total, world_size() / expected)
            (loss.total if state.scaler is None else state.scaler.scale(loss.total)).backward(start)
        loss = Loss(loss.total.detach(), loss.count)
        found = loss if found is None else found + loss
    elements = first if count == 1 else summed_count(found.count)
    if elements == 0:
        raise ValueError(f"a batch must hold at least one element that counts, got none {_place(state)}")
    if state.scaler is not None:
        state.scaler.unscale_(state.optimizer)  # before clipping: a limit means the gradient, not its multiple
    gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
    if elements != expected:
        torch._foreach_mul_(gradients, expected / elements)
    return found, gradients


def _start(state: TrainState, total: torch.Tensor, value: float) -> torch.Tensor:
    """A tensor like the loss that holds `value`; made anew only where another one is needed than in the last step."""
    kind = (value, total.dtype, total.device, total.shape)
    if state.start is None or state.start[0] != kind:
        state.start = kind, torch.full_like(total, value)
    return state.start[1]


def _update(state: TrainState) -> None:
    if state.scaler is None:
        state.optimizer.step()
    else:
        state.scaler.step(state.optimizer)  # leaves the update out when a gradient overflowed
        state.scaler.update()


def _checked_update(state: TrainState) -> None:
    """The update, taken back when it made a number that is not finite. It costs a copy of all that it changes."""
    before = BeforeUpdate(state.optimizer)
    _update(state)
    bad = before.not_finite({id(parameter): name for name, parameter in unwrapped(state.model).named_parameters()})
    if bad:
        place = _place(state)
        before.put_back()
        raise FloatingPointError(
            f"the update of {', '.join(bad)} is not finite {place}; nothing was changed by this step"
        )


def _surely_finite(state: TrainState, gradients: list[torch.Tensor], clip: float | None) -> bool:
    """Whether the optimizer's own formula bounds the update by the gradient, which is finite."""
    longest = longest_gradient(state.optimizer)
    if longest == math.inf:
        return True
    if longest == 0 or (clip is not None and clip <= longest):
        return longest > 0
    return bool(torch.nn.utils.get_total_norm([_numbers(gradient) for gradient in gradients]) <= longest)


def _noted_buffers(state: TrainState) -> Buffers:
    if state.buffers is None or state.buffers.model is not state.model:
        state.buffers = Buffers(state.model)
    state.buffers.note()
    return state.buffers


def _unscaled_no_more(state: TrainState) -> None:
    """A scaler notes that it has divided the gradients, and would refuse to do it again for the next ones."""
    if state.scaler is not None and state.scaler.is_enabled():
        fresh = torch.amp.GradScaler(state.device.type)
        fresh.load_state_dict(state.scaler.state_dict())
        state.scaler = fresh


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
                f"the gradient of {', '.join(bad)} is not finite {_place(state)}; nothing was changed by this step"
            )


def _found_infinite(state: TrainState, gradients: list[torch.Tensor], device: torch.device) -> torch.Tensor:
    """A scalar tensor, above 0 when an element is not finite; the caller sets it back to 0."""
    found, one = _zero_and_one(state, device)
    if device.type in ONE_PASS:
        # What torch's scaler calls: one pass over all gradients, on a GPU in one launch. Times 1 changes no bit.
        try:
            torch._amp_foreach_non_finite_check_and_unscale_(gradients, found, one)
        except RuntimeError:
            # It refuses a sparse or complex gradient, which is rare: to ask each one first takes as long as the pass.
            numbers = [_numbers(gradient) for gradient in gradients]
            torch._amp_foreach_non_finite_check_and_unscale_(numbers, found, one)
        return found
    # A sum is not finite as soon as one element is not.
    sums = torch.stack([_numbers(gradient).sum(dtype=torch.float32) for gradient in gradients])
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
