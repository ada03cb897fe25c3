"""Edits change exactly what they say, and refuse what they do not find."""

import inspect

import pytest

from course_lib.teaching.exercises.edits import EditError, edited, split

NEVER = False


def helper(x):
    return x + 1


def total(values, start, *, twice=False):
    """The sum of the values."""
    result = start
    for value in values:
        if value > 0:
            result = result + value * 2
        else:
            result -= value
    if twice:
        result = result * 2
    return result, helper(result)


def body(function):
    """The lines of a function as it is after the edits, without the first."""
    return [line.strip() for line in inspect.getsource(function).splitlines()[1:]]


@pytest.mark.parametrize(
    ("edit", "result"),
    [
        ("value * 2 -> value", (5, 6)),
        ("value   *   2 -> value", (5, 6)),
        ("result + A -> A", (4, 5)),
        ("every 2 -> 3", (11, 12)),
        ("value * 2 -> value; result -= value -> result += value", (1, 2)),
        ("value * 2 -> value\nresult -= value -> result += value", (1, 2)),
        ("drop: result -= A", (6, 7)),
        ("result = start -> result = start; result = result + 100", (108, 109)),
        ("first: start = 10", (18, 19)),
        ("return: RESULT[1]", 9),
        ("return: result", 8),
        ("before result -= A -> result = 0", (6, 7)),
        ("after result = start -> result = result + 1", (9, 10)),
        ("value > 0 -> value < 0", (-7, -6)),
        ("if value > 0: ... -> ...", (2, 3)),
        ("if value > 0: ... -> else", (-1, 0)),
        ("if value > 0: ... -> if value > 2: ...", (-1, 0)),
        ("for A in B: ... -> for A in B[1:]: ...", (6, 7)),
        ("in helper: x + 1 -> x * 10", (8, 80)),
        ("values <-> start", None),
        ("result = start -> result = start if not NEVER else 0", (8, 9)),
    ],
)
def test_an_edit_does_what_it_says(edit, result):
    function = edited(total, edit)
    assert body(function) != body(edited(total, "result = start -> result = start + 0"))
    if result is None:
        assert "for value in start:" in body(function)
        assert body(function)[0] == "result = values"
    else:
        assert function([1, -2, 2], 0) == result


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ("value * 3 -> value", "'value * 3' is nowhere in the function"),
        ("result -> start", "is in the function 8 times; take more of it, or write `every`"),
        ("value * 2", "an edit is written OLD -> NEW"),
        ("value * 2 ->", "an edit is written OLD -> NEW"),
        ("drop: nothing()", "'nothing()' is nowhere"),
        ("for A in B: ... -> for A in", "not a statement"),
        ("return: (", "not a statement"),
        ("in nobody: x -> y", "there is no function 'nobody' to edit"),
        ("value <-> other", "'other' is nowhere"),
        ("drop: a = 1; b = 2", "OLD must be one statement"),
    ],
)
def test_an_edit_that_does_not_fit_is_refused_with_the_reason(edit, told):
    with pytest.raises(EditError) as error:
        edited(total, edit)
    assert told in str(error.value)


def test_the_reference_stays_as_it_is_and_the_module_too():
    before = inspect.getsource(total)
    edited(total, "in helper: x + 1 -> x * 10; value * 2 -> value")
    assert total([1, -2, 2], 0) == (8, 9)
    assert helper(1) == 2
    assert inspect.getsource(total) == before


def test_a_capital_letter_that_the_function_uses_itself_is_no_wildcard():
    changed = edited(_uses_capital, "X + 1 -> X + 5")
    assert changed(1) == (6, 3)


def _uses_capital(X):
    return X + 1, 2 + 1


def test_one_letter_stands_for_one_expression():
    with pytest.raises(EditError, match="nowhere"):
        edited(_uses_two, "A + A -> A")
    assert edited(_uses_two, "A * A -> A")(3, 4) == (7, 3)


def _uses_two(x, y):
    return x + y, x * x


def test_parts_without_an_arrow_belong_to_the_edit_before():
    assert split("a -> b; c; d -> e\nfirst: x = 1; y = 2\ndrop: z") == [
        "a -> b; c",
        "d -> e",
        "first: x = 1; y = 2",
        "drop: z",
    ]


def test_edits_know_the_names_that_they_are_given():
    assert edited(total, "value * 2 -> double(value)", {"double": lambda v: 100 * v})([1], 0) == (100, 101)
