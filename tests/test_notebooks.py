"""The committed notebooks are what their sources say, executed from top to bottom, with outputs that mean something."""

import ast
import json
import re

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.build.assemble import targets
from course_lib.teaching.build.command import stale_notebooks
from course_lib.teaching.build.number_rules import unbacked_numbers
from course_lib.teaching.build.percent import IGNORE_OUTPUT, read_source
from course_lib.teaching.exercises import registry
from course_lib.teaching.numbers.cell import FOLDED
from tests.coverage.spelled_numbers import REASONS, SPELLED

ROOT = course_root()
FOLDERS = ("notebooks", "solutions", "exercises")
NOTEBOOKS = [path for folder in FOLDERS for path in sorted((ROOT / folder).glob("*.ipynb"))]
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SOURCES = sorted(ROOT.glob("*/source/*.py"))
# Calls that always display something, so that a cell that makes one has an output for nbval to compare.
DISPLAYING = {"print", "display", "show", "show_source", "claim", "check"}
MOST_MEGABYTES = 2.0


def name(path):
    return path.relative_to(ROOT).as_posix()


def code_cells(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [cell for cell in cells if cell["cell_type"] == "code"]


def text_of(cell):
    return "".join(cell["source"])


def displays(code, names=DISPLAYING):
    """Whether a statement of the cell (not of a function in it) is a call of one of these names."""
    calls = [
        node.value.func
        for node in ast.parse(code).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]
    return any(getattr(call, "id", getattr(call, "attr", "")) in names for call in calls)


def stems(pattern):
    return {path.stem for path in ROOT.glob(pattern)}


def test_every_committed_notebook_is_fresh():
    found = stale_notebooks(ROOT)
    assert not found, "\n".join(["edit the source, then: python -m course_lib.teaching.build", *map(str, found)])


def test_there_is_a_lesson_and_a_sheet():
    assert LESSONS
    assert stems("exercises/*.ipynb")


def test_every_lesson_has_its_master_and_every_master_its_lesson():
    assert stems("notebooks/*.ipynb") == stems("notebooks/source/*.py")


def test_every_sheet_has_its_solution_and_both_have_their_master():
    assert stems("exercises/*.ipynb") == stems("solutions/*.ipynb") == stems("solutions/source/*.py")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_every_code_cell_was_executed_in_order(path):
    counts = [cell["execution_count"] for cell in code_cells(path)]
    assert counts == list(range(1, len(counts) + 1))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_what_nbval_compares_is_there(path):
    # The numbers of a check that is folded show under the last check of its section.
    empty = [
        cell["id"]
        for cell in code_cells(path)
        if displays(text_of(cell)) and not cell["outputs"] and not text_of(cell).startswith(FOLDED)
    ]
    assert not empty, f"these cells display something when they run, but have no stored output: {empty}"
    compared = [cell for cell in code_cells(path) if IGNORE_OUTPUT not in cell["metadata"].get("tags", [])]
    assert any(cell["outputs"] for cell in compared), "nbval compares no output of this notebook"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=name)
def test_what_is_not_compared_is_asserted(path):
    cells = code_cells(path)
    ignored = [i for i, cell in enumerate(cells) if IGNORE_OUTPUT in cell["metadata"].get("tags", [])]
    asserting = [
        i for i, cell in enumerate(cells) if re.search(r"^\s*assert |\bclaim\(|\bcheck\(", text_of(cell), re.M)
    ]
    last = max(asserting, default=-1)
    # A widget, a prediction or a recall question has no result that an assertion could hold; what is printed has.
    loose = [cells[i]["id"] for i in ignored if i > last and displays(text_of(cells[i]), {"print"})]
    assert not loose, f"these cells are not compared and no later cell asserts what came out: {loose}"


@pytest.mark.parametrize("path", LESSONS, ids=name)
def test_every_number_in_the_text_of_a_lesson_is_claimed_or_quoted_or_listed_with_a_reason(path):
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    listed = SPELLED.get(path.stem[:2], {})
    found = unbacked_numbers(cells)
    wrong = [problem for problem in found if problem.literal not in listed.get(problem.cell, {})]
    assert not wrong, "\n".join(map(str, wrong))
    needed = {(problem.cell, problem.literal) for problem in found}
    assert needed == {(cell, phrase) for cell, phrases in listed.items() for phrase in phrases}, "listed without need"
    claiming = {cell["id"] for cell in cells if cell["cell_type"] == "code" and "claim" in text_of(cell)}
    for reason in (reason for phrases in listed.values() for reason in phrases.values()):
        assert reason in REASONS or reason.removeprefix("claimed: ") in claiming, reason


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_a_code_cell_has_at_most_fifteen_lines(path):
    # Exercise cells are filled from the library, and an answer in the solution may be as long as it needs.
    cells = [cell for cell in read_source(path) if cell.kind == "code" and "solution" not in cell.tags]
    assert [cell.id for cell in cells if len(cell.text.splitlines()) > 15] == []


@pytest.mark.parametrize("path", sorted((ROOT / "exercises").glob("*.ipynb")), ids=name)
def test_a_sheet_asks_and_checks_the_exercises_that_are_registered_for_it(path):
    code = "\n".join(text_of(cell) for cell in code_cells(path))
    checked = re.findall(r"\bcheck\(\s*['\"]([\w-]+)['\"]", code)
    filled = [cell["metadata"]["exercise"] for cell in code_cells(path) if "exercise" in cell["metadata"]]
    assert list(dict.fromkeys(checked)) == [entry.exercise.slug for entry in registry.sheet(int(path.stem[:2]))]
    assert set(filled) <= set(checked)


def test_notebooks_are_small():
    heavy = {name(path): path.stat().st_size / 1e6 for path in NOTEBOOKS if path.stat().st_size > MOST_MEGABYTES * 1e6}
    assert not heavy, f"more than {MOST_MEGABYTES} MB: {heavy}"


def test_every_target_of_the_builder_is_one_of_these_notebooks():
    assert {target.path for target in targets(ROOT)} == set(NOTEBOOKS)
