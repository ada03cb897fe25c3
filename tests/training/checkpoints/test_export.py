"""What a run exports is what the report's files hold, and reads back as it was written."""

import json
import math

import pytest
import torch

from course_lib.core.history import History
from course_lib.training.checkpoints.export import (
    KEYS,
    LISTS,
    export_history,
    history_lists,
    read_pth_tar,
    write_pth_tar,
)
from tests.training.checkpoint_runs import equal, start, train


def history_of(train_losses, val_losses, **more):
    history = History()
    for epoch, loss in enumerate(train_losses, start=1):
        history.add("train", step=10 * epoch, epoch=epoch, loss=loss, rate=1e-4 / epoch, seconds=1.5)
        if epoch <= len(val_losses):
            history.add("val", step=10 * epoch, epoch=epoch, loss=val_losses[epoch - 1], **more)
    return history


def test_the_five_lists_hold_one_number_per_epoch():
    lists = history_lists(history_of([2.0, 1.0], [2.5, 1.5]))
    assert tuple(lists) == LISTS
    assert lists == {
        "train_loss": [2.0, 1.0],
        "train_perplexity": [math.exp(2.0), math.exp(1.0)],
        "val_loss": [2.5, 1.5],
        "val_perplexity": [math.exp(2.5), math.exp(1.5)],
        "learning_rate": [1e-4, 5e-5],
    }


def test_a_perplexity_that_was_recorded_is_taken_as_it_is():
    assert history_lists(history_of([2.0], [2.5], perplexity=12.0))["val_perplexity"] == [12.0]


def test_a_run_of_fit_exports():
    state = train(start("attention"), "attention", epochs=3)
    lists = history_lists(state.history)
    assert {name: len(values) for name, values in lists.items()} == dict.fromkeys(LISTS, 3)
    assert lists["val_loss"][-1] == state.history.last("val", "loss")
    assert lists["learning_rate"][-1] == state.lr


def test_without_an_evaluation_the_lists_of_val_are_empty():
    lists = history_lists(history_of([2.0, 1.0], []))
    assert lists["val_loss"] == lists["val_perplexity"] == []
    assert len(lists["train_loss"]) == 2


def test_lists_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match=r"val must be measured after the epochs \[1, 2\] of train, got \[1\]"):
        history_lists(history_of([2.0, 1.0], [2.5]))
    with pytest.raises(ValueError, match="history must hold at least one epoch of 'train', got none"):
        history_lists(History())


def test_the_file_is_strict_json_and_a_diverged_run_has_null(tmp_path):
    export_history(history_of([2.0, 800.0], [math.nan, 1.5]), tmp_path / "training_history.json")

    def refuse(word):
        raise AssertionError(f"{word} is not JSON")

    lists = json.loads((tmp_path / "training_history.json").read_text(), parse_constant=refuse)
    assert list(lists) == list(LISTS)
    assert lists["train_loss"] == [2.0, 800.0]
    assert lists["train_perplexity"] == [math.exp(2.0), None]
    assert lists["val_loss"] == [None, 1.5]


def test_the_dictionary_has_the_keys_of_the_report_and_reads_back_bit_for_bit(tmp_path):
    state = train(start("recurrent"), "recurrent")
    write_pth_tar(state, tmp_path / "best.pth.tar")
    found = read_pth_tar(tmp_path / "best.pth.tar")
    assert tuple(found) == KEYS
    assert (found["epoch"], found["scheduler_state_dict"]) == (2, None)
    assert found["val_loss"] == state.history.last("val", "loss")
    assert found["history"] == history_lists(state.history)
    other = start("recurrent", seed=3)
    other.model.load_state_dict(found["model_state_dict"])
    other.optimizer.load_state_dict(found["optimizer_state_dict"])
    assert equal(other.model.state_dict(), state.model.state_dict())
    assert equal(other.optimizer.state_dict(), state.optimizer.state_dict())


def test_a_run_that_has_not_begun_can_be_written(tmp_path):
    write_pth_tar(start(), tmp_path / "first.pth.tar")
    found = read_pth_tar(tmp_path / "first.pth.tar")
    assert (found["epoch"], found["val_loss"]) == (0, None)
    assert found["history"] == {name: [] for name in LISTS}


class Canary:
    """Unpickling it makes a file."""

    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return open, (self.path, "w")


def test_files_of_another_kind_are_refused_and_code_is_not_run(tmp_path):
    path = tmp_path / "x.pth.tar"
    torch.save({"epoch": 1, "model_state_dict": Canary(tmp_path / "canary")}, path)
    with pytest.raises(ValueError, match=r"x.pth.tar must hold tensors and plain values only"):
        read_pth_tar(path)
    assert not (tmp_path / "canary").exists()
    for content in (b"", b"<!doctype html>", b"PK\x03\x04 and then nothing"):
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"x.pth.tar must hold tensors and plain values only"):
            read_pth_tar(path)
    torch.save({"epoch": 1, "history": {}}, path)
    with pytest.raises(ValueError, match="it lacks model_state_dict, optimizer_state_dict, scheduler_state"):
        read_pth_tar(path)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match="it lacks epoch, model_state_dict"):
        read_pth_tar(path)
    with pytest.raises(FileNotFoundError):
        read_pth_tar(tmp_path / "absent.pth.tar")


def test_each_of_50_truncations_of_the_dictionary_is_refused(tmp_path):
    write_pth_tar(start(), tmp_path / "whole.pth.tar")
    whole = (tmp_path / "whole.pth.tar").read_bytes()
    path, refused = tmp_path / "cut.pth.tar", 0
    for part in range(50):
        path.write_bytes(whole[: len(whole) * part // 50])
        try:
            read_pth_tar(path)
        except ValueError:
            refused += 1
    assert refused == 50
