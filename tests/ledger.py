"""Time ledger of `make test`: processor seconds and clock per part and per notebook; a notebook that is too dear fails.

A pytest plugin, loaded by the top conftest.py. It adds up processor seconds, of this process and of what it started,
because the clock also counts the waiting for other programs. An item is measured over its set-up (a notebook's kernel
starts in the set-up of its first cell), its call and its tear-down. With several processes each measures its own items,
and the first process, which prints, adds up what their reports say.
"""

import os
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import pytest

try:
    import psutil
except ImportError:  # ipykernel brings it, though not on every system
    psutil = None

NOTEBOOK_BUDGET = 45.0  # processor seconds; a notebook that takes twice as many fails the run
TEST_BUDGET = 20.0  # processor seconds; a dearer test is named at the end
# part: (first folder of its tests, budget in processor seconds)
PARTS = {
    "install": (None, 100),
    "tests": ("tests", 420),
    "lessons": ("notebooks", 320),
    "solutions": ("solutions", 180),
    "exercises": ("exercises", 180),
    "browser": ("tests/browser", 90),
    "docs": ("tests/docs", 60),
}
PROCESSOR = "processor_seconds"


def part_of(path: str) -> str:
    """The part of the ledger that a file's test belongs to: the one with the longest matching folder."""
    fitting = [name for name, (folder, _) in PARTS.items() if folder and f"{path}/".startswith(f"{folder}/")]
    return max(fitting, key=lambda name: len(str(PARTS[name][0])), default="tests")


def processor_seconds(living: bool) -> float:
    """Seconds on a processor, in user and system mode, of this process and of what it started.

    A process that has ended counts in full. One that still runs counts only if `living`, for to find it takes a
    millisecond or more; without psutil it counts when it ends, that is with the last test of its file.
    """
    spent = sum(os.times()[:4])
    if living and psutil is not None:
        for process in psutil.Process().children(recursive=True):
            try:
                times = process.cpu_times()
            except psutil.Error:  # it ended since the list was made
                continue
            spent += times.user + times.system + times.children_user + times.children_system
    return spent


def install_seconds(text: str) -> tuple[float, float]:
    """Processor seconds and clock of the install, from what the Makefile noted: the clock, then what `times` printed.

    The last line of `times` is user and system time of the commands, as in "1m2.50s 0m9.25s".
    """
    lines = text.split("\n")
    clock, commands = lines[0], lines[-1]
    found = re.findall(r"(\d+)m(\d+(?:[.,]\d+)?)s", commands)
    return sum(60 * int(minutes) + float(rest.replace(",", ".")) for minutes, rest in found), float(clock)


class Meter:
    """Measures the items that this process runs and writes the seconds into their reports."""

    def __init__(self) -> None:
        self.before = 0.0

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self.before = self.reading(item)
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Iterator[Any]:
        report = yield
        now = self.reading(item)
        # A process that is killed before its parent has read its time takes that time with it.
        setattr(report, PROCESSOR, max(0.0, now - self.before))
        self.before = now
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if hasattr(session.config, "workeroutput"):
            session.config.workeroutput[PROCESSOR] = processor_seconds(living=True)

    @staticmethod
    def reading(item: pytest.Item) -> float:
        """Kernels and browsers outlive the items that use them; what any other test starts, it also ends."""
        return processor_seconds(living=part_of(item.nodeid.split("::", 1)[0]) != "tests")


class Ledger:
    """Adds up the seconds of every report and prints them at the end."""

    def __init__(self, budget: float, install: str | None) -> None:
        self.budget = budget
        self.install = install
        self.items: defaultdict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self.workers = 0.0

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        seconds = self.items[report.nodeid]
        seconds[0] += getattr(report, PROCESSOR, 0.0)
        seconds[1] += report.duration

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """A process that ran tests is done; one that broke down says nothing."""
        self.workers += getattr(node, "workeroutput", {}).get(PROCESSOR, 0.0)

    def files(self) -> dict[str, tuple[float, float]]:
        """Processor seconds and clock per file."""
        found: defaultdict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for nodeid, (spent, clock) in self.items.items():
            path = nodeid.split("::", 1)[0]
            found[path] = (found[path][0] + spent, found[path][1] + clock)
        return found

    def parts(self) -> dict[str, tuple[float, float]]:
        """Processor seconds and clock per part that ran."""
        found: defaultdict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for path, (spent, clock) in self.files().items():
            name = part_of(path)
            found[name] = (found[name][0] + spent, found[name][1] + clock)
        return {name: found[name] for name in PARTS if name in found}

    def notebooks(self) -> dict[str, tuple[float, float]]:
        """Processor seconds and clock per notebook."""
        return {path: spent for path, spent in self.files().items() if PurePosixPath(path).suffix == ".ipynb"}

    def too_dear(self) -> dict[str, float]:
        """The notebooks over twice their budget."""
        return {path: spent for path, (spent, _) in self.notebooks().items() if spent > 2 * self.budget}

    def dear_tests(self) -> dict[str, float]:
        """The tests over their budget, dearest first; the cells of a notebook are counted with it."""
        spent = {nodeid: spent for nodeid, (spent, _) in self.items.items() if ".ipynb::" not in nodeid}
        dear = [nodeid for nodeid in spent if spent[nodeid] > TEST_BUDGET]
        return {nodeid: spent[nodeid] for nodeid in sorted(dear, key=lambda nodeid: -spent[nodeid])}

    # Before the exit status is printed and used, which the terminal reporter does in its own, later hook.
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.too_dear() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the ledger; quiet for a run without notebooks, such as one test file."""
        if not self.notebooks() and self.install is None:
            return
        write = terminalreporter.write_line
        terminalreporter.section("time ledger, in seconds")
        write(f"{'part':<12}{'processor':>10}{'clock':>9}{'budget':>9}")
        rows = self.parts()
        if self.install:
            rows = {"install": install_seconds(self.install), **rows}
        elif self.install is not None:
            write(f"{'install':<12}{'reused':>10}")
        for name, (spent, clock) in rows.items():
            write(_row(name, spent, clock))
        measured = sum(spent for spent, _ in self.parts().values())
        # This process may have waited for the others or not: their seconds are those that they told.
        total = self.workers + sum(os.times()[:2]) if self.workers else processor_seconds(living=True)
        write(f"{'pytest':<12}{max(0.0, total - measured):10.1f}   to find the tests and to report")
        for path, (spent, clock) in sorted(self.notebooks().items()):
            write(f"{path:<50}{spent:10.1f}{clock:9.1f}")
        for nodeid, spent in self.dear_tests().items():
            write(f"{nodeid}: {spent:.1f} s, and a test may take {TEST_BUDGET:g} s", yellow=True)
        for path, spent in self.too_dear().items():
            write(f"FAILED {path}: {spent:.1f} s is more than twice its budget of {self.budget:g} s", red=True)


def _row(name: str, spent: float, clock: float) -> str:
    budget = PARTS[name][1]
    return f"{name:<12}{spent:10.1f}{clock:9.1f}{budget:9d}{'  over its budget' if spent > budget else ''}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--notebook-budget",
        type=float,
        default=NOTEBOOK_BUDGET,
        help="processor seconds that a notebook may take; at twice as many the run fails",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Meter(), "time-meter")
    if not hasattr(config, "workerinput"):
        # Set by `make test`: what the install took, or empty when the environment was reused.
        install = os.environ.get("COURSE_INSTALL_TIMES")
        config.pluginmanager.register(Ledger(config.getoption("--notebook-budget"), install), "time-ledger")
