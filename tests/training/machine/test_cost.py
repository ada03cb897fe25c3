"""The formulas for FLOPs, bytes and the shortest time against torch's own counter, and against the roofline."""

import itertools

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from course_lib.training.machine.cost import (
    Cost,
    Machine,
    adam,
    attention_step,
    conv_step,
    elementwise,
    gpt_step,
    linear_step,
    matmul,
    mlp_step,
    shortest,
    total,
)
from course_lib.training.machine.gpt import GPT, GPTConfig, next_token_loss, random_tokens
from course_lib.training.machine.operations import flops_of

MACHINE = Machine("round figures", rate=100.0, bandwidth=10.0)


@pytest.mark.parametrize("sizes", [(30, 20, 7, 5), (3, 4)])
def test_the_products_of_a_network_are_those_that_torch_counts(sizes: tuple[int, ...]) -> None:
    layers: list[nn.Module] = []
    for inputs, outputs in itertools.pairwise(sizes):
        layers += [nn.Linear(inputs, outputs), nn.ReLU()]
    model, x, y = nn.Sequential(*layers[:-1]), torch.randn(11, sizes[0]), torch.randint(sizes[-1], (11,))
    assert total(mlp_step(sizes, 11)).flops == flops_of(lambda: F.cross_entropy(model(x), y).backward())


@pytest.mark.parametrize("config", [GPTConfig(50, 16, 24, 1, 2), GPTConfig(31, 8, 16, 3, 4)])
def test_the_products_of_a_language_model_are_those_that_torch_counts(config: GPTConfig) -> None:
    model, batch = GPT(config), random_tokens(config, 3, 7)
    assert total(gpt_step(config, 3, 7)).flops == flops_of(lambda: next_token_loss(model, batch).total.backward())


@pytest.mark.parametrize("first", [True, False])
def test_a_convolution_is_what_torch_counts(first: bool) -> None:
    conv, x = nn.Conv2d(3, 5, 3, padding=1, stride=2, bias=False), torch.randn(2, 3, 12, 8, requires_grad=not first)
    found = total(conv_step("conv", 2, (3, 5), 3, (6, 4), stride=2, first=first))
    assert found.flops == flops_of(lambda: conv(x).sum().backward())


def test_attention_is_what_torch_counts() -> None:
    q, k, v = (torch.randn(2, 3, 10, 8, requires_grad=True) for _ in range(3))
    found = total(attention_step("attention", 2, 3, 10, 8)).flops
    assert found == flops_of(lambda: F.scaled_dot_product_attention(q, k, v, is_causal=True).sum().backward())


def test_backward_of_a_layer_costs_twice_its_forward_and_of_the_first_layer_once() -> None:
    forward, *backward = linear_step("layer", 5, 6, 7)
    assert total(backward).flops == 2 * forward.flops
    assert total(linear_step("layer", 5, 6, 7, first=True)[1:]).flops == forward.flops


def test_the_intensity_of_a_square_product_is_a_sixth_of_its_side() -> None:
    assert matmul("a product", 600, 600, 600).intensity == 100
    assert matmul("in halves", 600, 600, 600, itemsize=2).intensity == 200


def test_adam_moves_28_bytes_a_parameter() -> None:
    assert adam(1_000).bytes == 28_000


def test_the_time_is_the_larger_of_the_two_limits() -> None:
    assert Cost("much arithmetic", flops=1_000, bytes=10).seconds(MACHINE) == 10
    assert Cost("much memory", flops=10, bytes=1_000).seconds(MACHINE) == 100
    assert shortest([Cost("a", 1_000, 10), Cost("b", 10, 1_000)], MACHINE) == 110


def test_the_roof_bends_at_the_ridge() -> None:
    assert MACHINE.ridge == 10
    assert [MACHINE.roof(intensity) for intensity in (1, 10, 100)] == [10, 100, 100]


@pytest.mark.parametrize("intensity", [0.1, 3.0, 10.0, 70.0])
def test_roof_and_shortest_time_are_two_views_of_one_limit(intensity: float) -> None:
    cost = Cost("any", flops=intensity * 50, bytes=50)
    assert cost.flops / cost.seconds(MACHINE) == pytest.approx(MACHINE.roof(intensity))


def test_elementwise_counts_what_is_read_and_written() -> None:
    cost = elementwise("a + b", 10, reads=2)
    assert (cost.flops, cost.bytes) == (10, 120)


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="flops of x must be at least 0, got -1"):
        Cost("x", -1, 0)
    with pytest.raises(ValueError, match="bandwidth of m must be above 0, got 0"):
        Machine("m", 1.0, 0)
    with pytest.raises(ValueError, match="moves no bytes"):
        _ = Cost("nothing", 1, 0).intensity
    with pytest.raises(ValueError, match=r"sizes must hold at least an input and an output width, got \[3\]"):
        mlp_step([3], 1)
