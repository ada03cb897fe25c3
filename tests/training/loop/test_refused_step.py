"""A step that is refused changes nothing: parameters, buffers, moments, settings, scaler and torch's generators."""

import copy
import math
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop import step, undo
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from course_lib.training.loop.step import longest_gradient, optimizer_step
from course_lib.training.loop.undo import BeforeUpdate
from tests.training.small import blob_loader, blobs, classification_loss, copied, everything, new_state, same

X, Y = blobs(24)


class Writes(nn.Module):
    """Buffers of every kind that a forward pass writes: in place, replaced, large, made only then, not saved."""

    def __init__(self) -> None:
        super().__init__()
        self.norm, self.out = nn.BatchNorm1d(6), nn.utils.parametrizations.spectral_norm(nn.Linear(6, 3))
        self.register_buffer("calls", torch.zeros((), dtype=torch.int64))
        self.register_buffer("mean", torch.zeros(6))
        self.register_buffer("large", torch.zeros(undo.SMALL + 1))
        self.register_buffer("memory", None)
        self.register_buffer("scratch", torch.zeros(2), persistent=False)
        self.register_buffer("own_mean", torch.zeros(6))
        self.register_buffer("mask", torch.full((2, 2), -math.inf))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        self.calls += 1
        self.mean = 0.9 * self.mean + x.detach().mean(0)
        self.large[0] += 1
        self.memory = x.detach().clone()
        self.scratch += 1
        x = nn.functional.batch_norm(x, self.own_mean, torch.ones(6), training=True)
        return self.out(self.norm(x))


def buffers(model: nn.Module) -> dict[str, Any]:
    found = {name: value.clone() for name, value in model.named_buffers()}
    return {**found, "memory": [] if model.memory is None else model.memory.clone()}


def writing() -> TrainState:
    torch.manual_seed(0)
    model = Writes()
    return TrainState(model, torch.optim.AdamW(model.parameters(), lr=0.01), Seeds.same(0))


def with_nan(model: nn.Module, batch: Any) -> Loss:
    loss = classification_loss(model, batch)
    return Loss(loss.total * math.nan, loss.count)


def with_bad_gradient(model: nn.Module, batch: Any) -> Loss:
    loss = classification_loss(model, batch)
    zero = 0 * model.out.bias.sum()
    return Loss(loss.total + torch.sqrt(zero.abs()), loss.count)


def mistaken(model: nn.Module, batch: Any) -> Any:
    return classification_loss(model, batch).total


def of_nothing(model: nn.Module, batch: Any) -> Loss:
    return Loss(classification_loss(model, batch).total, 0)


def broken(model: nn.Module, batch: Any) -> Loss:
    classification_loss(model, batch)
    raise KeyboardInterrupt


@pytest.mark.parametrize("steps", [0, 1, 2])
@pytest.mark.parametrize(
    ("loss_fn", "error"),
    [
        (with_nan, FloatingPointError),
        (with_bad_gradient, FloatingPointError),
        (mistaken, TypeError),
        (of_nothing, ValueError),
        (broken, KeyboardInterrupt),
    ],
)
def test_buffers_that_the_forward_pass_wrote_are_put_back(loss_fn: Any, error: type[BaseException], steps: int) -> None:
    state, batches = writing(), [(X[:12], Y[:12]), (X[12:], Y[12:])]
    for _ in range(steps):
        optimizer_step(state, batches, classification_loss)
    before, written = copied(state.model.state_dict()), buffers(state.model)
    moments = copied(state.optimizer.state_dict())
    for _ in range(2):
        with pytest.raises(error):
            optimizer_step(state, batches, loss_fn)
        assert same(state.model.state_dict(), before)
        found = buffers(state.model)
        assert all((found[k] is None) == (v is None) for k, v in written.items())
        assert same(
            {k: v for k, v in found.items() if v is not None}, {k: v for k, v in written.items() if v is not None}
        )
        assert same(state.optimizer.state_dict(), moments)
    optimizer_step(state, batches, classification_loss)
    assert int(state.model.calls) == 2 * (steps + 1)


