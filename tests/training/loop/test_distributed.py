"""Several processes find the weights and the numbers of one process that sees the whole batch."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.training.checkpoints.saving import latest, verify
from course_lib.training.loop import distributed
from course_lib.training.loop.distributed import (
    gradients_wait,
    processes,
    rank,
    start_processes,
    summed,
    summed_count,
    unwrapped,
    world_size,
    wrap,
)
from tests.training import shared_runs
from tests.training.torchrun import torchrun

# Sums of float32 in another order: about 1e-7 of a weight per update; the runs have 18 updates.
TOLERANCE = 1e-6


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where two processes have left what they found."""
    folder = tmp_path_factory.mktemp("shared")
    torchrun(Path(shared_runs.__file__), str(folder))
    return folder


@pytest.fixture(scope="module")
def shared(folder: Path) -> list[dict[str, Any]]:
    """What each of two processes found."""
    return [json.loads((folder / f"{number}.json").read_text(encoding="utf-8")) for number in range(2)]


@pytest.fixture(scope="module")
def alone() -> dict[str, Any]:
    """What one process finds."""
    return {name: shared_runs.found(shared_runs.train(**run)) for name, run in shared_runs.RUNS.items()}


def distance(first: dict[str, Any], second: dict[str, Any]) -> float:
    """The largest difference of two weights of the same name."""
    assert list(first) == list(second)
    return max(float((torch.tensor(first[name]) - torch.tensor(second[name])).abs().max()) for name in first)


@pytest.mark.parametrize("name", shared_runs.RUNS)
def test_two_processes_find_the_weights_of_one(shared, alone, name):
    assert distance(shared[0][name]["weights"], alone[name]["weights"]) < TOLERANCE


@pytest.mark.parametrize("name", shared_runs.RUNS)
def test_both_processes_hold_the_same_weights_and_numbers(shared, name):
    assert shared[0][name] == shared[1][name]


@pytest.mark.parametrize("name", shared_runs.RUNS)
def test_the_numbers_of_the_history_are_those_of_one_process(shared, alone, name):
    for row, expected in zip(shared[0][name]["rows"], alone[name]["rows"], strict=True):
        assert row == pytest.approx(expected, abs=TOLERANCE)


def test_a_run_of_two_processes_goes_on_bit_for_bit_in_mid_epoch(shared):
    for number in range(2):
        interrupted = shared[number]["interrupted"]
        assert interrupted["stopped at"] == [8, 1, 2]
        assert interrupted["resumed"] == interrupted["one go"]
    assert shared[0]["interrupted"]["resumed"] == shared[1]["interrupted"]["resumed"]


def test_only_the_first_process_writes_checkpoints(shared):
    assert shared[0]["interrupted"]["writes"] == 2 + 3  # epochs 1 and 2; and where the other run was stopped
    assert shared[1]["interrupted"]["writes"] == 0


def test_the_command_line_trains_in_several_processes(folder):
    newest = latest(folder / "command")
    assert newest is not None
    assert verify(newest)["epoch"] == 1
    assert len(verify(newest)["running"]) == 2  # one entry for each process


def test_the_runs_differ_by_far_more_than_the_tolerance(alone):
    for one, other in (("plain", "accumulated"), ("plain", "masked"), ("masked", "masked and accumulated")):
        assert distance(alone[one]["weights"], alone[other]["weights"]) > 1000 * TOLERANCE
    assert alone["stopped early"]["rows"][-1]["epoch"] < 40


def test_a_mean_of_the_means_of_two_shares_would_be_found_out(alone):
    """What two processes compute that each divide by their own count."""

    def mean_of_means(model: nn.Module, batch: Any) -> Loss:
        shares = [shared_runs.masked_loss(model, tuple(part[half::2] for part in batch)) for half in range(2)]
        means = [share.total / max(1, share.count) for share in shares]
        return Loss(sum(means) / 2, 1)

    wrong = shared_runs.found(shared_runs.train("sgd", mean_of_means))
    assert distance(wrong["weights"], alone["masked"]["weights"]) > 1000 * TOLERANCE


