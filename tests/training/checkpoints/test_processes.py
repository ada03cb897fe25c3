"""Several processes save one checkpoint: the first one writes, none is left waiting, each goes on with its noise."""

import json
import os
from datetime import timedelta

import pytest
import torch
import torch.distributed as dist
from torch import nn

from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.checkpoints.saving import CheckpointError, checkpoints, keep_every, load, verify
from course_lib.training.loop.callbacks import every
from tests.training.checkpoint_runs import equal, everything, start, train

pytestmark = pytest.mark.skipif(not hasattr(os, "fork") or not dist.is_available(), reason="needs fork and gloo")
NAME = "convolutions"  # its normalization has other statistics in each process until the first one hands out its own


def in_two_processes(folder, work):
    """work(rank) in two processes that form a group; what they return, as JSON."""
    children = []
    for rank in range(2):
        child = os.fork()
        if child == 0:
            try:
                os.environ["GLOO_SOCKET_IFNAME"] = "lo"
                meeting = f"file://{folder / 'meeting'}"
                dist.init_process_group("gloo", meeting, timedelta(minutes=1), rank=rank, world_size=2)
                (folder / f"answer {rank}").write_text(json.dumps(work(rank)))
                dist.destroy_process_group()
            except BaseException as error:
                (folder / f"error {rank}").write_text(repr(error))
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        os.waitpid(child, 0)
    errors = [path.read_text() for path in folder.glob("error *")]
    assert not errors, errors
    (folder / "meeting").unlink(missing_ok=True)
    return [json.loads((folder / f"answer {rank}").read_text()) for rank in range(2)]


def shared():
    state = start(NAME)
    state.model = nn.parallel.DistributedDataParallel(state.model)
    return state


def test_two_processes_go_on_bit_for_bit_in_the_middle_of_an_epoch(tmp_path):
    def work(rank):
        whole = train(shared(), NAME, on_step=[every(4, keep_every(tmp_path / "run"))])
        answers = []
        for path in checkpoints(tmp_path / "run"):
            state = shared()
            with torch.no_grad():
                for parameter in state.model.parameters():
                    parameter.add_(1.0)
            load(path, state)
            before = (state.batch, None if state.generators is None else state.generators["cpu"].sum().item())
            answers.append([equal(everything(train(state, NAME)), everything(whole)), *before])
        return answers

    first, second = in_two_processes(tmp_path, work)
    assert [answer[0] for answer in first + second] == [True] * 6
    assert [answer[1] for answer in first] == [4, 2, 6]
    assert first[0][2] != second[0][2], "each process has noise of its own"
    path = checkpoints(tmp_path / "run")[0]
    assert len(verify(path)["running"]) == 2
    with pytest.raises(CheckpointError, match=r"processes: 2 in the checkpoint \(of mid-epoch\), 1 in this run"):
        load(path, start(NAME))


def test_one_process_goes_on_from_the_end_of_an_epoch_of_two(tmp_path):
    in_two_processes(tmp_path, lambda rank: train(shared(), NAME, on_epoch=[keep_every(tmp_path / "run")]).step)
    state = start(NAME)
    load(checkpoints(tmp_path / "run")[0], state)
    assert (state.epoch, state.batch) == (1, 0)
    train(state, NAME)
    assert state.epoch == 2


def test_when_the_first_process_cannot_write_the_other_says_so_and_does_not_wait(tmp_path):
    def work(rank):
        checkpoint.write_checkpoint = refuse
        try:
            keep_every(tmp_path / "run")(shared())
        except (OSError, CheckpointError) as error:
            return f"{type(error).__name__}: {error}"

    def refuse(*arguments):
        raise OSError(28, "No space left on device")

    first, second = in_two_processes(tmp_path, work)
    assert first == "OSError: [Errno 28] No space left on device"
    assert second.startswith("CheckpointError: process 0 could not write")
    assert not (tmp_path / "run").exists()