def test_a_run_with_a_refused_step_in_it_is_the_run_without(tmp_path: Any) -> None:
    """Batch normalization: the batch with a NaN is met, refused, taken out of the data, and the run goes on."""
    clean, met = new_state(norm=True), new_state(norm=True)
    x, y = blobs(48)
    bad = x.clone()
    bad[20] = math.nan
    fit(clean, TensorLoader(x, y, batch_size=16, shuffle=False), classification_loss, epochs=2)
    with pytest.raises(FloatingPointError, match="the loss is nan at step 2"):
        fit(met, TensorLoader(bad, y, batch_size=16, shuffle=False), classification_loss, epochs=2)
    checkpoint.save(met, tmp_path)  # the state can be saved: nothing in it is NaN
    fit(met, TensorLoader(x, y, batch_size=16, shuffle=False), classification_loss, epochs=2)
    assert same(everything(met), everything(clean))


def drawing(loss_fn: Any) -> Any:
    def drawn(model: nn.Module, batch: Any) -> Loss:
        torch.rand(3)
        return loss_fn(model, batch)

    return drawn


@pytest.mark.parametrize("loss_fn", [with_nan, with_bad_gradient, mistaken, of_nothing, broken])
def test_torchs_generator_is_put_back_and_what_numpy_and_python_gave_is_not(loss_fn: Any) -> None:
    state, worlds = writing(), (np.random.random, random.random)
    torch.manual_seed(3), np.random.seed(3), random.seed(3)
    expected = torch.rand(5)
    drawn_once = [draw() for draw in worlds]
    torch.manual_seed(3), np.random.seed(3), random.seed(3)

    def of_all_three(model: nn.Module, batch: Any) -> Loss:
        assert [draw() for draw in worlds] == drawn_once
        return drawing(loss_fn)(model, batch)

    with pytest.raises((FloatingPointError, TypeError, ValueError, KeyboardInterrupt)):
        optimizer_step(state, [(X, Y)], of_all_three)
    assert torch.equal(torch.rand(5), expected)
    assert [draw() for draw in worlds] != drawn_once


def test_a_run_with_a_refused_step_draws_the_dropout_of_the_run_without() -> None:
    clean, met = new_state(dropout=0.5), new_state(dropout=0.5)
    x, y = blobs(48)
    bad = x.clone()
    bad[20] = math.nan
    fit(clean, TensorLoader(x, y, batch_size=16, shuffle=False), classification_loss, epochs=2)
    with pytest.raises(FloatingPointError, match="at step 2"):
        fit(met, TensorLoader(bad, y, batch_size=16, shuffle=False), classification_loss, epochs=2)
    fit(met, TensorLoader(x, y, batch_size=16, shuffle=False), classification_loss, epochs=2)
    assert same(everything(met), everything(clean))


def test_buffers_change_no_bit_of_a_run_that_is_not_refused() -> None:
    checked, unchecked = writing(), writing()
    for _ in range(3):
        optimizer_step(checked, [(X, Y)], classification_loss, check=True)
        optimizer_step(unchecked, [(X, Y)], classification_loss, check=False)
    assert same(checked.model.state_dict(), unchecked.model.state_dict())


def test_a_copied_state_puts_back_its_own_buffers() -> None:
    state = writing()
    optimizer_step(state, [(X, Y)], classification_loss)
    other = copy.deepcopy(state)
    before, mine = copied(other.model.state_dict()), copied(state.model.state_dict())
    optimizer_step(state, [(X, Y)], classification_loss)
    later = copied(state.model.state_dict())
    with pytest.raises(FloatingPointError):
        optimizer_step(other, [(X, Y)], with_nan)
    assert same(other.model.state_dict(), before)
    assert same(before, mine)
    assert same(state.model.state_dict(), later)


@pytest.mark.parametrize("loss_fn", [with_nan, of_nothing])
def test_a_scaler_can_go_on_after_a_refused_step(loss_fn: Any) -> None:
    state = new_state("sgd")
    state.scaler = torch.amp.GradScaler("cpu", init_scale=1024.0, growth_interval=5)
    optimizer_step(state, [(X, Y)], classification_loss, precision="float16")
    before = everything(state)
    with pytest.raises((FloatingPointError, ValueError)):
        optimizer_step(state, [(X, Y)], loss_fn, precision="float16")
    assert same(everything(state), before)
    optimizer_step(state, [(X, Y)], classification_loss, precision="float16")
    assert not same(everything(state)["model"], before["model"])


