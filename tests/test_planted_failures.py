"""Faults that are planted in copies of the course turn the suite red, in the places where they are and nowhere else.

A suite that is red for another reason proves nothing. So each run is also asked what stayed green.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.exercises import match, registry
from tests.teaching.entries import named

ROOT = course_root()
FRESH = "tests/test_notebooks.py::test_every_committed_notebook_is_fresh"
STRONG = "tests/test_exercises.py"
UNSPOILED = f"{STRONG}::test_slugs_are_unique_over_all_sheets"
FAILED = 1  # exit code of pytest; 2 and above mean that it could not even run
# The functions below that pick a cell take the first that fits, so that any lesson will do.
SHEETS = sorted((ROOT / "exercises").glob("*.ipynb"))


@dataclass(frozen=True)
class Outcome:
    """What pytest said: exit code, the ids that failed and that passed, all it printed."""

    code: int
    failed: list[str]
    passed: list[str]
    text: str


def code_cells(notebook):
    """nbval calls the k-th of them "Cell k", from 0."""
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def one_changed_number_in_a_stored_output(copy):
    """Plant it in the sheet; the id of the test of that cell."""
    path = copy / "exercises" / SHEETS[0].name
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for number, cell in enumerate(code_cells(notebook)):
        if "nbval-ignore-output" in cell["metadata"].get("tags", []):
            continue
        for output in cell["outputs"]:
            lines = output.get("text") or output.get("data", {}).get("text/plain", [])
            if any(re.search(r"\d", line) for line in lines) and "image/png" not in output.get("data", {}):
                place = next(i for i, line in enumerate(lines) if re.search(r"\d", line))
                lines[place] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), lines[place], count=1)
                path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
                return f"exercises/{path.name}::Cell {number}"
    pytest.fail(f"{path.name} stores no number that nbval compares")


def one_changed_line_in_a_solution(copy):
    """Plant it in the solution; the ids of the tests of the cells before it."""
    path = copy / "solutions" / SHEETS[0].name
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cells = code_cells(notebook)
    number, cell = next((number, cell) for number, cell in enumerate(cells) if "exercise" in cell["metadata"])
    place = max(i for i, line in enumerate(cell["source"]) if line.lstrip().startswith("return "))
    indent = cell["source"][place][: -len(cell["source"][place].lstrip())]
    cell["source"][place] = f"{indent}return 0\n"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
    return [f"solutions/{path.name}::Cell {before}" for before in range(number)]


def a_check_that_accepts_everything(copy):
    path = copy / Path(match.__file__).relative_to(ROOT)
    text = path.read_text(encoding="utf-8")
    assert "\ndef right_answer(" in text, f"the plant replaces right_answer of {path.name}, which is not there any more"
    path.write_text(text + "\n\ndef right_answer(*_):\n    return Finding(RIGHT)\n", encoding="utf-8")


def checks_of_the_first_sheet():
    """Node ids. One sheet is enough to notice a check that is spoiled for all."""
    names = [named(entry) for entry in registry.sheet(int(SHEETS[0].name[:2]))]
    return [f"{STRONG}::test_the_check_is_strong[{name}]" for name in names]


def copy_of_the_course(folder):
    """What git knows of the checkout, with files that are not added yet, and of the notebooks those of one lesson."""
    git = [
        "git",
        "-c",
        "safe.directory=*",
        "-C",
        str(ROOT),
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    try:
        listed = subprocess.run(git, capture_output=True, check=True).stdout.decode().split("\0")
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"the list of files comes from git, and this is no checkout ({error})")
    for file in filter(None, listed):
        path = Path(file)
        notebooks = path.parts[0] in ("notebooks", "solutions", "exercises") and path.parts[1] != "recorded"
        other = notebooks and path.stem != SHEETS[0].stem
        if (ROOT / file).is_file() and not other:  # a file may be deleted and not yet committed
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, folder / file)
    return folder


def run_suite(copy, tests):
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_", "COVERAGE_"))
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(copy), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-rfEp", "--color=no", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300)
    said = done.stdout + done.stderr
    failed, passed = (
        re.findall(rf"^(?:{word}) (.*?)(?: - .*)?$", said, re.MULTILINE) for word in ("FAILED|ERROR", "PASSED")
    )
    return Outcome(done.returncode, failed, passed, said)


@pytest.mark.skipif(not SHEETS, reason="no exercise sheet is built yet")
def test_a_changed_number_and_a_changed_line_are_noticed_in_their_cells_and_by_the_builder(tmp_path):
    copy = copy_of_the_course(tmp_path)
    number, before = one_changed_number_in_a_stored_output(copy), one_changed_line_in_a_solution(copy)
    sheet, solution = f"exercises/{SHEETS[0].name}", f"solutions/{SHEETS[0].name}"
    outcome = run_suite(copy, (FRESH, sheet, solution))
    assert outcome.code == FAILED, outcome.text
    assert [name for name in outcome.failed if name.startswith(sheet)] == [number]
    assert [name for name in outcome.failed if name.startswith(solution)], "nbval noticed no changed line"
    assert set(before) <= set(outcome.passed)
    assert [name for name in outcome.failed if not name.startswith((sheet, solution))] == [FRESH]
    found = re.findall(
        r"^E +(solutions|exercises|notebooks)/source/.*?: cell .* (in source|not built)", outcome.text, re.M
    )
    assert found == [("solutions", "in source")], "the builder names the changed cell and no other"


@pytest.mark.skipif(not SHEETS, reason="no exercise sheet is built yet")
def test_a_check_that_accepts_everything_is_noticed_in_every_exercise(tmp_path):
    copy = copy_of_the_course(tmp_path)
    a_check_that_accepts_everything(copy)
    strong = checks_of_the_first_sheet()
    outcome = run_suite(copy, (*strong, UNSPOILED))
    assert outcome.code == FAILED, outcome.text
    assert sorted(outcome.failed) == sorted(strong)
    assert outcome.passed == [UNSPOILED]
