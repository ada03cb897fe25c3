"""An exercise refuses to be written wrongly."""

from dataclasses import replace

import pytest

from course_lib.teaching.exercises.exercise import Mistake, Variant
from tests.teaching.toy import TOY


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"slug": "Mean Squared"}, "slug must be lower-case letters"),
        ({"kind": "quiz"}, "kind must be one of"),
        ({"difficulty": 4}, "difficulty must be 1, 2 or 3, got 4"),
        ({"minutes": 0}, "minutes must be above 0, got 0"),
        ({"tolerance": 0.0}, r"tolerance must be in \(0, 1\), got 0.0"),
        ({"hints": ("a", "b", "c", "d")}, "at most 3 texts"),
        ({"hints": "one text"}, "hints must be a tuple"),
        ({"title": ""}, "title must be one line of text"),
        ({"mistakes": TOY.mistakes[:1] * 2}, r"ids must be unique, got \['sum'\]"),
        ({"indistinguishable": (("sum", "nothing"),)}, r"names \['nothing'\]"),
        ({"indistinguishable": (("sum", "halved"),)}, "joins right and wrong answers"),
    ],
)
def test_a_wrong_definition_is_refused_in_words(change, words):
    with pytest.raises(ValueError, match=words):
        replace(TOY, **change)


def test_a_mistake_needs_one_line_and_one_question():
    with pytest.raises(ValueError, match="cause must be one line of text"):
        Mistake("a", "two\nlines", "why?", None)
    with pytest.raises(ValueError, match="must end with a question mark"):
        Mistake("a", "a cause", "a statement.", None)
    with pytest.raises(ValueError, match="note must be one line of text"):
        Variant("a", None, "")


def test_declared_groups_are_symmetric():
    both = replace(TOY, indistinguishable=(("sum", "rows"),))
    assert both.declared_same("rows", "sum")
    assert both.declared_same("sum", "rows")
    assert not both.declared_same("sum", "sign")
