"""`fit` computes what a hand-written loop computes, bit for bit, and goes on exactly where it was interrupted."""

import ast
import copy
import inspect
import math
import textwrap

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from course_lib.core.metrics import Loss
from course_lib.core.schedules import cosine_with_warmup
from course_lib.core.seeding import Seeds, epoch_order
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop import fit as fit_module
from course_lib.training.loop import step as step_module
from course_lib.training.loop.callbacks import evaluate_on, stop_early
from course_lib.training.loop.fit import batches_of_updates, fit
from course_lib.training.loop.state import TrainState
from tests.training.small import (
    OPTIMIZERS,
    blob_loader,
    blobs,
    classification_loss,
    everything,
    masked_loss,
    network,
    new_state,
    same,
)

SCHEDULE = cosine_with_warmup(12, warmup=3)


def bare_loop(optimizer: str, *, epochs: int = 3, clip=None, schedule=None, seed: int = 0) -> nn.Module:
    """What one writes without a library: batches by index, zero_grad, mean loss, backward, clip, step, scheduler."""
    model, (x, y) = network(seed), blobs()
    stepper = OPTIMIZERS[optimizer](model.parameters())
    scheduler = torch.optim.lr_scheduler.LambdaLR(stepper, schedule) if schedule else None
    for epoch in range(1, epochs + 1):
        order = torch.from_numpy(epoch_order(len(x), 0, epoch))
        for start in range(0, len(x), 16):
            rows = order[start : start + 16]
            stepper.zero_grad()
            F.cross_entropy(model(x[rows]), y[rows]).backward()
            if clip is not None:
                nn.utils.clip_grad_norm_(model.parameters(), clip)
            stepper.step()
            if scheduler:
                scheduler.step()
    return model


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
@pytest.mark.parametrize(
    "more",
    [{}, {"clip": 0.3}, {"schedule": SCHEDULE}, {"clip": 0.3, "schedule": SCHEDULE}],
    ids=["plain", "clip", "schedule", "clip and schedule"],
)
def test_fit_gives_the_weights_of_a_bare_loop_bit_for_bit(optimizer, more):
    state = new_state(optimizer)
    fit(state, blob_loader(), classification_loss, epochs=3, **more)
    assert same(state.model.state_dict(), bare_loop(optimizer, **more).state_dict())


