"""A run goes on with its own loader and schedule: with the schedule's memory, and with no other order of batches."""

import copy
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.core.schedules import Plateau, cosine_with_warmup, step_decay
from course_lib.text.blocks import ShuffledBlocks, Streams
from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.checkpoints.saving import CheckpointError
from course_lib.training.data.dataset_loader import DatasetLoader
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import every, stop_early
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import TrainState
from course_lib.training.runs.plan import Plan, loader_identity, remembering
from course_lib.training.runs.run import run
from tests.training.small import blob_loader, blobs, classification_loss, everything, new_state, same

QUIET: dict[str, Any] = {"log": lambda line: None}


class Rule:
    """A schedule with a memory that says what it is."""

    def __init__(self) -> None:
        self.factor = 1.0

    def __call__(self, step: int) -> float:
        return self.factor

    def state_dict(self) -> dict[str, Any]:
        return {"factor": self.factor, "odd": [float("inf"), None]}

    def load_state_dict(self, memory: dict[str, Any]) -> None:
        assert memory["odd"] == [float("inf"), None]
        self.factor = memory["factor"]

    def note(self, state: TrainState) -> None:
        self.factor *= 0.7


def plateau() -> tuple[Any, Callable[[TrainState], None]]:
    """Itself as the schedule; its patience is used up in the middle, so that a forgotten counter shows."""
    rule = Plateau(0.5, patience=1)
    return rule, lambda state: rule.update(1.0)


def in_a_lambda() -> tuple[Any, Callable[[TrainState], None]]:
    rule, warm = Plateau(0.5, patience=1), cosine_with_warmup(40, 5)
    return lambda step: warm(step) * rule(step), lambda state: rule.update(1.0)


def in_a_method() -> tuple[Any, Callable[[TrainState], None]]:
    rule = Rule()
    return rule.__call__, rule.note


def in_a_partial() -> tuple[Any, Callable[[TrainState], None]]:
    def product(rules: list[Any], step: int) -> float:
        return float(np.prod([rule(step) for rule in rules]))

    rules = [Rule(), Plateau(0.5, patience=0)]

    def note(state: TrainState) -> None:
        rules[0].note(state)
        rules[1].update(2.0)

    return partial(product, rules), note


def of_torch() -> tuple[Any, Callable[[TrainState], None]]:
    """torch's own scheduler over an optimizer that nobody steps, read for its factor."""
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=0)
    return lambda step: scheduler.get_last_lr()[0] if step else 1.0, lambda state: scheduler.step(1.0)


def train(folder: Path, make: Callable[[], tuple[Any, Any]], stop_at: int | None = None) -> TrainState:
    """Five epochs of 4 updates, or until the power fails after `stop_at`."""
    schedule, note = make()

    def power(state: TrainState) -> None:
        if state.step == stop_at:
            raise ZeroDivisionError

    state = new_state("sgd")
    settings = {"epochs": 5, "save_steps": 3, "schedule": schedule, "on_step": [power], "on_epoch": [note], **QUIET}
    try:
        run(folder, state, blob_loader(), classification_loss, **settings)
    except ZeroDivisionError:
        assert stop_at is not None
    return state


@pytest.mark.parametrize("make", [plateau, in_a_lambda, in_a_method, in_a_partial])
def test_a_schedule_with_a_memory_goes_on_with_it(tmp_path: Path, make: Callable[[], tuple[Any, Any]]) -> None:
    whole = train(tmp_path / "whole", make)
    rates = [row["rate"] for row in whole.history.rows]
    assert rates[-1] <= rates[0] / 2
    for stop_at in (5, 11, 14):
        train(tmp_path / str(stop_at), make, stop_at)
        assert same(everything(train(tmp_path / str(stop_at), make)), everything(whole)), stop_at


