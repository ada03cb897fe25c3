"""Times that can be compared, and what has to be written beside them.

Times of one machine say little; ratios of contenders that take turns in one process say more, because what else the
machine does hits all of them alike.
"""

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any


def alternating(
    contenders: Mapping[str, Callable[[], object]], rounds: int, *, clock: Callable[[], float] = time.process_time
) -> dict[str, list[float]]:
    """Processor seconds per call, `rounds` of each contender, taking turns; one call before that is not counted.

    With one thread and nothing to wait for, processor time is the time on the clock of a machine that does nothing
    else; on a shared one it leaves out the moments in which another process had the core. Every second round runs in
    reverse order, so that nobody always follows the same neighbour. clock: another one, such as that of a GPU.
    """
    for contender in contenders.values():
        contender()
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        names = list(contenders) if number % 2 == 0 else list(reversed(contenders))
        for name in names:
            started = clock()
            contenders[name]()
            seconds[name].append(clock() - started)
    return seconds


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> tuple[float, float, float]:
    """How many times faster ours is: median, lowest and highest of the ratios of the rounds."""
    values = [other / own for own, other in zip(ours, theirs, strict=True)]
    return statistics.median(values), min(values), max(values)


def table(header: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table; the first column is aligned left, the others right."""
    lines = [list(header), ["---", *["---:"] * (len(header) - 1)], *[[str(cell) for cell in row] for row in rows]]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def provenance(command: str, packages: Sequence[str]) -> dict[str, Any]:
    """What a reader needs in order to judge and repeat a measurement; holds no name of a user, a folder or a host."""
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "command": command,
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in packages},
        "blas": blas(),
    }


def cpu_model() -> str:
    """The processor's name, as far as the system tells it."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def blas() -> list[dict[str, Any]]:
    """Name, version, instruction set and threads of every BLAS and OpenMP library that is loaded."""
    from threadpoolctl import threadpool_info  # comes with scikit-learn

    fields = ("internal_api", "version", "architecture", "num_threads")
    found = [{field: pool[field] for field in fields if pool.get(field)} for pool in threadpool_info()]
    return sorted({str(pool): pool for pool in found}.values(), key=str)
