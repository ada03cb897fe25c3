"""The plan of a run, its loader and its schedule: what of it a checkpoint holds, and where another one differs."""

import inspect
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FunctionType, MethodType
from typing import Any

import torch
from torch import nn

from course_lib.core.schedules import Schedule

_NOT_OF_A_SCHEDULE = (nn.Module, torch.optim.Optimizer, type)  # they have a state too, which is saved elsewhere
_DEEPEST = 4  # functions that call functions; beyond that it is a library and no schedule


@dataclass
class Plan:
    """Loader, schedule and number of updates of the `fit` that is under way, or was last.

    loader: what tells one order of batches from another. factor: of the last update. awaited: the memory of the
    schedule in a checkpoint that was loaded, which the next `fit` gives back to its schedule.
    """

    loader: dict[str, Any] | None = None
    schedule: Schedule | None = None
    updates: int = 0
    factor: float | None = None
    awaited: list[Any] | None = None
    at_start: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, loader: Any, schedule: Schedule | None, epochs: int, accumulate: int) -> "Plan":
        """The plan of `fit` with these arguments."""
        updates = epochs * math.ceil(len(loader) / max(1, accumulate))
        return cls(loader_identity(loader), schedule, updates, at_start=_plain_numbers(schedule))

    def record(self) -> dict[str, Any] | None:
        """The schedule in words of JSON: its factors if it is a function of the step, its memory if it has one.

        None without a schedule. Raises TypeError for one that is neither.
        """
        if self.schedule is None:
            return None
        parts = remembering(self.schedule)
        if parts:
            return {"memory": [_to_json(part.state_dict()) for part in parts]}
        moved = [name for name, value in _plain_numbers(self.schedule).items() if value != self.at_start.get(name)]
        if moved or self.schedule(0) != self.schedule(0):
            what = f"{', '.join(moved)} changed" if moved else "it gives different factors at one step"
            raise TypeError(
                "schedule must be a function of the step, or have state_dict and load_state_dict as "
                f"core.schedules.Plateau has: {what}, and a run that is resumed would start it afresh"
            )
        return {"factors": factors(self.schedule, self.updates), "last": _to_json(self.factor)}

    def take_over(self, awaited: list[Any] | None) -> None:
        """Give the schedule the memory that it had in the checkpoint. Raises ValueError where it cannot take it."""
        if awaited is None:
            return
        parts = remembering(self.schedule)
        if len(parts) != len(awaited):
            raise ValueError(
                f"schedule must have as many parts with a memory as in the checkpoint, {len(awaited)}, got {len(parts)}"
            )
        for part, memory in zip(parts, awaited, strict=True):
            part.load_state_dict(_from_json(memory))


def loader_identity(loader: Any) -> dict[str, Any]:
    """What tells one order of batches from another, as JSON: `loader.identity()` where it has one, and its length."""
    own = getattr(loader, "identity", None)
    return {"batches": len(loader), **(own() if callable(own) else {})}


def remembering(schedule: object) -> list[Any]:
    """The parts of a schedule that have a memory: itself, or what its function reads; in a fixed order.

    A part has a memory when it has state_dict and load_state_dict, as core.schedules.Plateau.
    """
    found: list[Any] = []
    seen: set[int] = set()
    queue: list[tuple[object, int]] = [(schedule, 0)]
    while queue:
        part, depth = queue.pop(0)
        if id(part) in seen or isinstance(part, _NOT_OF_A_SCHEDULE) or depth > _DEEPEST:
            continue
        seen.add(id(part))
        if all(callable(getattr(part, name, None)) for name in ("state_dict", "load_state_dict")):
            found.append(part)
        else:
            queue += [(inner, depth + 1) for inner in _parts(part)]
    return found


def factors(schedule: Schedule, updates: int) -> dict[str, Any]:
    """The factors at some of the planned updates: the first, the last, and 1, 2, 5, 10, 20, 50, ... between."""
    steps = {0, max(0, updates - 1)} | {digit * 10**power for power in range(9) for digit in (1, 2, 5)}
    found = {}
    for step in sorted(step for step in steps if step < max(1, updates)):
        found[str(step)] = _to_json(float(schedule(step)))
    return found


def differences_of_schedules(saved: dict[str, Any] | None, schedule: Schedule | None, step: int) -> list[str]:
    """One sentence where the schedule of this run is not that of the checkpoint, which `Plan.record` described."""
    if saved is None or schedule is None:
        if (saved is None) == (schedule is None):
            return []
        before, now = ("none" if saved is None else "one"), ("none" if schedule is None else "one")
        return [f"schedule: {before} in the checkpoint, {now} in this run"]
    parts = remembering(schedule)
    if "memory" in saved or parts:
        there = len(saved.get("memory", ()))
        same = there == len(parts)
        return [] if same else [f"schedule.parts with a memory: {there} in the checkpoint, {len(parts)} in this run"]
    wanted = {int(at): _from_json(factor) for at, factor in saved["factors"].items()}
    if step > 0 and saved["last"] is not None:
        wanted[step - 1] = _from_json(saved["last"])
    now = {at: float(schedule(at)) for at in wanted}
    other = [at for at in sorted(wanted) if not _close(now[at], wanted[at])]
    return [
        f"schedule: {wanted[at]:g} at step {at} in the checkpoint, {now[at]:g} in this run (one that is made for a "
        "number of epochs is another one when they change: keep it as it was planned, or take a new folder)"
        for at in other[:1]
    ]


def _close(one: float, other: float) -> bool:
    """Whether two factors are equal but for the last digits, in which machines may differ."""
    return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12) or (math.isnan(one) and math.isnan(other))


def _parts(part: object) -> Sequence[object]:
    """What a function, a method, a partial or a list is made of."""
    if isinstance(part, partial):
        return [part.func, *part.args, *part.keywords.values()]
    if isinstance(part, MethodType):
        return [part.__self__, part.__func__]
    if isinstance(part, list | tuple):
        return part
    if not isinstance(part, FunctionType) or str(part.__module__).split(".")[0] in ("torch", "numpy"):
        return ()
    try:
        read = inspect.getclosurevars(part)
    except ValueError:  # a name of an enclosing function that has no value yet
        return ()
    return [*read.nonlocals.values(), *read.globals.values(), *(part.__defaults__ or ())]


def _plain_numbers(schedule: object) -> dict[str, Any]:
    """The numbers, texts and truth values that an object keeps; none for a function."""
    if isinstance(schedule, FunctionType):
        return {}
    kept = getattr(schedule, "__dict__", {})
    return {name: value for name, value in kept.items() if value is None or isinstance(value, bool | int | float | str)}


def _to_json(value: Any) -> Any:
    """Strict JSON has no word for inf and NaN, so they become {"float": "inf"}. Raises TypeError for other objects."""
    if isinstance(value, dict):
        return {str(key): _to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_to_json(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"float": str(value)}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "item"):
        return _to_json(value.item())
    raise TypeError(f"the memory of a schedule must hold plain values to be saved, got a {type(value).__name__}")


def _from_json(value: Any) -> Any:
    if isinstance(value, dict):
        return float(value["float"]) if set(value) == {"float"} else {k: _from_json(v) for k, v in value.items()}
    return [_from_json(item) for item in value] if isinstance(value, list) else value
