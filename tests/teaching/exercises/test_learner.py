"""`check("slug")` finds the learner's function in the notebook, and says what stands in the way."""

import json
import os
from types import SimpleNamespace

import pytest

from course_lib.teaching.exercises import learner
from tests.teaching.toy import AUDIT, TOY


@pytest.fixture
def notebook(monkeypatch):
    """A running notebook without a kernel: `run(source)` runs a cell as IPython would report it."""
    names: dict = {}
    monkeypatch.setattr(learner, "_runs", {})
    monkeypatch.setattr(learner, "shell", lambda: SimpleNamespace(user_ns=names))

    def run(source, cell="a"):
        try:
            exec(source, names)
            success = True
        except Exception:
            success = False
        learner._note(SimpleNamespace(info=SimpleNamespace(raw_cell=source, cell_id=cell), success=success))
        return names

    return run


GOOD = "def mean_squared_error(predictions, targets):\n    return 1"


def test_the_function_of_the_exercises_name_is_found(notebook):
    names = notebook(GOOD)
    assert learner.learners_function(TOY) == (names["mean_squared_error"], "")


def test_a_cell_that_was_not_run_is_told_so(notebook):
    notebook("x = 1")
    answer, told = learner.learners_function(TOY)
    assert answer is None
    assert told == "there is no mean_squared_error yet: run the cell above first"


@pytest.mark.parametrize(
    "broken", ["def mean_squared_error(a):\n    return 1\n1 / 0", "def mean_squared_error(a:\n    return"]
)
def test_a_cell_whose_last_run_failed_is_told_so(notebook, broken):
    notebook(GOOD)
    notebook(broken)
    answer, told = learner.learners_function(TOY)
    assert answer is None
    assert told.startswith("the last run of the cell that defines mean_squared_error failed")
    notebook(GOOD)
    assert learner.learners_function(TOY)[1] == ""


def test_a_cell_that_was_edited_and_saved_since_it_ran_is_told_so(notebook, tmp_path, monkeypatch):
    path = tmp_path / "sheet.ipynb"
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    notebook(GOOD)
    path.write_text(json.dumps({"cells": [{"id": "a", "source": GOOD.splitlines(keepends=True)}]}), encoding="utf-8")
    assert learner.learners_function(TOY)[1] == ""
    path.write_text(json.dumps({"cells": [{"id": "a", "source": GOOD.replace("1", "2")}]}), encoding="utf-8")
    later = learner._runs["mean_squared_error"].ended + 10
    os.utime(path, (later, later))
    assert "was edited since it ran" in learner.learners_function(TOY)[1]
    os.utime(path, (later - 20, later - 20))
    assert learner.learners_function(TOY)[1] == "", "a notebook saved before the run says nothing"
    path.write_text("no notebook", encoding="utf-8")
    assert learner.learners_function(TOY)[1] == ""


def test_an_exercise_that_asks_for_a_value_needs_it(notebook):
    with pytest.raises(TypeError, match=r'check\("audit_toy", answer\) needs the answer'):
        learner.learners_function(AUDIT)
