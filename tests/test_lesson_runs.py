"""The recorded trainings of lessons: made by the lesson's own cells, whole, and repeated by them."""

import numpy as np
import pytest

from benchmarks.lesson_runs import RUNS, command_of, rows_of
from course_lib.core.recordings import read_recording

NUMBERS = ("validation_loss", "accuracy", "test_accuracy")


@pytest.mark.parametrize("name", RUNS)
def test_the_recording_is_of_the_cells_and_seeds_that_the_command_runs(name: str) -> None:
    run, found = RUNS[name], read_recording(name)
    assert found.config == {"lesson": run.lesson, "cells": list(run.cells), "seeds": run.seeds}
    assert found.provenance["command"] == command_of(name)
    for row in found.rows:
        for values in (row[key] for key in NUMBERS if key in row):
            assert len(values) == run.seeds, f"{row} does not hold a number per seed"
            assert np.isfinite(np.array(values, dtype=float)).all()


@pytest.mark.parametrize("name", ["optimizers_compared", "sizes_compared"])
def test_the_command_finds_the_first_seed_of_the_recording_again(name: str) -> None:
    """Of most of the runs, for a training at a rate that is too large is another one on another processor."""
    found, again = read_recording(name).rows, rows_of(name, seeds=1)
    key = next(key for key in NUMBERS if key in again[0])
    assert [set(row) - {"test_accuracy"} for row in again] == [set(row) - {"test_accuracy"} for row in found]
    apart = [np.abs(np.subtract(new[key][0], old[key][0])).max() for new, old in zip(again, found, strict=True)]
    assert np.median(apart) < 0.01
