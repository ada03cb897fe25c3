"""A save writes what is new of the history, and every checkpoint holds its own rows, whatever came before and after."""

import errno
import json
import os
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from course_lib.core.history import History
from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints.files import HISTORY, META, sealed
from course_lib.training.checkpoints.saving import (
    CheckpointError,
    checkpoints,
    keep_every,
    keep_last,
    latest,
    load,
    save,
    verify,
)
from course_lib.training.loop.state import TrainState
from tests.training.checkpoint_runs import equal, everything, start, train

LINKS = pytest.mark.skipif(not hasattr(os, "link"), reason="this system has no hard links")


@pytest.fixture
def counts(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many rows were turned into text, call by call."""
    found: list[int] = []
    lines = History.lines

    def counted(self: History, start: int = 0) -> bytes:
        found.append(len(self.rows) - start)
        return lines(self, start)

    monkeypatch.setattr(History, "lines", counted)
    return found


def grow(state: TrainState, callback: Callable, times: int, rows: int = 3) -> None:
    """`times` steps that record some rows each, and save."""
    for _ in range(times):
        state.step += 1
        for number in range(rows):
            state.history.add("train", step=state.step, epoch=0, loss=1 / (state.step + number))
        callback(state)


def rows_of(path: Path) -> list[dict]:
    state = start()
    load(path, state)
    return state.history.rows


@LINKS
@pytest.mark.parametrize(("last", "most"), [(1, 3), (2, 6), (3, 6)])
def test_a_save_writes_only_the_rows_that_the_files_lack(tmp_path, counts, last, most):
    state, callback = start(), keep_last(tmp_path, last=last)
    grow(state, callback, 1, rows=500)
    assert counts == [500]
    grow(state, callback, 20)
    assert counts[1:3] == [3, most if last > 1 else 3]
    assert max(counts[1:]) <= 6
    assert rows_of(latest(tmp_path)) == state.history.rows
    assert len(checkpoints(tmp_path)) == last


def test_every_checkpoint_holds_the_rows_of_its_moment(tmp_path):
    state, wanted = start(), {}
    callback = keep_every(tmp_path)

    def noted(state: TrainState) -> None:
        callback(state)
        wanted[state.step] = [dict(row) for row in state.history.rows]

    grow(state, noted, 9)
    for path in checkpoints(tmp_path):
        assert rows_of(path) == wanted[verify(path)["step"]]
        assert rows_of(shutil.copytree(path, tmp_path / "copies" / path.name)) == wanted[verify(path)["step"]]


@LINKS
def test_no_two_checkpoints_in_a_row_share_a_file_and_damage_to_one_leaves_the_one_before(tmp_path):
    grow(start(), keep_every(tmp_path), 7)
    files = [(path / HISTORY).stat().st_ino for path in checkpoints(tmp_path)]
    assert all(one != other for one, other in pairwise(files))
    assert len(set(files)) == 2
    newest = latest(tmp_path) / HISTORY
    data = bytearray(newest.read_bytes())
    data[10] ^= 1
    newest.write_bytes(data)
    before = checkpoints(tmp_path)[-2]
    with pytest.raises(CheckpointError, match=rf"{HISTORY} is damaged.*before it is {before}"):
        verify(newest.parent)
    assert verify(before)


@pytest.mark.parametrize(
    "change",
    [
        lambda rows: rows[0].update(loss=9.0),
        lambda rows: rows.pop(1),
        lambda rows: rows.__setitem__(slice(None), [dict(row) for row in rows][:2]),
        lambda rows: rows.reverse(),
    ],
)
def test_rows_that_were_changed_are_written_as_they_are(tmp_path, change):
    state, callback = start(), keep_last(tmp_path)
    grow(state, callback, 4)
    change(state.history.rows)
    grow(state, callback, 3)
    for path in checkpoints(tmp_path):
        count = len(rows_of(path))
        assert rows_of(path) == state.history.rows[:count]
    assert rows_of(latest(tmp_path)) == state.history.rows


def test_another_list_in_place_of_the_rows_is_written_as_it_is(tmp_path):
    state, callback = start(), keep_last(tmp_path)
    grow(state, callback, 4)
    state.history.rows = [dict(state.history.rows[0], loss=5.0)]
    grow(state, callback, 3)
    assert rows_of(latest(tmp_path)) == state.history.rows


def test_a_file_system_without_hard_links_gets_copies(tmp_path, monkeypatch, counts):
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    state = start()
    grow(state, keep_every(tmp_path), 6)
    assert [len(rows_of(path)) for path in checkpoints(tmp_path)] == [3, 6, 9, 12, 15, 18]
    assert len({(path / HISTORY).stat().st_ino for path in checkpoints(tmp_path)}) == 6
    assert max(counts) == 3


@pytest.mark.parametrize("broken", ["write", "later"])
def test_a_disk_that_fills_while_rows_are_added_leaves_the_files_as_they_were(tmp_path, monkeypatch, broken):
    state, callback = start(), keep_every(tmp_path)
    grow(state, callback, 4)
    before = {path: (path / HISTORY).read_bytes() for path in checkpoints(tmp_path)}

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        if broken == "write":
            patch.setattr(os, "fsync", full)
        else:
            patch.setattr(checkpoint_files, "write_flushed", full)
        with pytest.raises(OSError, match="No space left on device: the checkpoint needs"):
            grow(state, callback, 1)
    assert {path: (path / HISTORY).read_bytes() for path in checkpoints(tmp_path)} == before
    callback(state)
    assert rows_of(latest(tmp_path)) == state.history.rows


@LINKS
def test_what_a_killed_writer_left_behind_the_rows_is_not_read_and_not_kept(tmp_path):
    state, callback = start(), keep_every(tmp_path)
    grow(state, callback, 4)
    for path in checkpoints(tmp_path)[-2:]:
        with open(path / HISTORY, "ab") as file:
            file.write(b'{"split": "tra')
    again = start()
    load(latest(tmp_path), again)
    assert again.history.rows == state.history.rows
    for run in (again, state):  # one that was started again, and one that lives on
        grow(run, callback, 3)
        assert rows_of(latest(tmp_path)) == run.history.rows
        assert b'"tra{' not in (latest(tmp_path) / HISTORY).read_bytes()


def test_a_run_that_goes_on_does_not_write_the_history_anew(tmp_path, counts):
    state = start()
    grow(state, keep_last(tmp_path), 3, rows=100)
    resumed = start()
    load(latest(tmp_path), resumed)
    before = (latest(tmp_path) / HISTORY).read_bytes()
    old, counts[:] = latest(tmp_path), []
    grow(resumed, keep_every(tmp_path), 6)
    assert max(counts) <= 6
    assert (old / HISTORY).read_bytes() == before  # what was only read is never written to
    assert rows_of(latest(tmp_path)) == resumed.history.rows


@LINKS
def test_a_checkpoint_behind_a_link_is_not_written_to(tmp_path):
    grow(start(), keep_last(tmp_path / "one"), 3)
    owner = latest(tmp_path / "one")
    before = (owner / HISTORY).read_bytes()
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / owner.name).symlink_to(owner)
    state = start()
    load(latest(tmp_path / "two"), state)
    grow(state, keep_last(tmp_path / "two"), 5)
    assert (owner / HISTORY).read_bytes() == before
    assert verify(owner)["step"] == 3


def test_a_file_of_an_earlier_version_may_not_be_longer(tmp_path):
    path = save(train(start(), epochs=1), tmp_path)
    meta = json.loads((path / META).read_bytes())
    del meta["continued"]
    (path / META).write_bytes(sealed(meta))
    assert verify(path)["step"] == 6
    with open(path / HISTORY, "ab") as file:
        file.write(b"\n")
    with pytest.raises(CheckpointError, match=r"history.jsonl is damaged: it has [\d,]+ bytes, meta.json says"):
        verify(path)


def test_a_run_with_the_best_beside_the_last_is_equal_when_resumed(tmp_path):
    whole = train(start(), on_step=[keep_every(tmp_path), keep_last(tmp_path / "best", last=1)])
    for path in checkpoints(tmp_path)[::5]:
        state = start()
        load(path, state)
        assert equal(everything(train(state)), everything(whole))
