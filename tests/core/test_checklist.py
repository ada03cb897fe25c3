"""A checklist that runs says pass, fail or not checkable, and why."""

import math

import pytest

from course_lib.core.checklist import Item, Ticks, judged, unchecked

REPORT = Ticks(
    "before training", (judged("a", True, "fine", 1.0), judged("b", False, "off by 3", 3), unchecked("c", "no data"))
)


def test_failed_and_unchecked_items_are_named_apart():
    assert REPORT.failed == ("b",)
    assert REPORT.unchecked == ("c",)
    assert REPORT["b"].value == 3.0
    assert math.isnan(REPORT["c"].value)


def test_the_table_has_a_line_for_every_item_with_its_status_and_its_sentence():
    lines = str(REPORT).splitlines()
    assert lines[0] == "before training"
    assert [line.split("  ")[0].strip() for line in lines[1:]] == ["pass", "fail", "not checkable"]
    assert all(item.sentence in line for item, line in zip(REPORT.items, lines[1:], strict=True))


def test_an_unknown_item_lists_the_names():
    with pytest.raises(KeyError, match="no item 'd'"):
        REPORT["d"]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Item("a", "maybe", "x"), "status must be"),
        (lambda: Item("", "pass", "x"), "name and sentence must be texts"),
        (lambda: Item("a", "pass", " "), "name and sentence must be texts"),
        (lambda: Ticks("s", (unchecked("a", "x"), unchecked("a", "y"))), "different names"),
    ],
)
def test_nonsense_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()
