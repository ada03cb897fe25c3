"""Settings and groups of an optimizer that move while it trains are state: a run goes on with them, bit for bit."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.schedules import cosine_with_warmup
from course_lib.core.seeding import Seeds
from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.checkpoints.saving import CheckpointError
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import Callback, TrainState
from course_lib.training.loop.step import optimizer_step
from course_lib.training.runs.run import run
from tests.training.small import blob_loader, blobs, classification_loss, everything, network, same

Make = Callable[[nn.Module], torch.optim.Optimizer]


def sgd(model: nn.Module, **settings: Any) -> torch.optim.Optimizer:
    return torch.optim.SGD(model.parameters(), lr=0.05, **settings)


def adamw(model: nn.Module, **settings: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model.parameters(), lr=0.01, **settings)


def head_only(model: nn.Module) -> torch.optim.Optimizer:
    return torch.optim.AdamW(model[3].parameters(), lr=0.01)


class KeepsInItsGroup(torch.optim.SGD):
    """What it has learned about the run stands in the group, as in Schedule-Free, Prodigy and D-Adaptation."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model.parameters(), lr=0.05)
        for group in self.param_groups:
            group["k"], group["estimate"], group["seen"] = 0, torch.tensor(1e-3), []

    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            group["k"] += 1
            group["estimate"] = group["estimate"] * 1.1
            group["seen"] = [*group["seen"][-2:], group["k"]]
            group["weight_decay"] = float(group["estimate"])
        super().step(closure)


