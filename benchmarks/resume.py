"""Runs killed at random moments beside the one that was not, bit for bit; and what damage does.

Four kinds of runs (see `killed_runs`) are killed 1 to 4 times each and started again until they are complete; weights,
buffers, optimizer and history are compared with an uninterrupted run, bit for bit. Then the same damage is done to
files of ours and of peers. POSIX only.
"""

import argparse
import json
import signal
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import damage
from benchmarks.killed_runs import KINDS
from benchmarks.kills import trials
from benchmarks.measure import provenance, table
from benchmarks.recordings import RECORDS
from course_lib.core.files import write_json

RUNS, SIGNAL_RUNS, KILLS, FLIPS, CUTS = 200, 25, 20, 300, 100
QUICK_RUNS, QUICK_SIGNAL_RUNS = 3, 2
Say = Callable[[str], None]


def resumed(runs: int, signal_runs: int, say: Say) -> list[dict[str, Any]]:
    """One row per kind and signal: runs, how often they were hit, and how many ended equal."""
    plan = [(kind, signal.SIGKILL, runs) for kind in KINDS]
    plan += [(kind, number, signal_runs) for kind, number in zip(KINDS, (signal.SIGTERM, signal.SIGINT), strict=False)]
    rows = []
    for kind, number, count in plan:
        outcomes = trials(kind, count, with_signal=number)
        row = {
            "kind": kind,
            "signal": number.name,
            "runs": count,
            "kills": sum(outcome.kills for outcome in outcomes),
            "in_a_save": sum(outcome.in_a_save for outcome in outcomes),
            "equal": sum(outcome.equal for outcome in outcomes),
            "exit_codes": sorted({code for outcome in outcomes for code in outcome.codes}),
            "problems": [outcome.problem for outcome in outcomes if outcome.problem],
        }
        rows.append(row)
        say(f"{kind}, {number.name}: {row['kills']} kills, {row['equal']} of {count} equal")
    return rows


def damages(say: Say) -> list[dict[str, Any]]:
    """One row per fault and format: how often it was met, and how often the reader refused or the file was lost."""
    rows = []
    for name in (damage.OURS, damage.TORCH, damage.SAFETENSORS):
        lost = damage.killed_while_writing(name, KILLS)
        rows.append({"fault": "killed while writing 48 MB", "format": name, "count": KILLS, "newest lost": lost})
        say(f"{name}: newest lost in {lost} of {KILLS}")
    with tempfile.TemporaryDirectory() as scratch:
        for of in damage.formats(Path(scratch)):
            for fault, change, count in (("a flipped bit", damage.flip, FLIPS), ("cut short", damage.cut, CUTS)):
                refused = damage.damaged(of, count, change)
                rows.append({"fault": fault, "format": of.name, "count": count, "refused": refused})
                say(f"{of.name}: {refused} of {count} refused, {fault}")
    return rows


def report(rows: list[dict[str, Any]], faults: list[dict[str, Any]]) -> str:
    """Both tables as Markdown."""
    cells = [
        (
            f"{row['kind']}, {row['signal']}",
            row["runs"],
            row["kills"],
            row["in_a_save"],
            f"{row['equal']} of {row['runs']}",
        )
        for row in rows
    ]
    text = table(("run, ended by", "runs", "kills", "of these in a save", "equal, bit for bit"), cells)
    if faults:
        cells = [
            (
                f"{row['fault']}, {row['format']}",
                row["count"],
                f"{row['newest lost']} lost" if "newest lost" in row else f"{row['refused']} refused",
            )
            for row in faults
        ]
        text += "\n\n" + table(("fault, format", "times", "result"), cells)
    return text


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, and in full write the record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.resume", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="12 killed runs and no damage; writes no record")
    parser.add_argument("--json", action="store_true", help="print the rows of the quick form as JSON")
    options = parser.parse_args(arguments)
    if options.quick or options.json:
        rows = resumed(QUICK_RUNS, QUICK_SIGNAL_RUNS, _silent)
        print(json.dumps(rows) if options.json else report(rows, []))
        return
    rows, faults = resumed(RUNS, SIGNAL_RUNS, _say), damages(_say)
    print(report(rows, faults))
    record = RECORDS["resume"]
    setting = {"updates_per_run": 30, "kills_per_run": "1 to 4", "threads": 1}
    versions = provenance(record.command, ("torch", "numpy", "safetensors"))
    write_json(record.path, {"setting": setting, "rows": rows, "faults": faults, "provenance": versions})


def _say(line: str) -> None:
    print(line, flush=True)


def _silent(line: str) -> None:
    del line


if __name__ == "__main__":
    main()