class Dead(nn.Module):
    """A net with a part that never has a gradient above 0."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.line, self.idle = nn.Linear(6, 3, dtype=dtype), nn.Parameter(torch.ones(3, dtype=dtype))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.line(x.to(self.line.weight.dtype)) + 0 * self.idle


class Divides(torch.optim.Optimizer):
    """Somebody's own: it divides by the gradient, and counts in its group."""

    def __init__(self, parameters: Any) -> None:
        super().__init__(parameters, {"lr": 0.1, "count": 0})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            group["count"] += 1
            group["new"] = True
            for p in group["params"]:
                self.state[p].setdefault("sum", torch.zeros_like(p)).add_(p.grad)
                p.sub_(group["lr"] / p.grad)


SPOILING: dict[str, Callable[[Any], torch.optim.Optimizer]] = {
    "Adam, eps 0": lambda p: torch.optim.Adam(p, lr=0.01, eps=0),
    "AdamW, eps 0": lambda p: torch.optim.AdamW(p, lr=0.01, eps=0),
    "AdamW, eps next to 0": lambda p: torch.optim.AdamW(p, lr=0.01, eps=1e-50),
    "Adam, eps 0, amsgrad": lambda p: torch.optim.Adam(p, lr=0.01, eps=0, amsgrad=True),
    "NAdam, eps 0": lambda p: torch.optim.NAdam(p, eps=0),
    "Adamax, eps 0": lambda p: torch.optim.Adamax(p, eps=0),
    "RMSprop, eps 0": lambda p: torch.optim.RMSprop(p, eps=0),
    "Adagrad, eps 0": lambda p: torch.optim.Adagrad(p, eps=0),
    "Adadelta, eps 0": lambda p: torch.optim.Adadelta(p, eps=0),
    "SGD, rate 3e38": lambda p: torch.optim.SGD(p, lr=3e38),
    "SGD with momentum, rate 3e38": lambda p: torch.optim.SGD(p, lr=3e38, momentum=0.9),
    "SGD, decay 3e38": lambda p: torch.optim.SGD(p, lr=1e3, weight_decay=3e38),
    "SGD, rate NaN": lambda p: _with(torch.optim.SGD(p, lr=0.1), lr=math.nan),
    "AdamW, rate inf": lambda p: _with(torch.optim.AdamW(p, lr=0.1), lr=math.inf),
    "AdamW, decay NaN": lambda p: _with(torch.optim.AdamW(p, lr=0.1), weight_decay=math.nan),
    "somebody's own": Divides,
}


def _with(optimizer: torch.optim.Optimizer, **settings: float) -> torch.optim.Optimizer:
    for group in optimizer.param_groups:
        group.update(settings)
    return optimizer


def thousandfold(model: nn.Module, batch: Any) -> Loss:
    loss = classification_loss(model, batch)
    return Loss(1e3 * loss.total, loss.count)


@pytest.mark.parametrize("clip", [None, 1e9])
@pytest.mark.parametrize("name", SPOILING)
def test_a_finite_gradient_with_an_update_that_is_not_is_found_in_its_step(name: str, clip: float | None) -> None:
    torch.manual_seed(0)
    model = Dead()
    state = TrainState(model, SPOILING[name](model.parameters()), Seeds.same(0))
    before = everything(state)
    with pytest.raises(
        FloatingPointError, match=r"the update of .* is not finite at step 1 .*; nothing was changed by"
    ):
        optimizer_step(state, [(X, Y)], thousandfold, clip=clip)
    assert repr(everything(state)) == repr(before)  # NaN is not equal to itself
    assert all(bool(parameter.grad.isfinite().all()) for parameter in model.parameters())


def test_it_is_found_in_mid_run_and_moments_are_as_after_the_step_before() -> None:
    """A schedule that explodes, or a callback that sets eps to 0."""
    model = Dead()
    state, good = TrainState(model, torch.optim.AdamW(model.parameters(), lr=0.01), Seeds.same(0)), {}

    def spoil(state: TrainState) -> None:
        if state.step == 5:
            state.optimizer.param_groups[0]["eps"] = 0.0
        good.update(everything(state))

    with pytest.raises(FloatingPointError, match=r"the update of idle is not finite at step 6 \(epoch 2, batch 2"):
        fit(state, blob_loader(), classification_loss, epochs=3, on_step=[spoil])
    assert same(everything(state), good)


def test_a_schedule_that_gives_no_number_is_found_in_its_step() -> None:
    state = new_state("adamw")
    before = everything(state)["model"]
    with pytest.raises(FloatingPointError, match=r"the update of .* is not finite at step 1 .*rate nan"):
        fit(state, blob_loader(), classification_loss, epochs=1, schedule=lambda step: math.nan)
    assert same(everything(state)["model"], before)


