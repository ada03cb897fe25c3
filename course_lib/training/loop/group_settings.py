"""Members and settings of an optimizer's groups in the words of JSON: what tells one run from another."""

import math
from typing import Any

import numpy as np
import torch
from torch import nn

from course_lib.training.loop.distributed import unwrapped

# How an optimizer computes, not what: a run that goes on elsewhere keeps what that machine can do.
IMPLEMENTATION = ("foreach", "fused", "capturable", "differentiable")


def group_settings(model: nn.Module, optimizer: torch.optim.Optimizer) -> dict[str, Any]:
    """The parameters of each group by name, with their places, and its settings but the rate of the moment."""
    groups = {}
    for number, (group, names) in enumerate(zip(optimizer.param_groups, members(model, optimizer), strict=True)):
        left_out = ("params", "param_names", "lr", *IMPLEMENTATION)  # initial_lr is the rate that was given
        settings = {key: _setting(value) for key, value in group.items() if key not in left_out}
        groups[f"group {number}"] = {"parameters": {name: place for place, name in enumerate(names)}, **settings}
    return groups


def members(model: nn.Module, optimizer: torch.optim.Optimizer) -> list[list[str]]:
    """The names of the parameters in each group of the optimizer, as the groups are now."""
    names = {id(parameter): name for name, parameter in unwrapped(model).named_parameters()}
    groups = [group["params"] for group in optimizer.param_groups]
    return [[names.get(id(p), f"unnamed {place}") for place, p in enumerate(group)] for group in groups]


def _setting(value: object) -> object:
    """A hyperparameter of an optimizer in the words of JSON."""
    if isinstance(value, torch.Tensor | np.generic):
        value = value.tolist()
    if isinstance(value, tuple | list):
        return [_setting(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return value if value is None or isinstance(value, bool | int | float | str) else repr(value)
