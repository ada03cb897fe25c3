"""A run that a learner kills leaves whole checkpoints, and goes on to the same bits."""

import pytest
import torch

from course_lib.core.seeding import Seeds
from course_lib.digits.train import DigitsConfig
from course_lib.teaching.clinic.killed_run import Killed, digits_run, run_and_kill
from course_lib.training.checkpoints.saving import checkpoints

CONFIG = DigitsConfig(hidden=(8, 8), dropout=0.5, epochs=1)


def quiet(text):
    del text


def test_a_killed_run_stops_at_the_step_that_was_asked_for_and_goes_on_to_the_same_bits(tmp_path):
    killed = run_and_kill(tmp_path / "killed", CONFIG, Seeds.same(0), after=17, save_steps=5)
    assert killed.step == 17
    assert killed.exit_code == -9
    assert killed.checkpoints[-1] == "step-0000000015"
    resumed = digits_run(tmp_path / "killed", CONFIG, Seeds.same(0), save_steps=5, log=quiet)
    whole = digits_run(tmp_path / "whole", CONFIG, Seeds.same(0), save_steps=5, log=quiet)
    assert resumed.step == whole.step == 40
    for mine, theirs in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_run_killed_in_the_middle_of_a_save_has_the_checkpoint_before_it(tmp_path):
    killed = run_and_kill(tmp_path / "run", CONFIG, Seeds.same(0), after=12, save_steps=5, while_saving=True)
    assert killed.step == 15
    assert killed.checkpoints[-1] == "step-0000000010"
    assert list((tmp_path / "run").glob(".*.part")), "the kill fell into no save"
    assert digits_run(tmp_path / "run", CONFIG, Seeds.same(0), save_steps=5, log=quiet).step == 40
    assert not list((tmp_path / "run").glob(".*.part")), "what the kill left is swept"


@pytest.mark.parametrize("after", [0, 41])
def test_a_step_that_the_run_does_not_have_is_refused(tmp_path, after):
    with pytest.raises(ValueError, match=f"after must be a step of the run, 1 to 40, got {after}"):
        run_and_kill(tmp_path / "run", CONFIG, Seeds.same(0), after=after, save_steps=5)
    assert checkpoints(tmp_path / "run") == []


def test_the_report_of_a_killed_run_names_step_and_checkpoints():
    assert str(Killed(3, -9, ())) == "killed after step 3 (exit code -9)\nwhole checkpoints: none"
    assert "step-0000000002" in str(Killed(3, -9, ("step-0000000002",)))
