"""One run at a time writes into a folder, and a run that died leaves nothing locked."""

import errno
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from course_lib.training.runs import lock
from course_lib.training.runs.lock import NAME, VARIABLE, FolderInUse, hold_on, locked, validate_writable

HOLD = """
import sys, time
from pathlib import Path
from course_lib.training.runs.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_the_second_run_in_a_folder_refuses_at_once(tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(FolderInUse, match="another run is writing to") as refused, locked(tmp_path):
        pass
    assert str(tmp_path) in str(refused.value)


def test_a_folder_is_free_again_after_a_run_also_when_it_failed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), locked(tmp_path):
        raise ZeroDivisionError
    with locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def test_two_folders_are_locked_apart(tmp_path: Path) -> None:
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        pass


def test_another_process_holds_the_folder_until_it_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        with pytest.raises(FolderInUse), locked(tmp_path):
            pass
        other.kill()
        other.wait()
    with locked(tmp_path):
        pass


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")
def test_a_forked_worker_that_outlives_a_killed_run_does_not_hold_its_folder(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    run = os.fork()
    if run == 0:
        try:
            with locked(tmp_path):
                if os.fork() == 0:  # the worker
                    os.write(writing, f"{os.getpid()}\n".encode())
                time.sleep(60)
        finally:
            os._exit(1)  # never back into the tests
    os.close(writing)
    worker = int(os.read(reading, 100))
    try:
        os.kill(run, signal.SIGKILL)
        os.waitpid(run, 0)
        os.kill(worker, 0)  # it lives on
        with locked(tmp_path):
            pass
    finally:
        os.kill(worker, signal.SIGKILL)
        os.close(reading)


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    folder = tmp_path / "file" / "run"
    with pytest.raises(OSError, match="the run folder cannot be written to") as refused, locked(folder):
        pass
    assert refused.value.filename == str(folder)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_read_only_folder_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with pytest.raises(PermissionError, match="the run folder cannot be written to"):
        validate_writable(tmp_path)


def test_a_full_disk_is_refused_and_the_probe_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> None:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"the run folder cannot be written to \(No space left on device\)"):
        validate_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []


def try_to_lock(folder: Path) -> str:
    """What another process meets that wants the folder."""
    program = HOLD.replace("held", "free").replace("time.sleep(60)", "")
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=False)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1].partition(":")[0].rpartition(".")[2]


POSIX = pytest.mark.skipif(os.name != "posix", reason="Windows removes no file that is open")


@POSIX
def test_a_lock_file_that_is_removed_lets_no_second_run_in(tmp_path: Path) -> None:
    with locked(tmp_path):
        (tmp_path / NAME).unlink()
        assert try_to_lock(tmp_path) == "FolderInUse"
        hold_on(tmp_path)
        assert (tmp_path / NAME).is_file()
        assert try_to_lock(tmp_path) == "FolderInUse"
    assert try_to_lock(tmp_path) == "free"


@POSIX
@pytest.mark.parametrize("gone", [shutil.rmtree, lambda folder: folder.rename(folder.with_name("elsewhere"))])
def test_a_folder_that_is_removed_or_renamed_is_locked_again_under_its_name(tmp_path: Path, gone: Callable) -> None:
    folder = tmp_path / "run"
    with locked(folder):
        gone(folder)
        hold_on(folder / "best")
        assert try_to_lock(folder) == "FolderInUse"
        if (tmp_path / "elsewhere").is_dir():
            assert try_to_lock(tmp_path / "elsewhere") == "free"
    assert try_to_lock(folder) == "free"


@POSIX
def test_a_run_whose_folder_another_run_has_taken_does_not_write_there(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    with locked(folder):
        shutil.rmtree(folder)
        with subprocess.Popen([sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True) as other:
            assert other.stdout.readline() == "held\n"
            with pytest.raises(FolderInUse, match="another run is writing to"):
                hold_on(folder)
            other.kill()
    with locked(folder):
        shutil.rmtree(folder)
        (folder / "step-0000000003").mkdir(parents=True)
        with pytest.raises(FolderInUse, match="was removed, and another run has written there since"):
            hold_on(folder)


@POSIX
def test_a_lock_file_that_is_replaced_between_opening_and_locking_does_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locks, calls = lock.try_lock, []

    def removed_at_first(number: int) -> bool:
        calls.append(number)
        if len(calls) == 2:  # the first call locks the folder
            (tmp_path / NAME).unlink()
        return locks(number)

    monkeypatch.setattr(lock, "try_lock", removed_at_first)
    with locked(tmp_path):
        assert len(calls) == 3
        assert (tmp_path / NAME).is_file()


@pytest.mark.parametrize("number", [errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOLCK, errno.EINVAL])
def test_a_file_system_without_locks_is_told_with_the_folder_and_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(descriptor: int) -> bool:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(lock, "try_lock", refuse)
    with (
        pytest.raises(OSError, match=r"has no locks \(.*\): choose a folder on another one, or set") as refused,
        locked(tmp_path),
    ):
        pass
    assert refused.value.errno == number
    assert refused.value.filename == str(tmp_path)
    assert "\n" not in str(refused.value)
    monkeypatch.setenv(VARIABLE, "off")  # the way out that the message names
    with locked(tmp_path):
        hold_on(tmp_path)


@POSIX
def test_a_file_system_that_locks_files_and_no_folders_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    locks = lock.try_lock

    def files_alone(number: int) -> bool:
        if stat.S_ISDIR(os.fstat(number).st_mode):
            raise OSError(errno.EBADF, "Bad file descriptor")
        return locks(number)

    monkeypatch.setattr(lock, "try_lock", files_alone)
    with locked(tmp_path):
        hold_on(tmp_path)
        assert try_to_lock(tmp_path) == "FolderInUse"


def test_a_folder_in_place_of_the_lock_file_is_named(tmp_path: Path) -> None:
    (tmp_path / NAME).mkdir()
    with pytest.raises(OSError, match=r"its run.lock cannot be opened") as refused, locked(tmp_path):
        pass
    assert refused.value.filename == str(tmp_path)
