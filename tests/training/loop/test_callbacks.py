"""Measures are sums over counts in evaluation mode, and what decides reads the history alone."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.stopping import EarlyStopping
from course_lib.digits.train import classification_scores
from course_lib.training.loop.callbacks import evaluate, evaluate_on, every, stop_early
from course_lib.training.loop.fit import fit
from tests.training.small import blob_loader, blobs, classification_loss, copied, masked_loss, network, new_state, same


@pytest.mark.parametrize("size", [1, 7, 16, 49, 50, 200])
def test_scores_do_not_depend_on_how_the_data_is_cut_into_batches(size):
    model = network(dropout=0.5, norm=True)
    x, y = blobs()
    scores = evaluate(model, blob_loader(size=size), classification_scores)
    logits = model.eval()(x).detach()
    assert scores["loss"] == pytest.approx(float(nn.functional.cross_entropy(logits, y)), rel=1e-5)
    assert scores["accuracy"] == float((logits.argmax(1) == y).float().mean())


def test_a_mean_of_batch_means_would_be_another_number():
    model, loader = network(), blob_loader()
    means = [classification_loss(model, batch).mean.item() for batch in loader.epoch(1)]
    assert evaluate(model, loader, classification_loss)["loss"] != pytest.approx(sum(means) / len(means), rel=1e-4)


def test_batches_without_elements_count_for_nothing_and_none_at_all_are_refused():
    model, (x, y) = network(), blobs()
    empty = (x[:4], torch.full((4,), -100))
    alone = evaluate(model, [(x, y)], masked_loss)
    assert evaluate(model, [empty, (x, y), empty], masked_loss) == alone
    with pytest.raises(ValueError, match="the mean of a loss needs a count of at least 1, got 0"):
        evaluate(model, [empty], masked_loss)
    with pytest.raises(ValueError, match="batches must hold at least one batch, got none"):
        evaluate(model, [], masked_loss)


def test_evaluation_has_no_dropout_leaves_no_gradient_and_changes_nothing():
    model = network(dropout=0.5, norm=True)
    before, torch_state = copied(model.state_dict()), torch.get_rng_state()
    first = evaluate(model, blob_loader(), classification_loss)
    assert evaluate(model, blob_loader(), classification_loss) == first
    assert same(model.state_dict(), before)
    assert torch.equal(torch.get_rng_state(), torch_state)
    assert all(parameter.grad is None for parameter in model.parameters())


@pytest.mark.parametrize("training", [True, False])
def test_the_mode_of_every_part_is_put_back_even_after_an_error(training):
    model = network(dropout=0.5, norm=True).train(training)
    model[1].eval()  # a frozen BatchNorm
    modes = [module.training for module in model.modules()]
    seen = []

    def look(model, batch):
        seen.extend(module.training for module in model.modules())
        return classification_loss(model, batch)

    evaluate(model, blob_loader(), look)
    assert not any(seen)
    assert [module.training for module in model.modules()] == modes
    with pytest.raises(KeyError):
        evaluate(model, blob_loader(), lambda model, batch: {}["missing"])
    assert [module.training for module in model.modules()] == modes


def test_a_model_without_parameters_can_be_evaluated():
    assert evaluate(nn.Flatten(), [torch.ones(3, 2)], lambda model, x: Loss(model(x).sum(), len(x))) == {"loss": 2.0}


def test_evaluation_in_half_precision_computes_in_it():
    seen = []

    def look(model, batch):
        seen.append(model(batch[0]).dtype)
        return classification_loss(model, batch)

    evaluate(network(), blob_loader(), look, precision="bfloat16")
    assert set(seen) == {torch.bfloat16}
    with pytest.raises(ValueError, match="precision must be one of"):
        evaluate(network(), blob_loader(), look, precision="double")


def test_measured_rows_stand_behind_the_row_of_their_epoch_under_their_name():
    state = new_state()
    measure = [evaluate_on(name, blob_loader(20), classification_scores) for name in ("val", "test")]
    fit(state, blob_loader(), classification_loss, epochs=2, on_epoch=measure)
    assert [(row["split"], row["step"], row["epoch"]) for row in state.history.rows] == [
        (split, 4 * epoch, epoch) for epoch in (1, 2) for split in ("train", "val", "test")
    ]
    scores = evaluate(state.model, blob_loader(20), classification_scores)
    assert {name: state.history.last("val", name) for name in scores} == scores


def test_measuring_in_mid_epoch_does_not_change_the_run():
    plain, measured = new_state(dropout=0.5, norm=True), new_state(dropout=0.5, norm=True)
    fit(plain, blob_loader(), classification_loss, epochs=2)
    measure = evaluate_on("val", blob_loader(20), classification_loss)
    fit(measured, blob_loader(), classification_loss, epochs=2, on_step=[every(3, measure)])
    assert same(measured.model.state_dict(), plain.model.state_dict())


@pytest.mark.parametrize("n", [1, 2, 3, 9])
def test_every_n_calls_at_multiples_of_n(n):
    steps = []
    on_step = [every(n, lambda state: steps.append(state.step))]
    fit(new_state(), blob_loader(), classification_loss, epochs=2, on_step=on_step)
    assert steps == [step for step in range(1, 9) if step % n == 0]


@pytest.mark.parametrize("n", [0, -1])
def test_every_refuses_less_than_one(n):
    with pytest.raises(ValueError, match=f"n must be at least 1, got {n}"):
        every(n, print)


VALUES = st.lists(st.floats(0, 4) | st.just(math.nan), min_size=1, max_size=12)


@given(VALUES, st.integers(1, 4), st.sampled_from([0.0, 0.5]), st.sampled_from(["min", "max"]))
def test_early_stopping_stops_in_the_epoch_in_which_the_rule_does(values, patience, min_delta, mode):
    state, rule = new_state(), EarlyStopping(patience, min_delta, mode)
    callback = stop_early(patience, min_delta=min_delta, mode=mode, name="score")
    for epoch, value in enumerate(values, start=1):
        rule.update(value, epoch)
        state.history.add("val", step=epoch, epoch=epoch, score=value)
        state.history.add("train", step=epoch, epoch=epoch, loss=0.0)
        callback(state)
        assert state.stop == rule.stop
        if rule.stop:
            break


@given(VALUES, st.integers(1, 4))
def test_a_fresh_callback_over_an_old_history_decides_as_the_first_one_did(values, patience):
    """What a resumed run does: the history is there, the callback is new."""
    state, callback = new_state(), stop_early(patience)
    for epoch, value in enumerate(values, start=1):
        state.history.add("val", step=epoch, epoch=epoch, loss=value)
        callback(state)
        decided, state.stop = state.stop, False
        stop_early(patience)(state)
        assert state.stop == decided
        if decided:
            break


def test_early_stopping_takes_no_stop_back():
    state = new_state()
    state.stop = True
    state.history.add("val", step=1, epoch=1, loss=1.0)
    stop_early(3)(state)
    assert state.stop


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"patience": 0}, "patience must be at least 1, got 0"),
        ({"patience": 1, "min_delta": -1.0}, "min_delta must be at least 0, got -1.0"),
        ({"patience": 1, "mode": "best"}, "mode must be one of min, max, got 'best'"),
    ],
)
def test_early_stopping_refuses_its_settings_at_once(arguments, words):
    with pytest.raises(ValueError, match=words):
        stop_early(**arguments)


def test_early_stopping_without_a_measurement_says_what_there_is():
    with pytest.raises(ValueError, match="the history has no val/loss; it has train/loss, train/rate, train/seconds"):
        fit(new_state(), blob_loader(), classification_loss, epochs=1, on_epoch=[stop_early(2)])
