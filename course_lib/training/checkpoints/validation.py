"""What a checkpoint must hold: of every value its type and its range, as sentences about those that break a rule.

The checksums of a checkpoint find damage. They find no edit by somebody who took them anew, and no fault of a program
that wrote nonsense. So whatever a run would take over is looked at here, before any of it is taken over.
"""

import copy
import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

import torch

_LARGEST = 2**63  # of a count, as in every other program that reads the file
_SHA256 = re.compile("[0-9a-f]{64}")
# Of what is never below 0 in torch's optimizers: squares, their sums, numbers of updates.
_NOT_NEGATIVE = ("step", "exp_avg_sq", "max_exp_avg_sq", "exp_inf", "square_avg", "sum", "acc_delta", "step_size")
_SETTINGS_NOT_NEGATIVE = ("lr", "initial_lr", "weight_decay", "eps", "momentum")


def is_count(value: object) -> bool:
    """Whether it is a whole number from 0 on."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def is_finite(value: object) -> bool:
    """Whether it is a number, and neither NaN nor infinite."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _is_running(value: object) -> bool:
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(part, dict) and set(part) == {"total", "count"} for part in value)
        and all(is_finite(part["total"]) and is_count(part["count"]) for part in value)
    )


def _is_names(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())


def _is_optimizer(value: object) -> bool:
    groups = value.get("groups") if isinstance(value, dict) else None
    return (
        isinstance(groups, dict)
        and isinstance(value["class"], str)  # type: ignore[index]
        and all(isinstance(group, dict) for group in groups.values())
    )


def _is_numbers(value: object) -> bool:
    return isinstance(value, dict) and all(map(is_finite, value.values()))


def _is_schedule(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return isinstance(value.get("memory"), list) or (isinstance(value.get("factors"), dict) and "last" in value)


_RULES: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "step": ("a whole number from 0 on", is_count),
    "epoch": ("a whole number from 0 on", is_count),
    "batch": ("a whole number from 0 on", is_count),
    "running": ("a total and a count for each process", _is_running),
    "seconds": ("a number from 0 on", lambda value: is_finite(value) and value >= 0),
    "stop": ("true or false", lambda value: isinstance(value, bool)),
    "kept": ("true or false", lambda value: isinstance(value, bool)),
    "tied": ("names of weights by names of weights", _is_names),
    "frozen": ("a list of names", _is_texts),
    "config": ("an object or null", lambda value: value is None or isinstance(value, dict)),
    "extra": ("an object or null", lambda value: value is None or isinstance(value, dict)),
    "seeds": ("three whole numbers", lambda value: isinstance(value, dict) and all(map(is_count, value.values()))),
    "optimizer": ("a class and groups", _is_optimizer),
    "versions": ("texts, of torch and others", lambda value: _is_names(value) and "torch" in value),
    "device": ("a text", lambda value: isinstance(value, str)),
}
# What later versions added; a checkpoint of an earlier one does without.
_OPTIONAL: dict[str, tuple[str, Callable[[Any], bool]]] = {
    "members": ("names for each group", lambda value: isinstance(value, list) and all(map(_is_texts, value))),
    "moments": ("a whole number from 0 on", is_count),
    "continued": ("true or false", lambda value: isinstance(value, bool)),
    "reason": ("a text", lambda value: isinstance(value, str)),
    "best": ("numbers by name, or null", lambda value: value is None or _is_numbers(value)),
    "loader": ("an object", lambda value: isinstance(value, dict)),
    "schedule": ("an object with factors or a memory, or null", lambda value: value is None or _is_schedule(value)),
}


def fault_of_meta(meta: dict[str, Any]) -> str:
    """A sentence for the first value of meta.json that breaks its rule; "" for none."""
    for name, (rule, keeps) in (_RULES | _OPTIONAL).items():
        if name not in meta:
            if name in _RULES:
                return f"it has no {name}"
        elif not keeps(meta[name]):
            return f"{name} must be {rule}, got {_short(meta[name])}"
    return ""


def fault_of_files(files: Any) -> str:
    """A sentence for the first file whose length or checksum is no such thing; "" for none."""
    for name, file in files.items():
        if not isinstance(file, dict) or set(file) != {"bytes", "sha256"}:
            return f"{name} must have bytes and sha256, got {_short(file)}"
        if not is_count(file["bytes"]) or not isinstance(file["sha256"], str) or not _SHA256.fullmatch(file["sha256"]):
            return f"{name} must have a length and 64 hexadecimal digits, got {_short(file)}"
    return ""


def fault_of_structure(saved: Any) -> str:
    """A sentence when it is not the state of an optimizer at all; "" when it is one."""
    if not isinstance(saved, dict) or not {"state", "param_groups"} <= set(saved):
        return f"it must have state and param_groups, got {_short(saved)}"
    groups, moments = saved["param_groups"], saved["state"]
    if not isinstance(groups, list) or not all(isinstance(group, dict) for group in groups):
        return f"param_groups must be a list of settings, got {_short(groups)}"
    numbers = [number for group in groups for number in (group.get("params") or ())]
    if not groups or numbers != list(range(len(numbers))):
        return "the parameters of its groups must be numbered from 0 on"
    if not isinstance(moments, dict) or not all(isinstance(moment, dict) for moment in moments.values()):
        return f"state must have moments for each parameter, got {_short(moments)}"
    unknown = [key for key in moments if isinstance(key, int) and not 0 <= key < len(numbers)]
    return f"state has moments of parameter {unknown[0]}, which no group has" if unknown else ""


