"""The time ledger: every processor second lands in its part, and a notebook over twice its budget fails the run."""

import sys
from pathlib import Path

import nbformat
import pytest

from tests.ledger import PARTS, install_seconds, part_of

NBVAL = ("-p", "nbval.plugin", "--nbval", "--nbval-current-env")
PLUGIN = Path(__file__).with_name("ledger.py").read_text(encoding="utf-8")
WORK = "import time\nstart = time.process_time()\nwhile time.process_time() < start + 0.3:\n    pass"
# The second test does no work itself: it starts a process that does.
TESTS = f"""
import subprocess, sys

def test_one():
    pass

def test_of_a_process():
    subprocess.run([sys.executable, "-c", {WORK!r}], check=True)
"""


@pytest.fixture
def course(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small course with two tests and a notebook that works for 0.3 s and waits for 1 s; the ledger is its plugin."""
    monkeypatch.delenv("COURSE_INSTALL_TIMES", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # importing every plugin again takes seconds
    pytester.makepyfile(time_ledger=PLUGIN)
    pytester.makeconftest('pytest_plugins = ["time_ledger"]')
    pytester.makeini("[pytest]\npythonpath = .\n")
    for folder in ("tests", "notebooks"):
        (pytester.path / folder).mkdir()
    (pytester.path / "tests" / "test_one.py").write_text(TESTS, encoding="utf-8")
    cell = nbformat.v4.new_code_cell(f"{WORK}\ntime.sleep(1)", id="first", execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), pytester.path / "notebooks" / "01_loop.ipynb")
    return pytester


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("tests/core/test_history.py", "tests"),
        ("tests/browser/test_lessons_in_jupyterlab.py", "browser"),
        ("notebooks/01_training_loop.ipynb", "lessons"),
        ("solutions/01_training_loop.ipynb", "solutions"),
        ("exercises/01_training_loop.ipynb", "exercises"),
    ],
)
def test_a_file_belongs_to_the_part_of_its_folder(path: str, part: str) -> None:
    assert part_of(path) == part


def test_the_budgets_are_those_of_the_course() -> None:
    assert {name: seconds for name, (_, seconds) in PARTS.items()} == {
        "install": 100, "tests": 420, "lessons": 320, "solutions": 180, "exercises": 180, "browser": 90, "docs": 60,
    }  # fmt: skip


@pytest.mark.parametrize("comma", [".", ","])
def test_the_install_is_read_as_the_shell_prints_it(comma: str) -> None:
    text = "150\n0m0.01s 0m0.02s\n1m40.50s 0m20.25s".replace(".", comma)
    assert install_seconds(text) == (120.75, 150)


def test_a_run_with_notebooks_prints_parts_and_notebooks(
    course: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_INSTALL_TIMES", "150\n0m0.01s 0m0.02s\n1m40.50s 0m20.25s")
    result = course.runpytest_inprocess(*NBVAL)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "*time ledger*",
            "part *processor *clock *budget",
            "install *120.8 *150.0 *100 *over its budget",
            "tests * 420",
            "lessons * 320",
            "notebooks/01_loop.ipynb *",
        ]
    )


def row(result: pytest.RunResult, name: str) -> tuple[float, float]:
    """Processor seconds and clock in the line of the ledger that begins with the name."""
    ledger = result.stdout.get_lines_after("*time ledger*")
    _, processor, clock, *_ = next(line for line in ledger if line.startswith(f"{name} ")).split()
    return float(processor), float(clock)


def test_a_part_is_charged_for_its_kernels_and_processes_and_not_for_waiting(course: pytest.Pytester) -> None:
    result = course.runpytest_inprocess(*NBVAL)
    processor, clock = row(result, "notebooks/01_loop.ipynb")
    assert processor >= 0.3
    assert clock >= 1.3
    assert row(result, "lessons") == (processor, clock)
    assert row(result, "tests")[0] >= 0.3


def test_without_psutil_a_kernel_is_charged_when_it_ends(
    course: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "psutil", None)
    result = course.runpytest_inprocess(*NBVAL, "notebooks")
    assert row(result, "notebooks/01_loop.ipynb")[0] >= 0.3


def test_a_notebook_over_twice_its_budget_fails_the_run(course: pytest.Pytester) -> None:
    result = course.runpytest_inprocess(*NBVAL, "--notebook-budget=0.05", "notebooks")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["FAILED notebooks/01_loop.ipynb: * s is more than twice its budget of 0.05 s"])


def test_a_notebook_that_waits_is_within_its_budget(course: pytest.Pytester) -> None:
    """What the clock shows on a busy machine must not fail a run: the cell waits for longer than it works."""
    cell = nbformat.v4.new_code_cell("import time; time.sleep(4)", id="first", execution_count=1)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), course.path / "notebooks" / "01_loop.ipynb")
    result = course.runpytest_inprocess(*NBVAL, "--notebook-budget=2", "notebooks")
    assert result.ret == pytest.ExitCode.OK
    assert row(result, "notebooks/01_loop.ipynb")[1] > 4


def test_a_dear_test_is_named(course: pytest.Pytester) -> None:
    (course.path / "time_ledger.py").write_text(PLUGIN.replace("TEST_BUDGET = 20.0", "TEST_BUDGET = 0.25"))
    result = course.runpytest_inprocess(*NBVAL)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(["tests/test_one.py::test_of_a_process: 0.* s, and a test may take 0.25 s"])
    result.stdout.no_fnmatch_line("*::test_one: *")


def test_a_run_of_plain_tests_prints_no_ledger(course: pytest.Pytester) -> None:
    result = course.runpytest_inprocess("tests")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*time ledger*")


def test_a_reused_environment_is_said_so(course: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_INSTALL_TIMES", "")
    result = course.runpytest_inprocess("tests")
    result.stdout.fnmatch_lines(["install*reused"])
