"""The log of what the notebooks claim, and a table of its widest bands at the end of the run.

A pytest plugin, loaded by the top conftest.py.
"""

import os
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """--claims-log FILE: every number that the notebooks claim, with its value, is written to the file."""
    parser.addoption("--claims-log", metavar="FILE", help="write what the notebooks claim, a line of JSON each")


def pytest_configure(config: pytest.Config) -> None:
    """Kernels read the name of the file from the environment, which they inherit; every run begins a new log."""
    if config.getoption("--claims-log"):
        path = Path(config.getoption("--claims-log")).absolute()
        if not hasattr(config, "workerinput"):  # only the process that starts the others, before it does
            path.unlink(missing_ok=True)
        os.environ["COURSE_CLAIMS_LOG"] = str(path)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the bands that are widest over their spread; quiet without a log."""
    from course_lib.teaching.numbers.bands import logged, widest_bands

    if not config.getoption("--claims-log"):
        return
    path = Path(config.getoption("--claims-log")).absolute()
    terminalreporter.section("bands of the claims")
    terminalreporter.write_line(widest_bands(logged(path)) if path.exists() else "no notebook claimed a number")
