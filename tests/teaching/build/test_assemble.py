"""Lesson, solution and sheet get the cells that the source has for each."""

import pytest

from course_lib.teaching.build.assemble import targets
from course_lib.teaching.build.percent import SourceError
from course_lib.teaching.build.source import faded_of, fenced, stub_of, worked_of
from course_lib.teaching.exercises.exercise import Exercise
from course_lib.teaching.exercises.registry import Entry
from tests.teaching.build.sources import FUNCTION, LESSON, SHEET, TOP, by_id, cells, source


def test_a_lesson_has_no_exercise_and_no_cell_for_a_sheet(tmp_path):
    for slip in (f'# %% id="a" exercise="s" {FUNCTION}\n', '# %% id="a" tags=["sheet"]\nx = 1\n'):
        with pytest.raises(SourceError, match=r"97_demo.py:4: exercises stand in solutions/source"):
            cells(tmp_path, "lesson", f"{TOP}\n{slip}")


def test_a_master_is_named_by_number_and_topic(tmp_path):
    source(tmp_path, LESSON, name="demo.py")
    with pytest.raises(SourceError, match=r"notebooks/source/demo.py: the name of a source must be NN_topic.py"):
        targets(tmp_path)


def test_the_solution_holds_the_function_and_the_sheet_its_stub(tmp_path):
    solution, sheet = (by_id(cells(tmp_path, kind, SHEET)) for kind in ("solution", "sheet"))
    assert solution["mine"].source == worked_of(fenced)
    assert sheet["mine"].source == stub_of(fenced)
    assert sheet["mine"].metadata == solution["mine"].metadata == {"exercise": "the_fence"}


def test_only_the_sheet_has_the_faded_level_in_a_folded_block_after_the_stub(tmp_path):
    sheet = cells(tmp_path, "sheet", SHEET)
    place = [node.id for node in sheet].index("mine")
    assert sheet[place + 1].id == "mine-faded"
    text = sheet[place + 1].source
    assert text.startswith("<details>\n<summary>")
    assert fenced(faded_of(fenced, ("longest = ", "return"))) in text
    assert "mine-faded" not in by_id(cells(tmp_path, "solution", SHEET))


def test_tagged_cells_stand_in_one_of_the_two(tmp_path):
    solution, sheet = (by_id(cells(tmp_path, kind, SHEET)) for kind in ("solution", "sheet"))
    assert ("order" in sheet, "answer" in sheet) == (True, False)
    assert ("order" in solution, "answer" in solution) == (False, True)
    assert sheet["order"].metadata == solution["answer"].metadata == {}


def test_a_registered_exercise_gives_the_faded_lines_and_must_be_the_same_function(tmp_path, monkeypatch):
    def register(**options):
        exercise = Exercise("the_fence", "Fence", "implement", True, 1, 5, **options)
        monkeypatch.setattr("course_lib.teaching.exercises.registry.sheet_numbers", lambda: [97])
        monkeypatch.setattr(
            "course_lib.teaching.exercises.registry.sheet", lambda number: (Entry(number, 1, exercise),)
        )

    without = SHEET.replace(' fade="longest = ||return"', "")
    register(reference=fenced, fade=("return",))
    assert fenced(faded_of(fenced, ("return",))) in by_id(cells(tmp_path, "sheet", without))["mine-faded"].source
    with pytest.raises(SourceError, match=r"fade is \('longest =', 'return'\) here and \('return',\) in the check"):
        cells(tmp_path, "sheet", SHEET)
    register(reference=stub_of)
    with pytest.raises(
        SourceError, match=r"filled from course_lib\.teaching\.build\.source:fenced, but its check holds 'stub_of'"
    ):
        cells(tmp_path, "sheet", without)