def faults_of_values(saved: dict[str, Any]) -> Iterator[str]:
    """A sentence for every setting and moment that no optimizer can go on from."""
    for number, group in enumerate(saved["param_groups"]):
        for name, value in group.items():
            for item in _numbers_of(value) if name != "params" else ():
                if math.isnan(item) or (item < 0 and name in _SETTINGS_NOT_NEGATIVE):
                    rule = "at least 0" if name in _SETTINGS_NOT_NEGATIVE else "a number"
                    yield f"optimizer.group {number}.{name} must be {rule}, got {item}"
        if not _numbers_of(group.get("lr")):
            yield f"optimizer.group {number}.lr must be at least 0, got {_short(group.get('lr'))}"
    for number, moments in saved["state"].items():
        for name, value in moments.items():
            place = f"optimizer.state {number}.{name}"
            tensor = torch.as_tensor(value) if _numbers_of(value) and not isinstance(value, torch.Tensor) else value
            if not isinstance(tensor, torch.Tensor) or not tensor.numel():
                continue
            if bool(torch.isnan(tensor).any()):
                yield f"{place} must hold numbers, got NaN"
            elif name in _NOT_NEGATIVE and not tensor.is_complex() and bool((tensor < 0).any()):
                yield f"{place} must be at least 0, got {tensor.min().item():g}"


def faults_of_moments(meta: dict[str, Any], saved: dict[str, Any], optimizer: Any, groups: list) -> Iterator[str]:
    """A sentence for every moment that is missing or has another shape than this optimizer gives it.

    groups: those that the optimizer will have. Only parameters with moments are looked at, as one that never had a
    gradient has none; how many have some is in the metadata.
    """
    if [len(group["params"]) for group in groups] != [len(group["params"]) for group in saved["param_groups"]]:
        yield "optimizer.groups: other numbers of parameters in optimizer.pt than in this run"
        return
    found, wanted = saved["state"], _moments_of_one_step(optimizer, groups, saved["param_groups"])
    if "moments" in meta and len(found) != meta["moments"]:
        yield f"optimizer.state: moments of {len(found)} parameters, {meta['moments']} were saved"
    if "moments" not in meta and meta["step"] and wanted and not found:  # an earlier version counted none
        yield f"optimizer.state: no moments after {meta['step']} steps"
    for number, moments in wanted.items():
        for name, shape in moments.items() if number in found else ():
            value = found[number].get(name)
            if (shape is None) != (value is None) or (
                value is not None and tuple(torch.as_tensor(value).shape) != shape
            ):
                yield f"optimizer.state {number}.{name}: must have the shape {shape}, got {_short(value)}"


def _moments_of_one_step(optimizer: Any, groups: list, saved: list) -> dict[int, dict[str, tuple[int, ...] | None]]:
    """Names and shapes of what an optimizer keeps, found by a step without memory or numbers; {} where that fails."""
    twin = copy.copy(optimizer)
    twin.state = defaultdict(dict)
    twin.param_groups = []
    slow = {"foreach": False, "fused": False, "capturable": False}
    for group, settings in zip(groups, saved, strict=True):
        parameters = [torch.nn.Parameter(torch.empty_like(p, device="meta")) for p in group["params"]]
        for parameter in parameters:
            parameter.grad = torch.empty_like(parameter)
        flags = {name: value for name, value in slow.items() if name in group}
        twin.param_groups.append({**group, **settings, **flags, "params": parameters})
    try:
        twin.step()
    except Exception:  # an optimizer of another library may do whatever it likes with the numbers that are not there
        return {}
    parameters = [parameter for group in twin.param_groups for parameter in group["params"]]
    return {
        number: {
            name: None if value is None else tuple(torch.as_tensor(value).shape)
            for name, value in twin.state[parameter].items()
            if value is None or isinstance(value, torch.Tensor | int | float)
        }
        for number, parameter in enumerate(parameters)
        if parameter in twin.state
    }


def fault_of_scaler(scaler: Any) -> str:
    """A sentence when the state of a gradient scaler cannot be one; "" for none, and where there is no scaler."""
    if scaler is None:
        return ""
    names = ("scale", "growth_factor", "backoff_factor", "growth_interval", "_growth_tracker")
    if not isinstance(scaler, dict) or not all(is_finite(scaler.get(name)) for name in names):
        return f"scaler must have the numbers {', '.join(names)}, got {_short(scaler)}"
    scale, growth, backoff, interval, tracker = (scaler[name] for name in names)
    fine = scale > 0 and growth > 1 and 0 < backoff < 1 and interval >= 1 and tracker >= 0
    return "" if fine else f"scaler must have a scale above 0 that grows and backs off, got {_short(scaler)}"


def _numbers_of(value: Any) -> list[float]:
    """The real numbers in a setting of an optimizer."""
    if isinstance(value, bool | None | str):
        return []
    if isinstance(value, int | float):
        return [float(value)]
    if isinstance(value, torch.Tensor):
        return [] if value.is_complex() or value.numel() > 1 else [float(value)]
    if isinstance(value, tuple | list):
        return [number for item in value for number in _numbers_of(item)]
    return []


def _short(value: Any) -> str:
    if isinstance(value, torch.Tensor):
        return f"a tensor of the shape {tuple(value.shape)}"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
