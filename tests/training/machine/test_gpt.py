"""The plain language model is causal, of the stated size, and trainable."""

import pytest
import torch

from course_lib.training.machine.gpt import GPT, GPTConfig, next_token_loss, random_tokens

SMALL = GPTConfig(vocabulary=20, context=12, width=16, layers=2, heads=2)


def test_what_comes_later_does_not_change_what_came_before() -> None:
    torch.manual_seed(0)
    model = GPT(SMALL)
    x, _ = random_tokens(SMALL, 2, 12)
    other = x.clone()
    other[:, 7:] = (other[:, 7:] + 1) % SMALL.vocabulary
    before, after = model(x), model(other)
    assert torch.equal(before[:, :7], after[:, :7])
    assert not torch.allclose(before[:, 7:], after[:, 7:])


def test_the_parameters_are_those_of_the_formula() -> None:
    width, layers = SMALL.width, SMALL.layers
    block = 12 * width**2 + 13 * width  # four matrices, their biases, two norms
    expected = (SMALL.vocabulary + SMALL.context) * width + layers * block + 2 * width
    assert sum(parameter.numel() for parameter in GPT(SMALL).parameters()) == expected


def test_it_learns_one_batch_by_heart() -> None:
    torch.manual_seed(0)
    model, batch = GPT(SMALL), random_tokens(SMALL, 2, 8)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    losses = []
    for _ in range(60):
        optimizer.zero_grad()
        loss = next_token_loss(model, batch)
        loss.mean.backward()
        optimizer.step()
        losses.append(float(loss.mean.detach()))
    assert losses[-1] < losses[0] / 10


def test_targets_are_the_next_tokens_and_the_seed_decides() -> None:
    x, y = random_tokens(SMALL, 3, 5, seed=4)
    assert torch.equal(x[:, 1:], y[:, :-1])
    assert torch.equal(x, random_tokens(SMALL, 3, 5, seed=4)[0])
    assert not torch.equal(x, random_tokens(SMALL, 3, 5, seed=5)[0])


def test_sizes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"width \(10\) must be a multiple of heads \(4\)"):
        GPTConfig(width=10, heads=4)
    with pytest.raises(ValueError, match="layers must be at least 1, got 0"):
        GPTConfig(layers=0)
    with pytest.raises(ValueError, match=r"tokens must be in \[1, 12\], got 13"):
        random_tokens(SMALL, 1, 13)
