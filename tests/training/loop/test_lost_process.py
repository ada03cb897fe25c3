"""Of several processes one stops or dies: the others end within a time that was given, with one sentence."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch.distributed as dist

from course_lib.training.checkpoints.saving import latest, verify
from course_lib.training.loop import distributed
from course_lib.training.loop.distributed import PATIENCE, ProcessLost, processes
from course_lib.training.runs.command import train_command as command
from tests.training.lost_process import BATCHES
from tests.training.torchrun import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix" or not dist.is_available(), reason="needs gloo and signals of POSIX")


def lost(folder: Path, signal_name: str, patience: float = 4.0) -> tuple[int, str, float]:
    """Exit status of the first process after the second one got the signal, what it said, and how long it waited."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    group = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": "2", "GLOO_SOCKET_IFNAME": "lo"}
    command = [sys.executable, "-m", "tests.training.lost_process", str(folder), signal_name, str(patience)]
    first, second = (
        subprocess.Popen(
            command, cwd=ROOT, env=os.environ | group | {"RANK": str(rank), "LOCAL_RANK": str(rank)},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
        )
        for rank in range(2)
    )  # fmt: skip
    try:
        os.waitid(os.P_PID, second.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)
        begin = time.monotonic()
        said = first.communicate(timeout=60)[0]
        return first.returncode, said, time.monotonic() - begin
    finally:
        for process in (first, second):
            process.kill()
            process.communicate()


@pytest.mark.parametrize("signal_name", ["SIGSTOP", "SIGKILL"])
def test_a_process_that_stops_or_dies_ends_the_others_with_a_sentence(tmp_path, signal_name):
    status, said, _ = lost(tmp_path, signal_name)
    assert status == 1
    assert said.startswith(
        "another process of this run has ended, or did not answer within 4 seconds (process 0 waited"
    )
    assert len(said.splitlines()) == 1
    assert verify(latest(tmp_path))["step"] == BATCHES  # what was saved before is whole


def test_the_time_is_minutes_where_none_is_given():
    assert 60 <= PATIENCE <= 600


@pytest.mark.parametrize("patience", [0, -1.0, float("nan"), float("inf")])
def test_a_patience_that_makes_no_sense_is_refused(monkeypatch, patience):
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(ValueError, match=rf"patience must be a finite number above 0 seconds, got {patience}"):
        distributed.start_processes("cpu", patience)


def test_the_command_says_it_in_one_line(monkeypatch, capsys):
    from course_lib.__main__ import SYSTEMS, main

    given = []

    def silent(device: str, patience: float) -> None:
        given.append(patience)
        raise ProcessLost("another process of this run has ended")

    assert command.__module__ == "course_lib.training.runs.command"
    monkeypatch.setattr(distributed, "start_processes", silent)
    assert main(["train", next(iter(SYSTEMS)), "--patience", "7"]) == 1
    assert main(["train", next(iter(SYSTEMS))]) == 1
    assert capsys.readouterr().err == "error: another process of this run has ended\n" * 2
    assert given == [7.0, PATIENCE]


def test_an_error_of_the_run_itself_stays_what_it_is():
    with pytest.raises(RuntimeError, match="shapes do not fit") as error, processes("cpu"):
        raise RuntimeError("shapes do not fit")
    assert not isinstance(error.value, ProcessLost)
