"""Letters and words are compared as they were meant, however they were typed."""

from typing import Any

import pytest

from course_lib.teaching.exercises.spelling import letters_of, words_of


@pytest.mark.parametrize(
    "typed",
    ["G C H", "gch", "g, c -> h", ["G", "C", "H"], ("g", " c ", "h\n")],
    ids=["spaces", "small", "marks", "list", "tuple"],
)
def test_letters_are_found_however_they_are_written(typed: Any) -> None:
    assert letters_of(typed) == ["G", "C", "H"]


def test_words_lose_capitals_underscores_and_spaces_that_are_too_many() -> None:
    assert words_of({" a": "No  Mask", "B": "no_mask", "c": 3}) == {"A": "no mask", "B": "no mask", "C": 3}


@pytest.mark.parametrize("other", [None, 3, ...])
def test_anything_else_stays_for_the_check_to_tell(other: Any) -> None:
    assert letters_of(other) is other
    assert words_of(other) is other


def test_what_is_no_text_in_a_list_stays_in_its_place() -> None:
    assert letters_of(["a", 2]) == ["A", 2]
    assert words_of(["a"]) == ["a"]