def test_the_memory_of_torch_s_own_scheduler_is_found_as_well() -> None:
    schedule, note = of_torch()
    note(None)
    note(None)
    assert schedule(1) == 0.5
    memory = json.loads(json.dumps(Plan.of(blob_loader(), schedule, 1, 1).record()))["memory"]
    again, _ = of_torch()
    assert again(1) == 1.0
    plan = Plan.of(blob_loader(), again, 1, 1)
    plan.take_over(memory)
    assert len(remembering(again)) == 1
    assert remembering(again)[0].num_bad_epochs == 0
    assert remembering(again)[0].best == 1.0


def test_a_model_or_an_optimizer_that_a_schedule_reads_is_no_memory_of_it() -> None:
    state = new_state()
    assert remembering(lambda step: float(state.optimizer.param_groups[0]["lr"] > 0) + len(list(model.buffers()))) == []


model = nn.Linear(2, 2)


def test_memory_is_given_back_by_the_next_fit_after_a_load_by_hand(tmp_path: Path) -> None:
    schedule, note = plateau()
    state = new_state("sgd")
    fit(state, blob_loader(), classification_loss, epochs=3, schedule=schedule, on_epoch=[note])
    path = checkpoint.save(state, tmp_path)
    fit(state, blob_loader(), classification_loss, epochs=5, schedule=schedule, on_epoch=[note])
    again, note_again = plateau()
    other = new_state("sgd")
    checkpoint.load(path, other)
    fit(other, blob_loader(), classification_loss, epochs=5, schedule=again, on_epoch=[note_again])
    assert same(everything(other), everything(state))
    checkpoint.load(path, other)
    with pytest.raises(ValueError, match=r"as many parts with a memory as in the checkpoint, 1, got 0"):
        fit(other, blob_loader(), classification_loss, epochs=5)


def test_a_schedule_that_changes_and_cannot_say_how_is_refused_at_the_first_save(tmp_path: Path) -> None:
    class Forgetful:
        def __init__(self) -> None:
            self.factor, self.bad = 1.0, 0

        def __call__(self, step: int) -> float:
            return self.factor

    schedule = Forgetful()

    def note(state: TrainState) -> None:
        schedule.bad += 1

    words = r"have state_dict and load_state_dict as core.schedules.Plateau has: bad changed"
    settings = {"epochs": 2, "schedule": schedule, "on_epoch": [note], **QUIET}
    with pytest.raises(TypeError, match=words):
        run(tmp_path, new_state(), blob_loader(), classification_loss, **settings)
    assert checkpoint.latest(tmp_path) is None


def test_a_schedule_that_is_used_up_by_calling_is_refused(tmp_path: Path) -> None:
    factors = iter(np.linspace(1, 0, 50))
    settings = {"epochs": 1, "schedule": lambda step: next(factors), **QUIET}
    with pytest.raises(TypeError, match=r"schedule must be a function of the step.*different factors at one step"):
        run(tmp_path, new_state(), blob_loader(), classification_loss, **settings)


def test_a_dictionary_that_a_schedule_reads_is_not_saved_so_another_factor_is_refused(tmp_path: Path) -> None:
    def go(epochs: int) -> None:
        now = {"factor": 1.0}

        def halve(state: TrainState) -> None:
            now["factor"] /= 2

        settings = {"schedule": lambda step: now["factor"], "on_epoch": [halve], **QUIET}
        run(tmp_path, new_state(), blob_loader(), classification_loss, epochs=epochs, **settings)

    go(2)
    with pytest.raises(CheckpointError, match=r"schedule: 0\.\d+ at step \d in the checkpoint, 1 in this run"):
        go(3)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (
            cosine_with_warmup(8),
            cosine_with_warmup(12),
            r"schedule: 0\.\d+ at step 1 in the checkpoint, 0\.\d+ in",
        ),
        (None, step_decay(0.5, 3), "schedule: none in the checkpoint, one in this run"),
        (step_decay(0.5, 3), None, "schedule: one in the checkpoint, none in this run"),
        (step_decay(0.5, 3), Plateau(0.5, 3), "schedule.parts with a memory: 0 in the checkpoint, 1 in this run"),
        (Plateau(0.5, 3), step_decay(0.5, 3), "schedule.parts with a memory: 1 in the checkpoint, 0 in this run"),
    ],
)
def test_another_schedule_is_refused_and_nothing_is_loaded(tmp_path: Path, first: Any, second: Any, words: str) -> None:
    def go(schedule: Any, state: TrainState) -> None:
        run(tmp_path, state, blob_loader(), classification_loss, epochs=2, schedule=schedule, **QUIET)

    go(first, new_state())
    fresh = new_state()
    before = everything(fresh)
    with pytest.raises(CheckpointError, match=words):
        go(second, fresh)
    assert same(everything(fresh), before)
    go(first, new_state())


