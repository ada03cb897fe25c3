"""What sheet 11 tells is so: its curves are those of the recording, its lines need only what others make."""

import math

import numpy as np
import pytest

from course_lib.core.files import course_root
from course_lib.teaching.checks.infinito_audit import find, order, versions
from tests.teaching.answers import answered


def test_the_curves_of_the_sheet_are_those_of_the_recording_and_tell_what_the_solution_says():
    lines = find.six_curves().splitlines()
    table = {}
    for train, held_out in zip(lines[1::2], lines[2::2], strict=True):
        numbers = [[float(part.replace(",", "")) for part in line.split()[-5:]] for line in (train, held_out)]
        table[train[0]] = numbers
    assert list(table) == list(find.KEY)
    words = {word: table[letter] for letter, word in find.KEY.items()}
    assert min(words[find.HONEST][1]) > 92.45
    assert 1.152 < words[find.NEXT][1][-1] < 1.2
    assert words[find.UNSHIFTED][1][-1] < 1.02
    assert words[find.SAME][0] == words[find.SAME][1]
    assert words[find.MEMORIZES][0][-1] < 1.1 < 101 < min(words[find.MEMORIZES][1])
    assert words[find.PADDED][1][-1] == pytest.approx(23.2, abs=0.3)


def test_every_line_of_the_order_needs_only_what_another_line_makes():
    needed = {name for names in order._NEEDS.values() for name in names}
    assert needed <= set(order._MAKES.values())


def test_the_sheet_tells_how_many_evaluations_there_are():
    text = (course_root() / "solutions" / "source" / "11_infinito_audit.py").read_text(encoding="utf-8")
    assert (len(versions.RIGHT), len(versions.PLANTED)) == (4, 13)
    assert "Four sound ones differ in how they add up; 13 are not sound" in text


@pytest.mark.parametrize("slug", ["unigram_entropy", "entropy_rate", "perplexity_of_rows", "rates_after_epochs"])
@pytest.mark.parametrize("value", [None, "x", {}, {1}, [], [[]], True, 1j, math.inf, np.zeros(3)], ids=repr)
def test_results_of_another_type_raise_nothing(slug, value):
    assert answered(slug, lambda *_, **__: value).status in ("wrong", "error")


@pytest.mark.parametrize("slug", ["order_audit", "name_the_runs", "audit_improvement", "audit_seeds"])
@pytest.mark.parametrize("value", ["x", 5, 1j, [1], {1: 2}, {"A": []}, {"verdict": [1]}, {"one in": 1j}], ids=repr)
def test_answers_of_another_type_raise_nothing(slug, value):
    assert answered(slug, value).status == "wrong"
