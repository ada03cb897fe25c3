"""The predicted memory of a step is what torch keeps, to the byte."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode

from course_lib.training.machine.gpt import GPT, GPTConfig, next_token_loss, random_tokens
from course_lib.training.machine.step_memory import (
    StepMemory,
    gpt_activations,
    mlp_activations,
    peak_bytes,
    saved_bytes,
    step_memory,
)


@pytest.mark.parametrize("batch", [1, 11])
def test_a_network_keeps_what_the_formula_says(batch: int) -> None:
    model = nn.Sequential(nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 7), nn.ReLU(), nn.Linear(7, 5))
    x, y = torch.randn(batch, 30), torch.randint(5, (batch,))
    assert saved_bytes(lambda: F.cross_entropy(model(x), y), model) == mlp_activations([30, 20, 7, 5], batch)


@pytest.mark.parametrize(
    ("config", "batch", "tokens"), [(GPTConfig(50, 16, 24, 1, 2), 3, 7), (GPTConfig(31, 8, 16, 3, 4), 2, 8)]
)
def test_a_language_model_keeps_what_the_formula_says(config: GPTConfig, batch: int, tokens: int) -> None:
    model, data = GPT(config), random_tokens(config, batch, tokens)
    found = saved_bytes(lambda: next_token_loss(model, data).total, model)
    assert found == gpt_activations(config, batch, tokens)


def test_fake_tensors_tell_the_same() -> None:
    config = GPTConfig(50, 16, 24, 2, 2)
    with FakeTensorMode():
        model, data = GPT(config), random_tokens(config, 3, 7)
        found = saved_bytes(lambda: next_token_loss(model, data).total, model)
    assert found == gpt_activations(config, 3, 7)


def test_a_tensor_that_two_operations_keep_counts_once() -> None:
    model = nn.Linear(10, 10)
    x = torch.randn(4, 10, requires_grad=True)
    assert saved_bytes(lambda: (x * x).sum(), model) == 4 * 40


def test_weights_do_not_count_as_activations() -> None:
    model, x = nn.Linear(10, 10), torch.randn(4, 10, requires_grad=True)
    assert saved_bytes(lambda: model(x), model) == 4 * 40


def test_adam_needs_sixteen_bytes_a_parameter_and_frozen_ones_four() -> None:
    model = nn.Linear(10, 10)
    assert step_memory(model, 7) == StepMemory(440, 440, 880, 7)
    assert step_memory(model, 7).total == 16 * 110 + 7
    model.bias.requires_grad_(False)
    assert step_memory(model, 0, moments=0) == StepMemory(440, 400, 0, 0)


def test_it_prints_a_line_for_each_part() -> None:
    lines = str(StepMemory(2**20, 0, 0, 2**21)).splitlines()
    assert [line.split()[0] for line in lines] == ["weights", "gradients", "optimizer", "activations", "total"]
    assert lines[-1].split()[1:] == ["3.00", "MiB"]


def test_what_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="moments must be at least 0, got -1"):
        step_memory(nn.Linear(1, 1), 0, moments=-1)
    with pytest.raises(ValueError, match="only a CUDA device tells its peak, got cpu"):
        peak_bytes(lambda: None, torch.device("cpu"))
