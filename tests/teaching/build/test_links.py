"""Links between the sections of a lesson, its exercises and their solutions: each leads to a heading that is there."""

import json
import re
from pathlib import Path
from urllib.parse import unquote

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.build.lessons import IN_AN_HOUR
from course_lib.teaching.build.links import anchor, links_above, sections_of, with_exercise_links
from course_lib.teaching.build.percent import Cell, SourceError, read_source
from course_lib.teaching.exercises import registry

ROOT = course_root()
_LINK = re.compile(r"\]\((\.\./)?((?:notebooks|exercises|solutions)/[^)#]+\.ipynb)#([^)]+)\)")


def markdown(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]


def headings(path: Path) -> set[str]:
    """The headings of a notebook as JupyterLab names them."""
    lines = [line for text in markdown(path) for line in text.splitlines() if re.match(r"#{1,6} ", line)]
    return {re.sub(r"[`*]", "", line.lstrip("#").strip()).replace(" ", "-") for line in lines}


@pytest.mark.parametrize("folder", ["notebooks", "exercises", "solutions"])
def test_every_link_to_a_heading_finds_it(folder: str) -> None:
    found = [
        (path.name, target, unquote(fragment))
        for path in sorted((ROOT / folder).glob("*.ipynb"))
        for text in markdown(path)
        for _, target, fragment in _LINK.findall(text)
    ]
    assert len(found) > 5
    assert [one for one in found if one[2] not in headings(ROOT / one[1])] == []


@pytest.mark.parametrize("stem", IN_AN_HOUR)
def test_every_exercise_of_the_sheet_has_a_section_in_the_lesson(stem: str) -> None:
    sections = sections_of(read_source(ROOT / "notebooks" / "source" / f"{stem}.py"))
    assert set(sections) == {entry.exercise.slug for entry in registry.sheet(int(stem[:2]))}


def test_every_exercise_of_a_sheet_links_to_its_solution() -> None:
    for number in registry.sheet_numbers():
        path = next((ROOT / "exercises").glob(f"{number:02d}_*.ipynb"))
        assert sum("[its solution](" in text for text in markdown(path)) == len(registry.sheet(number))


def test_a_mark_becomes_a_link_and_an_unknown_exercise_is_refused() -> None:
    told = with_exercise_links("So.\n\n{exercise: standardize}", "01_training_loop", Path("a.py"), 3)
    assert (
        "[Exercise 1.4 Bring features to one scale without a leak](../exercises/01_training_loop.ipynb#1.4-Bring"
        in told
    )
    with pytest.raises(SourceError, match=r"sheet 01 has no exercise 'adam'"):
        with_exercise_links("{exercise: adam}", "01_training_loop", Path("a.py"), 3)


def test_the_section_of_an_exercise_is_the_last_heading_above_its_mark() -> None:
    text = "## 1 First\n\nwords\n\n### Second\n\n{exercise: adam}\n\n## 2 Third"
    assert sections_of([Cell("a", "markdown", text, 1), Cell("b", "markdown", "{exercise: sgd}", 9)]) == {
        "adam": "Second",
        "sgd": "2 Third",
    }


def test_an_exercise_without_a_section_links_to_its_solution_alone() -> None:
    assert links_above("adam", "3.2 Adam", "03_optimizers", {}, solution=True) == (
        " · [its solution](../solutions/03_optimizers.ipynb#3.2-Adam)"
    )
    assert links_above("adam", "3.2 Adam", "03_optimizers", {}, solution=False) == ""


def test_an_anchor_has_hyphens_for_spaces_and_no_marks_of_code() -> None:
    assert anchor("7 How large may `step` be? (1)") == "7-How-large-may-step-be?-%281%29"
