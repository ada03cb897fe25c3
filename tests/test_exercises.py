"""Does every registered exercise keep the demands on a check? One test per exercise and demand group."""

import pytest

from course_lib.teaching.check import table
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.exercise import MOST_HINTS
from course_lib.teaching.exercises.weaknesses import weaknesses

ENTRIES = list(registry.entries())
NONE_YET = "no sheet is registered: course_lib/teaching/checks holds no sheet_NN"


def named(entry):
    return f"{entry.number}-{entry.exercise.slug}"


@pytest.mark.parametrize(
    "entry", ENTRIES or [pytest.param(None, marks=pytest.mark.skip(reason=NONE_YET))], ids=named if ENTRIES else None
)
def test_the_check_is_strong(entry):
    found = weaknesses(entry.exercise)
    assert not found, f"{entry.number} {entry.exercise.slug}:\n" + "\n".join(found)


@pytest.mark.skipif(not ENTRIES, reason=NONE_YET)
def test_slugs_are_unique_over_all_sheets():
    slugs = [entry.exercise.slug for entry in ENTRIES]
    assert sorted(set(slugs)) == sorted(slugs)


@pytest.mark.skipif(not ENTRIES, reason=NONE_YET)
def test_hints_are_few_and_whole_sentences():
    for entry in ENTRIES:
        assert len(entry.exercise.hints) <= MOST_HINTS
        assert all(text.strip() for text in entry.exercise.hints), f"{entry.exercise.slug} has an empty hint"


@pytest.mark.skipif(not ENTRIES, reason=NONE_YET)
def test_every_exercise_says_what_its_check_does_not_test():
    silent = [entry.exercise.slug for entry in ENTRIES if not entry.exercise.not_tested.strip()]
    assert not silent, f"not_tested is empty for {silent}"


@pytest.mark.skipif(not ENTRIES, reason=NONE_YET)
def test_the_table_has_a_line_for_every_exercise():
    lines = table().splitlines()
    assert len(lines) == len(ENTRIES) + 1
    for entry, line in zip(ENTRIES, lines[1:], strict=True):
        assert entry.number in line
        assert entry.exercise.slug in line
