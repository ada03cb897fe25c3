"""The optimizer of a checkpoint brought back into a freshly built one, with groups that were added while it trained."""

from typing import Any

import torch

from course_lib.training.loop.distributed import unwrapped
from course_lib.training.loop.group_settings import IMPLEMENTATION, members
from course_lib.training.loop.state import TrainState

Groups = list[dict[str, Any]]


def regrouped(state: TrainState, names: list[list[str]] | None, saved: dict[str, Any]) -> tuple[Groups, list[str]]:
    """The groups that the optimizer must have before it can load `saved`, and a sentence for what cannot be had.

    names: of the parameters in each group when the checkpoint was written; None for a checkpoint of an earlier version,
    which had the groups that the caller gave. Nothing is changed.
    """
    groups, now = state.optimizer.param_groups, members(state.model, state.optimizer)
    if names is None or names == now:
        return groups, []
    known = dict(unwrapped(state.model).named_parameters(remove_duplicate=False))
    found: Groups = []
    unknown: list[str] = []
    for number, wanted in enumerate(names):
        mine = groups[number] if number < len(groups) else {}
        here = dict(zip(now[number], mine["params"], strict=True)) if mine else {}
        parameters = [here.get(name, known.get(name)) for name in wanted]
        unknown += [
            f"optimizer.group {number}.{name}: in the checkpoint, not a parameter of this model"
            for name, parameter in zip(wanted, parameters, strict=True)
            if parameter is None
        ]
        # A group that was added takes over from this machine how to compute, and from the checkpoint what.
        found.append({**state.optimizer.defaults, **mine, "params": parameters})
    if len(names) != len(saved["param_groups"]):
        unknown.append(f"optimizer.groups: {len(names)} by name, {len(saved['param_groups'])} in optimizer.pt")
    return found, unknown


def load_optimizer(optimizer: torch.optim.Optimizer, saved: dict[str, Any], groups: Groups) -> None:
    """Put the groups and the saved settings and moments into the optimizer; it keeps how it computes."""
    optimizer.param_groups[:] = groups
    for group, mine in zip(saved["param_groups"], groups, strict=True):
        # What a newer torch knows and the checkpoint does not stays as it is here.
        new = {name: value for name, value in mine.items() if name not in group and name != "params"}
        group.update(new | {name: mine[name] for name in IMPLEMENTATION if name in mine})
    optimizer.load_state_dict(saved)
    # torch gives every moment the data type of its parameter; one that was kept more exactly stays as it was.
    for there, here in zip(saved["param_groups"], optimizer.param_groups, strict=True):
        for number, parameter in zip(there["params"], here["params"], strict=True):
            for name, value in saved["state"].get(number, {}).items():
                if isinstance(value, torch.Tensor) and optimizer.state[parameter][name].dtype != value.dtype:
                    optimizer.state[parameter][name] = value.to(parameter.device)
