"""A long cell says that it runs, a quick one says nothing, and no stored output has the line."""

from types import SimpleNamespace

import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from course_lib.core.files import course_root
from course_lib.teaching import running
from course_lib.teaching.build.percent import read_source

LONG, QUICK, BROKEN = "import time; time.sleep(0.4)", "1 + 1", "import time; time.sleep(0.4); 1 / 0"


@pytest.fixture
def run(monkeypatch):
    """Run a cell in a shell that takes itself for a kernel's; the texts that it displayed, in their order."""
    monkeypatch.setattr(running, "WAIT", 0.1)
    monkeypatch.setattr(running, "EVERY", 0.05)
    monkeypatch.setattr(running, "_watched", [])
    monkeypatch.delenv("COURSE_PROGRESS_BARS", raising=False)
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance()
    shell.kernel = SimpleNamespace()
    monkeypatch.setattr(running, "shell", lambda: shell)

    def run_cell(code):
        with capture_output() as captured:
            shell.run_cell(code)
        return [one.data["text/plain"] for one in captured.outputs if "text/html" in one.data]

    yield run_cell
    InteractiveShell.clear_instance()


@pytest.mark.parametrize("code", [LONG, BROKEN])
def test_a_long_cell_says_that_it_runs_until_it_has_ended(run, code):
    running.tell_of_long_cells()
    told = run(code)
    assert len(told) >= 3
    assert told[0] == told[1] == "running, 0 s so far"
    assert told[-1] == ""


def test_a_quick_cell_says_nothing_and_a_second_import_changes_nothing(run):
    running.tell_of_long_cells()
    running.tell_of_long_cells()
    assert run(QUICK) == []
    assert run(LONG).count("") == 1


def test_it_is_switched_off_with_the_bars(run, monkeypatch):
    monkeypatch.setenv("COURSE_PROGRESS_BARS", "0")
    running.tell_of_long_cells()
    assert run(LONG) == []


def test_without_a_kernel_nothing_is_watched(run, monkeypatch):
    monkeypatch.setattr(running, "shell", lambda: None)
    running.tell_of_long_cells()
    assert run(LONG) == []


@pytest.mark.parametrize(
    ("folder", "module"), [("notebooks", "course_lib.teaching.claims"), ("solutions", "course_lib.teaching.check")]
)
def test_one_of_the_first_cells_imports_what_watches(folder, module):
    sources = sorted((course_root() / folder / "source").glob("*.py"))
    cells = {path.stem: [cell.text for cell in read_source(path) if cell.kind == "code"] for path in sources}
    assert len(cells) >= 11
    assert [stem for stem, texts in cells.items() if f"from {module} import" not in "".join(texts[:2])] == []


def test_the_line_is_there_within_two_seconds():
    assert running.WAIT + 0.5 <= 2
