"""The map of lessons is complete, and lesson 00 shows the map of today."""

import json
from pathlib import Path

from course_lib.teaching.build.lessons import PARTS, lesson_map

ROOT = Path(__file__).resolve().parents[3]


def test_the_lessons_are_numbered_from_0_to_20():
    assert [lesson.number for part in PARTS for lesson in part.lessons] == list(range(21))


def test_a_lesson_is_linked_when_its_notebook_is_there_and_planned_otherwise(tmp_path):
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "01_training_loop.ipynb").write_text("{}")
    rows = lesson_map(tmp_path).splitlines()
    (ready,) = [row for row in rows if row.startswith("| 01 ")]
    (planned,) = [row for row in rows if row.startswith("| 02 ")]
    assert "(01_training_loop.ipynb)" in ready
    assert ready.endswith("| ready |")
    assert "ipynb" not in planned
    assert planned.endswith("| planned |")


def test_every_notebook_is_on_the_map():
    stems = {lesson.stem for part in PARTS for lesson in part.lessons}
    assert {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")} <= stems


def test_lesson_00_was_built_when_the_map_was_as_it_is():
    notebook = json.loads((ROOT / "notebooks" / "00_start_here.ipynb").read_text(encoding="utf-8"))
    (cell,) = [cell for cell in notebook["cells"] if cell["id"] == "map-run"]
    stored = "".join(cell["outputs"][0]["data"]["text/markdown"])
    assert stored == lesson_map(), "lesson 00 is older than the map: python -m course_lib.teaching.build 00 --all"
