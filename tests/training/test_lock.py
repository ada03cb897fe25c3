"""One run at a time writes into a folder, and a run that died leaves nothing locked."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course_lib.training.lock import FolderInUse, locked, require_writable

HOLD = """
import sys, time
from pathlib import Path
from course_lib.training.lock import locked
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
        require_writable(tmp_path)


def test_a_full_disk_is_refused_and_the_probe_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, data: bytes) -> None:
        self.touch()
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match=r"the run folder cannot be written to \(No space left on device\)"):
        require_writable(tmp_path)
    assert list(tmp_path.iterdir()) == []
