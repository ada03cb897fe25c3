"""Configurations as dicts of plain values and back, checked field by field."""

import dataclasses
import hashlib
import json
import math
import types
import typing
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

Config = TypeVar("Config")


def to_dict(config: object) -> dict[str, Any]:
    """The fields of a frozen dataclass as a dict for JSON: nested configs become dicts, tuples become lists.

    Raises TypeError for anything but a frozen dataclass, or for a field that holds another kind of value;
    ValueError for NaN and infinity, which JSON does not have.
    """
    if isinstance(config, type):
        raise TypeError(f"config must be an object, got the class {config.__name__}")
    _validate_config_class(type(config))
    name = type(config).__name__
    return {field: _plain(getattr(config, field), f"{name}.{field}") for field in _fields(type(config))}


def from_dict(cls: type[Config], data: Mapping[str, Any]) -> Config:
    """The configuration of class `cls` that `to_dict` turned into `data`; its own rules are checked again.

    Fields may be bool, int, float, str, None, Literal, tuples, dicts with text keys, configs, and unions of
    these. Every field must be there, also one with a default: the default of today need not be that of the
    saved run.
    Raises ValueError for an unknown or a missing key, TypeError for a value that does not fit its field.
    """
    _validate_config_class(cls)
    if not isinstance(data, Mapping):
        raise TypeError(f"the data of {cls.__name__} must be a dict, got {data!r}")
    names = _fields(cls)
    data = with_present_names(data, names)
    unknown = sorted(set(data) - set(names))
    if unknown:
        raise ValueError(f"{cls.__name__} has no field {unknown}; its fields are {names}")
    missing = [name for name in names if name not in data]
    if missing:
        raise ValueError(f"the data of {cls.__name__} lacks {missing}; its fields are {names}")
    hints = typing.get_type_hints(cls)
    return cls(**{name: _typed(hints[name], data[name], f"{cls.__name__}.{name}") for name in names})


# Fields of configurations by the names that they had when runs on disk were saved.
FORMER_NAMES = {"rate": "lr"}


def with_present_names(data: Mapping[str, Any], names: Collection[str]) -> dict[str, Any]:
    """The saved fields, those of `names` that once had another name under the one that they have now."""
    return {
        FORMER_NAMES[name] if name not in names and FORMER_NAMES.get(name) in names else name: value
        for name, value in data.items()
    }


def digest(config: object) -> str:
    """12 hexadecimal characters that name a configuration: the start of the SHA-256 of its canonical JSON.

    The order of the fields does not matter, and 1 equals 1.0. Raises as `to_dict` does.
    """
    text = json.dumps(_canonical(to_dict(config)), sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def _fields(cls: type) -> list[str]:
    """The names of the fields that the constructor takes."""
    return [field.name for field in dataclasses.fields(cls) if field.init]


def _validate_config_class(cls: type) -> None:
    params = getattr(cls, "__dataclass_params__", None)
    if params is None or not params.frozen:
        raise TypeError(f"a config must be a frozen dataclass, got {cls.__name__}")


def _plain(value: Any, place: str) -> Any:
    """`value` in the words of JSON."""
    if dataclasses.is_dataclass(value):
        return to_dict(value)
    if isinstance(value, tuple):
        return [_plain(item, f"{place}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _plain(item, f"{place}[{key!r}]") for key, item in value.items()}
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{place} must be finite, got {value}; let None stand for no limit")
    # By type() and not isinstance: numpy.float64 is a float too, but would come back as another type.
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise TypeError(f"{place} is a {type(value).__name__}; a config keeps plain values, tuples and configs")


def _typed(hint: Any, value: Any, place: str) -> Any:
    """`value`, as read from JSON, in the type that `hint` asks for."""
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return _first_that_fits(inner, value, place)
    if origin is typing.Literal and value in inner:
        return value
    if origin is tuple and isinstance(value, (list, tuple)):
        items = (inner[0],) * len(value) if inner[-1:] == (Ellipsis,) else inner
        if len(items) != len(value):
            raise TypeError(f"{place} must have {len(items)} items, got {len(value)}")
        return tuple(
            _typed(item, part, f"{place}[{i}]") for i, (item, part) in enumerate(zip(items, value, strict=True))
        )
    if origin in (dict, Mapping) and isinstance(value, Mapping):
        return {key: _typed(inner[1], part, f"{place}[{key!r}]") for key, part in value.items()}
    if dataclasses.is_dataclass(hint):
        return from_dict(typing.cast(type[Any], hint), value)
    if hint in (bool, int, float, str, type(None)):
        # bool is a kind of int for isinstance, but true is no number of layers; an int may stand for a float.
        if type(value) is hint or (hint is float and type(value) is int):
            return value
    elif origin not in (typing.Literal, tuple, dict, Mapping):
        raise TypeError(f"{place} has the type {hint}, which a config cannot hold")
    raise TypeError(f"{place} must be {hint.__name__ if isinstance(hint, type) else hint}, got {value!r}")


def _first_that_fits(hints: tuple[Any, ...], value: Any, place: str) -> Any:
    """`value` in the first type of a union that it fits."""
    reasons = []
    for hint in hints:
        try:
            return _typed(hint, value, place)
        except (TypeError, ValueError) as error:
            reasons.append(str(error))
    raise TypeError("; ".join(reasons))


def _canonical(value: Any) -> Any:
    """`value` with every whole float as an integer, so that equal configs have equal text."""
    if isinstance(value, dict):
        return {key: _canonical(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
