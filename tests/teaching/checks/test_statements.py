"""Every sheet states its exercises in their order, with a check after each, and holds an attack and most kinds."""

import re

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.build.percent import read_source
from course_lib.teaching.exercises import registry


@pytest.mark.parametrize("number", registry.sheet_numbers())
def test_a_sheet_states_and_checks_each_exercise_in_its_place(number):
    slugs = [entry.exercise.slug for entry in registry.sheet(number)]
    (path,) = (course_root() / "solutions" / "source").glob(f"{number:02d}_*.py")
    cells = read_source(path)
    assert [cell.slug for cell in cells if cell.kind == "markdown" and cell.slug] == slugs
    code = "\n".join(cell.text for cell in cells if cell.kind == "code")
    assert re.findall(r'^check\(\s*"(\w+)"', code, re.MULTILINE) == slugs


@pytest.mark.parametrize("number", registry.sheet_numbers())
def test_a_sheet_holds_one_attack_and_most_kinds(number):
    kinds = [entry.exercise.kind for entry in registry.sheet(number)]
    assert kinds.count("attack") == 1
    assert {"implement", "order", "audit"} <= set(kinds)


@pytest.mark.parametrize("number", [n for n in registry.sheet_numbers() if n not in (1, 10)])  # they say it in words
def test_a_lesson_says_how_long_its_sheet_takes(number):
    (lesson,) = (course_root() / "notebooks" / "source").glob(f"{number:02d}_*.py")
    said = re.search(r"and about (\d+) for the \[exercise sheet\]", lesson.read_text(encoding="utf-8"))
    assert abs(int(said[1]) - sum(entry.exercise.minutes for entry in registry.sheet(number))) <= 10
