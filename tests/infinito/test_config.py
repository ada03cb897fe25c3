"""A configuration refuses nonsense, goes through JSON, and the two presets differ in what was repaired only."""

import dataclasses
import json
from dataclasses import replace

import pytest

from course_lib.core.config import from_dict, to_dict
from course_lib.infinito.config import AS_REPORTED, FULL, SMALL, TINY, InfinitoConfig


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"width": 500}, r"width \(500\) must be a multiple of heads \(8\)"),
        ({"context": 1_001}, r"context \(1001\) must be at most positions \(1000\)"),
        ({"layers": 0}, "layers must be at least 1, got 0"),
        ({"vocabulary": 1}, "vocabulary must be at least 2, got 1"),
        ({"memory_slots": -1}, "memory_slots must be at least 0, got -1"),
        ({"memory_writes": 0}, "memory_writes must be at least 1, got 0"),
        ({"dropout": 1.0}, r"dropout must be in \[0, 1\), got 1.0"),
        ({"attention_dropout": -0.1}, r"attention_dropout must be in \[0, 1\), got -0.1"),
        ({"exploration": -1.0}, "exploration must be at least 0, got -1.0"),
        ({"position_std": -1.0}, "position_std must be at least 0, got -1.0"),
        ({"ignored_token": 10_000}, r"ignored_token must be in \[0, 10000\), got 10000"),
        ({"write_in_evaluation": True}, "write_in_evaluation needs shared_memory"),
        ({"shared_memory": True, "memory_slots": 0}, "shared_memory needs memory_slots >= 1, got 0"),
    ],
)
def test_a_value_out_of_range_is_refused_with_its_name_and_rule(change, words):
    with pytest.raises(ValueError, match=words):
        replace(FULL, **change)


@pytest.mark.parametrize("value", [True, 2.0, "6"])
def test_a_size_that_is_no_integer_is_refused(value):
    with pytest.raises(TypeError, match="layers must be an integer, got"):
        replace(FULL, layers=value)


@pytest.mark.parametrize("config", [FULL, AS_REPORTED, SMALL, TINY])
def test_a_configuration_comes_back_from_json(config):
    assert from_dict(InfinitoConfig, json.loads(json.dumps(to_dict(config)))) == config


def test_the_reported_model_has_the_sizes_of_the_full_one():
    sizes = ("vocabulary", "context", "positions", "width", "layers", "heads", "feed_forward", "memory_slots")
    assert all(getattr(AS_REPORTED, name) == getattr(FULL, name) for name in (*sizes, "slot_width", "dropout"))
    changed = {
        field.name
        for field in dataclasses.fields(FULL)
        if getattr(FULL, field.name) != getattr(AS_REPORTED, field.name)
    }
    assert {"causal", "memory_read", "shared_memory", "write_in_evaluation", "ignored_token"} < changed
