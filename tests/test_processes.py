"""The tests run in several processes: the same ids in each, whole notebooks only, files of their own, one ledger."""

import re
from pathlib import Path

import nbformat
import pytest

from course_lib.core.files import course_root

ADDRESS = re.compile(r"\b0x[0-9a-f]{4,}", re.IGNORECASE)
PLUGINS = ("-p", "nbval.plugin", "-p", "xdist.plugin", "--nbval", "--nbval-current-env")
COUNTING = "count = globals().get('count', 0) + 1\nprint(count)"


def test_no_test_has_a_memory_address_in_its_id(request: pytest.FixtureRequest) -> None:
    """Of the tests of this run, which under `make test` are all: two processes would disagree about such a test."""
    found = [item.nodeid for item in request.session.items if ADDRESS.search(item.nodeid)]
    assert not found, f"give these tests ids that are the same in every process: {found[:3]}"


def test_the_id_of_a_function_that_is_written_out_would_be_noticed() -> None:
    assert ADDRESS.search(f"test_fit[{test_no_test_has_a_memory_address_in_its_id!s}]")
    assert not ADDRESS.search("test_seed[0x2]")


@pytest.fixture
def course(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A small course: the conftest and the plugins of this one, and two notebooks whose cells count up."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # importing every plugin again takes seconds
    for name in ("COURSE_INSTALL_TIMES", "COURSE_TESTS_SCRATCH", "PYTEST_XDIST_WORKER"):
        monkeypatch.delenv(name, raising=False)
    tests = Path(__file__).parent
    pytester.makeconftest((course_root() / "conftest.py").read_text(encoding="utf-8"))
    pytester.makeini("[pytest]\npythonpath = .\n")
    for folder in ("tests", "notebooks"):
        pytester.mkdir(folder)
    for name in ("ledger.py", "processes.py", "claims_log.py"):
        (pytester.path / "tests" / name).write_text((tests / name).read_text(encoding="utf-8"), encoding="utf-8")
    for name, code in (("01_loop", COUNTING), ("02_loop", "import os; print(os.environ['COURSE_PROGRESS'])")):
        cells = [nbformat.v4.new_code_cell(code, id=f"cell-{place}", execution_count=place) for place in (1, 2)]
        for place, cell in enumerate(cells, start=1):
            text = f"{place}\n" if code is COUNTING else "anything"
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
            cell.metadata["tags"] = [] if code is COUNTING else ["nbval-ignore-output"]
        nbformat.write(nbformat.v4.new_notebook(cells=cells), pytester.path / "notebooks" / f"{name}.ipynb")
    return pytester


@pytest.mark.parametrize(
    "options", [("-n", "2"), ("-n", "2", "--dist", "worksteal"), ("--dist", "each", "--tx", "2*popen")]
)
def test_a_mode_that_would_split_a_notebook_is_refused_in_one_sentence(
    course: pytest.Pytester, options: tuple[str, ...]
) -> None:
    result = course.runpytest_subprocess(*PLUGINS, *options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: notebooks run in several processes only with --dist loadfile, got --dist *"])


def test_plain_tests_may_be_distributed_in_any_mode(course: pytest.Pytester) -> None:
    course.makepyfile(test_one="def test_one():\n    pass\n")
    assert course.runpytest_subprocess("-p", "nbval.plugin", "-p", "xdist.plugin", "-n", "1").ret == pytest.ExitCode.OK


def test_two_processes_run_whole_notebooks_and_one_ledger_adds_them_up(course: pytest.Pytester) -> None:
    (course.path / "tests" / "test_scratch.py").write_text(
        "import os\n\ndef test_scratch():\n    assert os.environ['PYTEST_XDIST_WORKER'] in os.environ['HF_HOME']\n"
    )
    result = course.runpytest_subprocess(*PLUGINS, "-n", "2", "--dist", "loadfile", "--notebook-budget=0.01")
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    result.assert_outcomes(passed=5)
    result.stdout.fnmatch_lines(
        ["tests *420", "lessons *320", "pytest *", "notebooks/01_loop.ipynb *", "FAILED notebooks/01_loop.ipynb: *"]
    )
    for row in result.stdout.get_lines_after("*time ledger*"):
        if row.startswith(("lessons", "pytest", "notebooks/")):
            assert float(row.split()[1]) > 0.1, f"a kernel, or a process that imports pytest, took no time: {row}"
