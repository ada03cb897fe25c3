"""Would the suite notice? Three faults are planted in copies of the course; each has to turn its part of the suite red.

The same tests, on a copy without a fault, have to be green: a suite that is red for another reason proves nothing.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.exercises import registry
from tests.test_exercises import named

ROOT = course_root()
FRESH = "tests/test_notebooks.py::test_every_committed_notebook_is_fresh"
STRONG = "tests/test_exercises.py"
FAILED, PASSED = 1, 0  # exit codes of pytest; 2 and above mean that it could not even run
# The functions below that pick a cell take the first that fits, so that any lesson will do.
SHEETS = sorted((ROOT / "exercises").glob("*.ipynb"))


@dataclass(frozen=True)
class Outcome:
    code: int
    text: str


@dataclass(frozen=True)
class Plant:
    """A fault, put into a copy of the course, and the tests that have to notice it."""

    put: Callable[[Path], None]
    tests: tuple[str, ...]


def one_changed_number_in_a_stored_output(copy):
    path = copy / "exercises" / SHEETS[0].name
    notebook = json.loads(path.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown" or "nbval-ignore-output" in cell["metadata"].get("tags", []):
            continue
        for output in cell["outputs"]:
            lines = output.get("text") or output.get("data", {}).get("text/plain", [])
            if any(re.search(r"\d", line) for line in lines) and "image/png" not in output.get("data", {}):
                place = next(i for i, line in enumerate(lines) if re.search(r"\d", line))
                lines[place] = re.sub(r"\d", lambda digit: str((int(digit[0]) + 1) % 10), lines[place], count=1)
                path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")
                return
    pytest.fail(f"{path.name} stores no number that nbval compares")


def one_changed_line_in_a_solution(copy):
    path = copy / "solutions" / SHEETS[0].name
    notebook = json.loads(path.read_text(encoding="utf-8"))
    cell = next(cell for cell in notebook["cells"] if "exercise" in cell["metadata"])
    place = max(i for i, line in enumerate(cell["source"]) if line.lstrip().startswith("return "))
    indent = cell["source"][place][: -len(cell["source"][place].lstrip())]
    cell["source"][place] = f"{indent}return 0\n"
    path.write_text(json.dumps(notebook, indent=1), encoding="utf-8")


def a_check_that_accepts_everything(copy):
    path = copy / "course_lib" / "teaching" / "match.py"
    text = path.read_text(encoding="utf-8")
    assert "\ndef right_answer(" in text, "the plant replaces right_answer of match.py, which is not there any more"
    path.write_text(text + "\n\ndef right_answer(*_):\n    return Finding(RIGHT)\n", encoding="utf-8")


def nothing(copy):
    """The copy as it is."""


def sheet_and_solution():
    return f"exercises/{SHEETS[0].name}", f"solutions/{SHEETS[0].name}"


def checks_of_the_first_sheet():
    """Node ids. One sheet is enough to notice a check that is spoiled for all, and all of them take minutes."""
    number = int(SHEETS[0].name[:2])
    names = [named(entry) for entry in registry.entries()]
    return tuple(f"{STRONG}::test_the_check_is_strong[{name}]" for name in names if name.startswith(f"{number}."))


def plants():
    sheet, solution = sheet_and_solution()
    strong = checks_of_the_first_sheet()
    return {
        "nothing": Plant(nothing, (FRESH, *strong, sheet, solution)),
        "number": Plant(one_changed_number_in_a_stored_output, (sheet,)),
        "solution": Plant(one_changed_line_in_a_solution, (FRESH, solution)),
        "check": Plant(a_check_that_accepts_everything, strong),
    }


def copy_of_the_course(folder):
    """What git knows of the checkout, with files that are not added yet, and nothing that it ignores."""
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
        if (ROOT / file).is_file():  # a file may be deleted and not yet committed
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, folder / file)
    return folder


def run_suite(copy, tests):
    environment = {
        key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_", "COVERAGE_"))
    }
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(copy), os.environ.get("PYTHONPATH")]))
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "--color=no", "-p", "no:cacheprovider", *tests]
    done = subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=300)
    return Outcome(done.returncode, done.stdout + done.stderr)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory):
    """What the suite says of each plant. Two at a time: most of it is the start of interpreters and kernels."""
    chosen = plants()
    copies = {key: copy_of_the_course(tmp_path_factory.mktemp(key)) for key in chosen}
    for key, plant in chosen.items():
        plant.put(copies[key])
    with ThreadPoolExecutor(2) as pool:
        running = {key: pool.submit(run_suite, copies[key], plant.tests) for key, plant in chosen.items()}
        return {key: future.result() for key, future in running.items()}


@pytest.mark.skipif(not SHEETS, reason="no exercise sheet is built yet")
class TestPlantedFailures:
    def test_without_a_plant_the_same_tests_are_green(self, outcomes):
        assert outcomes["nothing"].code == PASSED, outcomes["nothing"].text

    def test_one_changed_number_in_a_stored_output_is_noticed(self, outcomes):
        assert outcomes["number"].code == FAILED, outcomes["number"].text
        assert re.search(rf"FAILED exercises/{SHEETS[0].name}::", outcomes["number"].text)

    def test_one_changed_line_of_a_solution_is_noticed_by_the_builder_and_by_the_check(self, outcomes):
        text = outcomes["solution"].text
        assert outcomes["solution"].code == FAILED, text
        assert re.search(rf"FAILED {FRESH}", text)
        assert re.search(rf"FAILED solutions/{SHEETS[0].name}::", text)
        assert "differs from its master in source" in text

    def test_a_check_that_accepts_everything_is_noticed(self, outcomes):
        text = outcomes["check"].text
        assert outcomes["check"].code == FAILED, text
        assert f"FAILED {STRONG}::test_the_check_is_strong" in text
