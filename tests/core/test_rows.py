"""Rows tell of every change but their growth, whatever is done to them."""

import copy
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.core.history import History
from course_lib.core.rows import Rows, mark, only_grew

GROWTH = {
    "append": lambda rows: rows.append({"x": 7}),
    "extend": lambda rows: rows.extend([{"x": 7}, {"x": 8}]),
    "add": lambda rows: rows.__iadd__([{"x": 9}]),
    "read": lambda rows: [dict(row) for row in rows] + sorted(row["x"] for row in rows),
}
CHANGES = {
    "set a row": lambda rows: rows.__setitem__(0, {"x": 5}),
    "set all rows": lambda rows: rows.__setitem__(slice(None), [{"x": 1}, {"x": 2}]),
    "delete": lambda rows: rows.__delitem__(0),
    "insert": lambda rows: rows.insert(0, {"x": 3}),
    "pop": lambda rows: rows.pop(),
    "remove": lambda rows: rows.remove(rows[0]),
    "reverse": lambda rows: rows.reverse(),
    "sort": lambda rows: rows.sort(key=lambda row: -row["x"]),
    "repeat": lambda rows: rows.__imul__(2),
    "clear": lambda rows: rows.clear(),
    "set a value": lambda rows: rows[0].__setitem__("x", 4),
    "update a row": lambda rows: rows[-1].update(y=1),
    "or a row": lambda rows: rows[-1].__ior__({"y": 1}),
    "a default": lambda rows: rows[0].setdefault("y", 1),
    "delete a value": lambda rows: rows[0].__delitem__("x"),
    "pop a value": lambda rows: rows[0].pop("x"),
    "pop an item": lambda rows: rows[0].popitem(),
    "clear a row": lambda rows: rows[0].clear(),
}


def fresh() -> Rows:
    return Rows([{"x": 1}, {"x": 2}])


@given(st.lists(st.sampled_from(sorted(GROWTH))))
def test_growing_is_no_change(names: list[str]) -> None:
    rows = fresh()
    before, written = mark(rows), [dict(row) for row in rows]
    for name in names:
        GROWTH[name](rows)
    assert only_grew(rows, before)
    assert rows[:2] == written


@pytest.mark.parametrize("name", CHANGES)
def test_every_change_is_told(name: str) -> None:
    rows = fresh()
    rows.append({"x": 3})  # a plain dict, which becomes a row that counts
    before = mark(rows)
    CHANGES[name](rows)
    assert not only_grew(rows, before)


def test_other_rows_are_not_these_rows() -> None:
    before = mark(fresh())
    assert not only_grew(fresh(), before)
    history = History()
    before = mark(history.rows)
    history.rows = []  # whoever puts a plain list there gets one, and nothing is known of it
    assert not only_grew(history.rows, before)


def test_rows_are_lists_of_dicts_for_everybody_else() -> None:
    history = History()
    history.add("val", step=1, epoch=0, loss=2.0)
    wanted: list[dict[str, Any]] = [{"split": "val", "step": 1, "epoch": 0, "loss": 2.0}]
    assert history.rows == wanted
    assert repr(history.rows) == repr(wanted)
    assert copy.deepcopy(history).rows == pickle.loads(pickle.dumps(history)).rows == wanted
