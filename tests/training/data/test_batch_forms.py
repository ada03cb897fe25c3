"""The tensors of a batch reach the device in whatever form the batch has, or the form is refused by name."""

import collections
import dataclasses
import types
from collections import deque
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch.nn.utils.rnn import PackedSequence, pack_sequence
from torch.utils.data._utils.pin_memory import pin_memory

from course_lib.training.data import dataset_loader
from course_lib.training.data.batch_forms import emptied, moved, pinned
from course_lib.training.data.dataset_loader import DatasetLoader

META = torch.device("meta")


def one() -> torch.Tensor:
    return torch.ones(3, 2)


class Pair(NamedTuple):
    x: torch.Tensor
    name: str


class Two(tuple):
    """A tuple whose constructor does not take what the tuple holds."""

    def __new__(cls, a: Any, b: Any) -> Any:
        return super().__new__(cls, (a, b))


class Noted(list):
    note = ""


class Settings(dict):
    """A mapping with attributes."""


@dataclasses.dataclass
class Plain:
    x: torch.Tensor
    name: str = "plain"


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    x: torch.Tensor
    twice: Any = dataclasses.field(init=False, default=None)


@dataclasses.dataclass
class Doubling:
    """Made anew by its constructor it would double twice."""

    x: torch.Tensor

    def __post_init__(self) -> None:
        self.x = self.x * 2


class Graph:
    """Of another library: it moves itself, in place, and returns nothing."""

    def __init__(self, x: torch.Tensor) -> None:
        self.x = x

    def to(self, device: torch.device) -> None:
        self.x = self.x.to(device)


class Returning(Graph):
    def to(self, device: torch.device) -> "Returning":
        return Returning(self.x.to(device))


def noted() -> Noted:
    part = Noted([one()])
    part.note = "kept"
    return part


FORMS = {
    "tensor": (one(), lambda b: b),
    "tuple": ((one(), 1), lambda b: b[0]),
    "list": ([1, one()], lambda b: b[1]),
    "named tuple": (Pair(one(), "a"), lambda b: b.x),
    "tuple subclass": (Two(one(), 1), lambda b: b[0]),
    "list subclass": (noted(), lambda b: b[0]),
    "what torch.max returns": (torch.max(one(), dim=1), lambda b: b.values),
    "dict": ({"x": one()}, lambda b: b["x"]),
    "dict subclass": (Settings(x=one()), lambda b: b["x"]),
    "defaultdict": (collections.defaultdict(list, x=one()), lambda b: b["x"]),
    "OrderedDict": (collections.OrderedDict(x=one()), lambda b: b["x"]),
    "UserDict": (collections.UserDict(x=one()), lambda b: b["x"]),
    "UserList": (collections.UserList([one()]), lambda b: b[0]),
    "mapping that cannot be written to": (types.MappingProxyType({"x": one()}), lambda b: b["x"]),
    "deque": (deque([one()], maxlen=3), lambda b: b[0]),
    "set": ({one()}, lambda b: next(iter(b))),
    "dataclass": (Plain(one()), lambda b: b.x),
    "frozen dataclass with slots": (Frozen(one()), lambda b: b.x),
    "dataclass that computes": (Doubling(one()), lambda b: b.x),
    "namespace": (types.SimpleNamespace(x=one()), lambda b: b.x),
    "object that moves itself": (Graph(one()), lambda b: b.x),
    "object whose copy is elsewhere": (Returning(one()), lambda b: b.x),
    "PackedSequence": (pack_sequence([one()]), lambda b: b.data),
    "all in each other": ([{"a": (Plain(Pair(one(), "b")), 3)}], lambda b: b[0]["a"][0].x.x),
}


@pytest.mark.parametrize("name", FORMS)
def test_a_batch_of_every_form_reaches_the_device_and_keeps_its_form(name):
    batch, look = FORMS[name]
    before = look(batch).clone()
    found = moved(batch, META)
    assert look(found).device == META
    assert look(found).shape == before.shape
    assert type(found) is type(batch)


