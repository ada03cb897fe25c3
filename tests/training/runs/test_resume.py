"""Runs that are killed at random moments, also while they save, end with the bits of a run that nobody disturbed.

The runs and the kills are those of `benchmarks.resume`, which kills 200 of each kind; its record is read here too.
"""

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from benchmarks.killed_runs import KINDS
from benchmarks.recordings import RECORDS
from course_lib.core.files import course_root

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")


@pytest.fixture(scope="module")
def rows() -> dict[tuple[str, str], dict[str, Any]]:
    """What 3 runs of each kind, killed 1 to 4 times each, and 2 for each of the other signals came to."""
    command = [sys.executable, "-m", "benchmarks.resume", "--json"]
    done = subprocess.run(command, cwd=course_root(), capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return {(row["kind"], row["signal"]): row for row in json.loads(done.stdout)}


@pytest.mark.parametrize("kind", KINDS)
def test_killed_runs_end_equal_bit_for_bit(rows: dict, kind: str) -> None:
    row = rows[kind, "SIGKILL"]
    assert row["problems"] == []
    assert row["equal"] == row["runs"] == 3
    assert row["kills"] >= row["runs"]
    assert row["exit_codes"] == [-9]


def test_kills_hit_checkpoints_that_were_being_written(rows: dict) -> None:
    assert rows["while saving", "SIGKILL"]["in_a_save"] >= 1


@pytest.mark.parametrize(
    ("kind", "signal", "code"), [("MLP", "SIGTERM", 143), ("conv, BatchNorm, dropout", "SIGINT", 130)]
)
def test_runs_that_are_asked_to_end_say_so_and_go_on_equal(rows: dict, kind: str, signal: str, code: int) -> None:
    row = rows[kind, signal]
    assert row["problems"] == []
    assert row["equal"] == row["runs"] == 2
    assert row["exit_codes"] == [code]


def test_the_record_holds_every_run_equal_and_every_damage_refused() -> None:
    record = json.loads(RECORDS["resume"].path.read_text(encoding="utf-8"))
    killed = [row for row in record["rows"] if row["signal"] == "SIGKILL"]
    assert {row["kind"] for row in killed} == set(KINDS)
    assert all(row["equal"] == row["runs"] >= 200 for row in killed)
    assert all(row["equal"] == row["runs"] for row in record["rows"])
    ours = {row["fault"]: row for row in record["faults"] if row["format"] == "course_lib"}
    assert ours["killed while writing 48 MB"]["newest lost"] == 0
    assert ours["a flipped bit"]["refused"] == ours["a flipped bit"]["count"] == 300
    assert ours["cut short"]["refused"] == ours["cut short"]["count"] == 100
    assert set(record["provenance"]) >= {"date", "command", "cpu", "python", "versions"}
