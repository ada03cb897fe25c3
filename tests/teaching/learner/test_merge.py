"""Twenty sheets that a learner edited and the course changed: what stays, what comes in, and what is marked."""

import copy
from typing import Any

import pytest

from course_lib.teaching.learner.merge import HEAD, merge, touched

Cells = list[dict[str, Any]]


def notebook(text: str) -> dict[str, Any]:
    """A notebook from "id=text" words; `!` before the text makes a Markdown cell."""
    cells: Cells = []
    for word in text.split():
        id_, _, source = word.partition("=")
        cells.append({"id": id_, "cell_type": "markdown" if source[:1] == "!" else "code", "metadata": {}})
        cells[-1]["source"] = source.lstrip("!")
        if source[:1] != "!":
            cells[-1] |= {"outputs": [], "execution_count": None}
    return {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def words(merged: dict[str, Any]) -> str:
    """Ids and texts, with `...` for the course's text below a cell that both changed."""
    parts = []
    for cell in merged["cells"]:
        text = "..." if HEAD in cell["source"] else "!" * (cell["cell_type"] == "markdown") + cell["source"]
        parts.append(f"{cell['id']}={text}")
    return " ".join(parts)


# what it is about, the course before, the learner's, the course now, merged, cells that both changed
CASES = [
    ("nothing changed", "a=1 b=2", "a=1 b=2", "a=1 b=2", "a=1 b=2", 0),
    ("an answer", "a=1 b=stub", "a=1 b=mine", "a=1 b=stub", "a=1 b=mine", 0),
    ("an answer and a new text above it", "a=!old b=stub", "a=!old b=mine", "a=!new b=stub", "a=!new b=mine", 0),
    ("an answer to a stub that changed", "b=stub", "b=mine", "b=stub2", "b=mine b-course=...", 1),
    ("both wrote the same", "a=1", "a=2", "a=2", "a=2", 0),
    ("a note of the learner's", "a=1 b=2", "a=1 note=!hm b=2", "a=1 b=3", "a=1 note=!hm b=3", 0),
    ("a note at the top", "a=1", "note=!hm a=1", "a=2", "note=!hm a=2", 0),
    ("notes at the end, in their order", "a=1", "a=1 n=!x m=!y", "a=2", "a=2 n=!x m=!y", 0),
    ("a new exercise in the middle", "a=1 c=3", "a=1 c=mine", "a=1 b=2 c=3", "a=1 b=2 c=mine", 0),
    ("a new exercise at the end", "a=1", "a=mine", "a=1 b=2 c=3", "a=mine b=2 c=3", 0),
    ("a new cell and a note at one place", "a=1 c=3", "a=1 n=!x c=3", "a=1 b=2 c=3", "a=1 b=2 n=!x c=3", 0),
    ("a cell that the course took out", "a=1 b=2", "a=mine b=2", "a=1", "a=mine", 0),
    ("an answer that the course took out", "a=1 b=stub", "a=1 b=mine", "a=1", "a=1 b=mine", 0),
    ("a cell that the learner deleted", "a=1 b=2", "a=1", "a=1 b=2 c=3", "a=1 c=3", 0),
    ("a deleted cell that the course changed", "a=1 b=2", "a=1", "a=1 b=3", "a=1 b=3", 0),
    ("cells that the learner moved", "a=1 b=2 c=3", "b=2 a=1 c=3", "a=1 b=2 c=4", "b=2 a=1 c=4", 0),
    ("cells that the course moved", "a=1 b=2 c=3", "a=1 b=mine c=3", "c=3 a=1 b=2", "c=3 a=1 b=mine", 0),
    ("code that became text", "a=1", "a=1", "a=!text", "a=!text", 0),
    ("a split answer", "a=stub b=2", "a=one part=two b=2", "a=stub b=5", "a=one part=two b=5", 0),
    ("everything at once", "a=!t b=stub c=s d=x", "a=!t b=mine n=!note c=other d=x", "a=!u e=0 b=stub c=s2",
     "a=!u e=0 b=mine n=!note c=other c-course=...", 1),
]  # fmt: skip


@pytest.mark.parametrize(("before", "mine", "now", "wanted", "both"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_an_update_keeps_the_learners_and_brings_the_courses(
    before: str, mine: str, now: str, wanted: str, both: int
) -> None:
    three = [notebook(text) for text in (before, mine, now)]
    untouched = copy.deepcopy(three)
    found = merge(*three)
    assert words(found.notebook) == wanted
    assert found.both == both
    assert three == untouched
    # Handed out now, nothing is left to do.
    assert words(merge(three[2], found.notebook, three[2]).notebook) == wanted


def test_no_cell_of_the_learners_is_ever_lost_and_every_change_of_the_courses_comes_in() -> None:
    for _, before, mine, now, _, _ in CASES:
        texts = {cell["source"] for cell in merge(*(notebook(text) for text in (before, mine, now))).notebook["cells"]}
        old = {cell["source"] for cell in notebook(before)["cells"]}
        for side in (mine, now):
            new = {cell["source"] for cell in notebook(side)["cells"]} - old
            assert all(any(one in text for text in texts) for one in new)


def test_the_courses_text_below_an_answer_cannot_run_and_is_replaced_by_the_next_update() -> None:
    first = merge(notebook("b=stub"), notebook("b=mine"), notebook("b=stub2")).notebook
    note = first["cells"][1]
    assert note["cell_type"] == "markdown"
    assert "```python\nstub2\n```" in note["source"]
    second = merge(notebook("b=stub2"), first, notebook("b=stub3")).notebook
    assert [cell["id"] for cell in second["cells"]] == ["b", "b-course"]
    assert "stub3" in second["cells"][1]["source"]
    assert "stub2" not in second["cells"][1]["source"]


def test_outputs_stay_under_a_text_that_stays_and_go_with_one_that_goes() -> None:
    mine = notebook("a=1 b=2")
    for cell in mine["cells"]:
        cell["outputs"] = ["seen"]
    assert not touched(notebook("a=1 b=2"), mine)
    cells = merge(notebook("a=1 b=2"), mine, notebook("a=1 b=3")).notebook["cells"]
    assert [cell["outputs"] for cell in cells] == [["seen"], []]


def test_a_cell_that_the_course_folds_is_folded_around_the_learners_text() -> None:
    now = notebook("a=1")
    now["cells"][0]["metadata"] = {"jupyter": {"source_hidden": True}}
    (cell,) = merge(notebook("a=1"), notebook("a=mine"), now).notebook["cells"]
    assert cell["source"] == "mine"
    assert cell["metadata"] == now["cells"][0]["metadata"]


def test_without_a_base_a_cell_that_differs_is_shown_twice() -> None:
    found = merge(None, notebook("a=1 b=mine n=!note"), notebook("a=1 b=stub c=3"))
    assert words(found.notebook) == "a=1 b=mine b-course=... n=!note c=3"


def test_cells_whose_ids_an_editor_has_lost_are_found_by_their_text() -> None:
    mine = notebook("x=1 y=mine z=3")
    del mine["cells"][2]["id"]
    assert words(merge(notebook("a=1 b=2 c=3"), mine, notebook("a=1 b=2 c=4")).notebook) == "a=1 y=mine c=4"


def test_two_cells_with_one_id_are_two_cells() -> None:
    mine = notebook("a=1 a=copy")
    assert [cell["source"] for cell in merge(notebook("a=1"), mine, notebook("a=2")).notebook["cells"]] == ["2", "copy"]
