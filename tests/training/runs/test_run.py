"""A run in a folder: what is started again goes on bit for bit, however it ended; nothing is mixed, nothing is lost."""

import os
import shutil
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from course_lib.core.history import History
from course_lib.core.metrics import Loss
from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig, classification_loss, classification_scores, digits_net
from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.data.loaders import TensorLoader
from course_lib.training.loop.callbacks import evaluate_on, stop_early
from course_lib.training.loop.fit import fit
from course_lib.training.loop.state import Callback, TrainState
from course_lib.training.runs.lock import FolderInUse
from course_lib.training.runs.run import run
from course_lib.training.runs.signals import Interrupted

CONFIG = DigitsConfig(hidden=(8, 6), dropout=0.2, batch_size=10, epochs=3)
X = torch.randn(55, 64, generator=torch.Generator().manual_seed(0))
Y = torch.randint(10, (55,), generator=torch.Generator().manual_seed(1))
LOADER = TensorLoader(X, Y, batch_size=10)  # 6 updates per epoch, the last one of 5 samples
MEASURE = evaluate_on("val", TensorLoader(X, Y, batch_size=20, shuffle=False), classification_scores)


def fresh() -> TrainState:
    model = digits_net(CONFIG, seed=0)
    return TrainState(model, torch.optim.Adam(model.parameters(), lr=0.01), Seeds.same(0))


def go(
    folder: Path, *, state: TrainState | None = None, epochs: int = 3, on_epoch: tuple = (), **settings: Any
) -> TrainState:
    """One start of the run: what a cell or a command does."""
    state = state or fresh()
    settings = {"config": CONFIG, "log": lambda line: None, **settings}
    run(folder, state, LOADER, classification_loss, epochs=epochs, on_epoch=(MEASURE, *on_epoch), **settings)
    return state


def same(one: TrainState, other: TrainState) -> bool:
    """Weights, moments of the optimizer and history without times are equal, bit for bit."""
    weights = zip(one.model.state_dict().values(), other.model.state_dict().values(), strict=True)
    moments = zip(one.optimizer.state.values(), other.optimizer.state.values(), strict=True)
    return (
        all(torch.equal(a, b) for a, b in weights)
        and all(torch.equal(a[name], b[name]) for a, b in moments for name in a)
        and rows(one.history) == rows(other.history)
        and (one.step, one.epoch, one.batch) == (other.step, other.epoch, other.batch)
    )


def rows(history: History) -> list[dict]:
    return [{name: value for name, value in row.items() if name != "seconds"} for row in history.rows]


def at(step: int, action: Callable[[], object]) -> Callback:
    def callback(state: TrainState) -> None:
        if state.step == step:
            action()

    return callback


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> TrainState:
    return go(tmp_path_factory.mktemp("undisturbed"))


def test_a_run_in_a_folder_computes_what_fit_computes(undisturbed: TrainState) -> None:
    bare = fresh()
    fit(bare, LOADER, classification_loss, epochs=3, on_epoch=[MEASURE])
    assert same(bare, undisturbed)


def test_a_complete_run_is_loaded_and_not_trained_again(tmp_path: Path, undisturbed: TrainState) -> None:
    lines: list[str] = []
    go(tmp_path)
    before = sorted(path.name for path in tmp_path.iterdir())
    again = go(tmp_path, log=lines.append, on_step=[at(1, lambda: pytest.fail("trained again"))])
    assert lines == ["complete: step 18 (3 epochs)"]
    assert same(again, undisturbed)
    assert sorted(path.name for path in tmp_path.iterdir()) == before


def test_more_epochs_go_on_where_the_run_ended(tmp_path: Path, undisturbed: TrainState) -> None:
    go(tmp_path, epochs=1)
    assert same(go(tmp_path), undisturbed)


