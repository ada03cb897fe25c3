"""The loss: a sum and a count, in chunks as in one piece, segment by segment, and what does not count."""

from dataclasses import replace

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from course_lib.infinito import losses
from course_lib.infinito.config import TINY
from course_lib.infinito.losses import (
    PADDING,
    chunked_cross_entropy,
    config_of,
    counted_targets,
    language_loss,
    plain_language_loss,
    stream_loss,
)
from course_lib.infinito.model import Infinito

PLAIN = replace(TINY, dropout=0.0, exploration=0.0)


def ids(tokens: int, seed: int = 0, batch: int = 3) -> torch.Tensor:
    return torch.randint(0, 104, (batch, tokens), generator=torch.Generator().manual_seed(seed))


def model_of(**changes) -> Infinito:
    torch.manual_seed(0)
    return Infinito(replace(PLAIN, **changes))


def gradients(model: nn.Module, loss) -> dict[str, torch.Tensor]:
    model.zero_grad()
    loss.mean.backward()
    return {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("rows", [1, 7, 20, 21])
def test_chunks_give_the_value_and_the_gradients_of_one_piece(monkeypatch, bias, rows):
    monkeypatch.setitem(losses.CHUNK, "cpu", 7)
    torch.manual_seed(0)
    layer, hidden = nn.Linear(8, 30, bias=bias).double(), torch.randn(rows, 8, dtype=torch.double, requires_grad=True)
    targets = torch.randint(0, 30, (rows,))
    targets[::3] = PADDING
    whole = F.cross_entropy(layer(hidden), targets, ignore_index=PADDING, reduction="sum")
    inputs = (hidden, *layer.parameters())
    expected = torch.autograd.grad(2.5 * whole, inputs)
    ours = chunked_cross_entropy(hidden, layer, targets)
    torch.testing.assert_close(ours, whole)
    for found, wanted in zip(torch.autograd.grad(2.5 * ours, inputs), expected, strict=True):
        torch.testing.assert_close(found, wanted)


def test_chunks_compute_nothing_for_the_way_back_when_there_is_none():
    layer, hidden, targets = nn.Linear(8, 30), torch.randn(5, 8), torch.arange(5)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        value = chunked_cross_entropy(hidden, layer, targets)
    assert counter.get_total_flops() == 2 * 5 * 8 * 30
    torch.testing.assert_close(value, F.cross_entropy(layer(hidden), targets, reduction="sum"))
    assert not value.requires_grad


def test_large_logits_stay_finite():
    layer, hidden = nn.Linear(8, 30), torch.full((5, 8), 1e4, requires_grad=True)
    chunked_cross_entropy(hidden, layer, torch.arange(5)).backward()
    assert torch.isfinite(hidden.grad).all()


@pytest.mark.parametrize("low", [torch.bfloat16, torch.float16])
def test_in_low_precision_gradients_are_those_of_float32_and_finite_for_many_words_and_large_weights(low):
    torch.manual_seed(0)
    layer, hidden = nn.Linear(8, 3_000, bias=False), (1e-4 * torch.randn(5, 8)).requires_grad_()
    with torch.no_grad():
        layer.weight.mul_(300)  # times 3,000 words: beyond what float16 can hold
    inputs, targets = (hidden, layer.weight), torch.arange(5)
    exact = torch.autograd.grad(chunked_cross_entropy(hidden, layer, targets), inputs)
    with torch.autocast("cpu", dtype=low):
        value = chunked_cross_entropy(hidden, layer, targets)
    for found, wanted in zip(torch.autograd.grad(value, inputs), exact, strict=True):
        assert found.dtype == torch.float32
        assert F.cosine_similarity(found.flatten(), wanted.flatten(), dim=0) > 0.99


def test_under_autocast_products_are_low_and_the_loss_is_float32():
    model, batch = model_of(), (ids(96), ids(96, 1))
    exact = language_loss(model, batch).mean.detach()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = language_loss(model, batch)
    assert loss.total.dtype == torch.float32
    assert loss.mean.item() == pytest.approx(exact.item(), rel=1e-2)
    assert loss.mean.item() != exact.item()
    found = gradients(model, loss)
    wanted = gradients(model, language_loss(model, batch))
    assert found.keys() == wanted.keys()
    weight = "blocks.0.feed_forward.0.weight"
    assert F.cosine_similarity(found[weight].flatten(), wanted[weight].flatten(), dim=0) > 0.999


def test_the_fast_loss_equals_the_readable_one_in_value_and_gradient():
    batch = (ids(32), ids(32, 1))
    batch[1][0, 5:] = PADDING
    fast, plain = (f(model_of(), batch) for f in (language_loss, plain_language_loss))
    assert fast.count == plain.count == 2 * 32 + 5
    torch.testing.assert_close(fast.total, plain.total)
    models = [model_of(), model_of()]
    found, wanted = (
        gradients(models[0], language_loss(models[0], batch)),
        gradients(models[1], plain_language_loss(models[1], batch)),
    )
    assert found.keys() == wanted.keys()
    for name in found:
        torch.testing.assert_close(found[name], wanted[name], atol=1e-6, rtol=1e-4)


def test_the_sum_over_a_batch_is_the_sum_over_its_sequences():
    model, x, y = model_of().eval(), ids(80), ids(80, 1)
    whole = language_loss(model, (x, y))
    parts = [language_loss(model, (x[row : row + 1], y[row : row + 1])) for row in range(3)]
    assert whole.count == sum(part.count for part in parts)
    torch.testing.assert_close(whole.total, sum(part.total for part in parts))


def test_a_long_batch_is_read_segment_by_segment_with_the_memory_of_the_segments_before():
    model, x, y = model_of().eval(), ids(72), ids(72, 1)  # segments of 32, 32 and 8
    with torch.no_grad():
        memory, total = None, 0.0
        for start in (0, 32, 64):
            logits, memory = model(x[:, start : start + 32], memory)
            total += F.cross_entropy(logits.flatten(0, 1), y[:, start : start + 32].flatten(), reduction="sum")
        torch.testing.assert_close(language_loss(model, (x, y)).total, total)


def test_a_stream_goes_on_where_it_was_and_sends_no_gradient_into_the_batch_before():
    model, x, y = model_of(), ids(64), ids(64, 1)
    whole, end = stream_loss(model, (x, y), None)
    first, memory = stream_loss(model, (x[:, :32], y[:, :32]), None)
    assert not any(part.requires_grad for part in memory)
    second, after = stream_loss(model, (x[:, 32:], y[:, 32:]), memory)
    torch.testing.assert_close((first + second).total, whole.total)
    for left, right in zip(after, end, strict=True):
        torch.testing.assert_close(left, right)


def test_without_memory_a_stream_has_none():
    loss, memory = stream_loss(model_of(memory_slots=0), (ids(64), ids(64, 1)), None)
    assert (loss.count, memory) == (3 * 64, None)


def test_a_batch_without_padding_is_counted_by_its_shape():
    model, x, y = model_of(), ids(32), ids(32, 1)
    y[0, 0] = PADDING  # a broken promise shows in the count
    assert language_loss(model, (x, y), padded=False).count == 3 * 32
    assert language_loss(model, (x, y)).count == 3 * 32 - 1


def test_the_ignored_token_is_no_target_and_the_given_tensor_stays_as_it_is():
    y = ids(32)
    before = y.clone()
    counted = counted_targets(model_of(ignored_token=7), y)
    assert torch.equal(y, before)
    assert torch.equal(counted == PADDING, y == 7)
    assert counted_targets(model_of(), y) is y


def test_the_configuration_is_found_inside_a_wrapper():
    model = model_of()

    class Wrapper(nn.Module):
        def __init__(self, module: nn.Module) -> None:
            super().__init__()
            self.module = module

        def forward(self, *given, **named):
            return self.module(*given, **named)

    assert config_of(Wrapper(Wrapper(model))) is model.config
    batch = (ids(32), ids(32, 1))
    assert torch.equal(language_loss(Wrapper(model), batch).total, language_loss(model, batch).total)
    with pytest.raises(ValueError, match="Linear has no config and wraps no model that has one"):
        config_of(nn.Linear(2, 2))