def without(path: Path, *keys: str) -> None:
    """The checkpoint as an earlier version of the course wrote it."""
    meta = checkpoint.verify(path)
    for key in keys:
        del meta[key]
    (path / "meta.json").write_bytes(checkpoint_files.sealed(meta))


def test_a_checkpoint_of_an_earlier_version_loads_unless_a_memory_was_lost_with_it(tmp_path: Path) -> None:
    def go(epochs: int) -> TrainState:
        schedule, note = plateau()
        state, settings = new_state("sgd"), {"schedule": schedule, "on_epoch": [note], **QUIET}
        run(tmp_path, state, blob_loader(), classification_loss, epochs=epochs, **settings)
        return state

    go(1)
    without(checkpoint.latest(tmp_path), "schedule", "loader", "reason", "best", "members")
    assert go(5).epoch == 5
    without(checkpoint.latest(tmp_path), "schedule")
    with pytest.raises(CheckpointError, match=r"an earlier version of the course wrote this .* without its memory"):
        go(6)


def test_what_plateau_notes_can_be_given_to_another_one() -> None:
    one, other = Plateau(0.5, patience=2), Plateau(0.5, patience=2)
    for value in (3.0, 1.0, 2.0, 2.0):
        one.update(value)
    other.load_state_dict(one.state_dict())
    for rule in (one, other):
        rule.update(2.0)
    assert (one.scale, one.best, one.bad_updates) == (other.scale, other.best, other.bad_updates) == (0.5, 1, 0)
    with pytest.raises(ValueError, match="state must hold scale, best, bad_updates, got nothing"):
        other.load_state_dict({})
    with pytest.raises(ValueError, match=r"scale must be in \[0, 1\], got 3.0"):
        other.load_state_dict({**one.state_dict(), "scale": 3.0})
    assert other.scale == 0.5


# The loader.


def loader(**changes: Any) -> TensorLoader:
    settings = {"batch_size": 16, "seed": 0, **changes}
    return TensorLoader(*blobs(settings.pop("count", 50)), **settings)


OTHERS = {
    "batch size": ({"batch_size": 10}, "loader.batch_size: 16 in the checkpoint, 10 in this run"),
    "length": ({"count": 60}, "loader.count: 50 in the checkpoint, 60 in this run"),
    "seed": ({"seed": 1}, "loader.seed: 0 in the checkpoint, 1 in this run"),
    "order": ({"shuffle": False}, "loader.shuffle: true in the checkpoint, false in this run"),
    "last batch": ({"drop_last": True}, "loader.drop_last: false in the checkpoint, true in this run"),
}


def cut_at(step: int) -> list[Callable[[TrainState], None]]:
    return [lambda state: setattr(state, "interrupted", state.step == step)]


@pytest.mark.parametrize("other", OTHERS)
def test_an_epoch_in_progress_ends_with_its_own_loader(other: str) -> None:
    changes, words = OTHERS[other]
    state = new_state()
    fit(state, loader(), classification_loss, epochs=2, on_step=cut_at(6))
    state.interrupted = False
    before = everything(state)
    with pytest.raises(ValueError, match=r"epoch 2 is in progress \(after 2 batches\)") as refused:
        fit(state, loader(**changes), classification_loss, epochs=2)
    assert words in str(refused.value)
    assert same(everything(state), before)
    fit(state, loader(), classification_loss, epochs=2)
    fit(state, loader(**changes), classification_loss, epochs=3)  # between epochs a caller may change the data