@pytest.mark.parametrize("step", [1, 6, 8, 12, 17, 18])
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_after_a_signal_the_step_ends_is_saved_and_the_next_start_goes_on(
    tmp_path: Path, undisturbed: TrainState, step: int, number: int, code: int
) -> None:
    state, lines = fresh(), []
    with pytest.raises(Interrupted, match=f"interrupted: saved at step {step} ") as ended:
        go(tmp_path, state=state, on_step=[at(step, lambda: signal.raise_signal(number))])
    assert ended.value.exit_code == code
    assert state.step == step
    assert checkpoint.verify(checkpoint.latest(tmp_path))["step"] == step
    assert same(go(tmp_path, log=lines.append), undisturbed)
    assert lines[0].startswith(f"resumed at step {step} ")


@pytest.mark.skipif(not hasattr(signal, "SIGHUP"), reason="Windows has no SIGHUP")
def test_a_closed_terminal_is_like_sigterm(tmp_path: Path, undisturbed: TrainState) -> None:
    with pytest.raises(Interrupted, match="interrupted: saved at step 8 ") as ended:
        go(tmp_path, on_step=[at(8, lambda: signal.raise_signal(signal.SIGHUP))])
    assert ended.value.exit_code == 129
    assert same(go(tmp_path), undisturbed)


def test_a_signal_in_the_evaluation_is_heeded_before_the_next_epoch(tmp_path: Path, undisturbed: TrainState) -> None:
    interrupt = at(12, lambda: signal.raise_signal(signal.SIGTERM))
    with pytest.raises(Interrupted, match=r"saved at step 12 \(2 epochs\)"):
        go(tmp_path, on_epoch=(interrupt,))
    assert same(go(tmp_path), undisturbed)


def test_a_signal_in_the_last_evaluation_is_not_lost(tmp_path: Path, undisturbed: TrainState) -> None:
    interrupt = at(18, lambda: signal.raise_signal(signal.SIGINT))
    with pytest.raises(Interrupted):  # else a loop over several runs would go on after Ctrl-C
        go(tmp_path, on_epoch=(interrupt,))
    assert same(go(tmp_path, on_step=[at(1, lambda: pytest.fail("trained again"))]), undisturbed)


def test_the_cell_that_was_interrupted_goes_on_with_the_same_state(tmp_path: Path, undisturbed: TrainState) -> None:
    state = fresh()
    with pytest.raises(KeyboardInterrupt):
        go(tmp_path, state=state, on_step=[at(8, lambda: signal.raise_signal(signal.SIGINT))])
    assert state.interrupted
    assert same(go(tmp_path, state=state), undisturbed)


def test_a_run_in_a_thread_works_without_handlers(tmp_path: Path, undisturbed: TrainState) -> None:
    states: list[TrainState] = []
    thread = threading.Thread(target=lambda: states.append(go(tmp_path)))
    thread.start()
    thread.join()
    assert same(states[0], undisturbed)


def test_a_run_that_stops_itself_is_complete(tmp_path: Path) -> None:
    def stop(state: TrainState) -> None:
        state.stop = state.step == 8

    lines: list[str] = []
    assert go(tmp_path, on_step=[stop]).step == 8
    assert go(tmp_path, log=lines.append).step == 8
    assert lines == ["complete: step 8 (1 epochs and 2 batches)"]


def test_early_stopping_is_remembered(tmp_path: Path) -> None:
    patient = stop_early(patience=1, min_delta=10.0)  # nothing is an improvement by 10
    first = go(tmp_path, epochs=9, on_epoch=(patient,))
    assert first.epoch == 2
    assert same(go(tmp_path, epochs=9, on_epoch=(patient,)), first)


