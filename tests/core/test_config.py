"""A configuration survives the way to JSON and back, and nothing else passes for one."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, Optional

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.core.config import digest, from_dict, to_dict

# The same cases every time, and no limit on time: a busy machine must not turn a test red.
QUICK = settings(max_examples=40, deadline=None, derandomize=True)


@dataclass(frozen=True)
class Optimizer:
    name: Literal["sgd", "adam"] = "adam"
    rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)

    def __post_init__(self) -> None:
        if not self.rate > 0:
            raise ValueError(f"rate must be > 0, got {self.rate}")


@dataclass(frozen=True)
class Phase:
    name: str
    rates: Mapping[str, float]


@dataclass(frozen=True)
class Run:
    sizes: tuple[int, ...] = (784, 128, 10)
    optimizer: Optimizer = Optimizer()
    phases: tuple[Phase, ...] = ()
    clip: float | None = None
    note: Optional[str] = None  # noqa: UP045 - both spellings of a union must work
    limits: dict[str, int] = field(default_factory=dict)
    schedule: int | tuple[int, int] = 10
    shuffle: bool = True
    parameters: int = field(init=False, default=0)


FULL = Run(
    optimizer=Optimizer("sgd", rate=0.1),
    phases=(Phase("experts", {"math": 3e-4}), Phase("router", {})),
    clip=1.0,
    note="first",
    limits={"epochs": 3},
    schedule=(5, 20),
)

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
OPTIMIZERS = st.builds(Optimizer, st.sampled_from(["sgd", "adam"]), st.floats(1e-9, 1e9), st.tuples(FLOATS, FLOATS))
PHASES = st.builds(Phase, st.text(), st.dictionaries(st.text(), FLOATS, max_size=3))
RUNS = st.builds(
    Run,
    st.lists(st.integers(), max_size=4).map(tuple),
    OPTIMIZERS,
    st.lists(PHASES, max_size=2).map(tuple),
    st.none() | FLOATS,
    st.none() | st.text(),
    st.dictionaries(st.text(), st.integers(), max_size=3),
    st.integers() | st.tuples(st.integers(), st.integers()),
    st.booleans(),
)


@QUICK
@given(RUNS)
def test_a_config_comes_back_from_json_equal_and_with_equal_digest(run):
    back = from_dict(Run, json.loads(json.dumps(to_dict(run), allow_nan=False)))
    assert back == run
    assert hash_of_types(back) == hash_of_types(run)
    assert digest(back) == digest(run)


def hash_of_types(value):
    """The shape of a value: 1, 1.0 and True are equal, but not alike."""
    if isinstance(value, (tuple, list)):
        return [type(value).__name__, *map(hash_of_types, value)]
    if hasattr(value, "__dict__"):
        return {name: hash_of_types(part) for name, part in vars(value).items()}
    return type(value).__name__


def test_to_dict_is_plain_and_keeps_the_order_of_the_fields():
    assert to_dict(replace(FULL, phases=())) == {
        "sizes": [784, 128, 10],
        "optimizer": {"name": "sgd", "rate": 0.1, "betas": [0.9, 0.999]},
        "phases": [],
        "clip": 1.0,
        "note": "first",
        "limits": {"epochs": 3},
        "schedule": [5, 20],
        "shuffle": True,
    }
    assert list(to_dict(FULL))[:3] == ["sizes", "optimizer", "phases"]


def test_an_int_may_stand_for_a_float():
    assert from_dict(Optimizer, {"name": "sgd", "rate": 1, "betas": [0, 0.5]}).rate == 1


def test_the_rules_of_a_config_are_checked_again_when_it_is_read():
    with pytest.raises(ValueError, match=r"^rate must be > 0, got -1.0$"):
        from_dict(Optimizer, {"name": "sgd", "rate": -1.0, "betas": [0.9, 0.9]})


def test_the_digest_is_pinned():
    assert digest(Optimizer()) == "5c3c06cb2ff2"
    assert digest(FULL) == "867fd1747b47"


def test_equal_configs_have_equal_digests_and_a_change_of_any_field_shows():
    assert digest(Optimizer("sgd", rate=1)) == digest(Optimizer("sgd", rate=1.0))
    changes = [{"sizes": (784, 10)}, {"clip": None}, {"shuffle": False}, {"optimizer": Optimizer()}, {"note": "2"}]
    assert len({digest(replace(FULL, **change)) for change in [{}, *changes]}) == 6


def test_the_digest_does_not_depend_on_the_order_of_a_dict():
    forth, back = Phase("p", {"a": 1.0, "b": 2.0}), Phase("p", {"b": 2.0, "a": 1.0})
    assert digest(forth) == digest(back)


def without(key):
    return {name: value for name, value in to_dict(FULL).items() if name != key}


@pytest.mark.parametrize(
    ("data", "error", "words"),
    [
        ({**to_dict(FULL), "sise": 1}, ValueError, r"Run has no field \['sise'\]; its fields are \['sizes', "),
        ({**to_dict(FULL), "parameters": 1}, ValueError, r"Run has no field \['parameters'\]"),
        (without("clip"), ValueError, r"the data of Run lacks \['clip'\]; its fields are \['sizes', "),
        ({}, ValueError, r"the data of Run lacks \['sizes', 'optimizer', "),
        ([1, 2], TypeError, r"the data of Run must be a dict, got \[1, 2\]"),
        ({**to_dict(FULL), "shuffle": 1}, TypeError, "Run.shuffle must be bool, got 1"),
        ({**to_dict(FULL), "sizes": [784, "128"]}, TypeError, r"Run.sizes\[1\] must be int, got '128'"),
        ({**to_dict(FULL), "sizes": [784, True]}, TypeError, r"Run.sizes\[1\] must be int, got True"),
        ({**to_dict(FULL), "sizes": [784.0]}, TypeError, r"Run.sizes\[0\] must be int, got 784.0"),
        ({**to_dict(FULL), "sizes": 784}, TypeError, r"Run.sizes must be tuple\[int, \.\.\.\], got 784"),
        ({**to_dict(FULL), "limits": {"epochs": "3"}}, TypeError, r"Run.limits\['epochs'\] must be int, got '3'"),
        ({**to_dict(FULL), "limits": 3}, TypeError, r"Run.limits must be dict\[str, int\], got 3"),
        ({**to_dict(FULL), "clip": "1"}, TypeError, "Run.clip must be float, got '1'; Run.clip must be None"),
        ({**to_dict(FULL), "optimizer": "adam"}, TypeError, "the data of Optimizer must be a dict, got 'adam'"),
        ({**to_dict(FULL), "optimizer": {"rate": 1.0}}, ValueError, r"the data of Optimizer lacks \['name', 'betas'\]"),
    ],
)  # fmt: skip
def test_data_that_does_not_fit_is_named_with_its_place_and_value(data, error, words):
    with pytest.raises(error, match=f"^{words}"):
        from_dict(Run, data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "adamw"}, r"Optimizer.name must be typing.Literal\['sgd', 'adam'\], got 'adamw'"),
        ({"betas": [0.9]}, "Optimizer.betas must have 2 items, got 1"),
    ],
)
def test_choices_and_lengths_are_checked(change, words):
    with pytest.raises(TypeError, match=f"^{words}$"):
        from_dict(Optimizer, {**to_dict(Optimizer()), **change})


@dataclass(frozen=True)
class Anything:
    value: Any


@dataclass
class Loose:
    value: int = 1


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ([1, 2], TypeError, "Anything.value is a list; a config keeps plain values, tuples and configs"),
        (np.float64(0.5), TypeError, "Anything.value is a float64; a config keeps plain values, tuples and configs"),
        ((1, np.int64(2)), TypeError, r"Anything.value\[1\] is a int64; a config keeps plain values"),
        ({1: 2}, TypeError, "Anything.value is a dict; a config keeps plain values"),
        ({"a": math.inf}, ValueError, r"Anything.value\['a'\] must be finite, got inf; let None stand for no limit"),
        (math.nan, ValueError, "Anything.value must be finite, got nan; let None stand for no limit"),
        (Loose(), TypeError, "a config must be a frozen dataclass, got Loose"),
    ],
)
def test_what_json_cannot_hold_is_refused_by_place(value, error, words):
    for function in (to_dict, digest):
        with pytest.raises(error, match=f"^{words}"):
            function(Anything(value))


def test_a_field_of_a_type_that_a_config_cannot_hold_is_refused():
    with pytest.raises(TypeError, match=r"^Anything.value has the type typing.Any, which a config cannot hold$"):
        from_dict(Anything, {"value": 1})


def test_only_frozen_dataclasses_are_configs():
    with pytest.raises(TypeError, match=r"^a config must be a frozen dataclass, got Loose$"):
        to_dict(Loose())
    with pytest.raises(TypeError, match=r"^a config must be a frozen dataclass, got dict$"):
        from_dict(dict, {})
    with pytest.raises(TypeError, match=r"^config must be an object, got the class Run$"):
        to_dict(Run)
