"""Where does the time of `make test` go? Seconds per part and per notebook; a notebook that is too slow fails.

A pytest plugin, loaded by the top conftest.py. The time of an item is that of its set-up (a notebook's kernel starts in
the set-up of its first cell), its call and its tear-down.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import PurePosixPath

import pytest

NOTEBOOK_BUDGET = 45.0  # seconds; a notebook that takes twice as long fails the run
# part: (first folder of its tests, budget in minutes on 2 cores)
PARTS = {
    "install": (None, 2),
    "tests": ("tests", 5),
    "lessons": ("notebooks", 6),
    "solutions": ("solutions", 3),
    "exercises": ("exercises", 1),
    "browser": ("tests/browser", 1),
}


def part_of(path: str) -> str:
    """The part of the ledger that a file's test belongs to: the one with the longest matching folder."""
    fitting = [name for name, (folder, _) in PARTS.items() if folder and f"{path}/".startswith(f"{folder}/")]
    return max(fitting, key=lambda name: len(str(PARTS[name][0])), default="tests")


class Ledger:
    """Adds up the seconds of every report and prints them at the end."""

    def __init__(self, budget: float, install: str | None) -> None:
        self.budget = budget
        self.install = install
        self.files: defaultdict[str, float] = defaultdict(float)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.files[report.nodeid.split("::", 1)[0]] += report.duration

    def parts(self) -> dict[str, float]:
        """Seconds per part that ran."""
        seconds: defaultdict[str, float] = defaultdict(float)
        for path, spent in self.files.items():
            seconds[part_of(path)] += spent
        return {name: seconds[name] for name in PARTS if name in seconds}

    def notebooks(self) -> dict[str, float]:
        """Seconds per notebook."""
        return {path: spent for path, spent in self.files.items() if PurePosixPath(path).suffix == ".ipynb"}

    def too_slow(self) -> dict[str, float]:
        """The notebooks over twice their budget."""
        return {path: spent for path, spent in self.notebooks().items() if spent > 2 * self.budget}

    # Before the exit status is printed and used, which the terminal reporter does in its own, later hook.
    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        if self.too_slow() and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the ledger; quiet for a run without notebooks, such as one test file."""
        if not self.notebooks() and self.install is None:
            return
        write = terminalreporter.write_line
        terminalreporter.section("time ledger")
        write(f"{'part':<12}{'seconds':>9}{'budget':>9}")
        if self.install is not None:
            write(_row("install", float(self.install)) if self.install else f"{'install':<12}{'reused':>9}")
        for name, spent in self.parts().items():
            write(_row(name, spent))
        for path, spent in sorted(self.notebooks().items()):
            write(f"{spent:9.1f} s  {path}")
        for path, spent in self.too_slow().items():
            write(f"FAILED {path}: {spent:.1f} s is more than twice its budget of {self.budget:g} s", red=True)


def _row(name: str, spent: float) -> str:
    budget = PARTS[name][1] * 60
    return f"{name:<12}{spent:9.1f}{budget:9d}{'  over its budget' if spent > budget else ''}"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--notebook-budget",
        type=float,
        default=NOTEBOOK_BUDGET,
        help="seconds that a notebook may take; at twice as many the run fails",
    )


def pytest_configure(config: pytest.Config) -> None:
    # Set by `make test`: the seconds of the install, or empty when the environment was reused.
    install = os.environ.get("COURSE_INSTALL_SECONDS")
    config.pluginmanager.register(Ledger(config.getoption("--notebook-budget"), install), "time-ledger")
