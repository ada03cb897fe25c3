"""The memory of a training step: weights, gradients, moments, and what forward keeps for backward.

Predicted by a formula, and counted: torch tells every tensor that it saves for backward (`saved_tensors_hooks`). Both
leave out what lives for a moment only, such as the gradient of the logits; a GPU tells the true peak.

Shapes: B samples or sequences, T tokens, D width, H heads, V vocabulary, N = B T.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import nn

from course_lib.core.validation import validate_at_least
from course_lib.training.machine.gpt import GPTConfig

MIB = 2**20


@dataclass(frozen=True)
class StepMemory:
    """Bytes that a training step holds when its forward is complete."""

    weights: int
    gradients: int
    optimizer: int
    activations: int

    @property
    def total(self) -> int:
        """All four together."""
        return self.weights + self.gradients + self.optimizer + self.activations

    def __str__(self) -> str:
        parts = {name: getattr(self, name) for name in ("weights", "gradients", "optimizer", "activations", "total")}
        return "\n".join(f"{name:<12}{size / MIB:>10,.2f} MiB" for name, size in parts.items())


def step_memory(model: nn.Module, activations: int, *, moments: int = 2) -> StepMemory:
    """The memory of a step of `model`, with `moments` numbers per weight in the optimizer (Adam 2, momentum 1, SGD 0).

    Counts the parameters that are trained once for gradient and moments. Raises ValueError for negative arguments.
    """
    for name, value in (("activations", activations), ("moments", moments)):
        validate_at_least(name, value, 0)
    weights = sum(p.numel() * p.element_size() for p in model.parameters())
    trained = sum(p.numel() * p.element_size() for p in model.parameters() if p.requires_grad)
    return StepMemory(weights, trained, moments * trained, activations)


def saved_bytes(forward: Callable[[], object], model: nn.Module) -> int:
    """Bytes that forward() keeps for backward; weights of `model` do not count, and no memory counts twice.

    Works with fake tensors as well (`torch._subclasses.FakeTensorMode`), so that nothing needs to be computed.
    """
    own = {parameter.untyped_storage()._cdata for parameter in model.parameters()}
    seen: dict[int, tuple[int, torch.Tensor]] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage._cdata not in own:
            # The tensor is held until the end: the address of a storage that is gone could come again.
            seen[storage._cdata] = (storage.nbytes(), tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = forward()  # held, too
    del result
    return sum(size for size, _ in seen.values())


def peak_bytes(run: Callable[[], object], device: torch.device) -> int:
    """The largest number of bytes that torch held on a CUDA device while run() ran. Raises ValueError elsewhere."""
    if device.type != "cuda":
        raise ValueError(f"only a CUDA device tells its peak, got {device}; saved_bytes counts on any device")
    torch.cuda.synchronize(device)
    torch.cuda.reset_peak_memory_stats(device)
    run()
    torch.cuda.synchronize(device)
    return int(torch.cuda.max_memory_allocated(device))


def mlp_activations(sizes: Sequence[int], batch: int) -> int:
    """Bytes in float32 that a network of linear layers with ReLU and cross-entropy keeps for backward.

    The input, each hidden layer once (ReLU keeps its output, which is the input of the next layer too), the
    log-probabilities, the labels as int64, and one number by which the loss is divided.
    """
    return 4 * batch * sum(sizes) + 8 * batch + 4


def gpt_activations(config: GPTConfig, batch: int, tokens: int) -> int:
    """Bytes in float32 that `training.gpt.GPT` with cross-entropy keeps for backward, ids and labels as int64.

    Of each block per token: 2 D for the inputs of the two norms and 2 D for their outputs, 3 D for q, k, v, D and H for
    the result of attention, 8 D for both sides of the GELU, 4 for means and deviations. Then the last norm, the
    log-probabilities, and one number by which the loss is divided.
    """
    rows, width = batch * tokens, config.width
    block = 16 * width + config.heads + 4
    return 4 * rows * (config.layers * block + 2 * width + 2 + config.vocabulary) + 16 * rows + 4
