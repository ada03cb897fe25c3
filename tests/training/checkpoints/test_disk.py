"""Whatever the disk does while a checkpoint is written, the checkpoints before it are as they were."""

import errno
import os
import shutil

import pytest

from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints.files import FILES, META
from course_lib.training.checkpoints.saving import CheckpointError, checkpoints, latest, load, save, sweep, verify
from tests.training.checkpoint_runs import equal, everything, saved, start, train

POSIX = pytest.mark.skipif(os.name != "posix", reason="rights and limits of POSIX systems")


def names(folder):
    return sorted(path.name for path in folder.rglob("*"))


class Disk:
    """A disk that is full at the n-th file it is asked to write."""

    def __init__(self, monkeypatch, at):
        self.files, self.at, self.write = 0, at, checkpoint_files.write_flushed
        monkeypatch.setattr(checkpoint_files, "write_flushed", self)

    def __call__(self, path, data):
        self.files += 1
        if self.files == self.at:
            path.write_bytes(data[: len(data) // 2])
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        self.write(path, data)


@pytest.mark.parametrize("at", [1, 2, 3])
def test_a_full_disk_is_told_with_path_and_bytes_and_costs_nothing(tmp_path, monkeypatch, at):
    state = saved(tmp_path, steps=6)
    before = names(tmp_path)
    old = everything(_loaded(latest(tmp_path)))
    state.step += 1
    Disk(monkeypatch, at)
    words = r"No space left on device: the checkpoint needs [\d,]+ bytes, [\d,]+ are free"
    with pytest.raises(OSError, match=words) as error:
        save(state, tmp_path)
    assert error.value.errno == errno.ENOSPC
    assert error.value.filename == str(tmp_path / "step-0000000013")
    needed = int(str(error.value).split("needs ")[1].split(" ")[0].replace(",", ""))
    monkeypatch.undo()
    assert names(tmp_path) == before, "nothing is left of the one that failed"
    assert equal(everything(_loaded(latest(tmp_path))), old)
    path = save(state, tmp_path)  # the run may go on when there is room again
    assert path.name == "step-0000000013"
    assert needed == sum(file.stat().st_size for file in path.iterdir())


def test_a_full_disk_while_the_history_is_written(tmp_path, monkeypatch):
    state = train(start(), epochs=1)

    def full(path):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(state.history, "save", full)
    with pytest.raises(OSError, match="No space left on device: the checkpoint needs"):
        save(state, tmp_path)
    assert names(tmp_path) == []


@POSIX
def test_a_limit_of_the_system_on_the_length_of_files(tmp_path):
    folder, answer = tmp_path / "run", tmp_path / "answer"
    state = train(start(), epochs=1)
    whole = save(state, folder)
    state.step += 1
    child = os.fork()  # the limit holds for a process, and must not hold for the one that runs the tests
    if child == 0:
        import resource

        try:
            resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
            save(state, folder)
        except OSError as error:
            answer.write_text(str(error))
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert answer.read_text().startswith(f"[Errno {errno.EFBIG}] File too large: the checkpoint needs ")
    assert answer.read_text().endswith(f"'{folder / 'step-0000000007'}'")
    assert checkpoints(folder) == [whole]
    assert names(folder) == sorted([whole.name, *FILES, META])
    assert verify(whole)


@POSIX
def test_a_folder_that_may_not_be_written_is_named(tmp_path):
    folder = tmp_path / "run"
    state = saved(folder, steps=6)
    state.step += 1
    if os.access("/", os.W_OK):  # who may do everything meets no read-only folder: a file stands in its place
        folder = tmp_path / "file"
        folder.write_text("not a folder")
        words = "Not a directory|File exists"
    else:
        folder.chmod(0o555)
        words = "Permission denied"
    with pytest.raises(OSError, match=words) as error:
        save(state, folder)
    assert error.value.filename == str(folder / "step-0000000013")
    assert "the checkpoint needs" in str(error.value)
    if folder.is_dir():
        folder.chmod(0o755)
        assert verify(latest(folder))


def test_a_refused_write_keeps_its_kind(tmp_path, monkeypatch):
    def refuse(path, data):
        raise OSError(errno.EROFS if path.name == "optimizer.pt" else errno.EACCES, "refused")

    monkeypatch.setattr(checkpoint_files, "write_flushed", refuse)
    with pytest.raises(PermissionError, match="refused: the checkpoint needs"):
        save(start(), tmp_path)
    assert names(tmp_path) == []


def test_a_folder_that_vanished_is_made_anew(tmp_path):
    folder = tmp_path / "deep" / "run"
    state = saved(folder, steps=6)
    shutil.rmtree(tmp_path / "deep")
    path = save(state, folder)
    assert equal(everything(_loaded(path)), everything(state))
    assert checkpoints(folder) == [path]


@pytest.mark.parametrize("file", [*FILES[:2], META])
def test_a_writer_that_is_interrupted_leaves_nothing(tmp_path, monkeypatch, file):
    state = saved(tmp_path, steps=6)
    before = names(tmp_path)
    write = checkpoint_files.write_flushed

    def interrupted(path, data):
        if path.name == file:
            raise KeyboardInterrupt
        write(path, data)

    monkeypatch.setattr(checkpoint_files, "write_flushed", interrupted)
    state.step += 1
    with pytest.raises(KeyboardInterrupt):
        save(state, tmp_path)
    assert names(tmp_path) == before


def test_sweep_removes_what_killed_writers_left_and_nothing_else(tmp_path):
    saved(tmp_path, steps=6)
    before = names(tmp_path)
    stale = [tmp_path / f".step-0000000013{end}.0123456789ab.part" for end in ("", ".1")]
    for path in stale:
        shutil.copytree(latest(tmp_path), path)
    others = [".step-13.part", "notes.part", ".step-0000000013.0123456789ab"]
    for name in others:
        (tmp_path / name).mkdir()
    assert latest(tmp_path).name == "step-0000000012"
    assert sweep(tmp_path) == stale
    assert names(tmp_path) == sorted([*before, *others])
    assert sweep(tmp_path / "absent") == []


def test_the_metadata_is_written_last_and_before_the_folder_has_its_name(tmp_path, monkeypatch):
    order = []
    write, rename = checkpoint_files.write_flushed, os.rename
    monkeypatch.setattr(
        checkpoint_files, "write_flushed", lambda path, data: (order.append(path.name), write(path, data))
    )
    monkeypatch.setattr(checkpoint_files.os, "rename", lambda a, b: (order.append(b.name), rename(a, b)))
    path = save(train(start(), epochs=1), tmp_path)
    assert order == ["weights.safetensors", "optimizer.pt", "meta.json", path.name]


@POSIX
def test_all_is_on_the_disk_before_the_folder_has_its_name(tmp_path, monkeypatch):
    flushed, before = [], []
    flush, rename = os.fsync, os.rename
    monkeypatch.setattr(os, "fsync", lambda number: (flushed.append(os.fstat(number).st_ino), flush(number)))
    monkeypatch.setattr(os, "rename", lambda a, b: (before.extend(flushed), rename(a, b)))
    path = save(start(), tmp_path)
    for part in (*(path / name for name in (*FILES, META)), path):
        assert part.stat().st_ino in before, f"{part.name} was not flushed before the rename"
    assert flushed[len(before) :] == [tmp_path.stat().st_ino], "the rename itself is flushed at the end"


def test_a_checkpoint_removed_half_way_is_not_met(tmp_path, monkeypatch):
    saved(tmp_path, steps=6)
    newest = latest(tmp_path)
    monkeypatch.setattr(checkpoint_files.shutil, "rmtree", lambda path: (_ for _ in ()).throw(OSError("killed here")))
    with pytest.raises(OSError, match="killed here"):
        checkpoint_files.remove(newest)
    monkeypatch.undo()
    assert latest(tmp_path).name == "step-0000000006"
    assert len(sweep(tmp_path)) == 1


def test_the_old_one_stays_when_its_replacement_cannot_be_written(tmp_path, monkeypatch):
    state = saved(tmp_path, steps=6)
    Disk(monkeypatch, 2)
    with pytest.raises(OSError, match="No space left"):
        save(state, tmp_path)
    monkeypatch.undo()
    assert latest(tmp_path).name == "step-0000000012"
    assert verify(latest(tmp_path))
    with pytest.raises(CheckpointError, match="not the folder"):
        verify(tmp_path / "step-0000000012.1")


def _loaded(path):
    state = start()
    load(path, state)
    return state
