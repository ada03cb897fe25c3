"""Exploration adds noise while training only, on one scale that learns, and leaves the masks of dropout as they are."""

import copy
from dataclasses import replace

import torch
from torch import nn

from course_lib.infinito.config import AS_REPORTED, TINY
from course_lib.infinito.model import Infinito, StochasticExploration

X = torch.randn(50, 40, 16, generator=torch.Generator().manual_seed(0))


def test_nothing_is_added_in_evaluation():
    layer = StochasticExploration(0.1, relative=False).eval()
    assert layer(X) is X


def test_the_noise_has_the_size_of_the_scale_or_of_the_scale_times_the_input():
    plain, relative = (StochasticExploration(0.1, relative=flag) for flag in (False, True))
    large = 100 * X
    assert abs((plain(large) - large).std().item() - 0.1) < 0.003
    noise = (relative(large) - large).detach()
    sizes = large.square().mean(-1).sqrt()
    assert abs((noise / sizes.unsqueeze(-1)).std().item() - 0.1) < 0.003
    assert (relative(torch.zeros_like(X)) == 0).all()


def test_every_element_has_noise_of_its_own():
    noise = (StochasticExploration(1.0, relative=False)(X) - X).detach()
    for dimension in range(3):
        first, second = noise.narrow(dimension, 0, 16), noise.narrow(dimension, 16 if dimension < 2 else 0, 16)
        if dimension < 2:
            assert abs(torch.corrcoef(torch.stack([first.flatten(), second.flatten()]))[0, 1]) < 0.02


def test_the_scale_is_one_number_for_all_layers_and_receives_gradient():
    model = Infinito(TINY)
    model(torch.zeros(2, 8, dtype=torch.long))[0].square().sum().backward()
    assert [n for n, p in model.named_parameters() if "exploration" in n] == ["exploration.scale"]
    assert model.exploration.scale.grad.abs() > 0


def test_with_a_source_of_its_own_the_noise_repeats_and_dropout_draws_what_it_draws_without():
    def draws(seed: int, noise_seed: int | None) -> tuple[torch.Tensor, torch.Tensor]:
        layer = StochasticExploration(0.1, relative=False)
        torch.manual_seed(seed)
        if noise_seed is not None:
            layer.seed(noise_seed)
        noise = (layer(X) - X).detach()
        return noise, nn.functional.dropout(X, 0.5)

    (first, masked), (again, _), (other, same_mask) = draws(0, 1), draws(5, 1), draws(0, 2)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    torch.manual_seed(0)
    assert torch.equal(masked, nn.functional.dropout(X, 0.5))
    assert torch.equal(masked, same_mask)


def test_a_model_with_a_source_of_noise_can_be_copied():
    model = Infinito(TINY)
    model.exploration.seed(0)
    copied = copy.deepcopy(model)
    x = torch.zeros(2, 8, dtype=torch.long)
    torch.manual_seed(0)
    first = model(x)[0]
    torch.manual_seed(0)
    assert torch.equal(copied(x)[0], first)


def test_a_model_without_exploration_has_no_scale():
    assert Infinito(replace(TINY, exploration=0.0)).exploration is None
    assert Infinito(replace(TINY, exploration=0.2)).exploration.scale.item() == torch.tensor(0.2).item()
    assert AS_REPORTED.exploration == 0.1
