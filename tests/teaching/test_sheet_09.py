"""What holds for sheet 09 beyond the demands on every check: its texts, its keys, its runs and listings."""

from itertools import permutations

import numpy as np
import pytest

from course_lib.core.files import course_root
from course_lib.core.reports.neuronet import REPORT
from course_lib.teaching.checks.cuda import attack, audit, limits, listings, machines, order, waits
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.diagnose import diagnose
from course_lib.teaching.percent import read_master
from course_lib.training.counting import first_wait
from course_lib.training.timeline import seconds_per_piece, timeline

MASTER = course_root() / "solutions" / "source" / "09_cuda.py"
KIND_WORDS = {"faded": "complete"}


def exercise(slug):
    return registry.find(slug).exercise


def said(slug, answer):
    return " ".join(diagnose(exercise(slug), answer).lines)


def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master():
    text = "\n".join(cell.text for cell in read_master(MASTER) if cell.kind == "markdown")
    for entry in registry.sheet(9):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert f"## {entry.number} {one.title}\n" in text
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text


def test_the_sheet_holds_every_kind_and_one_attack():
    kinds = [entry.exercise.kind for entry in registry.sheet(9)]
    assert set(kinds) == {"implement", "faded", "order", "find", "attack", "audit"}
    assert kinds.count("attack") == 1


def test_the_limits_in_the_key_are_those_of_the_runs():
    assert {letter: one.limit for letter, one in machines.RUNS.items()} == limits.KEY
    assert set(limits.KEY.values()) == set(machines.LIMITS)


@pytest.mark.parametrize("letter", list(machines.RUNS))
def test_the_length_of_a_step_is_that_of_the_queue(letter):
    one = machines.RUNS[letter]
    every = 1 if one.reads_loss else None
    queue = seconds_per_piece(timeline(2000, host=one.asking, device=one.device, wait_every=every))
    loader = seconds_per_piece(timeline(2000, host=one.loading, device=queue, ahead=4))
    assert np.isclose(loader, one.seconds, rtol=2e-3)


def test_the_longest_time_is_longer_than_the_next_by_what_a_reader_can_see():
    for one in machines.RUNS.values():
        times = sorted([one.flops / machines.RATE, one.bytes / machines.BANDWIDTH, one.asking, one.loading])
        assert one.reads_loss or times[-1] > 1.05 * times[-2]


@pytest.mark.parametrize("letter", list(listings.LISTINGS))
def test_the_line_in_the_key_is_the_one_that_fails_on_fake_tensors(letter):
    place = first_wait(lambda: listings.run_once(letter))
    rows = listings.numbered(letter).splitlines()[1:]
    if waits.KEY[letter] == 0:
        assert place is None
    elif place is None:  # what fake tensors do not see
        assert ".cpu()" in rows[waits.KEY[letter] - 1]
    else:
        assert place.endswith(rows[waits.KEY[letter] - 1][4:].strip())


@pytest.mark.parametrize("letter", list(listings.LISTINGS))
def test_every_listing_runs_and_has_at_most_one_line_to_name(letter):
    listings.run_once(letter)
    assert len(listings.numbered(letter).splitlines()) <= 9


def test_none_and_words_for_it_are_line_zero():
    key = waits.KEY | {"A": None, "E": "none", "B": "7", "F": 5.0}
    assert diagnose(exercise("find_waits"), key).status == "right"
    assert "give the number of a line" in said("find_waits", waits.KEY | {"C": "the if"})


def test_a_single_wrong_listing_or_run_is_named_with_its_question():
    told = said("find_waits", waits.KEY | {"F": 3})
    assert "look again at F" in told
    assert "copy" in told
    told = said("name_the_limit", limits.KEY | {"D": "memory"})
    assert "look again at D" in told
    assert "is none of" in said("name_the_limit", limits.KEY | {"D": "disk"})


def test_the_findings_of_the_audit_come_from_the_log():
    assert audit.FINDINGS["saved"] == 99
    assert audit.FINDINGS["epochs"] == 5
    assert f"~{audit.FINDINGS['seconds']:.0f} s" == REPORT.fact("epoch_seconds").text
    assert "persistent" not in REPORT.fact("loader_saving").text  # the number stands alone there
    rounded = audit.FINDINGS | {"seconds": 15.1, "factor": 1.96}
    assert diagnose(exercise("loader_saving"), rounded).status == "right"
    assert diagnose(exercise("loader_saving"), rounded | {"factor": 2}).status == "wrong"


def test_every_order_of_the_lines_that_do_not_know_of_each_other_is_right():
    found = exercise("order_scaled_step")
    for end in permutations("CIH"):
        assert diagnose(found, list("JDGBFAL") + list(end)).status == "right"
    for start in ("HDGB", "DGBH"):
        status = diagnose(found, list("J" + start + "FALCI")).status
        assert status == ("right" if start[0] == "H" else "wrong")
    assert diagnose(found, "j h d g b f a l c i").status == "right"


def test_the_loop_of_the_order_meets_an_overflow_and_grows():
    after = order.run(order.RIGHT)
    assert np.isfinite(after["parameters"]).all()
    assert after["factor"] != 512
    assert set(order.LINES) - set(order.RIGHT) == {"E", "K", "M"}
    assert "think about line K" in said("order_scaled_step", list("JHDGBKFALCI"))


def test_the_attack_knows_twenty_faults_and_the_text_says_so():
    text = "\n".join(cell.text for cell in read_master(MASTER))
    assert len(attack.PLANTED) == 20
    assert "twenty broken ones" in text


def test_an_attack_is_told_what_survived():
    def only_growth(make):
        scaler = make(8.0, 3)
        for _ in range(3):
            scaler.unscaled([np.array([1.0])])
        return scaler.factor == 16.0

    told = said("scaler_passes", only_growth)
    assert "survived" in told
    assert "do you" in told


def test_an_unknown_wrong_step_is_told_where_it_goes_wrong():
    def too_short(loss, parameters, optimizer, scale, good, limit, interval=2000):
        from course_lib.training.plain_cuda import scaled_step

        return scaled_step(loss, parameters, optimizer, scale, good, limit / 3, interval)

    assert "case 1: step 2 is not right" in said("scaled_step", too_short)
    assert "return two numbers" in said("scaled_step", lambda *_: 3.0)


def test_a_step_by_a_multiple_of_the_gradient_is_told_the_factor():
    def half_as_long(loss, parameters, optimizer, scale, good, limit, interval=2000):
        from course_lib.training.plain_cuda import scaled_step

        return scaled_step(loss / 2, parameters, optimizer, scale, good, limit, interval)

    assert "0.5 times the right one" in said("scaled_step", half_as_long)


def test_refused_flags_are_told_in_the_words_of_the_loader():
    told = said("loader_flags", lambda workers, ahead, cuda: {"num_workers": workers, "timeout": -1})
    assert "'timeout'" in told or "refuses" in told
    assert "dict" in said("loader_flags", lambda workers, ahead, cuda: [workers])


def test_the_lesson_says_how_long_its_sheet_takes():
    minutes = sum(entry.exercise.minutes for entry in registry.sheet(9))
    lesson = (course_root() / "notebooks" / "source" / "09_cuda.py").read_text(encoding="utf-8")
    assert f"and about {round(minutes, -1)} for the [exercise sheet]" in lesson
