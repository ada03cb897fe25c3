"""Which update through float16 differs from the right one in a single thing?"""

from collections.abc import Callable
from typing import Any

import torch
from torch import nn


def all_finite(parameters: Any) -> bool:
    """Whether every number of every gradient is finite."""
    return all(bool(torch.isfinite(p.grad).all()) for p in parameters)


def changed_step(
    *,
    zero: bool = True,
    multiply: bool = True,
    clip: str = "after",
    unscale: bool = True,
    finite: Callable[[Any], bool] = all_finite,
    skip: str = "return",
    lower: Callable[[float], float] = lambda scale: scale / 2,
    reset: bool = True,
    grow: Callable[[float, int, int], tuple[float, int]] = lambda scale, good, interval: (
        (2 * scale, 0) if good == interval else (scale, good)
    ),
) -> Callable[..., Any]:
    """An update that is right with these defaults; a known mistake changes one of them."""

    def update(loss, parameters, optimizer, scale, good, limit, interval=2000):
        if zero:
            optimizer.zero_grad()
        ((scale if multiply else 1.0) * loss).backward()
        if clip == "before":
            nn.utils.clip_grad_norm_(parameters, limit)
        for parameter in parameters:
            parameter.grad /= scale if unscale else 1.0
        fine = finite(parameters)
        if not fine and skip == "return":
            return lower(scale), 0 if reset else good
        if not fine and skip == "zeros":
            for parameter in parameters:
                parameter.grad.nan_to_num_(0.0, 0.0, 0.0)
        if clip == "after":
            nn.utils.clip_grad_norm_(parameters, limit)
        elif clip == "each":
            for parameter in parameters:
                nn.utils.clip_grad_norm_([parameter], limit)
        elif clip == "values":
            nn.utils.clip_grad_value_(parameters, limit)
        elif clip == "to":
            length = torch.cat([parameter.grad.flatten() for parameter in parameters]).norm()
            for parameter in parameters:
                parameter.grad *= limit / length
        optimizer.step()
        return grow(scale, good + 1, interval) if fine else (lower(scale), 0)

    return update
