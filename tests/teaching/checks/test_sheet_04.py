"""Sheet 04, learning rates: its worked examples, its keys and its lines are what the statements say."""

import ast

import numpy as np
import pytest

from course_lib.by_hand.curvature import largest_eigenvalue
from course_lib.by_hand.schedules import plateau_rates, step_decay_rates, updates_per_epoch, warmup_cosine
from course_lib.teaching.checks.learning_rates import order, reading
from course_lib.teaching.checks.learning_rates.range_tests import decade_below, four_range_tests, in_words


def test_the_worked_examples_of_the_statements_are_right():
    assert step_decay_rates(0.8, 0.5, 2, 5) == pytest.approx([0.8, 0.8, 0.4, 0.4, 0.2])
    rates = [warmup_cosine(step, 1.0, 10, 2, 0.0) for step in (0, 1, 2, 6, 10, 13)]
    assert rates == pytest.approx([1 / 3, 2 / 3, 1, 1 / 2, 0, 0], abs=1e-12)
    assert plateau_rates([5, 4, 4, 4, 4], 1, 0.5, 1, 0.0) == [1, 1, 1, 0.5, 0.5]
    assert [updates_per_epoch(10, 4, 2, drop_last) for drop_last in (False, True)] == [2, 1]
    for curvatures, answer in (((3.0, -1.0), 3.0), ((1.0, -5.0), -5.0)):
        slope = np.array(curvatures)
        found = largest_eigenvalue(lambda theta, c=slope: c * theta, np.ones(2), np.array([1.0, 2.0]), 60, 0.1)
        assert found == pytest.approx(answer)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_key_of_the_range_tests_is_what_the_rule_says(seed):
    tests = four_range_tests(seed)
    assert {letter: decade_below(test.suggested) for letter, test in tests.items()} == reading.KEY
    if seed == 0:
        assert {letter: decade_below(test.turning_point) for letter, test in tests.items()} == reading.TURNING
        assert all(f"Test {letter}" in in_words(tests) for letter in reading.KEY)
        assert "third" not in in_words(tests)


def test_the_ordered_lines_are_python():
    ast.parse(order.loop_of(list("CFIHBGAE")))
