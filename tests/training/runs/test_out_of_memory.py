"""Where memory runs out nothing is half done, and the message says what fits."""

import pytest
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.out_of_memory import advice_on_size, is_out_of_memory, largest_batch, largest_batch_for
from tests.training.small import blob_loader, classification_loss, everything, new_state, same

CUDA = torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB")


def short_of_memory(at: int, error: BaseException = CUDA):
    """The classification loss, whose call number `at` runs out of memory behind the first layer."""
    calls = [0]

    def loss_fn(model, batch):
        calls[0] += 1
        loss = classification_loss(model, batch)
        if calls[0] == at:
            raise error
        return loss

    return loss_fn


def test_the_errors_of_gpu_cpu_and_numpy_are_recognised_and_others_are_not():
    with pytest.raises(RuntimeError) as cpu:
        torch.empty(10**15)
    assert is_out_of_memory(cpu.value)
    for error in (CUDA, MemoryError(), RuntimeError("MPS backend out of memory (MPS allocated: 9 GB)")):
        assert is_out_of_memory(error)
    for error in (RuntimeError("shapes do not match"), ValueError("out of memory"), KeyError("x")):
        assert not is_out_of_memory(error)


@pytest.mark.parametrize("limit", [1, 5, 64, 100, 1000])
def test_the_largest_size_that_fits_is_found_and_no_size_beyond_the_first_that_does_not_is_tried(limit):
    tried = []

    def attempt(size):
        tried.append(size)
        if size > limit:
            raise CUDA

    sizes = [64, 1, 16, 4, 256, 16]
    assert largest_batch(attempt, sizes) == max(size for size in sizes if size <= limit)
    assert tried == sorted(set(tried))
    assert len([size for size in tried if size > limit]) <= 1


def test_not_even_the_smallest_fits():
    def attempt(size):
        raise CUDA

    with pytest.raises(MemoryError, match="not even a batch of 4 fits into the memory: take a smaller model"):
        largest_batch(attempt, [8, 4])


def test_other_errors_pass_through():
    with pytest.raises(KeyError):
        largest_batch(lambda size: {}[size], [1])
    state = new_state()
    with pytest.raises(KeyError), advice_on_size(state, batch_size=16):
        fit(state, blob_loader(), short_of_memory(1, KeyError("label")), epochs=1)


@pytest.mark.parametrize("sizes", [[], [0, 4], [-1]])
def test_sizes_that_make_no_sense_are_refused(sizes):
    with pytest.raises(ValueError, match="sizes must be numbers of at least 1, got"):
        largest_batch(print, sizes)


def test_trying_sizes_changes_neither_the_state_nor_the_noise():
    state = new_state("adamw", dropout=0.3, norm=True)
    fit(state, blob_loader(), classification_loss, epochs=1)
    before, noise = everything(state), torch.get_rng_state()

    def loss_fn(model, batch):
        assert model.training
        if len(batch[0]) > 20:
            raise CUDA
        return classification_loss(model, batch)

    def batch(size):
        return torch.randn(size, 6), torch.zeros(size, dtype=torch.long)

    assert largest_batch_for(state, batch, loss_fn, [8, 16, 32, 64]) == 16
    assert same(everything(state), before)
    assert torch.equal(torch.get_rng_state(), noise)


@pytest.mark.parametrize("error", [CUDA, MemoryError()], ids=["cuda", "numpy"])
def test_out_of_memory_in_training_leaves_the_last_complete_update_and_says_what_to_try(error):
    state, good = new_state("adamw"), {}
    words = (
        "the memory of cpu did not suffice at step 6 with batches of 15; nothing was changed by this step. "
        "batch_size=8 with accumulate=4 needs half"
    )
    on_step = [lambda state: good.update(everything(state))]
    with pytest.raises(MemoryError, match=words), advice_on_size(state, batch_size=15, accumulate=2):
        fit(state, blob_loader(), short_of_memory(6, error), epochs=3, on_step=on_step)
    assert same(everything(state), good)
    assert all(parameter.grad is None for parameter in state.model.parameters())


def test_a_batch_of_one_cannot_be_halved():
    state = new_state()
    with (
        pytest.raises(MemoryError, match=r"Take a smaller model, or shorter samples$"),
        advice_on_size(state, batch_size=1),
    ):
        fit(state, blob_loader(size=1), short_of_memory(1), epochs=1)


def test_the_advised_settings_make_the_updates_of_the_settings_that_did_not_fit():
    wanted, advised = new_state("sgd"), new_state("sgd")
    fit(wanted, blob_loader(48, 16), classification_loss, epochs=2)
    fit(advised, blob_loader(48, 8), classification_loss, epochs=2, accumulate=2)
    for one, other in zip(wanted.model.parameters(), advised.model.parameters(), strict=True):
        torch.testing.assert_close(one, other, atol=1e-6, rtol=0)


def test_an_update_that_was_cut_short_is_not_called_whole():
    """The moments of Adam are made in its first step: here one of them would need 4 PB."""
    model = nn.ParameterDict({"small": torch.ones(2), "huge": torch.ones(1).expand(10**15)})
    for parameter in model.values():
        parameter.requires_grad_(True)
        parameter.grad = parameter.detach()
    optimizer = torch.optim.Adam(model.values(), lr=0.1, foreach=False)
    state = TrainState(model, optimizer, Seeds.same(0))
    words = "at step 1 with batches of 2; the update was cut short, so the state is spoiled: load the last checkpoint"
    with pytest.raises(MemoryError, match=words), advice_on_size(state, batch_size=2):
        optimizer.step()


def test_without_an_error_nothing_is_touched():
    state = new_state()
    with advice_on_size(state, batch_size=16):
        fit(state, blob_loader(), classification_loss, epochs=1)
    assert state.model[0].weight.grad is not None


def test_a_loss_that_asks_for_too_much_on_the_cpu_is_found_by_trying():
    """The real allocator, no stand-in: a petabyte is not to be had."""
    state = new_state("sgd")

    def loss_fn(model, size):
        large = torch.empty(size)
        return Loss(model(large[:6].zero_()[None]).sum(), 1)

    assert largest_batch_for(state, lambda size: size, loss_fn, [10, 1000, 10**15]) == 1000