@pytest.mark.parametrize("at", [6, 8])
@pytest.mark.parametrize("other", OTHERS)
def test_a_run_goes_on_with_its_own_loader_only(tmp_path: Path, other: str, at: int) -> None:
    changes, words = OTHERS[other]
    run(tmp_path, new_state(), loader(), classification_loss, epochs=3, on_step=cut_at(at), **QUIET)
    fresh = new_state()
    before = everything(fresh)
    with pytest.raises(CheckpointError) as refused:
        run(tmp_path, fresh, loader(**changes), classification_loss, epochs=3, **QUIET)
    assert words in str(refused.value)
    assert same(everything(fresh), before)


class Plain:
    """A loader that says nothing but its length."""

    def __init__(self, batches: int, given: int | None = None) -> None:
        self.batches, self.given = batches, batches if given is None else given

    def __len__(self) -> int:
        return self.batches

    def epoch(self, epoch: int, start: int = 0) -> Iterator[Any]:
        return iter([blobs()] * max(0, self.given - start))


def test_of_a_loader_that_says_nothing_the_length_is_compared() -> None:
    state = new_state()
    fit(state, Plain(5), classification_loss, epochs=1, on_step=cut_at(3))
    state.interrupted = False
    with pytest.raises(ValueError, match=r"loader.batches: 5 in the checkpoint, 4 in this run"):
        fit(state, Plain(4), classification_loss, epochs=1)


def test_an_epoch_that_used_more_batches_than_the_loader_has_is_refused_in_old_checkpoints_too(tmp_path: Path) -> None:
    state = new_state()
    fit(state, Plain(5), classification_loss, epochs=1, on_step=cut_at(3))
    path = checkpoint.save(state, tmp_path)
    without(path, "loader", "schedule")
    other = new_state()
    checkpoint.load(path, other)
    with pytest.raises(ValueError, match=r"loader.batches: 3 were used already, this loader has 2 in an epoch"):
        fit(other, Plain(2), classification_loss, epochs=1)
    fit(other, Plain(5), classification_loss, epochs=1)
    assert (other.epoch, other.step) == (1, 5)


@pytest.mark.parametrize("given", [0, 2])
def test_an_epoch_without_a_batch_is_not_recorded_as_trained(given: int) -> None:
    """As a generator gives nothing the second time; also where the first batches of the epoch were used before."""
    state = new_state()
    if given:
        fit(state, Plain(5), classification_loss, epochs=1, on_step=cut_at(given))
        state.interrupted = False
    with pytest.raises(ValueError, match=f"none after batch {given} of 5 in epoch 1: an iterator that can"):
        fit(state, Plain(5, given), classification_loss, epochs=1)
    assert (state.epoch, state.batch, state.history.rows) == (0, given, [])


class Dataset:
    def __len__(self) -> int:
        return 50

    def __getitem__(self, index: int) -> torch.Tensor:
        return torch.ones(2) * index


IDS = np.arange(200) % 7


@pytest.mark.parametrize(
    ("make", "settings", "changes"),
    [
        (
            lambda **s: DatasetLoader(Dataset(), **s),
            {"batch_size": 4},
            [{"batch_size": 5}, {"seed": 1}, {"noise_seed": 3}, {"shuffle": False}, {"drop_last": True}],
        ),
        (
            lambda **s: ShuffledBlocks(s.pop("ids", IDS), **s),
            {"batch": 2, "length": 5},
            [{"batch": 3}, {"length": 4}, {"seed": 1}, {"shuffle": False}, {"offset": True}, {"ids": IDS[:150]}],
        ),
        (
            lambda **s: Streams(s.pop("ids", IDS), **s),
            {"batch": 2, "length": 5},
            [{"batch": 3}, {"length": 4}, {"seed": 1}, {"offset": True}, {"drop_last": True}, {"ids": IDS[:150]}],
        ),
    ],
)
def test_loaders_are_told_apart_by_what_their_order_depends_on(
    make: Callable[..., Any], settings: dict[str, Any], changes: list[dict[str, Any]]
) -> None:
    mine = json.loads(json.dumps(loader_identity(make(**settings))))
    assert loader_identity(make(**settings)) == mine
    found = [loader_identity(make(**{**settings, **change})) for change in changes]
    assert mine not in found
    assert len({json.dumps(other) for other in found}) == len(changes)


