"""Every function that a sheet asks for is known to be asked for, and no other object is."""

import pytest

from course_lib.core.stats import t_interval
from course_lib.teaching.exercises.asked import exercise_of
from course_lib.teaching.exercises.registry import entries

ASKED = [one for one in entries() if one.exercise.kind in ("implement", "faded")]


@pytest.mark.parametrize("entry", ASKED, ids=[entry.exercise.slug for entry in ASKED])
def test_a_function_that_a_sheet_asks_for_is_found_with_its_exercise(entry):
    assert exercise_of(entry.exercise.reference) == entry


@pytest.mark.parametrize("other", [t_interval, 3, entries], ids=["library", "number", "course"])
def test_what_no_sheet_asks_for_is_not(other):
    assert exercise_of(other) is None