def test_momentum_that_adds_large_gradients_up_to_infinity_is_found_in_its_step() -> None:
    model = nn.Linear(2, 1, bias=False)
    state = TrainState(model, torch.optim.SGD(model.parameters(), lr=1e-39, momentum=0.9), Seeds.same(0))

    model.weight.data.fill_(0.1)

    def loss_fn(model: nn.Module, size: float) -> Loss:
        return Loss((model.weight * size).sum(), 1)

    optimizer_step(state, [3e38], loss_fn)
    before = everything(state)
    with pytest.raises(FloatingPointError, match=r"the update of weight, weight \(momentum_buffer\) is not finite"):
        optimizer_step(state, [3e38], loss_fn)
    assert same(everything(state), before)


def test_eps_that_float16_cannot_tell_from_0_is_found() -> None:
    model = Dead(torch.float16)
    state = TrainState(model, torch.optim.Adam(model.parameters(), lr=0.01), Seeds.same(0))
    before = everything(state)

    def loss_fn(model: nn.Module, batch: Any) -> Loss:
        x, y = batch
        return Loss(nn.functional.cross_entropy(model(x).float(), y, reduction="sum"), len(y))

    with pytest.raises(FloatingPointError, match="the update of idle is not finite"):
        optimizer_step(state, [(X, Y)], loss_fn)
    assert same(everything(state), before)


@pytest.mark.parametrize("make", [torch.optim.SGD, torch.optim.AdamW, torch.optim.RMSprop, torch.optim.Rprop, Divides])
def test_to_look_at_the_update_changes_no_bit_of_it(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of an optimizer that is looked at in every step, and where the look is forced."""

    def run(forced: bool) -> dict[str, Any]:
        with monkeypatch.context() as patch:
            if forced:
                patch.setattr("course_lib.training.loop.step.longest_gradient", lambda optimizer: 0.0)
            torch.manual_seed(0)
            model = nn.Linear(6, 3)
            state = TrainState(model, make(model.parameters()), Seeds.same(0))
            for _ in range(4):
                optimizer_step(state, [(X, Y)], classification_loss, check=forced)
            return everything(state)

    assert same(run(True), run(False))


@pytest.mark.parametrize(
    ("make", "longest"),
    [
        (lambda p: torch.optim.SGD(p, lr=0.1), math.inf),
        (lambda p: torch.optim.SGD(p, lr=0.1, momentum=0.9, nesterov=True), step.LONG),
        (lambda p: torch.optim.AdamW(p), math.inf),
        (lambda p: torch.optim.Adam(p, weight_decay=0.1, amsgrad=True), math.inf),
        (lambda p: torch.optim.AdamW([{"params": [q], "lr": 1e-3 * (n + 1)} for n, q in enumerate(p)]), math.inf),
        (lambda p: torch.optim.AdamW([{"params": [q], "eps": n / 10} for n, q in enumerate(p)]), 0.0),
        (lambda p: torch.optim.Adagrad(p), math.inf),
        (lambda p: torch.optim.RMSprop(p, centered=True), 0.0),
        (lambda p: torch.optim.SGD(p, lr=torch.tensor(0.1)), 0.0),
        (lambda p: torch.optim.SGD(p, lr=2.0), 0.0),
        (lambda p: torch.optim.LBFGS(p), 0.0),
        (Divides, 0.0),
    ],
)
def test_for_the_usual_settings_the_formula_is_enough_and_nothing_is_copied(make: Any, longest: float) -> None:
    assert longest_gradient(make(list(nn.Linear(2, 2).parameters()))) == longest


class Subclass(torch.optim.AdamW):
    """May do anything."""


def test_of_a_subclass_nothing_is_known() -> None:
    assert longest_gradient(Subclass(nn.Linear(2, 2).parameters())) == 0.0


def test_a_parameter_that_was_not_finite_before_is_no_fault_of_the_update() -> None:
    mask = nn.Parameter(torch.tensor([0.0, -math.inf]))
    other = nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Rprop([mask, other])
    before = BeforeUpdate(optimizer)
    assert before.not_finite({}) == []
    with torch.no_grad():
        other[1] = math.inf
    assert before.not_finite({id(other): "other"}) == ["other"]
    before.put_back()
    assert other.tolist() == [1, 1]
