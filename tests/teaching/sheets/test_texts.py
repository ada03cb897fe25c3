"""The texts of every sheet say of its exercises what the exercises say of themselves."""

import re

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.exercises import registry
from course_lib.teaching.percent import read_master

SHEETS = sorted({entry.sheet for entry in registry.entries()})
KIND_WORDS = {"faded": "complete"}


def cells(sheet, kind):
    (master,) = (course_root() / "solutions" / "source").glob(f"{sheet:02d}_*.py")
    return "\n".join(cell.text for cell in read_master(master) if cell.kind == kind)


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master(sheet):
    text = cells(sheet, "markdown")
    for entry in registry.sheet(sheet):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert re.search(rf"^## {entry.number} (find: )?{re.escape(one.title)}$", text, re.MULTILINE | re.IGNORECASE)
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text


@pytest.mark.parametrize("sheet", SHEETS)
def test_every_exercise_is_checked_in_the_order_of_the_sheet(sheet):
    slugs = re.findall(r'^check\("(\w+)"', cells(sheet, "code"), re.MULTILINE)
    assert slugs == [entry.exercise.slug for entry in registry.sheet(sheet)]


@pytest.mark.parametrize("sheet", SHEETS)
def test_a_sheet_holds_several_kinds_and_an_attack(sheet):
    kinds = [entry.exercise.kind for entry in registry.sheet(sheet)]
    assert {"implement", "order", "find", "attack", "audit"} <= set(kinds)
    assert kinds.count("attack") == 1


@pytest.mark.parametrize("sheet", [2, 6, 8, 9, 11])  # the others count only a part of their sheet, or say it in words
def test_the_lesson_says_how_long_its_sheet_takes(sheet):
    minutes = sum(entry.exercise.minutes for entry in registry.sheet(sheet))
    (lesson,) = (course_root() / "notebooks" / "source").glob(f"{sheet:02d}_*.py")
    said = int(re.search(r"and about (\d+) for the \[exercise sheet\]", lesson.read_text(encoding="utf-8"))[1])
    assert abs(said - minutes) <= 10
