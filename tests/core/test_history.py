"""A history keeps plain numbers and finds them again."""

import doctest
import math

import numpy as np
import pytest
import torch

from course_lib.core import history as module
from course_lib.core.history import History


def small_history():
    history = History()
    history.add("train", step=1, epoch=0, loss=2.0)
    history.add("train", step=2, epoch=0, loss=1.5, seconds=0.25)
    history.add("val", step=2, epoch=0, loss=1.75, accuracy=0.5)
    history.add("train", step=3, epoch=1, loss=1.25, seconds=0.5)
    history.add("val", step=3, epoch=1, loss=math.nan, accuracy=0.75)
    history.add("val", step=4, epoch=2, loss=1.75, accuracy=0.75)
    return history


def only_nan():
    history = History()
    history.add("val", step=1, epoch=0, loss=math.nan)
    return history


def same(a, b):
    return type(a) is type(b) and (a == b or (a != a and b != b))


def test_the_example_in_the_docstring_is_true():
    assert doctest.testmod(module).failed == 0


def test_rows_are_plain_dicts_in_the_order_of_recording():
    assert small_history().rows[:2] == [
        {"split": "train", "step": 1, "epoch": 0, "loss": 2.0},
        {"split": "train", "step": 2, "epoch": 0, "loss": 1.5, "seconds": 0.25},
    ]


def test_a_series_has_the_values_of_one_split_against_the_chosen_axis():
    history = small_history()
    steps, losses = history.series("train", "loss")
    assert steps.tolist() == [1, 2, 3]
    assert losses.tolist() == [2.0, 1.5, 1.25]
    assert history.series("val", "accuracy", x="epoch")[0].tolist() == [0, 1, 2]
    assert steps.dtype == losses.dtype == np.float64


def test_a_series_against_another_value_skips_the_rows_that_lack_it():
    seconds, losses = small_history().series("train", "loss", x="seconds")
    assert seconds.tolist() == [0.25, 0.5]
    assert losses.tolist() == [1.5, 1.25]


def test_last_is_the_value_that_was_recorded_last():
    assert small_history().last("train", "loss") == 1.25
    assert math.isnan(only_nan().last("val", "loss"))


def test_best_is_the_first_of_the_smallest_and_never_nan():
    assert small_history().best("val", "loss")["step"] == 2
    assert small_history().best("train", "loss")["epoch"] == 1


def test_best_with_mode_max_is_the_first_of_the_largest():
    assert small_history().best("val", "accuracy", mode="max")["step"] == 3


def test_changing_the_best_row_leaves_the_history_as_it_is():
    history = small_history()
    history.best("train", "loss")["loss"] = -1.0
    assert history.last("train", "loss") == 1.25


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        (np.float32(0.5), 0.5),
        (np.float64(0.1), 0.1),
        (np.float16(2), 2.0),
        (np.longdouble(0.25), 0.25),
        (np.int64(3), 3),
        (np.uint8(255), 255),
        (np.bool_(True), True),
    ],
)
def test_a_numpy_scalar_becomes_a_plain_number(value, plain):
    history = History()
    history.add("train", step=np.int64(1), epoch=np.int32(0), loss=value)
    row = history.rows[0]
    assert same(row["loss"], plain)
    assert same(row["step"], 1)
    assert same(row["epoch"], 0)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (torch.tensor(1.0), "train/loss at step 1 is a Tensor; history keeps plain numbers, so pass value.item()"),
        (np.array(1.0), "train/loss at step 1 is a ndarray; history keeps plain numbers, so pass value.item()"),
        ([1.0], "train/loss at step 1 is a list; history keeps plain numbers"),
        ("1.0", "train/loss at step 1 is a str; history keeps plain numbers"),
        (None, "train/loss at step 1 is a NoneType; history keeps plain numbers"),
    ],
)
def test_anything_but_a_plain_number_is_refused_by_name(value, words):
    history = History()
    with pytest.raises(TypeError) as error:
        history.add("train", step=1, epoch=0, loss=value)
    assert str(error.value) == words
    assert history.rows == []


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"split": ""}, ValueError, "split must be the name of a part of the data, got an empty text"),
        ({"split": 3}, TypeError, "split must be the name of a part of the data, got 3"),
        ({"step": -1}, ValueError, "step must be at least 0, got -1"),
        ({"step": 1.5}, TypeError, "step must be an integer, got 1.5"),
        ({"step": True}, TypeError, "step must be an integer, got True"),
        ({"epoch": -2}, ValueError, "epoch must be at least 0, got -2"),
        ({"epoch": None}, TypeError, "epoch must be an integer, got None"),
    ],
)
def test_a_bad_position_is_named_with_its_rule_and_value(arguments, error, words):
    with pytest.raises(error, match=f"^{words}$"):
        History().add(**{"split": "train", "step": 1, "epoch": 0, "loss": 1.0, **arguments})


def test_a_row_without_values_is_refused():
    with pytest.raises(ValueError, match=r"^the row train at step 4 must hold at least one value, got none$"):
        History().add("train", step=4, epoch=0)


@pytest.mark.parametrize("ask", ["series", "last", "best"])
def test_asking_for_what_was_not_recorded_lists_what_was(ask):
    words = "^the history has no test/loss; it has train/loss, train/seconds, val/accuracy, val/loss$"
    with pytest.raises(ValueError, match=words):
        getattr(small_history(), ask)("test", "loss")


def test_asking_an_empty_history_says_that_it_is_empty():
    with pytest.raises(ValueError, match=r"^the history has no train/loss; it has no rows$"):
        History().last("train", "loss")


def test_asking_for_an_axis_that_no_row_has_names_the_axis():
    with pytest.raises(ValueError, match=r"^no row of val/loss has 'seconds'; it has train/loss, train/seconds"):
        small_history().series("val", "loss", x="seconds")


def test_best_refuses_another_mode_and_a_series_of_nan():
    with pytest.raises(ValueError, match=r"^mode must be one of min, max, got 'largest'$"):
        small_history().best("val", "loss", mode="largest")
    with pytest.raises(ValueError, match=r"^val/loss has no best row: every recorded value is NaN$"):
        only_nan().best("val", "loss")
