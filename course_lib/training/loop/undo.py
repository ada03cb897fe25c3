"""What a refused step puts back: the buffers that its forward pass wrote, and an update that is not finite."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

# Optimizers whose formula bounds the update; of others nothing is known.
_BOUNDED = (
    *(torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW, torch.optim.NAdam, torch.optim.RAdam, torch.optim.Adamax),
    *(torch.optim.RMSprop, torch.optim.Adagrad, torch.optim.Adadelta),
)
_WIDE = (torch.float32, torch.float64, torch.bfloat16, torch.complex64, torch.complex128)  # exponents of 8 bits or more
LONG = 1e15
SMALL = 65_536  # numbers; torch's batch normalization writes to its statistics without counting it as a version


def longest_gradient(optimizer: torch.optim.Optimizer) -> float:
    """Up to which length of a finite gradient the update is finite for certain: inf, LONG, or 0 where nothing is known.

    Adam and its kin divide by a mean of the gradients plus eps, so that no finite gradient makes an update that is not
    finite, as long as eps is no fraction of what a number can be told from 0. Plain SGD at a rate of at most 1 moves by
    less than the gradient. Momentum adds gradients up, so that there only a short one is safe. Beyond these settings,
    with parameters of float16 and with any other optimizer, the update itself has to be looked at.
    """
    if type(optimizer) not in _BOUNDED:
        return 0.0
    longest = math.inf
    for group in optimizer.param_groups:
        if not _tame(group):
            return 0.0
        if group.get("momentum"):
            longest = LONG
    return longest


def _tame(group: dict[str, Any]) -> bool:
    """Whether the settings of one group are such that the formula bounds the update."""
    rate, decay, betas = group["lr"], group["weight_decay"], group.get("betas")
    if not (isinstance(rate, float) and 0 <= rate <= 1 and 0 <= decay <= 1e6 and rate * decay <= 1):
        return False
    if group["params"][0].dtype not in _WIDE or not group.get("eps", 1.0) >= 1e-10:
        return False
    if betas is not None:  # Adam and its kin have no other settings that matter
        return all(isinstance(beta, float | int) and 0 <= beta < 0.99999999 for beta in betas)
    return (
        0 <= group.get("momentum", 0) < 0.9999
        and 0 <= group.get("dampening", 0) <= 1
        and 0 <= group.get("alpha", 0) < 1
        and 0 <= group.get("rho", 0) < 1
        and not group.get("centered")  # a difference of two means, whose root can be that of a number below 0
    )


class Buffers:
    """Copies of a model's buffers as they were before the step; a large one is copied anew only after a write to it."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model
        # The dictionary and not the tensor: a forward pass may put another tensor in its place.
        self.places = [(module._buffers, name) for module in model.modules() for name in module._buffers]
        self.kept: list[tuple[torch.Tensor | None, int, torch.Tensor | None]] = [(None, -1, None)] * len(self.places)

    def note(self) -> None:
        """Keep what the buffers hold now."""
        there, copies = [], []
        for number, (owner, name) in enumerate(self.places):
            tensor, version, kept = self.kept[number]
            now = owner.get(name)
            if now is None or is_lazy(now) or now.is_inference():
                self.kept[number] = (now, -1, None)
            elif now is not tensor or kept is None:
                self.kept[number] = (now, now._version, now.detach().clone())
            elif now._version != version or now.numel() <= SMALL:
                self.kept[number] = (now, now._version, kept)
                there.append(now)
                copies.append(kept)
        if copies:
            with torch.no_grad():
                torch._foreach_copy_(copies, there)

    @torch.no_grad()
    def put_back(self) -> None:
        """Let the buffers be what they were at the last `note`."""
        for (owner, name), (tensor, version, kept) in zip(self.places, self.kept, strict=True):
            if owner.get(name) is not tensor:
                owner[name] = tensor
            if kept is not None and (tensor._version != version or tensor.numel() <= SMALL):
                tensor.copy_(kept)


class BeforeUpdate:
    """A copy of the parameters, moments and settings of an optimizer, for an update that may not be finite."""

    def __init__(self, optimizer: torch.optim.Optimizer) -> None:
        self.optimizer = optimizer
        self.groups = [
            {name: copy.deepcopy(value) for name, value in group.items() if name != "params"}
            for group in optimizer.param_groups
        ]
        self.parameters = [
            (parameter, parameter.detach().clone()) for group in optimizer.param_groups for parameter in group["params"]
        ]
        self.moments = {
            p: {name: _copied(value) for name, value in optimizer.state[p].items()} for p in optimizer.state
        }

    def not_finite(self, names: dict[int, str]) -> list[str]:
        """What was finite before the update and is not any more: parameters by name, and moments of them."""
        bad = []
        for parameter, before in self.parameters:
            name = names.get(id(parameter), "a parameter")
            if _spoiled(parameter.detach(), before):
                bad.append(name)
            old = self.moments.get(parameter, {})
            for key, value in self.optimizer.state.get(parameter, {}).items():
                if isinstance(value, torch.Tensor) and value.is_floating_point() and _spoiled(value, old.get(key)):
                    bad.append(f"{name} ({key})")
        return bad

    @torch.no_grad()
    def put_back(self) -> None:
        """Let the optimizer and its parameters be what they were."""
        for parameter, before in self.parameters:
            parameter.copy_(before)
        for group, settings in zip(self.optimizer.param_groups, self.groups, strict=True):
            for name in [name for name in group if name != "params" and name not in settings]:
                del group[name]
            group.update(settings)
        self.optimizer.state.clear()
        self.optimizer.state.update(self.moments)


def _copied(value: Any) -> Any:
    return value.detach().clone() if isinstance(value, torch.Tensor) else copy.deepcopy(value)


def _spoiled(now: torch.Tensor, before: torch.Tensor | None) -> bool:
    """Whether a number is not finite that was finite, or is new."""
    bad = ~now.isfinite()
    if isinstance(before, torch.Tensor) and before.shape == now.shape:
        bad = bad & before.isfinite()
    return bool(bad.any())
