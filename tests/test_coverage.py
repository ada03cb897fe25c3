"""Every concept and every correction of the theory document is shown by a cell or an exercise that exists.

The numbers T01-T44 and E01-E34 are those of the course's plan for the theory document. `tests/coverage/theory_NN.py`
says for lesson NN which cells ("cell-id"), exercises ("sheet:slug") or known mistakes ("sheet:slug:id") show a number.
`tests/coverage/infinito_report.py` does the same for every row of the INFINITO training report and lesson 11.
"""

import importlib.util
import json
import re
from pathlib import Path

import pytest

from course_lib.core.reports.tables import get_report
from course_lib.teaching.exercises import registry

ROOT = Path(__file__).resolve().parents[1]
NUMBERS = {f"T{k:02d}" for k in range(1, 45)} | {f"E{k:02d}" for k in range(1, 35)}
# The lesson that answers for each number; others may show it as well.
HOME = {
    1: "T01 T02 T03 T04 T05 T06 T07 T09 T10 T11 T12 T13 T14 T15 T16 E08 E09 E10 E11 E13 E19",
    2: "T21 T22 T23 T24 E03 E04 E05 E06",
    3: "T25 T26 T31 E01 E02 E25 E26",
    4: "T08 E12 E15 E16 E17 E18 E33",
    5: "T18 T19 T20 T30 E07 E14 E23 E24 E30",
    6: "T17 E20 E21 E22 E31 E34",
    7: "T27 T28 T29 T32 T33 T34 T35 T36 T37 T38 T39 T40 T41 T42 T43 T44 E27 E28 E29 E32",
}
LESSONS = sorted(path.stem for path in (ROOT / "notebooks").glob("0[1-7]_*.ipynb"))


def covers(lesson: str) -> dict[str, tuple[str, ...]]:
    return covers_of(f"theory_{lesson[:2]}")


def covers_of(name: str) -> dict[str, tuple[str, ...]]:
    path = ROOT / "tests" / "coverage" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.COVERS


def cells(lesson: str) -> set[str]:
    notebook = json.loads((ROOT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    return {cell["id"] for cell in notebook["cells"]}


def test_every_number_has_a_home():
    homes = [number for numbers in HOME.values() for number in numbers.split()]
    assert sorted(homes) == sorted(NUMBERS)


@pytest.mark.parametrize("lesson", LESSONS)
def test_the_lesson_shows_what_it_answers_for(lesson):
    missing = set(HOME[int(lesson[:2])].split()) - set(covers(lesson))
    assert not missing, f"{lesson} is the home of {sorted(missing)}: name the cells in tests/coverage"


@pytest.mark.parametrize("lesson", LESSONS)
def test_what_is_named_exists(lesson):
    there = cells(lesson)
    for number, places in covers(lesson).items():
        assert number in NUMBERS, f"{number} is not a number of the theory document"
        assert places, f"{number} names no place"
        for place in places:
            sheet, slug, mistake = (*place.split(":"), "", "")[:3]
            if sheet != "sheet":
                assert place in there, f"{number}: {lesson} has no cell {place!r}"
                continue
            exercise = registry.entry_of(slug).exercise
            ids = {one.id for one in exercise.mistakes}
            assert not mistake or mistake in ids, f"{number}: {slug} has no known mistake {mistake!r}"


def test_the_sheet_of_a_place_is_well_formed():
    for lesson in LESSONS:
        for places in covers(lesson).values():
            assert all(re.fullmatch(r"[a-z0-9-]+|sheet:[a-z0-9_]+(:[a-z0-9_-]+)?", place) for place in places)


# The report of INFINITO: which column of a table tells a row from the others.
TELLING = {"epochs": "val perplexity", "phases": "improvement", "goals": "result"}
REPORT_LESSON = "11_infinito_audit"


def report_rows() -> dict[str, str]:
    """Every row of the report's tables, and every headline fact, with the text that a cell must show."""
    report = get_report("infinito")
    rows = {f"facts/{fact.name}": fact.text for fact in report.facts}
    for table in report.tables:
        texts = table.texts(TELLING[table.name])
        rows |= {f"{table.name}/{row[0]}": text for row, text in zip(table.rows, texts, strict=True)}
    return rows


def shown_by(lesson: str) -> dict[str, str]:
    """The source and the text outputs of every code cell of a lesson, by the cell's id."""
    notebook = json.loads((ROOT / "notebooks" / f"{lesson}.ipynb").read_text(encoding="utf-8"))
    shown = {}
    for cell in notebook["cells"]:
        outputs = cell.get("outputs", [])
        texts = [output.get("text", output.get("data", {}).get("text/markdown", "")) for output in outputs]
        shown[cell["id"]] = "\n".join("".join(text) for text in (cell["source"], *texts))
    return shown


def test_every_row_of_the_report_is_mapped():
    mapped, rows = covers_of("infinito_report"), report_rows()
    assert not set(rows) - set(mapped), "name the cells that show it in tests/coverage/infinito_report.py"
    assert not set(mapped) - set(rows), "the report has no such row"


@pytest.mark.parametrize("row", sorted(report_rows()))
def test_the_lesson_shows_the_row_of_the_report(row):
    shown, text = shown_by(REPORT_LESSON), report_rows()[row]
    places = covers_of("infinito_report")[row]
    for place in places:
        if place.startswith("sheet:"):
            assert registry.entry_of(place.removeprefix("sheet:"))
        else:
            assert place in shown, f"{row}: {REPORT_LESSON} has no cell {place!r}"
    plain = [shown[place].replace(",", "") for place in places if place in shown]
    assert any(text.replace(",", "") in one for one in plain), f"none of {places} shows {text!r}"
