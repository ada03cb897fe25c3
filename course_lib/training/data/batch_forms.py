"""Batches of any form: what has tensors in it comes out in the same form with the tensors changed.

Forms are tuples, lists, sets, mappings, dataclasses, namespaces and their subclasses, in each other at will. An object
of another kind with tensors in it must have a method `to(device)`, as torch's own and those of other libraries do.
"""

import copy
import dataclasses
from collections.abc import Callable, Iterator, Mapping, MutableMapping, MutableSequence, Sequence, Set
from types import SimpleNamespace
from typing import Any

import torch

Change = Callable[[torch.Tensor], torch.Tensor]
_LEAVES = (str, bytes, bytearray, memoryview, range, int, float, complex, bool, type(None), type)


def moved(batch: Any, device: torch.device) -> Any:
    """The batch with its tensors on `device`. A copy from pinned memory to CUDA goes on while the CPU does.

    Raises TypeError, with the name of the type, for a part whose tensors cannot be moved.
    """

    def other(part: Any) -> Any:
        move = getattr(part, "to", None)
        if callable(move):
            try:
                result = move(device)
            except Exception as error:
                raise TypeError(f"a batch holds {_a(part)}, whose .to({device}) fails: {error}") from error
            return part if result is None else result
        # Where everything is on the CPU nothing can be left behind.
        if device.type != "cpu" and (isinstance(part, Iterator) or _elsewhere(part, device)):
            raise TypeError(
                f"a batch holds {_a(part)}, whose tensors cannot be moved to {device}: give the type a method"
                " to(device), or let collate return tuples, dicts or a dataclass"
            )
        return part

    return mapped(batch, lambda t: t.to(device, non_blocking=device.type == "cuda" and t.is_pinned()), other)


def pinned(batch: Any) -> Any:
    """The batch with its tensors in pinned memory, from which a copy to CUDA need not be waited for."""

    def other(part: Any) -> Any:
        pin = getattr(part, "pin_memory", None)
        return pin() if callable(pin) else part

    return mapped(batch, lambda t: t.pin_memory(), other)


def emptied(batch: Any) -> Any:
    """The batch without its samples: every tensor keeps its shape but for the first size, which is 0.

    Raises TypeError, with the name of the type, for a part that is of no known form.
    """

    def other(part: Any) -> Any:
        if callable(getattr(part, "to", None)) or any(True for _ in _tensors_of(part)):
            raise TypeError(f"a process has no sample of a batch that holds {_a(part)}: let drop_last leave it out")
        return part

    return mapped(batch, lambda t: t[:0], other)


def mapped(batch: Any, change: Change, other: Callable[[Any], Any]) -> Any:
    """The batch in its own form with every tensor changed; `other` gets what is of no known form, or has `.to`.

    A part in which nothing changed is the same object as before.
    """
    if isinstance(batch, torch.Tensor):
        return change(batch)
    if isinstance(batch, _LEAVES):
        return batch
    if callable(getattr(batch, "to", None)):
        return other(batch)
    parts = _parts(batch)
    if parts is None:
        return other(batch)
    new = {key: mapped(part, change, other) for key, part in parts.items()}
    if all(new[key] is part for key, part in parts.items()):
        return batch
    return _rebuilt(batch, new)


def _parts(batch: Any) -> dict[Any, Any] | None:
    """What is in a batch of a known form, by key, place or name."""
    if isinstance(batch, Mapping):
        return dict(batch.items())
    if isinstance(batch, Sequence | Set | MutableSequence):
        return dict(enumerate(batch))
    if dataclasses.is_dataclass(batch) or isinstance(batch, SimpleNamespace) or hasattr(batch, "__attrs_attrs__"):
        return _attributes(batch)
    return None


def _rebuilt(batch: Any, parts: dict[Any, Any]) -> Any:
    values = list(parts.values())
    if isinstance(batch, tuple):
        # Not by its constructor, which may want other arguments than what the tuple holds.
        try:
            new = tuple.__new__(type(batch), values)
        except TypeError:  # of the kind that torch.max returns
            return type(batch)(values)
        if hasattr(batch, "__dict__"):
            vars(new).update(vars(batch))
        return new
    if isinstance(batch, MutableMapping | MutableSequence):
        new = copy.copy(batch)
        for key, value in parts.items():
            new[key] = value
        return new
    if isinstance(batch, Mapping | Sequence | Set):
        try:
            return type(batch)(parts if isinstance(batch, Mapping) else values)
        except Exception as error:
            raise TypeError(
                f"a batch holds {_a(batch)}, which cannot be made anew with other tensors: {error}"
            ) from error
    new = copy.copy(batch)
    for name, value in parts.items():
        object.__setattr__(new, name, value)  # a frozen dataclass too
    return new


def _attributes(batch: Any) -> dict[str, Any]:
    slots = (name for kind in type(batch).__mro__ for name in _slots(kind))
    return {name: getattr(batch, name) for name in (*getattr(batch, "__dict__", {}), *slots) if hasattr(batch, name)}


def _slots(kind: type) -> tuple[str, ...]:
    slots = vars(kind).get("__slots__", ())
    names = (slots,) if isinstance(slots, str) else tuple(slots)
    return tuple(name for name in names if name not in ("__dict__", "__weakref__"))


def _elsewhere(part: Any, device: torch.device) -> bool:
    return any(tensor.device.type != device.type for tensor in _tensors_of(part))


def _tensors_of(part: Any, objects: int = 1) -> Iterator[torch.Tensor]:
    """The tensors in the attributes of an object, and in what of a known form lies there."""
    if isinstance(part, torch.Tensor):
        yield part
    elif not isinstance(part, _LEAVES):
        inner = _parts(part)
        if inner is None:
            inner, objects = (_attributes(part) if objects else {}), objects - 1
        for value in inner.values():
            yield from _tensors_of(value, objects)


def _a(part: Any) -> str:
    return f"a {type(part).__qualname__}"
