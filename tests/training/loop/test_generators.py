"""Dropout and mixing draw from streams that are functions of seed, purpose, epoch and process, and of nothing else."""

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds, stream
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.checkpoints.content import generators_here
from course_lib.training.data.dataset_loader import DatasetLoader
from course_lib.training.loop import fit as fit_module
from course_lib.training.loop.fit import fit
from course_lib.training.loop.generators import generator_states, generators_kept, seed_generators, set_generator_states
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.run import run
from tests.training.small import blob_loader, blobs, classification_loss, everything, new_state, same

CPU = torch.device("cpu")


def drawn(seeds: Seeds, epoch: int, rank: int = 0) -> list[float]:
    with generators_kept(CPU):
        seed_generators(seeds, epoch, rank)
        return torch.rand(4).tolist()


def test_the_noise_is_a_function_of_seed_epoch_and_process():
    reference = drawn(Seeds(1, 2, 3), 1)
    assert drawn(Seeds(1, 2, 3), 1) == reference
    assert drawn(Seeds(8, 9, 3), 1) == reference  # other weights and another order, the same noise
    others = [drawn(Seeds(1, 2, 4), 1), drawn(Seeds(1, 2, 3), 2), drawn(Seeds(1, 2, 3), 1, rank=1)]
    assert reference not in others
    assert len({tuple(values) for values in others}) == 3


def masks_of(state, **more) -> list[torch.Tensor]:
    """Which hidden values were dropped, one tensor per update."""
    masks = []
    hook = state.model[2].register_forward_hook(lambda module, inputs, output: masks.append(output == 0))
    fit(state, blob_loader(size=25), classification_loss, **more)
    hook.remove()
    return masks


def test_dropout_differs_from_update_to_update_and_from_epoch_to_epoch():
    masks = masks_of(new_state(dropout=0.5), epochs=2)
    assert len(masks) == 4
    assert len({mask.numpy().tobytes() for mask in masks}) == 4
    assert all(0.3 < mask.float().mean() < 0.7 for mask in masks)


def test_an_epoch_that_is_trained_alone_has_the_dropout_of_that_epoch():
    whole = masks_of(new_state(dropout=0.5), epochs=3)
    state = new_state(dropout=0.5)
    state.epoch = 2
    assert all(torch.equal(a, b) for a, b in zip(masks_of(state, epochs=3), whole[4:], strict=True))


def test_what_a_callback_draws_between_epochs_does_not_reach_the_next_one():
    plain, drawing = new_state(dropout=0.5), new_state(dropout=0.5)
    fit(plain, blob_loader(), classification_loss, epochs=3)
    fit(drawing, blob_loader(), classification_loss, epochs=3, on_epoch=[lambda state: torch.rand(17)])
    assert same(everything(drawing), everything(plain))


def test_every_process_of_a_run_drops_other_values(monkeypatch):
    masks = []
    for rank in (0, 1):
        monkeypatch.setattr(fit_module, "rank", lambda rank=rank: rank)
        masks.append(masks_of(new_state(dropout=0.5), epochs=1)[0])
    assert not torch.equal(*masks)


def test_states_that_are_put_back_give_the_same_numbers_again():
    with generators_kept(CPU):
        torch.rand(3)
        states = generator_states(CPU)
        first = torch.rand(5)
        set_generator_states(states, CPU)
        assert torch.equal(torch.rand(5), first)


def test_a_block_leaves_the_generator_as_it_was_even_after_an_error():
    before = torch.get_rng_state()
    with pytest.raises(KeyError), generators_kept(CPU):  # noqa: PT012
        torch.manual_seed(7)
        raise KeyError
    assert torch.equal(torch.get_rng_state(), before)


