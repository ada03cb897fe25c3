"""Two observations are as far apart as they should be."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.teaching.exercises.compare import distance, form_notes, leaf_distance, tolerance_for
from course_lib.teaching.exercises.observe import Raised


@dataclass
class Pair:
    total: float
    count: int


def test_the_distance_is_relative_to_the_second():
    assert distance([101.0, 0.0], [100.0, 0.0]) == pytest.approx(0.01)
    assert distance(np.array([1e-6, 2e-6]), np.array([1e-6, 1e-6])) == pytest.approx(1.0)


def test_differences_from_zero_are_absolute():
    assert distance(np.array([1e-17]), np.array([0.0])) == pytest.approx(1e-17)
    assert distance(0.5, 0.0) == 0.5


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (np.zeros((2, 1)), np.zeros(2)),
        ([1.0, math.nan], [1.0, 2.0]),
        ([1.0, 2.0], [1.0, math.nan]),
        ([math.inf], [-math.inf]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": 1}),
        ((1, 2, 3), (1, 2)),
        ("yes", "no"),
        (True, False),
        (1.0, True),
        (None, 1.0),
        (1.0, None),
        (Pair(1.0, 2), (1.0, 2)),
        ({}, ()),
        (Raised("ValueError"), Raised("TypeError")),
        (Raised("ValueError"), 1.0),
        ("1", 1),
        (object(), object()),
        ([[1, 2], [3]], np.ones((2, 2))),
    ],
)
def test_other_structure_text_or_nan_is_infinitely_far(ours, theirs):
    assert distance(ours, theirs) == math.inf


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([math.nan, math.inf], [math.nan, math.inf]),
        ((1, 2), [1, 2]),
        ([1.0, 2.0], np.array([1.0, 2.0])),
        (np.array([1.0, 2.0]), [1.0, 2.0]),
        (np.float32(1), 1.0),
        (np.bool_(True), True),
        (Pair(1.0, 2), Pair(1.0, 2)),
        (Raised("ValueError", "this"), Raised("ValueError", "that")),
        (np.zeros((0, 3)), np.zeros((0, 3))),
        (None, None),
    ],
)
def test_the_same_in_another_dress_is_at_distance_zero(ours, theirs):
    assert distance(ours, theirs) == 0


def test_whole_numbers_are_compared_exactly():
    assert leaf_distance(np.array([1796, 5]), np.array([1797, 5])) == 1


def test_an_answer_that_holds_itself_is_compared_without_end():
    loop: list = [1.0]
    loop.append(loop)
    assert distance(loop, [1.0, 2.0]) == math.inf


def test_tensors_are_numbers():
    torch = pytest.importorskip("torch")
    assert distance(torch.tensor([1.0, 2.0], requires_grad=True), np.array([1.0, 2.0])) == 0


def test_float32_gets_the_tolerance_of_float32_and_never_more_than_a_hundredfold():
    coarse, fine = np.ones(2, np.float32), np.ones(2)
    assert tolerance_for(fine, fine, 1e-6) == 1e-6
    assert tolerance_for(coarse, fine, 1e-6) == 2e-5
    assert tolerance_for(coarse, fine, 1e-9) == pytest.approx(1e-7)
    assert tolerance_for(coarse, fine, 1e-3) == 1e-3


def test_an_unusual_form_is_named_once():
    rule = (np.ones(2), np.ones(3))
    assert form_notes(([1.0, 1.0], [1.0, 1.0, 1.0]), rule) == ["you return a list where the rule gives an array"]
    notes = form_notes((np.ones(2, np.float32), np.ones(3)), rule)
    assert notes == ["you return float32 where the rule gives float64"]


numbers = st.floats(-1e6, 1e6)


@settings(max_examples=60, deadline=None)
@given(st.lists(numbers, min_size=1, max_size=6), st.floats(1e-3, 1e3))
def test_the_distance_does_not_change_with_the_unit(values, unit):
    rule = np.array(values)
    if np.abs(rule).max() < 1e-3:
        rule = rule + 1.0
    ours = rule + np.abs(rule).max() * 0.25
    assert distance(ours * unit, rule * unit) == pytest.approx(distance(ours, rule), rel=1e-6)


def test_an_array_for_a_tensor_of_the_same_numbers_needs_no_note():
    torch = pytest.importorskip("torch")
    tensor = torch.ones(2, dtype=torch.float64)
    assert form_notes(tensor.numpy(), tensor) == []
    assert form_notes(tensor.float(), tensor) == ["you return float32 where the rule gives float64"]
