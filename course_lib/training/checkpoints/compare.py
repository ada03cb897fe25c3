"""Whether a checkpoint fits the run that wants to load it: every difference is one sentence.

What is compared is described in plain words of JSON, by the run that saves and again by the run that loads.
"""

import json
import math
from collections.abc import Collection
from typing import Any

import torch

from course_lib.core.config import to_dict, with_present_names
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.plan import Plan, differences_of_schedules, remembering

_NOTHING = object()


def describe(state: TrainState, config: object | None, extra: dict | None) -> dict[str, Any]:
    """What must be equal in the run that saved and the run that loads, beside the tensors of the model; as JSON."""
    seeds = state.seeds
    return {
        "config": None if config is None else to_dict(config),
        "extra": None if extra is None else _as_json(extra),
        "seeds": {"init": seeds.init, "data": seeds.data, "noise": seeds.noise},
        "optimizer": {"class": type(state.optimizer).__name__, "groups": state.settings_given()},
    }


def differences_of_weights(
    meta: dict[str, Any], saved: dict[str, torch.Tensor], tensors: dict[str, torch.Tensor], tied: dict[str, str]
) -> list[str]:
    """One sentence for every tensor of another name, shape or data type, and for what is tied in one of the two."""
    now = {**tensors, **{name: tensors[other] for name, other in tied.items()}}
    found = differences(_tensor_kinds(saved), _tensor_kinds(now), "weights")
    return found + differences(meta["tied"], tied, "tied")


def may_grow(meta: dict[str, Any], plan: Plan | None) -> bool:
    """Whether a run may be longer than it was: where it is known that its schedule is the same for all that."""
    return plan is not None and (plan.schedule is None or "schedule" in meta)


def differences_of_plans(meta: dict[str, Any], plan: Plan, groups: list[dict[str, Any]]) -> list[str]:
    """One sentence for every difference of the loader, and one for another schedule.

    groups: of the saved optimizer. A checkpoint of an earlier version says nothing of loader and schedule.
    """
    found = differences(meta["loader"], plan.loader, "loader") if "loader" in meta else []
    if "schedule" in meta:
        return found + differences_of_schedules(meta["schedule"], plan.schedule, meta["step"])
    if plan.schedule is not None and meta["step"] > 0 and remembering(plan.schedule):
        rate, base = groups[0]["lr"], groups[0].get("initial_lr")
        if base is not None and not math.isclose(rate, base * plan.schedule(meta["step"]), rel_tol=1e-9):
            found.append("schedule: an earlier version of the course wrote this checkpoint without its memory")
    return found


def differences_of_runs(
    meta: dict[str, Any], now: dict[str, Any], processes: int, longer: Collection[str] = ()
) -> list[str]:
    """One sentence for every difference between the run that saved and this one, which `describe` returned.

    config and extra are compared where this run gives them; the fields `longer` of the config may be larger.
    """
    saved, mine = meta["optimizer"], now["optimizer"]
    if meta["versions"]["torch"] != torch.__version__:
        # Optimizers of another release of torch may have settings that these do not have.
        saved, mine = _shared_settings(saved, mine), _shared_settings(mine, saved)
    found = differences(meta["seeds"], now["seeds"], "seeds") + differences(saved, mine, "optimizer")
    for name in ("config", "extra"):
        if now[name] is not None:
            before = _grown(meta[name], now[name], longer) if name == "config" else meta[name]
            found += differences(before, now[name], name)
    if meta["batch"] and len(meta["running"]) != processes:
        found.append(f"processes: {len(meta['running'])} in the checkpoint (of mid-epoch), {processes} in this run")
    return found


def differences(saved: object, now: object, name: str) -> list[str]:
    """One sentence for every key in which two JSON values differ."""
    before, after = _leaves(saved, name), _leaves(now, name)
    found = []
    for key in dict.fromkeys([*before, *after]):
        a, b = before.get(key, _NOTHING), after.get(key, _NOTHING)
        # For == True is 1, and a config that says 1 instead of true is another one.
        if a != b or isinstance(a, bool) != isinstance(b, bool):
            found.append(f"{key}: {_shown(a)} in the checkpoint, {_shown(b)} in this run")
    return found


def _grown(saved: Any, now: dict[str, Any], fields: Collection[str]) -> Any:
    """The saved config in the names of today, with the fields of this run that are numbers and have grown."""
    if not isinstance(saved, dict):
        return saved
    saved = with_present_names(saved, now)
    pairs = {name: (saved[name], now[name]) for name in fields if name in saved and name in now}
    return {**saved, **{name: new for name, (old, new) in pairs.items() if type(old) is type(new) is int and new > old}}


def _tensor_kinds(tensors: dict[str, torch.Tensor]) -> dict[str, str]:
    """Data type and shape of each tensor, in words."""
    return {name: f"{str(t.dtype).removeprefix('torch.')} {tuple(t.shape)}" for name, t in tensors.items()}


def _shared_settings(optimizer: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    groups = {
        name: {key: value for key, value in group.items() if key in other["groups"].get(name, group)}
        for name, group in optimizer["groups"].items()
    }
    return {**optimizer, "groups": groups}


def _leaves(value: object, name: str) -> dict[str, object]:
    if isinstance(value, dict) and value:
        return {leaf: v for key, part in value.items() for leaf, v in _leaves(part, f"{name}.{key}").items()}
    return {name: value}


def _shown(value: object) -> str:
    return "absent" if value is _NOTHING else json.dumps(value)


def _as_json(extra: dict) -> dict:
    if not isinstance(extra, dict):
        raise TypeError(f"extra must be a dict, got a {type(extra).__name__}")
    return json.loads(json.dumps(extra, allow_nan=False))
