"""What can be known about a GPU without one: no waiting for the device in a step, no graph break, no wasted work."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch._subclasses.fake_tensor import DataDependentOutputException, FakeTensorMode
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from course_lib.core.metrics import Loss
from course_lib.infinito.config import AS_REPORTED, FULL, TINY
from course_lib.infinito.losses import language_loss, stream_loss
from course_lib.infinito.model import Infinito
from course_lib.infinito.report.analysis import step_flops

PRESETS = {"repaired": FULL, "as reported": replace(AS_REPORTED, ignored_token=None)}


@contextlib.contextmanager
def fake() -> Iterator[None]:
    """Tensors with a shape and without numbers: whatever asks for a number, as .item() does, raises."""
    with FakeTensorMode():
        yield


def step(model: Infinito, optimizer: torch.optim.Optimizer, x: torch.Tensor) -> Loss:
    """One update with everything that a training loop does on a GPU, and the memory of the batch before."""
    optimizer.zero_grad(set_to_none=True)
    memory = model.fresh_memory(len(x))
    loss, memory = stream_loss(model, (x[:, :-1], x[:, 1:]), memory, padded=False)
    (loss.total / loss.count).backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    return loss


def prepared(config, tokens: int = 257):
    model = Infinito(config)
    optimizer = torch.optim.AdamW(model.parameters(), foreach=True)
    return model, optimizer, torch.randint(config.vocabulary, (32, tokens))


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", PRESETS)
def test_a_step_asks_the_device_for_no_number(name, precision):
    with fake(), torch.autocast("cpu", dtype=precision, enabled=precision != torch.float32):
        loss = step(*prepared(PRESETS[name], 513 if name == "repaired" else 257))
    assert loss.total.shape == ()


def test_the_search_for_a_waiting_step_finds_one():
    with fake():
        model, _, x = prepared(TINY)
        with pytest.raises(DataDependentOutputException):
            language_loss(model, (x[:, :-1], x[:, 1:]), padded=True)  # counts the padding


def test_a_step_does_no_more_work_than_it_must():
    """At most 1.03 times the analytic 1.257 TFLOP, the memory included."""
    counter = FlopCounterMode(display=False)
    # The counter knows the products of the plain form of attention, not the fused kernel of a CPU.
    with fake(), sdpa_kernel(SDPBackend.MATH):
        model, optimizer, x = prepared(FULL)
        with counter:
            step(model, optimizer, x)
    needed = step_flops(FULL, batch=32, tokens=256)
    assert needed / 1e12 == pytest.approx(1.257, abs=5e-4)
    assert needed <= counter.get_total_flops() <= 1.03 * needed


@pytest.mark.parametrize("config", [TINY, replace(TINY, memory_slots=0)])
def test_the_model_is_one_graph(config):
    torch.manual_seed(0)
    model = Infinito(config).eval()
    compiled = torch.compile(model, fullgraph=True, backend="eager")  # raises at the first graph break
    x, memory = torch.randint(0, 104, (2, 32)), model.fresh_memory(2)
    for _ in range(2):
        (logits, after), (expected, _) = compiled(x, memory), model(x, memory)
        torch.testing.assert_close(logits, expected)
        memory = None if after is None else after.detach()


def test_a_training_step_is_one_graph():
    torch.manual_seed(0)
    model = Infinito(replace(TINY, dropout=0.0, exploration=0.0))
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    x = torch.randint(0, 104, (2, 33))
    loss, _ = compiled(x[:, :-1], model.fresh_memory(2), targets=x[:, 1:])
    loss.backward()
    found = {name: p.grad.clone() for name, p in model.named_parameters() if p.grad is not None}
    model.zero_grad()
    language_loss(model, (x[:, :-1], x[:, 1:])).total.backward()
    assert found.keys() == {name for name, p in model.named_parameters() if p.grad is not None}
    for name, parameter in model.named_parameters():
        if name in found:
            torch.testing.assert_close(found[name], parameter.grad)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_a_step_on_the_gpu_gives_the_loss_of_the_cpu_and_waits_for_nothing():
    torch.manual_seed(0)
    model = Infinito(replace(TINY, dropout=0.0, exploration=0.0))
    x = torch.randint(0, 104, (4, 97))
    expected = language_loss(model, (x[:, :-1], x[:, 1:])).mean.item()
    model, x = model.cuda(), x.cuda()
    torch.cuda.set_sync_debug_mode("error")
    try:
        loss = language_loss(model, (x[:, :-1], x[:, 1:]), padded=False)
        loss.mean.backward()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    assert loss.mean.item() == pytest.approx(expected, rel=1e-4)
