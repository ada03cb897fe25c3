"""What a refused step puts back: the buffers that its forward pass wrote, and an update that is not finite."""

import copy
from typing import Any

import torch
from torch import nn
from torch.nn.parameter import is_lazy

SMALL = 65_536  # numbers; torch's batch normalization writes to its statistics without counting it as a version


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
