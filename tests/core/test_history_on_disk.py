"""A history reads back exactly what it wrote, and says which line is damaged."""

import json
import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from course_lib.core.history import History

# The same cases every time, and no limit on time: a busy machine must not turn a test red.
QUICK = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
POSITION = ("split", "step", "epoch")
NAMES = st.text(min_size=1, max_size=8).filter(lambda name: name not in (*POSITION, "self"))
VALUES = st.one_of(st.floats(), st.integers(-(2**70), 2**70), st.booleans())
ROWS = st.tuples(
    st.text(min_size=1, max_size=8),
    st.integers(0, 10**9),
    st.integers(0, 10**4),
    st.dictionaries(NAMES, VALUES, min_size=1, max_size=4),
)


def same(a, b):
    return type(a) is type(b) and (a == b or (a != a and b != b))


@QUICK
@given(st.lists(ROWS, max_size=5))
def test_what_is_loaded_equals_what_was_saved(tmp_path, rows):
    history = History()
    for split, step, epoch, values in rows:
        history.add(split, step=step, epoch=epoch, **values)
    history.save(tmp_path / "history.jsonl")
    loaded = History.load(tmp_path / "history.jsonl")
    assert [list(row) for row in loaded.rows] == [list(row) for row in history.rows]
    for before, after in zip(history.rows, loaded.rows, strict=True):
        assert all(same(before[name], after[name]) for name in before)


def test_the_file_is_strict_json_one_object_per_line(tmp_path):
    history = History()
    history.add("inf", step=1, epoch=0, loss=math.nan, up=math.inf, down=-math.inf, plain=np.float32(0.5))
    history.add("val", step=2, epoch=0, loss=1.0)
    history.save(tmp_path / "history.jsonl")
    lines = (tmp_path / "history.jsonl").read_text().splitlines()

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    first = json.loads(lines[0], parse_constant=refuse)
    assert first == {
        "split": "inf", "step": 1, "epoch": 0, "loss": "nan", "up": "inf", "down": "-inf", "plain": 0.5
    }  # fmt: skip
    assert len(lines) == 2
    assert History.load(tmp_path / "history.jsonl").rows[0]["split"] == "inf"


def test_an_empty_history_is_an_empty_file(tmp_path):
    History().save(tmp_path / "history.jsonl")
    assert (tmp_path / "history.jsonl").read_bytes() == b""
    assert History.load(tmp_path / "history.jsonl").rows == []


GOOD = '{"split": "train", "step": 1, "epoch": 0, "loss": 1.0}'


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"split": "train", "step": 2, "ep', "line 2 is damaged: Unterminated string"),
        ("", "line 2 is damaged: Expecting value"),
        ("[1, 2]", r"line 2 is damaged: a row must be a JSON object, got \[1, 2\]"),
        ('{"split": "train", "loss": 1.0}', "line 2 is damaged: a row must have step, epoch"),
        ('{"split": "train", "step": 2, "epoch": 0}', "line 2 is damaged: the row train at step 2 must hold at least"),
        ('{"split": "train", "step": 2, "epoch": 0, "loss": NaN}', "line 2 is damaged: NaN is not JSON"),
        (
            '{"split": "train", "step": 2, "epoch": 0, "loss": "low"}',
            "line 2 is damaged: train/loss at step 2 is a str",
        ),
        (
            '{"split": "train", "step": -2, "epoch": 0, "loss": 1.0}',
            "line 2 is damaged: step must be at least 0, got -2",
        ),
    ],
)
def test_a_damaged_line_is_named_by_file_and_number(tmp_path, line, words):
    path = tmp_path / "history.jsonl"
    path.write_text(f"{GOOD}\n{line}\n{GOOD}\n")
    with pytest.raises(ValueError, match=words) as error:
        History.load(path)
    assert str(error.value).startswith(f"{path}, line 2 is damaged: ")


def test_bytes_that_are_not_text_are_a_damaged_line(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_bytes(GOOD.encode() + b'\n{"split": "\xff\xfe"}\n')
    with pytest.raises(ValueError, match="line 2 is damaged: 'utf-8' codec"):
        History.load(path)


def test_a_save_that_fails_leaves_the_old_file(tmp_path):
    path = tmp_path / "history.jsonl"
    path.write_text(GOOD + "\n")
    broken = History.load(path)
    broken.rows.append({"split": "train", "step": 9, "epoch": 9, "loss": object()})
    with pytest.raises(TypeError, match="not JSON serializable"):
        broken.save(path)
    assert path.read_text() == GOOD + "\n"