def test_how_many_workers_load_is_no_difference() -> None:
    assert loader_identity(DatasetLoader(Dataset(), batch_size=4)) == loader_identity(
        DatasetLoader(Dataset(), batch_size=4, workers=2, patience=3)
    )


# Longer than planned.


@dataclass(frozen=True)
class Config:
    epochs: int = 2
    patience: int = 1
    width: int = 8


def longer(folder: Path, config: Config, schedule: Any = None, stop: bool = False) -> tuple[TrainState, list[str]]:
    said: list[str] = []

    def flat(state: TrainState) -> None:
        state.history.add("val", step=state.step, epoch=state.epoch, loss=1.0)

    on_epoch = [flat, every(1, stop_early(config.patience))] if stop else []
    state = new_state()
    settings = {"config": config, "epochs": config.epochs, "on_epoch": on_epoch, "log": said.append}
    run(folder, state, blob_loader(), classification_loss, schedule=schedule, **settings)
    return state, said


@pytest.mark.parametrize("schedule", [None, cosine_with_warmup(40, 3), Plateau(0.5, 3)])
def test_a_finished_run_goes_on_for_more_epochs(tmp_path: Path, schedule: Any) -> None:
    longer(tmp_path / "parts", Config(epochs=2), copy.deepcopy(schedule))
    state, said = longer(tmp_path / "parts", Config(epochs=4, patience=9), copy.deepcopy(schedule))
    assert said == ["resumed at step 8 (2 epochs)"]
    assert same(everything(state), everything(longer(tmp_path / "whole", Config(epochs=4), schedule)[0]))


def test_more_epochs_are_refused_where_they_make_another_schedule_with_a_word_on_what_to_do(tmp_path: Path) -> None:
    longer(tmp_path, Config(epochs=2), cosine_with_warmup(8))
    with pytest.raises(CheckpointError, match=r"keep it as it was planned, or take a new folder"):
        longer(tmp_path, Config(epochs=4), cosine_with_warmup(16))
    assert longer(tmp_path, Config(epochs=4), cosine_with_warmup(8))[0].epoch == 4


@pytest.mark.parametrize("changes", [{"epochs": 1}, {"patience": 0}, {"width": 9}])
def test_what_shrinks_or_says_what_is_computed_is_another_config(tmp_path: Path, changes: dict[str, int]) -> None:
    longer(tmp_path, Config())
    (name,) = changes
    with pytest.raises(CheckpointError, match=f"config.{name}: "):
        longer(tmp_path, replace(Config(), **changes))


def test_a_run_that_was_stopped_early_goes_on_with_more_patience_and_says_that_it_can(tmp_path: Path) -> None:
    assert longer(tmp_path / "parts", Config(9, 1), stop=True)[0].epoch == 2
    state, said = longer(tmp_path / "parts", Config(9, 1), stop=True)
    assert (state.epoch, state.stop) == (2, True)
    assert said == ["complete: step 8 (2 epochs); val/loss has not improved for 1 row; a larger patience goes on"]
    state, said = longer(tmp_path / "parts", Config(9, 4), stop=True)
    assert (state.epoch, said) == (5, ["resumed at step 8 (2 epochs)"])
    assert same(everything(state), everything(longer(tmp_path / "whole", Config(9, 4), stop=True)[0]))


def test_a_stop_for_another_reason_or_without_its_rule_stays(tmp_path: Path) -> None:
    longer(tmp_path / "rule", Config(9, 1), stop=True)
    assert longer(tmp_path / "rule", Config(9, 1), stop=False)[0].epoch == 2
    state = new_state()
    stop = [lambda state: setattr(state, "stop", state.epoch == 2)]
    settings = {"epochs": 9, "on_epoch": stop, "config": Config(9, 1), **QUIET}
    run(tmp_path / "own", state, blob_loader(), classification_loss, **settings)
    assert longer(tmp_path / "own", Config(9, 5), stop=True)[0].epoch == 2
