"""Seconds and memory of each lesson.

Every notebook is executed in a process and a kernel of its own, as a learner would with "Run All Cells". The seconds
are those of the processor and of the clock, from the start of the kernel to its end; the memory is the largest that
the kernel held.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.measure import table
from course_lib.core.files import course_root

BUDGET = 45  # processor seconds, as in the time ledger of the tests


def notebooks() -> list[Path]:
    """The built lessons, in their order."""
    return sorted((course_root() / "notebooks").glob("[0-9]*.ipynb"))


def run_one(path: Path) -> dict[str, Any]:
    """Execute one notebook here; seconds of processor and clock, and MiB (None on Windows, which does not tell)."""
    import nbformat

    from course_lib.teaching.build.execute import execute

    notebook = nbformat.read(path, as_version=4)
    started = time.perf_counter()
    execute(notebook, path.parent)
    seconds = time.perf_counter() - started
    processor = sum(os.times()[2:4])  # of the kernel, which has ended
    return {"lesson": path.stem, "processor": processor, "seconds": seconds, "peak_mib": _peak_of_children()}


def _peak_of_children() -> float | None:
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10  # bytes there, KiB on Linux


def measure() -> list[dict[str, Any]]:
    """One row per lesson. Raises subprocess.CalledProcessError when a lesson fails; its traceback is on stderr."""
    rows = []
    for path in notebooks():
        command = [sys.executable, "-m", "benchmarks.lessons", "--one", str(path)]
        output = subprocess.run(command, cwd=course_root(), check=True, stdout=subprocess.PIPE, text=True).stdout
        rows.append(json.loads(output.splitlines()[-1]))
    return rows


def report(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table."""
    cells = [
        (
            row["lesson"],
            f"{row['processor']:.1f}",
            f"{row['seconds']:.1f}",
            "not known" if row["peak_mib"] is None else f"{row['peak_mib']:.0f}",
            "yes" if row["processor"] <= BUDGET else "no",
        )
        for row in rows
    ]
    return table(("lesson", "processor seconds", "seconds", "peak memory, MiB", f"within {BUDGET} s"), cells)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(run_one(Path(sys.argv[2]))))
    else:
        print(report(measure()))
