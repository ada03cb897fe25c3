"""A dataset gives the batches of a tensor, whatever its workers do, and its noise belongs to seed, epoch and sample."""

import os
import random
import signal
import sys
import time
import warnings
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch
from torch.utils.data import get_worker_info

from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, digits_net
from course_lib.training.data import dataset_loader, loaders
from course_lib.training.data.batch_forms import moved
from course_lib.training.data.dataset_loader import DatasetLoader, SampleError, loader_flags
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState

forks = pytest.mark.skipif(sys.platform == "win32", reason="the faults are made with signals and limits of POSIX")


class Noisy:
    """Sample i is (i, a number of torch, of NumPy, of `random`); keeps which samples this process was asked for."""

    def __init__(self, count: int = 23) -> None:
        self.count, self.asked = count, []

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        self.asked.append(index)
        return index, torch.rand(2), np.random.rand(), random.random()


class InWorker(Noisy):
    """At sample 11, if a worker loads it, `fault` happens."""

    def __init__(self, fault: Any) -> None:
        super().__init__()
        self.fault = fault

    def __getitem__(self, index: int) -> tuple[Any, ...]:
        if index == 11 and get_worker_info() is not None:
            self.fault()
        return super().__getitem__(index)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def sleep_for_ever() -> None:
    time.sleep(3600)


def allow_no_shared_memory() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))


def flat(batches: Any) -> list[list[float]]:
    return [torch.cat([part.double().reshape(-1) for part in batch]).tolist() for batch in batches]


def loaded(dataset: Any = None, epochs: tuple[int, ...] = (1, 2), **settings: Any) -> list[list[float]]:
    loader = DatasetLoader(dataset or Noisy(), **{"batch_size": 4, "seed": 3} | settings)
    return [batch for epoch in epochs for batch in flat(loader.epoch(epoch))]


def test_the_order_is_that_of_the_tensor_loader():
    settings = {"batch_size": 5, "seed": 7}
    for extra in ({}, {"shuffle": False}, {"drop_last": True}):
        ours, theirs = DatasetLoader(Noisy(), **settings, **extra), TensorLoader(torch.arange(23), **settings, **extra)
        assert len(ours) == len(theirs)
        for epoch, start in ((1, 0), (2, 3)):
            found = [batch[0].tolist() for batch in ours.epoch(epoch, start)]
            assert found == [rows.tolist() for (rows,) in theirs.epoch(epoch, start)]


def test_batches_that_are_left_out_are_not_loaded():
    dataset = Noisy()
    list(DatasetLoader(dataset, batch_size=5, seed=7).epoch(1, 3))
    assert len(dataset.asked) == 23 - 3 * 5


@forks
@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_workers_changes_neither_samples_nor_noise(workers):
    assert loaded(workers=workers) == loaded(workers=0)


@forks
def test_a_resume_in_mid_epoch_finds_the_same_batches_with_and_without_workers():
    whole = flat(DatasetLoader(Noisy(), batch_size=4, seed=3).epoch(2))
    for workers in (0, 2):
        assert flat(DatasetLoader(Noisy(), batch_size=4, seed=3, workers=workers).epoch(2, 4)) == whole[4:]


def test_noise_is_a_function_of_seed_epoch_and_sample_and_not_of_the_order():
    def by_sample(**settings: Any) -> dict[int, list[float]]:
        batches = DatasetLoader(Noisy(), batch_size=4, **settings).epoch(2)
        return {
            int(row): rest for batch in batches for row, *rest in zip(*map(torch.Tensor.tolist, batch), strict=True)
        }

    assert by_sample(seed=1, noise_seed=5) == by_sample(seed=2, noise_seed=5)
    assert by_sample(seed=1, noise_seed=5) != by_sample(seed=1, noise_seed=6)
    assert by_sample(seed=1) == by_sample(seed=1, noise_seed=1)
    draws = [number for pair, *rest in by_sample(seed=1).values() for number in (*pair, *rest)]
    assert len(set(draws)) == len(draws)


def test_two_epochs_have_other_noise():
    first, second = ({row: noise for row, *noise in loaded(epochs=(epoch,), batch_size=1)} for epoch in (1, 2))
    assert len(first) == 23
    assert all(first[row] != second[row] for row in first)


@forks
def test_what_collate_draws_is_a_function_of_the_batch():
    def mixed(samples: list[Any]) -> tuple[torch.Tensor]:
        return (torch.cat([torch.rand(1), torch.tensor([float(row) for row, *_ in samples])]),)

    assert loaded(collate=mixed, workers=2) == loaded(collate=mixed)
    assert len({batch[0] for batch in loaded(collate=mixed)}) == 12