class FakeCuda:
    """Stands for the generator of a GPU: its state is a tensor that it hands out and takes back."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.state = torch.tensor([1, 2, 3], dtype=torch.uint8)
        monkeypatch.setattr(torch.cuda, "get_rng_state", lambda device: self.state.clone())
        monkeypatch.setattr(torch.cuda, "set_rng_state", self.put)

    def put(self, state: torch.Tensor, device: torch.device) -> None:
        self.state, self.device = state, device


def test_the_generator_of_a_gpu_is_kept_as_well(monkeypatch):
    gpu, device = FakeCuda(monkeypatch), torch.device("cuda", 1)
    with generators_kept(device):
        gpu.state = torch.tensor([9, 9, 9], dtype=torch.uint8)
    assert gpu.state.tolist() == [1, 2, 3]
    assert gpu.device == device


def test_a_state_of_another_kind_of_device_is_left_out(monkeypatch):
    gpu = FakeCuda(monkeypatch)
    set_generator_states({"cpu": torch.get_rng_state()}, torch.device("cuda"))  # saved on a CPU, resumed on a GPU
    assert gpu.state.tolist() == [1, 2, 3]
    set_generator_states({"cpu": torch.get_rng_state(), "cuda": torch.zeros(3, dtype=torch.uint8)}, CPU)
    assert gpu.state.tolist() == [1, 2, 3]


# NumPy's and Python's generators.


def numbers() -> list[float]:
    """Some of every generator, of every kind: normal numbers come in pairs, of which the second one is kept back."""
    return [*torch.rand(2).tolist(), *np.random.rand(2), np.random.normal(), random.random(), random.gauss(0, 1)]


def test_the_numbers_are_those_of_torch_manual_seed_without_a_note_for_devices_that_are_not_in_use():
    with generators_kept(CPU):
        before = len(torch.cuda._queued_calls)
        seed_generators(Seeds(1, 2, 3), 4)
        first = torch.rand(3)
        assert len(torch.cuda._queued_calls) == before
        torch.manual_seed(stream(3, "noise of process 0", 4))
        assert torch.equal(torch.rand(3), first)


def test_a_seed_sets_all_generators_apart_from_each_other():
    with generators_kept(CPU):
        seed_generators(Seeds(1, 2, 3), 1)
        first = numbers()
        seed_generators(Seeds(1, 2, 3), 1)
        assert numbers() == first
        for change in ((Seeds(1, 2, 4), 1, 0), (Seeds(1, 2, 3), 2, 0), (Seeds(1, 2, 3), 1, 1)):
            seed_generators(*change)
            assert not set(numbers()) & set(first)


@pytest.mark.parametrize("before", [0, 1, 3, 700])
def test_all_generators_go_on_from_their_states(before):
    with generators_kept(CPU):
        for _ in range(before):
            np.random.normal(), random.gauss(0, 1), random.random()
        states = generator_states(CPU)
        first = [numbers() for _ in range(300)]
        set_generator_states(states, CPU)
        assert [numbers() for _ in range(300)] == first


def test_a_block_and_a_fit_leave_all_generators_as_they_were():
    state = new_state()
    with generators_kept(CPU):
        np.random.seed(1)
        random.seed(1)
        expected = numbers()
        np.random.seed(1)
        random.seed(1)
        torch_before = torch.get_rng_state()
        fit(state, blob_loader(), mixing, epochs=2)
        assert torch.equal(torch.get_rng_state(), torch_before)
        assert numbers()[2:] == expected[2:]


def test_a_numpy_with_a_generator_of_another_kind_is_left_alone():
    mine = np.random.get_bit_generator()
    try:
        np.random.set_bit_generator(np.random.PCG64(3))
        with generators_kept(CPU):
            seed_generators(Seeds.same(0), 1)
        assert np.random.rand() == np.random.Generator(np.random.PCG64(3)).random()
    finally:
        np.random.set_bit_generator(mine)


def mixing(model: nn.Module, batch: tuple[torch.Tensor, torch.Tensor]) -> Loss:
    """Mixup as in most tutorials, with a share that NumPy draws and an order that Python draws."""
    x, y = batch
    share, order = float(np.random.beta(0.4, 0.4)), random.sample(range(len(x)), len(x))
    logits = model(share * x + (1 - share) * x[order])
    one, other = (nn.functional.cross_entropy(logits, labels, reduction="sum") for labels in (y, y[order]))
    return Loss(share * one + (1 - share) * other, len(y))


def mixed(folder: Path, stop_at: int | None = None, world: int = 0) -> TrainState:
    def power(state: TrainState) -> None:
        np.random.normal()  # a callback draws too, and an odd number of times
        if state.step == stop_at:
            raise ZeroDivisionError

    state = new_state(dropout=0.2)
    np.random.seed(world)
    random.seed(world)
    try:
        settings = {"epochs": 2, "save_steps": 3, "on_step": [power], "log": lambda line: None}
        run(folder, state, blob_loader(), mixing, **settings)
    except ZeroDivisionError:
        assert stop_at is not None
    return state


def test_a_loss_that_mixes_by_numpy_and_random_goes_on_bit_for_bit_whatever_the_world_drew(tmp_path):
    whole = mixed(tmp_path / "whole")
    assert same(everything(mixed(tmp_path / "again", world=5)), everything(whole))
    for stop_at in (2, 4, 5, 7):
        folder = tmp_path / str(stop_at)
        mixed(folder, stop_at)
        assert same(everything(mixed(folder, world=stop_at)), everything(whole)), stop_at


def test_each_seed_mixes_in_its_own_way():
    first, other = new_state(), new_state()
    other.seeds = Seeds(0, 0, 9)
    for state in (first, other):
        fit(state, blob_loader(), mixing, epochs=1)
    assert not same(everything(first), everything(other))


class Drawing:
    """Samples that are augmented by all three generators."""

    def __len__(self) -> int:
        return 30

    def __getitem__(self, index: int) -> tuple[torch.Tensor, torch.Tensor]:
        x, y = blobs(30)
        return x[index] + torch.randn(6) + float(np.random.normal()) + random.random(), y[index]


@pytest.mark.parametrize("workers", [0, 2])
def test_samples_that_draw_are_the_same_after_a_resume_with_any_number_of_workers(tmp_path, workers):
    def go(folder: Path, workers: int, stop_at: int | None = None) -> TrainState:
        state = new_state(dropout=0.2)
        loader = DatasetLoader(Drawing(), batch_size=8, workers=workers)
        stop = [lambda state: setattr(state, "interrupted", state.step == stop_at)]
        run(folder, state, loader, mixing, epochs=2, on_step=stop, log=lambda line: None)
        return state

    whole = go(tmp_path / "whole", 0)
    go(tmp_path / "parts", workers, stop_at=6)
    assert same(everything(go(tmp_path / "parts", 2 - workers)), everything(whole))


def test_a_checkpoint_of_an_earlier_version_begins_the_missing_generators_from_the_seed(tmp_path):
    state = new_state(dropout=0.2)
    fit(state, blob_loader(), mixing, epochs=1, on_step=[lambda state: setattr(state, "interrupted", True)])
    old = {"cpu": state.generators["cpu"]}
    states = generators_here(old, state), generators_here(old, state)
    assert sorted(states[0]) == ["cpu", "numpy", "python"]
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    assert torch.equal(states[0]["cpu"], old["cpu"])
    state.generators = old
    path = checkpoint.save(state, tmp_path)
    other = new_state(dropout=0.2)
    checkpoint.load(path, other)
    assert all(torch.equal(other.generators[name], states[0][name]) for name in states[0])
    fit(other, blob_loader(), mixing, epochs=1)
    assert other.epoch == 1
