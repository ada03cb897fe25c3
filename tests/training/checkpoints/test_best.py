"""The best checkpoint is the best among the states that were saved or could have been, by values of their own step."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from course_lib.training.checkpoints import files as checkpoint_files
from course_lib.training.checkpoints import saving as checkpoint
from course_lib.training.checkpoints.saving import CheckpointError, keep_best
from course_lib.training.loop.state import Callback, TrainState
from course_lib.training.runs.run import run
from tests.training.small import blob_loader, classification_loss, new_state

NAN = float("nan")


def measures(values: dict[int, float]) -> Callback:
    """Adds the value of a step to the history, where there is one."""

    def callback(state: TrainState) -> None:
        if state.step in values:
            state.history.add("val", step=state.step, epoch=state.epoch, loss=values[state.step])

    return callback


def best_of(folder: Path, values: dict[int, float], **settings: Any) -> int | None:
    """The step of the best checkpoint of 4 epochs of 4 updates whose values are known."""
    state, quiet = new_state(), {"keep": "best", "log": lambda line: None}
    settings = {"epochs": 4, "on_step": [measures(values)], **quiet, **settings}
    run(folder, state, blob_loader(), classification_loss, **settings)
    found = checkpoint.checkpoints(folder / "best")
    assert len(found) <= 1
    return checkpoint.verify(found[0])["step"] if found else None


@pytest.mark.parametrize(
    ("values", "mode", "best"),
    [
        ({2: 5.0, 4: 4.0, 6: 1.0, 8: 3.0, 10: 2.0, 12: 2.5, 14: 2.2, 16: 2.0}, "min", 16),
        ({2: 5.0, 4: 4.0, 6: 9.0, 8: 8.0, 10: 9.5, 12: 7.0, 14: 8.5, 16: 8.2}, "max", 16),
        ({3: 0.0, 4: 4.0, 8: 3.0, 12: 3.0, 16: 5.0}, "min", 8),
        ({4: 4.0, 7: NAN, 8: NAN, 11: 1.0, 12: 2.0, 16: NAN}, "min", 12),
        ({4: 4.0, 5: -1.0, 12: 3.0}, "min", 12),
        ({4: 1.0, 6: 0.5}, "min", 4),
    ],
)
def test_values_of_states_that_nobody_saved_do_not_shadow_those_that_were(
    tmp_path: Path, values: dict[int, float], mode: str, best: int
) -> None:
    assert best_of(tmp_path, values, mode=mode) == best


def test_a_state_that_is_saved_in_mid_epoch_can_be_the_best(tmp_path: Path) -> None:
    values = {2: 5.0, 4: 4.0, 6: 1.0, 7: 0.5, 8: 3.0, 12: 2.5, 16: 2.0}
    assert best_of(tmp_path, values, save_steps=3) == 6


def test_a_save_in_mid_epoch_before_the_first_measurement_is_no_error(tmp_path: Path) -> None:
    assert best_of(tmp_path, {}, save_steps=3, watch=("train", "loss")) is not None


@pytest.mark.parametrize("stop_at", [5, 9, 13, 15])
def test_the_best_survives_a_kill(tmp_path: Path, stop_at: int) -> None:
    values = {3: 0.1, 4: 2.0, 6: 0.1, 8: 1.0, 10: 0.2, 12: 1.5, 16: 1.1}

    def power(state: TrainState) -> None:
        if state.step == stop_at:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        best_of(tmp_path, values, on_step=[measures(values), power])
    assert best_of(tmp_path, values) == 8


def test_a_run_that_was_begun_by_an_earlier_version_judges_by_the_ends_of_its_epochs(tmp_path: Path) -> None:
    def old(folder: Path) -> None:
        meta = checkpoint.verify(checkpoint.latest(folder))
        del meta["best"]
        (checkpoint.latest(folder) / "meta.json").write_bytes(checkpoint_files.sealed(meta))

    for place, (values, best) in enumerate([({4: 2.0, 6: 0.1, 8: 3.0, 12: 1.0}, 12), ({4: 2.0, 6: 9.0, 8: 3.0}, 4)]):
        folder = tmp_path / str(place)
        best_of(folder, values, epochs=2)
        old(folder)
        assert best_of(folder, values) == best


def test_a_best_state_that_could_not_be_saved_does_not_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    state, callback = new_state(), keep_best(tmp_path)

    def measured(values: Iterable[float]) -> None:
        for value in values:
            state.step += 1
            state.history.add("val", step=state.step, epoch=1, loss=value)
            callback(state)

    def full(*arguments: Any, **settings: Any) -> None:
        raise OSError(28, "No space left on device")

    measured([3.0])
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_checkpoint", full)
        with pytest.raises(OSError, match="No space left"):
            measured([1.0])
    measured([2.0])
    assert [path.name for path in checkpoint.checkpoints(tmp_path / "best")] == ["step-0000000003"]
    state.model[0].weight.data[0, 0] = NAN
    with pytest.raises(CheckpointError, match="must be finite to be saved"):
        measured([1.0])
    state.model[0].weight.data[0, 0] = 1.0
    measured([1.5])
    assert [path.name for path in checkpoint.checkpoints(tmp_path / "best")] == ["step-0000000005"]