@forks
def test_loading_leaves_the_generators_of_the_world_alone():
    for workers in (0, 1):
        torch.manual_seed(1), np.random.seed(2), random.seed(3)
        before = torch.get_rng_state(), np.random.get_state()[1].tolist(), random.getstate()
        loaded(workers=workers)
        assert torch.equal(torch.get_rng_state(), before[0])
        assert (np.random.get_state()[1].tolist(), random.getstate()) == before[1:]


class TellsSeed(Noisy):
    """A sample is its worker and the seed that torch gave the worker."""

    def __getitem__(self, index: int) -> tuple[int, int]:
        worker = get_worker_info()
        return worker.id, worker.seed


@forks
def test_workers_are_seeded_by_seed_epoch_and_worker():
    def seeds(epoch: int, seed: int) -> dict[int, int]:
        loader = DatasetLoader(TellsSeed(), batch_size=4, seed=seed, workers=2)
        return {
            int(worker): int(value)
            for ids, found in loader.epoch(epoch)
            for worker, value in zip(ids, found, strict=True)
        }

    assert seeds(1, 3) == seeds(1, 3)
    assert len({value for pair in ((1, 3), (2, 3), (1, 4)) for value in seeds(*pair).values()}) == 6


@forks
def test_workers_are_kept_from_epoch_to_epoch_also_after_an_epoch_that_was_left():
    loader = DatasetLoader(TellsSeed(), batch_size=4, workers=1)
    first, second = next(loader.epoch(1)), list(loader.epoch(2))
    assert len(second) == 6
    assert torch.equal(first[1], second[0][1])


@forks
def test_dead_workers_are_given_up_with_one_warning_and_the_batches_stay_the_same():
    with pytest.warns(UserWarning, match="the 2 workers of the loader failed .*loaded without workers") as caught:
        found = loaded(InWorker(die), workers=2)
    assert found == loaded()
    assert len(caught) == 1


@forks
def test_workers_without_shared_memory_are_given_up():
    with pytest.warns(UserWarning, match="the worker of the loader failed .*epoch 1 on"):
        assert loaded(InWorker(allow_no_shared_memory), workers=1, patience=5) == loaded()


@forks
def test_workers_that_stay_silent_are_given_up():
    with pytest.warns(UserWarning, match=r"the worker of the loader failed .*timed out after 1 seconds"):
        assert loaded(InWorker(sleep_for_ever), workers=1, patience=1) == loaded()


@pytest.mark.parametrize("patience", [0, -1.0, float("nan")])
def test_patience_is_above_0(patience):
    with pytest.raises(ValueError, match=rf"patience must be above 0 seconds, got {patience}"):
        DatasetLoader(Noisy(), batch_size=4, patience=patience)


def test_workers_that_cannot_start_are_given_up(monkeypatch):
    def full(*_: Any, **__: Any) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    monkeypatch.setattr(torch.multiprocessing, "Process", full)
    with pytest.warns(
        UserWarning, match=r"BlockingIOError: Resource temporarily unavailable\); from batch 1 of epoch 1"
    ):
        assert loaded(workers=2) == loaded()


@forks
def test_a_worker_that_dies_while_the_model_learns_does_not_disturb_the_update():
    loader = DatasetLoader(Noisy(), batch_size=4, seed=3, workers=1)
    batches = loader.epoch(1)
    found = [next(batches)]
    pid = loader._loader._iterator._workers[0].pid
    os.kill(pid, signal.SIGKILL)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)  # here torch's own handler would raise
    with pytest.warns(UserWarning, match="the worker of the loader failed"):
        found += list(batches)
    assert flat(found) == loaded(epochs=(1,))


class Broken(Noisy):
    def __getitem__(self, index: int) -> tuple[Any, ...]:
        if index == 7:
            raise OSError("image file is truncated")
        return super().__getitem__(index)


@forks
@pytest.mark.parametrize("workers", [0, 2])
def test_a_sample_that_cannot_be_loaded_is_named_and_is_no_fault_of_the_workers(workers):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(SampleError, match="sample 7 could not be loaded: OSError: image file is truncated"):
            loaded(Broken(), workers=workers)


@forks
def test_after_a_broken_sample_the_loader_still_has_its_workers():
    dataset = Broken()
    loader = DatasetLoader(dataset, batch_size=4, seed=3, workers=1)
    for _ in range(2):
        with pytest.raises(SampleError, match="sample 7"):
            list(loader.epoch(1))
    assert dataset.asked == []


