"""Instruments for torch models: what layers see, and how far a step moves their weights.

The instruments of `numpy_nn.studies.instruments` for torch: hooks collect the arrays, `core.layer_stats` reads them.
Shapes: n samples, u units.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.core.layer_stats import Array, LayerStats, dead_share, moments, update_ratio
from course_lib.core.validation import validate_at_least
from course_lib.training.loop.distributed import unwrapped
from course_lib.training.loop.generators import generators_kept
from course_lib.training.loop.state import LossFunction, TrainState


class _Seen:
    """One call of a layer: its output, and the gradient once backward has passed."""

    def __init__(self, name: str, output: torch.Tensor) -> None:
        # A copy: ReLU(inplace=True) would overwrite what the layer before it gave.
        self.name, self.output = name, output.detach().clone()
        self.gradient = torch.zeros_like(self.output)  # stays 0 where the loss does not depend on it

    def receive(self, gradient: torch.Tensor) -> None:
        self.gradient = gradient.detach().clone()


def layer_stats(model: nn.Module, batch: Any, loss_fn: LossFunction, *, training: bool = False) -> list[LayerStats]:
    """Forward and backward of one batch; one report per call of a layer without parts, in the order of the calls.

    name: "1 ReLU" in a Sequential, "body.1 ReLU" deeper down, "body.1 ReLU, call 2" where a layer is used again.
    Outputs become (n, units): of (n, u, height, width) each place of a channel counts as a sample, of (n, t, u) each
    position; of a tuple the first tensor is taken. gradient: of the mean loss, also behind frozen layers.
    training: in which mode; parameters, gradients, buffers, modes and torch's generators stay as they are.
    Raises ValueError where no layer gave a tensor of numbers with fractions.
    """
    model, seen = unwrapped(model), []
    device = next((parameter.device for parameter in model.parameters()), torch.device("cpu"))
    with _as_it_was(model), generators_kept(device), _watched(model, seen), torch.enable_grad():
        model.train(training)
        loss_fn(model, batch).mean.backward()
    if not seen:
        raise ValueError(f"model must have a layer whose output is a floating point tensor, got {type(model).__name__}")
    reports = []
    for one in seen:
        output, gradient = _rows(one.output), _rows(one.gradient)
        reports.append(LayerStats(one.name, moments(output), moments(gradient), dead_share(output), output))
    return reports


@contextmanager
def _watched(model: nn.Module, seen: list[_Seen]) -> Iterator[None]:
    """Add what the layers give in the block to `seen`."""
    calls: dict[str, int] = {}

    def hook_for(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> torch.Tensor | None:
            tensor = output[0] if isinstance(output, tuple | list) and output else output
            if not isinstance(tensor, torch.Tensor) or not tensor.is_floating_point() or tensor.numel() == 0:
                return None
            calls[name] = calls.get(name, 0) + 1
            again = f", call {calls[name]}" if calls[name] > 1 else ""
            one = _Seen(f"{name} {type(module).__name__}{again}".strip(), tensor)
            replaced = None
            if not tensor.requires_grad and tensor is output:
                # No parameter came before it. A copy of its own, for the tensor may be the caller's data.
                with torch.enable_grad():
                    replaced = tensor = tensor.detach().requires_grad_(True).clone()
            if tensor.requires_grad:
                tensor.register_hook(one.receive)
            seen.append(one)
            return replaced

        return hook

    with ExitStack() as stack:
        for name, module in model.named_modules():
            if not any(module.children()):
                stack.callback(module.register_forward_hook(hook_for(name)).remove)
        yield


@contextmanager
def _as_it_was(model: nn.Module) -> Iterator[None]:
    """Put back modes, buffers and gradients afterwards; in the block frozen parameters let gradients pass too."""
    modes = [(module, module.training) for module in model.modules()]
    buffers = [(buffer, buffer.clone()) for buffer in model.buffers()]
    kept = [(parameter, parameter.grad, parameter.requires_grad) for parameter in model.parameters()]
    for parameter, _, _ in kept:
        parameter.grad = None
        parameter.requires_grad_(parameter.is_floating_point())
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        with torch.no_grad():
            for buffer, value in buffers:
                buffer.copy_(value)
        for parameter, gradient, trainable in kept:
            parameter.grad = gradient
            parameter.requires_grad_(trainable)


def _rows(values: torch.Tensor) -> Array:
    """(n, u) of (n, u), (n, t, u), (n, u, height, width) and deeper; a vector is one column."""
    if values.ndim > 3:
        values = values.movedim(1, -1)  # channels come second in images
    return _array(values.reshape(-1, values.shape[-1]) if values.ndim > 1 else values.reshape(-1, 1))


def _array(values: torch.Tensor) -> Array:
    # NumPy has no bfloat16.
    return values.detach().to("cpu", torch.float64 if values.dtype == torch.float64 else torch.float32).numpy()


@contextmanager
def update_watch(state: TrainState, *, every: int = 1) -> Iterator[None]:
    """While `fit` runs in the block, add a row "updates" to the history at every `every`-th step.

    It holds the relative length of the change (`core.layer_stats.update_ratio`) of each trainable parameter of two or
    more dimensions, by its name. A pair of hooks of the optimizer looks just before and just after the update, so that
    nothing is carried over from step to step. The weights are copied to the CPU twice at each watched step. An update
    that a scaler leaves out has no row, or one of zeros (fused optimizers).
    Raises ValueError unless every >= 1 and there is such a parameter.
    """
    validate_at_least("every", every, 1)
    named = unwrapped(state.model).named_parameters()
    weights = {name: parameter for name, parameter in named if parameter.requires_grad and parameter.ndim >= 2}
    if not weights:
        raise ValueError(f"model must have a trainable weight of two dimensions, got a {type(state.model).__name__}")
    before: dict[str, Array] = {}

    def keep(*arguments: Any) -> None:
        before.clear()
        if (state.step + 1) % every == 0:  # fit counts the step after the update
            before.update({name: np.copy(_array(weight)) for name, weight in weights.items()})

    def measure(*arguments: Any) -> None:
        if before:
            ratios = {name: update_ratio(before[name], _array(weight)) for name, weight in weights.items()}
            state.history.add("updates", step=state.step + 1, epoch=state.epoch + 1, **ratios)

    with ExitStack() as stack:
        stack.callback(state.optimizer.register_step_pre_hook(keep).remove)
        stack.callback(state.optimizer.register_step_post_hook(measure).remove)
        yield
