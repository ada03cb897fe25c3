"""Tables are read row by row, their answers are made when they are asked for, and a row that is not one is refused."""

import re

import pytest

from course_lib.teaching.exercises import tables
from course_lib.teaching.exercises.exercise import Later

TABLE = """
    one: the first cause | why one?
        a -> b
    two: a cause
        | why is it two?
        a
        -> {1e-8|1e-12}; c -> {x|y}
        when: near
    three: a function | why three?
"""
NAMES = {"three": abs, "near": lambda seen, right: True}


def test_a_table_is_read_row_by_row():
    one, two, three = tables.mistakes(TABLE, lambda edit: edit, NAMES)
    assert (one.id, one.cause, one.question, one.answers) == ("one", "the first cause", "why one?", ("a -> b",))
    assert (two.cause, two.question) == ("a cause", "why is it | two?".replace(" | ", " ")) or two.question.endswith(
        "two?"
    )
    assert two.answers == (
        "a -> 1e-8; c -> x",
        "a -> 1e-8; c -> y",
        "a -> 1e-12; c -> x",
        "a -> 1e-12; c -> y",
    )
    assert two.when is NAMES["near"]
    assert three.answer is abs


def test_answers_are_made_when_they_are_asked_for_and_once():
    made = []
    (one,) = tables.mistakes("one: cause | why?\n    edit", lambda edit: made.append(edit) or edit, {})
    assert isinstance(one.given, Later)
    assert made == []
    assert one.answer == one.answer == "edit"
    assert made == ["edit"]


def test_an_edit_that_does_not_fit_is_told_with_its_row():
    def make(edit):
        raise ValueError("no such place")

    (one,) = tables.mistakes("one: cause | why?\n    edit", make, {})
    with pytest.raises(ValueError, match="one: no such place"):
        _ = one.answer


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ("one: a cause without a question\n    a -> b", "one: a known mistake has a cause and a question"),
        ("no header\n    a -> b", "a row of a table begins with `id: cause"),
        ("one: cause | why?", "one: a row without an edit needs a function of that name"),
        ("one: cause | why?\n    a\n    when: nowhere", "`when` names 'nowhere'"),
        ("one: cause | why\n    a", "question must end with a question mark"),
    ],
)
def test_a_row_that_is_not_one_is_refused(table, told):
    with pytest.raises(ValueError, match=re.escape(told)):
        tables.mistakes(table, lambda edit: edit, {})


def test_notes_of_right_answers_may_go_on_in_a_second_line():
    (one,) = tables.variants("one: a note,\n    | and more of it\n    edit", lambda edit: edit, {})
    assert one.note == "a note, and more of it"
