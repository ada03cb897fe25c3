"""What is in a model and what it really does: parameters counted, dead parts found, leaks measured.

Shapes: B sequences, T tokens, D model width, V words, L layers, H heads.
"""

import copy
import re
from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.validation import validate_interval, validate_same_shape
from course_lib.infinito.config import InfinitoConfig
from course_lib.infinito.model import Attention, Infinito


class ParameterRow(NamedTuple):
    """One line of the table: `count` tensors of one kind and shape, with `each` numbers in one of them."""

    name: str
    shape: tuple[int, ...]
    each: int
    count: int

    @property
    def subtotal(self) -> int:
        """Numbers in all tensors of the line."""
        return self.each * self.count


def parameter_table(model: nn.Module) -> list[ParameterRow]:
    """One row per kind of tensor, in the order of the model; "blocks.*.norm_1.weight" stands for all its layers.

    The subtotals sum to the number of parameters. A tensor that is used twice (tied embeddings) is counted once.
    """
    rows: dict[tuple[str, tuple[int, ...]], ParameterRow] = {}
    for name, parameter in model.named_parameters():
        kind = re.sub(r"\.\d+\.", ".*.", name, count=1)  # the layer's number; one inside a block says which part
        key = (kind, tuple(parameter.shape))
        count = rows[key].count + 1 if key in rows else 1
        rows[key] = ParameterRow(kind, tuple(parameter.shape), parameter.numel(), count)
    return list(rows.values())


def parameters_by_part(model: nn.Module) -> dict[str, int]:
    """Parameters per direct part of the model (token_embedding, blocks, memory, ...), in the order of the model."""
    parts: dict[str, int] = {}
    for name, parameter in model.named_parameters():
        part = name.split(".", 1)[0]
        parts[part] = parts.get(part, 0) + parameter.numel()
    return parts


def parameters_without_gradient(
    model: nn.Module, loss_fn: Callable[[nn.Module, Any], Loss], batch: Any
) -> dict[str, int]:
    """Name and size of every parameter to which the loss of `batch` sends no gradient at all, or one of only zeros.

    Runs one forward and backward pass in the model's mode; gradients that were there before are put back.
    """
    before = {name: parameter.grad for name, parameter in model.named_parameters()}
    model.zero_grad(set_to_none=True)
    loss_fn(model, batch).total.backward()
    dead = {
        name: parameter.numel()
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.any()
    }
    for name, parameter in model.named_parameters():
        parameter.grad = before[name]
    return dead


def parameters_of_absent_words(config: InfinitoConfig, words_in_use: int) -> int:
    """How many parameters serve words that never occur, when only `words_in_use` of the vocabulary do.

    A word has a row of the input embedding and, unless both are tied, one of the output layer and a bias.
    Raises ValueError unless 0 <= words_in_use <= vocabulary.
    """
    validate_interval("words_in_use", words_in_use, 0, config.vocabulary)
    per_word = config.width if config.tied else 2 * config.width + 1
    return (config.vocabulary - words_in_use) * per_word


def parameters_of_absent_positions(config: InfinitoConfig, tokens: int) -> int:
    """How many parameters serve positions beyond segments of `tokens` tokens.

    Raises ValueError unless 1 <= tokens <= positions.
    """
    validate_interval("tokens", tokens, 1, config.positions)
    return (config.positions - tokens) * config.width


def step_flops(config: InfinitoConfig, *, batch: int, tokens: int) -> int:
    """Floating point operations of one training step without its memory, the products only.

    Forward: 2 per weight and token, and 4 T D per token and layer for the two products of attention (the full square,
    as most kernels count it; a causal kernel may do half). Backward: twice the forward.
    """
    weights = config.layers * (4 * config.width**2 + 2 * config.width * config.feed_forward)
    weights += config.vocabulary * config.width
    attention = 4 * tokens * config.width * config.layers
    return 3 * batch * tokens * (2 * weights + attention)


@torch.no_grad()
def attention_maps(model: Infinito, x: torch.Tensor) -> torch.Tensor:
    """The attention matrices (L, B, H, T, T) for ids x (B, T), without dropout; the model's mode is kept."""
    inputs: list[torch.Tensor] = []
    layers = [module for module in model.modules() if isinstance(module, Attention)]
    hooks = [layer.register_forward_pre_hook(lambda _, given: inputs.append(given[0])) for layer in layers]
    try:
        model.hidden(x)
    finally:
        for hook in hooks:
            hook.remove()
    return torch.stack([layer.weights(given) for layer, given in zip(layers, inputs, strict=True)])


@torch.no_grad()
def leak(model: Infinito, x: torch.Tensor, position: int, other: torch.Tensor) -> float:
    """The largest change of a logit at positions <= `position` when every later token of x (B, T) becomes `other`'s.

    0.0 for a model that cannot see the future. `other` (B, T) holds the ids to put in. Both passes run without
    dropout, on copies of the model as it is.
    Raises ValueError unless 0 <= position < T - 1 and both shapes agree.
    """
    validate_same_shape("x", x, "other", other)
    validate_interval("position", position, 0, x.shape[1] - 1, "[)")
    changed = torch.cat([x[:, : position + 1], other[:, position + 1 :]], dim=1)
    # A copy for each: the reported memory is changed by looking at the model.
    before, after = (copy.deepcopy(model).eval()(ids)[0][:, : position + 1] for ids in (x, changed))
    return float((before - after).abs().max())
