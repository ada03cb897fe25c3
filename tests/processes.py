"""Tests in several processes: a mode of distribution that may run one notebook in two kernels is refused.

A pytest plugin, loaded by the top conftest.py.
"""

import pytest

WHOLE_FILES = "loadfile"


# After pytest-xdist has read its options, before it starts a process.
@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Refuse what would hand the cells of one notebook to different processes, each with a kernel of its own.

    Raises
    ------
    pytest.UsageError
        For notebooks under nbval in several processes with any mode but "loadfile". Of the other modes some split a
        file and some run it once in every process.
    """
    if not (config.getoption("nbval", False) or config.getoption("nbval_lax", False)):
        return
    mode = config.getoption("dist", "no")  # "no" in a process that runs the tests, and where nothing is distributed
    if mode not in ("no", WHOLE_FILES):
        raise pytest.UsageError(
            f"notebooks run in several processes only with --dist {WHOLE_FILES}, got --dist {mode}: "
            "each process would start a kernel of its own and run some cells of a notebook without the others"
        )
