"""Does a checkpoint fit the run that wants to load it? Every difference is one sentence.

What is compared is described in plain words of JSON, by the run that saves and again by the run that loads.
"""

from __future__ import annotations

import json
from typing import Any

import torch

from course_lib.core.config import to_dict
from course_lib.training.state import TrainState

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


def tensor_kinds(tensors: dict[str, torch.Tensor]) -> dict[str, str]:
    """Data type and shape of each tensor, in words."""
    return {name: f"{str(t.dtype).removeprefix('torch.')} {tuple(t.shape)}" for name, t in tensors.items()}


def differences_of_runs(meta: dict[str, Any], now: dict[str, Any], processes: int) -> list[str]:
    """One sentence for every difference between the run that saved and this one, which `describe` returned.

    config and extra are compared where this run gives them.
    """
    saved, mine = meta["optimizer"], now["optimizer"]
    if meta["versions"]["torch"] != torch.__version__:
        # Optimizers of another release of torch may have settings that these do not have.
        saved, mine = _shared_settings(saved, mine), _shared_settings(mine, saved)
    found = differences(meta["seeds"], now["seeds"], "seeds") + differences(saved, mine, "optimizer")
    for name in ("config", "extra"):
        if now[name] is not None:
            found += differences(meta[name], now[name], name)
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
