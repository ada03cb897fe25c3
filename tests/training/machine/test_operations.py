"""The counter sees every operation once, with its bytes; `first_wait` names the line that waits."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from course_lib.training.machine.cost import total
from course_lib.training.machine.gpt import GPT, GPTConfig, next_token_loss, random_tokens
from course_lib.training.machine.operations import by_name, counted, first_wait, flops_of

SMALL = GPTConfig(vocabulary=20, context=12, width=16, layers=2, heads=2)


def test_an_addition_reads_two_arrays_and_writes_one() -> None:
    a, b = torch.ones(10), torch.ones(10)
    (cost,) = counted(lambda: a + b)
    assert (cost.name, cost.flops, cost.bytes) == ("add", 10, 120)


def test_in_place_it_writes_what_it_has_read() -> None:
    a, b = torch.ones(10), torch.ones(10)
    (cost,) = counted(lambda: a.add_(b))
    assert cost.bytes == 120
    (filled,) = counted(lambda: a.zero_())
    assert filled.bytes == 40, "zeros are written and nothing is read"


def test_views_move_nothing() -> None:
    a = torch.ones(4, 6)
    assert counted(lambda: a.t().reshape(3, 8)[1:].unsqueeze(0)) != [], "this reshape has to copy"
    assert counted(lambda: a.view(3, 8)[1:].unsqueeze(0).detach()) == []


def test_an_expanded_tensor_counts_as_the_memory_that_it_covers() -> None:
    a = torch.ones(1).expand(1_000)
    (cost,) = counted(lambda: a + a)
    assert cost.bytes == 4 + 4 + 4_000


def test_flops_of_products_are_those_of_torch() -> None:
    model, batch = GPT(SMALL), random_tokens(SMALL, 2, 8)

    def step() -> None:
        next_token_loss(model, batch).total.backward()

    products = [cost for cost in counted(step) if cost.name in ("mm", "addmm") or "attention" in cost.name]
    assert total(products).flops == flops_of(step)


def test_fake_tensors_count_the_same_as_real_ones() -> None:
    def step() -> None:
        model = GPT(SMALL)
        next_token_loss(model, random_tokens(SMALL, 2, 8)).total.backward()

    real = by_name(counted(step))
    with FakeTensorMode():
        fake = by_name(counted(step))
    for name in ("mm", "addmm", "gelu", "native_layer_norm", "_log_softmax"):
        assert fake[name] == real[name]


def test_the_number_of_operations_does_not_depend_on_the_width() -> None:
    def step(width: int) -> Callable[[], None]:
        model = nn.Sequential(nn.Linear(5, width), nn.ReLU(), nn.Linear(width, 3))
        x, y = torch.randn(4, 5), torch.tensor([0, 1, 2, 0])
        return lambda: F.cross_entropy(model(x), y).backward()

    assert len(counted(step(1))) == len(counted(step(100)))


def test_fused_adam_is_fewer_operations_and_fewer_bytes() -> None:
    def update(**options: bool) -> list:
        model = nn.Sequential(nn.Linear(5, 4), nn.Linear(4, 3))
        for parameter in model.parameters():
            parameter.grad = torch.ones_like(parameter)
        optimizer = torch.optim.Adam(model.parameters(), **options)
        optimizer.step()
        return counted(optimizer.step)

    fused, one_by_one = update(fused=True), update(foreach=False)
    assert len(fused) < len(one_by_one) / 10
    assert total(fused).bytes < total(one_by_one).bytes


def test_by_name_adds_up_and_sorts_by_bytes() -> None:
    a = torch.ones(100)
    found = by_name(counted(lambda: (a + a, a + a, a[:1] * 2)))
    assert list(found) == ["add", "mul"]
    assert found["add"][0] == 2
    assert found["add"][1].bytes == 2 * 1_200


WAITING = {
    "item": lambda: torch.zeros(()).item(),
    "tolist": lambda: torch.zeros(3).tolist(),
    "float": lambda: float(torch.zeros(())),
    "if": lambda: bool(torch.zeros(()) > 0),
    "mask": lambda: torch.zeros(3)[torch.zeros(3) > 0],
    "nonzero": lambda: torch.zeros(3).nonzero(),
}


@pytest.mark.parametrize("name", WAITING)
def test_what_needs_a_value_is_found(name: str) -> None:
    assert first_wait(WAITING[name]) is not None


def test_the_line_that_waits_is_named() -> None:
    def step() -> None:
        weight = torch.ones(3, requires_grad=True)
        loss = (weight**2).sum()
        loss.backward()
        _ = loss.item()  # this line waits

    place = first_wait(step)
    assert place is not None
    assert place.startswith("test_operations.py:")
    assert "loss.item()  # this line waits" in place


def test_a_step_that_never_waits_is_left_alone() -> None:
    def step() -> None:
        model = GPT(SMALL)
        optimizer = torch.optim.AdamW(model.parameters(), foreach=True)
        loss = next_token_loss(model, random_tokens(SMALL, 2, 8))
        loss.mean.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()

    assert first_wait(step) is None


def test_another_error_is_not_taken_for_a_wait() -> None:
    with pytest.raises(RuntimeError):
        first_wait(lambda: torch.zeros(2, 3) @ torch.zeros(2, 3))
