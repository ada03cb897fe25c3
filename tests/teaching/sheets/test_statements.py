"""Every sheet's statements say of each exercise its title, kind and minutes, and check it in its place."""

import re

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.exercises import registry
from course_lib.teaching.percent import read_master

KIND_WORDS = {"faded": "complete"}


def cells(number: int, kind: str) -> str:
    (path,) = (course_root() / "solutions" / "source").glob(f"{number:02d}_*.py")
    return "\n".join(cell.text for cell in read_master(path) if cell.kind == kind)


@pytest.mark.parametrize("number", registry.sheet_numbers())
def test_a_sheet_states_each_exercise_as_it_is(number):
    text = cells(number, "markdown")
    for entry in registry.sheet(number):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert re.search(rf"^## {entry.number} (\w+: )?{re.escape(one.title)}$", text, re.MULTILINE | re.IGNORECASE)
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text
    checked = re.findall(r'^check\(\s*"(\w+)"', cells(number, "code"), re.MULTILINE)
    assert checked == [entry.exercise.slug for entry in registry.sheet(number)]


@pytest.mark.parametrize("number", registry.sheet_numbers())
def test_a_sheet_holds_one_attack_and_most_kinds(number):
    kinds = [entry.exercise.kind for entry in registry.sheet(number)]
    assert kinds.count("attack") == 1
    assert {"implement", "order", "audit"} <= set(kinds)


@pytest.mark.parametrize("number", [2, 6, 8, 9, 11])  # the others count a part of their sheet, or say it in words
def test_a_lesson_says_how_long_its_sheet_takes(number):
    (lesson,) = (course_root() / "notebooks" / "source").glob(f"{number:02d}_*.py")
    said = re.search(r"and about (\d+) for the \[exercise sheet\]", lesson.read_text(encoding="utf-8"))
    assert abs(int(said[1]) - sum(entry.exercise.minutes for entry in registry.sheet(number))) <= 10
