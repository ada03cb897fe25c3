"""The state of a run keeps the base rates, knows its device, and is refused where it cannot be."""

import copy
from dataclasses import fields

import pytest
import torch
from torch import nn

from course_lib.core.seeding import Seeds
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from tests.training.small import blob_loader, classification_loss, everything, network, new_state, same


def test_the_base_rate_of_each_group_is_kept_beside_the_rate_of_the_moment():
    model = network()
    groups = [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[3].parameters(), "lr": 0.01}]
    state = TrainState(model, torch.optim.SGD(groups), Seeds.same(0))
    assert [group["initial_lr"] for group in state.optimizer.param_groups] == [0.1, 0.01]
    assert state.lr == 0.1
    fit(state, blob_loader(), classification_loss, epochs=1, schedule=lambda step: 0.5)
    assert state.lr == 0.05
    assert [group["initial_lr"] for group in state.optimizer.param_groups] == [0.1, 0.01]


def test_a_state_made_again_from_the_same_optimizer_multiplies_the_same_base_rate():
    state = new_state("sgd")
    fit(state, blob_loader(), classification_loss, epochs=1, schedule=lambda step: 0.5)
    again = TrainState(state.model, state.optimizer, state.seeds)
    fit(again, blob_loader(), classification_loss, epochs=1, schedule=lambda step: 0.5)
    assert again.lr == 0.05


def test_a_base_rate_that_came_with_a_saved_optimizer_is_kept():
    state = new_state("sgd")
    fit(state, blob_loader(), classification_loss, epochs=1, schedule=lambda step: 0.25)
    fresh = new_state("sgd")
    fresh.optimizer.load_state_dict(state.optimizer.state_dict())
    assert fresh.optimizer.param_groups[0]["initial_lr"] == 0.1
    assert TrainState(fresh.model, fresh.optimizer, Seeds.same(0)).optimizer.param_groups[0]["initial_lr"] == 0.1


def test_a_rate_that_is_a_tensor_has_a_number_as_its_base():
    model = network()
    optimizer = torch.optim.Adam(model.parameters(), lr=torch.tensor(0.25))
    state = TrainState(model, optimizer, Seeds.same(0))
    assert optimizer.param_groups[0]["initial_lr"] == state.lr == 0.25


def test_the_device_is_that_of_the_parameters():
    assert new_state().device == torch.device("cpu")
    assert TrainState(nn.Linear(2, 2, device="meta"), new_state().optimizer, Seeds.same(0)).device.type == "meta"


def test_a_model_without_parameters_has_no_device():
    state = TrainState(nn.ReLU(), new_state().optimizer, Seeds.same(0))
    with pytest.raises(ValueError, match="model must have parameters, got a ReLU without any"):
        _ = state.device


def test_a_stop_and_an_interruption_both_end_a_run():
    state = new_state()
    assert not state.ended
    for name in ("stop", "interrupted"):
        setattr(state, name, True)
        assert state.ended
        setattr(state, name, False)


def test_two_states_share_no_history_and_no_sum():
    a, b = new_state(), new_state()
    fit(a, blob_loader(), classification_loss, epochs=1)
    assert b.history.rows == []
    assert b.running.count == 0


def test_a_copy_of_a_state_trains_like_the_state_and_apart_from_it():
    state = new_state("adamw", dropout=0.3)
    fit(state, blob_loader(), classification_loss, epochs=1)
    other = copy.deepcopy(state)
    fit(state, blob_loader(), classification_loss, epochs=2)
    assert other.epoch == 1
    fit(other, blob_loader(), classification_loss, epochs=2)
    assert same(everything(other), everything(state))


def test_every_field_is_the_callers_or_moves_on_with_the_run_and_none_is_of_the_last_step(tmp_path):
    """What an update finds or uses again is beside the fields: a run goes on without it."""
    state = new_state("adamw", dropout=0.3)
    fit(state, blob_loader(), classification_loss, epochs=1, clip=1.0)
    given = {"model", "optimizer", "seeds", "given"}
    saved = {"history", "step", "epoch", "batch", "running", "seconds", "generators", "scaler", "stop", "reason"}
    of_this_call = {"plan", "interrupted"}
    assert {field.name for field in fields(TrainState)} == given | saved | {"best"} | of_this_call
    assert state.loss.count == 2
    assert float(state.norm) > 0
    fresh = new_state("adamw", seed=0, dropout=0.3)
    fit(fresh, blob_loader(), classification_loss, epochs=1)
    checkpoint.load(checkpoint.save(state, tmp_path), fresh)
    assert (fresh.loss, fresh.norm) == (None, None)
