"""The look for what is not finite finds it wherever it is, changes no bit, and is as before after a find."""

import math

import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.loop import step
from course_lib.training.loop.state import TrainState
from course_lib.training.loop.step import optimizer_step


def weighted(model: nn.Module, factors: torch.Tensor) -> Loss:
    """A loss whose gradient is `factors`."""
    parameters = torch.cat([parameter.reshape(-1) for parameter in model.parameters()])
    return Loss((parameters * factors.to(parameters.dtype)).sum(), 1)


def state_of(dtype: torch.dtype = torch.float32) -> TrainState:
    """7 weights in 4 parameters."""
    model = nn.Sequential(nn.Linear(2, 1, dtype=dtype), nn.Linear(3, 1, dtype=dtype))
    return TrainState(model, torch.optim.SGD(model.parameters(), lr=0.1), Seeds.same(0))


def gradients(state: TrainState) -> torch.Tensor:
    return torch.cat([parameter.grad.reshape(-1) for parameter in state.model.parameters()])


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_the_check_changes_no_bit_of_a_gradient(dtype):
    factors = torch.tensor([1 / 3, -0.0, 1e-7, -7e4 / 3, 5e-320, 1e-42, math.pi], dtype=torch.float64)
    checked, unchecked = state_of(dtype), state_of(dtype)
    optimizer_step(checked, [factors], weighted, check=True)
    optimizer_step(unchecked, [factors], weighted, check=False)
    assert gradients(checked).view(torch.uint8).tolist() == gradients(unchecked).view(torch.uint8).tolist()


@pytest.mark.parametrize("one_pass", [True, False], ids=["one pass", "sums"])
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("place", range(7))
def test_one_bad_element_is_found_wherever_it_stands_and_the_next_step_is_free(monkeypatch, bad, place, one_pass):
    if not one_pass:  # as on Apple's GPU
        monkeypatch.setattr(step, "ONE_PASS", ())

    def with_bad_gradient(model: nn.Module, factors: torch.Tensor) -> Loss:
        parameters = torch.cat([parameter.reshape(-1) for parameter in model.parameters()])
        return Loss(Harmless.apply(parameters, factors), 1)

    state, factors = state_of(), torch.ones(7)
    factors[place] = bad
    name = ["0.weight", "0.weight", "0.bias", "1.weight", "1.weight", "1.weight", "1.bias"][place]
    before = [parameter.clone() for parameter in state.model.parameters()]
    for _ in range(2):
        with pytest.raises(FloatingPointError, match=f"the gradient of {name} is not finite at step 1 "):
            optimizer_step(state, [factors], with_bad_gradient)
        assert all(map(torch.equal, before, state.model.parameters()))
    optimizer_step(state, [torch.ones(7)], with_bad_gradient)
    assert not any(map(torch.equal, before, state.model.parameters()))


class Harmless(torch.autograd.Function):
    """0 forward, and any gradient backward."""

    @staticmethod
    def forward(context, parameters, factors):
        context.save_for_backward(factors)
        return parameters.new_zeros(())

    @staticmethod
    def backward(context, gradient):
        return context.saved_tensors[0] * gradient, None


@pytest.mark.parametrize("size", [1.0, 3e38, math.inf])
def test_a_sparse_gradient_is_looked_through_as_well(size):
    model = nn.Embedding(5, 2, sparse=True)
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=1e-38), Seeds.same(0))
    before = model.weight.detach().clone()

    def loss_fn(model: nn.Module, rows: torch.Tensor) -> Loss:
        return Loss(Harmless.apply(model(rows), torch.full((2, 2), size)), 1)

    if math.isinf(size):
        with pytest.raises(FloatingPointError, match="the gradient of weight is not finite"):
            optimizer_step(state, [torch.tensor([1, 3])], loss_fn)
        assert torch.equal(model.weight, before)
    else:
        optimizer_step(state, [torch.tensor([1, 3])], loss_fn)
        assert torch.equal(model.weight[[0, 2, 4]], before[[0, 2, 4]])


def test_gradients_of_the_step_before_are_gone():
    state = state_of()
    for factor in (1.0, 2.0):
        optimizer_step(state, [torch.full((7,), factor)], weighted)
        assert gradients(state).tolist() == [factor] * 7


def test_a_count_of_none_in_one_of_several_batches_is_no_error():
    state = state_of()
    optimizer_step(state, [0, 4], lambda model, n: Loss(sum(p.sum() for p in model.parameters()) * n, n))
    assert gradients(state).tolist() == [1.0] * 7


def test_a_step_without_numbers_shows_the_reading_and_leaves_other_runs_alone():
    """In FakeTensorMode tensors have a shape and no values, so that whatever reads one is found."""
    with FakeTensorMode():
        fake = state_of()
        optimizer_step(fake, [torch.ones(7)], weighted, check=False)
        with pytest.raises(DataDependentOutputException):
            optimizer_step(fake, [torch.ones(7)], weighted, check=True)
    real = state_of()
    optimizer_step(real, [torch.ones(7)], weighted, check=True)
    assert gradients(real).tolist() == [1.0] * 7
