"""What sheet 09 tells is so: its keys come from its runs and listings, its findings from the log."""

from itertools import permutations

import numpy as np
import pytest

from course_lib.core.files import course_root
from course_lib.core.reports.neuronet import REPORT
from course_lib.teaching.checks.cuda import attack, audit, limits, order, waits
from course_lib.teaching.exercises import registry
from course_lib.training.machine.operations import first_wait
from course_lib.training.machine.timeline import seconds_per_piece, timeline
from tests.teaching.answers import answered


def test_the_limits_in_the_key_are_those_of_the_runs():
    assert {letter: one.limit for letter, one in limits.RUNS.items()} == limits.KEY
    assert set(limits.KEY.values()) == set(limits.LIMITS)


@pytest.mark.parametrize("letter", list(limits.RUNS))
def test_the_length_of_a_step_is_that_of_the_queue(letter):
    one = limits.RUNS[letter]
    every = 1 if one.reads_loss else None
    queue = seconds_per_piece(timeline(2000, host=one.asking, device=one.device, wait_every=every))
    loader = seconds_per_piece(timeline(2000, host=one.loading, device=queue, ahead=4))
    assert np.isclose(loader, one.seconds, rtol=2e-3)


def test_the_longest_time_is_longer_than_the_next_by_what_a_reader_can_see():
    for one in limits.RUNS.values():
        times = sorted([one.flops / limits.RATE, one.bytes / limits.BANDWIDTH, one.asking, one.loading])
        assert one.reads_loss or times[-1] > 1.05 * times[-2]


@pytest.mark.parametrize("letter", list(waits.LISTINGS))
def test_the_line_in_the_key_is_the_one_that_fails_on_fake_tensors(letter):
    waits.run_once(letter)
    place = first_wait(lambda: waits.run_once(letter))
    rows = waits.numbered(letter).splitlines()[1:]
    assert len(rows) <= 8
    if waits.KEY[letter] == 0:
        assert place is None
    elif place is None:  # what fake tensors do not see
        assert ".cpu()" in rows[waits.KEY[letter] - 1]
    else:
        assert place.endswith(rows[waits.KEY[letter] - 1][4:].strip())


def test_the_findings_of_the_audit_come_from_the_log():
    assert (audit.FINDINGS["saved"], audit.FINDINGS["epochs"]) == (99, 5)
    assert f"~{audit.FINDINGS['seconds']:.0f} s" == REPORT.fact("epoch_seconds").text
    assert "persistent" not in REPORT.fact("loader_saving").text  # the number stands alone there


@pytest.mark.parametrize("end", list(permutations("CIH")))
def test_every_order_of_the_lines_that_do_not_know_of_each_other_is_right(end):
    assert answered("order_scaled_step", ["J", *"DGBFAL", *end]).status == "right"


def test_the_loop_of_the_order_meets_an_overflow_and_grows():
    after = order.run(list("JHDGBFALCI"))
    assert np.isfinite(after["parameters"]).all()
    assert after["factor"] != 512


def test_the_sheet_and_the_lesson_tell_the_faults_and_the_minutes():
    text = (course_root() / "solutions" / "source" / "09_cuda.py").read_text(encoding="utf-8")
    assert len(attack.PLANTED) == 20
    assert "twenty broken ones" in text
    minutes = sum(entry.exercise.minutes for entry in registry.sheet(9))
    lesson = (course_root() / "notebooks" / "source" / "09_cuda.py").read_text(encoding="utf-8")
    assert f"and about {round(minutes, -1)} for the [exercise sheet]" in lesson