def test_the_shares_of_the_processes_join_to_the_batch_and_may_be_empty(monkeypatch):
    whole = list(DatasetLoader(Noisy(9), batch_size=4, seed=3).epoch(1))
    monkeypatch.setattr(loaders, "world_size", lambda: 3)
    shares = []
    for rank in range(3):
        monkeypatch.setattr(loaders, "rank", lambda rank=rank: rank)
        shares.append(list(DatasetLoader(Noisy(9), batch_size=4, seed=3).epoch(1)))
    for batch, *parts in zip(whole, *shares, strict=True):
        assert sorted(torch.cat([part[0] for part in parts]).tolist()) == sorted(batch[0].tolist())
    assert [part.shape for part in shares[2][-1]] == [(0,), (0, 2), (0,), (0,)]  # of its last row, nothing is left


def test_flags_are_set_only_where_they_are_legal(monkeypatch):
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    ahead = {"persistent_workers": True, "prefetch_factor": 2}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert loader_flags(0, cpu) == loader_flags(0, cuda) == {"num_workers": 0, "pin_memory": False}
    assert loader_flags(2, cpu) == loader_flags(2, cuda) == {"num_workers": 2, **ahead, "pin_memory": False}
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert loader_flags(0, cpu) == {"num_workers": 0, "pin_memory": False}
    assert loader_flags(0, cuda) == {"num_workers": 0, "pin_memory": True}
    assert loader_flags(2, cuda) == {"num_workers": 2, **ahead, "pin_memory": True}


def test_on_cuda_the_loader_of_torch_gets_these_flags_and_copies_do_not_wait(monkeypatch):
    given: dict[str, Any] = {}
    copies: list[bool] = []

    class Recorder:
        def __init__(self, dataset: Any, *, sampler: Any, generator: Any, **settings: Any) -> None:
            given.update(settings)
            self.dataset, self.sampler, self.generator = dataset, sampler, generator

        def __iter__(self) -> Any:
            return (self.dataset[task] for task in self.sampler)

    def to(tensor: torch.Tensor, device: Any, non_blocking: bool = False) -> torch.Tensor:
        if torch.device(device).type == "cuda":
            copies.append(non_blocking)
        return tensor

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(dataset_loader, "DataLoader", Recorder)
    monkeypatch.setattr(torch.Tensor, "is_pinned", lambda tensor: True)
    monkeypatch.setattr(torch.Tensor, "to", to)
    list(DatasetLoader(Noisy(8), batch_size=4, device="cuda").epoch(1))
    assert given["pin_memory"] is True
    assert (given["num_workers"], "persistent_workers" in given) == (0, False)
    assert copies == [True] * 8
    monkeypatch.setattr(torch.Tensor, "is_pinned", lambda tensor: False)
    moved(torch.zeros(1), torch.device("cuda"))
    assert copies[-1] is False


class Pair(NamedTuple):
    x: torch.Tensor
    name: str


def test_a_batch_keeps_its_form_when_it_is_moved():
    batch = {"a": [torch.zeros(2), (torch.ones(1), 3)], "b": Pair(torch.ones(2), "b")}
    found = moved(batch, torch.device("meta"))
    assert found["a"][0].device.type == found["a"][1][0].device.type == found["b"].x.device.type == "meta"
    assert (found["a"][1][1], found["b"].name, type(found["b"])) == (3, "b", Pair)


class Digits:
    """64 numbers and a class; the numbers of a sample are moved a little, by noise of NumPy."""

    def __len__(self) -> int:
        return 30

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        fixed = np.random.Generator(np.random.PCG64(index)).normal(size=64)
        return torch.tensor(fixed + 0.1 * np.random.normal(size=64), dtype=torch.float32), index % 10


@forks
def test_a_run_with_dropout_finds_the_same_weights_with_workers_and_interrupted():
    def weights(workers: int, interrupt_at: int | None = None) -> list[float]:
        model = digits_net(DigitsConfig(dropout=0.2), seed=1)
        state = TrainState(model, torch.optim.Adam(model.parameters()), Seeds.same(1))
        loader = DatasetLoader(Digits(), batch_size=8, seed=1, workers=workers)

        def interrupt(state: TrainState) -> None:
            state.interrupted = state.step == interrupt_at

        fit(state, loader, classification_loss, epochs=2, on_step=[interrupt])
        if state.interrupted:
            state.interrupted = False
            loader = DatasetLoader(Digits(), batch_size=8, seed=1, workers=workers)
            fit(state, loader, classification_loss, epochs=2)
        return torch.cat([parameter.detach().reshape(-1) for parameter in model.parameters()]).tolist()

    plain = weights(0)
    assert weights(2) == plain
    assert weights(2, interrupt_at=6) == plain
    assert weights(0, interrupt_at=6) == plain


def test_settings_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match="workers must be at least 0, got -1"):
        DatasetLoader(Noisy(), batch_size=4, workers=-1)
    with pytest.raises(ValueError, match="count must be at least 1, got 0"):
        DatasetLoader(Noisy(0), batch_size=4)
