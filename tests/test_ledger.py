"""The time ledger: every second lands in its part, and a notebook over twice its budget fails the run."""

from pathlib import Path

import nbformat
import pytest

from tests.ledger import PARTS, part_of

NBVAL = ("-p", "nbval.plugin", "--nbval", "--nbval-current-env")
PLUGIN = Path(__file__).with_name("ledger.py").read_text(encoding="utf-8")


@pytest.fixture
def course(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small course with one test and one notebook that takes at least 0.2 s, and the ledger as its plugin."""
    monkeypatch.delenv("COURSE_INSTALL_SECONDS", raising=False)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # importing every plugin again takes seconds
    pytester.makepyfile(time_ledger=PLUGIN)
    pytester.makeconftest('pytest_plugins = ["time_ledger"]')
    pytester.makeini("[pytest]\npythonpath = .\n")
    for folder in ("tests", "notebooks"):
        (pytester.path / folder).mkdir()
    (pytester.path / "tests" / "test_one.py").write_text("def test_one():\n    pass\n", encoding="utf-8")
    cell = nbformat.v4.new_code_cell("import time; time.sleep(0.2)", id="first", execution_count=1)
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
    assert {name: minutes for name, (_, minutes) in PARTS.items()} == {
        "install": 2, "tests": 5, "lessons": 6, "solutions": 3, "exercises": 1, "browser": 1,
    }  # fmt: skip


def test_a_run_with_notebooks_prints_parts_and_notebooks(
    course: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COURSE_INSTALL_SECONDS", "150")
    result = course.runpytest_inprocess(*NBVAL)
    assert result.ret == pytest.ExitCode.OK
    result.stdout.fnmatch_lines(
        [
            "*time ledger*",
            "install*150.0*120*over its budget",
            "tests *300",
            "lessons *360",
            "* s  notebooks/01_loop.ipynb",
        ]
    )


def test_a_notebook_over_twice_its_budget_fails_the_run(course: pytest.Pytester) -> None:
    result = course.runpytest_inprocess(*NBVAL, "--notebook-budget=0.05")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.stdout.fnmatch_lines(["FAILED notebooks/01_loop.ipynb: * s is more than twice its budget of 0.05 s"])


def test_a_run_of_plain_tests_prints_no_ledger(course: pytest.Pytester) -> None:
    result = course.runpytest_inprocess("tests")
    assert result.ret == pytest.ExitCode.OK
    result.stdout.no_fnmatch_line("*time ledger*")


def test_a_reused_environment_is_said_so(course: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COURSE_INSTALL_SECONDS", "")
    result = course.runpytest_inprocess("tests")
    result.stdout.fnmatch_lines(["install*reused"])
