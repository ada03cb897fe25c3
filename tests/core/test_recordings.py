"""A recording comes back as it was written, a damaged one is refused, a missing one is named with its command."""

import json
from pathlib import Path

import pytest

from course_lib.core.recordings import (
    Recording,
    read_recording,
    recorded,
    recording_path,
    recordings_folder,
    write_recording,
)

PROVENANCE = {"date": "2026-11-21", "command": "python -m x", "device": "a machine", "versions": {"torch": "2.15"}}
ONE = Recording("speed", "how fast", {"batch": 8}, [{"kind": "a", "seconds": 1.5}], PROVENANCE)


def test_it_comes_back_as_it_was_written(tmp_path: Path) -> None:
    assert write_recording(ONE, tmp_path) == tmp_path / "speed.json"
    assert read_recording("speed", tmp_path) == ONE


def test_the_provenance_is_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_recording(ONE, tmp_path)
    assert recorded("speed", command="python -m x", hardware="a GPU", folder=tmp_path) == ONE
    said = capsys.readouterr().out
    assert said == "speed: recorded 2026-11-21 on a machine (torch 2.15) by `python -m x`\n"


def test_how_busy_the_machine_was_is_told() -> None:
    busy = Recording("speed", "how fast", {}, [{"a": 1}], {**PROVENANCE, "load": "6.9 on 2 cores"})
    assert "(torch 2.15; load 6.9 on 2 cores)" in str(busy)


def test_a_missing_one_says_where_and_by_which_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert recorded("speed", command="python -m x", hardware="a GPU", folder=tmp_path) is None
    assert capsys.readouterr().out == "speed: not recorded yet. On a GPU, `python -m x` makes it.\n"


def test_a_row_is_found_by_its_values() -> None:
    assert ONE.row(kind="a")["seconds"] == 1.5
    with pytest.raises(KeyError, match="0 rows"):
        ONE.row(kind="b")


@pytest.mark.parametrize("key", ["date", "command", "device"])
def test_without_provenance_it_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=f"provenance of speed must name {key}"):
        Recording("speed", "", {}, [{"a": 1}], {**PROVENANCE, key: ""})


def test_without_rows_and_of_another_format_it_is_refused() -> None:
    with pytest.raises(ValueError, match="rows of speed must hold at least one"):
        Recording("speed", "", {}, [], PROVENANCE)
    with pytest.raises(ValueError, match="format of speed must be 1, got 2"):
        Recording("speed", "", {}, [{"a": 1}], PROVENANCE, format=2)


@pytest.mark.parametrize("text", ["", "not json", "[]", '{"name": "speed"}', "3"])
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, text: str) -> None:
    (tmp_path / "speed.json").write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"speed\.json is not a recording"):
        read_recording("speed", tmp_path)


def test_a_file_that_was_renamed_is_refused(tmp_path: Path) -> None:
    path = write_recording(ONE, tmp_path)
    path.rename(tmp_path / "other.json")
    with pytest.raises(ValueError, match=r"other\.json holds the recording 'speed', not 'other'"):
        read_recording("other", tmp_path)


def test_a_name_is_no_path() -> None:
    with pytest.raises(ValueError, match=r"name must hold letters, digits, _ and - only, got '\.\./speed'"):
        recording_path("../speed")


def test_every_committed_recording_can_be_read() -> None:
    for path in sorted(recordings_folder().glob("*.json")):
        if {"format", "rows", "provenance"} <= set(json.loads(path.read_text(encoding="utf-8"))):
            assert read_recording(path.stem).provenance["command"].startswith("python -m ")