def test_the_second_run_in_a_folder_refuses_before_its_first_step(tmp_path: Path) -> None:
    def second() -> None:
        with pytest.raises(FolderInUse, match="another run is writing to"):
            go(tmp_path, on_step=[at(1, lambda: pytest.fail("trained"))])

    go(tmp_path, on_step=[at(3, second)], epochs=1)


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_first_step(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(OSError, match="the run folder cannot be written to"):
        go(tmp_path / "file", on_step=[at(1, lambda: pytest.fail("trained"))])


def test_a_full_disk_leaves_the_checkpoint_before_and_the_run_goes_on_later(
    tmp_path: Path, undisturbed: TrainState, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = checkpoint_files.write_flushed

    def fill(path: Path, data: bytes) -> None:
        if path.parent.name.startswith(".step-0000000012"):
            raise OSError(28, "No space left on device")
        write(path, data)

    monkeypatch.setattr(checkpoint_files, "write_flushed", fill)
    with pytest.raises(OSError, match=r"No space left on device.*needs [\d,]+ bytes") as full:
        go(tmp_path)
    assert "step-0000000012" in str(full.value.filename)
    monkeypatch.undo()
    assert checkpoint.verify(checkpoint.latest(tmp_path))["step"] == 6
    assert same(go(tmp_path), undisturbed)


def test_a_folder_that_vanishes_is_made_again(tmp_path: Path, undisturbed: TrainState) -> None:
    folder = tmp_path / "run"
    assert same(go(folder, on_step=[at(8, lambda: shutil.rmtree(folder))]), undisturbed)
    assert checkpoint.verify(checkpoint.latest(folder))["step"] == 18


def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    calls = []

    def loss_fn(model: torch.nn.Module, batch: Any) -> Loss:
        loss = classification_loss(model, batch)
        calls.append(None)
        return Loss(loss.total * float("nan"), loss.count) if len(calls) == 9 else loss

    with pytest.raises(FloatingPointError, match=r"step 9 \(epoch 2, batch 3, rate 0.01"):
        run(tmp_path, fresh(), LOADER, loss_fn, epochs=3, log=lambda line: None)
    state = fresh()
    assert checkpoint.load(checkpoint.latest(tmp_path), state)["step"] == 6


@pytest.mark.parametrize(
    ("keep", "kept"),
    [
        ("last", {"step-0000000012", "step-0000000018"}),
        ("every", {"step-0000000006", "step-0000000012", "step-0000000018"}),
        ("best", {"best", "step-0000000012", "step-0000000018"}),
    ],
)
def test_what_is_kept(tmp_path: Path, keep: str, kept: set[str]) -> None:
    state = go(tmp_path, keep=keep)
    assert {path.name for path in tmp_path.iterdir()} == kept | {"run.lock"}
    if keep == "best":
        (best,) = checkpoint.checkpoints(tmp_path / "best")
        assert checkpoint.verify(best)["step"] == state.history.best("val", "loss")["step"]


def test_saves_in_mid_epoch_lose_at_most_their_distance(tmp_path: Path, undisturbed: TrainState) -> None:
    def crash() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        go(tmp_path, save_steps=4, on_step=[at(11, crash)])
    assert checkpoint.verify(checkpoint.latest(tmp_path))["step"] == 8
    assert same(go(tmp_path, save_steps=4), undisturbed)


def test_what_a_kill_left_half_written_is_swept(tmp_path: Path) -> None:
    left = tmp_path / ".step-0000000006.0123456789ab.part"
    left.mkdir(parents=True)
    (left / "weights.safetensors").write_bytes(b"half")
    mine = tmp_path / "notes.part"
    mine.write_text("not ours")
    go(tmp_path, epochs=1)
    assert not left.exists()
    assert mine.exists()


def test_a_damaged_checkpoint_is_refused_and_the_one_before_it_named(tmp_path: Path, undisturbed: TrainState) -> None:
    go(tmp_path, epochs=2)
    damaged = tmp_path / "step-0000000012" / "weights.safetensors"
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    with pytest.raises(checkpoint.CheckpointError, match=r"step-0000000012.*is damaged.*step-0000000006"):
        go(tmp_path)
    shutil.rmtree(damaged.parent)  # the way out that the message names
    assert same(go(tmp_path), undisturbed)


@pytest.mark.skipif(os.name != "posix", reason="links and renames of POSIX systems")
def test_a_checkpoint_that_is_a_link_starts_a_run_and_stays_with_its_owner(
    tmp_path: Path, undisturbed: TrainState
) -> None:
    go(tmp_path / "one", epochs=1)
    (tmp_path / "two").mkdir()
    owner = tmp_path / "one" / "step-0000000006"
    (tmp_path / "two" / owner.name).symlink_to(owner)
    assert same(go(tmp_path / "two"), undisturbed)
    assert [path.name for path in checkpoint.checkpoints(tmp_path / "two")] == ["step-0000000012", "step-0000000018"]
    assert checkpoint.verify(owner)["step"] == 6  # the link went, and not what it points at


@pytest.mark.skipif(os.name != "posix", reason="links and renames of POSIX systems")
def test_links_that_a_kill_left_do_not_stop_a_start(tmp_path: Path, undisturbed: TrainState) -> None:
    go(tmp_path / "one", epochs=1)
    left = tmp_path / "one" / ".step-0000000004.0123456789ab.part"
    left.symlink_to(tmp_path / "one" / "step-0000000006")
    (tmp_path / "one" / ".step-0000000005.0123456789ab.part").symlink_to(tmp_path / "nowhere")
    (tmp_path / "one" / ".write-test.0123456789ab.part").write_bytes(b"")
    assert same(go(tmp_path / "one"), undisturbed)
    assert [path.name for path in (tmp_path / "one").glob(".*")] == []


@pytest.mark.parametrize("other", ["step-0000000999", "step-0000000005"])
def test_a_checkpoint_under_the_name_of_another_step_does_not_win_the_start(
    tmp_path: Path, undisturbed: TrainState, other: str
) -> None:
    go(tmp_path, epochs=2)
    real = tmp_path / "step-0000000006"
    real.rename(tmp_path / other)
    newest = other > "step-0000000012"
    if newest:
        with pytest.raises(checkpoint.CheckpointError, match=rf"{other} holds step 6: name it after that, or move it"):
            go(tmp_path)
        assert {path.name for path in checkpoint.checkpoints(tmp_path)} == {other, "step-0000000012"}  # nothing went
        (tmp_path / other).rename(real)
    assert same(go(tmp_path), undisturbed)
    if not newest:
        assert (tmp_path / other).is_dir()  # what says two things is left where it is


def test_two_checkpoints_that_were_swapped_are_refused(tmp_path: Path) -> None:
    go(tmp_path, epochs=2)
    first, second = checkpoint.checkpoints(tmp_path)
    first.rename(tmp_path / "aside")
    second.rename(first)
    (tmp_path / "aside").rename(second)
    for path, step in ((first, 12), (second, 6)):
        with pytest.raises(checkpoint.CheckpointError, match=f"{path.name} holds step {step}"):
            checkpoint.load(path, fresh())
    first.rename(tmp_path / "of mine")  # a name that says no step says nothing wrong
    checkpoint.load(tmp_path / "of mine", fresh())


@pytest.mark.skipif(os.name != "posix", reason="Windows removes no file that is open")
def test_a_second_run_does_not_enter_through_a_folder_that_was_removed(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def second() -> None:
        shutil.rmtree(folder)
        go(folder, epochs=1)

    with pytest.raises(FolderInUse, match="was removed, and another run has written there since"):
        go(folder, on_step=[at(8, second)])
    assert [path.name for path in checkpoint.checkpoints(folder)] == ["step-0000000006"]  # that of the second run


def test_a_run_with_another_config_or_setting_does_not_go_on(tmp_path: Path) -> None:
    go(tmp_path, epochs=1, extra={"vocabulary": "abc"})
    with pytest.raises(checkpoint.CheckpointError, match=r"config.dropout: 0.2 in the checkpoint, 0.5 in this run"):
        go(tmp_path, config=replace(CONFIG, dropout=0.5), extra={"vocabulary": "abc"})
    with pytest.raises(
        checkpoint.CheckpointError, match=r"extra.vocabulary: .?abc.? in the checkpoint, .?abd.? in this run"
    ):
        go(tmp_path, extra={"vocabulary": "abd"})
    with pytest.raises(
        checkpoint.CheckpointError, match=r"extra.fit.precision: .?float32.? in .*, .?bfloat16.? in this run"
    ):
        go(tmp_path, extra={"vocabulary": "abc"}, precision="bfloat16")


def test_a_way_to_keep_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="keep must be one of last, every, best, got 'all'"):
        go(tmp_path, keep="all")
