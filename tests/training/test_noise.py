"""Dropout draws from a stream that is a function of seed, purpose, epoch and process, and of nothing before it."""

import pytest
import torch

from course_lib.core.seeding import Seeds
from course_lib.training import fit as fit_module
from course_lib.training.fit import fit
from course_lib.training.noise import generator_states, generators_kept, seed_noise, set_generator_states
from tests.training.small import blob_loader, classification_loss, everything, new_state, same

CPU = torch.device("cpu")


def drawn(seeds: Seeds, epoch: int, rank: int = 0) -> list[float]:
    with generators_kept(CPU):
        seed_noise(seeds, epoch, rank)
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