def _update_of(function) -> ast.With:
    """The block of a function in which one update is made."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.With)]
    return next(block for block in blocks if "step.of(" in ast.unparse(block.items[0]))


def test_the_innermost_loop_of_fit_names_the_lines_of_an_update_in_their_order():
    calls = [node for node in ast.walk(_update_of(fit)) if isinstance(node, ast.Call)]
    in_order = sorted(calls, key=lambda call: (call.lineno, call.col_offset))
    names = [ast.unparse(call.func).removeprefix("step.") for call in in_order]
    assert names == ["of", "forward", "backward", "validate_finite", "clip", "update"]


def test_an_update_by_hand_is_made_by_the_lines_that_fit_has():
    of_fit, by_hand = (_update_of(function).body for function in (fit, step_module.optimizer_step))
    assert [ast.dump(line) for line in of_fit] == [ast.dump(line) for line in by_hand]


def test_a_limit_on_the_gradient_that_binds_changes_the_run():
    assert not same(bare_loop("sgd").state_dict(), bare_loop("sgd", clip=0.3).state_dict())


def test_the_schedule_multiplies_the_base_rate_of_each_group_from_step_0():
    model, seen = network(), []
    optimizer = torch.optim.SGD(
        [{"params": model[0].parameters(), "lr": 0.1}, {"params": model[3].parameters(), "lr": 0.01}]
    )
    state = TrainState(model, optimizer, Seeds.same(0))
    record = [lambda state: seen.append([group["lr"] for group in state.optimizer.param_groups])]
    fit(state, blob_loader(), classification_loss, epochs=2, schedule=lambda step: 1 / (step + 1), on_step=record)
    assert seen == [pytest.approx([0.1 / (step + 1), 0.01 / (step + 1)]) for step in range(8)]


def test_the_history_has_a_row_per_epoch_with_the_mean_over_elements_the_last_rate_and_the_seconds():
    state, seen = new_state("sgd"), []
    record = [lambda state: seen.append(state.loss)]
    history = fit(
        state, blob_loader(), classification_loss, epochs=2, schedule=lambda step: 1 - step / 10, on_step=record
    )
    assert history is state.history
    assert [(row["split"], row["step"], row["epoch"]) for row in history.rows] == [("train", 4, 1), ("train", 8, 2)]
    for row, losses in zip(history.rows, (seen[:4], seen[4:]), strict=True):
        assert [loss.count for loss in losses] == [16, 16, 16, 2]
        assert row["loss"] == pytest.approx(sum(float(loss.total) for loss in losses) / 50, rel=1e-6)
        assert row["loss"] != pytest.approx(sum(float(loss.mean) for loss in losses) / 4, rel=1e-4)
        assert row["seconds"] > 0
    assert [row["rate"] for row in history.rows] == pytest.approx([0.07, 0.03])


def test_callbacks_run_in_their_order_after_each_update_and_each_epoch():
    calls = []

    def note(name):
        return lambda state: calls.append((name, state.step, state.epoch, state.batch))

    fit(
        new_state(),
        blob_loader(),
        classification_loss,
        epochs=1,
        accumulate=2,
        on_step=[note("a"), note("b")],
        on_epoch=iter([note("c"), note("d")]),  # an iterator serves too
    )
    assert calls == [("a", 1, 0, 2), ("b", 1, 0, 2), ("a", 2, 0, 4), ("b", 2, 0, 4), ("c", 2, 1, 0), ("d", 2, 1, 0)]


def test_a_model_that_was_left_in_evaluation_mode_is_trained_in_training_mode():
    state, modes = new_state(dropout=0.5), []
    state.model.eval()
    look = [lambda state: modes.append(state.model.training), lambda state: state.model.eval()]
    fit(state, blob_loader(size=50), classification_loss, epochs=2, on_step=look[:1], on_epoch=look[1:])
    assert modes == [True, True]


def test_epochs_that_are_complete_are_not_trained_again():
    state = new_state()
    fit(state, blob_loader(), classification_loss, epochs=2)
    before = everything(state)
    fit(state, blob_loader(), classification_loss, epochs=2)
    assert same(everything(state), before)
    fit(state, blob_loader(), classification_loss, epochs=3)
    assert (state.epoch, state.step) == (3, 12)


def test_one_call_for_six_epochs_equals_six_calls():
    whole, parts = new_state(dropout=0.3, norm=True), new_state(dropout=0.3, norm=True)
    fit(whole, blob_loader(), classification_loss, epochs=6, schedule=SCHEDULE)
    for epochs in range(1, 7):
        fit(parts, blob_loader(), classification_loss, epochs=epochs, schedule=SCHEDULE)
    assert same(everything(parts), everything(whole))


RUN = {"epochs": 3, "accumulate": 2, "clip": 1.0, "schedule": SCHEDULE}
VALIDATION = evaluate_on("val", blob_loader(20, shuffle=False), classification_loss)


def interrupt_at(*steps):
    def callback(state):
        state.interrupted = state.interrupted or state.step in steps

    return callback


def run_in_pieces(cuts, precision="float32", model="dropout") -> TrainState:
    options = {"dropout": 0.3, "norm": True} if model == "dropout" else {}
    state = new_state("adamw", **options)
    while state.epoch < 3:
        # What stands in the state is all: no other object is carried over.
        state = copy.deepcopy(state)
        state.interrupted = False
        cuts_left = [cut for cut in cuts if cut > state.step]
        fit(
            state,
            blob_loader(70),  # 16, 16, 16, 16, 6: three updates per epoch, the last one of one batch
            classification_loss,
            precision=precision,
            on_step=[interrupt_at(*cuts_left)],
            on_epoch=[VALIDATION],
            **RUN,
        )
        torch.manual_seed(99)  # what others do with torch's generator in between
    return state


@pytest.mark.parametrize("precision", ["float32", "bfloat16", "float16"])
def test_a_run_that_is_interrupted_after_any_update_goes_on_bit_for_bit(precision):
    whole = everything(run_in_pieces((), precision))
    assert len(whole["rows"]) == 6
    for step in range(1, 10):
        assert same(everything(run_in_pieces((step,), precision)), whole), step


@settings(max_examples=10, deadline=None)
@given(st.sets(st.integers(1, 9)))
def test_a_run_that_is_interrupted_several_times_goes_on_bit_for_bit(cuts):
    assert same(everything(run_in_pieces(cuts)), everything(run_in_pieces(())))


def test_an_interruption_in_mid_epoch_keeps_place_sum_and_noise():
    state = new_state(dropout=0.3)
    fit(state, blob_loader(), classification_loss, epochs=2, on_step=[interrupt_at(6)])
    assert (state.step, state.epoch, state.batch, state.running.count) == (6, 1, 2, 32)
    assert state.generators is not None
    fit(state, blob_loader(), classification_loss, epochs=2)  # still interrupted: nothing happens
    assert state.step == 6
    state.interrupted = False
    fit(state, blob_loader(), classification_loss, epochs=2)
    assert (state.step, state.epoch, state.batch, state.running.count, state.generators) == (8, 2, 0, 0, None)


def test_a_stop_at_the_last_update_of_an_epoch_leaves_its_end_to_the_next_call():
    state, ends = new_state(), []
    on_epoch = [lambda state: ends.append(state.epoch)]
    fit(state, blob_loader(), classification_loss, epochs=2, on_step=[interrupt_at(4)], on_epoch=on_epoch)
    assert (state.batch, state.epoch, ends, state.history.rows) == (4, 0, [], [])
    state.interrupted = False
    fit(state, blob_loader(), classification_loss, epochs=1, on_epoch=on_epoch)
    assert (state.batch, state.epoch, ends, state.step) == (0, 1, [1], 4)
    assert state.history.last("train", "loss") > 0


def test_early_stopping_ends_the_run_and_a_later_call_does_not_take_it_up_again():
    state = new_state("sgd")
    worse = iter([3.0, 1.0, 2.0, 2.0, 2.0, 2.0])
    measure = [lambda state: state.history.add("val", step=state.step, epoch=state.epoch, loss=next(worse))]
    fit(state, blob_loader(), classification_loss, epochs=6, on_epoch=[*measure, stop_early(2)])
    assert (state.epoch, state.stop) == (4, True)
    fit(state, blob_loader(), classification_loss, epochs=6)
    assert state.epoch == 4


def test_what_came_before_the_run_has_no_say_in_it_and_the_run_none_in_what_comes_after():
    results, after = [], []
    for seed in (1, 2):
        state = new_state(dropout=0.5)
        torch.manual_seed(seed)
        expected = torch.rand(3)
        torch.manual_seed(seed)
        fit(state, blob_loader(), classification_loss, epochs=2)
        after.append(torch.equal(torch.rand(3), expected))
        results.append(everything(state))
    assert after == [True, True]
    assert same(*results)


def test_torch_generators_are_put_back_after_an_error_too():
    state = new_state(dropout=0.5)
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)

    def broken(model, batch):
        torch.rand(7)
        raise KeyError("data")

    with pytest.raises(KeyError):
        fit(state, blob_loader(), broken, epochs=1)
    assert torch.equal(torch.rand(3), expected)


def test_frozen_parameters_stay_bit_for_bit_and_the_others_move():
    state = new_state("adamw")
    before = everything(state)["model"]
    state.model[0].requires_grad_(False)
    fit(state, blob_loader(), classification_loss, epochs=3, clip=0.5)
    for name, value in state.model.state_dict().items():
        assert torch.equal(value, before[name]) == name.startswith("0."), name


def test_a_parameter_that_no_loss_reaches_stays_as_it_is():
    model = network()
    model.register_parameter("idle", nn.Parameter(torch.ones(3)))
    state = TrainState(model, torch.optim.AdamW(model.parameters(), weight_decay=0.5), Seeds.same(0))
    fit(state, blob_loader(), classification_loss, epochs=1, clip=1.0)
    assert torch.equal(model.idle, torch.ones(3))


def test_a_loss_over_elements_counts_elements_and_no_batches():
    x, y = blobs(50)
    y[::3] = -100
    y[40:] = -100
    state = new_state("sgd")
    history = fit(state, TensorLoader(x, y, batch_size=16), masked_loss, epochs=1)
    assert state.running.count == 0
    assert 0 < history.last("train", "loss") < 3


def test_the_sum_over_an_epoch_is_exact_to_a_double():
    """A float32 sum of these losses would lose the small one."""
    totals = [16777216.0, 1.0, 1.0, 1.0]
    state = new_state("sgd")

    def loss(model, batch):
        return Loss(0 * model(batch[0]).sum() + totals[state.step % 4], 1)

    history = fit(state, blob_loader(), loss, epochs=1)
    assert history.last("train", "loss") == sum(totals) / 4


@pytest.mark.parametrize(("size", "count"), [(1, 5), (2, 3), (5, 1), (7, 1)])
def test_groups_of_batches_hold_every_batch_once(size, count):
    found = list(batches_of_updates(iter("abcde"), size))
    assert len(found) == count
    assert "".join(letter for group in found for letter in group) == "abcde"


class Empty:
    """A loader without a batch."""

    def __len__(self):
        return 0

    def epoch(self, epoch, start=0):
        return iter(())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"epochs": 0}, "epochs must be at least 1, got 0"),
        ({"accumulate": 0}, "accumulate must be at least 1, got 0"),
        ({"check_every": 0}, "check_every must be at least 1, got 0"),
        ({"clip": 0.0}, "clip must be above 0, got 0.0"),
        ({"clip": -1.0}, "clip must be above 0, got -1.0"),
        ({"clip": math.nan}, "clip must be above 0, got nan"),
        ({"precision": "half"}, "precision must be one of float32, bfloat16, float16, got 'half'"),
        ({"loader": Empty()}, "loader must hold at least one batch, got none"),
    ],
)
def test_settings_that_make_no_sense_are_refused_before_anything_happens(change, words):
    state = new_state()
    before = everything(state)
    arguments = {"loader": blob_loader(), "epochs": 1, **change}
    with pytest.raises(ValueError, match=words):
        fit(state, arguments.pop("loader"), classification_loss, **arguments)
    assert same(everything(state), before)
    assert state.model[0].weight.grad is None


def test_seconds_are_those_of_data_and_updates_and_not_of_callbacks(monkeypatch):
    """A clock of which a second passes with each batch, ten with each loss and a thousand with each callback."""
    now = [0.0]
    monkeypatch.setattr(fit_module.time, "perf_counter", lambda: now[0])

    def passes(seconds):
        now[0] += seconds

    class Slow(TensorLoader):
        def epoch(self, epoch, start=0):
            for batch in super().epoch(epoch, start):
                passes(1)
                yield batch

    def loss_fn(model, batch):
        passes(10)
        return classification_loss(model, batch)

    slow = [lambda state: passes(1000)]
    history = fit(new_state(), Slow(*blobs(), batch_size=16), loss_fn, epochs=2, on_step=slow, on_epoch=slow)
    assert [row["seconds"] for row in history.rows] == [44, 44]


def test_the_same_seeds_give_the_same_bits_and_another_number_of_threads_nearly_the_same():
    runs, threads = [], torch.get_num_threads()
    try:
        for number in (1, 1, 2):
            torch.set_num_threads(number)
            state = new_state("adam", dropout=0.3)
            fit(state, blob_loader(320), classification_loss, epochs=1)
            runs.append(everything(state))
    finally:
        torch.set_num_threads(threads)
    assert runs[0]["step"] == 20
    assert same(runs[0], runs[1])
    for name, value in runs[0]["model"].items():
        torch.testing.assert_close(runs[2]["model"][name], value, atol=1e-5, rtol=0)


def test_each_seed_changes_what_it_is_for():
    def run(init, data, noise):
        model = network(init, dropout=0.3)
        state = TrainState(model, torch.optim.Adam(model.parameters(), lr=0.01), Seeds(init, data, noise))
        fit(state, blob_loader(seed=data), classification_loss, epochs=1)
        return everything(state)["model"]

    reference = run(0, 0, 0)
    assert same(run(0, 0, 0), reference)
    for seeds in ((1, 0, 0), (0, 1, 0), (0, 0, 1)):
        assert not same(run(*seeds), reference), seeds


def test_one_sample_and_one_class_can_be_trained_on():
    x, y = blobs(50)
    for data in ((x[:1], y[:1]), (x, torch.zeros_like(y))):
        state = new_state()
        history = fit(state, TensorLoader(*data, batch_size=16), classification_loss, epochs=30)
        losses = history.series("train", "loss")[1]
        assert losses[-1] < losses[0] / 2


def test_a_last_batch_of_one_is_refused_by_batch_norm_and_drop_last_is_the_way_out():
    state = new_state(norm=True)
    with pytest.raises(ValueError, match="Expected more than 1 value per channel when training"):
        fit(state, blob_loader(33), classification_loss, epochs=1)
    assert state.step == 2
    fit(new_state(norm=True), blob_loader(33, drop_last=True), classification_loss, epochs=2)


@pytest.mark.parametrize("place", ["loader", "on_step", "on_epoch"])
@pytest.mark.parametrize("step", [2, 4, 5, 8])
def test_after_an_error_between_the_updates_a_second_call_goes_on_bit_for_bit(place, step):
    """A disk that stutters, a callback with a mistake: mend it and run the cell again."""

    class Stutters(TensorLoader):
        def epoch(self, epoch, start=0):
            for number, batch in enumerate(super().epoch(epoch, start), start=start + 1):
                if trouble and (epoch - 1) * 4 + number == step + 1:
                    raise OSError("no such file")
                yield batch

    def fail(state):
        if trouble and state.step >= step:
            raise OSError("no such file")

    whole, state, trouble = new_state(dropout=0.3), new_state(dropout=0.3), False
    more = {place: [fail]} if place != "loader" else {}
    fit(whole, blob_loader(), classification_loss, epochs=3)
    trouble = True
    with pytest.raises(OSError, match="no such file"):
        fit(state, Stutters(*blobs(), batch_size=16), classification_loss, epochs=3, **more)
    trouble = False
    torch.manual_seed(1)
    fit(state, Stutters(*blobs(), batch_size=16), classification_loss, epochs=3, **more)
    assert same(everything(state), everything(whole))
