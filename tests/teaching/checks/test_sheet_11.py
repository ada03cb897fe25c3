"""What sheet 11 tells is so: its curves are those of the recording, its lines need only what others make."""

import pytest

from course_lib.core.files import course_root
from course_lib.teaching.checks.infinito_audit import find, order, versions


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