def test_without_torchrun_there_is_one_process_and_nothing_is_started(monkeypatch):
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    model, loss = nn.Linear(2, 2), Loss(torch.tensor(3.0), 2)
    with processes():
        assert not dist.is_initialized()
        assert (world_size(), rank()) == (1, 0)
        assert wrap(model) is unwrapped(model) is model
        assert summed(loss, torch.device("cpu")) is loss
        assert summed_count(7) == 7


@pytest.fixture
def group() -> Iterator[None]:
    """A group of one process, for what only needs a group."""
    dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
    yield
    distributed.stop()
    assert not dist.is_initialized()


def test_names_of_weights_are_those_of_the_model_under_every_wrapper(group):
    model = nn.Sequential(nn.Linear(2, 3), nn.Linear(3, 1))
    names = [name for name, _ in model.named_parameters()]
    ddp = nn.parallel.DistributedDataParallel
    for wrapped in (
        ddp(model),
        torch.compile(model, backend="eager"),
        ddp(torch.compile(model, backend="eager")),
        torch.compile(ddp(model), backend="eager"),
    ):
        assert list(wrapped.state_dict()) != names
        assert unwrapped(wrapped) is model
        assert list(unwrapped(wrapped).state_dict()) == names


def test_gradients_wait_for_the_last_batch_under_every_wrapper(group):
    ddp = nn.parallel.DistributedDataParallel(nn.Linear(2, 1))
    for model in (ddp, torch.compile(ddp, backend="eager")):
        with gradients_wait(model, True):
            assert not ddp.require_backward_grad_sync
        with gradients_wait(model, False):
            assert ddp.require_backward_grad_sync
    with gradients_wait(nn.Linear(2, 1), True):
        pass


class FakeGroup:
    """Records how the group is started, on a machine with `devices` CUDA devices."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, devices: int, place: int) -> None:
        self.backend: str | None = None
        self.device: int | None = None
        monkeypatch.setenv("WORLD_SIZE", "8")
        monkeypatch.setenv("LOCAL_RANK", str(place))
        monkeypatch.setattr(torch.cuda, "is_available", lambda: devices > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: devices)
        monkeypatch.setattr(torch.cuda, "set_device", lambda number: setattr(self, "device", number))
        monkeypatch.setattr(dist, "init_process_group", lambda backend, timeout: setattr(self, "backend", backend))


@pytest.mark.parametrize(
    ("device", "devices", "backend", "chosen"),
    [
        ("auto", 8, "cpu:gloo,cuda:nccl", 3),
        ("cuda", 8, "cpu:gloo,cuda:nccl", 3),
        ("auto", 0, "gloo", None),
        ("cpu", 8, "gloo", None),
    ],
)
def test_a_process_takes_the_device_of_its_number(monkeypatch, device, devices, backend, chosen):
    fake = FakeGroup(monkeypatch, devices, place=3)
    start_processes(device)
    assert (fake.backend, fake.device) == (backend, chosen)


def test_devices_that_several_processes_cannot_have_are_refused(monkeypatch):
    fake = FakeGroup(monkeypatch, devices=2, place=2)
    with pytest.raises(ValueError, match="process 3 of this machine finds 2"):
        start_processes("cuda")
    with pytest.raises(ValueError, match="device must be auto, cpu or cuda for several processes, got 'mps'"):
        start_processes("mps")
    assert fake.backend is None


def test_a_run_that_fails_is_started_once_more_and_this_is_reported(tmp_path):
    program = tmp_path / "second_time.py"
    program.write_text(
        "import os, pathlib\n"
        "mark = pathlib.Path(__file__).with_suffix('.mark')\n"
        "if not mark.exists():\n"
        "    mark.touch()\n"
        "    os.abort()\n",
        encoding="utf-8",
    )
    with pytest.warns(UserWarning, match="torchrun failed and was started once more"):
        torchrun(program, launch=())


def test_a_run_that_fails_twice_fails_the_test(tmp_path):
    program = tmp_path / "never.py"
    program.write_text("raise SystemExit('no such thing')", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception, match="torchrun failed twice:\nexit status 1\nno such thing"):
        torchrun(program, launch=())