class ExactMoments(torch.optim.Optimizer):
    """Momentum in float64 for parameters in float32."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__(model.parameters(), {"lr": 0.05})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:
        for group in self.param_groups:
            for p in group["params"]:
                moment = self.state[p].setdefault("moment", torch.zeros_like(p, dtype=torch.float64))
                moment.mul_(0.9).add_(p.grad.double())
                p.sub_((group["lr"] * moment).float())


def decay(state: TrainState) -> None:
    for group in state.optimizer.param_groups:
        group["weight_decay"] = 0.01 * (1 + state.step)


def warm(state: TrainState) -> None:
    for group in state.optimizer.param_groups:
        group["momentum"] = min(0.9, 0.5 + 0.03 * state.step)


def betas(state: TrainState) -> None:
    for group in state.optimizer.param_groups:
        group["betas"] = (0.9 - 0.02 * state.step, 0.99)


def base_rate(state: TrainState) -> None:
    if state.step == 5:
        for group in state.optimizer.param_groups:
            group["initial_lr"] /= 2


def unfreeze_the_body(state: TrainState) -> None:
    """As in gradual unfreezing: one group more from step 5 on."""
    if state.step == 5:
        state.optimizer.add_param_group({"params": state.model[0].parameters(), "lr": 0.002, "weight_decay": 0.3})


def drop_the_bias(state: TrainState) -> None:
    """A parameter leaves its group, and its momentum with it."""
    if state.step == 5:
        del state.optimizer.state[state.optimizer.param_groups[0]["params"].pop()]


MOVING: dict[str, tuple[Make, Callback]] = {
    "weight decay": (adamw, decay),
    "momentum": (lambda model: sgd(model, momentum=0.5), warm),
    "betas": (adamw, betas),
    "base rate": (adamw, base_rate),
    "counter and estimate in the group": (KeepsInItsGroup, lambda state: None),
    "moments of another data type": (ExactMoments, lambda state: None),
    "a group that is added": (head_only, unfreeze_the_body),
    "a parameter that leaves its group": (lambda model: sgd(model, momentum=0.9), drop_the_bias),
}


def state_of(make: Make, seed: int = 0) -> TrainState:
    model = network(seed)
    return TrainState(model, make(model), Seeds.same(0))


def go(folder: Path, make: Make, moves: Callback, *, stop_at: int | None = None, **settings: Any) -> TrainState:
    """Three epochs of 4 updates, or until the power fails before update `stop_at` + 1 is saved."""

    def power(state: TrainState) -> None:
        if state.step == stop_at:
            raise ZeroDivisionError

    state = state_of(make)
    settings = {"epochs": 3, "save_steps": 3, "on_step": [moves, power], "log": lambda line: None, **settings}
    try:
        run(folder, state, blob_loader(), classification_loss, **settings)
    except ZeroDivisionError:
        assert stop_at is not None
    return state


@pytest.mark.parametrize("schedule", [None, cosine_with_warmup(12, 2)], ids=["constant", "cosine"])
@pytest.mark.parametrize("moving", MOVING)
def test_a_run_whose_settings_move_goes_on_bit_for_bit(tmp_path: Path, moving: str, schedule: Any) -> None:
    make, moves = MOVING[moving]
    whole = go(tmp_path / "whole", make, moves, schedule=schedule)
    for stop_at in (5, 7):
        folder = tmp_path / str(stop_at)
        go(folder, make, moves, stop_at=stop_at, schedule=schedule)
        resumed = go(folder, make, moves, schedule=schedule)
        assert same(everything(resumed), everything(whole)), stop_at
        settings = [[{**g, "params": 0} for g in s.optimizer.param_groups] for s in (resumed, whole)]
        assert same(*settings), stop_at


def test_the_same_state_goes_on_after_its_settings_moved(tmp_path: Path) -> None:
    """The cell is run again: its optimizer holds the moved settings and the added group already."""
    make, moves = MOVING["a group that is added"]
    whole = go(tmp_path / "whole", make, moves)
    state = state_of(make)
    settings = {"save_steps": 3, "on_step": [moves], "log": lambda line: None}
    for epochs in (1, 2, 3):
        run(tmp_path / "parts", state, blob_loader(), classification_loss, epochs=epochs, **settings)
    assert same(everything(state), everything(whole))


def test_to_load_an_earlier_checkpoint_takes_an_added_group_away_again(tmp_path: Path) -> None:
    state = state_of(head_only)
    fit(state, blob_loader(), classification_loss, epochs=1)
    before, early = everything(state), checkpoint.save(state, tmp_path)
    fit(state, blob_loader(), classification_loss, epochs=2, on_step=[unfreeze_the_body])
    assert len(state.optimizer.param_groups) == 2
    checkpoint.load(early, state)
    assert len(state.optimizer.param_groups) == 1
    assert same(everything(state), before)


def test_an_added_group_takes_its_base_rate_from_the_rate_it_came_with() -> None:
    state, seen = state_of(head_only), []
    note = [unfreeze_the_body, lambda state: seen.append([group["lr"] for group in state.optimizer.param_groups])]
    fit(state, blob_loader(), classification_loss, epochs=2, schedule=lambda step: 1 / (step + 1), on_step=note)
    assert seen[5] == pytest.approx([0.01 / 6, 0.002 / 6])
    assert seen[7] == pytest.approx([0.01 / 8, 0.002 / 8])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (lambda model: adamw(model, weight_decay=0.2), "group 0.weight_decay: 0.01 in the checkpoint, 0.2 in this run"),
        (lambda model: adamw(model, eps=1e-6), "group 0.eps: 1e-08 in the checkpoint, 1e-06 in this run"),
        (lambda model: torch.optim.AdamW(model.parameters(), lr=0.02), "group 0.initial_lr: 0.01 in the checkpoint"),
        (sgd, "optimizer.class"),
        (head_only, "group 0.parameters.0.weight: 0 in the checkpoint, absent in this run"),
    ],
)
def test_what_the_caller_gave_is_compared_as_it_was_given(tmp_path: Path, given: Make, words: str) -> None:
    go(tmp_path, adamw, decay, stop_at=7)
    with pytest.raises(CheckpointError, match="is of another run, and nothing was loaded") as refused:
        go(tmp_path, given, decay)
    assert words in str(refused.value)


def test_a_setting_that_is_given_after_the_state_was_made_is_given_too(tmp_path: Path) -> None:
    def changed(weight_decay: float) -> TrainState:
        state = state_of(adamw)
        state.optimizer.param_groups[0]["weight_decay"] = weight_decay
        return state

    quiet = {"epochs": 1, "log": lambda line: None}
    run(tmp_path, changed(0.3), blob_loader(), classification_loss, **quiet)
    with pytest.raises(CheckpointError, match=r"group 0.weight_decay: 0.3 in the checkpoint, 0.4 in this run"):
        run(tmp_path, changed(0.4), blob_loader(), classification_loss, **quiet)
    assert run(tmp_path, changed(0.3), blob_loader(), classification_loss, **quiet).rows


def test_a_run_that_is_stepped_by_hand_is_told_by_what_was_given_as_well(tmp_path: Path) -> None:
    state = state_of(KeepsInItsGroup)
    for state.step in (1, 2, 3):
        optimizer_step(state, [blobs()], classification_loss)
    path = checkpoint.save(state, tmp_path)
    other = state_of(KeepsInItsGroup, 1)
    checkpoint.load(path, other)
    assert other.optimizer.param_groups[0]["k"] == 3
    assert same(everything(other), everything(state))


def test_a_group_of_parameters_that_this_model_has_not_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    state = state_of(head_only)
    extra = nn.Parameter(torch.ones(2))

    def loss_fn(model: nn.Module, batch: Any) -> Loss:
        loss = classification_loss(model, batch)
        return Loss(loss.total + (extra**2).sum(), loss.count)

    def add(state: TrainState) -> None:
        if state.step == 2:
            state.optimizer.add_param_group({"params": [extra]})

    fit(state, blob_loader(), loss_fn, epochs=1, on_step=[add])
    path = checkpoint.save(state, tmp_path)
    fresh = state_of(head_only)
    before = everything(fresh)
    with pytest.raises(CheckpointError, match=r"optimizer.group 1.unnamed 0: in the checkpoint, not a parameter of"):
        checkpoint.load(path, fresh)
    assert same(everything(fresh), before)
    checkpoint.load(path, state)  # where the parameter is at hand, it is found


def test_a_checkpoint_of_an_earlier_version_says_nothing_of_members_and_loads(tmp_path: Path) -> None:
    state = go(tmp_path, adamw, lambda state: None)
    path = checkpoint.latest(tmp_path)
    meta = checkpoint.verify(path)
    del meta["members"]
    (path / "meta.json").write_bytes(checkpoint_files.sealed(meta))
    fresh = state_of(adamw)
    checkpoint.load(path, fresh)
    assert same(everything(fresh), everything(state))