@pytest.mark.parametrize("name", [name for name in FORMS if "moves itself" not in name])
def test_a_batch_that_is_there_already_is_left_as_it_is(name):
    batch, look = FORMS[name]
    found = moved(batch, torch.device("cpu"))
    assert torch.equal(look(found), look(batch))


def test_what_is_beside_the_tensors_comes_along():
    assert moved(noted(), META).note == "kept"
    assert moved(collections.defaultdict(list, x=one()), META)["absent"] == []
    assert moved(deque([one()], maxlen=3), META).maxlen == 3
    assert moved(Plain(one()), META).name == "plain"
    assert emptied(Doubling(one())).x.shape == (0, 2)
    two = Two(one(), 1)
    two.note = "kept"
    assert (moved(two, META).note, moved(two, META)[1]) == ("kept", 1)


class Closed:
    """Holds a tensor and cannot move it."""

    def __init__(self, x: Any) -> None:
        self.x = x


class Slotted:
    __slots__ = ("x",)

    def __init__(self, x: Any) -> None:
        self.x = x


class Metres:
    """Its `to` means something else."""

    def to(self, unit: str) -> float:
        return {"m": 1.0}[unit]


@pytest.mark.parametrize(
    ("batch", "words"),
    [
        (Closed(one()), "a batch holds a Closed, whose tensors cannot be moved to meta: give the type a method"),
        ([{"a": Closed([one()])}], "a batch holds a Closed"),
        (Slotted({"x": one()}), "a batch holds a Slotted"),
        ((t for t in [one()]), "a batch holds a generator"),
        (Metres(), r"a batch holds a Metres, whose .to\(meta\) fails"),
    ],
)
def test_what_would_stay_behind_is_refused_by_name(batch, words):
    with pytest.raises(TypeError, match=words):
        moved(batch, META)


@pytest.mark.parametrize("batch", [Closed(one()), Closed(3), np.ones(2), [Closed(None), "text"], 3.0, None, object()])
def test_on_the_cpu_and_without_tensors_nothing_is_refused(batch):
    assert moved(batch, torch.device("cpu")) is batch
    if not isinstance(getattr(batch, "x", None), torch.Tensor):
        assert moved(batch, META) is batch


@pytest.mark.parametrize("batch", [Graph(one()), pack_sequence([one()]), Closed(one())])
def test_a_form_of_which_nothing_can_be_left_is_named(batch):
    with pytest.raises(
        TypeError, match=rf"has no sample of a batch that holds a {type(batch).__name__}: let drop_last"
    ):
        emptied(batch)


@pytest.mark.parametrize("name", [name for name in FORMS if "object" not in name])
def test_torch_pins_a_batch_of_the_loader_in_its_own_form(name, monkeypatch):
    batch, look = FORMS[name]
    pins: list[Any] = []
    monkeypatch.setattr(torch.Tensor, "pin_memory", lambda tensor, *_: pins.append(tensor) or tensor + 0)
    monkeypatch.setattr(PackedSequence, "pin_memory", lambda packed: pins.append(packed) or packed)
    found = pin_memory(dataset_loader._Batch(batch)).content
    assert type(found) is type(batch)
    assert torch.equal(look(found), look(batch))
    assert pins
    assert torch.equal(look(pinned(batch)), look(batch))


@pytest.mark.parametrize("workers", [0, 1])
def test_the_loader_hands_on_what_collate_made(workers):
    loader = DatasetLoader(
        [one() for _ in range(4)], batch_size=2, device="meta", workers=workers, collate=lambda s: Plain(torch.stack(s))
    )
    batches = list(loader.epoch(1))
    assert [(type(batch), batch.x.device.type, batch.x.shape) for batch in batches] == [(Plain, "meta", (2, 3, 2))] * 2
    closed = DatasetLoader([one()], batch_size=1, device="meta", collate=lambda s: Closed(s[0]))
    with pytest.raises(TypeError, match="a batch holds a Closed"):
        next(closed.epoch(1))
