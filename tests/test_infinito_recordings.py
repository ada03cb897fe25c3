"""The recordings of lesson 11: made from run folders, of the recipe that the lesson names, without any local path."""

import json
import re
from dataclasses import replace

import pytest
import torch

from benchmarks import leak_runs, reported_run
from course_lib.core import config as configs
from course_lib.core.recordings import read_recording, recording_path
from course_lib.core.seeding import Seeds
from course_lib.infinito import train
from course_lib.infinito.train import AS_REPORTED_RUN, train_infinito

TINY_RUN = replace(
    AS_REPORTED_RUN,
    model=replace(AS_REPORTED_RUN.model, vocabulary=104, width=8, heads=2, layers=1, feed_forward=8, memory_slots=4),
    epochs=1,
    batch=200,
)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    torch.set_num_threads(1)
    for seed in (42, 43):
        train_infinito(TINY_RUN, Seeds.same(seed), folder / f"seed{seed}", log=lambda text: None)
    return folder


def test_a_recording_is_made_from_run_folders(runs, tmp_path):
    notes = tmp_path / "notes.jsonl"
    reported_run.look(runs / "seed42", notes, TINY_RUN, 42, most=1)
    assert reported_run.look(runs / "seed42", notes, TINY_RUN, 42, most=1) == reported_run.read_rows(notes)
    found = reported_run.recording(runs / "seed42", [runs / "seed43"], notes, TINY_RUN)
    assert found.config["seeds"] == [42, 43]
    assert {(row["split"], row["seed"], row["epoch"]) for row in found.rows} == {
        *((split, seed, 1) for split in ("batch", "train", "val") for seed in (42, 43)),
        ("forecast", 42, 0),
        ("forecast", 42, 1),
    }
    assert str(runs) not in json.dumps(found.rows) + json.dumps(found.provenance)


def test_a_run_of_another_recipe_is_refused(runs, tmp_path):
    with pytest.raises(ValueError, match="seed42 must hold a checkpoint of the recipe"):
        reported_run.recording(runs / "seed42", [], tmp_path / "none", replace(TINY_RUN, clip=2.0))


def test_a_folder_without_a_checkpoint_is_named(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="empty holds no checkpoint"):
        list(reported_run.history_rows(tmp_path / "empty", 42, 1))


def test_the_small_runs_are_recorded(tmp_path):
    leak_runs.main(["--quick", "--part", "leaks", "--out", str(tmp_path)])
    found = read_recording("infinito_leaks", tmp_path)
    assert {row["run"] for row in found.rows} == {name for name, *_ in leak_runs.PLAN}


@pytest.mark.parametrize("name", ["infinito_as_reported", "infinito_leaks", "infinito_first"])
def test_what_is_committed_names_no_machine_and_the_recipe_of_today(name):
    if not recording_path(name).is_file():
        pytest.skip(f"{name} has not been recorded yet")
    found = read_recording(name)
    text = recording_path(name).read_text(encoding="utf-8")
    assert not re.search(r'"(/|[A-Z]:\\\\)|/(home|tmp|work|root|Users)/', text)
    part, wanted = {
        "infinito_as_reported": ("recipe", train.AS_REPORTED_RUN),
        "infinito_leaks": ("runs", {run: setting for run, setting, *_ in leak_runs.PLAN}),
        "infinito_first": ("recipe", leak_runs.FIRST),
    }[name]
    saved = found.config[part]
    if part == "runs":
        assert {run: configs.from_dict(type(wanted[run]), setting) for run, setting in saved.items()} == wanted
    else:
        assert configs.from_dict(train.Recipe, saved) == wanted
