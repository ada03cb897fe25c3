"""Sheet 04: its keys are what the runs say, its lines are a loop, its attack kills what it claims."""

import ast
import re

import numpy as np
import pytest

from course_lib.core.files import course_root
from course_lib.numpy_nn.plain_curvature import largest_eigenvalue
from course_lib.numpy_nn.plain_schedules import plateau_rates, step_decay_rates, updates_per_epoch, warmup_cosine
from course_lib.teaching.check import check
from course_lib.teaching.checks.learning_rates import order, reading
from course_lib.teaching.checks.learning_rates.attack import PLANTED, RIGHT, SCHEDULE_PASSES
from course_lib.teaching.checks.learning_rates.range_tests import decade_below, four_range_tests, in_words
from course_lib.teaching.checks.learning_rates.warmup_check import RUNS
from course_lib.teaching.checks.sheet_04 import SHEET
from course_lib.teaching.exercises import registry
from course_lib.teaching.exercises.exercise import KINDS
from course_lib.teaching.percent import read_master

MASTER = course_root() / "solutions" / "source" / "04_learning_rates.py"
KIND_WORDS = {"faded": "complete"}


def test_every_exercise_has_its_heading_its_kind_and_its_time_in_the_master():
    text = "\n".join(cell.text for cell in read_master(MASTER) if cell.kind == "markdown")
    for entry in registry.sheet(4):
        one = entry.exercise
        kind = KIND_WORDS.get(one.kind, one.kind) + (", core" if one.core else "")
        assert f"## {entry.number} {one.title}\n" in text
        assert f"`{one.slug}` · {kind} · difficulty {one.difficulty} of 3 · {one.minutes} minutes" in text


def test_every_exercise_is_checked_in_the_order_of_the_sheet():
    code = [cell.text for cell in read_master(MASTER) if cell.kind == "code"]
    slugs = re.findall(r'^check\("(\w+)"', "\n".join(code), re.MULTILINE)
    assert slugs == [entry.exercise.slug for entry in registry.sheet(4)]


def test_the_worked_examples_of_the_statements_are_right():
    assert step_decay_rates(0.8, 0.5, 2, 5) == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2])
    rates = [warmup_cosine(step, 1.0, 10, 2, 0.0) for step in (0, 1, 2, 6, 10, 13)]
    assert rates == pytest.approx([1 / 3, 2 / 3, 1, 1 / 2, 0, 0], abs=1e-12)
    assert plateau_rates([5, 4, 4, 4, 4], 1, 0.5, 1, 0.0) == [1, 1, 1, 0.5, 0.5]
    assert [updates_per_epoch(10, 4, 2, drop_last) for drop_last in (False, True)] == [2, 1]


@pytest.mark.parametrize(("curvatures", "answer"), [((3.0, -1.0), 3.0), ((1.0, -5.0), -5.0)])
def test_the_worked_example_of_power_iteration_is_right(curvatures, answer):
    found = largest_eigenvalue(lambda theta: np.array(curvatures) * theta, np.ones(2), np.array([1.0, 2.0]), 60, 0.1)
    assert found == pytest.approx(answer)


def test_every_kind_of_exercise_is_on_the_sheet_and_one_attack():
    kinds = [exercise.kind for exercise in SHEET]
    assert set(kinds) == set(KINDS)
    assert kinds.count("attack") == 1


def test_the_key_of_the_range_tests_is_what_the_rule_says():
    tests = four_range_tests()
    assert {letter: decade_below(test.suggested) for letter, test in tests.items()} == reading.KEY
    assert {letter: decade_below(test.turning_point) for letter, test in tests.items()} == reading.TURNING


def test_the_key_holds_for_other_seeds():
    for seed in (1, 2):
        tests = four_range_tests(seed)
        assert {letter: decade_below(test.suggested) for letter, test in tests.items()} == reading.KEY


def test_the_words_of_the_figure_name_no_choice():
    words = in_words(four_range_tests())
    assert all(f"Test {letter}" in words for letter in reading.KEY)
    assert "third" not in words


def test_a_decade_is_its_own_decade():
    assert [decade_below(rate) for rate in (0.1, 0.099, 0.5, 1.0)] == [0.1, 0.01, 0.1, 1.0]


def test_the_ordered_lines_are_python():
    ast.parse(order.loop_of(list("CFIHBGAE")))


def test_a_text_of_letters_is_read_as_a_list():
    assert check("order_schedule", "c f i h b g a e", record=False).status == "right"


def test_every_planted_schedule_is_killed_and_every_right_one_accepted():
    seen = SCHEDULE_PASSES.observe(SCHEDULE_PASSES.reference)
    assert set(seen["right"]) == set(RIGHT)
    assert all(seen["right"].values())
    assert len(PLANTED) == 13
    assert not any(seen["planted"].values())


def test_the_probe_of_warmup_looks_beyond_the_end_and_at_a_run_without_warmup():
    assert all(looked_at > steps + 1 for _, steps, _, _, looked_at in RUNS.values())
    assert {warmup for _, _, warmup, _, _ in RUNS.values()} >= {0, 1}


def test_a_wrong_decade_is_named():
    verdict = check("read_range_tests", {"A": 0.001, "B": 0.1, "C": 0.01, "D": 1.0}, record=False)
    assert verdict.status == "wrong"
    assert "look again at D" in verdict.text


def test_the_first_wrong_rate_of_a_warmup_is_told():
    def odd(step, rate, steps, warmup, floor):
        return rate * 0.77

    verdict = check("warmup_cosine", odd, record=False)
    assert verdict.status == "wrong"
    assert "update 0" in verdict.text
